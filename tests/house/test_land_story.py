"""What the land story counts: signatures in calls, those that the steps ask for, and the parts of a divided parcel."""

import importlib
from types import SimpleNamespace
from typing import Any

import pytest

from demo.__main__ import STORIES
from demo.stories.land_counts import asked, counted
from demo.stories.land_village import Village
from muniment.chain.abi import encode_call
from muniment.chain.events import Event
from muniment.hashing import ZERO_HASH

PARTY = "0x" + "11" * 32
CONSENT = {
    "name": "consent",
    "type": "tuple",
    "components": [{"name": "party", "type": "bytes32"}, {"name": "signature", "type": "bytes"}],
}
ABI: list[dict[str, Any]] = [
    {"type": "function", "name": "list", "inputs": [CONSENT | {"name": "consents", "type": "tuple[]"}]},
    {
        "type": "function",
        "name": "settle",
        "inputs": [{"name": "sales", "type": "tuple[]", "components": [CONSENT]}],
    },
    {"type": "function", "name": "multicall", "inputs": [{"name": "data", "type": "bytes[]"}]},
]
SIGNED, ATTESTED = (PARTY, "0x1234"), (PARTY, "0x")


def test_every_story_can_be_told() -> None:
    """Each story that `./run demo` offers must have a `tell`."""
    for name in STORIES:
        assert callable(importlib.import_module(f"demo.stories.{name}").tell), name


@pytest.mark.parametrize(
    ("function", "given", "signatures"),
    [
        ("list", [SIGNED, SIGNED, SIGNED], 3),
        ("list", [SIGNED, ATTESTED], 1),
        ("list", [], 0),
        ("settle", [(SIGNED,), (SIGNED,)], 2),
    ],
)
def test_signatures_are_counted_in_calls(function: str, given: list[Any], signatures: int) -> None:
    """Each signature that a call brings must count once, wherever it stands; where officers attested there is none."""
    assert counted(ABI, encode_call(ABI, function, [given])) == signatures


def test_signatures_of_several_calls_in_one_are_all_counted() -> None:
    """A transaction that takes two steps must count for both, and another contract's call for nothing."""
    listed = encode_call(ABI, "list", [[SIGNED, SIGNED]])
    settled = encode_call(ABI, "settle", [[(SIGNED,)]])
    assert counted(ABI, encode_call(ABI, "multicall", [[listed, settled]])) == 3
    assert counted(ABI, "0xdeadbeef") == 0


@pytest.mark.parametrize(("banks", "lends", "signatures"), [(True, True, 17), (True, False, 16), (False, False, 14)])
def test_the_steps_ask_for_signatures(banks: bool, lends: bool, signatures: int) -> None:
    """A couple that sells to one buyer, with an agent and a lien paid off, must sign as often as `IConveyance` says."""
    bank = PARTY if banks else ZERO_HASH
    papers = [
        ("SaleListed", {"listing": {"sellers": [PARTY, PARTY], "agent": PARTY, "sellersBank": bank}}),
        ("OfferAccepted", {"offer": {"shares": [PARTY], "buyersBank": bank}}),
        ("SaleFinanced", {"finance": {"mortgage": {"kind": int(lends)}}}),
        ("LienPaidOff", {}),
    ]
    assert asked([_event(name, arguments) for name, arguments in papers]) == signatures


def test_parcels_are_divided_along_their_middle(tmp_path: Any) -> None:
    """The two parts must lie side by side and be different land; the next telling must be of another village."""
    village = Village(SimpleNamespace(folder=tmp_path))  # type: ignore[arg-type]
    first, second = village.halves("1:1")
    assert first.hash != second.hash
    assert first.box[2] == second.box[0]
    assert village.number == 1
    assert Village(SimpleNamespace(folder=tmp_path)).ref("1:1") != village.ref("1:1")  # type: ignore[arg-type]


def _event(name: str, arguments: dict[str, Any]) -> Event:
    return Event("Conveyance", name, arguments, ZERO_HASH, 1, ZERO_HASH, 0, ZERO_HASH, 0)
