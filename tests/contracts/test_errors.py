"""The catalogue of custom errors against the tests that raise them."""

import json
import re
from pathlib import Path

import pytest
from brownie import interface

INTERFACES = (
    "IAgencyRegistry",
    "IBallotBox",
    "ICompanyRegistry",
    "IConveyance",
    "ICredentialRegistry",
    "IDocumentRegistry",
    "ILienRegistry",
    "IPartyNonces",
    "IPartyRegistry",
    "ISaleEscrow",
    "ITitleMigration",
    "ITitleRegistry",
    "ITrusteeCeremony",
)


@pytest.mark.parametrize("name", INTERFACES)
def test_every_error_is_raised(name):
    """Must have a test that raises each error of the interfaces with the very values that failed."""
    tests = "\n".join(path.read_text() for path in Path(__file__).parent.glob("*/test_*.py"))
    raised = set(re.findall(r'reverts\(\s*"(\w+)"', tests)) | hostile_ballots()
    errors = {item["name"] for item in getattr(interface, name).abi if item["type"] == "error"}
    assert errors - raised == set()


def hostile_ballots():
    """Errors that hostile ballots of the shared vectors raise (ballots/test_corpus.py)."""
    cases = json.loads((Path(__file__).parents[1] / "vectors" / "ballots_hostile.json").read_text())["ballots"]
    return {case["error"] for case in cases}
