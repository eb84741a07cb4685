// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

/// The least that a deed on chain can be: OpenZeppelin's ERC-721, which records an owner and nothing about the land.
contract PlainDeed is ERC721("Deed", "DEED") {
    function mint(address owner, uint256 deed) external {
        _mint(owner, deed);
    }
}
