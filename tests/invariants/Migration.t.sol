// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AgencyId, IAgencyRegistry} from "../../interfaces/access/IAgencyRegistry.sol";
import {ITitleMigration, MovedRegister} from "../../interfaces/land/ITitleMigration.sol";
import {
    ITitleRegistry,
    Jurisdiction,
    Register,
    RegisterStatus,
    TitleId
} from "../../interfaces/land/ITitleRegistry.sol";
import {TitleTree} from "../../contracts/land/TitleTree.sol";
import {Built} from "./Built.sol";
import {VM} from "./Vm.sol";

/// Says who keeps the register: all that a proposal asks of the titles.
contract Keeping {
    AgencyId private immutable KEEPER;

    constructor(AgencyId keeper) {
        KEEPER = keeper;
    }

    function registerOf(Jurisdiction) external view returns (Register memory) {
        return Register(KEEPER, RegisterStatus.Mirror);
    }
}

/// @title Proofs over trees of any shape: each title has one, each gap has one, and nothing else does
contract MigrationTest {
    Jurisdiction private constant GB = Jurisdiction.wrap("GB");
    address private constant COLLEAGUE = address(0xC0);
    uint256 private constant START = 1_767_225_600;

    ITitleMigration private _migration;
    bytes32[] private _ids;
    bytes32[] private _leaves;

    function setUp() external {
        VM.warp(START);
        IAgencyRegistry agencies = IAgencyRegistry(Built.create("AgencyRegistry", abi.encode(address(this))));
        AgencyId agency =
            agencies.registerAgency(AgencyId.wrap(0), address(this), type(uint64).max, keccak256("land.example.gov"));
        agencies.accredit(agency, address(this), agencies.LAND_REGISTRAR(), 0, type(uint40).max);
        agencies.accredit(agency, COLLEAGUE, agencies.LAND_REGISTRAR(), 0, type(uint40).max);
        _migration = ITitleMigration(
            Built.create("TitleMigration", abi.encode(agencies, ITitleRegistry(address(new Keeping(agency)))))
        );
        VM.warp(START + 3 days);
    }

    /// A title near those of the tree is absent by exactly one gap, or it is one of them and absent by none.
    function testFuzz_oneGapOrNone(uint256 seed, uint8 size, uint8 at, uint8 ahead) external {
        _move(seed, size);
        uint256 count = _ids.length;
        bytes32 title;
        unchecked {
            title = bytes32(uint256(_ids[at % count]) + ahead % 4 - 1);
        }
        bool held;
        uint256 proven;
        for (uint256 i = 0; i < count; ++i) {
            if (_ids[i] == title) held = true;
            if (_absent(title, _gap(i))) ++proven;
        }
        assert(proven == (held ? 0 : 1));
    }

    /// No bytes at all show that a title of the tree is absent.
    function testFuzz_nothingHidesATitle(uint256 seed, uint8 size, uint8 at, bytes calldata proof) external {
        _move(seed, size);
        assert(!_absent(_ids[at % _ids.length], proof));
    }

    /// A proof with one bit changed, a word too few or too many is none.
    function testFuzz_spoilt(uint256 seed, uint8 size, uint8 at, uint256 bit) external {
        _move(seed, size);
        uint256 index = at % _ids.length;
        bytes32 title;
        unchecked {
            title = bytes32(uint256(_ids[index]) + 1);
        }
        bytes memory proof = _gap(index);
        if (!_absent(title, proof)) return;
        bit %= proof.length * 8;
        proof[bit / 8] ^= bytes1(uint8(1 << bit % 8));
        assert(!_absent(title, proof));
        proof[bit / 8] ^= bytes1(uint8(1 << bit % 8));
        assert(!_absent(title, bytes.concat(proof, bytes32(0))));
        bytes memory shorter = new bytes(proof.length - 32);
        for (uint256 i = 0; i < shorter.length; ++i) {
            shorter[i] = proof[i];
        }
        assert(!_absent(title, shorter));
    }

    /// Neighbours climb together to where each climbs alone.
    function testFuzz_together(uint256 seed, uint8 size, uint8 first, uint8 length) external {
        _grow(seed, size);
        uint256 count = _ids.length;
        uint256 from = first % count;
        uint256 many = 1 + length % (count - from);
        bytes32[] memory nodes = new bytes32[](many);
        for (uint256 i = 0; i < many; ++i) {
            nodes[i] = _leaves[from + i];
            (bytes32 alone,) = this.climb(_path(from + i), nodes[i], from + i, count);
            assert(alone == _root());
        }
        bytes memory beside = _beside(from, many);
        (bytes32 top, uint256 end) = this.climbTogether(beside, nodes, from, count);
        assert(top == _root());
        assert(end == beside.length);
    }

    /// Two honest neighbours never speak against their tree.
    function testFuzz_honestTreesStand(uint256 seed, uint8 size, uint8 at) external {
        _move(seed, size);
        uint256 index = at % _ids.length;
        uint256 second = (index + 1) % _ids.length;
        bytes memory proof = bytes.concat(bytes32(index), _known(index), _known(second));
        (bool done,) = address(_migration).call(abi.encodeCall(ITitleMigration.refute, (GB, 1, proof)));
        assert(!done);
    }

    /// Any two neighbours out of order end the root, wherever they stand.
    function testFuzz_disorderEndsIt(uint256 seed, uint8 size, uint8 at, bytes32 next) external {
        _grow(seed, 3 + size % 21);
        uint256 count = _ids.length;
        uint256 index = 1 + at % (count - 3);
        if (next == _ids[index + 1]) return;
        _leaves[index] = TitleTree.leafOf(_ids[index], next, _content(index));
        _propose();
        bytes memory wrong = bytes.concat(_ids[index], next, _content(index), _path(index));
        _migration.refute(GB, 1, bytes.concat(bytes32(index), wrong, _known(index + 1)));
        assert(_migration.standingRoots(GB).length == 0);
    }

    function climb(bytes calldata proof, bytes32 leaf, uint256 index, uint256 count)
        external
        pure
        returns (bytes32, uint256)
    {
        return TitleTree.climb(proof, 0, leaf, index, count);
    }

    function climbTogether(bytes calldata proof, bytes32[] calldata nodes, uint256 first, uint256 count)
        external
        pure
        returns (bytes32, uint256)
    {
        return TitleTree.climbTogether(proof, 0, nodes, first, count);
    }

    function _absent(bytes32 title, bytes memory proof) private view returns (bool done) {
        (done,) = address(_migration)
            .staticcall(abi.encodeCall(ITitleMigration.requireAbsent, (GB, TitleId.wrap(title), proof)));
    }

    function _move(uint256 seed, uint8 size) private {
        _grow(seed, size);
        _propose();
    }

    /// Up to 24 titles; some are neighbours by number too.
    function _grow(uint256 seed, uint8 size) private {
        uint256 count = 1 + size % 24;
        uint256 id;
        for (uint256 i = 0; i < count; ++i) {
            uint256 chance = uint256(keccak256(abi.encode(seed, i)));
            id += 1 + (chance % 3 == 0 ? chance % 2 : chance >> 8);
            _ids.push(bytes32(id));
        }
        for (uint256 i = 0; i < count; ++i) {
            _leaves.push(TitleTree.leafOf(_ids[i], _ids[(i + 1) % count], _content(i)));
        }
    }

    function _propose() private {
        uint256 last = _ids.length - 1;
        MovedRegister memory moved = MovedRegister({
            root: _root(),
            count: uint64(_ids.length),
            first: TitleId.wrap(_ids[0]),
            last: TitleId.wrap(_ids[last]),
            leavesHash: bytes32(uint256(1)),
            predecessor: bytes32(0)
        });
        bytes memory edges = bytes.concat(_ids[last == 0 ? 0 : 1], _content(0), _path(0), _content(last), _path(last));
        assert(!_migration.propose(GB, moved, edges));
        VM.prank(COLLEAGUE);
        assert(_migration.propose(GB, moved, edges));
    }

    function _gap(uint256 index) private view returns (bytes memory) {
        return bytes.concat(bytes32(index), _known(index));
    }

    function _known(uint256 index) private view returns (bytes memory) {
        return bytes.concat(_ids[index], _ids[(index + 1) % _ids.length], _content(index), _path(index));
    }

    function _content(uint256 index) private pure returns (bytes32) {
        return keccak256(abi.encode("content", index));
    }

    function _root() private view returns (bytes32) {
        return _node(0, _leaves.length, _leaves.length);
    }

    /// The node over the leaves from `from` on, of which there are `span` or as many as are left.
    function _node(uint256 from, uint256 span, uint256 count) private view returns (bytes32) {
        uint256 left = count - from < span ? count - from : span;
        if (left == 1) return _leaves[from];
        uint256 half = 1;
        while (half * 2 < left) {
            half *= 2;
        }
        return keccak256(abi.encode(_node(from, half, count), _node(from + half, left - half, count)));
    }

    function _path(uint256 index) private view returns (bytes memory path) {
        uint256 count = _leaves.length;
        for (uint256 span = 1; span < count; span *= 2) {
            uint256 sibling = ((index / span) ^ 1) * span;
            if (sibling < count) path = bytes.concat(path, _node(sibling, span, count));
        }
    }

    function _beside(uint256 first, uint256 length) private view returns (bytes memory siblings) {
        uint256 count = _leaves.length;
        uint256 last = first + length - 1;
        for (uint256 span = 1; span < count; span *= 2) {
            if (first / span % 2 == 1) {
                siblings = bytes.concat(siblings, _node((first / span - 1) * span, span, count));
            }
            uint256 right = (last / span + 1) * span;
            if (last / span % 2 == 0 && right < count) {
                siblings = bytes.concat(siblings, _node(right, span, count));
            }
        }
    }
}
