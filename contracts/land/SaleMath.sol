// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Share} from "../../interfaces/land/ITitleRegistry.sol";

/// @title Currencies, and amounts by shares
library SaleMath {
    /// The token that a currency is; zero for one of ISO 4217, whose letters stand on the left.
    function tokenOf(bytes32 currency) internal pure returns (address) {
        return uint256(currency) <= type(uint160).max ? address(uint160(uint256(currency))) : address(0);
    }

    /// Parts of an amount that sum exactly to it: each up to where its share ends, less what came before.
    function split(uint256 amount, uint256 denominator, Share[] memory shares)
        internal
        pure
        returns (uint256[] memory parts)
    {
        parts = new uint256[](shares.length);
        uint256 numerators;
        uint256 given;
        for (uint256 i = 0; i < shares.length; ++i) {
            numerators += shares[i].numerator;
            uint256 upTo = amount * numerators / denominator;
            parts[i] = upTo - given;
            given = upTo;
        }
    }
}
