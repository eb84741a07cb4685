// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {
    Anchor,
    AnchorStatus,
    IDocumentRegistry,
    IssuerId,
    WordBits
} from "../../interfaces/documents/IDocumentRegistry.sol";
import {Anchors} from "./Anchors.sol";

/// @title What ends a document: revocation, a hold, a successor
/// @notice One bit per document. Holds have bits of their own, so that lifting one can never lift a revocation.
abstract contract Revocation is Anchors {
    /// Codes of RFC 5280, section 5.3.1.
    uint8 private constant SUPERSEDED = 4;
    uint8 private constant CERTIFICATE_HOLD = 6;
    /// 0 to 6, 9 and 10. There is no 7, and 8 (removeFromCRL) releases.
    uint256 private constant REASONS = 0x67f;

    /// @inheritdoc IDocumentRegistry
    uint256 public constant MAX_WORDS = 256;

    modifier withReason(uint256 reason) {
        if ((REASONS >> reason) & 1 == 0) revert ReasonRefused(reason);
        _;
    }

    // ── Documents ───────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IDocumentRegistry
    function revoke(IssuerId issuer, bytes32 root, uint40 index, uint256 reason) external withReason(reason) {
        (Record storage record, uint256 count) = _requireKept(issuer, root);
        if (index >= count) revert IndexBeyond(index, count);

        _revoke(record, issuer, root, index, reason);
    }

    /// @inheritdoc IDocumentRegistry
    function revokeWords(IssuerId issuer, bytes32 root, WordBits[] calldata words, uint256 reason)
        external
        withReason(reason)
    {
        (Record storage record, uint256 count) = _requireKept(issuer, root);
        if (words.length == 0 || words.length > MAX_WORDS) revert WordsRefused(words.length);

        bool changed;
        for (uint256 i = 0; i < words.length; ++i) {
            (uint32 word, uint256 bits) = (words[i].word, words[i].bits);
            uint256 start = uint256(word) << 8;
            if (start + 256 > count && start + Math.log2(bits) >= count) {
                revert IndexBeyond(start + Math.log2(bits), count);
            }
            uint256 fresh = _mark(record.words[word], bits, reason);
            if (fresh == 0) continue;
            changed = true;
            emit WordRevoked(issuer, root, word, fresh, uint8(reason), msg.sender);
        }
        if (!changed) revert NothingToChange(root);
    }

    /// @inheritdoc IDocumentRegistry
    function releaseWord(IssuerId issuer, bytes32 root, uint32 word, uint256 bits) external {
        (Record storage record,) = _requireKept(issuer, root);
        Word storage present = record.words[word];
        uint256 lifted = bits & present.held & ~present.revoked;
        if (lifted == 0) revert NothingToChange(root);

        present.held ^= lifted;
        emit WordReleased(issuer, root, word, lifted, msg.sender);
    }

    /// @inheritdoc IDocumentRegistry
    function supersede(IssuerId issuer, bytes32 root, uint40 index, bytes32 successor, uint40 successorIndex) external {
        (Record storage record, uint256 count) = _requireKept(issuer, root);
        if (index >= count) revert IndexBeyond(index, count);
        if (root == successor && index == successorIndex) revert SuccessorRefused(issuer, successor);
        Record storage next = _requireSuccessor(issuer, successor);
        if (successorIndex >= next.anchor.count) revert IndexBeyond(successorIndex, next.anchor.count);
        Word storage word = next.words[_wordOf(successorIndex)];
        if ((word.revoked | word.held) & _bitOf(successorIndex) != 0) {
            revert SuccessorRefused(issuer, successor);
        }

        _revoke(record, issuer, root, index, SUPERSEDED);
        emit DocumentSuperseded(issuer, root, index, successor, successorIndex, msg.sender);
    }

    // ── Roots ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IDocumentRegistry
    function revokeRoot(IssuerId issuer, bytes32 root, uint256 reason) external withReason(reason) {
        (Record storage record,) = _requireKept(issuer, root);
        Anchor storage anchor = record.anchor;
        AnchorStatus present = anchor.status;
        bool hold = reason == CERTIFICATE_HOLD;
        if (hold ? present != AnchorStatus.Standing : present == AnchorStatus.Revoked) revert NothingToChange(root);

        anchor.status = hold ? AnchorStatus.Held : AnchorStatus.Revoked;
        emit RootRevoked(issuer, root, uint8(reason), msg.sender);
    }

    /// @inheritdoc IDocumentRegistry
    function releaseRoot(IssuerId issuer, bytes32 root) external {
        (Record storage record,) = _requireKept(issuer, root);
        Anchor storage anchor = record.anchor;
        if (anchor.status != AnchorStatus.Held) revert NothingToChange(root);

        anchor.status = AnchorStatus.Standing;
        emit RootReleased(issuer, root, msg.sender);
    }

    /// @inheritdoc IDocumentRegistry
    function supersedeRoot(IssuerId issuer, bytes32 root, bytes32 successor) external {
        (Record storage record,) = _requireKept(issuer, root);
        AnchorStatus present = record.anchor.status;
        if (present == AnchorStatus.Revoked || present == AnchorStatus.Superseded) revert NothingToChange(root);
        if (root == successor) revert SuccessorRefused(issuer, successor);
        _requireSuccessor(issuer, successor);

        record.anchor.status = AnchorStatus.Superseded;
        record.successor = successor;
        emit RootSuperseded(issuer, root, successor, msg.sender);
    }

    // ── Rules ───────────────────────────────────────────────────────────────────────────────────────────────────

    function _revoke(Record storage record, IssuerId issuer, bytes32 root, uint40 index, uint256 reason) private {
        if (_mark(record.words[_wordOf(index)], _bitOf(index), reason) == 0) revert NothingToChange(root);
        emit DocumentRevoked(issuer, root, index, uint8(reason), msg.sender);
    }

    /// Set the bits that are not set yet, and return them. What is revoked cannot be put on hold.
    function _mark(Word storage word, uint256 bits, uint256 reason) private returns (uint256 fresh) {
        fresh = bits & ~word.revoked;
        if (reason == CERTIFICATE_HOLD) {
            fresh &= ~word.held;
            word.held |= fresh;
        } else {
            word.revoked |= fresh;
        }
    }

    /// A successor stands when it is named, and cannot be superseded before it has a successor of its own: so no chain
    /// of successors comes back to where it began.
    function _requireSuccessor(IssuerId issuer, bytes32 successor) private view returns (Record storage record) {
        record = _records[issuer][successor];
        if (!_stands(record.anchor)) revert SuccessorRefused(issuer, successor);
    }

    function _wordOf(uint256 index) internal pure returns (uint256) {
        return index >> 8;
    }

    function _bitOf(uint256 index) internal pure returns (uint256) {
        return 1 << (index & 0xff);
    }
}
