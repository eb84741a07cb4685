"""What officers say of a case: which party it is about, and what they were shown."""

import argparse
import secrets
from pathlib import Path
from typing import Any

from eth_utils import keccak

from scripts.common import settings
from scripts.common.registries import Registries, agency_of
from scripts.common.session import Session
from scripts.common.settings import Misused, Refused

NAMED = "its domain, or the domains from the top down where agencies stand above it: a.gov/b.gov"


def party_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that name a party of an agency."""
    parser.add_argument("--agency", required=True, metavar="NAME|ID", help=f"the party's agency: {NAMED}")
    parser.add_argument("--commitment", required=True, metavar="HASH", help="of the party's record")


def evidence_options(
    parser: argparse.ArgumentParser,
    flag: str = "--evidence",
    what: str = "what you were shown",
    *,
    required: bool = True,
) -> None:
    """Add the options that say what an act rests on."""
    parser.add_argument(
        flag,
        dest="evidence",
        required=required,
        action="append",
        metavar="FILE|HASH",
        help=f"{what}: files (repeat the option), or their salted hash",
    )
    parser.add_argument("--salt", metavar="FILE", help="for files: the case's salt, made there if none; keep it safe")


def read(args: argparse.Namespace) -> None:
    """Check these options, where a verb has them. Raises Misused."""
    if getattr(args, "commitment", None):
        args.commitment = settings.hash32(args.commitment, "a commitment")
    given = getattr(args, "evidence", None) or []
    hashes = [text for text in given if text.startswith("0x")]
    if hashes and len(given) > 1:
        raise Misused("Evidence is one salted hash, or files; not both.")
    for text in hashes:
        settings.hash32(text, "the evidence")
    if given and not hashes:
        if not args.salt:
            raise Misused("Evidence from files needs --salt, a file for the case's salt; it is made when missing.")
        for text in given:
            _content(text, "the evidence")


def party_of(registries: Registries, args: argparse.Namespace) -> tuple[bytes, bytes, bytes]:
    """The agency, the commitment and the party that the options name. Raises Refused for an unknown agency."""
    agency, _ = agency_of(registries, args.agency)
    commitment = bytes.fromhex(args.commitment[2:])
    return agency, commitment, party_id(registries, {"agency": agency, "commitment": commitment})


def party_id(registries: Registries, values: dict[str, Any]) -> bytes:
    """The party that a call's `agency` and `commitment` name."""
    parties = registries.contract("PartyRegistry").functions
    return bytes(parties.partyIdOf(values["agency"], values["commitment"]).call())


def credential_kind(registries: Registries, agency: bytes | None, name: str) -> bytes:
    """The kind of credential that a name means: one known everywhere, else the agency's own. Raises Refused."""
    contract = registries.contract("CredentialRegistry")
    functions = contract.functions
    kind = name.encode().ljust(32, b"\0")
    if len(kind) == 32 and functions.kindOf(kind).call()[0]:
        return kind
    own = bytes(functions.kindIdOf(agency, name).call()) if agency else kind[:32]
    if not functions.kindOf(own).call()[0]:
        constants = [entry["name"] for entry in contract.abi if entry["type"] == "function" and not entry["inputs"]]
        known = ", ".join(word for word in constants if word.isupper() and word != "AGENCIES")
        raise Refused(
            f"There is no credential “{name}”; known everywhere are {known}. An agency's own needs --agency, and "
            "its admin makes one with issue_credential define. Nothing was sent."
        )
    return own


def evidence_of(session: Session) -> bytes:
    """The salted hash of the evidence: as given, or keccak256(salt ‖ the files' keccak256 hashes in ascending order).

    Makes the salt's file where it is missing, but not on a dry run, nor for a second officer. Raises Misused.
    """
    given = session.args.evidence
    if given[0].startswith("0x"):
        return bytes.fromhex(given[0][2:])
    if session.args.verb == "confirm" and not Path(session.args.salt).exists():
        raise Misused(f"There is no salt {session.args.salt}; take the one of the case.")
    salt = _salt(Path(session.args.salt), keep=not session.args.dry_run)
    return keccak(salt + b"".join(sorted(keccak(_content(name, "the evidence")) for name in given)))


def order_of(text: str | None) -> bytes:
    """The hash of a court's order or another decision: as given, or keccak256 of the file. 32 zeros for none."""
    if text is None:
        return bytes(32)
    if text.startswith("0x"):
        return bytes.fromhex(settings.hash32(text, "an order")[2:])
    return keccak(_content(text, "an order"))


def shown(value: Any) -> str:
    """An id or a hash as hex."""
    return "0x" + bytes(value).hex()


def _content(name: str, what: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise Misused(f"{what.capitalize()} {name} cannot be read: {error.strerror}.") from None


def _salt(path: Path, *, keep: bool) -> bytes:
    try:
        text = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        made = secrets.token_bytes(32)
        if keep:
            path.touch(mode=0o600, exist_ok=False)
            path.write_text(f"0x{made.hex()}\n", encoding="ascii")
        return made
    except (OSError, ValueError):
        raise Misused(f"The salt {path} cannot be read.") from None
    return bytes.fromhex(settings.hash32(text, "a salt")[2:])
