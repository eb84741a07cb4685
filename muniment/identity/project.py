"""What the events of `PartyRegistry` and `CredentialRegistry` add up to: who signs for each party, and what it is.

A cancelled nonce changes no table, neither does a credential's lock (ERC-5192), which only repeats its issue, nor a
court's order, which the recovery names that it allows: they stay in `events` alone, and so in the party's history.
"""

import json
from typing import Any

from muniment.chain.events import Event, Handler
from muniment.db.rows import Rows
from muniment.db.schema import (
    attestations,
    credential_kinds,
    credentials,
    organisations,
    powers,
    recoveries,
    representatives,
    wallets,
)


def party_bound(event: Event, rows: Rows) -> None:
    """A party got its first wallet."""
    rows.put(
        wallets,
        {
            "party": event.arguments["party"],
            "wallet": event.arguments["wallet"],
            "agency": event.arguments["agency"],
            "bound_at": event.time,
            "tx_hash": event.tx_hash,
        },
    )


def wallet_rotated(event: Event, rows: Rows) -> None:
    """The party moved to another wallet of its own."""
    _move(event, rows)


def recovery_begun(event: Event, rows: Rows) -> None:
    """Two officers began to move a party to a new wallet."""
    given = event.arguments
    rows.put(
        recoveries,
        {
            "party": given["party"],
            "attempt": given["attempt"],
            "wallet": given["wallet"],
            "ready_at": given["readyAt"],
            "evidence": given["evidence"],
            "court_order": given["courtOrder"],
            "state": "begun",
            "begun_at": event.time,
            "ended_at": None,
            "tx_hash": event.tx_hash,
        },
    )


def recovery_vetoed(event: Event, rows: Rows) -> None:
    """The present wallet stopped the recovery."""
    _end_recovery(event, rows, "vetoed")


def recovery_cancelled(event: Event, rows: Rows) -> None:
    """An officer stopped the recovery."""
    _end_recovery(event, rows, "cancelled")


def wallet_recovered(event: Event, rows: Rows) -> None:
    """The delay is over and the party has its new wallet."""
    _end_recovery(event, rows, "completed")
    _move(event, rows)


def attested(event: Event, rows: Rows) -> None:
    """Two officers stand in for a party's signature over a digest."""
    given = event.arguments
    rows.put(
        attestations,
        {
            "party": given["party"],
            "digest": given["digest"],
            "agency": given["agency"],
            "evidence": given["evidence"],
            "attested_at": event.time,
            "withdrawn_at": None,
            "tx_hash": event.tx_hash,
        },
    )


def attestation_withdrawn(event: Event, rows: Rows) -> None:
    """An officer took an attestation back."""
    key = {"party": event.arguments["party"], "digest": event.arguments["digest"]}
    rows.update(attestations, key, {"withdrawn_at": event.time, "tx_hash": event.tx_hash})


def representation_set(event: Event, rows: Rows) -> None:
    """Other persons sign for an organisation from now on."""
    _represent(event, rows, event.arguments["threshold"], event.arguments["representatives"])


def representation_ended(event: Event, rows: Rows) -> None:
    """Nobody signs for the organisation any more."""
    _represent(event, rows, 0, [])


def power_granted(event: Event, rows: Rows) -> None:
    """A principal lets an attorney act."""
    given = event.arguments
    rows.put(
        powers,
        {
            "power": given["power"],
            "principal": given["principal"],
            "attorney": given["attorney"],
            "act": given["act"],
            "subject": given["subject"],
            "price_floor": given["priceFloor"],
            "currency": given["currency"],
            "until": given["until"],
            "nonce": given["nonce"],
            "granted_at": event.time,
            "revoked_at": None,
            "revoked_by": None,
            "tx_hash": event.tx_hash,
        },
    )


def power_revoked(event: Event, rows: Rows) -> None:
    """The principal revoked a power, or the attorney renounced it."""
    changed = {"revoked_at": event.time, "revoked_by": event.arguments["by"], "tx_hash": event.tx_hash}
    rows.update(powers, {"power": event.arguments["power"]}, changed)


def kind_defined(event: Event, rows: Rows) -> None:
    """A kind of credential came to be."""
    given = event.arguments
    rows.put(credential_kinds, {name: given[name] for name in ("kind", "agency", "name", "scope")})


def credential_issued(event: Event, rows: Rows) -> None:
    """A party has a credential, in place of an earlier one of the kind."""
    given = event.arguments
    rows.put(
        credentials,
        {
            "party": given["party"],
            "kind": given["kind"],
            "agency": given["agency"],
            "officer_id": given["keyId"],
            "issued_at": event.time,
            "valid_from": given["from"],
            "valid_until": given["until"],
            "source_hash": given["sourceHash"],
            "revoked_at": None,
            "reason": None,
            "tx_hash": event.tx_hash,
        },
    )


def credential_revoked(event: Event, rows: Rows) -> None:
    """An agency ended a credential for a reason."""
    key = {"party": event.arguments["party"], "kind": event.arguments["kind"]}
    changed = {"revoked_at": event.time, "reason": event.arguments["reason"], "tx_hash": event.tx_hash}
    rows.update(credentials, key, changed)


def _move(event: Event, rows: Rows) -> None:
    moved = {"wallet": event.arguments["wallet"], "bound_at": event.time, "tx_hash": event.tx_hash}
    rows.update(wallets, {"party": event.arguments["party"]}, moved)


def _end_recovery(event: Event, rows: Rows, state: str) -> None:
    key = {"party": event.arguments["party"], "attempt": event.arguments["attempt"]}
    rows.update(recoveries, key, {"state": state, "ended_at": event.time, "tx_hash": event.tx_hash})


def _represent(event: Event, rows: Rows, threshold: int, persons: list[str]) -> None:
    given = event.arguments
    party = {"party": given["party"]}
    before = rows.get(organisations, party)
    known = set(json.loads(before["representatives"])) if before else set()
    for gone in sorted(known - set(persons)):
        rows.delete(representatives, {**party, "representative": gone})
    for new in sorted(set(persons) - known):
        rows.put(representatives, {**party, "representative": new})
    row: dict[str, Any] = {
        **party,
        "version": given["version"],
        "threshold": threshold,
        "representatives": json.dumps(persons),
        "set_by": given["by"],
        "evidence": given["evidence"],
        "changed_at": event.time,
        "tx_hash": event.tx_hash,
    }
    rows.put(organisations, row)


_PARTIES: dict[str, Handler] = {
    "PartyBound": party_bound,
    "WalletRotated": wallet_rotated,
    "RecoveryBegun": recovery_begun,
    "RecoveryVetoed": recovery_vetoed,
    "RecoveryCancelled": recovery_cancelled,
    "WalletRecovered": wallet_recovered,
    "Attested": attested,
    "AttestationWithdrawn": attestation_withdrawn,
    "RepresentationSet": representation_set,
    "RepresentationEnded": representation_ended,
    "PowerGranted": power_granted,
    "PowerRevoked": power_revoked,
}
_CREDENTIALS: dict[str, Handler] = {
    "KindDefined": kind_defined,
    "CredentialIssued": credential_issued,
    "CredentialRevoked": credential_revoked,
}
HANDLERS: dict[tuple[str, str], Handler] = {
    **{("PartyRegistry", name): handler for name, handler in _PARTIES.items()},
    **{("CredentialRegistry", name): handler for name, handler in _CREDENTIALS.items()},
}
