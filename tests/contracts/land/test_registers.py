"""Registers: the root gives the keeping of a jurisdiction's register to an agency."""

import pytest

from tests.contracts.helpers import (
    AUTHORITATIVE,
    CLOSED,
    MIRROR,
    NO_STATUS,
    ZERO_ID,
    jurisdiction,
    keccak,
    plain,
    reverts,
)
from tests.contracts.land.conftest import GB

SCOTLAND = jurisdiction("GB-SCT")


def test_set(titles, ids, root):
    """Must store keeper and legal status, and tell so in one event."""
    tx = titles.setRegister(SCOTLAND, ids.land, AUTHORITATIVE, {"from": root})
    assert plain(titles.registerOf(SCOTLAND)) == (ids.land, AUTHORITATIVE)
    assert tx.events["RegisterSet"] == {"jurisdiction": SCOTLAND, "agency": ids.land, "status": AUTHORITATIVE}


def test_unset_register_is_all_zero(titles):
    """Must answer with an empty record where nobody keeps a register."""
    assert plain(titles.registerOf(SCOTLAND)) == (ZERO_ID, NO_STATUS)


def test_by_the_present_root(titles, agencies, ids, root, proposed):
    """Must follow the agency registry's root when it moves."""
    agencies.proposeRoot(proposed, {"from": root})
    agencies.acceptRoot({"from": proposed})
    with reverts("NotRoot", root):
        titles.setRegister(SCOTLAND, ids.land, MIRROR, {"from": root})
    titles.setRegister(SCOTLAND, ids.land, MIRROR, {"from": proposed})


def test_register_is_complete(titles, agencies, ids, root):
    """Must refuse a register without jurisdiction or status, or kept by an agency that is not active."""
    nowhere, nobody = jurisdiction(""), keccak("nobody")
    agencies.changeStatus(ids.tax, CLOSED, {"from": root})
    for wrong in [
        (nowhere, ids.land, MIRROR),
        (SCOTLAND, ids.land, NO_STATUS),
        (SCOTLAND, nobody, MIRROR),
        (SCOTLAND, ids.asleep, MIRROR),
        (SCOTLAND, ids.tax, MIRROR),
    ]:
        with reverts("RegisterRefused", *wrong):
            titles.setRegister(*wrong, {"from": root})


def test_keeper_changes(titles, ids, root, registrar, other_officer, entry):
    """Must take entries from the present keeper's registrars alone."""
    titles.setRegister(GB, ids.tax, MIRROR, {"from": root})
    with reverts("NotKeeper", GB, ids.land):
        titles.register(GB, entry(), {"from": registrar})
    titles.register(GB, entry(), {"from": other_officer})


@pytest.mark.parametrize("code", ["SE", "GB-SCT", ""])
def test_unknown_register(titles, registrar, entry, code):
    """Must refuse entries where nobody keeps a register."""
    with reverts("RegisterUnknown", jurisdiction(code)):
        titles.register(jurisdiction(code), entry(), {"from": registrar})
    with reverts("RegisterUnknown", jurisdiction(code)):
        titles.registerBatch(jurisdiction(code), [entry()], {"from": registrar})
