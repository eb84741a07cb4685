// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAgencyRegistry} from "../../interfaces/access/IAgencyRegistry.sol";
import {ITitleMigration, RootStatus} from "../../interfaces/land/ITitleMigration.sol";
import {ITitleRegistry, Jurisdiction, MigratedTitle, TitleId} from "../../interfaces/land/ITitleRegistry.sol";
import {MigrationRoots} from "./MigrationRoots.sol";
import {TitleTree} from "./TitleTree.sol";

/// @title Registers that moved in under a Merkle root
contract TitleMigration is MigrationRoots {
    using TitleTree for bytes;

    /// @param standing as in Docket
    /// @param older how many roots before this one stand
    struct Place {
        uint256 standing;
        uint256 older;
        uint256 number;
    }

    uint256 private constant WORD = 32;
    bytes32 private constant TITLE = keccak256("Muniment.Title.v1");

    /// @inheritdoc ITitleMigration
    uint256 public constant MAX_ADMITTED = 128;

    constructor(IAgencyRegistry agencies, ITitleRegistry titles) MigrationRoots(agencies, titles) {}

    /// @inheritdoc ITitleMigration
    function requireAbsent(Jurisdiction jurisdiction, TitleId title, bytes calldata absence) external view {
        Docket storage docket = _dockets[jurisdiction];
        if (docket.releases && _released[jurisdiction][title]) return;
        uint256 standing = docket.standing;
        if (standing != 0 && absence.length == 0) revert AbsenceUnproven(jurisdiction, title);

        uint256 at;
        for (; standing != 0; standing >>= NUMBER_BITS) {
            bool absent;
            (absent, at) = _readGap(jurisdiction, standing & NUMBER_MASK, TitleId.unwrap(title), absence, at);
            if (!absent) revert AbsenceUnproven(jurisdiction, title);
        }
        absence.requireEnd(at);
    }

    /// @inheritdoc ITitleMigration
    function requireProven(MigratedTitle calldata migrated, bytes calldata presence) external view {
        Jurisdiction jurisdiction = migrated.jurisdiction;
        _requireAdmissible(jurisdiction, migrated);
        (uint16 number, RootStatus status) = rootHolding(migrated, presence);
        if (status != RootStatus.InEffect) revert RootNotInEffect(jurisdiction, number, status);
    }

    /// @inheritdoc ITitleMigration
    function rootHolding(MigratedTitle calldata migrated, bytes calldata presence)
        public
        view
        returns (uint16 number, RootStatus status)
    {
        Jurisdiction jurisdiction = migrated.jurisdiction;
        Place memory place = _placeNamed(jurisdiction, migrated.title, presence);
        Root storage root = _roots[jurisdiction][place.number];
        bytes32 title;
        uint256 at;
        (title, at) = _readOwn(jurisdiction, migrated, place, presence, WORD);

        uint256 index;
        bytes32 next;
        bytes32 top;
        (index, at) = presence.number(at);
        (next, at) = presence.word(at);
        bytes32 leaf = TitleTree.leafOf(title, next, TitleTree.contentOf(migrated));
        uint256 count = root.count;
        (top, at) = presence.climb(at, leaf, index, count);
        presence.requireEnd(at);
        if (index >= count || top != root.hash) revert TitleUnproven(migrated.title);
        return (uint16(place.number), _statusOf(root));
    }

    /// @inheritdoc ITitleMigration
    function admitNeighbours(MigratedTitle[] calldata migrated, bytes calldata presence) external {
        uint256 length = migrated.length;
        if (length == 0 || length > MAX_ADMITTED) revert AdmissionsRefused(length);
        _requireNeighbours(migrated, presence);
        TITLES.admitProven(migrated);
    }

    /// @inheritdoc ITitleMigration
    function leafOf(TitleId next, MigratedTitle calldata migrated) external pure returns (bytes32) {
        return TitleTree.leafOf(TitleId.unwrap(migrated.title), TitleId.unwrap(next), TitleTree.contentOf(migrated));
    }

    // ── Proofs ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// Require titles to be neighbours in one root that is in effect.
    function _requireNeighbours(MigratedTitle[] calldata migrated, bytes calldata presence) private view {
        uint256 length = migrated.length;
        Jurisdiction jurisdiction = migrated[0].jurisdiction;
        Place memory place = _placeNamed(jurisdiction, migrated[0].title, presence);
        bytes32[] memory titles = new bytes32[](length + 1);
        uint256 at = WORD;
        for (uint256 i = 0; i < length; ++i) {
            _requireAdmissible(jurisdiction, migrated[i]);
            (titles[i], at) = _readOwn(jurisdiction, migrated[i], place, presence, at);
        }

        Root storage root = _roots[jurisdiction][place.number];
        uint256 first;
        (first, at) = presence.number(at);
        (titles[length], at) = presence.word(at);
        bytes32[] memory nodes = new bytes32[](length);
        for (uint256 i = 0; i < length; ++i) {
            nodes[i] = TitleTree.leafOf(titles[i], titles[i + 1], TitleTree.contentOf(migrated[i]));
        }
        uint256 count = root.count;
        if (first >= count || length > count - first) revert TitleUnproven(migrated[0].title);
        bytes32 top;
        (top, at) = presence.climbTogether(at, nodes, first, count);
        presence.requireEnd(at);
        if (top != root.hash) revert TitleUnproven(migrated[0].title);
        RootStatus status = _statusOf(root);
        if (status != RootStatus.InEffect) revert RootNotInEffect(jurisdiction, uint16(place.number), status);
    }

    /// The root whose place is a presence's first word.
    function _placeNamed(Jurisdiction jurisdiction, TitleId title, bytes calldata presence)
        private
        view
        returns (Place memory place)
    {
        (place.older,) = presence.number(0);
        place.standing = _dockets[jurisdiction].standing;
        if (place.older < MAX_ROOTS) place.number = place.standing >> place.older * NUMBER_BITS & NUMBER_MASK;
        if (place.number == 0) revert TitleUnproven(title);
    }

    /// Require that the title's id follows from the jurisdiction, and that no older root holds it.
    function _readOwn(
        Jurisdiction jurisdiction,
        MigratedTitle calldata migrated,
        Place memory place,
        bytes calldata presence,
        uint256 at
    ) private view returns (bytes32 title, uint256 end) {
        title = TitleId.unwrap(migrated.title);
        end = at;
        uint256 standing = place.standing;
        for (uint256 i = 0; i < place.older; ++i) {
            bool absent;
            (absent, end) = _readGap(jurisdiction, standing & NUMBER_MASK, title, presence, end);
            if (!absent) revert TitleUnproven(migrated.title);
            standing >>= NUMBER_BITS;
        }
        bytes32 referenceHash;
        (referenceHash, end) = presence.word(end);
        if (keccak256(abi.encode(TITLE, jurisdiction, referenceHash)) != title) revert TitleUnproven(migrated.title);
    }

    /// Whether the gap read from `at` on lies in the root, and the title in the gap.
    function _readGap(Jurisdiction jurisdiction, uint256 number, bytes32 title, bytes calldata proof, uint256 at)
        private
        view
        returns (bool absent, uint256 end)
    {
        Root storage root = _roots[jurisdiction][number];
        uint256 count = root.count;
        uint256 index;
        bytes32 lower;
        bytes32 next;
        bytes32 top;
        (index, at) = proof.number(at);
        (lower, next, top, end) = _climbLeaf(proof, at, index, count);
        // Only behind the last leaf does the next id start over; a single leaf is both.
        bool between =
            lower < next ? lower < title && title < next : index == count - 1 && (title > lower || title < next);
        absent = between && index < count && top == root.hash;
    }

    /// A title that was retired or released is not admitted, though a root holds it.
    function _requireAdmissible(Jurisdiction jurisdiction, MigratedTitle calldata migrated) private view {
        if (Jurisdiction.unwrap(migrated.jurisdiction) != Jurisdiction.unwrap(jurisdiction)) {
            revert TitleUnproven(migrated.title);
        }
        if (migrated.shares.length == 0) revert ITitleRegistry.TitleIsRetired(migrated.title);
        if (_dockets[jurisdiction].releases && _released[jurisdiction][migrated.title]) {
            revert TitleIsReleased(migrated.title);
        }
    }
}
