"""Kinds of credentials: five known everywhere, and those that agencies define for themselves."""

import pytest
from eth_abi import encode
from eth_utils import keccak as keccak_bytes

from tests.contracts.credentials.conftest import kind
from tests.contracts.helpers import ZERO_ID, keccak, plain, reverts

KNOWN = {
    "E_RESIDENT": "residency",
    "ESTATE_AGENT": "licensing",
    "BANK": "licensing",
    "NOTARY": "licensing",
    "SURVEYOR": "licensing",
}


@pytest.fixture
def define(credentials, ids, state, admin):
    """Define a kind of the land agency's own; a test changes what it is about."""

    def send(name="CONTACT_PERSON", scope=state.scope.licensing, agency=ids.land, by=admin):
        return credentials.defineKind(agency, name, scope, {"from": by})

    return send


@pytest.mark.parametrize(("name", "scope"), KNOWN.items())
def test_known_everywhere(credentials, state, name, scope):
    """Must know five kinds from the start, each for any agency with one power."""
    assert str(getattr(credentials, name)()) == kind(name)
    assert plain(credentials.kindOf(kind(name))) == (getattr(state.scope, scope), ZERO_ID)


def test_known_kinds_are_told(credentials, state):
    """Must tell of the kinds known everywhere when it is made, so that events alone rebuild the state."""
    assert [dict(each) for each in credentials.tx.events["KindDefined"]] == [
        {"kind": kind(name), "agency": ZERO_ID, "name": name, "scope": getattr(state.scope, scope)}
        for name, scope in KNOWN.items()
    ]


def test_defined(credentials, ids, state, define):
    """Must derive the id as the interface says, keep power and agency, and tell so in one event."""
    tx = define()
    words = [keccak_bytes(text="Muniment.CredentialKind.v1"), bytes.fromhex(ids.land[2:])]
    words.append(keccak_bytes(text="CONTACT_PERSON"))
    made = "0x" + keccak_bytes(encode(["bytes32"] * 3, words)).hex()
    assert str(tx.return_value) == str(credentials.kindIdOf(ids.land, "CONTACT_PERSON")) == made
    assert plain(credentials.kindOf(made)) == (state.scope.licensing, ids.land)
    assert tx.events["KindDefined"] == {
        "kind": made,
        "agency": ids.land,
        "name": "CONTACT_PERSON",
        "scope": state.scope.licensing,
    }


def test_unknown(credentials):
    """Must answer with zero for a kind that nobody defined."""
    assert plain(credentials.kindOf(keccak("no kind"))) == (0, ZERO_ID)


def test_by_the_admin_alone(ids, define, other_admin, licensing_officer):
    """Must refuse everyone but the agency's admin."""
    for caller in (other_admin, licensing_officer):
        with reverts("NotAdmin", ids.land, caller):
            define(by=caller)


def test_defined_once(credentials, ids, define, other_admin):
    """Must refuse to define a kind again, and let another agency use the same name for a kind of its own."""
    made = str(define().return_value)
    with reverts("KindExists", made):
        define()
    assert str(define(agency=ids.tax, by=other_admin).return_value) != made


@pytest.mark.parametrize("name", ["", "K" * 65])
def test_name_has_a_length(ids, state, define, name):
    """Must refuse a name that is empty or too long."""
    with reverts("KindRefused", ids.land, state.scope.licensing):
        define(name=name)


def test_longest_name(define):
    """Must take a name of 64 bytes."""
    assert len(define(name="K" * 64).events["KindDefined"]["name"]) == 64


def test_one_power_of_the_agencys(agencies, ids, state, define, parent_admin):
    """Must refuse no power, two powers, and one that the agency does not have."""
    two = state.scope.licensing | state.scope.residency
    for scope in (0, two):
        with reverts("KindRefused", ids.land, scope):
            define(scope=scope)
    agencies.changeScopes(ids.land, state.scope.residency, {"from": parent_admin})
    with reverts("KindRefused", ids.land, state.scope.licensing):
        define()
    define(scope=state.scope.residency)
