"""Events of all three contracts for a made-up chain: any of them may follow any other."""

from typing import Any

from muniment.access import project as access
from muniment.chain.deployment import Deployment
from muniment.chain.events import Handler
from muniment.identity import project as identity
from muniment.land import project as land
from muniment.land.model import jurisdiction_bytes
from tests.service.chain.fake_node import emitted

HANDLERS: dict[tuple[str, str], Handler] = {**access.HANDLERS, **identity.HANDLERS, **land.HANDLERS}
AGENCY = b"a" * 32
OFFICER = "0x" + "0f" * 20


def title(deployment: Deployment, number: int, ref: str | None = None, legal_date: int = 0) -> dict[str, Any]:
    """TitleRegistered: title `number` with two holders."""
    shares = [(number.to_bytes(32, "big"), 1), (b"\xff" * 32, 2**64 - 1)]
    return emitted(
        deployment,
        "TitleRegistry",
        "TitleRegistered",
        number.to_bytes(32, "big"),
        jurisdiction_bytes("GB"),
        AGENCY,
        OFFICER,
        f"ref {number}" if ref is None else ref,
        b"g" * 32,
        2**64 - 1,
        3,
        2**64 - 1,
        shares,
        b"s" * 32,
        legal_date,
    )


def register(deployment: Deployment, code: str, status: int) -> dict[str, Any]:
    """RegisterSet: the jurisdiction's register has this status now."""
    return emitted(deployment, "TitleRegistry", "RegisterSet", jurisdiction_bytes(code), AGENCY, status)


def act(deployment: Deployment, number: int, deadline: int) -> dict[str, Any]:
    """ActProposed: act `number` waits for a second officer."""
    identifier = number.to_bytes(32, "big")
    return emitted(
        deployment,
        "AgencyRegistry",
        "ActProposed",
        identifier,
        OFFICER,
        AGENCY,
        OFFICER,
        2**64 - 1,
        2**256 - 1,
        deadline,
        b"\x01\x02",
    )


def act_confirmed(deployment: Deployment, number: int) -> dict[str, Any]:
    """ActConfirmed: act `number` waits no longer."""
    return emitted(deployment, "AgencyRegistry", "ActConfirmed", number.to_bytes(32, "big"), OFFICER)


def bound(deployment: Deployment, party: int, wallet: int) -> dict[str, Any]:
    """PartyBound: the wallet stands for the party."""
    return emitted(
        deployment, "PartyRegistry", "PartyBound", party.to_bytes(32, "big"), f"0x{wallet:040x}", AGENCY, OFFICER, 7
    )
