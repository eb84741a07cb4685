"""Titles: ids as the contract has them, references, exact shares."""

from fractions import Fraction
from math import lcm

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muniment.chain.abi import encode_call
from muniment.errors import Refused
from muniment.land.model import (
    Entry,
    Grade,
    Share,
    entry_body,
    entry_of,
    jurisdiction_bytes,
    normalise_ref,
    title_id,
    whole_shares,
)
from tests.service.conftest import Chain

A, B, C = ("0x" + digit * 64 for digit in "abc")


@pytest.mark.parametrize(("jurisdiction", "ref"), [("GB", "landregistry-index:1"), ("GB-SCT", "Gävle Torp 1:1")])
def test_title_ids_are_those_of_the_contract(chain: Chain, jurisdiction: str, ref: str) -> None:
    """A title's id must be known before its transaction, so it must come out as on chain."""
    contract = chain.deployment.contracts["TitleRegistry"]
    data = encode_call(contract.abi, "titleIdOf", ("0x" + jurisdiction_bytes(jurisdiction).hex(), ref))
    assert title_id(jurisdiction, ref) == chain.rpc.call("eth_call", [{"to": contract.address, "data": data}, "latest"])


@pytest.mark.parametrize("code", ["", "gb", "GBR1", "GB-", "GB-TOOL", "GB\0", "ÅÄ", "GB\n"])
def test_what_is_no_jurisdiction_is_refused(code: str) -> None:
    """Only ISO 3166 codes must name a register."""
    with pytest.raises(Refused, match="JurisdictionRefused"):
        jurisdiction_bytes(code)


def test_equal_looking_references_are_equal() -> None:
    """Composed and decomposed letters, and spaces around, must not make two titles of one parcel."""
    assert normalise_ref("  Ga\u0308vle 1:1 ") == "Gävle 1:1"


@pytest.mark.parametrize("ref", ["", "  ", "x" * 101, "ä" * 51, "a\nb", "a\x00b", "\ud800"])
def test_references_that_no_contract_takes_are_refused(ref: str) -> None:
    """A reference must have 1 to 100 bytes of readable text."""
    with pytest.raises(Refused, match="Reference"):
        normalise_ref(ref)


def test_a_reference_of_exactly_100_bytes_passes() -> None:
    """The longest reference that the contract takes must be taken here."""
    assert normalise_ref("ä" * 50) == "ä" * 50


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=32))
def test_shares_stay_exact(weights: list[int]) -> None:
    """Shares must keep their exact value, ascend by holder, and sum to the denominator."""
    total = sum(weights)
    parts = [(f"0x{n:064x}", Fraction(weight, total)) for n, weight in enumerate(weights, start=1)]
    if lcm(*(part.denominator for _, part in parts)) >= 1 << 64:
        return
    denominator, shares = whole_shares(reversed(parts))
    assert [(share.holder, Fraction(share.numerator, denominator)) for share in shares] == parts
    assert sum(share.numerator for share in shares) == denominator


def test_a_sole_holder_has_one_of_one() -> None:
    """The contract takes a sole holder's share only as 1/1, however it was written."""
    assert whole_shares([(A, Fraction(7, 7))]) == (1, (Share(A, 1),))


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        ([], "HoldersRefused"),
        ([(f"0x{n:064x}", Fraction(1, 33)) for n in range(33)], "HoldersRefused"),
        ([(A, Fraction(1, 2)), (A, Fraction(1, 2))], "HolderTwice"),
        ([(A, Fraction(1)), (B, Fraction(0))], "ShareMissing"),
        ([(A, Fraction(3, 2)), (B, Fraction(-1, 2))], "ShareMissing"),
        ([(A, Fraction(1, 2)), (B, Fraction(1, 3))], "SharesNotWhole"),
        ([(A, Fraction(1, 2**61 - 1)), (B, Fraction(1, 1009)), (C, 1 - Fraction(1, 2**61 - 1) - Fraction(1, 1009))],
         "SharesTooFine"),
    ],
)  # fmt: skip
def test_shares_that_are_not_whole_are_refused(parts: list[tuple[str, Fraction]], name: str) -> None:
    """Holders must be 1 to 32 different ones, with shares above 0 that sum to exactly 1 and fit the contract."""
    with pytest.raises(Refused, match=name):
        whole_shares(parts)


def test_an_entry_survives_the_outbox() -> None:
    """An entry must come back from its JSON body unchanged, large denominators too."""
    shares = (Share(A, 1), Share(B, 2**63 - 1))
    entry = Entry("GB", "x", C, 5, Grade.ABSOLUTE, 2**63, shares, B, 20240331)
    body = entry_body(entry)
    assert body["denominator"] == str(2**63)
    assert entry_of(body) == entry
