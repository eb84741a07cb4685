// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {BallotBytes} from "../../contracts/ballots/BallotBytes.sol";
import {CurveMath} from "../../contracts/ballots/CurveMath.sol";
import {OneOfValues, Statement} from "../../contracts/ballots/OneOfValues.sol";
import {Point} from "../../interfaces/ballots/ITrusteeCeremony.sol";
// For measurements: forge compiles what a test asks for.
import {CeremonyDouble} from "../contracts/doubles/Ballots.sol";
import {VM} from "./Vm.sol";

/// Checks one proof by itself.
contract Checker {
    using OneOfValues for Statement;

    function check(Point[3] calldata points, uint256[] calldata values, bytes calldata proof)
        external
        view
        returns (uint256 length)
    {
        Statement memory statement;
        (statement.keyX, statement.keyY) = (points[0].x, points[0].y);
        (statement.ax, statement.ay) = (points[1].x, points[1].y);
        (statement.bx, statement.by) = (points[2].x, points[2].y);
        statement.transcript = new uint256[](6 + 4 * values.length);
        for (uint256 i = 0; i < values.length; ++i) {
            statement.transcript[6 + i] = values[i];
        }
        statement.scalars = new uint256[](2 * values.length);
        uint256 at = BallotBytes.positionOf(proof);
        return statement.requireHolds(0, values.length, at) - at;
    }
}

/// @title Proofs made here, where every logarithm is known, and spoilt
contract BallotsTest {
    uint256 private constant Q = CurveMath.Q;

    /// All that a prover holds: h = log H, r, what is encrypted, and the challenges and responses.
    struct Prover {
        uint256 h;
        uint256 r;
        uint256 message;
        uint256 place;
        uint256[] values;
        uint256[] c;
        uint256[] z;
    }

    Checker private _checker;

    function setUp() external {
        _checker = new Checker();
    }

    /// Of any values, in any place, the true one is provable.
    function testFuzz_takesWhatIsTrue(uint256 seed, uint8 count, uint8 place) external {
        Prover memory prover = _prover(seed, 1 + count % 16, place);
        bytes memory proof = _prove(prover);
        assert(_checker.check(_points(prover), prover.values, proof) == proof.length);
    }

    /// No value besides, however honestly it is proven to be one of them.
    function testFuzz_refusesWhatIsNot(uint256 seed, uint8 count, uint8 place, uint256 message) external {
        Prover memory prover = _prover(seed, 1 + count % 4, place);
        for (uint256 i = 0; i < prover.values.length; ++i) {
            if (message % Q == prover.values[i]) return;
        }
        prover.message = message % Q;
        assert(!_isTaken(_points(prover), prover.values, _prove(prover)));
    }

    /// No bit of a proof can be another.
    function testFuzz_refusesEveryOtherBit(uint256 seed, uint8 count, uint16 bit) external {
        Prover memory prover = _prover(seed, 1 + count % 4, count);
        bytes memory proof = _prove(prover);
        uint256 at = bit % (8 * proof.length);
        proof[at / 8] ^= bytes1(uint8(1 << at % 8));
        assert(!_isTaken(_points(prover), prover.values, proof));
    }

    /// A proof is of one ciphertext under one key, and of these values in this order.
    function testFuzz_refusesAnotherStatement(uint256 seed, uint256 other) external {
        Prover memory prover = _prover(seed, 3, 1);
        bytes memory proof = _prove(prover);
        other = 1 + other % (Q - 1);
        for (uint256 i = 0; i < 3; ++i) {
            Point[3] memory points = _points(prover);
            points[i] = _multiple(other);
            assert(!_isTaken(points, prover.values, proof));
        }
        (prover.values[0], prover.values[2]) = (prover.values[2], prover.values[0]);
        assert(!_isTaken(_points(prover), prover.values, proof));
    }

    function _isTaken(Point[3] memory points, uint256[] memory values, bytes memory proof) private view returns (bool) {
        try _checker.check(points, values, proof) {
            return true;
        } catch {
            return false;
        }
    }

    function _prover(uint256 seed, uint256 count, uint256 place) private pure returns (Prover memory prover) {
        prover.h = _scalar(seed, "h", 0);
        prover.r = _scalar(seed, "r", 0);
        prover.place = place % count;
        (prover.values, prover.c, prover.z) = (new uint256[](count), new uint256[](count), new uint256[](count));
        for (uint256 i = 0; i < count; ++i) {
            prover.values[i] = i == 0 ? 0 : 1 << 13 * i;
            prover.c[i] = _scalar(seed, "c", i);
            prover.z[i] = _scalar(seed, "z", i);
        }
        prover.message = prover.values[prover.place];
    }

    function _points(Prover memory prover) private returns (Point[3] memory points) {
        points[0] = _multiple(prover.h);
        points[1] = _multiple(prover.r);
        points[2] = _multiple(addmod(mulmod(prover.r, prover.h, Q), prover.message, Q));
    }

    /// The protocol as it is written: all but one branch simulated, the one at `place` answering what is left.
    function _prove(Prover memory prover) private returns (bytes memory proof) {
        uint256 count = prover.values.length;
        (Point[] memory a, Point[] memory b) = (new Point[](count), new Point[](count));
        uint256 nonce = prover.z[prover.place];
        bytes memory committed;
        uint256 given;
        for (uint256 i = 0; i < count; ++i) {
            bool honest = i == prover.place;
            uint256 c = honest ? 0 : prover.c[i];
            given = addmod(given, c, Q);
            uint256 hidden = addmod(mulmod(prover.r, prover.h, Q), addmod(prover.message, Q - prover.values[i], Q), Q);
            uint256 z = honest ? nonce : prover.z[i];
            a[i] = _multiple(addmod(z, Q - mulmod(c, prover.r, Q), Q));
            b[i] = _multiple(addmod(mulmod(z, prover.h, Q), Q - mulmod(c, hidden, Q), Q));
            committed =
                abi.encodePacked(committed, uint256(uint160(CurveMath.addressOf(a[i].x, a[i].y))), b[i].x, b[i].y);
        }
        uint256[6] memory head;
        head[5] = count;
        uint256 e = uint256(keccak256(abi.encodePacked(head, prover.values, committed))) % Q;
        prover.c[prover.place] = addmod(e, Q - given, Q);
        prover.z[prover.place] = addmod(nonce, mulmod(prover.c[prover.place], prover.r, Q), Q);
        for (uint256 i = 0; i < count; ++i) {
            proof = abi.encodePacked(proof, prover.z[i]);
            if (i + 1 < count) proof = abi.encodePacked(proof, prover.c[i]);
            proof = abi.encodePacked(proof, CurveMath.addressOf(a[i].x, a[i].y), b[i].x, _hints(prover, i, b[i]));
        }
        prover.z[prover.place] = nonce;
    }

    function _hints(Prover memory prover, uint256 place, Point memory b) private returns (bytes memory) {
        Point memory u = _multiple(mulmod(prover.z[place], prover.h, Q));
        uint256 run = CurveMath.invert(addmod(b.x, CurveMath.P - u.x, CurveMath.P), 0);
        uint256 rise = CurveMath.P - addmod(b.y, u.y, CurveMath.P);
        return abi.encodePacked(u.x, u.y, mulmod(rise, run, CurveMath.P));
    }

    function _scalar(uint256 seed, string memory name, uint256 place) private pure returns (uint256) {
        return 1 + uint256(keccak256(abi.encode(seed, name, place))) % (Q - 1);
    }

    /// kG as forge's own library has it; infinity for 0.
    function _multiple(uint256 scalar) private returns (Point memory) {
        if (scalar == 0) return Point(0, 0);
        return Point(VM.createWallet(scalar).publicKeyX, VM.createWallet(scalar).publicKeyY);
    }
}
