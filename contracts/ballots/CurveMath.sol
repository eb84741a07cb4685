// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Point} from "../../interfaces/ballots/ITrusteeCeremony.sol";
import {BallotBytes} from "./BallotBytes.sol";

/// A point as (x / z², y / z³), so that adding needs no division; z = 0 is infinity.
struct Jacobian {
    uint256 x;
    uint256 y;
    uint256 z;
}

/// @title The group secp256k1
/// @notice Adds any two points, equal, opposite or at infinity, and has a precompile multiply.
/// @dev Points come in checked, by isOnCurve or by an equation that only points on the curve fulfil. Infinity is
/// (0, 0), which is on no curve: 7 is not 0. No point has y = 0: the order is odd.
library CurveMath {
    /// The field.
    uint256 internal constant P = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFC2F;
    /// The order.
    uint256 internal constant Q = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
    uint256 internal constant GX = 0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798;
    uint256 internal constant GY = 0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8;

    function isOnCurve(uint256 x, uint256 y) internal pure returns (bool fits) {
        uint256 p = P;
        // Without the jumps of && that only save what is needed nearly always.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            fits := eq(mulmod(y, y, p), addmod(mulmod(mulmod(x, x, p), x, p), 7, p))
            fits := and(fits, and(lt(x, p), lt(y, p)))
        }
    }

    /// The account that a public key has. It stands for the point: another with the same is a second preimage of 160
    /// bits.
    function addressOf(uint256 x, uint256 y) internal pure returns (address account) {
        // The words are hashed where they may be overwritten: thousands of times in a transaction, space must not grow.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(0x00, x)
            mstore(0x20, y)
            account := and(keccak256(0x00, 0x40), 0xffffffffffffffffffffffffffffffffffffffff)
        }
    }

    /// The account of aG + bR, by recovering a public key from a signature made up for it; zero when R.x is not within
    /// 1 … q − 1, when b is a multiple of q, or when the sum is infinity.
    function combine(uint256 a, uint256 rx, uint256 ry, uint256 b) internal view returns (address) {
        unchecked {
            return recover(Q - mulmod(a, rx, Q), ry & 1, rx, mulmod(b, rx, Q));
        }
    }

    /// The account of (s·R − digest·G) / r, with R the point of abscissa r and the ordinate of that parity: whoever
    /// made the signature (r, s). Zero when r or s is not within 1 … q − 1, when there is no such R, and for infinity.
    function recover(uint256 digest, uint256 parity, uint256 r, uint256 s) internal view returns (address account) {
        // Solidity's own ecrecover, without what it does around it: two thousand times in a transaction.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore(input, digest)
            mstore(add(input, 0x20), add(27, parity))
            mstore(add(input, 0x40), r)
            mstore(add(input, 0x60), s)
            // The precompile answers nothing when it fails, and zero stays.
            mstore(0x00, 0)
            pop(staticcall(gas(), 0x01, input, 0x80, 0x00, 0x20))
            account := mload(0x00)
        }
    }

    // ── Sums ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Add an affine point in place.
    function add(Jacobian memory sum, uint256 x, uint256 y) internal pure {
        unchecked {
            if (x == 0 && y == 0) return;
            (uint256 sx, uint256 sy, uint256 sz) = (sum.x, sum.y, sum.z);
            if (sz == 0) {
                (sum.x, sum.y, sum.z) = (x, y, 1);
                return;
            }
            uint256 square = mulmod(sz, sz, P);
            uint256 dx = addmod(mulmod(x, square, P), P - sx, P);
            uint256 dy = addmod(mulmod(y, mulmod(square, sz, P), P), P - sy, P);
            if (dx == 0) {
                if (dy == 0) double(sum);
                else sum.z = 0;
                return;
            }
            _chord(sum, dx, dy, sx, sy, mulmod(sz, dx, P));
        }
    }

    function subtract(Jacobian memory sum, uint256 x, uint256 y) internal pure {
        add(sum, x, y == 0 ? 0 : P - y);
    }

    /// Add any point in place.
    function addPoint(Jacobian memory sum, Jacobian memory other) internal pure {
        unchecked {
            (uint256 ox, uint256 oy, uint256 oz) = (other.x, other.y, other.z);
            if (oz == 0) return;
            (uint256 sx, uint256 sy, uint256 sz) = (sum.x, sum.y, sum.z);
            if (sz == 0) {
                (sum.x, sum.y, sum.z) = (ox, oy, oz);
                return;
            }
            uint256 square = mulmod(oz, oz, P);
            sx = mulmod(sx, square, P);
            sy = mulmod(sy, mulmod(square, oz, P), P);
            square = mulmod(sz, sz, P);
            uint256 dx = addmod(mulmod(ox, square, P), P - sx, P);
            uint256 dy = addmod(mulmod(oy, mulmod(square, sz, P), P), P - sy, P);
            if (dx == 0) {
                if (dy == 0) double(sum);
                else sum.z = 0;
                return;
            }
            _chord(sum, dx, dy, sx, sy, mulmod(mulmod(sz, oz, P), dx, P));
        }
    }

    /// Double in place. Infinity stays what it is: z stays 0.
    function double(Jacobian memory point) internal pure {
        unchecked {
            (uint256 x, uint256 y) = (point.x, point.y);
            uint256 square = mulmod(y, y, P);
            uint256 cross = mulmod(4, mulmod(x, square, P), P);
            uint256 slope = mulmod(3, mulmod(x, x, P), P);
            point.z = mulmod(2, mulmod(y, point.z, P), P);
            x = addmod(mulmod(slope, slope, P), P - mulmod(2, cross, P), P);
            point.x = x;
            uint256 fourth = mulmod(8, mulmod(square, square, P), P);
            point.y = addmod(mulmod(slope, addmod(cross, P - x, P), P), P - fourth, P);
        }
    }

    /// Multiply in place. Meant for small scalars: bit by bit, without the precompile.
    function multiply(Jacobian memory point, uint256 scalar) internal pure {
        Jacobian memory power = Jacobian(point.x, point.y, point.z);
        (point.x, point.y, point.z) = (0, 0, 0);
        for (; scalar > 0; scalar >>= 1) {
            if (scalar & 1 == 1) addPoint(point, power);
            double(power);
        }
    }

    /// The third point of the chord, from what its ends differ by in the scale of both: x and y are the sum's in that
    /// scale, z is the result's.
    function _chord(Jacobian memory sum, uint256 dx, uint256 dy, uint256 x, uint256 y, uint256 z) private pure {
        unchecked {
            uint256 square = mulmod(dx, dx, P);
            uint256 cube = mulmod(square, dx, P);
            uint256 cross = mulmod(x, square, P);
            x = addmod(mulmod(dy, dy, P), P - addmod(cube, mulmod(2, cross, P), P), P);
            sum.x = x;
            sum.y = addmod(mulmod(dy, addmod(cross, P - x, P), P), P - mulmod(y, cube, P), P);
            sum.z = z;
        }
    }

    // ── Back to affine ──────────────────────────────────────────────────────────────────────────────────────────

    function toAffine(Jacobian[] memory sums) internal view returns (Point[] memory points) {
        // The zero behind the calldata: for one that it knows, the compiler would write the function twice.
        return toAffine(sums, BallotBytes.word(msg.data.length));
    }

    /// All points in affine coordinates, with one inversion for all of them.
    /// @param hint the inverse of the product of all z but zeros, perhaps
    /// @dev Each z is found back from the products of those before it (P. L. Montgomery, Mathematics of Computation
    /// 48, 1987, p. 260).
    function toAffine(Jacobian[] memory sums, uint256 hint) internal view returns (Point[] memory points) {
        unchecked {
            uint256 length = sums.length;
            points = new Point[](length);
            uint256 product = 1;
            for (uint256 i = 0; i < length; ++i) {
                points[i].x = product;
                uint256 z = sums[i].z;
                if (z != 0) product = mulmod(product, z, P);
            }
            uint256 inverse = invert(product, hint);
            for (uint256 i = length; i > 0; --i) {
                Jacobian memory sum = sums[i - 1];
                Point memory point = points[i - 1];
                if (sum.z == 0) {
                    point.x = 0;
                    continue;
                }
                uint256 own = mulmod(inverse, point.x, P);
                inverse = mulmod(inverse, sum.z, P);
                uint256 square = mulmod(own, own, P);
                point.x = mulmod(sum.x, square, P);
                point.y = mulmod(sum.y, mulmod(square, own, P), P);
            }
        }
    }

    // ── What a hint makes cheap ─────────────────────────────────────────────────────────────────────────────────

    /// The inverse of 1 … p − 1 in the field: the hint, or by Fermat's little theorem.
    function invert(uint256 value, uint256 hint) internal view returns (uint256 inverse) {
        return mulmod(value, hint, P) == 1 ? hint : _power(value, P - 2);
    }

    /// The ordinate of the point that has this abscissa and an ordinate of that parity: the hint, or the root by
    /// exponentiation, p being 3 mod 4. There must be such a point; or x = 0 stands for infinity, which it can: 7 is no
    /// square, so no point has that abscissa.
    function ordinateOf(uint256 x, uint256 odd, uint256 hint) internal view returns (uint256 y) {
        unchecked {
            if (x == 0) return 0;
            uint256 square = addmod(mulmod(mulmod(x, x, P), x, P), 7, P);
            if (hint < P && hint & 1 == odd && mulmod(hint, hint, P) == square) return hint;
            y = _power(square, (P + 1) / 4);
            if (y & 1 != odd) y = P - y;
        }
    }

    function _power(uint256 base, uint256 exponent) private view returns (uint256 result) {
        bool done;
        uint256 field = P;
        // The modular exponentiation has no name in Solidity.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore(input, 0x20)
            mstore(add(input, 0x20), 0x20)
            mstore(add(input, 0x40), 0x20)
            mstore(add(input, 0x60), base)
            mstore(add(input, 0x80), exponent)
            mstore(add(input, 0xa0), field)
            done := staticcall(gas(), 0x05, input, 0xc0, 0x00, 0x20)
            result := mload(0x00)
        }
        // It fails for want of gas alone.
        assert(done);
    }
}
