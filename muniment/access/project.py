"""What the events of `AgencyRegistry` add up to: agencies, the keys of officers, acts that wait for a second officer.

Proposals of roots and admins change nothing until they are accepted; they stay in `events` alone.
"""

from collections.abc import Mapping

from muniment.access.model import AgencyStatus
from muniment.chain.events import Event, Handler
from muniment.db.rows import Rows
from muniment.db.schema import agencies, officers, pending_acts


def agency_registered(event: Event, rows: Rows) -> None:
    """A new agency, active from the start."""
    given = event.arguments
    rows.put(
        agencies,
        {
            "agency": given["agency"],
            "parent": given["parent"],
            "admin": given["admin"],
            "scopes": given["scopes"],
            "status": int(AgencyStatus.ACTIVE),
            "domain_hash": given["domainHash"],
            "registered_at": event.time,
        },
    )


def agency_scopes_changed(event: Event, rows: Rows) -> None:
    """The agency has other powers from now on."""
    _change_agency(event, rows, {"scopes": event.arguments["scopes"]})


def agency_status_changed(event: Event, rows: Rows) -> None:
    """The agency is suspended, reactivated or closed."""
    _change_agency(event, rows, {"status": event.arguments["status"]})


def admin_changed(event: Event, rows: Rows) -> None:
    """Another admin has taken over."""
    _change_agency(event, rows, {"admin": event.arguments["admin"]})


def officer_accredited(event: Event, rows: Rows) -> None:
    """A key received powers for a period."""
    given = event.arguments
    rows.put(
        officers,
        {
            "key": given["key"],
            "agency": given["agency"],
            "scopes": given["scopes"],
            "not_before": given["notBefore"],
            "not_after": given["notAfter"],
            "compromised_since": None,
            "accredited_at": event.time,
            "officer_id": given["id"],
        },
    )


def officer_retired(event: Event, rows: Rows) -> None:
    """A key's period ends earlier."""
    rows.update(officers, {"key": event.arguments["key"]}, {"not_after": event.arguments["notAfter"]})


def officer_compromised(event: Event, rows: Rows) -> None:
    """A key is suspect from a moment on."""
    rows.update(officers, {"key": event.arguments["key"]}, {"compromised_since": event.arguments["since"]})


def act_proposed(event: Event, rows: Rows) -> None:
    """A first officer asked for an act. The same act may be proposed again once its deadline has passed."""
    given = event.arguments
    rows.put(
        pending_acts,
        {
            "act": given["id"],
            "target": given["target"],
            "agency": given["agency"],
            "officer": given["officer"],
            "scope": given["scope"],
            "version": given["version"],
            "deadline": given["deadline"],
            "calldata": given["act"],
        },
    )


def act_settled(event: Event, rows: Rows) -> None:
    """A second officer confirmed the act, or somebody withdrew it: it waits no longer."""
    rows.delete(pending_acts, {"act": event.arguments["id"]})


def _change_agency(event: Event, rows: Rows, changed: Mapping[str, object]) -> None:
    rows.update(agencies, {"agency": event.arguments["agency"]}, changed)


HANDLERS: dict[tuple[str, str], Handler] = {
    ("AgencyRegistry", "AgencyRegistered"): agency_registered,
    ("AgencyRegistry", "AgencyScopesChanged"): agency_scopes_changed,
    ("AgencyRegistry", "AgencyStatusChanged"): agency_status_changed,
    ("AgencyRegistry", "AdminChanged"): admin_changed,
    ("AgencyRegistry", "OfficerAccredited"): officer_accredited,
    ("AgencyRegistry", "OfficerRetired"): officer_retired,
    ("AgencyRegistry", "OfficerCompromised"): officer_compromised,
    ("AgencyRegistry", "ActProposed"): act_proposed,
    ("AgencyRegistry", "ActConfirmed"): act_settled,
    ("AgencyRegistry", "ActWithdrawn"): act_settled,
}
