// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ActId, AgencyId, IAgencyRegistry, KeyStanding} from "../../interfaces/access/IAgencyRegistry.sol";
import {Built} from "./Built.sol";
import {VM} from "./Vm.sol";

/// An agency whose officers accuse each other, act together, leave and wait, in any order.
contract Office {
    uint256 public constant SIZE = 6;

    IAgencyRegistry public immutable AGENCIES =
        IAgencyRegistry(Built.create("AgencyRegistry", abi.encode(address(this))));
    AgencyId private immutable AGENCY;
    uint64 private immutable CUSTODIAN;
    uint64 private immutable COURT;
    uint256 private constant START = 1_767_225_600;
    uint256 private _time = START;

    /// Who sent an act and was not turned away, since it was last completed.
    mapping(ActId id => mapping(uint256 officer => bool)) private _sent;
    bool public grew;
    bool public single;

    constructor() {
        VM.warp(_time);
        AGENCY =
            AGENCIES.registerAgency(AgencyId.wrap(0), address(this), type(uint64).max, keccak256("land.example.gov"));
        CUSTODIAN = AGENCIES.KEY_CUSTODIAN();
        COURT = AGENCIES.COURT();
        for (uint256 i = 0; i < SIZE; ++i) {
            AGENCIES.accredit(AGENCY, officerAt(i), CUSTODIAN | COURT, 0, type(uint40).max);
        }
        _pass(3 days);
    }

    /// Two officers are accused, of two moments: few enough for accusations to meet.
    function accuse(uint256 by, uint256 whom, uint256 since) external {
        address key = officerAt(whom % 2);
        uint40 moment = uint40(START + (1 + since % 2) * 1 days);
        uint40 before = AGENCIES.officerOf(key).compromisedSince;
        bytes memory act = abi.encodeCall(AGENCIES.markCompromised, (key, moment));
        ActId id = AGENCIES.actIdOf(address(AGENCIES), CUSTODIAN, AGENCY, before, act);
        VM.prank(officerAt(by));
        try AGENCIES.markCompromised(key, moment) returns (bool complete) {
            _judge(id, by, complete);
        } catch {}
        uint40 present = AGENCIES.officerOf(key).compromisedSince;
        if (before != 0 && present > before) grew = true;
        if (before != 0 && present == 0) grew = true;
    }

    function order(uint256 by, uint256 version) external {
        version %= 3;
        ActId id = AGENCIES.actIdOf(address(this), COURT, AGENCY, version, "order");
        try AGENCIES.dualControl(officerAt(by), COURT, AGENCY, version, "order") returns (bool complete) {
            _judge(id, by, complete);
        } catch {}
    }

    function withdraw(uint256 by, uint256 version) external {
        ActId id = AGENCIES.actIdOf(address(this), COURT, AGENCY, version % 3, "order");
        VM.prank(officerAt(by));
        try AGENCIES.withdrawAct(id) {
            _forget(id);
        } catch {}
    }

    function leave(uint256 who) external {
        // One in eight calls: somebody must stay to act.
        if (who % 8 != 0) return;
        try AGENCIES.retire(officerAt(who / 8), 0) {} catch {}
    }

    function wait(uint256 period) external {
        _pass(period % 3 days);
    }

    function officerAt(uint256 index) public pure returns (address) {
        return address(uint160(0x1000 + index % SIZE));
    }

    function _judge(ActId id, uint256 by, bool complete) private {
        if (!complete) {
            _sent[id][by % SIZE] = true;
            return;
        }
        bool other;
        for (uint256 i = 0; i < SIZE; ++i) {
            bool fit = AGENCIES.standingAt(officerAt(i), block.timestamp) == KeyStanding.Current;
            // The accused may fall by this very act; as its officer he was refused.
            if (i != by % SIZE && _sent[id][i] && fit) other = true;
        }
        if (!other) single = true;
        _forget(id);
    }

    function _forget(ActId id) private {
        for (uint256 i = 0; i < SIZE; ++i) {
            _sent[id][i] = false;
        }
    }

    function _pass(uint256 period) private {
        _time += period;
        VM.warp(_time);
    }
}

/// @title What holds of compromise and dual control, whoever acts
contract DualControlTest {
    Office private _office;

    function setUp() external {
        _office = new Office();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_office);
    }

    /// forge-config: default.invariant.depth = 200
    /// forge-config: deep.invariant.depth = 200
    /// The moment of compromise never moves later and is never taken back.
    function invariant_compromiseMovesOnlyEarlier() external view {
        assert(!_office.grew());
    }

    /// forge-config: default.invariant.depth = 200
    /// forge-config: deep.invariant.depth = 200
    /// No act completes without two different officers, the first still fit at completion.
    function invariant_twoOfficers() external view {
        assert(!_office.single());
    }
}
