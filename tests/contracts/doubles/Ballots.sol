// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

// What stands in for the contracts around a ballot box, for tests alone. Plain types, as the ABI has them.

/// A ceremony of which one person knows the whole key.
contract CeremonyDouble {
    struct Point {
        uint256 x;
        uint256 y;
    }

    struct Ceremony {
        bytes32 agency;
        uint40 begun;
        uint40 period;
        uint8 threshold;
        uint8 trustees;
        uint8 confirmations;
        uint8 stage;
        bytes32 manifestHash;
        bytes32 election;
        address box;
    }

    address public immutable AGENCIES;
    bytes32 private _agency;
    bytes32 private _manifestHash;
    Point private _key;

    constructor(address agencies, bytes32 agency, bytes32 manifestHash, Point memory key) {
        (AGENCIES, _agency, _manifestHash, _key) = (agencies, agency, manifestHash, key);
    }

    function ceremony(bytes32) external view returns (Ceremony memory told) {
        (told.agency, told.manifestHash) = (_agency, _manifestHash);
    }

    function keyOf(bytes32) external view returns (Point memory) {
        return _key;
    }
}

/// Passes a call on, and what comes back.
contract Forwarder {
    function forward(address to, bytes calldata data) external {
        (bool done, bytes memory answer) = to.call(data);
        if (done) return;
        assembly ("memory-safe") {
            revert(add(answer, 0x20), mload(answer))
        }
    }
}
