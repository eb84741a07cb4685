"""`muniment ballots receipt`: whether a relay's receipt holds, whose it is, and what became of its ballot."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from muniment.access.model import KeyStanding
from muniment.ballots.receipts import BallotReceipt, check, read
from muniment.ballots.receipts_on_chain import BoxOnChain, Fate, Found, fate_of, read_box, standing_of
from muniment.ballots.verifying.published import json_of
from muniment.chain.connected import Connected
from muniment.cli.console import AsJson, emit_json, say
from muniment.config import Settings
from muniment.errors import Refused

_NOT_THEN = {
    KeyStanding.UNKNOWN: "The agency has not accredited this key on the chain",
    KeyStanding.NOT_YET: "The agency accredited this key on the chain only after that time",
    KeyStanding.RETIRED: "The agency had retired this key on the chain by that time",
}
LARGEST = 2**20  # bytes; a ballot of 64 options at 15 points takes a tenth


def run(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The receipt, as the voter's page saved it.")],
    rpc: Annotated[list[str] | None, typer.Option(help="A node; may be repeated. Else those of the settings.")] = None,
    relayer: Annotated[str | None, typer.Option(help="The relay's address, where you know it yourself.")] = None,
    block: Annotated[str, typer.Option(help="latest, safe, finalized, or a number.")] = "latest",
    as_json: AsJson = False,
) -> None:
    """Say whether a relay's receipt holds, by whose key, and what the chain says of the ballot. Exit 0 if it holds."""
    settings = Settings.load()
    chain = Connected(replace(settings, rpc_urls=tuple(rpc)) if rpc else settings)
    receipt = read(_content(path))
    box = read_box(chain.rpc, chain.deployment, receipt, int(block) if block.isdigit() else block)
    check(receipt, box.paper(receipt.unit))
    known_by, whose = _key(chain, box, receipt, relayer)
    found = fate_of(box, receipt)
    became = _sentence(found, box, receipt)
    if as_json:
        emit_json(_summary(receipt, box, found, {"known_by": known_by, "sentence": whose}, became))
        return
    when = _moment(receipt.received_at)
    say(f"The receipt holds: {receipt.relayer} signed that it had the ballot {receipt.tracker} by {when}.")
    say(whose)
    say(f"{became} (Up to block {box.head.number}.)")


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise Refused("FileUnreadable", path=str(path), cause=type(error).__name__) from None
    if len(content) > LARGEST:
        raise Refused("ReceiptMalformed", why=f"it has more than {LARGEST} bytes")
    return content


def _key(chain: Connected, box: BoxOnChain, receipt: BallotReceipt, given: str | None) -> tuple[str, str]:
    """By what the key is known for the relay's, and what that shows. Raises Refused where it is by nothing."""
    key = receipt.relayer
    if given is not None and given.lower() != key:
        raise Refused("ReceiptOfStranger", relayer=key, why=f"you name {given} as the relay's")
    standing = standing_of(chain.rpc, chain.deployment, box, key, receipt.received_at)
    if standing is KeyStanding.COMPROMISED:
        raise Refused("ReceiptKeyCompromised", relayer=key, time=receipt.received_at)
    service = chain.settings.public_url
    if standing is KeyStanding.CURRENT:
        return "agency", (
            f"The key was accredited then by the agency that runs the election, {box.agency}: the chain shows it, and "
            f"the agency answers for what its officer's key signs. {_also(service, key, box.box, given)}"
        )
    if given is not None:
        return "you", f"{_NOT_THEN[standing]}; it is the one that you name as the relay's."
    try:
        named = _published(service, box.box)
    except Refused as refused:
        why = f"{service} cannot be asked ({refused.arguments['cause']})"
        raise Refused("ReceiptOfStranger", relayer=key, why=why) from refused
    if named != key:
        raise Refused("ReceiptOfStranger", relayer=key, why=f"{service} names another key, or none")
    return "service", (
        f"{_NOT_THEN[standing]}. {service} says that it is its relay's: its own word of "
        "now, which it could take back. Keep a copy of that answer, or a witness."
    )


def _also(service: str, key: str, box: str, given: str | None) -> str:
    """Whether an officer's key is a relay's too: any officer can sign receipts, and blames nobody else by them."""
    if given is not None:
        return "You name it as the relay's."
    try:
        named = _published(service, box)
    except Refused as refused:
        return f"Whether it is a relay's, {service} cannot be asked ({refused.arguments['cause']})."
    if named == key:
        return f"{service} says that it is its relay's."
    return f"{service} does not name it as its relay's: the receipt binds that officer, and says nothing of the relay."


def _published(service: str, box: str) -> str | None:
    """The key that a service publishes as its relay's. Raises Refused(SourceUnreadable)."""
    told = json_of(f"{service}/api/elections/{box}")
    named = told.get("relayer") if isinstance(told, dict) else None
    return named.lower() if isinstance(named, str) else None


def _sentence(found: Found, box: BoxOnChain, receipt: BallotReceipt) -> str:
    if found.fate is Fate.COUNTED:
        return "The chain counts the ballot."
    if found.fate is Fate.REPLACED:
        return f"The chain counted the ballot until the voter replaced it, with {found.by}."
    if found.fate is Fate.WITHDRAWN:
        return "The chain counted the ballot until the voter withdrew it, to vote on paper."
    if found.fate is Fate.SKIPPED:
        return f"The ballot came to the chain, and was passed over: {found.by}."
    other = ""
    if found.standing is not None:
        other = f" Another ballot of the same voter counts: {found.standing}."
    elif found.barred:
        other = " The voter has withdrawn, to vote on paper."
    if found.fate is Fate.WAITING:
        return f"The ballot is not on the chain; the box takes ballots until {_moment(box.ends)}.{other}"
    if receipt.received_at >= box.closes:
        return f"The ballot is not on the chain, and was received after the closing.{other}"
    return (
        f"The ballot is not on the chain, and the box has taken none since {_moment(box.ends)}: this proves that "
        f"whoever signed did not have cast what had come in time.{other}"
    )


def _summary(receipt: BallotReceipt, box: BoxOnChain, found: Found, key: dict[str, str], became: str) -> dict[str, Any]:
    return {
        "holds": True,
        "signed_by": receipt.relayer,
        "received_at": receipt.received_at,
        "key": key,
        "tracker": receipt.tracker,
        "ballot": {
            "state": found.fate.value,
            "by": found.by,
            "standing": found.standing,
            "barred": found.barred,
            "sentence": became,
        },
        "block": box.head.number,
        "block_hash": box.head.hash,
    }


def _moment(time: int) -> str:
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M:%S} UTC"
