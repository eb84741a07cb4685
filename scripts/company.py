"""What of companies the service does not do: an agency's rules (its admin), striking off and a court's orders.

The latter two take two registrars, one after the other.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path
from typing import Any

from eth_abi import encode
from eth_utils import keccak

from scripts.common import cases, session, settings, two_officers
from scripts.common.acts import Act, perform
from scripts.common.agencies import when
from scripts.common.cases import credential_kind, shown
from scripts.common.registries import NOBODY, Registries, agency_of, checksum, open_registries
from scripts.common.session import Session
from scripts.common.settings import Misused, Refused
from scripts.common.two_officers import Kind, Plan, Values

NO_ADDRESS = "0x" + "00" * 20
FILE = "(uint8,bytes32[],bytes32,bytes32,bytes32)"  # CompanyFile of ICompanyRegistry
FIELDS = ("threshold", "board", "contact", "articles", "address_hash")


class Status(IntEnum):
    """As in ICompanyRegistry."""

    NONE, RESERVED, SIGNED, ENTERED, RELEASED, STRUCK_OFF = range(6)


def options() -> argparse.ArgumentParser:
    """The command line: a verb and what belongs to it."""
    parser = argparse.ArgumentParser(description="Rules for companies, striking off, a court's orders.", allow_abbrev=False)
    rules = session.verbs(parser)("set-rules", "say what an agency asks of companies: by its admin")
    rules.add_argument("--agency", required=True, metavar="NAME|ID", help=cases.NAMED)
    rules.add_argument("--fee", type=int, default=0, metavar="UNITS", help="in the token's smallest units; 0 for none")
    rules.add_argument("--fee-token", metavar="ADDRESS", help="an ERC-20 token; without, registrars attest the fee")
    rules.add_argument("--payee", metavar="ADDRESS", help="who receives it")
    rules.add_argument("--contact-kind", metavar="NAME", help="the credential of a contact person; without, none")
    rules.add_argument(
        "--founder-kind", action="append", default=[], metavar="NAME", help="a founder holds one of these; may be repeated"
    )
    return parser
