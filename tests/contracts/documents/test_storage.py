"""Where the contracts keep what an offline proof shows: a proof names slots, so they are part of the promise."""

from brownie import web3
from eth_utils import keccak

from muniment.documents import offline
from tests.contracts.documents.trees import HOLD, OTHER_ROOT, ROOT
from tests.contracts.helpers import plain


def mapped(slot, key):
    """Where a mapping at `slot` keeps `key`, a number or hex text."""
    word = key if isinstance(key, int) else int(str(key), 16)
    return int.from_bytes(keccak(word.to_bytes(32, "big") + slot.to_bytes(32, "big")), "big")


def read(contract, slot):
    """A storage word as a number."""
    return int.from_bytes(web3.eth.get_storage_at(contract.address, slot), "big")


def unpacked(word, *widths):
    """The fields of a word, lowest bits first."""
    fields = []
    for width in widths:
        fields.append(word & ((1 << width) - 1))
        word >>= width
    return tuple(fields)


def test_anchor_and_words(documents, ids, issuer, issue):
    """Must keep a root's record at _records[issuer][root]: anchor, successor, then the words, revoked before held."""
    issue()
    issue(OTHER_ROOT)
    documents.revoke(ids.land, ROOT, 300, 1, {"from": issuer})
    documents.revoke(ids.land, ROOT, 301, HOLD, {"from": issuer})
    documents.supersedeRoot(ids.land, ROOT, OTHER_ROOT, {"from": issuer})
    base = mapped(mapped(offline.RECORDS_SLOT, ids.land), ROOT)
    anchor = unpacked(read(documents, base), 40, 40, 32, 40, 8, 8, 8, 8)
    assert anchor == tuple(documents.anchorOf(ids.land, ROOT))
    assert read(documents, base + offline.SUCCESSOR) == int(OTHER_ROOT, 16)
    word = mapped(base + offline.WORDS, 1)
    assert (read(documents, word), read(documents, word + 1)) == (1 << 44, 1 << 45)


def test_approvers(documents, ids, board):
    """Must keep the numbers of the keys that co-signed eight to a slot, the first in the lowest bits."""
    board.send([0, 1, 3])
    base = mapped(mapped(offline.RECORDS_SLOT, ids.land), ROOT)
    packed = read(documents, base + offline.APPROVERS)
    assert unpacked(packed, 32, 32, 32) == plain(documents.approversOf(ids.land, ROOT))


def test_keys(agencies, ids, issuer):
    """Must keep a key by its number, and its record under its agency."""
    officer = agencies.officerOf(issuer)
    assert read(agencies, mapped(offline.KEYS_SLOT, officer["id"])) == int(str(issuer), 16)
    record = mapped(mapped(offline.AGENCIES_SLOT, ids.land) + offline.OFFICERS, str(issuer))
    assert unpacked(read(agencies, record), 64, 40, 40, 40, 40, 32) == tuple(officer)[1:]
