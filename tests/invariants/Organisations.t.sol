// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AgencyId, IAgencyRegistry} from "../../interfaces/access/IAgencyRegistry.sol";
import {IPartyRegistry, PartyId, RepresentativeSignature} from "../../interfaces/identity/IPartyRegistry.sol";
import {Built} from "./Built.sol";
import {Reach} from "./Reach.sol";
import {Signing} from "./Signing.sol";
import {VM} from "./Vm.sol";

/// Six persons who sit on two boards, move wallets and lose them, and boards that are asked to sign: soundly, or with
/// parts left out, doubled, swapped, forged, by an old wallet, or over something else. Two of the six have no wallet,
/// and the last may become an organisation itself: the second of the two.
contract Chamber {
    using Signing for uint256;

    /// A person as the book has it.
    struct Person {
        PartyId id;
        bytes32 record;
        uint256 wallet;
        bool pending;
        bool organisation;
    }

    /// A rule as the book has it; the threshold is 0 where nobody signs.
    struct Rule {
        uint256 threshold;
        uint256 members;
    }

    uint256 private constant SIZE = 6;
    uint256 private constant BOUND = 4;
    uint256 private constant DIGESTS = 2;
    bytes32 private constant SUBJECT = keccak256("company");
    bytes32 private constant EVIDENCE = keccak256("seen");
    address private constant FIRST = address(0x1000);
    address private constant SECOND = address(0x1001);
    uint256 private constant START = 1_767_225_600;

    IAgencyRegistry private immutable AGENCIES =
        IAgencyRegistry(Built.create("AgencyRegistry", abi.encode(address(this))));
    IPartyRegistry private immutable PARTIES = IPartyRegistry(Built.create("PartyRegistry", abi.encode(AGENCIES)));
    AgencyId private immutable AGENCY;

    /// In ascending order of id.
    Person[SIZE] private _people;
    Rule[2] private _rules;
    mapping(uint256 who => mapping(uint256 digest => bool)) private _attested;
    uint256 private _lastWallet;
    uint256 private _nonce;
    uint256 private _time = START;

    bool public thin;
    bool public refused;
    bool public nested;
    bool public unsound;

    uint256 public passed;
    uint256 public passedByAttestation;
    uint256 public spoilt;
    uint256 public ended;
    uint256 public recovered;

    constructor() {
        VM.warp(START);
        AGENCY =
            AGENCIES.registerAgency(AgencyId.wrap(0), address(this), type(uint64).max, keccak256("land.example.gov"));
        AGENCIES.accredit(AGENCY, FIRST, AGENCIES.IDENTITY_OFFICER(), 0, type(uint40).max);
        AGENCIES.accredit(AGENCY, SECOND, AGENCIES.IDENTITY_OFFICER(), 0, type(uint40).max);
        _pass(3 days);
        bytes32 last;
        for (uint256 i = 0; i < SIZE; ++i) {
            // The next record whose id ascends.
            bytes32 record = keccak256(abi.encode(i));
            while (i > 0 && PartyId.unwrap(PARTIES.partyIdOf(AGENCY, record)) <= last) {
                record = keccak256(abi.encode(record));
            }
            // The first ones low enough to leave room.
            while (i == 0 && uint256(PartyId.unwrap(PARTIES.partyIdOf(AGENCY, record))) >> 253 != 0) {
                record = keccak256(abi.encode(record));
            }
            PartyId id = PARTIES.partyIdOf(AGENCY, record);
            last = PartyId.unwrap(id);
            _people[i] = Person(id, record, 0, false, false);
            if (i < BOUND) _bind(i);
        }
        setOrganisation(2, 7);
    }

    // ── Rules ───────────────────────────────────────────────────────────────────────────────────────────────────

    function setOrganisation(uint256 threshold, uint256 members) public {
        try PARTIES.setOrganisation(SUBJECT, uint8(threshold % 5), _membersOf(members)) {
            _set(0, threshold % 5, members);
        } catch {}
    }

    /// One in four: the person becomes an organisation for good.
    function setRepresentation(uint256 threshold, uint256 members) external {
        if (members % 4 != 0) return;
        (threshold, members) = (threshold % 5, members / 4);
        bool complete = _byTwo(
            abi.encodeCall(
                PARTIES.setRepresentation,
                (AGENCY, _people[SIZE - 1].record, uint8(threshold), _membersOf(members), EVIDENCE)
            )
        );
        if (!complete) return;
        _people[SIZE - 1].organisation = true;
        _set(1, threshold, members);
        if (members & (1 << (SIZE - 1)) != 0) nested = true;
    }

    function end(uint256 which) external {
        // One in eight: a board must stay to sign.
        if (which % 8 > 1) return;
        if (which % 8 == 0) {
            try PARTIES.endOrganisation(SUBJECT) {
                _end(0);
            } catch {}
        } else if (_byTwo(abi.encodeCall(PARTIES.endRepresentation, (AGENCY, _people[SIZE - 1].record, EVIDENCE)))) {
            _end(1);
        }
    }

    // ── Persons ─────────────────────────────────────────────────────────────────────────────────────────────────

    function rotate(uint256 who) external {
        Person storage person = _people[who % SIZE];
        if (person.wallet == 0) return;
        uint256 next = ++_lastWallet;
        bytes32 digest = _digest(
            keccak256(
                abi.encode(
                    keccak256("RotateWallet(bytes32 party,address from,address to,uint256 nonce,uint256 deadline)"),
                    person.id,
                    VM.addr(person.wallet),
                    VM.addr(next),
                    ++_nonce,
                    type(uint256).max
                )
            )
        );
        try PARTIES.rotate(
            person.id, VM.addr(next), _nonce, type(uint256).max, person.wallet.sign(digest), next.sign(digest)
        ) {
            person.wallet = next;
        } catch {}
    }

    /// Begin a recovery, and later cancel or complete it.
    function recover(uint256 who, uint256 how) external {
        Person storage person = _people[who % SIZE];
        if (person.pending) {
            if (how % 2 == 0) {
                VM.prank(FIRST);
                PARTIES.cancelRecovery(AGENCY, person.record);
            } else {
                _pass(14 days);
                address wallet = PARTIES.recoveryOf(person.id).wallet;
                PARTIES.completeRecovery(person.id);
                person.wallet = _keyOf(wallet);
                ++recovered;
            }
            person.pending = false;
        } else {
            uint256 next = ++_lastWallet;
            (uint32 begun,,) = PARTIES.recoveriesOf(person.id);
            bytes32 digest = _digest(
                keccak256(
                    abi.encode(
                        keccak256("RecoverWallet(bytes32 party,address wallet,uint32 attempt,uint256 deadline)"),
                        person.id,
                        VM.addr(next),
                        begun + 1,
                        type(uint256).max
                    )
                )
            );
            person.pending = _byTwo(
                abi.encodeCall(
                    PARTIES.recover,
                    (AGENCY, person.record, VM.addr(next), EVIDENCE, bytes32(0), type(uint256).max, next.sign(digest))
                )
            );
        }
    }

    function attest(uint256 who, uint256 digest) external {
        who = BOUND + who % (SIZE - BOUND);
        bytes memory act = abi.encodeCall(PARTIES.attest, (AGENCY, _people[who].record, _asked(digest), EVIDENCE));
        if (_byTwo(act)) _attested[who][digest % DIGESTS] = true;
    }

    function withdrawAttestation(uint256 who, uint256 digest) external {
        if (digest % 4 != 0) return;
        (who, digest) = (BOUND + who % (SIZE - BOUND), digest / 4);
        VM.prank(FIRST);
        try PARTIES.withdrawAttestation(AGENCY, _people[who].record, _asked(digest)) {
            _attested[who][digest % DIGESTS] = false;
        } catch {}
    }

    // ── Signing ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// @param spoil what is wrong with a part: 1 doubled, 2 forged, 3 over another digest, 4 out of order, 5 empty, 6 of
    /// somebody else's wallet; nothing otherwise
    function sign(uint256 which, uint256 digest, uint256 signers, uint256 spoil, uint256 place) external {
        (which, digest, spoil) = (which % 2, digest % DIGESTS, spoil % 12);
        // Doubling matters only where one part is missing, so it comes more often.
        if (spoil == 7 || spoil == 8) spoil = 1;
        // Mostly members alone: others have a whole board refused.
        if (signers % 4 != 0) signers = (signers / 4) & _rules[which].members;
        else signers = (signers / 4) % (1 << SIZE);
        (RepresentativeSignature[] memory parts, uint256[] memory who) = _partsOf(signers, _asked(digest));
        bool[] memory good = new bool[](parts.length);
        for (uint256 i = 0; i < parts.length; ++i) {
            good[i] = _isGood(who[i], digest);
        }
        bool whole = true;
        if (spoil > 0 && spoil < 7 && parts.length > 1) {
            whole = false;
            place %= parts.length - 1;
            _spoil(spoil, place, digest, parts, who, good);
            ++spoilt;
        }
        // Whose parts hold, each person once.
        uint256 signed;
        for (uint256 i = 0; i < parts.length; ++i) {
            if (good[i]) signed |= 1 << who[i];
        }
        uint256 count = _count(signed & _rules[which].members);
        bool enough = _rules[which].threshold != 0 && count >= _rules[which].threshold;
        bool passes = PARTIES.checkSignature(_organisation(which), _asked(digest), abi.encode(parts));
        if (passes) ++passed;
        if (passes && signed >> BOUND != 0) ++passedByAttestation;
        if (passes && !enough) thin = true;
        if (!passes && enough && whole && signers & ~_rules[which].members == 0) refused = true;
    }

    /// Whether a person's whole and honest part holds.
    function _isGood(uint256 who, uint256 digest) private view returns (bool) {
        Person storage person = _people[who];
        if (person.organisation || person.pending) return false;
        return person.wallet != 0 || _attested[who][digest];
    }

    function _spoil(
        uint256 spoil,
        uint256 place,
        uint256 digest,
        RepresentativeSignature[] memory parts,
        uint256[] memory who,
        bool[] memory good
    ) private pure {
        if (spoil == 1) {
            (parts[place + 1], who[place + 1], good[place + 1]) = (parts[place], who[place], good[place]);
        } else if (spoil == 2) {
            parts[place].signature = uint256(0xdead).sign(_asked(digest));
            good[place] = false;
        } else if (spoil == 3) {
            parts[place].signature = uint256(0xdead).sign(_asked(digest + 1));
            good[place] = false;
        } else if (spoil == 4) {
            (parts[place], parts[place + 1]) = (parts[place + 1], parts[place]);
            (who[place], who[place + 1]) = (who[place + 1], who[place]);
            (good[place], good[place + 1]) = (good[place + 1], good[place]);
        } else if (spoil == 5) {
            if (parts[place].signature.length != 0) good[place] = false;
            parts[place].signature = "";
        } else {
            if (parts[place].signature.length != 0 || parts[place + 1].signature.length != 0) good[place] = false;
            parts[place].signature = parts[place + 1].signature;
        }
    }

    function _partsOf(uint256 signers, bytes32 digest)
        private
        view
        returns (RepresentativeSignature[] memory parts, uint256[] memory who)
    {
        parts = new RepresentativeSignature[](_count(signers));
        who = new uint256[](parts.length);
        uint256 place;
        for (uint256 i = 0; i < SIZE; ++i) {
            if (signers & (1 << i) == 0) continue;
            uint256 wallet = _people[i].wallet;
            parts[place] = RepresentativeSignature(_people[i].id, wallet == 0 ? bytes("") : wallet.sign(digest));
            who[place++] = i;
        }
    }

    // ── The book ────────────────────────────────────────────────────────────────────────────────────────────────

    function _set(uint256 which, uint256 threshold, uint256 members) private {
        members %= 1 << SIZE;
        if (threshold == 0 || threshold > _count(members)) unsound = true;
        if (_people[SIZE - 1].organisation && members & (1 << (SIZE - 1)) != 0) nested = true;
        _rules[which] = Rule(threshold, members);
    }

    function _end(uint256 which) private {
        if (_rules[which].threshold == 0) unsound = true;
        _rules[which] = Rule(0, 0);
        ++ended;
    }

    function _organisation(uint256 which) private view returns (PartyId) {
        return which == 0 ? PARTIES.organisationIdOf(address(this), SUBJECT) : _people[SIZE - 1].id;
    }

    function _membersOf(uint256 members) private view returns (PartyId[] memory ids) {
        members %= 1 << SIZE;
        ids = new PartyId[](_count(members));
        uint256 place;
        for (uint256 i = 0; i < SIZE; ++i) {
            if (members & (1 << i) != 0) ids[place++] = _people[i].id;
        }
    }

    function _bind(uint256 who) private {
        uint256 key = ++_lastWallet;
        bytes32 digest = _digest(
            keccak256(
                abi.encode(
                    keccak256("BindWallet(bytes32 party,address wallet,uint256 nonce,uint256 deadline)"),
                    _people[who].id,
                    VM.addr(key),
                    ++_nonce,
                    type(uint256).max
                )
            )
        );
        VM.prank(FIRST);
        PARTIES.bind(_people[who].record, VM.addr(key), _nonce, type(uint256).max, key.sign(digest));
        _people[who].wallet = key;
    }

    /// Two officers send the same; whether it was then carried out.
    function _byTwo(bytes memory act) private returns (bool complete) {
        VM.prank(FIRST);
        (bool taken, bytes memory answer) = address(PARTIES).call(act);
        if (!taken) return false;
        complete = abi.decode(answer, (bool));
        if (complete) unsound = true;
        VM.prank(SECOND);
        (taken, answer) = address(PARTIES).call(act);
        return taken && abi.decode(answer, (bool));
    }

    function _pass(uint256 period) private {
        _time += period;
        VM.warp(_time);
    }

    function _keyOf(address wallet) private view returns (uint256 key) {
        for (key = _lastWallet; VM.addr(key) != wallet; --key) {}
    }

    function _asked(uint256 digest) private pure returns (bytes32) {
        return keccak256(abi.encode("asked", digest % DIGESTS));
    }

    function _count(uint256 bits) private pure returns (uint256 count) {
        for (; bits != 0; bits &= bits - 1) {
            ++count;
        }
    }

    function _digest(bytes32 structHash) private view returns (bytes32) {
        return Signing.digestOf("Muniment PartyRegistry", address(PARTIES), structHash);
    }
}

/// @title What holds of organisations and those who sign for them
/// forge-config: deep.invariant.runs = 10000
contract OrganisationsTest is Reach {
    Chamber private _chamber;

    function setUp() external {
        _chamber = new Chamber();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_chamber);
    }

    /// An organisation must not sign with fewer than as many different representatives as its rule asks for, each by a
    /// part that holds now; and must sign with as many.
    function invariant_enoughRepresentativesSign() external view {
        assert(!_chamber.thin());
        assert(!_chamber.refused());
    }

    /// A rule must be one that persons can meet.
    function invariant_rulesAreSound() external view {
        assert(!_chamber.unsound());
        assert(!_chamber.nested());
    }

    /// Chance must lead to all that the invariants are about.
    function test_reach() external {
        bytes4[] memory acts = new bytes4[](10);
        acts[0] = Chamber.setOrganisation.selector;
        acts[1] = Chamber.setRepresentation.selector;
        acts[2] = Chamber.end.selector;
        acts[3] = Chamber.rotate.selector;
        acts[4] = Chamber.recover.selector;
        acts[5] = Chamber.attest.selector;
        acts[6] = Chamber.withdrawAttestation.selector;
        acts[7] = Chamber.sign.selector;
        acts[8] = Chamber.sign.selector;
        acts[9] = Chamber.sign.selector;
        _drive(address(_chamber), acts, 0, 1000);
        assert(_chamber.passed() > 0 && _chamber.passedByAttestation() > 0 && _chamber.spoilt() > 0);
        assert(_chamber.ended() > 0 && _chamber.recovered() > 0);
    }
}
