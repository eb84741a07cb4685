// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPartyRegistry} from "../../interfaces/identity/IPartyRegistry.sol";
import {AgencyId, IAgencyRegistry} from "../../interfaces/access/IAgencyRegistry.sol";
import {
    Anchor,
    AnchorStatus,
    Approval,
    IDocumentRegistry,
    Issue,
    IssuerId,
    Policy,
    PolicyId,
    SchemaId,
    WordBits
} from "../../interfaces/documents/IDocumentRegistry.sol";
import {Built} from "./Built.sol";
import {VM} from "./Vm.sol";

/// An agency that issues, holds, revokes, releases and supersedes a few roots in any order, and keeps its own book.
contract Archive {
    uint256 public constant ROOTS = 4;
    uint40 private constant COUNT = 300;
    uint8 private constant HOLD = 6;
    uint256 private constant KEY = 0xa11ce;
    uint256 private constant START = 1_767_225_600;

    IAgencyRegistry public immutable AGENCIES =
        IAgencyRegistry(Built.create("AgencyRegistry", abi.encode(address(this))));
    IPartyRegistry public immutable PARTIES = IPartyRegistry(Built.create("PartyRegistry", abi.encode(AGENCIES)));
    IDocumentRegistry public immutable DOCUMENTS =
        IDocumentRegistry(Built.create("DocumentRegistry", abi.encode(AGENCIES, PARTIES)));
    AgencyId private immutable AGENCY;
    IssuerId public immutable ISSUER;
    uint256 private _time = START;

    /// The anchor as it was first written.
    mapping(bytes32 root => Anchor anchor) private _first;
    /// The documents that were ever revoked for good, by the answers to what was asked.
    mapping(bytes32 root => mapping(uint32 word => uint256 bits)) public gone;
    /// The documents on hold: asked for, and not released since.
    mapping(bytes32 root => mapping(uint32 word => uint256 bits)) public kept;
    mapping(bytes32 root => bool) public rootGone;
    mapping(bytes32 root => bytes32 next) public successor;
    mapping(uint256 nonce => uint256 times) public uses;

    constructor() {
        VM.warp(START);
        AGENCY =
            AGENCIES.registerAgency(AgencyId.wrap(0), address(this), type(uint64).max, keccak256("uni.example.gov"));
        ISSUER = IssuerId.wrap(AgencyId.unwrap(AGENCY));
        AGENCIES.accredit(AGENCY, address(this), AGENCIES.DOCUMENT_ISSUER(), 0, type(uint40).max);
        AGENCIES.accredit(AGENCY, VM.addr(KEY), AGENCIES.DOCUMENT_ISSUER(), 0, type(uint40).max);
        DOCUMENTS.setPolicy(AGENCY, _policy(), true);
    }

    function issue(uint256 which) external {
        try DOCUMENTS.issue(AGENCY, _entry(which)) {
            _first[rootAt(which)] = DOCUMENTS.anchorOf(ISSUER, rootAt(which));
        } catch {}
    }

    /// Co-signed, over nonces that often meet again.
    function issueCoSigned(uint256 which, uint256 nonce) external {
        nonce = 250 + nonce % 12;
        try DOCUMENTS.issueCoSigned(
            AGENCY, _entry(which), _policy(), nonce, type(uint256).max, _approvals(which, nonce)
        ) {
            ++uses[nonce];
            _first[rootAt(which)] = DOCUMENTS.anchorOf(ISSUER, rootAt(which));
        } catch {}
    }

    function cancelNonce(uint256 nonce) external {
        nonce = 250 + nonce % 12;
        try DOCUMENTS.cancelNonce(ISSUER, nonce) {
            ++uses[nonce];
        } catch {}
    }

    function revoke(uint256 which, uint256 index, bool hold) external {
        bytes32 root = rootAt(which);
        // Two whole words, to meet the bound.
        index %= 512;
        try DOCUMENTS.revoke(ISSUER, root, uint40(index), hold ? HOLD : 1) {
            _note(root, uint32(index >> 8), 1 << (index & 0xff), hold);
        } catch {}
    }

    function revokeWords(uint256 which, uint256 bits, uint256 others, bool hold) external {
        bytes32 root = rootAt(which);
        WordBits[] memory words = new WordBits[](2);
        words[0] = WordBits(0, bits);
        words[1] = WordBits(1, others % (1 << (COUNT - 256)));
        try DOCUMENTS.revokeWords(ISSUER, root, words, hold ? HOLD : 1) {
            _note(root, 0, bits, hold);
            _note(root, 1, words[1].bits, hold);
        } catch {}
    }

    function releaseWord(uint256 which, uint256 word, uint256 bits) external {
        bytes32 root = rootAt(which);
        uint32 place = uint32(word % 2);
        try DOCUMENTS.releaseWord(ISSUER, root, place, bits) {
            kept[root][place] &= ~bits;
        } catch {}
    }

    function revokeRoot(uint256 which, bool hold) external {
        try DOCUMENTS.revokeRoot(ISSUER, rootAt(which), hold ? HOLD : 1) {
            if (!hold) rootGone[rootAt(which)] = true;
        } catch {}
    }

    function releaseRoot(uint256 which) external {
        try DOCUMENTS.releaseRoot(ISSUER, rootAt(which)) {} catch {}
    }

    function supersedeRoot(uint256 which, uint256 by) external {
        try DOCUMENTS.supersedeRoot(ISSUER, rootAt(which), rootAt(by)) {
            successor[rootAt(which)] = rootAt(by);
        } catch {}
    }

    function supersede(uint256 which, uint256 index, uint256 by, uint256 next) external {
        bytes32 root = rootAt(which);
        index %= COUNT;
        try DOCUMENTS.supersede(ISSUER, root, uint40(index), rootAt(by), uint40(next % COUNT)) {
            _note(root, uint32(index >> 8), 1 << (index & 0xff), false);
        } catch {}
    }

    function wait(uint256 period) external {
        _time += period % 30 days;
        VM.warp(_time);
    }

    function rootAt(uint256 which) public pure returns (bytes32) {
        return bytes32(0x1000 + which % ROOTS);
    }

    function first(bytes32 root) external view returns (Anchor memory) {
        return _first[root];
    }

    function _note(bytes32 root, uint32 word, uint256 bits, bool hold) private {
        // What is revoked cannot be put on hold, so a hold on it is no hold.
        if (hold) kept[root][word] |= bits & ~gone[root][word];
        else gone[root][word] |= bits;
    }

    function _entry(uint256 which) private pure returns (Issue memory) {
        return Issue({root: rootAt(which), schema: SchemaId.wrap(0), count: COUNT, expiresAt: 0});
    }

    function _policy() private pure returns (Policy memory policy) {
        policy.threshold = 1;
        policy.members = new bytes32[](1);
        policy.members[0] = bytes32(uint256(uint160(VM.addr(KEY))));
    }

    function _approvals(uint256 which, uint256 nonce) private view returns (Approval[] memory approvals) {
        Issue memory entry = _entry(which);
        PolicyId policy = DOCUMENTS.policyIdOf(AGENCY, _policy());
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "Approval(bytes32 issuer,bytes32 root,bytes32 schema,uint40 count,uint40 expiresAt,"
                    "bytes32 policy,uint256 nonce,uint256 deadline)"
                ),
                ISSUER,
                entry.root,
                entry.schema,
                entry.count,
                entry.expiresAt,
                policy,
                nonce,
                type(uint256).max
            )
        );
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Muniment DocumentRegistry"),
                keccak256("1"),
                block.chainid,
                address(DOCUMENTS)
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(KEY, keccak256(abi.encodePacked("\x19\x01", domain, structHash)));
        approvals = new Approval[](1);
        approvals[0] = Approval(_policy().members[0], abi.encodePacked(r, s, v));
    }
}

/// @title What holds of documents, whatever is asked in whichever order
contract DocumentsTest {
    Archive private _archive;
    IDocumentRegistry private _documents;
    IssuerId private _issuer;

    function setUp() external {
        _archive = new Archive();
        _documents = _archive.DOCUMENTS();
        _issuer = _archive.ISSUER();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_archive);
    }

    /// What was revoked for good must stay so: the registry's bits are exactly those of the book.
    function invariant_finalRevocationIsNeverLifted() external view {
        for (uint256 i = 0; i < _archive.ROOTS(); ++i) {
            bytes32 root = _archive.rootAt(i);
            for (uint32 word = 0; word < 2; ++word) {
                (uint256 revoked,) = _documents.wordOf(_issuer, root, word);
                assert(revoked == _archive.gone(root, word));
            }
        }
    }

    /// A hold must last until it is released, and a release must lift nothing but holds.
    function invariant_releaseLiftsHoldsAlone() external view {
        for (uint256 i = 0; i < _archive.ROOTS(); ++i) {
            bytes32 root = _archive.rootAt(i);
            for (uint32 word = 0; word < 2; ++word) {
                (uint256 revoked, uint256 held) = _documents.wordOf(_issuer, root, word);
                assert(held & ~revoked == _archive.kept(root, word) & ~revoked);
            }
        }
    }

    /// No bit must be set beyond the count.
    function invariant_bitsLieWithinTheCount() external view {
        for (uint256 i = 0; i < _archive.ROOTS(); ++i) {
            bytes32 root = _archive.rootAt(i);
            (uint256 revoked, uint256 held) = _documents.wordOf(_issuer, root, 1);
            assert((revoked | held) >> 44 == 0);
        }
    }

    /// An anchor must never change but for its status.
    function invariant_anchorsAreWrittenOnce() external view {
        for (uint256 i = 0; i < _archive.ROOTS(); ++i) {
            bytes32 root = _archive.rootAt(i);
            Anchor memory present = _documents.anchorOf(_issuer, root);
            present.status = AnchorStatus.Standing;
            assert(keccak256(abi.encode(present)) == keccak256(abi.encode(_archive.first(root))));
        }
    }

    /// A root that was revoked must stay so; one that has a successor must not stand or be on hold again.
    function invariant_rootsEndForGood() external view {
        for (uint256 i = 0; i < _archive.ROOTS(); ++i) {
            bytes32 root = _archive.rootAt(i);
            AnchorStatus status = _documents.anchorOf(_issuer, root).status;
            assert(_archive.rootGone(root) == (status == AnchorStatus.Revoked));
            assert(_documents.successorOf(_issuer, root) == _archive.successor(root));
            if (_archive.successor(root) != bytes32(0)) {
                assert(status == AnchorStatus.Superseded || status == AnchorStatus.Revoked);
            }
        }
    }

    /// A chain of successors must end.
    function invariant_successorsFormNoCircle() external view {
        for (uint256 i = 0; i < _archive.ROOTS(); ++i) {
            bytes32 root = _archive.rootAt(i);
            uint256 steps;
            while (root != bytes32(0)) {
                assert(steps++ < _archive.ROOTS());
                root = _documents.successorOf(_issuer, root);
            }
        }
    }

    /// A nonce must serve once, for an issue or its own cancelling, and be told as used from then on.
    function invariant_nonceServesOnce() external view {
        for (uint256 nonce = 250; nonce < 262; ++nonce) {
            assert(_archive.uses(nonce) <= 1);
            assert(_documents.nonceUsed(_issuer, nonce) == (_archive.uses(nonce) == 1));
        }
    }
}
