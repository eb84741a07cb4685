// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Point} from "../../interfaces/ballots/ITrusteeCeremony.sol";
import {BallotBytes} from "./BallotBytes.sol";
import {CurveMath} from "./CurveMath.sol";

/// @title Proof that log_G(key) = log_base(power)
/// @notice Chaum and Pedersen's (CRYPTO 1992), made non-interactive, with `ecrecover` for the multiplications. It shows
/// that a trustee's share of a sum was made with the secret behind the trustee's public key, and tells nothing of it.
/// @dev The equations: a = zG − c·key and b = z·base − c·power, with c the hash of the statement, a's account and b.
///
/// Sound, in the random oracle model. Let key = xG, power = d·base and d ≠ x. The hash fixes the statement, 160 bits of
/// a and all of b before c is known. For any one point a with that account, z = log(a) + c·x, and
/// z = log_base(b) + c·d: c = (log(a) − log_base(b)) / (d − x) is the only challenge that can be answered. About 2^96
/// points share an account, so that a hash hits an answerable challenge with probability 2^−160. That two of those
/// points are known (a collision, 2^80) leaves two challenges in 2^256.
///
/// U and c·power are compared by account: a wrong U, or a b with another U − b than c·power, is a second preimage of
/// 160 bits. b itself is checked to be a point: its ordinate follows from the chord through U and −b, whose third point
/// is −(U − b). The chord has no slope when U.x = b.x, which is refused; an honest prover meets that once in 2^256.
library EqualLogs {
    /// What the prover committed to: a's account, and b. Zero when a hint or an equation does not hold.
    /// The caller hashes the statement and these, and compares with the challenge.
    /// @param key a finite point; x below the order
    /// @param base a finite point; x below the order
    /// @param power any numbers
    /// @param at where the proof lies in the calldata, in words: challenge c, response z, b.x, U.x, U.y, and the slope
    /// of the line through U and −b
    function commitments(Point memory key, Point memory base, Point memory power, uint256 at)
        internal
        view
        returns (address a, Point memory b)
    {
        (uint256 c, uint256 z) = (BallotBytes.word(at), BallotBytes.word(at + 32));
        if (c == 0 || c >= CurveMath.Q || z == 0 || z >= CurveMath.Q) return (address(0), b);
        if (!CurveMath.isOnCurve(power.x, power.y)) return (address(0), b);
        (Point memory u, Point memory difference) = _chord(b, at + 64);
        if (CurveMath.combine(0, base.x, base.y, z) != CurveMath.addressOf(u.x, u.y)) return (address(0), b);
        if (CurveMath.combine(0, power.x, power.y, c) != CurveMath.addressOf(difference.x, difference.y)) {
            return (address(0), b);
        }
        a = CurveMath.combine(z, key.x, key.y, CurveMath.Q - c);
    }

    /// U, b and U − b; the last is infinity when U or b is no point, the line misses b, or is vertical.
    function _chord(Point memory b, uint256 at) private pure returns (Point memory u, Point memory difference) {
        uint256 p = CurveMath.P;
        b.x = BallotBytes.word(at);
        (u.x, u.y) = (BallotBytes.word(at + 32), BallotBytes.word(at + 64));
        uint256 slope = BallotBytes.word(at + 96);
        if (slope >= p || b.x >= p || b.x == u.x || !CurveMath.isOnCurve(u.x, u.y)) return (u, difference);
        unchecked {
            b.y = p - addmod(u.y, mulmod(slope, addmod(b.x, p - u.x, p), p), p);
            if (!CurveMath.isOnCurve(b.x, b.y)) return (u, difference);
            difference.x = addmod(mulmod(slope, slope, p), p - addmod(u.x, b.x, p), p);
            difference.y = addmod(mulmod(slope, addmod(u.x, p - difference.x, p), p), p - u.y, p);
        }
    }
}
