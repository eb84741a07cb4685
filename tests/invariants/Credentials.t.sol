// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AgencyId, AgencyStatus, IAgencyRegistry} from "../../interfaces/access/IAgencyRegistry.sol";
import {
    CredentialKind,
    CredentialStanding,
    ICredentialRegistry
} from "../../interfaces/identity/ICredentialRegistry.sol";
import {PartyId} from "../../interfaces/identity/IPartyNonces.sol";
import {Built} from "./Built.sol";
import {Reach} from "./Reach.sol";
import {VM} from "./Vm.sol";

/// Keys of two agencies that come, leave and fall into wrong hands, and issue and revoke credentials of two kinds at any
/// time; and a book of its own of who might, and of how each credential stands.
contract Licensers {
    /// A key as the book has it; all zero before it is accredited.
    struct Key {
        uint256 agency;
        uint256 notBefore;
        uint256 notAfter;
        uint256 since;
        bool licensing;
    }

    /// A credential as the book has it; all zero when there is none.
    struct Held {
        uint256 key;
        uint256 issuedAt;
        uint256 from;
        uint256 until;
        bool revoked;
    }

    uint256 public constant PARTIES = 2;
    uint256 public constant KINDS = 2;
    uint256 private constant KEYS = 8;
    uint256 private constant START = 1_767_225_600;

    IAgencyRegistry private immutable AGENCIES =
        IAgencyRegistry(Built.create("AgencyRegistry", abi.encode(address(this))));
    ICredentialRegistry public immutable CREDENTIALS =
        ICredentialRegistry(Built.create("CredentialRegistry", abi.encode(AGENCIES)));

    AgencyId[2] private _agencies;
    bool[2] private _suspended;
    CredentialKind[KINDS] private _kinds;
    Key[KEYS] private _keys;
    Held[KINDS][PARTIES] private _held;
    uint256 private _time = START;

    bool public unfit;
    bool public overridden;

    uint256 public issued;
    uint256 public revoked;
    uint256 public revokedByColleague;
    uint256 public refused;

    constructor() {
        VM.warp(START);
        (_kinds[0], _kinds[1]) = (CREDENTIALS.NOTARY(), CREDENTIALS.E_RESIDENT());
        for (uint256 i = 0; i < 2; ++i) {
            _agencies[i] = AGENCIES.registerAgency(
                AgencyId.wrap(0), address(this), type(uint64).max, keccak256(abi.encode("agency", i))
            );
            for (uint256 j = 0; j < 2; ++j) {
                AGENCIES.accredit(_agencies[i], _custodian(i, j), AGENCIES.KEY_CUSTODIAN(), 0, type(uint40).max);
            }
        }
        for (uint256 i = 0; i < 4; ++i) {
            accredit(i, 0, 365 days, 1);
        }
        _pass(3 days);
    }

    // ── Keys ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Even keys are the first agency's. One in eight may not license, and gives e-residency instead.
    function accredit(uint256 who, uint256 from, uint256 period, uint256 power) public {
        who %= KEYS;
        bool licensing = power % 8 != 0;
        uint64 scopes = licensing ? AGENCIES.LICENSING() : AGENCIES.RESIDENCY_OFFICER();
        uint256 notBefore = from % 2 == 0 ? _time : _time + from % 5 days;
        uint256 notAfter = notBefore + 1 + period % 400 days;
        try AGENCIES.accredit(_agencies[who % 2], keyAt(who), scopes, uint40(notBefore), uint40(notAfter)) {
            _keys[who] = Key(who % 2, notBefore, notAfter, 0, licensing);
        } catch {}
    }

    function retire(uint256 who, uint256 end) external {
        // One in eight: somebody must stay to act.
        if (end % 8 != 0) return;
        who %= KEYS;
        end = _time + (end / 8) % 5 days;
        try AGENCIES.retire(keyAt(who), uint40(end)) {
            _keys[who].notAfter = end;
        } catch {}
    }

    function accuse(uint256 who, uint256 ago) external {
        if (ago % 8 != 0) return;
        who %= KEYS;
        uint256 since = _time - (ago / 8) % 20 days;
        VM.prank(_custodian(who % 2, 0));
        try AGENCIES.markCompromised(keyAt(who), uint40(since)) {
            VM.prank(_custodian(who % 2, 1));
            if (AGENCIES.markCompromised(keyAt(who), uint40(since))) _keys[who].since = since;
        } catch {}
    }

    /// One in eight to sleep, one in two to wake.
    function suspend(uint256 which, uint256 chance) external {
        which %= 2;
        if (_suspended[which] ? chance % 2 != 0 : chance % 8 != 0) return;
        AGENCIES.changeStatus(_agencies[which], _suspended[which] ? AgencyStatus.Active : AgencyStatus.Suspended);
        _suspended[which] = !_suspended[which];
    }

    function wait(uint256 period) external {
        _pass(period % 10 days);
    }

    /// To the very second when a key ends, or the one before.
    function waitFor(uint256 who, uint256 what) external {
        uint256 time = _keys[who % KEYS].notAfter;
        time = time == 0 ? 0 : time - what % 2;
        if (time > _time && time < _time + 20 days) _pass(time - _time);
    }

    // ── Acts ────────────────────────────────────────────────────────────────────────────────────────────────────

    function issue(uint256 by, uint256 whom, uint256 kind, uint256 from, uint256 period) external {
        (by, whom, kind) = (_chosen(by), whom % PARTIES, kind % KINDS);
        uint256 start = from % 2 == 0 ? 0 : _time + (from / 2) % 5 days;
        uint256 until = (start == 0 ? _time : start) + 1 + period % 30 days;
        VM.prank(keyAt(by));
        try CREDENTIALS.issue(
            _agencies[by % 2], partyAt(whom), _kinds[kind], uint40(start), uint40(until), keccak256("decision")
        ) {
            Held storage held = _held[whom][kind];
            if (!_isFit(by, kind)) unfit = true;
            CredentialStanding standing = _standing(held, _time);
            bool holds = standing == CredentialStanding.Current || standing == CredentialStanding.NotYet;
            if (holds && held.key % 2 != by % 2) overridden = true;
            _held[whom][kind] = Held(by, _time, start == 0 ? _time : start, until, false);
            ++issued;
        } catch {
            ++refused;
        }
    }

    function revoke(uint256 by, uint256 whom, uint256 kind, uint256 reason) external {
        (by, whom, kind) = (_chosen(by), whom % PARTIES, kind % KINDS);
        Held storage held = _held[whom][kind];
        VM.prank(keyAt(by));
        try CREDENTIALS.revoke(partyAt(whom), _kinds[kind], reason % 12) {
            if (!_isFit(by, kind)) unfit = true;
            if (held.issuedAt == 0 || held.revoked || held.key % 2 != by % 2) overridden = true;
            if (held.key != by) ++revokedByColleague;
            held.revoked = true;
            ++revoked;
        } catch {
            ++refused;
        }
    }

    // ── The book ────────────────────────────────────────────────────────────────────────────────────────────────

    function partyAt(uint256 index) public pure returns (PartyId) {
        return PartyId.wrap(bytes32(0x100 + index));
    }

    function kindAt(uint256 index) external view returns (CredentialKind) {
        return _kinds[index];
    }

    function keyAt(uint256 index) public pure returns (address) {
        return address(uint160(0x1000 + index));
    }

    function now_() external view returns (uint256) {
        return _time;
    }

    /// How a credential should stand, by what is known now.
    function standingOf(uint256 whom, uint256 kind) external view returns (CredentialStanding) {
        return _standing(_held[whom][kind], _time);
    }

    function _standing(Held storage held, uint256 time) private view returns (CredentialStanding) {
        if (held.issuedAt == 0) return CredentialStanding.None;
        uint256 since = _keys[held.key].since;
        if (since != 0 && held.issuedAt >= since) return CredentialStanding.Suspect;
        if (held.revoked) return CredentialStanding.Revoked;
        if (time < held.from) return CredentialStanding.NotYet;
        return time < held.until ? CredentialStanding.Current : CredentialStanding.Expired;
    }

    /// Whether a key might issue and revoke this kind for its agency now.
    function _isFit(uint256 who, uint256 kind) private view returns (bool) {
        Key storage key = _keys[who];
        return key.notAfter != 0 && key.licensing == (kind == 0) && _time >= key.notBefore && _time < key.notAfter
            && (key.since == 0 || _time < key.since) && !_suspended[key.agency];
    }

    /// Half of the time one of the first four.
    function _chosen(uint256 by) private pure returns (uint256) {
        return by % 2 == 0 ? (by / 2) % 4 : (by / 2) % KEYS;
    }

    function _custodian(uint256 agency, uint256 which) private pure returns (address) {
        return address(uint160(0x2000 + 2 * agency + which));
    }

    function _pass(uint256 period) private {
        _time += period;
        VM.warp(_time);
    }
}

/// @title What holds of credentials, whoever issues and revokes them, and whenever
/// forge-config: deep.invariant.runs = 10000
contract CredentialsTest is Reach {
    Licensers private _licensers;

    function setUp() external {
        _licensers = new Licensers();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_licensers);
    }

    /// No credential must be issued or revoked by a key outside its time, without the power, or while its agency rests.
    function invariant_keysActWithinTheirTime() external view {
        assert(!_licensers.unfit());
    }

    /// No agency must replace or revoke what another one's credential still says.
    function invariant_agenciesKeepToTheirOwn() external view {
        assert(!_licensers.overridden());
    }

    /// A credential must stand as it was issued and revoked, with what is known of its issuer's key.
    function invariant_credentialsStandAsTheBookSays() external view {
        for (uint256 whom = 0; whom < _licensers.PARTIES(); ++whom) {
            for (uint256 kind = 0; kind < _licensers.KINDS(); ++kind) {
                CredentialStanding standing = _licensers.CREDENTIALS()
                    .standingAt(_licensers.partyAt(whom), _licensers.kindAt(kind), _licensers.now_());
                assert(standing == _licensers.standingOf(whom, kind));
            }
        }
    }

    /// Chance must lead to every act, and to every standing.
    function test_reach() external {
        bytes4[] memory acts = new bytes4[](9);
        acts[0] = Licensers.accredit.selector;
        acts[1] = Licensers.retire.selector;
        acts[2] = Licensers.accuse.selector;
        acts[3] = Licensers.suspend.selector;
        acts[4] = Licensers.wait.selector;
        acts[5] = Licensers.waitFor.selector;
        acts[6] = Licensers.issue.selector;
        (acts[7], acts[8]) = (acts[6], Licensers.revoke.selector);
        uint256[10] memory reached;
        for (uint256 run = 0; run < 20; ++run) {
            _licensers = new Licensers();
            _drive(address(_licensers), acts, run, 80);
            for (uint256 i = 0; i < 4; ++i) {
                ++reached[uint256(_licensers.standingOf(i / 2, i % 2))];
            }
            reached[6] += _licensers.issued();
            reached[7] += _licensers.revoked();
            reached[8] += _licensers.revokedByColleague();
            reached[9] += _licensers.refused();
        }
        for (uint256 i = 0; i < reached.length; ++i) {
            assert(reached[i] > 0);
        }
    }
}
