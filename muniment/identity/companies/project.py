"""What the events of `CompanyRegistry` add up to: companies as they stand, what was on file, who holds which post.

A cancelled nonce changes no company; it stays in `events` alone.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from muniment.chain.events import Event, Handler
from muniment.db.rows import Rows
from muniment.db.schema import companies, company_files, company_posts, company_rules
from muniment.hashing import ZERO_HASH
from muniment.identity.companies.model import CONTRACT, CompanyStatus

_NO_FILE: dict[str, Any] = {
    "founders": "[]",
    "threshold": 0,
    "board": "[]",
    "contact": ZERO_HASH,
    "articles": ZERO_HASH,
    "address_hash": ZERO_HASH,
}


def rules_set(event: Event, rows: Rows) -> None:
    """An agency says what it asks of companies."""
    given = event.arguments
    rows.put(
        company_rules,
        {
            "agency": given["agency"],
            "fee_token": given["feeToken"],
            "fee": given["fee"],
            "payee": given["payee"],
            "contact_kind": given["contactKind"],
            "founder_kinds": json.dumps(given["founderKinds"]),
            "set_at": event.time,
        },
    )


def name_reserved(event: Event, rows: Rows) -> None:
    """A name is held for an applicant."""
    given = event.arguments
    rows.insert(
        companies,
        {
            "company": given["company"],
            "agency": given["agency"],
            "applicant": given["applicant"],
            "name": given["name"],
            "name_folded": given["name"].casefold(),
            "name_key": given["nameKey"],
            "status": int(CompanyStatus.RESERVED),
            "until": given["until"],
            "party": None,
            "number": None,
            "version": 0,
            **_NO_FILE,
            "contact_accepted": 0,
            "fee_settled": 0,
            "officer": None,
            "reserved_at": event.time,
            "entered_at": None,
            "changed_at": event.time,
            "tx_hash": event.tx_hash,
        },
    )
    _posts(event, rows, "applicant", [given["applicant"]], ())


def application_released(event: Event, rows: Rows) -> None:
    """The applicant gave the name up, or a registrar refused it."""
    _change(event, rows, {"status": int(CompanyStatus.RELEASED), "until": 0})


def articles_signed(event: Event, rows: Rows) -> None:
    """Founders and board have signed."""
    given = event.arguments
    before = _row(event, rows)
    _posts(event, rows, "founder", given["founders"], json.loads(before["founders"]))
    changed = {"status": int(CompanyStatus.SIGNED), "until": given["until"], "founders": json.dumps(given["founders"])}
    _put_on_file(event, rows, {**changed, "contact_accepted": 0})


def contact_accepted(event: Event, rows: Rows) -> None:
    """The contact person accepted."""
    _change(event, rows, {"contact_accepted": 1})


def fee_settled(event: Event, rows: Rows) -> None:
    """The fee was paid, or a registrar says that it was."""
    _change(event, rows, {"fee_settled": 1})


def company_entered(event: Event, rows: Rows) -> None:
    """The company is a party of its own."""
    given, before = event.arguments, _row(event, rows)
    changed = {
        "status": int(CompanyStatus.ENTERED),
        "until": 0,
        "party": given["party"],
        "number": given["number"],
        "version": 1,
        "officer": given["officer"],
        "entered_at": event.time,
    }
    _keep_file(event, rows, before, 1, given["officer"], ZERO_HASH)
    _change(event, rows, changed)


def company_changed(event: Event, rows: Rows) -> None:
    """Another file supersedes; by order of a court also for a company struck off, which stands again."""
    given = event.arguments
    changed = {"status": int(CompanyStatus.ENTERED), "version": given["version"], "officer": given["officer"]}
    _put_on_file(event, rows, changed)
    _keep_file(event, rows, _row(event, rows), given["version"], given["officer"], given["courtOrder"])


def company_struck_off(event: Event, rows: Rows) -> None:
    """The company has ended. What was on file stays readable."""
    given = event.arguments
    changed = {"status": int(CompanyStatus.STRUCK_OFF), "version": given["version"], "officer": given["officer"]}
    _change(event, rows, changed)


def _row(event: Event, rows: Rows) -> Mapping[str, Any]:
    row = rows.get(companies, {"company": event.arguments["company"]})
    return {} if row is None else row


def _change(event: Event, rows: Rows, changed: Mapping[str, Any]) -> None:
    key = {"company": event.arguments["company"]}
    rows.update(companies, key, {**changed, "changed_at": event.time, "tx_hash": event.tx_hash})


def _put_on_file(event: Event, rows: Rows, changed: Mapping[str, Any]) -> None:
    """Change what stands in the event's file, and the posts with it."""
    file, before = event.arguments["file"], _row(event, rows)
    _posts(event, rows, "board", file["board"], json.loads(before["board"]))
    _posts(event, rows, "contact", [file["contact"]], [before["contact"]])
    on_file = {
        "threshold": file["threshold"],
        "board": json.dumps(file["board"]),
        "contact": file["contact"],
        "articles": file["articles"],
        "address_hash": file["addressHash"],
    }
    _change(event, rows, {**on_file, **changed})


def _keep_file(event: Event, rows: Rows, row: Mapping[str, Any], version: int, officer: str, court_order: str) -> None:
    """Keep the file of one version, for whoever asks what was on file then."""
    kept = {name: row[name] for name in ("threshold", "board", "contact", "articles", "address_hash")}
    rows.put(
        company_files,
        {
            "company": event.arguments["company"],
            "version": version,
            **kept,
            "officer": officer,
            "court_order": court_order,
            "filed_at": event.time,
            "tx_hash": event.tx_hash,
        },
    )


def _posts(event: Event, rows: Rows, post: str, now: Iterable[str], before: Iterable[str]) -> None:
    """Make the holders of a post so. Who keeps it keeps the date."""
    company, now, before = event.arguments["company"], set(now), set(before)
    for party in sorted(before - now):
        rows.delete(company_posts, {"company": company, "party": party, "post": post})
    for party in sorted(now - before):
        rows.put(company_posts, {"company": company, "party": party, "post": post, "since": event.time})


HANDLERS: dict[tuple[str, str], Handler] = {
    (CONTRACT, "RulesSet"): rules_set,
    (CONTRACT, "NameReserved"): name_reserved,
    (CONTRACT, "ApplicationReleased"): application_released,
    (CONTRACT, "ArticlesSigned"): articles_signed,
    (CONTRACT, "ContactAccepted"): contact_accepted,
    (CONTRACT, "FeePaid"): fee_settled,
    (CONTRACT, "FeeAttested"): fee_settled,
    (CONTRACT, "CompanyEntered"): company_entered,
    (CONTRACT, "CompanyChanged"): company_changed,
    (CONTRACT, "CompanyStruckOff"): company_struck_off,
}
