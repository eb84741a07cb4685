"""Which event tells that a signed act was done: what anybody may send, somebody else may have sent."""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from muniment.chain.happened import Happened, happened
from muniment.db.schema import intents
from muniment.identity.model import power_id


class Told(NamedTuple):
    """An event's name, what it is about, and arguments that no other of the name has."""

    contract: str
    name: str
    subject: str
    arguments: Mapping[str, Any]


def told_by(kind: str, lane: str, body: Mapping[str, Any]) -> Told | None:
    """The event by which an act of this kind is known to be done; None where none tells it from others."""
    found = _TOLD.get(kind)
    if found is None:
        return None
    contract, name, subject_and_arguments = found
    return Told(contract, name, *subject_and_arguments(lane, body))


def done_by_others(connection: Connection, key: str) -> Happened | None:
    """How a refused request was done all the same: the chain refuses what somebody else sent a moment before.

    None for any other request.
    """
    query = select(intents.c.kind, intents.c.lane, intents.c.body).where(
        intents.c.key == key, intents.c.state == "refused", intents.c.kind.in_(_TOLD)
    )
    row = connection.execute(query).one_or_none()
    told = None if row is None else told_by(row.kind, row.lane, json.loads(row.body))
    return None if told is None else happened(connection, *told)


def _nonce(lane: str, body: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    return lane, {"nonce": body["nonce"]}


def _rotated(lane: str, body: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    return lane, {"wallet": body["wallet"], "nonce": body["nonce"]}


def _attempt(_lane: str, body: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    return body["party"], {"attempt": body["attempt"]}


def _granted(lane: str, body: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    return lane, {"power": power_id(lane, int(body["grant"]["nonce"]))}


def _revoked(_lane: str, body: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    return body["power"], {"power": body["power"]}


_TOLD: Mapping[str, tuple[str, str, Callable[[str, Mapping[str, Any]], tuple[str, Mapping[str, Any]]]]] = {
    "identity.bind": ("PartyRegistry", "PartyBound", _rotated),
    "identity.rotate": ("PartyRegistry", "WalletRotated", _rotated),
    "identity.cancel_nonce": ("PartyRegistry", "NonceCancelled", _nonce),
    "identity.veto": ("PartyRegistry", "RecoveryVetoed", _attempt),
    "identity.complete_recovery": ("PartyRegistry", "WalletRecovered", _attempt),
    "identity.grant_power": ("PartyRegistry", "PowerGranted", _granted),
    "identity.revoke_power": ("PartyRegistry", "PowerRevoked", _revoked),
    "company.cancel_nonce": ("CompanyRegistry", "NonceCancelled", _nonce),
}
