// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Up to 16 ids in one strict order
/// @notice The first empty place ends the list, so that a title's first lien takes one slot and no counter.
library EncumbranceList {
    uint256 internal constant LIMIT = 16;

    struct List {
        bytes32[16] ids;
    }

    function length(List storage self) internal view returns (uint256 count) {
        while (count < LIMIT && self.ids[count] != bytes32(0)) ++count;
    }

    /// Where an id stands, and how many there are; the place is the length when it is not there.
    function find(List storage self, bytes32 id) internal view returns (uint256 place, uint256 count) {
        place = LIMIT;
        while (count < LIMIT) {
            bytes32 present = self.ids[count];
            if (present == bytes32(0)) break;
            if (present == id) place = count;
            ++count;
        }
        if (place == LIMIT) place = count;
    }

    /// Take out the id at a place and close the gap.
    function removeAt(List storage self, uint256 place, uint256 count) internal {
        for (uint256 i = place; i + 1 < count; ++i) {
            self.ids[i] = self.ids[i + 1];
        }
        self.ids[count - 1] = bytes32(0);
    }

    /// Let the id at a place stand at a later one, and those between move up.
    function moveBack(List storage self, uint256 place, uint256 later) internal {
        bytes32 id = self.ids[place];
        for (uint256 i = place; i < later; ++i) {
            self.ids[i] = self.ids[i + 1];
        }
        self.ids[later] = id;
    }

    function all(List storage self) internal view returns (bytes32[] memory ids) {
        ids = new bytes32[](length(self));
        for (uint256 i = 0; i < ids.length; ++i) {
            ids[i] = self.ids[i];
        }
    }

    /// Write ids into an empty list.
    function fill(List storage self, bytes32[] memory ids) internal {
        for (uint256 i = 0; i < ids.length; ++i) {
            self.ids[i] = ids[i];
        }
    }

    function clear(List storage self) internal {
        uint256 count = length(self);
        for (uint256 i = 0; i < count; ++i) {
            self.ids[i] = bytes32(0);
        }
    }
}
