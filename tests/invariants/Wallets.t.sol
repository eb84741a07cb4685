// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AgencyId, IAgencyRegistry} from "../../interfaces/access/IAgencyRegistry.sol";
import {IPartyRegistry, PartyId, PowerGrant, PowerId, Recovery} from "../../interfaces/identity/IPartyRegistry.sol";
import {Built} from "./Built.sol";
import {Reach} from "./Reach.sol";
import {Signing} from "./Signing.sol";
import {VM} from "./Vm.sol";

/// Parties and wallets that bind, rotate, cancel, lose, recover, veto, and give powers in any order while time passes,
/// with nonces that often meet again; and a book of its own of what each act that was taken means.
contract Counter {
    using Signing for uint256;

    /// A party as the book has it.
    struct Person {
        address wallet;
        address coming;
        uint256 readyAt;
        bool vetoable;
        bool vetoed;
        uint32 begun;
        uint32 completed;
        /// The court's order for the attempt after those begun; zero for none.
        bytes32 order;
    }

    /// A power as the book has it.
    struct Given {
        PowerId id;
        uint256 principal;
        uint256 attorney;
        uint256 until;
        uint32 completed;
        bool revoked;
    }

    /// What two officers must send alike.
    struct Plea {
        uint256 by;
        uint256 who;
        uint256 to;
        bytes32 court;
        uint32 attempt;
    }

    uint256 public constant SIZE = 3;
    uint256 public constant WALLETS = 6;
    uint256 private constant OFFICERS = 3;
    address private constant COURT = address(0xC0);
    uint256 private constant NONCES = 12;
    uint256 private constant START = 1_767_225_600;
    uint256 private constant DELAY = 14 days;
    uint256 private constant WINDOW = 7 days;
    bytes32 public constant SPECIMEN = keccak256("what everybody signs");

    IAgencyRegistry public immutable AGENCIES =
        IAgencyRegistry(Built.create("AgencyRegistry", abi.encode(address(this))));
    IPartyRegistry public immutable PARTIES = IPartyRegistry(Built.create("PartyRegistry", abi.encode(AGENCIES)));
    AgencyId private immutable AGENCY;

    Person[SIZE] private _people;
    Given[] private _powers;
    address[WALLETS] private _wallets;
    bytes[WALLETS] private _specimens;
    mapping(uint256 who => mapping(uint256 nonce => uint256 times)) public uses;
    /// When an officer sent a plea that waits for a second one.
    mapping(bytes32 plea => mapping(uint256 officer => uint256 time)) private _sent;
    Plea private _last;
    uint256 private _time = START;

    bool public foreign;
    bool public hasty;
    bool public single;
    bool public unheard;
    bool public unordered;
    bool public late;
    bool public stale;
    bool public actedWhilePending;

    /// How often each of the rarer things came to pass.
    uint256 public rotated;
    uint256 public begun;
    uint256 public vetoes;
    uint256 public ordered;
    uint256 public completed;
    uint256 public ended;

    constructor() {
        VM.warp(START);
        AGENCY =
            AGENCIES.registerAgency(AgencyId.wrap(0), address(this), type(uint64).max, keccak256("land.example.gov"));
        for (uint256 i = 1; i <= OFFICERS; ++i) {
            AGENCIES.accredit(AGENCY, officerAt(i), AGENCIES.IDENTITY_OFFICER(), 0, type(uint40).max);
        }
        AGENCIES.accredit(AGENCY, COURT, AGENCIES.COURT(), 0, type(uint40).max);
        for (uint256 i = 0; i < WALLETS; ++i) {
            _wallets[i] = VM.addr(1 + i);
            _specimens[i] = (1 + i).sign(SPECIMEN);
        }
        _pass(3 days);
        bind(1, 0, 0, 0);
        bind(1, 1, 1, 0);
    }

    // ── Wallets ─────────────────────────────────────────────────────────────────────────────────────────────────

    function bind(uint256 by, uint256 who, uint256 to, uint256 nonce) public {
        (who, nonce) = (who % SIZE, _nonce(nonce));
        bytes32 digest = _digest(
            keccak256(
                abi.encode(
                    keccak256("BindWallet(bytes32 party,address wallet,uint256 nonce,uint256 deadline)"),
                    partyAt(who),
                    walletAt(to),
                    nonce,
                    type(uint256).max
                )
            )
        );
        bytes memory signature = _sign(to, digest);
        VM.prank(officerAt(by));
        try PARTIES.bind(_record(who), walletAt(to), nonce, type(uint256).max, signature) {
            if (by % (OFFICERS + 1) == 0 || _people[who].wallet != address(0)) foreign = true;
            _spend(who, nonce);
            _people[who].wallet = walletAt(to);
        } catch {}
    }

    function rotate(uint256 who, uint256 to, uint256 nonce, uint256 signer) external {
        (who, nonce) = (who % SIZE, _nonce(nonce));
        signer = _signer(who, signer);
        bytes32 digest = _digest(
            keccak256(
                abi.encode(
                    keccak256("RotateWallet(bytes32 party,address from,address to,uint256 nonce,uint256 deadline)"),
                    partyAt(who),
                    _people[who].wallet,
                    walletAt(to),
                    nonce,
                    type(uint256).max
                )
            )
        );
        try PARTIES.rotate(
            partyAt(who), walletAt(to), nonce, type(uint256).max, _sign(signer, digest), _sign(to, digest)
        ) {
            _act(who, nonce, signer);
            _people[who].wallet = walletAt(to);
            ++rotated;
        } catch {}
    }

    function cancelNonce(uint256 who, uint256 nonce, uint256 signer) external {
        (who, nonce) = (who % SIZE, _nonce(nonce));
        signer = _signer(who, signer);
        bytes32 digest = _digest(
            keccak256(
                abi.encode(
                    keccak256("CancelNonce(bytes32 party,uint256 nonce,uint256 deadline)"),
                    partyAt(who),
                    nonce,
                    type(uint256).max
                )
            )
        );
        try PARTIES.cancelNonce(partyAt(who), nonce, type(uint256).max, _sign(signer, digest)) {
            _act(who, nonce, signer);
        } catch {}
    }

    // ── Recovery ────────────────────────────────────────────────────────────────────────────────────────────────

    /// Now and then for a later attempt than the next, and with or against the rule for court orders; often by two at
    /// once, and where the last one was vetoed; mostly by an order that a court entered.
    function recover(uint256 by, uint256 who, uint256 to, uint256 how) external {
        who = how % 3 == 0 ? who % SIZE : _vetoed(who);
        by = by % 4 == 0 ? by / 4 : 1 + by % OFFICERS;
        bool court = _people[who].vetoed != (how % 4 == 0);
        if (court && how % 8 != 5) orderRecovery(how % 8 == 1 ? 0 : 1, who, 0);
        uint32 attempt = _people[who].begun + 1 + (how % 16 == 1 ? 1 : 0);
        to = how % 4 == 2 ? to % WALLETS : _free(to);
        _last = Plea(by, who, to, court ? keccak256("order") : bytes32(0), attempt);
        _recover(by);
        if (how % 4 == 3) _recover(by % OFFICERS + 1);
    }

    /// What was last asked for, mostly by the next officer.
    function confirm(uint256 by) external {
        _recover(by % 4 == 0 ? by / 4 : _last.by % OFFICERS + 1);
    }

    /// By the court's officer, or by who is none; one time in four the order is another, or withdrawn.
    function orderRecovery(uint256 by, uint256 who, uint256 what) public {
        who = _vetoed(who);
        bool court = by % 4 != 0;
        bytes32 order = what % 4 != 1 ? keccak256("order") : what % 8 == 1 ? bytes32(0) : keccak256("other");
        PartyId party = partyAt(who);
        VM.prank(court ? COURT : officerAt(by / 4));
        try PARTIES.orderRecovery(party, order) {
            if (!court) foreign = true;
            if (!_people[who].vetoed || _people[who].coming != address(0)) unheard = true;
            _people[who].order = order;
        } catch {}
    }

    function veto(uint256 who, uint256 attempt, uint256 signer) external {
        who = _pending(who);
        signer = _signer(who, signer);
        Person storage person = _people[who];
        uint32 number = person.begun - (attempt % 4 == 0 && person.begun > 0 ? 1 : 0);
        bytes32 digest = _digest(
            keccak256(
                abi.encode(
                    keccak256("VetoRecovery(bytes32 party,address wallet,uint32 attempt,uint256 deadline)"),
                    partyAt(who),
                    person.coming,
                    number,
                    type(uint256).max
                )
            )
        );
        try PARTIES.vetoRecovery(partyAt(who), type(uint256).max, _sign(signer, digest)) {
            if (walletAt(signer) != person.wallet) foreign = true;
            if (number != person.begun || person.coming == address(0)) stale = true;
            if (!person.vetoable || _time >= person.readyAt) late = true;
            person.coming = address(0);
            person.vetoed = true;
            ++vetoes;
        } catch {}
    }

    function cancelRecovery(uint256 by, uint256 who) external {
        // One in three: most recoveries should come to something.
        if (who % 3 != 0) return;
        who = _pending(who / 3);
        VM.prank(officerAt(by));
        try PARTIES.cancelRecovery(AGENCY, _record(who)) {
            if (by % (OFFICERS + 1) == 0) foreign = true;
            _people[who].coming = address(0);
        } catch {}
    }

    function completeRecovery(uint256 who) external {
        who = _pending(who);
        Person storage person = _people[who];
        try PARTIES.completeRecovery(partyAt(who)) {
            if (person.coming == address(0) || _time < person.readyAt) hasty = true;
            person.wallet = person.coming;
            person.coming = address(0);
            person.vetoed = false;
            ++person.completed;
            ++completed;
            for (uint256 i = 0; i < _powers.length; ++i) {
                if (_powers[i].principal == who && !_powers[i].revoked) ++ended;
            }
        } catch {}
    }

    // ── Powers ──────────────────────────────────────────────────────────────────────────────────────────────────

    function grantPower(uint256 who, uint256 to, uint256 period, uint256 nonce, uint256 signer) external {
        if (_powers.length == 6) return;
        (who, to, nonce) = (who % SIZE, to % SIZE, _nonce(nonce));
        signer = _signer(who, signer);
        PowerGrant memory grant = PowerGrant({
            principal: partyAt(who),
            attorney: partyAt(to),
            act: "land.sell",
            subject: bytes32(0),
            priceFloor: 0,
            currency: bytes32(0),
            until: uint40(_time + period % 60 days),
            nonce: nonce
        });
        bytes32 digest = _digest(
            keccak256(
                abi.encode(
                    keccak256(
                        "GrantPower(bytes32 principal,bytes32 attorney,string act,bytes32 subject,"
                        "uint256 priceFloor,bytes32 currency,uint40 until,uint256 nonce,uint256 deadline)"
                    ),
                    grant.principal,
                    grant.attorney,
                    keccak256(bytes(grant.act)),
                    grant.subject,
                    grant.priceFloor,
                    grant.currency,
                    grant.until,
                    nonce,
                    type(uint256).max
                )
            )
        );
        try PARTIES.grantPower(grant, type(uint256).max, _sign(signer, digest)) returns (PowerId id) {
            _act(who, nonce, signer);
            _powers.push(Given(id, who, to, grant.until, _people[who].completed, false));
        } catch {}
    }

    function revokePower(uint256 which, uint256 who, uint256 signer) external {
        if (_powers.length == 0) return;
        Given storage power = _powers[which % _powers.length];
        who %= SIZE;
        signer = _signer(who, signer);
        bytes32 digest = _digest(
            keccak256(
                abi.encode(
                    keccak256("RevokePower(bytes32 party,bytes32 power,uint256 deadline)"),
                    partyAt(who),
                    power.id,
                    type(uint256).max
                )
            )
        );
        try PARTIES.revokePower(power.id, partyAt(who), type(uint256).max, _sign(signer, digest)) {
            if (who != power.principal && who != power.attorney) foreign = true;
            _signed(who, signer);
            power.revoked = true;
        } catch {}
    }

    // ── Time ────────────────────────────────────────────────────────────────────────────────────────────────────

    function wait(uint256 period) external {
        _pass(period % 10 days);
    }

    /// To the last second before a recovery is ready, or to that when it is.
    function waitForRecovery(uint256 who, uint256 ready) external {
        who = _pending(who);
        if (_people[who].coming == address(0)) return;
        uint256 time = _people[who].readyAt - ready % 2;
        if (time > _time) _pass(time - _time);
    }

    // ── The book ────────────────────────────────────────────────────────────────────────────────────────────────

    function partyAt(uint256 who) public view returns (PartyId) {
        return PARTIES.partyIdOf(AGENCY, _record(who));
    }

    function walletAt(uint256 index) public view returns (address) {
        return _wallets[index % WALLETS];
    }

    function specimenOf(uint256 index) external view returns (bytes memory) {
        return _specimens[index];
    }

    function personAt(uint256 who) external view returns (Person memory) {
        return _people[who];
    }

    function powers() external view returns (Given[] memory) {
        return _powers;
    }

    /// Whether a power should hold: given, not taken back, not run out, and by the wallet that is still heard.
    function holds(Given calldata power) external view returns (bool) {
        Person storage principal = _people[power.principal];
        return !power.revoked && _time <= power.until && principal.completed == power.completed
            && principal.coming == address(0);
    }

    function firstNonce() public pure returns (uint256) {
        return 256 - NONCES / 2;
    }

    /// The first one is no officer.
    function officerAt(uint256 index) public pure returns (address) {
        return address(uint160(0x1000 + index % (OFFICERS + 1)));
    }

    function _recover(uint256 by) private {
        Plea memory plea = _last;
        Person storage person = _people[plea.who];
        by %= OFFICERS + 1;
        bytes32 digest = _digest(
            keccak256(
                abi.encode(
                    keccak256("RecoverWallet(bytes32 party,address wallet,uint32 attempt,uint256 deadline)"),
                    partyAt(plea.who),
                    walletAt(plea.to),
                    plea.attempt,
                    type(uint256).max
                )
            )
        );
        bytes memory signature = _sign(plea.to, digest);
        VM.prank(officerAt(by));
        try PARTIES.recover(
            AGENCY, _record(plea.who), walletAt(plea.to), keccak256("seen"), plea.court, type(uint256).max, signature
        ) returns (
            bool complete
        ) {
            if (by == 0) foreign = true;
            if (plea.attempt != person.begun + 1 || person.coming != address(0)) stale = true;
            if ((plea.court != bytes32(0)) != person.vetoed) unheard = true;
            if (plea.court != person.order) unordered = true;
            bytes32 id = keccak256(abi.encode(plea.who, plea.to, plea.court, plea.attempt));
            if (!complete) {
                _sent[id][by] = _time;
                return;
            }
            if (!_seconded(id, by)) single = true;
            person.coming = walletAt(plea.to);
            person.readyAt = _time + DELAY;
            person.vetoable = plea.court == bytes32(0);
            person.order = bytes32(0);
            ++person.begun;
            ++begun;
            if (!person.vetoable) ++ordered;
        } catch {}
    }

    /// Whether an officer other than this one sent the plea, and not too long ago.
    function _seconded(bytes32 id, uint256 by) private view returns (bool other) {
        for (uint256 i = 1; i <= OFFICERS; ++i) {
            if (i != by && _sent[id][i] != 0 && _sent[id][i] + WINDOW >= _time) other = true;
        }
    }

    /// A party's act over a nonce was taken.
    function _act(uint256 who, uint256 nonce, uint256 signer) private {
        _signed(who, signer);
        _spend(who, nonce);
    }

    function _signed(uint256 who, uint256 signer) private {
        if (_people[who].wallet != walletAt(signer)) foreign = true;
        if (_people[who].coming != address(0)) actedWhilePending = true;
    }

    function _spend(uint256 who, uint256 nonce) private {
        ++uses[who][nonce];
    }

    function _pass(uint256 period) private {
        _time += period;
        VM.warp(_time);
    }

    /// The first wallet from this one on that stands for nobody; else this one.
    function _free(uint256 index) private view returns (uint256) {
        for (uint256 i = 0; i < WALLETS; ++i) {
            bool taken;
            for (uint256 who = 0; who < SIZE; ++who) {
                if (_people[who].wallet == walletAt(index % WALLETS + i)) taken = true;
            }
            if (!taken) return (index % WALLETS + i) % WALLETS;
        }
        return index % WALLETS;
    }

    /// The first party from this one on whose wallet is being recovered; else this one.
    function _pending(uint256 who) private view returns (uint256) {
        for (uint256 i = 0; i < SIZE; ++i) {
            if (_people[(who % SIZE + i) % SIZE].coming != address(0)) return (who % SIZE + i) % SIZE;
        }
        return who % SIZE;
    }

    /// The first party from this one on whose last recovery was vetoed; else this one.
    function _vetoed(uint256 who) private view returns (uint256) {
        for (uint256 i = 0; i < SIZE; ++i) {
            if (_people[(who % SIZE + i) % SIZE].vetoed) return (who % SIZE + i) % SIZE;
        }
        return who % SIZE;
    }

    /// Mostly the party's own wallet, by its index; one time in four any of all.
    function _signer(uint256 who, uint256 choice) private view returns (uint256) {
        if (choice % 4 == 0) return (choice / 4) % WALLETS;
        for (uint256 i = 0; i < WALLETS; ++i) {
            if (_wallets[i] == _people[who].wallet) return i;
        }
        return 0;
    }

    /// Numbers on both sides of a word's end.
    function _nonce(uint256 choice) private pure returns (uint256) {
        return firstNonce() + choice % NONCES;
    }

    function _record(uint256 who) private pure returns (bytes32) {
        return keccak256(abi.encode(who % SIZE));
    }

    function _sign(uint256 index, bytes32 digest) private pure returns (bytes memory) {
        return (1 + index % WALLETS).sign(digest);
    }

    function _digest(bytes32 structHash) private view returns (bytes32) {
        return Signing.digestOf("Muniment PartyRegistry", address(PARTIES), structHash);
    }
}

/// @title What holds of parties, their wallets and their powers, whatever was signed and however time passed
/// forge-config: deep.invariant.runs = 10000
contract WalletsTest is Reach {
    Counter private _counter;
    IPartyRegistry private _parties;

    function setUp() external {
        _counter = new Counter();
        _parties = _counter.PARTIES();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_counter);
    }

    /// A party must have the one wallet that the book has, and a wallet the one party: one to one.
    function invariant_oneToOne() external view {
        assert(PartyId.unwrap(_parties.partyOf(address(0))) == bytes32(0));
        for (uint256 i = 0; i < _counter.SIZE(); ++i) {
            PartyId party = _counter.partyAt(i);
            address wallet = _parties.walletOf(party);
            assert(wallet == _counter.personAt(i).wallet);
            assert(wallet == address(0) || PartyId.unwrap(_parties.partyOf(wallet)) == PartyId.unwrap(party));
        }
        for (uint256 i = 0; i < _counter.WALLETS(); ++i) {
            PartyId theirs = _parties.partyOf(_counter.walletAt(i));
            assert(PartyId.unwrap(theirs) == bytes32(0) || _parties.walletOf(theirs) == _counter.walletAt(i));
        }
    }

    /// A nonce must serve once, whichever act it serves, and be told as used from then on.
    function invariant_nonceServesOnce() external view {
        for (uint256 who = 0; who < _counter.SIZE(); ++who) {
            for (uint256 nonce = _counter.firstNonce(); nonce < 262; ++nonce) {
                assert(_counter.uses(who, nonce) <= 1);
                assert(_parties.nonceUsed(_counter.partyAt(who), nonce) == (_counter.uses(who, nonce) == 1));
            }
        }
    }

    /// Nobody's signature must stand for a party but its present wallet's, and while that is being recovered nobody's.
    function invariant_presentWalletAloneSigns() external view {
        assert(!_counter.foreign());
        for (uint256 who = 0; who < _counter.SIZE(); ++who) {
            Counter.Person memory person = _counter.personAt(who);
            for (uint256 i = 0; i < _counter.WALLETS(); ++i) {
                bool own = person.wallet == _counter.walletAt(i) && person.coming == address(0);
                assert(
                    own == _parties.checkSignature(_counter.partyAt(who), _counter.SPECIMEN(), _counter.specimenOf(i))
                );
            }
        }
    }

    /// A party whose wallet is being recovered must sign nothing but the veto.
    function invariant_pendingPartyDoesNothing() external view {
        assert(!_counter.actedWhilePending());
    }

    /// A recovery must begin by two officers, once an attempt, and as the last veto demands; it must be told as it is.
    function invariant_recoveryBeginsByTwo() external view {
        assert(!_counter.single() && !_counter.stale() && !_counter.unheard());
        for (uint256 who = 0; who < _counter.SIZE(); ++who) {
            Counter.Person memory person = _counter.personAt(who);
            Recovery memory recovery = _parties.recoveryOf(_counter.partyAt(who));
            (uint32 begun, uint32 completed, bool vetoed) = _parties.recoveriesOf(_counter.partyAt(who));
            assert(recovery.wallet == person.coming);
            assert(recovery.wallet == address(0) || recovery.readyAt == person.readyAt);
            assert(recovery.wallet == address(0) || recovery.vetoable == person.vetoable);
            assert(begun == person.begun && completed == person.completed && vetoed == person.vetoed);
        }
    }

    /// No recovery must begin by a court's order but by the one that a court's officer entered for this very attempt.
    function invariant_courtOrdersInPerson() external view {
        assert(!_counter.unordered());
        for (uint256 who = 0; who < _counter.SIZE(); ++who) {
            assert(_parties.recoveryOrderOf(_counter.partyAt(who)) == _counter.personAt(who).order);
        }
    }

    /// A recovery must not complete before its delay, nor after a veto; nor be vetoed after the delay or a court's order.
    function invariant_recoveryWaitsAndHeedsTheVeto() external view {
        assert(!_counter.hasty() && !_counter.late());
    }

    /// A power must hold until it is revoked, runs out, or a recovery ends it; and rest while one is under way.
    function invariant_powersEnd() external view {
        Counter.Given[] memory powers = _counter.powers();
        for (uint256 i = 0; i < powers.length; ++i) {
            bool passes = true;
            try _parties.requirePower(
                powers[i].id,
                _counter.partyAt(powers[i].principal),
                _counter.partyAt(powers[i].attorney),
                keccak256("land.sell"),
                bytes32(0),
                0,
                bytes32(0)
            ) {}
            catch {
                passes = false;
            }
            assert(passes == _counter.holds(powers[i]));
        }
    }

    /// Chance must lead to all that the invariants are about.
    function test_reach() external {
        bytes4[] memory acts = new bytes4[](13);
        acts[0] = Counter.bind.selector;
        acts[1] = Counter.rotate.selector;
        acts[2] = Counter.cancelNonce.selector;
        acts[3] = Counter.recover.selector;
        acts[4] = Counter.confirm.selector;
        acts[5] = Counter.veto.selector;
        acts[6] = Counter.cancelRecovery.selector;
        acts[7] = Counter.completeRecovery.selector;
        acts[8] = Counter.grantPower.selector;
        acts[9] = Counter.revokePower.selector;
        acts[10] = Counter.wait.selector;
        acts[11] = Counter.waitForRecovery.selector;
        acts[12] = Counter.orderRecovery.selector;
        uint256[6] memory reached;
        for (uint256 run = 0; run < 20; ++run) {
            _counter = new Counter();
            _drive(address(_counter), acts, run, 80);
            reached[0] += _counter.rotated();
            reached[1] += _counter.begun();
            reached[2] += _counter.vetoes();
            reached[3] += _counter.ordered();
            reached[4] += _counter.completed();
            reached[5] += _counter.ended();
        }
        for (uint256 i = 0; i < reached.length; ++i) {
            assert(reached[i] > 0);
        }
    }
}
