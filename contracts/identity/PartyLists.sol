// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {PartyId} from "../../interfaces/identity/IPartyNonces.sol";

/// @title Parties in strictly ascending order of id
/// @notice Nobody comes twice in such a list, and two of them are compared in one pass. Zero is in none.
library PartyLists {
    /// The first party that breaks the order, and whether there is one.
    function disorder(PartyId[] calldata list) internal pure returns (bool found, PartyId party) {
        bytes32 previous;
        for (uint256 i = 0; i < list.length; ++i) {
            if (_id(list[i]) <= previous) return (true, list[i]);
            previous = _id(list[i]);
        }
    }

    function has(PartyId[] calldata list, PartyId party) internal pure returns (bool) {
        for (uint256 i = 0; i < list.length; ++i) {
            if (_id(list[i]) == _id(party)) return true;
        }
        return false;
    }

    /// Everyone who is in either list.
    function union(PartyId[] memory a, PartyId[] memory b) internal pure returns (PartyId[] memory all) {
        all = new PartyId[](a.length + b.length);
        (uint256 i, uint256 j, uint256 count) = (0, 0, 0);
        while (i < a.length || j < b.length) {
            bool fromA = j == b.length || (i < a.length && _id(a[i]) <= _id(b[j]));
            PartyId next = fromA ? a[i] : b[j];
            if (i < a.length && _id(a[i]) == _id(next)) ++i;
            if (j < b.length && _id(b[j]) == _id(next)) ++j;
            all[count] = next;
            ++count;
        }
        _shorten(all, count);
    }

    /// Everyone of the list who is not in the other.
    function without(PartyId[] calldata list, PartyId[] calldata other) internal pure returns (PartyId[] memory rest) {
        rest = new PartyId[](list.length);
        (uint256 j, uint256 count) = (0, 0);
        for (uint256 i = 0; i < list.length; ++i) {
            while (j < other.length && _id(other[j]) < _id(list[i])) ++j;
            if (j < other.length && _id(other[j]) == _id(list[i])) continue;
            rest[count] = list[i];
            ++count;
        }
        _shorten(rest, count);
    }

    function _shorten(PartyId[] memory list, uint256 length) private pure {
        // A list in memory knows its length in its first word; Solidity has no other way to shorten one.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(list, length)
        }
    }

    function _id(PartyId party) private pure returns (bytes32) {
        return PartyId.unwrap(party);
    }
}
