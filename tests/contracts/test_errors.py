"""The catalogue of custom errors against the tests that raise them."""

import re
from pathlib import Path

import pytest
from brownie import interface

INTERFACES = (
    "IAgencyRegistry",
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
    raised = set(re.findall(r'reverts\(\s*"(\w+)"', tests))
    errors = {item["name"] for item in getattr(interface, name).abi if item["type"] == "error"}
    assert errors - raised == set()
