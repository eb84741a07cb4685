// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {PartyId} from "../../interfaces/identity/IPartyRegistry.sol";
import {ITitleRegistry, Share, TitleId} from "../../interfaces/land/ITitleRegistry.sol";

/// @title Exact shares of a title
/// @notice Numerators over one denominator that always sum to one, so that no fraction is ever rounded.
library TitleShares {
    uint256 internal constant MAX_HOLDERS = 32;

    /// Up to 32 holders in ascending order. A sole holder takes one slot: the numerator, which must be 1, is left out.
    struct Holding {
        PartyId[32] holders;
        uint64[32] numerators;
    }

    /// Check the shares against every rule and write them. Writes only slots that are not yet in use.
    function enter(Holding storage holding, TitleId title, uint64 denominator, Share[] calldata shares) internal {
        uint256 count = shares.length;
        if (count == 0 || count > MAX_HOLDERS) revert ITitleRegistry.HoldersRefused(title, count);
        bool sole = count == 1;
        bytes32 previous;
        uint256 sum;
        for (uint256 i = 0; i < count; ++i) {
            PartyId holder = shares[i].holder;
            uint64 numerator = shares[i].numerator;
            if (PartyId.unwrap(holder) <= previous) revert ITitleRegistry.HolderOrder(title, holder);
            if (numerator == 0) revert ITitleRegistry.ShareMissing(title, holder);
            previous = PartyId.unwrap(holder);
            sum += numerator;
            holding.holders[i] = holder;
            if (!sole) holding.numerators[i] = numerator;
        }
        if (sum != denominator || (sole && denominator != 1)) {
            revert ITitleRegistry.SharesNotWhole(title, sum, denominator);
        }
    }

    /// The first `count` shares, in ascending order of holder.
    function list(Holding storage holding, uint256 count) internal view returns (Share[] memory shares) {
        shares = new Share[](count);
        for (uint256 i = 0; i < count; ++i) {
            shares[i] = Share(holding.holders[i], count == 1 ? 1 : holding.numerators[i]);
        }
    }
}
