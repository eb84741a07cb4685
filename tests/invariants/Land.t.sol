// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {PartyId} from "../../interfaces/identity/IPartyRegistry.sol";
import {Consent} from "../../interfaces/land/IConsents.sol";
import {ILienRegistry, Lien, LienKind} from "../../interfaces/land/ILienRegistry.sol";
import {
    Correction,
    Grade,
    ITitleRegistry,
    InterestId,
    LienId,
    MigratedTitle,
    Part,
    RestrictionId,
    RestrictionKind,
    SaleId,
    Share,
    Source,
    Title,
    TitleId,
    Transmission
} from "../../interfaces/land/ITitleRegistry.sol";
import {LandOffice} from "./LandOffice.sol";
import {Reach} from "./Reach.sol";
import {VM} from "./Vm.sol";

/// An office that does everything a title can meet with, in any order, on frozen and retired titles too; and a book of
/// its own of what must have come of it.
contract Office is LandOffice {
    SaleId private constant SALE = SaleId.wrap("sale");
    Source private _source = Source(keccak256("a document"), 0);

    TitleId[] public titles;
    mapping(TitleId title => string ref) public refs;
    /// Of every title: whether it was divided or merged, its liens in their rank, and the freeze on it.
    mapping(TitleId title => bool gone) public retired;
    mapping(TitleId title => LienId[] ranked) private _ranked;
    mapping(TitleId title => RestrictionId freeze) public frozen;
    mapping(TitleId title => bytes32 digest) public digests;
    mapping(LienId lien => Lien terms) private _terms;
    /// The land of all titles that stand.
    uint256 public area;
    /// A path that moved a frozen or a retired title, or the share of somebody who did not sell; empty while none did.
    string public wrong;
    uint256 private _count;
    bytes private _answer;
    /// How often each act was taken, and how often a freeze stopped it.
    mapping(string act => uint256 times) public done;
    mapping(string act => uint256 times) public stopped;

    // ── Titles ──────────────────────────────────────────────────────────────────────────────────────────────────

    function register(uint256 seed, uint256 holders) public {
        Share[] memory shares = _shares(seed, holders);
        uint64 land = 64 + uint64(seed % 256) * 1000;
        string memory ref = _newRef();
        TITLES.register(GB, _entry(ref, land, _sum(shares), shares));
        _note(ref);
        area += land;
    }

    function registerAgain(uint256 which) external {
        TitleId title = _pick(which);
        Share[] memory shares = _shares(0, 0);
        _expect(
            false,
            title,
            "register again",
            address(TITLES),
            abi.encodeCall(ITitleRegistry.register, (GB, _entry(refs[title], 1, 1, shares)))
        );
    }

    /// A title moves in with up to two liens.
    function moveIn(uint256 seed, uint256 holders) external {
        MigratedTitle memory moved;
        string memory ref = _newRef();
        moved.title = TITLES.titleIdOf(GB, ref);
        moved.area = 64 + uint64(seed % 256);
        moved.shares = _shares(seed, holders);
        moved.liens = new LienId[](seed % 3);
        for (uint256 i = 0; i < moved.liens.length; ++i) {
            moved.liens[i] = LIENS.lienIdOf(_lien(seed % 5 + i, LienKind.Contractual));
        }
        TITLES.admit(_believed(moved), "proof");
        area += moved.area;
        _ranked[_note(ref)] = moved.liens;
        ++done["move in"];
    }

    /// A root holds an id that the registry has a record of, retired or not.
    function moveInAgain(uint256 which) external {
        MigratedTitle memory moved;
        moved.title = _pick(which);
        moved.area = 1;
        moved.shares = _shares(0, 0);
        bytes memory act = abi.encodeCall(ITitleRegistry.admit, (_believed(moved), "proof"));
        _expect(false, moved.title, "move in again", address(TITLES), act);
    }

    function _believed(MigratedTitle memory moved) private returns (MigratedTitle memory) {
        MIGRATION.believe(TitleId.unwrap(moved.title), "proof");
        moved.jurisdiction = GB;
        moved.geometryHash = keccak256("land");
        moved.grade = Grade.Absolute;
        moved.denominator = _sum(moved.shares);
        moved.interests = new InterestId[](0);
        return moved;
    }

    function convey(uint256 which, uint256 seed, uint256 holders) external {
        TitleId title = _pick(which);
        Share[] memory shares = _shares(seed, holders);
        if (!_lock(title)) return;
        Share[] memory before = TITLES.titleOf(title).shares;
        PartyId[] memory sellers = new PartyId[](before.length);
        for (uint256 i = 0; i < before.length; ++i) {
            sellers[i] = before[i].holder;
        }
        _convey(title, sellers, _sum(shares), shares);
    }

    /// One holder sells, to shares made up without regard to the others.
    function conveyOne(uint256 which, uint256 seed, uint256 holders) external {
        TitleId title = _pick(which);
        Share[] memory shares = _shares(seed, holders);
        if (!_lock(title)) return;
        Title memory before = TITLES.titleOf(title);
        PartyId[] memory sellers = new PartyId[](1);
        sellers[0] = before.shares[seed % before.shares.length].holder;
        if (!_convey(title, sellers, _sum(shares), shares)) return;
        for (uint256 i = 0; i < before.shares.length; ++i) {
            if (PartyId.unwrap(before.shares[i].holder) == PartyId.unwrap(sellers[0])) continue;
            uint256 kept;
            for (uint256 j = 0; j < shares.length; ++j) {
                if (PartyId.unwrap(shares[j].holder) == PartyId.unwrap(before.shares[i].holder)) {
                    kept = shares[j].numerator;
                }
            }
            if (kept * before.denominator < before.shares[i].numerator * uint256(_sum(shares))) wrong = "share lost";
        }
    }

    function transmit(uint256 which, uint256 kind, uint256 seed, uint256 holders) external {
        Share[] memory shares = _shares(seed, holders);
        Transmission why = Transmission(1 + kind % 3);
        TitleId title = _pick(which);
        _byTwo(
            title,
            "transmit",
            address(TITLES),
            abi.encodeCall(ITitleRegistry.transmit, (title, why, _sum(shares), shares, _source))
        );
    }

    function rectify(uint256 which, uint256 seed, uint256 holders) external {
        TitleId title = _pick(which);
        Share[] memory shares = _shares(seed, holders);
        uint256 before = TITLES.titleOf(title).area;
        Correction memory said =
            Correction(keccak256("land"), 64 + uint64(seed % 256), Grade.Qualified, _sum(shares), shares);
        bytes memory act = abi.encodeCall(ITitleRegistry.rectify, (title, said, _source));
        if (_byTwo(title, "rectify", address(TITLES), act)) area = area - before + said.area;
    }

    function regrade(uint256 which, uint256 grade) external {
        TitleId title = _pick(which);
        Grade wanted = Grade(1 + grade % 3);
        _try(address(TITLES), abi.encodeCall(ITitleRegistry.proposeGrade, (title, wanted, _source.sourceHash)));
        VM.warp(block.timestamp + 31 days);
        _expect(true, title, "grade", address(TITLES), abi.encodeCall(ITitleRegistry.completeGrade, (title)));
    }

    function subdivide(uint256 which, uint256 seed) external {
        TitleId title = _pick(which);
        Title memory before = TITLES.titleOf(title);
        Part[] memory parts = new Part[](2 + seed % 3);
        uint64 left = before.area;
        for (uint256 i = 0; i < parts.length; ++i) {
            uint64 land = i + 1 == parts.length ? left : left / 4 + 1;
            left -= land < left ? land : left;
            parts[i] = Part(_newRef(), keccak256(abi.encode(seed, i)), land);
        }
        // One in eight asks for more land than there is.
        if (seed % 8 == 7) ++parts[0].area;
        bytes memory act = abi.encodeCall(
            ITitleRegistry.subdivide, (title, parts, _source, _consents(before.shares.length), new bytes[](0))
        );
        if (!_expect(true, title, "subdivide", address(TITLES), act)) return;
        retired[title] = true;
        for (uint256 i = 0; i < parts.length; ++i) {
            _ranked[_note(parts[i].ref)] = _ranked[title];
        }
        delete _ranked[title];
    }

    function merge(uint256 which, uint256 other) external {
        TitleId[] memory pair = new TitleId[](2);
        // Neighbours are often parts of one title, with the same holders and liens.
        (pair[0], pair[1]) = (_pick(which), _pick(which % titles.length + 1 + other % 2));
        if (TitleId.unwrap(pair[0]) > TitleId.unwrap(pair[1])) (pair[0], pair[1]) = (pair[1], pair[0]);
        if (other % 2 == 0) _bringTogether(pair[0], pair[1]);
        uint64 land = TITLES.titleOf(pair[0]).area + TITLES.titleOf(pair[1]).area;
        Part memory whole = Part(_newRef(), keccak256("whole"), land);
        Consent[] memory given = _consents(TITLES.titleOf(pair[0]).shares.length);
        bytes memory act = abi.encodeCall(ITitleRegistry.merge, (pair, whole, _source, given, ""));
        if (!_expect(true, pair[0], "merge", address(TITLES), act)) return;
        if (_held(pair[1])) wrong = "merge";
        for (uint256 i = 0; i < 2; ++i) {
            retired[pair[i]] = true;
        }
        _ranked[_note(whole.ref)] = _ranked[pair[0]];
        delete _ranked[pair[0]];
        delete _ranked[pair[1]];
    }

    /// Let a court pass a title to the holders of another, so that the two can be merged.
    function _bringTogether(TitleId model, TitleId title) private {
        Title memory like_ = TITLES.titleOf(model);
        bytes memory act = abi.encodeCall(
            ITitleRegistry.transmit, (title, Transmission.Court, like_.denominator, like_.shares, _source)
        );
        _byTwo(title, "transmit", address(TITLES), act);
    }

    // ── Restrictions ────────────────────────────────────────────────────────────────────────────────────────────

    function freeze(uint256 which) external {
        TitleId title = _pick(which);
        if (retired[title] || RestrictionId.unwrap(frozen[title]) != bytes32(0)) return;
        frozen[title] = TITLES.freeze(title, keccak256(abi.encode(++_count)));
        digests[title] = keccak256(abi.encode(TITLES.titleOf(title)));
    }

    function lift(uint256 which) external {
        TitleId title = _pick(which);
        if (RestrictionId.unwrap(frozen[title]) == bytes32(0)) return;
        TITLES.liftFreeze(frozen[title], keccak256("lifted"));
        frozen[title] = RestrictionId.wrap(0);
    }

    function claim(uint256 which, uint256 length) external {
        bytes memory act = abi.encodeCall(
            ITitleRegistry.enterCaveat,
            (
                _pick(which),
                PartyId.wrap("claimant"),
                uint40(block.timestamp + length % 200 * 1 hours),
                keccak256(abi.encode(++_count))
            )
        );
        _try(address(TITLES), act);
    }

    // ── Liens ───────────────────────────────────────────────────────────────────────────────────────────────────

    function charge(uint256 which, uint256 deed) external {
        TitleId title = _pick(which);
        Lien memory lien = _lien(deed, LienKind.Contractual);
        uint256 holders = TITLES.titleOf(title).shares.length;
        bytes memory act = abi.encodeCall(ILienRegistry.enter, (title, lien, 0, 0, _consents(holders)));
        if (_expect(true, title, "charge", address(LIENS), act)) _ranked[title].push(LIENS.lienIdOf(lien));
    }

    function chargeByOrder(uint256 which, uint256 deed) external {
        TitleId title = _pick(which);
        Lien memory lien = _lien(deed, LienKind.Court);
        bytes memory act = abi.encodeCall(ILienRegistry.enterByOrder, (title, lien, 0));
        if (_byTwo(title, "charge by order", address(LIENS), act)) _ranked[title].push(LIENS.lienIdOf(lien));
    }

    function discharge(uint256 which, uint256 place) external {
        TitleId title = _pick(which);
        LienId[] storage ranked = _ranked[title];
        if (ranked.length == 0) return;
        uint256 at = place % ranked.length;
        TitleId[] memory of_ = new TitleId[](1);
        of_[0] = title;
        LIENS.discharge(of_, _terms[ranked[at]], _consents(1)[0]);
        for (uint256 i = at; i + 1 < ranked.length; ++i) {
            ranked[i] = ranked[i + 1];
        }
        ranked.pop();
        ++done["discharge"];
    }

    function postpone(uint256 which, uint256 place, uint256 behind) external {
        TitleId title = _pick(which);
        LienId[] storage ranked = _ranked[title];
        if (ranked.length == 0) return;
        (uint256 at, uint256 later) = (place % ranked.length, behind % ranked.length);
        bytes memory act =
            abi.encodeCall(ILienRegistry.postpone, (title, _terms[ranked[at]], ranked[later], 16, _consents(1)[0]));
        if (!_expect(true, title, "postpone", address(LIENS), act)) return;
        if (at >= later) wrong = "postpone";
        LienId moved = ranked[at];
        for (uint256 i = at; i < later; ++i) {
            ranked[i] = ranked[i + 1];
        }
        ranked[later] = moved;
    }

    function total() external view returns (uint256) {
        return titles.length;
    }

    function rankedOf(TitleId title) external view returns (LienId[] memory) {
        return _ranked[title];
    }

    // ── Ways of acting ──────────────────────────────────────────────────────────────────────────────────────────

    /// Try an act that may be refused, and note when it was taken although it must not.
    function _expect(bool allowed, TitleId title, string memory name, address target, bytes memory act)
        private
        returns (bool taken)
    {
        taken = _try(target, act);
        if (taken && (!allowed || _held(title))) wrong = name;
        if (taken) ++done[name];
        else if (bytes4(_answer) == ITitleRegistry.FreezeStands.selector) ++stopped[name];
    }

    function _byTwo(TitleId title, string memory name, address target, bytes memory act) private returns (bool taken) {
        VM.prank(COLLEAGUE);
        if (_try(target, act)) return _expect(true, title, name, target, act);
        if (bytes4(_answer) == ITitleRegistry.FreezeStands.selector) ++stopped[name];
    }

    function _convey(TitleId title, PartyId[] memory sellers, uint64 denominator, Share[] memory shares)
        private
        returns (bool taken)
    {
        uint32 version = TITLES.titleOf(title).version;
        bytes memory act =
            abi.encodeCall(ITitleRegistry.convey, (title, SALE, version, sellers, denominator, shares, _source));
        taken =
            _expect(true, title, "convey", address(CONVEYANCE), abi.encodeCall(CONVEYANCE.act, (address(TITLES), act)));
        if (!taken) {
            CONVEYANCE.act(address(TITLES), abi.encodeCall(ITitleRegistry.clearNotice, (title, SALE)));
        }
    }

    /// Set the sale's notice, and let a frozen title be tried with one that was set before.
    function _lock(TitleId title) private returns (bool) {
        RestrictionId stands = frozen[title];
        bool isFrozen = RestrictionId.unwrap(stands) != bytes32(0);
        if (isFrozen) TITLES.liftFreeze(stands, keccak256("for a moment"));
        uint40 until = uint40(block.timestamp + 1 days);
        bytes memory act = abi.encodeCall(ITitleRegistry.setNotice, (title, SALE, until));
        bool set = _try(address(CONVEYANCE), abi.encodeCall(CONVEYANCE.act, (address(TITLES), act)));
        if (isFrozen) frozen[title] = TITLES.freeze(title, keccak256(abi.encode(++_count)));
        return set;
    }

    function _try(address target, bytes memory act) private returns (bool taken) {
        (taken, _answer) = target.call(act);
    }

    function _held(TitleId title) private view returns (bool) {
        return retired[title] || RestrictionId.unwrap(frozen[title]) != bytes32(0);
    }

    // ── Made up ─────────────────────────────────────────────────────────────────────────────────────────────────

    function _pick(uint256 which) private returns (TitleId) {
        if (titles.length == 0) register(which, which);
        return titles[which % titles.length];
    }

    function _note(string memory ref) private returns (TitleId title) {
        title = TITLES.titleIdOf(GB, ref);
        titles.push(title);
        refs[title] = ref;
    }

    function _newRef() private returns (string memory) {
        return string(abi.encode(++_count));
    }

    /// 1 to 4 of a few holders, so that titles often have the same ones.
    function _shares(uint256 seed, uint256 holders) private pure returns (Share[] memory shares) {
        shares = new Share[](1 + holders % 4);
        for (uint256 i = 0; i < shares.length; ++i) {
            uint64 numerator = shares.length == 1 ? 1 : 1 + uint64(seed % 5) * uint64(i);
            shares[i] = Share(PartyId.wrap(bytes32(i + 1 + seed % 2)), numerator);
        }
    }

    function _sum(Share[] memory shares) private pure returns (uint64 sum) {
        for (uint256 i = 0; i < shares.length; ++i) {
            sum += shares[i].numerator;
        }
    }

    function _lien(uint256 deed, LienKind kind) private returns (Lien memory lien) {
        lien = Lien(kind, PartyId.wrap("bank"), 1, "EUR", keccak256(abi.encode(deed % 8)));
        _terms[LIENS.lienIdOf(lien)] = lien;
    }

    function _consents(uint256 count) private returns (Consent[] memory consents) {
        consents = new Consent[](count);
        for (uint256 i = 0; i < count; ++i) {
            consents[i].nonce = ++_count;
            consents[i].deadline = type(uint256).max;
        }
    }
}

/// @title What holds of every title, whatever was done to it
contract LandTest is Reach {
    Office private _office;

    function setUp() external {
        _office = new Office();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_office);
    }

    /// Chance reaches every act, taken on titles that it may be done to and stopped by a freeze on others.
    function test_everyActIsReached() external {
        bytes4[] memory acts = new bytes4[](21);
        (acts[0], acts[1], acts[2]) = (Office.register.selector, Office.convey.selector, Office.conveyOne.selector);
        (acts[3], acts[4], acts[5]) = (Office.transmit.selector, Office.rectify.selector, Office.regrade.selector);
        (acts[6], acts[7], acts[8]) = (Office.subdivide.selector, Office.merge.selector, Office.merge.selector);
        (acts[9], acts[10], acts[11]) = (Office.charge.selector, Office.charge.selector, Office.chargeByOrder.selector);
        (acts[12], acts[13], acts[14]) = (Office.discharge.selector, Office.postpone.selector, Office.moveIn.selector);
        (acts[15], acts[16], acts[17]) = (Office.freeze.selector, Office.lift.selector, Office.claim.selector);
        (acts[18], acts[19]) = (Office.registerAgain.selector, Office.moveInAgain.selector);
        acts[20] = Office.postpone.selector;
        _drive(address(_office), acts, 0, 900);
        string[9] memory names =
            ["convey", "transmit", "rectify", "grade", "subdivide", "merge", "charge", "charge by order", "postpone"];
        for (uint256 i = 0; i < names.length; ++i) {
            require(_office.done(names[i]) > 0, names[i]);
            require(_office.stopped(names[i]) > 0, names[i]);
        }
        assert(_office.done("discharge") > 0 && _office.done("move in") > 0);
        invariant_sharesSumToOne();
        invariant_areaIsConserved();
        invariant_liensKeepTheirRank();
        invariant_retiredNeverReturns();
        invariant_frozenStandsStill();
    }

    /// Shares of every title that stands sum to one, ascend and are not empty; a retired one has none.
    function invariant_sharesSumToOne() public view {
        for (uint256 i = 0; i < _office.total(); ++i) {
            TitleId id = _office.titles(i);
            Title memory title = _office.TITLES().titleOf(id);
            if (_office.retired(id)) {
                assert(title.shares.length == 0);
                continue;
            }
            uint256 sum;
            bytes32 previous;
            for (uint256 j = 0; j < title.shares.length; ++j) {
                assert(PartyId.unwrap(title.shares[j].holder) > previous);
                assert(title.shares[j].numerator > 0);
                previous = PartyId.unwrap(title.shares[j].holder);
                sum += title.shares[j].numerator;
            }
            assert(sum == title.denominator && sum > 0);
        }
    }

    /// The land of all titles that stand is what was registered and rectified, to the square decimetre.
    function invariant_areaIsConserved() public view {
        uint256 area;
        for (uint256 i = 0; i < _office.total(); ++i) {
            TitleId id = _office.titles(i);
            if (!_office.retired(id)) area += _office.TITLES().titleOf(id).area;
        }
        assert(area == _office.area());
    }

    /// Liens stand in the order in which they were entered, but for those whose holders stepped back.
    function invariant_liensKeepTheirRank() public view {
        for (uint256 i = 0; i < _office.total(); ++i) {
            TitleId id = _office.titles(i);
            assert(keccak256(abi.encode(_office.LIENS().liensOf(id))) == keccak256(abi.encode(_office.rankedOf(id))));
        }
    }

    /// An id that was divided or merged never stands again.
    function invariant_retiredNeverReturns() public view {
        for (uint256 i = 0; i < _office.total(); ++i) {
            TitleId id = _office.titles(i);
            assert(_office.TITLES().exists(id) != _office.retired(id));
            assert(_office.TITLES().retired(id) == _office.retired(id));
        }
    }

    /// No path moves, charges or divides a frozen title, and none takes a share from who does not sell.
    function invariant_frozenStandsStill() public view {
        assert(bytes(_office.wrong()).length == 0);
        for (uint256 i = 0; i < _office.total(); ++i) {
            TitleId id = _office.titles(i);
            if (RestrictionId.unwrap(_office.frozen(id)) == bytes32(0)) continue;
            assert(_office.TITLES().exists(id));
            assert(_office.TITLES().restrictionsOf(id, RestrictionKind.Freeze).length == 1);
            assert(keccak256(abi.encode(_office.TITLES().titleOf(id))) == _office.digests(id));
        }
    }
}
