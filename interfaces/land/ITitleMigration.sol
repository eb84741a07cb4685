// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AgencyId} from "../access/IAgencyRegistry.sol";
import {ITitleRegistry, Jurisdiction, MigratedTitle, TitleId} from "./ITitleRegistry.sol";

/// keccak256(abi.encode(keccak256("Muniment.RootFreeze.v1"), jurisdiction, number, court, order))
type RootFreezeId is bytes32;

/// Pending: objections are heard. InEffect: its titles are admitted. Frozen: a court stopped it, before or after it
/// took effect. The last three are final.
enum RootStatus {
    None,
    Pending,
    InEffect,
    Frozen,
    Withdrawn,
    Refuted,
    Annulled
}

/// A register that moves in, as its keeper signs it.
/// @param root of the tree over its titles
/// @param count of its titles, at least 1
/// @param first the lowest TitleId
/// @param last the highest TitleId
/// @param leavesHash SHA-256 of the file of all titles, which the keeper publishes before it proposes the root
/// @param predecessor root of the register that this one continues; zero when there is none
struct MovedRegister {
    bytes32 root;
    uint64 count;
    TitleId first;
    TitleId last;
    bytes32 leavesHash;
    bytes32 predecessor;
}

/// How a root stands now.
/// @param readyAt from when on it is in effect, Unix seconds; the clock stands still while a court's freeze does
/// @param freezes that stand
/// @param changes how often it was frozen or released from a freeze
struct RootState {
    RootStatus status;
    uint40 readyAt;
    uint32 freezes;
    uint32 changes;
}

/// A court's stop.
struct RootFreeze {
    Jurisdiction jurisdiction;
    uint16 number;
    bool lifted;
    AgencyId court;
}

/// @title Registers that moved in under a Merkle root
/// @notice The keeper of a register writes a million titles down with one hash. Each stays where it is until somebody
/// has it admitted, with a proof, to the title registry.
/// @dev The tree. Leaves stand in ascending order of TitleId, and each names the next one's, the last the first's, so
/// that one leaf shows that no title lies between. Level by level, two neighbours make a node; the last of an odd
/// number moves up as it is. Chain and contract are not part of it: a successor starts from the same root.
///   leaf = keccak256(bytes32 keccak256(abi.encode(keccak256("Muniment.MigratedTitle.v1"), title, next, content)))
///   content = keccak256(abi.encode(keccak256("Muniment.MigratedContent.v1"), MigratedTitle))
///   node = keccak256(left, right)
/// A leaf without shares keeps a retired id: it is never admitted, and never registered anew.
///
/// A proof is a string of 32-byte words and nothing else. `path` are the siblings from a leaf up, lowest first: index
/// and count tell how many, and on which side.
///   gap in one root: index, title, next, content, path
///   absence of a title: its gap in each root that stands, the oldest first
///   presence: place of the root among those that stand from 0, gap in each older one, referenceHash, index, next, path
///   presence of neighbours: place, for each title (gap in each older root, referenceHash), index of the first, next of
///   the last, then per level the sibling left of them and the one right of them, where there is one
///   disorder: index, then for that leaf and its right neighbour title, next, content, path
///   edges: of the first leaf next, content, path; of the last leaf content, path
/// referenceHash is keccak256 of the cadastral reference.
///
/// What holds, and who sees to it:
/// - a root belongs to a tree of so many leaves whose first and last are as named: checked when it is proposed
/// - a title in two roots belongs to the older one that stands: checked when it is admitted. Two sets of hashed ids
///   cannot be compared on chain; whoever reads both files can.
/// - leaves are in order and whole: shown by the published file. A disorder could hide a title and let it be registered
///   a second time, at the cost of its holder; one proof of it by anyone ends the root, as long as it is not in effect.
///   Where the file is withheld nobody can show anything: that is what objections and a court's freeze are for.
/// - a title of another jurisdiction is never admitted: its id does not follow from jurisdiction and reference
/// - a title that the registry has a record of stays as it is there, whatever a root says
/// - a leaf that is wrong in itself harms its own title alone: two registrars release that title with an order
interface ITitleMigration {
    event RootProposed(
        Jurisdiction indexed jurisdiction,
        uint16 indexed number,
        bytes32 indexed root,
        address officer,
        uint40 readyAt,
        MovedRegister register
    );
    event RootWithdrawn(Jurisdiction indexed jurisdiction, uint16 indexed number, address officer);
    event RootFrozen(
        Jurisdiction indexed jurisdiction,
        uint16 indexed number,
        RootFreezeId indexed freeze,
        AgencyId court,
        address officer,
        bytes32 order
    );
    event RootFreezeLifted(
        Jurisdiction indexed jurisdiction,
        uint16 indexed number,
        RootFreezeId indexed freeze,
        address officer,
        bytes32 order,
        uint40 readyAt
    );
    /// @param index of the first of the two leaves that are out of order
    event RootRefuted(Jurisdiction indexed jurisdiction, uint16 indexed number, uint256 index, address by);
    event RootAnnulled(Jurisdiction indexed jurisdiction, uint16 indexed number, address officer, bytes32 order);
    event TitleReleased(Jurisdiction indexed jurisdiction, TitleId indexed title, address officer, bytes32 order);

    /// @notice Thrown when a root names no titles, no tree, no published file, or edges that cannot be.
    error RegisterIncomplete(Jurisdiction jurisdiction);
    /// @notice Thrown when the first and last leaves are not in the tree as named.
    error EdgesUnproven(Jurisdiction jurisdiction, bytes32 root);
    /// @notice Thrown when the same root stands.
    error RootExists(Jurisdiction jurisdiction, uint16 number);
    /// @notice Thrown when MAX_ROOTS stand, or so many were proposed that numbers ran out.
    error RootsFull(Jurisdiction jurisdiction);
    /// @notice Thrown when there is no such root, or it ended.
    error RootUnknown(Jurisdiction jurisdiction, uint16 number);
    /// @notice Thrown when the root took effect: only a court and two registrars together can still end it.
    error RootTookEffect(Jurisdiction jurisdiction, uint16 number);
    /// @notice Thrown when a root that took effect shall be annulled and did not, or no court's freeze stands on it.
    error AnnulmentRefused(Jurisdiction jurisdiction, uint16 number);
    /// @notice Thrown when the root that holds the title is pending or frozen.
    error RootNotInEffect(Jurisdiction jurisdiction, uint16 number, RootStatus status);
    /// @notice Thrown when the two leaves are in order.
    error LeavesInOrder(Jurisdiction jurisdiction, uint16 number, uint256 index);
    /// @notice Thrown when the two leaves are not in the tree side by side.
    error LeavesUnproven(Jurisdiction jurisdiction, uint16 number, uint256 index);
    /// @notice Thrown when the same court named the same order before.
    error RootFreezeExists(RootFreezeId freeze);
    /// @notice Thrown when there is no such freeze, or it was lifted.
    error RootFreezeUnknown(RootFreezeId freeze);
    /// @notice Thrown when the hash of the order is zero.
    error OrderMissing(Jurisdiction jurisdiction);
    /// @notice Thrown when the title was released from the roots: it is registered, not admitted.
    error TitleIsReleased(TitleId title);
    /// @notice Thrown when no titles are admitted at once, or more than MAX_ADMITTED.
    error AdmissionsRefused(uint256 count);
    /// @notice Thrown when a proof has fewer words than its roots demand, or more.
    error ProofLength(uint256 length);
    /// @notice Thrown when roots of the jurisdiction stand and the proof does not show that each lacks the title.
    error AbsenceUnproven(Jurisdiction jurisdiction, TitleId title);
    /// @notice Thrown when no root that stands holds exactly this title.
    error TitleUnproven(TitleId title);

    /// @notice The registry that the titles move into.
    function TITLES() external view returns (ITitleRegistry);

    /// @notice How long objections to a root may come, in seconds.
    function OBJECTION_WINDOW() external view returns (uint40);
    /// @notice The most roots that stand in one jurisdiction.
    function MAX_ROOTS() external view returns (uint256);
    /// @notice The most neighbours that are admitted at once.
    function MAX_ADMITTED() external view returns (uint256);

    // ── Roots ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Let a register move in after OBJECTION_WINDOW. By two land registrars of the register's keeper.
    /// @dev From here on a new title is proven absent from it, so that none slips in before it takes effect.
    /// @param edges proof of its first and last leaf
    /// @return complete false when this call was the first of the two
    function propose(Jurisdiction jurisdiction, MovedRegister calldata moved, bytes calldata edges)
        external
        returns (bool complete);

    /// @notice Take a root back before it takes effect, frozen or not. By one land registrar of the register's keeper.
    function withdraw(Jurisdiction jurisdiction, uint16 number) external;

    /// @notice End a root that is not in order, before it takes effect. By anyone.
    /// @param disorder proof of two neighbours of which the first does not name the second, or not a higher one
    function refute(Jurisdiction jurisdiction, uint16 number, bytes calldata disorder) external;

    /// @notice Stop a root: nothing is admitted from it, and its window does not run. By a court's officer, of any
    /// court. Titles must still be proven absent from it.
    function freeze(Jurisdiction jurisdiction, uint16 number, bytes32 order) external returns (RootFreezeId id);

    /// @notice Lift a freeze. By an officer of the court that ordered it; of a closed one, by the court above.
    /// @dev What was left of the window when the first freeze came runs from when the last one is lifted.
    /// @param order hash of the order to lift
    function liftFreeze(RootFreezeId id, bytes32 order) external;

    /// @notice End a root that took effect, while a court's freeze stands on it. By two land registrars of the
    /// register's keeper. Titles that were admitted stay; the others await another root, or registration.
    /// @return complete false when this call was the first of the two
    function annul(Jurisdiction jurisdiction, uint16 number, bytes32 order) external returns (bool complete);

    /// @notice Take one title out of every root of the jurisdiction, so that it is registered as a new one is. By two
    /// land registrars of the register's keeper.
    /// @param order hash of what shows that its leaf is wrong, or that a freeze or caveat must come first
    /// @return complete false when this call was the first of the two
    function release(Jurisdiction jurisdiction, TitleId title, bytes32 order) external returns (bool complete);

    /// @notice Numbers of the roots that stand (pending, in effect or frozen), the oldest first.
    function standingRoots(Jurisdiction jurisdiction) external view returns (uint16[] memory numbers);

    /// @notice How many roots were ever proposed; the next has one more as its number.
    function proposals(Jurisdiction jurisdiction) external view returns (uint16);

    /// @notice A root's register; all zero when there is none.
    function registerAt(Jurisdiction jurisdiction, uint16 number) external view returns (MovedRegister memory);

    /// @notice How a root stands; all zero when there is none.
    function stateOf(Jurisdiction jurisdiction, uint16 number) external view returns (RootState memory);

    /// @notice A court's freeze; all zero when there is none.
    function freezeOf(RootFreezeId id) external view returns (RootFreeze memory);

    /// @notice Whether a title was taken out of the jurisdiction's roots.
    function released(Jurisdiction jurisdiction, TitleId title) external view returns (bool);

    // ── Titles ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Revert unless the title is proven absent from every root of the jurisdiction that stands, pending and
    /// frozen ones too, or was released from them.
    /// @param absence empty where no root stands
    function requireAbsent(Jurisdiction jurisdiction, TitleId title, bytes calldata absence) external view;

    /// @notice Revert unless a root of the jurisdiction that is in effect holds exactly this title, and no older one
    /// that stands holds its id.
    function requireProven(MigratedTitle calldata migrated, bytes calldata presence) external view;

    /// @notice The root that holds exactly this title, in effect or not; reverts when the proof does not show it.
    /// @dev Warning: a title that was admitted, registered or released since stands as TITLES says.
    function rootHolding(MigratedTitle calldata migrated, bytes calldata presence)
        external
        view
        returns (uint16 number, RootStatus status);

    /// @notice Have up to MAX_ADMITTED titles that are neighbours in a root admitted with one proof. By anyone.
    function admitNeighbours(MigratedTitle[] calldata migrated, bytes calldata presence) external;

    /// @notice The leaf of a title.
    function leafOf(TitleId next, MigratedTitle calldata migrated) external pure returns (bytes32);
}
