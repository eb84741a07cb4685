// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {CurveMath, Jacobian} from "../../contracts/ballots/CurveMath.sol";
import {Point} from "../../interfaces/ballots/ITrusteeCeremony.sol";
import {VM} from "./Vm.sol";

/// @title The curve helpers beside forge's own secp256k1, and beside published multiples
contract CurveTest {
    using CurveMath for Jacobian;

    uint256 private constant Q = CurveMath.Q;

    /// The sum of any two multiples of G is the multiple by the sum, in whatever scale the first is kept.
    function testFuzz_addsAsScalarsDo(uint256 a, uint256 b, uint256 scale) external {
        (a, b) = (a % Q, b % Q);
        Jacobian memory sum = _scaled(_multiple(a), scale);
        Point memory other = _multiple(b);
        sum.add(other.x, other.y);
        _assertEqual(_affine(sum), _multiple(addmod(a, b, Q)));
        sum.subtract(other.x, other.y);
        _assertEqual(_affine(sum), _multiple(a));
    }

    /// The order of terms changes nothing.
    function testFuzz_commutes(uint256 a, uint256 b, uint256 scale) external {
        Point memory first = _multiple(a % Q);
        Point memory second = _multiple(b % Q);
        Jacobian memory one = _scaled(first, scale);
        Jacobian memory two = _scaled(second, uint256(keccak256(abi.encode(scale))));
        one.add(second.x, second.y);
        two.add(first.x, first.y);
        _assertEqual(_affine(one), _affine(two));
        two = _scaled(second, scale);
        two.addPoint(_scaled(first, ~scale));
        _assertEqual(_affine(one), _affine(two));
    }

    /// Equal points are doubled, opposite ones cancel, infinity adds nothing: in every pairing.
    function testFuzz_isComplete(uint256 a, uint256 scale, uint256 otherScale) external {
        a = 1 + a % (Q - 1);
        Point memory point = _multiple(a);
        Point memory opposite = _multiple(Q - a);
        assert(opposite.x == point.x && opposite.y == CurveMath.P - point.y);

        Jacobian memory sum = _scaled(point, scale);
        sum.add(point.x, point.y);
        _assertEqual(_affine(sum), _multiple(mulmod(2, a, Q)));
        sum = _scaled(point, scale);
        sum.addPoint(_scaled(point, otherScale));
        _assertEqual(_affine(sum), _multiple(mulmod(2, a, Q)));

        sum = _scaled(point, scale);
        sum.add(opposite.x, opposite.y);
        _assertEqual(_affine(sum), Point(0, 0));
        // From infinity on, whatever is left in x and y.
        sum.add(opposite.x, opposite.y);
        _assertEqual(_affine(sum), opposite);

        sum = _scaled(point, scale);
        sum.addPoint(_scaled(opposite, otherScale));
        _assertEqual(_affine(sum), Point(0, 0));
        sum.double();
        _assertEqual(_affine(sum), Point(0, 0));
        sum.add(0, 0);
        sum.subtract(0, 0);
        sum.addPoint(Jacobian(5, 6, 0));
        _assertEqual(_affine(sum), Point(0, 0));
        sum.addPoint(_scaled(point, otherScale));
        sum.add(0, 0);
        sum.addPoint(Jacobian(5, 6, 0));
        _assertEqual(_affine(sum), point);
    }

    function testFuzz_multiplies(uint256 a, uint256 scale, uint16 factor) external {
        a = a % Q;
        Jacobian memory point = _scaled(_multiple(a), scale);
        point.multiply(factor);
        _assertEqual(_affine(point), _multiple(mulmod(a, factor, Q)));
    }

    /// aG + bR from the precompile is what an independent double-and-add makes of it.
    function testFuzz_combines(uint256 a, uint256 b, uint256 r) external {
        (a, b, r) = (a % Q, 1 + b % (Q - 1), 1 + r % (Q - 1));
        Point memory point = _multiple(r);
        uint256 whole = addmod(a, mulmod(b, r, Q), Q);
        address expected = whole == 0 ? address(0) : VM.addr(whole);
        assert(CurveMath.combine(a, point.x, point.y, b) == expected);

        Jacobian memory sum = _scaled(Point(CurveMath.GX, CurveMath.GY), 1);
        sum.multiply(a);
        Jacobian memory rest = _scaled(point, 1);
        rest.multiply(b);
        sum.addPoint(rest);
        Point memory found = _affine(sum);
        assert(whole == 0 || CurveMath.addressOf(found.x, found.y) == expected);
    }

    /// What cannot be combined gives zero, and never somebody's account.
    function testFuzz_failsToZero(uint256 a, uint256 r) external {
        (a, r) = (a % Q, 1 + r % (Q - 1));
        Point memory point = _multiple(r);
        assert(CurveMath.combine(a, point.x, point.y, 0) == address(0));
        assert(CurveMath.combine(a, point.x, point.y, Q) == address(0));
        assert(CurveMath.combine(Q - r, point.x, point.y, 1) == address(0));
        assert(CurveMath.combine(a, Q, point.y, 1) == address(0));
        assert(CurveMath.combine(a, 0, 0, 1) == address(0));
        // 5 is no x of the curve: 5³ + 7 = 132 has no root.
        assert(CurveMath.combine(a, 5, point.y, 1) == address(0));
    }

    /// Many points come back to affine at once, infinity among them.
    function testFuzz_manyToAffine(uint256 seed, uint8 count) external {
        uint256 length = count % 9;
        Jacobian[] memory sums = new Jacobian[](length);
        Point[] memory expected = new Point[](length);
        for (uint256 i = 0; i < length; ++i) {
            uint256 word = uint256(keccak256(abi.encode(seed, i)));
            expected[i] = word % 4 == 0 ? Point(0, 0) : _multiple(word % Q);
            sums[i] = _scaled(expected[i], word);
        }
        Point[] memory found = CurveMath.toAffine(sums);
        assert(found.length == length);
        for (uint256 i = 0; i < length; ++i) {
            _assertEqual(found[i], expected[i]);
        }
    }

    /// Whatever is hinted.
    function testFuzz_inverts(uint256 value, uint256 hint) external view {
        value = 1 + value % (CurveMath.P - 1);
        uint256 inverse = CurveMath.invert(value, hint);
        assert(mulmod(value, inverse, CurveMath.P) == 1);
        assert(CurveMath.invert(value, inverse) == inverse);
    }

    /// Of a point's abscissa and its ordinate's parity comes the ordinate, whatever is hinted.
    function testFuzz_findsOrdinates(uint256 a, uint256 hint) external {
        Point memory point = _multiple(1 + a % (Q - 1));
        uint256 other = CurveMath.P - point.y;
        uint256[4] memory hints = [point.y, other, 0, hint];
        for (uint256 i = 0; i < 4; ++i) {
            assert(CurveMath.ordinateOf(point.x, point.y & 1, hints[i]) == point.y);
            assert(CurveMath.ordinateOf(point.x, other & 1, hints[i]) == other);
            assert(CurveMath.ordinateOf(0, i & 1, hints[i]) == 0);
        }
    }

    /// A number beyond the field, of the right parity and with the right square, is still no ordinate.
    function test_ordinatesAreReduced() external view {
        // x³ = −6: the ordinates are 1 and −1.
        uint256 x = 0x1fe1e5ef3fceb5c135ab7741333ce5a6e80d68167653f6b2b24bcbcfaaaff507;
        assert(CurveMath.isOnCurve(x, 1));
        assert(CurveMath.ordinateOf(x, 0, CurveMath.P + 1) == CurveMath.P - 1);
        assert(CurveMath.ordinateOf(x, 1, CurveMath.P + 1) == 1);
    }

    /// So that 0 may stand for infinity: 7 has no root, by Euler's criterion.
    function test_noPointHasTheAbscissaZero() external pure {
        uint256 power = 1;
        for (uint256 bit = 256; bit > 0; --bit) {
            power = mulmod(power, power, CurveMath.P);
            if ((CurveMath.P - 1) / 2 >> bit - 1 & 1 == 1) power = mulmod(power, 7, CurveMath.P);
        }
        assert(power == CurveMath.P - 1);
    }

    /// Points are on the curve; changed points, infinity and unreduced coordinates are not.
    function testFuzz_knowsTheCurve(uint256 a, uint256 change) external {
        Point memory point = _multiple(1 + a % (Q - 1));
        change = 1 + change % (CurveMath.P - 1);
        assert(CurveMath.isOnCurve(point.x, point.y));
        uint256 other = addmod(point.y, change, CurveMath.P);
        assert(!CurveMath.isOnCurve(point.x, other) || other == CurveMath.P - point.y);
        assert(!CurveMath.isOnCurve(0, 0));
        // 1 is an x of the curve, and so small that 1 + p fits a word.
        uint256 root = 0x4218F20AE6C646B363DB68605822FB14264CA8D2587FDD6FBC750D587E76A7EE;
        assert(CurveMath.isOnCurve(1, root));
        assert(!CurveMath.isOnCurve(1 + CurveMath.P, root));
    }

    /// A second representation of y is refused, too: y = 1 is a point's, as −6 has a cube root.
    function test_refusesUnreducedY() external pure {
        uint256 x = 0x1FE1E5EF3FCEB5C135AB7741333CE5A6E80D68167653F6B2B24BCBCFAAAFF507;
        assert(CurveMath.isOnCurve(x, 1));
        assert(!CurveMath.isOnCurve(x, 1 + CurveMath.P));
    }

    /// Multiples as the standards publish them (SEC 2 for G; 2G and 3G from the curve's test vectors).
    function test_publishedMultiples() external view {
        Jacobian memory sum = Jacobian(CurveMath.GX, CurveMath.GY, 1);
        sum.add(CurveMath.GX, CurveMath.GY);
        Point memory found = _affine(sum);
        assert(found.x == 0xC6047F9441ED7D6D3045406E95C07CD85C778E4B8CEF3CA7ABAC09B95C709EE5);
        assert(found.y == 0x1AE168FEA63DC339A3C58419466CEAEEF7F632653266D0E1236431A950CFE52A);
        sum.add(CurveMath.GX, CurveMath.GY);
        found = _affine(sum);
        assert(found.x == 0xF9308A019258C31049344F85F89D5229B531C845836F99B08601F113BCE036F9);
        assert(found.y == 0x388F7B0F632DE8140FE337E62A37F3566500A99934C2231B6CB9FD7584B8E672);
    }

    /// kG as forge's own library has it; infinity for 0.
    function _multiple(uint256 scalar) private returns (Point memory) {
        if (scalar == 0) return Point(0, 0);
        return Point(VM.createWallet(scalar).publicKeyX, VM.createWallet(scalar).publicKeyY);
    }

    function _scaled(Point memory point, uint256 z) private pure returns (Jacobian memory) {
        if (point.x == 0 && point.y == 0) return Jacobian(z, ~z, 0);
        z = 1 + z % (CurveMath.P - 1);
        uint256 square = mulmod(z, z, CurveMath.P);
        uint256 cube = mulmod(square, z, CurveMath.P);
        return Jacobian(mulmod(point.x, square, CurveMath.P), mulmod(point.y, cube, CurveMath.P), z);
    }

    function _affine(Jacobian memory point) private view returns (Point memory) {
        Jacobian[] memory sums = new Jacobian[](1);
        sums[0] = point;
        return CurveMath.toAffine(sums)[0];
    }

    function _assertEqual(Point memory found, Point memory expected) private pure {
        assert(found.x == expected.x && found.y == expected.y);
    }
}
