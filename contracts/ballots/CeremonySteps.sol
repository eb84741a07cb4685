// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {
    Ceremony,
    CeremonyStage,
    ITrusteeCeremony,
    Point,
    Possession,
    Reveal,
    SetupId,
    Trustee
} from "../../interfaces/ballots/ITrusteeCeremony.sol";
import {CeremonyStages} from "./CeremonyStages.sol";
import {CurveMath, Jacobian} from "./CurveMath.sol";

/// @title What trustees do in a ceremony
/// @notice Pedersen's key generation (EUROCRYPT 1991) with Feldman's commitments (FOCS 1987), each committed to before
/// any is seen.
/// @dev A rogue key, made of the others' so that they cancel, fails twice: whoever reveals first is committed to by
/// all, and nobody can show that it knows what such a key hides. Commitment and proofs name the setup and the trustee,
/// so that copied ones are worth nothing. Whoever complains falsely makes its own share public, and no other.
abstract contract CeremonySteps is CeremonyStages {
    using CurveMath for Jacobian;

    /// Dealers' answers, bit by trustee's place.
    struct Complaints {
        uint32 made;
        uint32 answered;
    }

    bytes32 private constant COMMITMENT = keccak256("Muniment.TrusteeCommitment.v1");
    bytes32 private constant POSSESSION = keccak256("Muniment.Possession.v1");
    uint8 private constant CONSTANT_TERM = 1;
    uint8 private constant ENCRYPTION_KEY = 2;

    /// Feldman's commitments by the dealer's place.
    mapping(SetupId setup => mapping(uint256 dealer => Point[] coefficients)) internal _coefficients;
    mapping(SetupId setup => mapping(address dealer => Complaints complaints)) private _complaints;

    // ── Keys ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ITrusteeCeremony
    function commit(SetupId setup, bytes32 commitment) external {
        (Ceremony storage record, Trustee storage trustee) = _step(setup, CeremonyStage.Committing);
        if (trustee.commitment != bytes32(0)) revert StepDone(setup, msg.sender);
        if (commitment == bytes32(0)) revert CommitmentMismatch(setup, msg.sender);

        trustee.commitment = commitment;
        emit TrusteeCommitted(setup, msg.sender, commitment);
        _count(setup, record);
    }

    /// @inheritdoc ITrusteeCeremony
    function reveal(SetupId setup, Reveal calldata revealed) external {
        (Ceremony storage record, Trustee storage trustee) = _step(setup, CeremonyStage.Revealing);
        if (trustee.revealed) revert StepDone(setup, msg.sender);
        uint256 length = revealed.coefficients.length;
        if (length != record.threshold) revert CountRefused(length, record.threshold);
        if (_commitmentTo(setup, record.threshold, revealed) != trustee.commitment) {
            revert CommitmentMismatch(setup, msg.sender);
        }
        for (uint256 i = 0; i < length; ++i) {
            _requirePoint(revealed.coefficients[i]);
        }
        _requirePoint(revealed.encryptionKey);
        _requirePossession(setup, CONSTANT_TERM, revealed.coefficients[0], revealed.constantProof);
        _requirePossession(setup, ENCRYPTION_KEY, revealed.encryptionKey, revealed.keyProof);

        trustee.revealed = true;
        Point[] storage coefficients = _coefficients[setup][trustee.index];
        for (uint256 i = 0; i < length; ++i) {
            coefficients.push(revealed.coefficients[i]);
        }
        emit TrusteeRevealed(setup, msg.sender, revealed);
        _count(setup, record);
    }

    // ── Shares ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ITrusteeCeremony
    function deal(SetupId setup, uint256[] calldata shares) external {
        (Ceremony storage record, Trustee storage trustee) = _step(setup, CeremonyStage.Dealing);
        if (trustee.dealt) revert StepDone(setup, msg.sender);
        if (shares.length != record.trustees) revert CountRefused(shares.length, record.trustees);

        trustee.dealt = true;
        emit SharesDealt(setup, msg.sender, shares);
        _count(setup, record);
    }

    /// @inheritdoc ITrusteeCeremony
    function complain(SetupId setup, address dealer) external {
        (Ceremony storage record, Trustee storage trustee) = _step(setup, CeremonyStage.Review);
        uint256 end = _progress[setup].since + record.period;
        if (block.timestamp >= end) revert ComplaintsClosed(setup, end);
        // It held fitting shares of all whom it had not complained about.
        if (trustee.confirmed) revert StepDone(setup, msg.sender);
        Trustee storage accused = _trustees[setup][dealer];
        Complaints storage complaints = _complaints[setup][dealer];
        uint32 bit = _bit(trustee);
        if (dealer == msg.sender || accused.index == 0 || accused.out || complaints.made & bit != 0) {
            revert ComplaintRefused(setup, msg.sender, dealer);
        }

        complaints.made |= bit;
        ++_progress[setup].complaints;
        emit ShareComplained(setup, msg.sender, dealer);
    }

    /// @inheritdoc ITrusteeCeremony
    function answer(SetupId setup, address trustee, uint256 share) external {
        (Ceremony storage record, Trustee storage dealer) = _review(setup);
        Trustee storage recipient = _trustees[setup][trustee];
        Complaints storage complaints = _complaints[setup][msg.sender];
        uint32 bit = _bit(recipient);
        if (complaints.made & ~complaints.answered & bit == 0) {
            revert NoComplaint(setup, trustee, msg.sender);
        }
        _requireScalar(share);
        if (!_fits(_coefficients[setup][dealer.index], record.threshold, recipient.index, share)) {
            revert DealtShareRefused(setup, msg.sender, trustee);
        }

        complaints.answered |= bit;
        --_progress[setup].complaints;
        emit ComplaintAnswered(setup, msg.sender, trustee, share);
    }

    /// @inheritdoc ITrusteeCeremony
    function confirm(SetupId setup) external {
        (Ceremony storage record, Trustee storage trustee) = _review(setup);
        if (trustee.confirmed) revert StepDone(setup, msg.sender);

        trustee.confirmed = true;
        ++record.confirmations;
        emit ShareConfirmed(setup, msg.sender);
    }

    // ── Internals ───────────────────────────────────────────────────────────────────────────────────────────────

    /// When Review ends: one period for complaints, one more for answers and confirmations.
    function _endOfReview(SetupId setup, Ceremony storage record) internal view returns (uint256) {
        return _progress[setup].since + 2 * uint256(record.period);
    }

    /// Whether the dealer left a complaint unanswered.
    function _accused(SetupId setup, address dealer) internal view returns (bool) {
        Complaints storage complaints = _complaints[setup][dealer];
        return complaints.made != complaints.answered;
    }

    function _review(SetupId setup) private returns (Ceremony storage record, Trustee storage trustee) {
        (record, trustee) = _step(setup, CeremonyStage.Review);
        uint256 end = _endOfReview(setup, record);
        if (block.timestamp >= end) revert ReviewClosed(setup, end);
    }

    /// Whether the dealer's polynomial has this value at a trustee's place: share·G = Σ place^k·C_k.
    function _fits(Point[] storage coefficients, uint256 threshold, uint256 place, uint256 share)
        private
        view
        returns (bool)
    {
        Jacobian[] memory value = new Jacobian[](1);
        for (uint256 k = threshold; k > 0; --k) {
            Point storage coefficient = coefficients[k - 1];
            value[0].multiply(place);
            value[0].add(coefficient.x, coefficient.y);
        }
        Point memory expected = CurveMath.toAffine(value)[0];
        // (share − 1)·G + G, because the precompile takes no multiple of zero.
        address given = CurveMath.combine(share - 1, CurveMath.GX, CurveMath.GY, 1);
        return given == CurveMath.addressOf(expected.x, expected.y);
    }

    /// Refuse a point that cancels another's (a rogue key): its maker does not know what it hides.
    function _requirePossession(SetupId setup, uint8 kind, Point calldata point, Possession calldata proof)
        private
        view
    {
        _requireScalar(proof.challenge);
        _requireScalar(proof.response);
        // Only the precompile needs x below the order; by chance one in 2^128 is not.
        address nonce = CurveMath.combine(proof.response, point.x, point.y, CurveMath.Q - proof.challenge);
        uint256 hash = uint256(keccak256(abi.encode(POSSESSION, setup, msg.sender, kind, point.x, point.y, nonce)));
        if (nonce == address(0) || hash % CurveMath.Q != proof.challenge) {
            revert PossessionRefused(setup, msg.sender, kind);
        }
    }

    function _commitmentTo(SetupId setup, uint256 threshold, Reveal calldata revealed) private view returns (bytes32) {
        return keccak256(
            bytes.concat(
                abi.encode(COMMITMENT, setup, msg.sender, threshold),
                abi.encodePacked(_words(revealed.coefficients)),
                abi.encode(revealed.encryptionKey, revealed.constantProof, revealed.keyProof)
            )
        );
    }

    function _words(Point[] calldata points) private pure returns (uint256[] memory words) {
        words = new uint256[](2 * points.length);
        for (uint256 i = 0; i < points.length; ++i) {
            (words[2 * i], words[2 * i + 1]) = (points[i].x, points[i].y);
        }
    }

    function _bit(Trustee storage trustee) private view returns (uint32) {
        return uint32(1 << trustee.index);
    }

    function _requirePoint(Point calldata point) private pure {
        if (!CurveMath.isOnCurve(point.x, point.y)) revert PointRefused(point.x, point.y);
    }

    function _requireScalar(uint256 scalar) private pure {
        if (scalar == 0 || scalar >= CurveMath.Q) revert ScalarRefused(scalar);
    }
}
