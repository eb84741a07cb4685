"""What the credential registry is asked for by staff: a credential for a party, and its end."""

from collections.abc import Mapping, Sequence
from typing import Any

import rfc8785
from sqlalchemy import Connection

from muniment.chain.outbox import Act, Call, Receipt, Request, enqueue
from muniment.errors import Refused
from muniment.hashing import ZERO_HASH, keccak
from muniment.identity.model import REASONS, CredentialStanding, kind_name
from muniment.identity.standing import credential, kind

CONTRACT = "CredentialRegistry"
FOR_EVER = 2**40 - 1


def issue(
    connection: Connection,
    agency: str,
    party: str,
    kind_: str,
    valid_until: int,
    source_hash: str,
    now: int,
    valid_from: int = 0,
) -> Receipt:
    """Queue a credential for a party, in the agency's name; `valid_from` 0 means from issue on. Raises Refused.

    `source_hash` is the salted hash of the decision: one decision gives a credential once, so that a renewal needs one
    of its own.
    """
    if party == ZERO_HASH:
        raise Refused("PartyMissing")
    defined = kind(connection, kind_)
    if defined is None and kind_name(kind_) is None:
        raise Refused("KindUnknown", kind=kind_)
    if defined is not None and defined.agency not in (None, agency):
        raise Refused("KindOfOtherAgency", kind=kind_, agency=defined.agency)
    if not max(valid_from, now) < valid_until <= FOR_EVER:
        raise Refused("CredentialPeriodRefused", **{"from": valid_from, "until": valid_until})
    held = credential(connection, party, kind_, now)
    holds = held is not None and held.standing in (CredentialStanding.CURRENT, CredentialStanding.NOT_YET)
    if held is not None and holds and held.agency != agency:
        raise Refused("CredentialHeld", party=party, kind=kind_, agency=held.agency)
    body: dict[str, Any] = {
        "agency": agency,
        "party": party,
        "kind": kind_,
        "from": valid_from,
        "until": valid_until,
        "source_hash": source_hash,
    }
    key = f"credential.issue:{keccak(rfc8785.dumps(body))}"
    return enqueue(connection, Request(key, "credential.issue", f"credentials:{agency}", body), now)


def revoke(connection: Connection, party: str, kind_: str, reason: int, now: int) -> Receipt:
    """Queue the end of a party's credential for a reason of RFC 5280, section 5.3.1. Raises Refused."""
    held = credential(connection, party, kind_, now)
    if held is None:
        raise Refused("CredentialMissing", party=party, kind=kind_)
    if reason not in REASONS.values():
        raise Refused("ReasonRefused", reason=reason)
    if held.revoked_at is not None:
        raise Refused("CredentialWithdrawn", party=party, kind=kind_, reason=held.reason)
    body = {"party": party, "kind": kind_, "reason": reason}
    # A credential of the kind may be given and taken again.
    key = f"credential.revoke:{keccak(f'{party}{kind_}'.encode())}:{held.issued_at}"
    return enqueue(connection, Request(key, "credential.revoke", f"credentials:{held.agency}", body), now)


def _issue(bodies: Sequence[Mapping[str, Any]]) -> Call:
    (body,) = bodies
    arguments = (body["agency"], body["party"], body["kind"], body["from"], body["until"], body["source_hash"])
    return Call(CONTRACT, "issue", arguments)


def _revoke(bodies: Sequence[Mapping[str, Any]]) -> Call:
    (body,) = bodies
    return Call(CONTRACT, "revoke", (body["party"], body["kind"], body["reason"]))


ACTS = (Act("credential.issue", _issue), Act("credential.revoke", _revoke))
FUNCTIONS = ((CONTRACT, "issue"), (CONTRACT, "revoke"))
