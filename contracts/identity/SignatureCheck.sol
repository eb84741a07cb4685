// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IPartyRegistry} from "../../interfaces/identity/IPartyRegistry.sol";

/// @title Whether a wallet signed a digest
/// @notice ECDSA is tried first, because an account under EIP-7702 has both a key and code; then ERC-1271.
library SignatureCheck {
    /// What a wallet's own check may burn: enough for a multisignature of a dozen owners.
    uint256 private constant ERC1271_GAS = 100_000;

    /// @dev ECDSA takes 65 bytes with low s alone, so that a signature has one form.
    /// Warning: false may also mean that the caller sent too little gas, so let nothing follow from it but a refusal.
    function isSignedBy(address wallet, bytes32 digest, bytes memory signature) internal view returns (bool) {
        (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecover(digest, signature);
        if (failure == ECDSA.RecoverError.NoError && signer == wallet) return true;
        return wallet.code.length > 0 && _acceptedBy(wallet, digest, signature);
    }

    /// @dev The same, reverting with the reason.
    function requireSignedBy(address wallet, bytes32 digest, bytes memory signature) internal view {
        if (isSignedBy(wallet, digest, signature)) return;
        if (_turnedAround(wallet, digest, signature)) revert IPartyRegistry.SignatureMalleable(wallet);
        revert IPartyRegistry.SignatureInvalid(wallet);
    }

    /// Whether it is the wallet's signature in the other of its two forms, the one with a high s.
    function _turnedAround(address wallet, bytes32 digest, bytes memory signature) private pure returns (bool) {
        (, ECDSA.RecoverError failure, bytes32 s) = ECDSA.tryRecover(digest, signature);
        return failure == ECDSA.RecoverError.InvalidSignatureS && wallet != address(0)
            && ecrecover(digest, uint8(signature[64]), bytes32(signature), s) == wallet;
    }

    /// Call isValidSignature and read one word of its answer, whatever its size. The whole word must be the magic
    /// value: a contract that echoes its calldata starts with the same four bytes.
    function _acceptedBy(address wallet, bytes32 digest, bytes memory signature) private view returns (bool) {
        bytes memory question = abi.encodeCall(IERC1271.isValidSignature, (digest, signature));
        uint256 gasLimit = ERC1271_GAS;
        bool answered;
        bytes32 answer;
        // Solidity copies a whole answer; only assembly reads one word of it.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            answered := staticcall(gasLimit, wallet, add(question, 0x20), mload(question), 0x00, 0x20)
            answered := and(answered, gt(returndatasize(), 0x1f))
            answer := mload(0x00)
        }
        return answered && answer == bytes32(IERC1271.isValidSignature.selector);
    }
}
