"""Answers about companies: who holds a name, how a company stands, what it has on file and what happened to it."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, or_, select

from muniment.db.answers import AsOf, Finality, HistoryLine, Page, as_of, finality_of, history, like, page_bounds
from muniment.db.schema import companies, company_files, company_posts, company_rules, documents_anchors
from muniment.errors import Refused
from muniment.hashing import ZERO_ADDRESS, ZERO_HASH
from muniment.identity.companies.model import CompanyFile, CompanyStatus
from muniment.identity.companies.names import name_key, normalise

_WAITING = (CompanyStatus.RESERVED, CompanyStatus.SIGNED)
_FOR_GOOD = (CompanyStatus.ENTERED, CompanyStatus.STRUCK_OFF)
MOST_LINES = 200  # versions of a file, and posts of a party, in one answer


@dataclass(frozen=True)
class Rules:
    """What an agency asks of companies; `fee` in units of the token, or of whatever money is paid elsewhere."""

    agency: str
    fee_token: str
    fee: int
    payee: str
    contact_kind: str | None
    founder_kinds: tuple[str, ...]

    @property
    def in_token(self) -> bool:
        """Whether the fee is paid in a token."""
        return self.fee > 0 and self.fee_token != ZERO_ADDRESS


@dataclass(frozen=True)
class CompanyLine:
    """A company in a list. `expired`: it was never entered in time, and its name is free."""

    company: str
    agency: str
    name: str
    number: str | None
    party: str | None
    status: CompanyStatus
    until: int
    expired: bool
    block_number: int
    finality: Finality


@dataclass(frozen=True)
class Companies:
    """One page of companies, by name."""

    page: Page
    lines: tuple[CompanyLine, ...]
    as_of: AsOf | None


@dataclass(frozen=True)
class FileLine:
    """What was on file from one entry to the next; `court_order` is None where the company asked itself."""

    version: int
    file: CompanyFile
    officer: str
    court_order: str | None
    filed_at: int
    tx_hash: str


@dataclass(frozen=True)
class ArticlesLine:
    """The anchored articles: who issued the root, and how it stands; `anchored` is false while nobody has."""

    root: str
    issuer: str | None
    anchored: bool
    standing: bool


@dataclass(frozen=True)
class CompanyAnswer:
    """Everything public about a company. `file` is None before the articles are signed; times are Unix seconds."""

    company: str
    agency: str
    applicant: str
    party: str | None
    name: str
    name_key: str
    number: str | None
    status: CompanyStatus
    until: int
    expired: bool
    version: int
    founders: tuple[str, ...]
    file: CompanyFile | None
    articles: ArticlesLine | None
    contact_accepted: bool
    fee_settled: bool
    rules: Rules | None
    reserved_at: int
    entered_at: int | None
    changed_at: int
    tx_hash: str
    block_number: int
    block_hash: str
    finality: Finality
    files: tuple[FileLine, ...]
    history: tuple[HistoryLine, ...]
    as_of: AsOf | None


@dataclass(frozen=True)
class PostLine:
    """A post that a party holds: applicant, founder, board or contact."""

    company: str
    name: str
    number: str | None
    status: CompanyStatus
    post: str
    since: int


@dataclass(frozen=True)
class NameAnswer:
    """Whether a name can be had: how it would be written, its key, and which company has it."""

    name: str
    name_key: str
    holder: CompanyLine | None
    as_of: AsOf | None


@dataclass(frozen=True)
class Standing:
    """What an act needs to know of a company."""

    company: str
    agency: str
    applicant: str
    party: str | None
    status: CompanyStatus
    until: int
    version: int
    founders: tuple[str, ...]
    file: CompanyFile
    contact_accepted: bool
    fee_settled: bool


def check_name(connection: Connection, agency: str, name: str, now: int) -> NameAnswer:
    """Whether a name can be reserved at an agency now. Raises Refused for what is no name."""
    name, key = normalise(name), name_key(name)
    known = as_of(connection)
    row = _holder(connection, agency, key, now)
    return NameAnswer(name, key, None if row is None else _line(row, now, known), known)


def name_holder(connection: Connection, agency: str, key: str, now: int) -> str | None:
    """The company that holds a name of an agency now, or None when it is free, as the contract judges it."""
    row = _holder(connection, agency, key, now)
    return None if row is None else str(row.company)


def rules_of(connection: Connection, agency: str) -> Rules | None:
    """What an agency asks of companies; None when it has set nothing."""
    row = connection.execute(select(company_rules).where(company_rules.c.agency == agency)).one_or_none()
    if row is None:
        return None
    contact = None if row.contact_kind == ZERO_HASH else row.contact_kind
    return Rules(row.agency, row.fee_token, row.fee, row.payee, contact, tuple(json.loads(row.founder_kinds)))


def search(
    connection: Connection,
    text: str,
    now: int,
    agency: str | None = None,
    status: CompanyStatus | None = None,
    page: int = 1,
    size: int = 25,
) -> Companies:
    """Companies whose name contains the text, or whose number, id or party it is; those that came to nothing last."""
    number, size = page_bounds(page, size)
    wanted: list[ColumnElement[bool]] = []
    text = text.strip()
    if text:
        found = companies.c.name_folded.like(like(text.casefold()), escape="\\")
        exact = (companies.c.number == text, companies.c.company == text.lower(), companies.c.party == text.lower())
        wanted.append(or_(found, *exact))
    if agency is not None:
        wanted.append(companies.c.agency == agency)
    if status is not None:
        wanted.append(companies.c.status == int(status))
    total = connection.execute(select(func.count()).select_from(companies).where(*wanted)).scalar_one()
    released = companies.c.status == int(CompanyStatus.RELEASED)
    query = select(companies).where(*wanted).order_by(released, companies.c.name_folded, companies.c.company)
    known = as_of(connection)
    rows = connection.execute(query.limit(size).offset((number - 1) * size))
    return Companies(Page(number, size, total), tuple(_line(row, now, known) for row in rows), known)


def company(connection: Connection, company: str, now: int) -> CompanyAnswer | None:
    """A company by its id or, once entered, by its party; None when there is none."""
    wanted = company.lower()
    query = select(companies).where(or_(companies.c.company == wanted, companies.c.party == wanted))
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    known = as_of(connection)
    file = _file(row) if row.articles != ZERO_HASH else None
    return CompanyAnswer(
        company=row.company,
        agency=row.agency,
        applicant=row.applicant,
        party=row.party,
        name=row.name,
        name_key=row.name_key,
        number=row.number,
        status=CompanyStatus(row.status),
        until=row.until,
        expired=_expired(row, now),
        version=row.version,
        founders=tuple(json.loads(row.founders)),
        file=file,
        articles=None if file is None else articles_of(connection, file.articles, (row.party, row.applicant)),
        contact_accepted=bool(row.contact_accepted),
        fee_settled=bool(row.fee_settled),
        rules=rules_of(connection, row.agency),
        reserved_at=row.reserved_at,
        entered_at=row.entered_at,
        changed_at=row.changed_at,
        tx_hash=row.tx_hash,
        block_number=row.block_number,
        block_hash=row.block_hash,
        finality=finality_of(known, row.block_number),
        files=_files(connection, row.company),
        history=tuple(history(connection, row.company, known)),
        as_of=known,
    )


def company_numbered(connection: Connection, agency: str, number: str) -> str | None:
    """The id of an agency's company with this number, or None."""
    query = select(companies.c.company).where(companies.c.agency == agency, companies.c.number == number)
    return connection.execute(query).scalar_one_or_none()


def posts_of(connection: Connection, party: str) -> tuple[PostLine, ...]:
    """The posts that a party holds, by company's name; at most 200."""
    rows = connection.execute(
        select(company_posts, companies.c.name, companies.c.number, companies.c.status)
        .join(companies, companies.c.company == company_posts.c.company)
        .where(company_posts.c.party == party.lower())
        .order_by(companies.c.name_folded, company_posts.c.company, company_posts.c.post)
        .limit(MOST_LINES)
    )
    return tuple(
        PostLine(row.company, row.name, row.number, CompanyStatus(row.status), row.post, row.since) for row in rows
    )


def articles_of(connection: Connection, root: str, issuers: tuple[str | None, ...]) -> ArticlesLine:
    """How a root stands that one of these parties may have issued, the first of them first."""
    for issuer in issuers:
        query = select(documents_anchors).where(documents_anchors.c.issuer == issuer, documents_anchors.c.root == root)
        row = connection.execute(query).one_or_none() if issuer else None
        if row is not None:
            return ArticlesLine(root, issuer, anchored=True, standing=row.status == 0)
    return ArticlesLine(root, None, anchored=False, standing=False)


def standing(connection: Connection, company: str, *wanted: CompanyStatus) -> Standing:
    """A company at one of the wanted steps, as an act needs it. Raises Refused."""
    row = connection.execute(select(companies).where(companies.c.company == company)).one_or_none()
    if row is None:
        raise Refused("CompanyUnknown", company=company)
    if CompanyStatus(row.status) not in wanted:
        raise Refused("StepRefused", company=company, status=row.status)
    return Standing(
        company=row.company,
        agency=row.agency,
        applicant=row.applicant,
        party=row.party,
        status=CompanyStatus(row.status),
        until=row.until,
        version=row.version,
        founders=tuple(json.loads(row.founders)),
        file=_file(row),
        contact_accepted=bool(row.contact_accepted),
        fee_settled=bool(row.fee_settled),
    )


def reserved(connection: Connection, company: str, now: int) -> Standing:
    """A company whose name is held, in time. Raises Refused."""
    return _in_time(standing(connection, company, CompanyStatus.RESERVED), now)


def applied(connection: Connection, company: str, now: int) -> Standing:
    """A company whose articles are signed, in time. Raises Refused."""
    return _in_time(standing(connection, company, CompanyStatus.SIGNED), now)


def _in_time(row: Standing, now: int) -> Standing:
    if row.until <= now:
        raise Refused("ApplicationExpired", company=row.company, until=row.until)
    return row


def _holder(connection: Connection, agency: str, key: str, now: int) -> Row[Any] | None:
    waiting = companies.c.status.in_([int(one) for one in _WAITING]) & (companies.c.until > now)
    for_good = companies.c.status.in_([int(one) for one in _FOR_GOOD])
    query = select(companies).where(companies.c.agency == agency, companies.c.name_key == key, or_(waiting, for_good))
    return connection.execute(query).first()


def _expired(row: Row[Any], now: int) -> bool:
    return CompanyStatus(row.status) in _WAITING and row.until <= now


def _line(row: Row[Any], now: int, known: AsOf | None) -> CompanyLine:
    return CompanyLine(
        company=row.company,
        agency=row.agency,
        name=row.name,
        number=row.number,
        party=row.party,
        status=CompanyStatus(row.status),
        until=row.until,
        expired=_expired(row, now),
        block_number=row.block_number,
        finality=finality_of(known, row.block_number),
    )


def _file(row: Row[Any]) -> CompanyFile:
    return CompanyFile(row.threshold, tuple(json.loads(row.board)), row.contact, row.articles, row.address_hash)


def _files(connection: Connection, company: str) -> tuple[FileLine, ...]:
    query = select(company_files).where(company_files.c.company == company).order_by(company_files.c.version.desc())
    return tuple(
        FileLine(
            version=row.version,
            file=_file(row),
            officer=row.officer,
            court_order=None if row.court_order == ZERO_HASH else row.court_order,
            filed_at=row.filed_at,
            tx_hash=row.tx_hash,
        )
        for row in connection.execute(query.limit(MOST_LINES))
    )
