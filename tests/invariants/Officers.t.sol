// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AgencyId, AgencyStatus, IAgencyRegistry} from "../../interfaces/access/IAgencyRegistry.sol";
import {IPartyRegistry, PartyId} from "../../interfaces/identity/IPartyRegistry.sol";
import {Built} from "./Built.sol";
import {Reach} from "./Reach.sol";
import {Signing} from "./Signing.sol";
import {VM} from "./Vm.sol";

/// Keys that come, leave and fall into wrong hands while the agency rests and wakes, and try every act of an officer on
/// parties at any time; and a book of its own of who might.
contract Registrars {
    using Signing for uint256;

    /// A key as the book has it; all zero before it is accredited.
    struct Key {
        uint256 accreditedAt;
        uint256 notBefore;
        uint256 notAfter;
        uint256 since;
        bool identity;
    }

    uint256 private constant KEYS = 8;
    uint256 private constant START = 1_767_225_600;
    bytes32 private constant EVIDENCE = keccak256("seen");
    bytes32 private constant UNBOUND = keccak256("a person without a wallet");
    bytes32 private constant ORGANISATION = keccak256("an organisation");
    address private constant CUSTODIAN = address(0x2000);
    address private constant SECOND_CUSTODIAN = address(0x2001);

    IAgencyRegistry private immutable AGENCIES =
        IAgencyRegistry(Built.create("AgencyRegistry", abi.encode(address(this))));
    IPartyRegistry private immutable PARTIES = IPartyRegistry(Built.create("PartyRegistry", abi.encode(AGENCIES)));
    AgencyId private immutable AGENCY;

    Key[KEYS] private _keys;
    /// When a key sent the first half of an act, and how often the act's object has changed since the beginning.
    mapping(bytes32 act => mapping(uint256 key => uint256 time)) private _sent;
    mapping(bytes32 object => uint256 times) private _changes;
    bool private _suspended;
    uint256 private _lastWallet;
    uint256 private _time = START;

    bool public unfit;
    bool public single;

    /// How often an act was taken and refused, by its kind.
    mapping(uint256 kind => uint256 times) public taken;
    mapping(uint256 kind => uint256 times) public refused;
    uint256 public seconded;

    constructor() {
        VM.warp(START);
        AGENCY =
            AGENCIES.registerAgency(AgencyId.wrap(0), address(this), type(uint64).max, keccak256("land.example.gov"));
        AGENCIES.accredit(AGENCY, CUSTODIAN, AGENCIES.KEY_CUSTODIAN(), 0, type(uint40).max);
        AGENCIES.accredit(AGENCY, SECOND_CUSTODIAN, AGENCIES.KEY_CUSTODIAN(), 0, type(uint40).max);
        accredit(0, 0, 365 days, 1);
        accredit(1, 0, 365 days, 1);
        accredit(2, 0, 365 days, 1);
        _pass(3 days);
    }

    // ── Keys ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// One in eight for another power than identity.
    function accredit(uint256 who, uint256 from, uint256 period, uint256 power) public {
        who %= KEYS;
        bool identity = power % 8 != 0;
        uint64 scopes = identity ? AGENCIES.IDENTITY_OFFICER() : AGENCIES.LAND_REGISTRAR();
        uint256 notBefore = from % 2 == 0 ? _time : _time + from % 5 days;
        uint256 notAfter = notBefore + 1 + period % 400 days;
        try AGENCIES.accredit(AGENCY, keyAt(who), scopes, uint40(notBefore), uint40(notAfter)) {
            _keys[who] = Key(_time, notBefore, notAfter, 0, identity);
        } catch {}
    }

    function retire(uint256 who, uint256 after_) external {
        // One in eight: somebody must stay to act.
        if (after_ % 8 != 0) return;
        who %= KEYS;
        uint256 end = _time + (after_ / 8) % 5 days;
        try AGENCIES.retire(keyAt(who), uint40(end)) {
            _keys[who].notAfter = end;
        } catch {}
    }

    function accuse(uint256 who, uint256 ago) external {
        if (ago % 8 != 0) return;
        who %= KEYS;
        uint256 since = _time - (ago / 8) % 2 days;
        VM.prank(CUSTODIAN);
        try AGENCIES.markCompromised(keyAt(who), uint40(since)) {
            VM.prank(SECOND_CUSTODIAN);
            if (AGENCIES.markCompromised(keyAt(who), uint40(since))) _keys[who].since = since;
        } catch {}
    }

    /// One in eight to sleep, one in two to wake.
    function suspend(uint256 chance) external {
        if (_suspended ? chance % 2 != 0 : chance % 8 != 0) return;
        AGENCIES.changeStatus(AGENCY, _suspended ? AgencyStatus.Active : AgencyStatus.Suspended);
        _suspended = !_suspended;
    }

    function wait(uint256 period) external {
        _pass(period % 3 days);
    }

    /// To the very second when a key begins or ends, or the one before.
    function waitFor(uint256 who, uint256 what) external {
        Key storage key = _keys[who % KEYS];
        uint256 time = what % 4 < 2 ? key.notBefore : key.notAfter;
        time = time == 0 ? 0 : time - what % 2;
        if (time > _time && time < _time + 5 days) _pass(time - _time);
    }

    // ── Acts ────────────────────────────────────────────────────────────────────────────────────────────────────

    function bind(uint256 by) external {
        bytes32 record = keccak256(abi.encode("bound", _changes["bind"]));
        uint256 wallet = ++_lastWallet;
        bytes32 digest = _digest(
            keccak256(
                abi.encode(
                    keccak256("BindWallet(bytes32 party,address wallet,uint256 nonce,uint256 deadline)"),
                    PARTIES.partyIdOf(AGENCY, record),
                    VM.addr(wallet),
                    0,
                    type(uint256).max
                )
            )
        );
        _alone(
            0,
            by,
            abi.encodeCall(PARTIES.bind, (record, VM.addr(wallet), 0, type(uint256).max, wallet.sign(digest))),
            "bind"
        );
    }

    /// Of the party that was bound last.
    function recover(uint256 by) external {
        if (_changes["bind"] == 0) return;
        bytes32 record = _boundRecord();
        PartyId party = PARTIES.partyIdOf(AGENCY, record);
        (uint32 begun,,) = PARTIES.recoveriesOf(party);
        uint256 wallet = 1_000_000;
        bytes32 digest = _digest(
            keccak256(
                abi.encode(
                    keccak256("RecoverWallet(bytes32 party,address wallet,uint32 attempt,uint256 deadline)"),
                    party,
                    VM.addr(wallet),
                    begun + 1,
                    type(uint256).max
                )
            )
        );
        _together(
            1,
            by,
            abi.encodeCall(
                PARTIES.recover,
                (AGENCY, record, VM.addr(wallet), EVIDENCE, bytes32(0), type(uint256).max, wallet.sign(digest))
            ),
            PartyId.unwrap(party)
        );
    }

    function cancelRecovery(uint256 by) external {
        if (_changes["bind"] == 0) return;
        bytes32 record = _boundRecord();
        _alone(
            2,
            by,
            abi.encodeCall(PARTIES.cancelRecovery, (AGENCY, record)),
            PartyId.unwrap(PARTIES.partyIdOf(AGENCY, record))
        );
    }

    function attest(uint256 by) external {
        _together(3, by, abi.encodeCall(PARTIES.attest, (AGENCY, UNBOUND, "digest", EVIDENCE)), UNBOUND);
    }

    function withdrawAttestation(uint256 by) external {
        _alone(4, by, abi.encodeCall(PARTIES.withdrawAttestation, (AGENCY, UNBOUND, "digest")), UNBOUND);
    }

    function setRepresentation(uint256 by) external {
        PartyId[] memory members = new PartyId[](1);
        members[0] = PartyId.wrap(bytes32(uint256(1)));
        bytes memory act = abi.encodeCall(PARTIES.setRepresentation, (AGENCY, ORGANISATION, 1, members, EVIDENCE));
        _together(5, by, act, ORGANISATION);
    }

    function endRepresentation(uint256 by) external {
        _together(6, by, abi.encodeCall(PARTIES.endRepresentation, (AGENCY, ORGANISATION, EVIDENCE)), ORGANISATION);
    }

    // ── The book ────────────────────────────────────────────────────────────────────────────────────────────────

    function keyAt(uint256 index) public pure returns (address) {
        return address(uint160(0x1000 + index % KEYS));
    }

    /// Whether a key might act now; for an act of two it must have been there for two days.
    function _isFit(uint256 who, bool mature) private view returns (bool) {
        Key storage key = _keys[who];
        uint256 start = key.accreditedAt > key.notBefore ? key.accreditedAt : key.notBefore;
        return key.identity && _time >= key.notBefore && _time < key.notAfter && (key.since == 0 || _time < key.since)
            && !_suspended && (!mature || _time >= start + 2 days);
    }

    function _alone(uint256 kind, uint256 by, bytes memory act, bytes32 object) private {
        by = _chosen(by);
        VM.prank(keyAt(by));
        (bool done,) = address(PARTIES).call(act);
        _count(kind, done);
        if (!done) return;
        if (!_isFit(by, false)) unfit = true;
        ++_changes[object];
    }

    function _together(uint256 kind, uint256 by, bytes memory act, bytes32 object) private {
        by = _chosen(by);
        bytes32 id = keccak256(abi.encode(act, _changes[object]));
        VM.prank(keyAt(by));
        (bool done, bytes memory answer) = address(PARTIES).call(act);
        _count(kind, done);
        if (!done) return;
        if (!_isFit(by, true)) unfit = true;
        if (!abi.decode(answer, (bool))) {
            _sent[id][by] = _time;
            return;
        }
        bool other;
        for (uint256 i = 0; i < KEYS; ++i) {
            if (i != by && _sent[id][i] != 0 && _sent[id][i] + 7 days >= _time && _isFit(i, true)) other = true;
        }
        if (!other) single = true;
        ++_changes[object];
        ++seconded;
    }

    function _count(uint256 kind, bool done) private {
        if (done) ++taken[kind];
        else ++refused[kind];
    }

    /// Half of the time one of the first three, so that two often meet.
    function _chosen(uint256 by) private pure returns (uint256) {
        return by % 2 == 0 ? (by / 2) % 3 : (by / 2) % KEYS;
    }

    function _boundRecord() private view returns (bytes32) {
        return keccak256(abi.encode("bound", _changes["bind"] - 1));
    }

    function _pass(uint256 period) private {
        _time += period;
        VM.warp(_time);
    }

    function _digest(bytes32 structHash) private view returns (bytes32) {
        return Signing.digestOf("Muniment PartyRegistry", address(PARTIES), structHash);
    }
}

/// @title What holds of officers' acts on parties, whenever they are tried
/// forge-config: deep.invariant.runs = 10000
contract OfficersTest is Reach {
    Registrars private _registrars;

    function setUp() external {
        _registrars = new Registrars();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_registrars);
    }

    /// No act must be taken from a key before it begins, after it ends, once it is compromised, without the power, or
    /// while its agency rests; nor, where two must act, one that is too fresh.
    function invariant_keysActWithinTheirTime() external view {
        assert(!_registrars.unfit());
    }

    /// What takes two officers must take two different ones, the first still fit when the second follows in time.
    function invariant_twoOfficersAct() external view {
        assert(!_registrars.single());
    }

    /// Chance must lead to every act, taken and refused.
    function test_reach() external {
        bytes4[] memory acts = new bytes4[](16);
        acts[0] = Registrars.accredit.selector;
        acts[1] = Registrars.retire.selector;
        acts[2] = Registrars.accuse.selector;
        acts[3] = Registrars.suspend.selector;
        acts[4] = Registrars.wait.selector;
        acts[5] = Registrars.waitFor.selector;
        acts[6] = Registrars.bind.selector;
        acts[7] = Registrars.recover.selector;
        acts[8] = Registrars.cancelRecovery.selector;
        acts[9] = Registrars.attest.selector;
        acts[10] = Registrars.withdrawAttestation.selector;
        acts[11] = Registrars.setRepresentation.selector;
        acts[12] = Registrars.endRepresentation.selector;
        (acts[13], acts[14], acts[15]) = (acts[7], acts[9], acts[11]);
        _drive(address(_registrars), acts, 0, 600);
        for (uint256 kind = 0; kind < 7; ++kind) {
            assert(_registrars.taken(kind) > 0 && _registrars.refused(kind) > 0);
        }
        assert(_registrars.seconded() > 3);
    }
}
