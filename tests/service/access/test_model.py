"""Agencies: ids, powers and standings as the contract has them."""

import pytest

from muniment.access.model import (
    KeyStanding,
    Officer,
    Scope,
    agency_id,
    agency_named,
    domain_hash,
    scopes_of,
)
from muniment.chain.abi import encode_call
from muniment.hashing import ZERO_HASH
from tests.service.conftest import Chain

KEY = "0x" + "11" * 20


def ask(chain: Chain, contract: str, function: str, *arguments: object) -> str:
    """Call a view function; return the answer's hex."""
    info = chain.deployment.contracts[contract]
    call = {"to": info.address, "data": encode_call(info.abi, function, arguments)}
    return str(chain.rpc.call("eth_call", [call, "latest"]))


def test_agency_ids_are_those_of_the_contract(chain: Chain) -> None:
    """An agency's id must come out of its domain as on chain, however the domain's letters are written."""
    hashed = domain_hash(" Land.Example.GOV ")
    assert hashed == domain_hash("land.example.gov")
    land = ask(chain, "AgencyRegistry", "agencyIdOf", ZERO_HASH, hashed)
    assert land == agency_id(ZERO_HASH, hashed) == agency_named("Land.example.gov")
    below = ask(chain, "AgencyRegistry", "agencyIdOf", land, domain_hash("north.example.gov"))
    assert below == agency_named("land.example.gov/north.example.gov")


@pytest.mark.parametrize("scope", list(Scope))
def test_powers_are_the_bits_of_the_contract(chain: Chain, scope: Scope) -> None:
    """Each power must stand for the bit that the contract gives it."""
    assert int(ask(chain, "AgencyRegistry", str(scope.name)), 16) == scope


def test_an_unknown_power_is_shown_and_not_dropped() -> None:
    """A bit that this version has no name for must stay visible."""
    assert scopes_of(0b11 | 1 << 60) == ("LAND_REGISTRAR", "COURT", "BIT_60")


@pytest.mark.parametrize(
    ("time", "standing"),
    [
        (99, KeyStanding.NOT_YET),
        (100, KeyStanding.CURRENT),
        (149, KeyStanding.CURRENT),
        (150, KeyStanding.COMPROMISED),
        (250, KeyStanding.COMPROMISED),
    ],
)
def test_compromise_wins_over_every_standing(time: int, standing: KeyStanding) -> None:
    """A key must be judged by its period, and from its compromise on by that alone."""
    officer = Officer(KEY, "0x", Scope.COURT, 100, 200, 150, 0)
    assert officer.standing_at(time) is standing


def test_a_key_is_retired_from_its_end_on() -> None:
    """The end of a key's period must not belong to it."""
    officer = Officer(KEY, "0x", Scope.COURT, 100, 200, None, 0)
    assert [officer.standing_at(time) for time in (199, 200)] == [KeyStanding.CURRENT, KeyStanding.RETIRED]
