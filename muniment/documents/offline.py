"""Facts without a node: the block's header and storage proofs (EIP-1186) in the proof file, one trusted block hash.

`evidence` is {"header": RLP as 0x hex, "nodes": [RLP as 0x hex …]}: all trie nodes, in any order. Which accounts and
slots are read follows from the question alone, never from the file.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from muniment.chain.raw import encode_header
from muniment.chain.rpc import Rpc
from muniment.documents.facts import AnchorFacts, AsOf, Facts, KeyFacts, Question, Successor
from muniment.documents.merkle import keccak
from muniment.documents.model import WORD_BITS, AnchorKind, AnchorStatus
from muniment.documents.strict import JsonRefused, parse
from muniment.documents.trie import Nodes, TrieRefused, decode_rlp
from muniment.errors import Refused
from muniment.hashing import ZERO_HASH

# Where the contracts keep what is read here. tests/service/documents/test_chain.py holds it to the contracts.
RECORDS_SLOT = 0  # DocumentRegistry._records
SUCCESSOR, APPROVERS, WORDS = 1, 2, 4  # within a Record, in slots
AGENCIES_SLOT, KEYS_SLOT = 4, 6  # AgencyRegistry._agencies and .keyOf
OFFICERS = 3  # within an agency's Body, in slots
MOST_NODES = 1_000
FORMAT = "muniment-checkpoint-1"


class EvidenceRefused(ValueError):
    """The evidence cannot be read, or does not prove what is asked."""


@dataclass(frozen=True)
class Checkpoint:
    """Block hashes of one chain that somebody vouches for by name, and the two registries' addresses there."""

    name: str
    chain_id: int
    registry: str
    agencies: str
    blocks: frozenset[str]

    @classmethod
    def load(cls, path: Path) -> "Checkpoint":
        """Read a checkpoint file. Raises Refused."""
        try:
            value = parse(path.read_bytes())
            blocks = frozenset(str(block).lower() for block in value["blocks"])
            addresses = (value["registry"].lower(), value["agencies"].lower())
            loaded = cls(str(value["name"]), int(value["chainId"]), *addresses, blocks)
        except (OSError, JsonRefused, LookupError, TypeError, ValueError, AttributeError) as error:
            raise Refused("CheckpointRefused", path=str(path), reason=f"{type(error).__name__} {error}") from None
        if value.get("format") != FORMAT:
            raise Refused("CheckpointRefused", path=str(path), reason=f"its format is not {FORMAT}")
        return loaded

    def written(self) -> str:
        """The file's text."""
        value = {
            "format": FORMAT,
            "name": self.name,
            "chainId": self.chain_id,
            "registry": self.registry,
            "agencies": self.agencies,
            "blocks": sorted(self.blocks),
        }
        return json.dumps(value, indent=2) + "\n"


@dataclass(frozen=True)
class EvidenceSource:
    """Facts that a proof file's evidence proves against a checkpoint."""

    evidence: Mapping[str, Any] | None
    checkpoint: Checkpoint

    def facts(self, question: Question) -> Facts | None:
        """The facts at the evidence's block, or None when the evidence is missing, untrusted or unsound."""
        if self.evidence is None:
            return None
        try:
            return prove(self.evidence, self.checkpoint, question)
        except (EvidenceRefused, TrieRefused):
            return None


def prove(evidence: Mapping[str, Any], checkpoint: Checkpoint, question: Question) -> Facts:
    """The facts that evidence proves. Raises EvidenceRefused or TrieRefused, nothing else."""
    if (question.chain_id, question.registry) != (checkpoint.chain_id, checkpoint.registry):
        raise EvidenceRefused("the checkpoint is of another registry")
    header_raw, nodes = _evidence(evidence)
    block_hash = "0x" + keccak(header_raw).hex()
    if block_hash not in checkpoint.blocks:
        raise EvidenceRefused("the checkpoint does not vouch for the block")
    state_root, number, time = _header(header_raw)
    documents = _Account(nodes, state_root, checkpoint.registry)
    base = _mapped(_mapped(RECORDS_SLOT, question.issuer), question.root)
    anchor, threshold, approvals = _anchor(documents.word(base))
    facts_at = AsOf(number, block_hash, time, checkpoint.name)
    if anchor.kind is AnchorKind.NONE:
        return Facts(facts_at, None)
    index, bit = divmod(question.index, WORD_BITS)
    word = _mapped(base + WORDS, f"0x{index:064x}")
    successor = documents.word(base + SUCCESSOR) if anchor.status is AnchorStatus.SUPERSEDED else 0
    ids = [anchor.key_id] if anchor.kind is AnchorKind.OFFICER else _approvers(documents, base, approvals)
    agencies = _Account(nodes, state_root, checkpoint.agencies) if any(ids) else None
    return Facts(
        as_of=facts_at,
        anchor=anchor,
        keys=tuple(_key(agencies, question.issuer, one) for one in ids if one and agencies is not None),
        parties=ids.count(0),
        threshold=max(1, threshold),
        revoked=bool(documents.word(word) >> bit & 1),
        held=bool(documents.word(word + 1) >> bit & 1),
        successor=Successor(f"0x{successor:064x}", None) if successor else None,
    )


def collect(rpc: Rpc, question: Question, agencies: str, keys: Sequence[tuple[int, str]], block: str) -> dict[str, Any]:
    """Fetch evidence of one document at a block by its hash: `keys` are ids and addresses of the officers' keys.

    Raises RpcError, RpcUnavailable, Refused when the node does not give the header in a form that hashes to the block.
    """
    base = _mapped(_mapped(RECORDS_SLOT, question.issuer), question.root)
    word = _mapped(base + WORDS, f"0x{question.index // WORD_BITS:064x}")
    of_document = [base, base + SUCCESSOR, base + APPROVERS, base + APPROVERS + 1, word, word + 1]
    of_keys = [slot for number, key in keys for slot in _key_slots(question.issuer, number, key)]
    at = {"blockHash": block}
    asked = [("eth_getProof", [question.registry, [f"0x{slot:064x}" for slot in of_document], at])]
    asked.append(("eth_getProof", [agencies, [f"0x{slot:064x}" for slot in of_keys], at]))
    nodes: dict[str, None] = {}
    for answer in rpc.batch(asked):
        nodes |= dict.fromkeys(answer["accountProof"])
        for entry in answer["storageProof"]:
            nodes |= dict.fromkeys(entry["proof"])
    header = encode_header(rpc.call("eth_getBlockByHash", [block, False]))
    if "0x" + keccak(header).hex() != block:
        raise Refused("HeaderUnknown", block=block)
    return {"header": "0x" + header.hex(), "nodes": sorted(nodes)}


def _evidence(evidence: Mapping[str, Any]) -> tuple[bytes, Nodes]:
    header, nodes = evidence.get("header"), evidence.get("nodes")
    if evidence.keys() != {"header", "nodes"} or not isinstance(nodes, list) or len(nodes) > MOST_NODES:
        raise EvidenceRefused("evidence has a header and nodes, nothing else")
    return _hex(header), Nodes(_hex(node) for node in nodes)


def _hex(value: Any) -> bytes:
    if not isinstance(value, str) or not value.startswith("0x") or not value.isascii() or value != value.lower():
        raise EvidenceRefused("evidence is 0x hex")
    try:
        raw = bytes.fromhex(value[2:])
    except ValueError:
        raise EvidenceRefused("evidence is 0x hex") from None
    if len(raw) * 2 + 2 != len(value):  # fromhex forgives spaces
        raise EvidenceRefused("evidence is 0x hex")
    return raw


def _header(raw: bytes) -> tuple[bytes, int, int]:
    """State root, number and time of a header whose hash is trusted."""
    items = decode_rlp(raw)
    if not isinstance(items, list) or len(items) < 15:
        raise EvidenceRefused("the header is none")
    state_root, number, time = items[3], items[8], items[11]
    if isinstance(state_root, list) or isinstance(number, list) or isinstance(time, list):
        raise EvidenceRefused("the header is none")
    return state_root, int.from_bytes(number, "big"), int.from_bytes(time, "big")


class _Account:
    """A contract's storage at the block."""

    def __init__(self, nodes: Nodes, state_root: bytes, address: str) -> None:
        account = nodes.value(state_root, bytes.fromhex(address[2:]))
        items = decode_rlp(account) if account else None
        if not isinstance(items, list) or len(items) != 4 or not isinstance(items[2], bytes):
            raise EvidenceRefused("there is no such contract")
        self._nodes, self._root = nodes, items[2]

    def word(self, slot: int) -> int:
        """A storage slot; 0 where nothing was ever stored."""
        slot %= 2**256
        if self._root == _EMPTY_ROOT:
            return 0
        raw = self._nodes.value(self._root, slot.to_bytes(32, "big"))
        item = decode_rlp(raw) if raw else b""
        if isinstance(item, list) or len(item) > 32:
            raise EvidenceRefused("a slot holds no word")
        return int.from_bytes(item, "big")


_EMPTY_ROOT = keccak(b"\x80")


def _mapped(slot: int, key: str) -> int:
    """Where a mapping at `slot` keeps `key` (Solidity docs, "Layout of State Variables in Storage")."""
    return int.from_bytes(keccak(bytes.fromhex(key[2:].rjust(64, "0")) + (slot % 2**256).to_bytes(32, "big")), "big")


def _anchor(word: int) -> tuple[AnchorFacts, int, int]:
    """An Anchor's slot, lowest bits first, with its threshold and number of approvals."""
    issued_at, expires_at, key_id, count, kind, status, threshold, approvals = _fields(word, 40, 40, 32, 40, 8, 8, 8, 8)
    try:
        anchor = AnchorFacts(AnchorKind(kind), AnchorStatus(status), issued_at, expires_at, count, key_id)
    except ValueError:
        raise EvidenceRefused("the anchor's slot holds no anchor") from None
    return anchor, threshold, approvals


def _approvers(documents: _Account, base: int, approvals: int) -> list[int]:
    """Ids of the keys that co-signed, 0 for a party: eight to a slot."""
    words = documents.word(base + APPROVERS) | documents.word(base + APPROVERS + 1) << 256
    return [words >> 32 * place & 0xFFFFFFFF for place in range(min(approvals, 16))]


def _key_slots(agency: str, number: int, key: str) -> tuple[int, int]:
    return _mapped(KEYS_SLOT, f"0x{number:064x}"), _mapped(_mapped(AGENCIES_SLOT, agency) + OFFICERS, key)


def _key(agencies: _Account, agency: str, number: int) -> KeyFacts:
    """The record of the key with this id as an officer of the agency; of no agency when it never was one."""
    key = f"0x{agencies.word(_mapped(KEYS_SLOT, f'0x{number:064x}')):040x}"
    _, record = _key_slots(agency, number, key)
    scopes, not_before, not_after, compromised_since, _accredited, own_id = _fields(
        agencies.word(record), 64, 40, 40, 40, 40, 32
    )
    return KeyFacts(
        id=own_id,
        key=key,
        agency=agency if own_id == number else ZERO_HASH,
        scopes=scopes,
        not_before=not_before,
        not_after=not_after,
        compromised_since=compromised_since,
    )


def _fields(word: int, *sizes: int) -> list[int]:
    """A slot's packed members, the first in the lowest bits."""
    values = []
    for size in sizes:
        values.append(word & (1 << size) - 1)
        word >>= size
    return values
