// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {PartyId} from "../../interfaces/identity/IPartyRegistry.sol";
import {ITitleRegistry, Share, TitleId} from "../../interfaces/land/ITitleRegistry.sol";

/// @title Exact shares of a title
/// @notice Numerators over one denominator that always sum to one, so that no fraction is ever rounded.
library TitleShares {
    uint256 internal constant MAX_HOLDERS = 32;

    /// Up to 32 holders in ascending order. As many holders as the denominator counts have one part each: then the
    /// numerators are left out, so that a sole holder takes one slot, and a couple with half each takes two.
    struct Holding {
        PartyId[32] holders;
        uint64[32] numerators;
    }

    /// Check the shares against every rule.
    function check(Share[] memory shares, TitleId title, uint64 denominator) internal pure {
        uint256 count = shares.length;
        if (count == 0 || count > MAX_HOLDERS) revert ITitleRegistry.HoldersRefused(title, count);
        bytes32 previous;
        uint256 sum;
        for (uint256 i = 0; i < count; ++i) {
            PartyId holder = shares[i].holder;
            if (PartyId.unwrap(holder) <= previous) revert ITitleRegistry.HolderOrder(title, holder);
            if (shares[i].numerator == 0) revert ITitleRegistry.ShareMissing(title, holder);
            previous = PartyId.unwrap(holder);
            sum += shares[i].numerator;
        }
        if (sum != denominator || (count == 1 && denominator != 1)) {
            revert ITitleRegistry.SharesNotWhole(title, sum, denominator);
        }
    }

    /// Write checked shares over whatever was there. What lies behind the last of them is never read.
    function write(Holding storage holding, Share[] memory shares, uint64 denominator) internal {
        uint256 count = shares.length;
        for (uint256 i = 0; i < count; ++i) {
            holding.holders[i] = shares[i].holder;
            if (count != denominator) holding.numerators[i] = shares[i].numerator;
        }
    }

    /// The first `count` shares, in ascending order of holder.
    function list(Holding storage holding, uint256 count, uint64 denominator)
        internal
        view
        returns (Share[] memory shares)
    {
        shares = new Share[](count);
        for (uint256 i = 0; i < count; ++i) {
            shares[i] = Share(holding.holders[i], count == denominator ? 1 : holding.numerators[i]);
        }
    }

    /// Whoever holds a part before and is no seller must hold at least as much afterwards; every seller must be a
    /// holder. All lists ascend, so one walk does.
    function requireKept(
        Share[] memory before,
        uint256 denominatorBefore,
        Share[] memory afterwards,
        uint256 denominatorAfterwards,
        PartyId[] calldata sellers,
        TitleId title
    ) internal pure {
        uint256 place;
        uint256 seller;
        for (uint256 i = 0; i < before.length; ++i) {
            PartyId holder = before[i].holder;
            if (seller < sellers.length && PartyId.unwrap(sellers[seller]) == PartyId.unwrap(holder)) {
                ++seller;
                continue;
            }
            while (place < afterwards.length && PartyId.unwrap(afterwards[place].holder) < PartyId.unwrap(holder)) {
                ++place;
            }
            bool kept = place < afterwards.length && PartyId.unwrap(afterwards[place].holder) == PartyId.unwrap(holder)
                && afterwards[place].numerator * denominatorBefore >= before[i].numerator * denominatorAfterwards;
            if (!kept) revert ITitleRegistry.ShareLost(title, holder);
        }
        if (seller < sellers.length) revert ITitleRegistry.NotHolder(title, sellers[seller]);
    }

    /// Whether the same parties hold the same fractions, whatever the denominators.
    function same(Share[] memory one, uint256 denominatorOfOne, Share[] memory other, uint256 denominatorOfOther)
        internal
        pure
        returns (bool)
    {
        if (one.length != other.length) return false;
        for (uint256 i = 0; i < one.length; ++i) {
            if (
                PartyId.unwrap(one[i].holder) != PartyId.unwrap(other[i].holder)
                    || one[i].numerator * denominatorOfOther != other[i].numerator * denominatorOfOne
            ) return false;
        }
        return true;
    }
}
