// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IBallotBox} from "../../interfaces/ballots/IBallotBox.sol";
import {BallotBytes} from "./BallotBytes.sol";
import {CurveMath} from "./CurveMath.sol";

/// What a proof is about, and the space in which all proofs of a call are checked.
/// @param keyX of the election key H
/// @param ax of the ciphertext (A, B), which must be on the curve with both x below the order
/// @param index of the ballot, which refusals name
/// @param transcript what the challenge is the hash of: tag, content, previous, contest, the proof's number, how many
/// values; the values; then for each branch address(a), b.x and b.y. Long enough for the longest proof
/// @param scalars the tag of proofs, then c and z of each branch of the ballot. Long enough for a whole ballot
/// @param filled words of `scalars` that are in use
struct Statement {
    uint256 keyX;
    uint256 keyY;
    uint256 ax;
    uint256 ay;
    uint256 bx;
    uint256 by;
    uint32 index;
    uint256[] transcript;
    uint256[] scalars;
    uint256 filled;
}

/// @title Proofs that a ciphertext encrypts one of some values, without saying which
/// @notice (A, B) = (rG, rH + vG) for one of v_0 … v_{k−1}: a proof of equal logarithms for each, of which all but one
/// are simulated (Cramer, Damgård and Schoenmakers, CRYPTO 1994), by hashing (Fiat and Shamir, CRYPTO 1986).
///
/// For each branch j the prover gives c_j, z_j, the account of a_j and the point b_j; the hash of them all and of what
/// they are about is the challenge e, and what holds of a true proof is required:
///
///     Σ c_j = e        a_j = z_j·G − c_j·A        b_j = z_j·H − c_j·(B − v_j·G)
///
/// @dev The precompile `ecrecover` gives the account of xG + yR (CurveMath.combine), three times for each branch: of
/// z_j·G − c_j·A, which must be the account of a_j; of z_j·H, which must be that of the point U_j supplied; and of
/// c_j·B − c_j·v_j·G, which must be that of W_j = U_j − b_j. The slope of the line through U_j and −b_j is supplied,
/// too: from it follow b_j's ordinate and W_j, minus the line's third point, without an inversion.
///
/// **Completeness.** A prover who follows the protocol is refused only when a scalar is zero, U_j.x = b_j.x, or a
/// result is infinity: about once in 2^250 proofs, and then draws again. Nobody else's ballot has a part in it.
///
/// **Soundness.** Suppose that (A, B) holds none of the values. The challenge is a hash of every account of a_j and of
/// every b_j in full, so these stand before e is known. Let a = log a_j, b = log b_j, h = log H; A = ρG, B = βG.
/// 1. U_j and b_j are on the curve, one not above the other: the line is their chord, and W_j is U_j − b_j.
/// 2. So a branch says z − ρc = a and hz − (β − v_j)c = b, unless another point has the account of z_j·H, of
///    c_j·(B − v_j·G) or of a_j. The statement being false, β − v_j is not ρh: the two are independent, and for each
///    point of the account of a_j there is one c_j. Were c_j and z_j any others, some account would be met by chance.
/// 3. Whoever knows one point for each branch knows one sum of challenges, which e hits once in 2^256 queries of the
///    hash; and whoever lets e decide a c_j needs a point of a prescribed account for it: once in 2^160 queries. A
///    collision of accounts (2^80) adds one challenge to the 2^256: no help.
/// 4. More of that: r points of one account take 2^(160 − 160/r) hashes. Who also knows h, as the trustees together
///    do, could name that account in all k branches and know r^k sums. No r makes both this search and the 2^256 / r^k
///    queries less than 2^120, not for the widest proof, of k = 64; for a choice it is 2^150.
///
/// **Zero knowledge** is the protocol's own: what is supplied besides, U_j and the slope, follows from the rest.
library OneOfValues {
    using BallotBytes for uint256[];

    /// Words of the transcript before the values.
    uint256 internal constant HEAD = 6;
    uint256 internal constant CONTENT = 1;
    uint256 internal constant PREVIOUS = 2;
    uint256 internal constant CONTEST = 3;
    uint256 private constant NUMBER = 4;
    uint256 private constant COUNT = 5;
    /// Words of the transcript for each value: itself, address(a), b.x, b.y.
    uint256 internal constant PER_VALUE = 4;
    /// Bytes of a branch from address(a) on: it, b.x, U.x, U.y, slope.
    uint256 private constant COMMITTED = 20 + 4 * 32;
    /// Bytes of a branch, c among them, which the last of a proof leaves out.
    uint256 internal constant BRANCH = 2 * 32 + COMMITTED;
    uint256 internal constant SCALAR = 32;

    /// Refuse a proof that does not hold; gives where in the calldata it ends.
    /// @param number of the proof in its ballot
    /// @param count of the values, which are in the transcript
    /// @param at where the proof begins in the calldata
    function requireHolds(Statement memory statement, uint256 number, uint256 count, uint256 at)
        internal
        view
        returns (uint256 end)
    {
        unchecked {
            uint256 left = _read(statement, number, count, at);
            uint256 filled = statement.filled;
            for (uint256 j = 0; j < count; ++j) {
                uint256 z = BallotBytes.word(at);
                at += SCALAR;
                uint256 c = left;
                if (j + 1 < count) {
                    c = BallotBytes.word(at);
                    at += SCALAR;
                }
                if (!_holds(statement, statement.transcript.get(HEAD + j), c, z, at)) {
                    revert IBallotBox.ProofRefused(statement.index, number, j);
                }
                statement.scalars.put(filled, c);
                statement.scalars.put(filled + 1, z);
                filled += 2;
                at += COMMITTED;
            }
            statement.filled = filled;
            return at;
        }
    }

    /// Complete the transcript, look at scalars and hints, and give the challenge that is left to the last branch.
    function _read(Statement memory statement, uint256 number, uint256 count, uint256 at)
        private
        pure
        returns (uint256 left)
    {
        unchecked {
            uint256[] memory transcript = statement.transcript;
            transcript.put(NUMBER, number);
            transcript.put(COUNT, count);
            uint256 to = HEAD + count;
            uint256 given;
            for (uint256 j = 0; j < count; ++j) {
                bool refused = !_isScalar(BallotBytes.word(at));
                at += SCALAR;
                if (j + 1 < count) {
                    uint256 c = BallotBytes.word(at);
                    refused = refused || !_isScalar(c);
                    given = addmod(given, c, CurveMath.Q);
                    at += SCALAR;
                }
                if (refused) revert IBallotBox.ProofScalarRefused(statement.index, number, j);

                (uint256 x, uint256 y, bool fits) = _committed(at);
                if (!fits) revert IBallotBox.ProofHintRefused(statement.index, number, j);
                transcript.put(to, BallotBytes.word(at) >> 96);
                transcript.put(to + 1, x);
                transcript.put(to + 2, y);
                to += 3;
                at += COMMITTED;
            }
            left = addmod(uint256(transcript.hash(to)), CurveMath.Q - given, CurveMath.Q);
            if (left == 0) revert IBallotBox.ProofScalarRefused(statement.index, number, count - 1);
        }
    }

    /// b, its ordinate from the line through U and −b; and whether U and b are on the curve, and no vertical line.
    function _committed(uint256 at) private pure returns (uint256 x, uint256 y, bool fits) {
        uint256 p = CurveMath.P;
        // Where a coordinate is beyond the field, y means nothing, and the rest refuses it.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            x := calldataload(add(at, 20))
            let ux := calldataload(add(at, 52))
            let uy := calldataload(add(at, 84))
            let slope := calldataload(add(at, 116))
            y := addmod(mulmod(slope, addmod(ux, sub(p, x), p), p), sub(p, uy), p)
            fits := and(lt(slope, p), and(lt(x, p), and(lt(ux, p), lt(uy, p))))
            fits := and(fits, iszero(eq(ux, x)))
            fits := and(fits, eq(mulmod(uy, uy, p), addmod(mulmod(mulmod(ux, ux, p), ux, p), 7, p)))
            fits := and(fits, eq(mulmod(y, y, p), addmod(mulmod(mulmod(x, x, p), x, p), 7, p)))
        }
    }

    /// Whether one branch's equations hold. Scalars and hints were looked at.
    function _holds(Statement memory statement, uint256 value, uint256 c, uint256 z, uint256 at)
        private
        view
        returns (bool fits)
    {
        (uint256 p, uint256 q) = (CurveMath.P, CurveMath.Q);
        // What CurveMath.combine and addressOf do, here for all three at once: most of a ballot's price.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let space := mload(0x40)
            // The account of (s·R − digest·G) / r, with R = (r, y); 0 when there is none.
            function recovered(input, digest, r, y, s) -> account {
                mstore(input, digest)
                mstore(add(input, 0x20), add(27, and(y, 1)))
                mstore(add(input, 0x40), r)
                mstore(add(input, 0x60), s)
                mstore(0x00, 0)
                pop(staticcall(gas(), 0x01, input, 0x80, 0x00, 0x20))
                account := mload(0x00)
            }
            // The account of a point.
            function owner(x, y) -> account {
                mstore(0x00, x)
                mstore(0x20, y)
                account := and(keccak256(0x00, 0x40), 0xffffffffffffffffffffffffffffffffffffffff)
            }

            // zG − cA is a, and a is somebody: nobody is what every failure answers.
            let r := mload(add(statement, 0x40))
            let account :=
                recovered(space, sub(q, mulmod(z, r, q)), r, mload(add(statement, 0x60)), mulmod(sub(q, c), r, q))
            fits := and(iszero(iszero(account)), eq(account, shr(96, calldataload(at))))

            // zH is U.
            r := mload(statement)
            let ux := calldataload(add(at, 52))
            let uy := calldataload(add(at, 84))
            account := recovered(space, 0, r, mload(add(statement, 0x20)), mulmod(z, r, q))
            fits := and(fits, eq(account, owner(ux, uy)))

            // c(B − vG) is W, the line's third point turned around.
            r := mload(add(statement, 0x80))
            let s := mulmod(c, r, q)
            account := recovered(space, mulmod(s, value, q), r, mload(add(statement, 0xa0)), s)
            let slope := calldataload(add(at, 116))
            let x := addmod(mulmod(slope, slope, p), sub(p, addmod(ux, calldataload(add(at, 20)), p)), p)
            let y := addmod(mulmod(slope, addmod(ux, sub(p, x), p), p), sub(p, uy), p)
            fits := and(fits, eq(account, owner(x, y)))
        }
    }

    function _isScalar(uint256 value) private pure returns (bool) {
        unchecked {
            return value - 1 < CurveMath.Q - 1;
        }
    }
}
