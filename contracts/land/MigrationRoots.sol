// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AgencyId, IAgencyRegistry} from "../../interfaces/access/IAgencyRegistry.sol";
import {
    ITitleMigration,
    MovedRegister,
    RootFreeze,
    RootFreezeId,
    RootState,
    RootStatus
} from "../../interfaces/land/ITitleMigration.sol";
import {ITitleRegistry, Jurisdiction, TitleId} from "../../interfaces/land/ITitleRegistry.sol";
import {TitleTree} from "./TitleTree.sol";

/// @title Roots of registers that move in: proposed, objected to, in effect, ended
abstract contract MigrationRoots is ITitleMigration {
    using TitleTree for bytes;

    /// What an admission reads of a root lies in two slots: the hash, and the second.
    /// @param end None while the root stands
    /// @param stoppedAt when the first of the freezes that stand came
    struct Root {
        bytes32 hash;
        uint64 count;
        uint40 readyAt;
        uint40 stoppedAt;
        uint32 freezes;
        uint32 changes;
        RootStatus end;
        TitleId first;
        TitleId last;
        bytes32 leavesHash;
        bytes32 predecessor;
    }

    /// @param standing numbers of the roots that stand, 12 bits each, the oldest lowest
    /// @param releases whether any title was released
    struct Docket {
        uint192 standing;
        uint16 proposed;
        bool releases;
    }

    bytes32 private constant FREEZE = keccak256("Muniment.RootFreeze.v1");
    uint256 internal constant NUMBER_BITS = 12;
    uint256 internal constant NUMBER_MASK = 0xfff;

    /// @inheritdoc ITitleMigration
    uint40 public constant OBJECTION_WINDOW = 30 days;
    /// @inheritdoc ITitleMigration
    uint256 public constant MAX_ROOTS = 16;

    /// @notice Who may act for the state.
    IAgencyRegistry public immutable AGENCIES;
    uint64 private immutable LAND_REGISTRAR;
    uint64 private immutable COURT;
    /// @inheritdoc ITitleMigration
    ITitleRegistry public immutable TITLES;

    mapping(Jurisdiction jurisdiction => Docket docket) internal _dockets;
    mapping(Jurisdiction jurisdiction => mapping(uint256 number => Root root)) internal _roots;
    mapping(RootFreezeId id => RootFreeze freeze) private _freezes;
    mapping(Jurisdiction jurisdiction => mapping(TitleId title => bool yes)) internal _released;

    constructor(IAgencyRegistry agencies, ITitleRegistry titles) {
        AGENCIES = agencies;
        LAND_REGISTRAR = agencies.LAND_REGISTRAR();
        COURT = agencies.COURT();
        TITLES = titles;
    }

    // ── From proposal to effect ─────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ITitleMigration
    function propose(Jurisdiction jurisdiction, MovedRegister calldata moved, bytes calldata edges)
        external
        returns (bool complete)
    {
        AgencyId keeper = _requireKeeper(jurisdiction);
        if (moved.root == bytes32(0) || moved.count == 0 || moved.leavesHash == bytes32(0)) {
            revert RegisterIncomplete(jurisdiction);
        }
        _requireEdges(jurisdiction, moved, edges);
        Docket storage docket = _dockets[jurisdiction];
        uint256 places = _requirePlace(jurisdiction, docket, moved.root);
        if (!AGENCIES.dualControl(msg.sender, LAND_REGISTRAR, keeper, docket.proposed, msg.data)) return false;

        uint16 number = ++docket.proposed;
        docket.standing |= uint192(uint256(number) << places * NUMBER_BITS);
        uint40 readyAt = uint40(block.timestamp) + OBJECTION_WINDOW;
        Root storage root = _roots[jurisdiction][number];
        root.hash = moved.root;
        root.count = moved.count;
        root.readyAt = readyAt;
        root.first = moved.first;
        root.last = moved.last;
        root.leavesHash = moved.leavesHash;
        root.predecessor = moved.predecessor;
        emit RootProposed(jurisdiction, number, moved.root, msg.sender, readyAt, moved);
        return true;
    }

    /// @inheritdoc ITitleMigration
    function withdraw(Jurisdiction jurisdiction, uint16 number) external {
        _requireKeeper(jurisdiction);
        _requirePending(jurisdiction, number);

        _end(jurisdiction, number, RootStatus.Withdrawn);
        emit RootWithdrawn(jurisdiction, number, msg.sender);
    }

    /// @inheritdoc ITitleMigration
    function refute(Jurisdiction jurisdiction, uint16 number, bytes calldata disorder) external {
        Root storage root = _requirePending(jurisdiction, number);
        (uint256 index, uint256 at) = disorder.number(0);
        if (index >= root.count - 1) revert LeavesUnproven(jurisdiction, number, index);
        bytes32 title;
        bytes32 next;
        bytes32 second;
        bytes32 top;
        bytes32 otherTop;
        (title, next, top, at) = _climbLeaf(disorder, at, index, root.count);
        (second,, otherTop, at) = _climbLeaf(disorder, at, index + 1, root.count);
        disorder.requireEnd(at);
        if (top != root.hash || otherTop != root.hash) revert LeavesUnproven(jurisdiction, number, index);
        if (title < next && next == second) revert LeavesInOrder(jurisdiction, number, index);

        _end(jurisdiction, number, RootStatus.Refuted);
        emit RootRefuted(jurisdiction, number, index, msg.sender);
    }

    // ── Courts ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ITitleMigration
    function freeze(Jurisdiction jurisdiction, uint16 number, bytes32 order) external returns (RootFreezeId id) {
        AgencyId court = AGENCIES.requireOfficer(msg.sender, COURT);
        Root storage root = _requireStanding(jurisdiction, number);
        _requireOrder(jurisdiction, order);
        id = RootFreezeId.wrap(keccak256(abi.encode(FREEZE, jurisdiction, number, court, order)));
        if (_freezes[id].number != 0) revert RootFreezeExists(id);

        _freezes[id] = RootFreeze(jurisdiction, number, false, court);
        if (root.freezes == 0) root.stoppedAt = uint40(block.timestamp);
        ++root.freezes;
        ++root.changes;
        emit RootFrozen(jurisdiction, number, id, court, msg.sender, order);
    }

    /// @inheritdoc ITitleMigration
    function liftFreeze(RootFreezeId id, bytes32 order) external {
        RootFreeze storage stop = _freezes[id];
        if (stop.number == 0 || stop.lifted) revert RootFreezeUnknown(id);
        AGENCIES.requireKeeperOf(msg.sender, COURT, stop.court);
        Jurisdiction jurisdiction = stop.jurisdiction;
        Root storage root = _requireStanding(jurisdiction, stop.number);
        _requireOrder(jurisdiction, order);

        stop.lifted = true;
        ++root.changes;
        // The time that courts took is not taken from those who object.
        if (--root.freezes == 0 && root.stoppedAt < root.readyAt) {
            root.readyAt += uint40(block.timestamp) - root.stoppedAt;
        }
        emit RootFreezeLifted(jurisdiction, stop.number, id, msg.sender, order, root.readyAt);
    }

    /// @inheritdoc ITitleMigration
    function annul(Jurisdiction jurisdiction, uint16 number, bytes32 order) external returns (bool complete) {
        AgencyId keeper = _requireKeeper(jurisdiction);
        Root storage root = _requireStanding(jurisdiction, number);
        _requireOrder(jurisdiction, order);
        if (root.freezes == 0 || root.stoppedAt < root.readyAt) revert AnnulmentRefused(jurisdiction, number);
        if (!AGENCIES.dualControl(msg.sender, LAND_REGISTRAR, keeper, root.changes, msg.data)) return false;

        _end(jurisdiction, number, RootStatus.Annulled);
        emit RootAnnulled(jurisdiction, number, msg.sender, order);
        return true;
    }

    /// @inheritdoc ITitleMigration
    function release(Jurisdiction jurisdiction, TitleId title, bytes32 order) external returns (bool complete) {
        AgencyId keeper = _requireKeeper(jurisdiction);
        _requireOrder(jurisdiction, order);
        if (_released[jurisdiction][title]) revert TitleIsReleased(title);
        if (TITLES.exists(title)) revert ITitleRegistry.TitleExists(title);
        if (!AGENCIES.dualControl(msg.sender, LAND_REGISTRAR, keeper, 0, msg.data)) return false;

        _released[jurisdiction][title] = true;
        _dockets[jurisdiction].releases = true;
        emit TitleReleased(jurisdiction, title, msg.sender, order);
        return true;
    }

    // ── What stands ─────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ITitleMigration
    function standingRoots(Jurisdiction jurisdiction) external view returns (uint16[] memory numbers) {
        uint256 standing = _dockets[jurisdiction].standing;
        uint256 count;
        for (uint256 left = standing; left != 0; left >>= NUMBER_BITS) {
            ++count;
        }
        numbers = new uint16[](count);
        for (uint256 i = 0; i < count; ++i) {
            numbers[i] = uint16(standing >> i * NUMBER_BITS & NUMBER_MASK);
        }
    }

    /// @inheritdoc ITitleMigration
    function proposals(Jurisdiction jurisdiction) external view returns (uint16) {
        return _dockets[jurisdiction].proposed;
    }

    /// @inheritdoc ITitleMigration
    function registerAt(Jurisdiction jurisdiction, uint16 number) external view returns (MovedRegister memory) {
        Root storage root = _roots[jurisdiction][number];
        return MovedRegister(root.hash, root.count, root.first, root.last, root.leavesHash, root.predecessor);
    }

    /// @inheritdoc ITitleMigration
    function stateOf(Jurisdiction jurisdiction, uint16 number) external view returns (RootState memory) {
        Root storage root = _roots[jurisdiction][number];
        return RootState(_statusOf(root), root.readyAt, root.freezes, root.changes);
    }

    /// @inheritdoc ITitleMigration
    function freezeOf(RootFreezeId id) external view returns (RootFreeze memory) {
        return _freezes[id];
    }

    /// @inheritdoc ITitleMigration
    function released(Jurisdiction jurisdiction, TitleId title) external view returns (bool) {
        return _released[jurisdiction][title];
    }

    function _statusOf(Root storage root) internal view returns (RootStatus) {
        if (root.count == 0) return RootStatus.None;
        if (root.end != RootStatus.None) return root.end;
        if (root.freezes != 0) return RootStatus.Frozen;
        return block.timestamp < root.readyAt ? RootStatus.Pending : RootStatus.InEffect;
    }

    /// Read title, next and content of the leaf at `index`, and climb from it by its path.
    function _climbLeaf(bytes calldata proof, uint256 at, uint256 index, uint256 count)
        internal
        pure
        returns (bytes32 title, bytes32 next, bytes32 top, uint256 end)
    {
        bytes32 content;
        (title, at) = proof.word(at);
        (next, at) = proof.word(at);
        (content, at) = proof.word(at);
        (top, end) = proof.climb(at, TitleTree.leafOf(title, next, content), index, count);
    }

    // ── Rules ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// The agency of the caller, who must be a registrar of the agency that keeps the register.
    function _requireKeeper(Jurisdiction jurisdiction) private view returns (AgencyId agency) {
        bytes32 keeper = AgencyId.unwrap(TITLES.registerOf(jurisdiction).agency);
        if (keeper == bytes32(0)) revert ITitleRegistry.RegisterUnknown(jurisdiction);
        agency = AGENCIES.requireOfficer(msg.sender, LAND_REGISTRAR);
        if (AgencyId.unwrap(agency) != keeper) revert ITitleRegistry.NotKeeper(jurisdiction, agency);
    }

    function _requireEdges(Jurisdiction jurisdiction, MovedRegister calldata moved, bytes calldata edges) private pure {
        bytes32 first = TitleId.unwrap(moved.first);
        bytes32 last = TitleId.unwrap(moved.last);
        if (moved.count == 1 ? first != last : first >= last) revert RegisterIncomplete(jurisdiction);

        (bytes32 next, uint256 at) = edges.word(0);
        bytes32 content;
        bytes32 top;
        bytes32 otherTop;
        (content, at) = edges.word(at);
        (top, at) = edges.climb(at, TitleTree.leafOf(first, next, content), 0, moved.count);
        (content, at) = edges.word(at);
        (otherTop, at) = edges.climb(at, TitleTree.leafOf(last, first, content), moved.count - 1, moved.count);
        edges.requireEnd(at);
        if (top != moved.root || otherTop != moved.root) revert EdgesUnproven(jurisdiction, moved.root);
    }

    /// How many roots stand, which leaves room for this one, and none of them is the same.
    function _requirePlace(Jurisdiction jurisdiction, Docket storage docket, bytes32 hash)
        private
        view
        returns (uint256 places)
    {
        for (uint256 left = docket.standing; left != 0; left >>= NUMBER_BITS) {
            uint16 number = uint16(left & NUMBER_MASK);
            if (_roots[jurisdiction][number].hash == hash) revert RootExists(jurisdiction, number);
            ++places;
        }
        if (places == MAX_ROOTS || docket.proposed == NUMBER_MASK) revert RootsFull(jurisdiction);
    }

    function _requireStanding(Jurisdiction jurisdiction, uint16 number) private view returns (Root storage root) {
        root = _roots[jurisdiction][number];
        if (root.count == 0 || root.end != RootStatus.None) revert RootUnknown(jurisdiction, number);
    }

    /// A root that never took effect: its window still runs, or was stopped before it was over.
    function _requirePending(Jurisdiction jurisdiction, uint16 number) private view returns (Root storage root) {
        root = _requireStanding(jurisdiction, number);
        uint256 clock = root.freezes == 0 ? block.timestamp : root.stoppedAt;
        if (clock >= root.readyAt) revert RootTookEffect(jurisdiction, number);
    }

    function _requireOrder(Jurisdiction jurisdiction, bytes32 order) private pure {
        if (order == bytes32(0)) revert OrderMissing(jurisdiction);
    }

    /// End a root that stands; the younger ones move up.
    function _end(Jurisdiction jurisdiction, uint16 number, RootStatus end) private {
        _roots[jurisdiction][number].end = end;
        uint256 standing = _dockets[jurisdiction].standing;
        uint256 place;
        while (standing >> place & NUMBER_MASK != number) {
            place += NUMBER_BITS;
        }
        uint256 older = standing & ((1 << place) - 1);
        uint256 younger = standing >> (place + NUMBER_BITS) << place;
        _dockets[jurisdiction].standing = uint192(older | younger);
    }
}
