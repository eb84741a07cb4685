"""Filings: what several people sign together, gathered until enough have signed, then queued.

A founding is signed by every founder and every member of the board, each over a nonce of their own. A change and an
end are signed by the company: by as many of its present board as its rule asks for, all over the same words. Whoever
takes up a post by a change accepts it.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select, update

from muniment.chain.deployment import Deployment
from muniment.chain.outbox import Request, enqueue
from muniment.db.schema import company_filings, company_signatures
from muniment.errors import Refused
from muniment.hashing import ZERO_HASH
from muniment.identity.companies.model import (
    LIFETIME,
    CompanyFile,
    CompanyStatus,
    FilingKind,
    Part,
    check_file,
    persons,
)
from muniment.identity.companies.queries import articles_of, reserved, standing
from muniment.identity.companies.signing import checked, data_of
from muniment.identity.companies.submit import change_request, dissolve_request, file_articles_request
from muniment.identity.model import commitment_of, new_salt
from muniment.identity.sealing import Sealer
from muniment.identity.signing import check_quota, joint
from muniment.identity.submit import Relay

LONGEST_ADDRESS = 500  # characters


@dataclass(frozen=True)
class Wanted:
    """What is to be on file, as a person writes it; without an address the one on file stays."""

    threshold: int
    board: Sequence[str]
    contact: str
    articles: str
    address: str | None


@dataclass(frozen=True)
class Signer:
    """One of those who are asked, and whether they have signed."""

    part: Part
    party: str
    signed_at: int | None


@dataclass(frozen=True)
class Filing:
    """How a filing stands. `needed` of the company's board have to sign, and everyone else who is listed."""

    filing: str
    kind: FilingKind
    company: str
    version: int
    founders: tuple[str, ...]
    file: CompanyFile | None
    previous: CompanyFile | None
    deadline: int
    needed: int
    signers: tuple[Signer, ...]
    complete: bool
    articles_standing: bool
    intent_key: str | None


@dataclass(frozen=True)
class ToSign:
    """What one person is asked to sign: typed data (EIP-712) for the wallet."""

    part: Part
    typed_data: dict[str, Any]
    signed: bool


def open_founding(
    connection: Connection, sealer: Sealer, company: str, founders: Sequence[str], wanted: Wanted, now: int
) -> str:
    """Open the founding of a company whose name is reserved; return the filing's id. Raises Refused."""
    row, founding = reserved(connection, company, now), persons(founders)
    salt, address_hash = _address(wanted.address)
    file = _file(wanted, address_hash)
    check_file(file, founding, row.applicant)
    filing = _open(connection, sealer, FilingKind.FOUNDING, company, 1, now, wanted.address, salt, file=file,
                   founders=founding)  # fmt: skip
    _ask(connection, filing, Part.ARTICLES, sorted({*founding, *file.board}))
    return filing


def open_change(connection: Connection, sealer: Sealer, company: str, wanted: Wanted, now: int) -> str:
    """Open a change of what a company has on file; return the filing's id. Raises Refused."""
    row = standing(connection, company, CompanyStatus.ENTERED)
    salt, address_hash = _address(wanted.address) if wanted.address is not None else ("", row.file.address_hash)
    file = _file(wanted, address_hash)
    check_file(file, None, row.applicant)
    if file == row.file:
        raise Refused("FileUnchanged", company=company)
    filing = _open(connection, sealer, FilingKind.CHANGE, company, row.version + 1, now, wanted.address, salt,
                   file=file, previous=row.file)  # fmt: skip
    _ask(connection, filing, Part.COMPANY, row.file.board)
    _ask(connection, filing, Part.POST, file.joining(row.file))
    return filing


def open_dissolution(connection: Connection, sealer: Sealer, company: str, now: int) -> str:
    """Open the end of a company by its own will; return the filing's id. Raises Refused."""
    row = standing(connection, company, CompanyStatus.ENTERED)
    filing = _open(connection, sealer, FilingKind.DISSOLUTION, company, row.version + 1, now, None, "",
                   previous=row.file)  # fmt: skip
    _ask(connection, filing, Part.COMPANY, row.file.board)
    return filing


def filing_of(connection: Connection, filing: str) -> Filing:
    """How a filing stands. Raises Refused when there is none."""
    row = _row(connection, filing)
    lines = _signatures(connection, filing)
    file, previous = _read(row.file), _read(row.previous)
    issuers = _issuers(connection, row)
    standing_now = file is None or articles_of(connection, file.articles, issuers).standing
    return Filing(
        filing=row.filing,
        kind=FilingKind(row.kind),
        company=row.company,
        version=row.version,
        founders=tuple(json.loads(row.founders)),
        file=file,
        previous=previous,
        deadline=row.deadline,
        needed=0 if previous is None else previous.threshold,
        signers=tuple(Signer(Part(line.part), line.party, line.signed_at) for line in lines),
        complete=_missing(row, lines) == 0,
        articles_standing=standing_now,
        intent_key=row.intent_key,
    )


def to_sign(connection: Connection, deployment: Deployment, filing: str, party: str) -> tuple[ToSign, ...]:
    """Everything that a person is asked to sign in a filing. Raises Refused when it is nothing."""
    row, party = _row(connection, filing), party.lower()
    lines = [line for line in _signatures(connection, filing) if line.party == party]
    if not lines:
        raise Refused("SignatoryRefused", party=party)
    return tuple(
        ToSign(Part(line.part), data_of(deployment, *_asked(connection, row, line)), signed=line.signature is not None)
        for line in lines
    )


def sign(connection: Connection, relay: Relay, filing: str, party: str, part: Part, signature: str) -> Filing:
    """Take a signature; with the last one the filing is queued. The same again changes nothing. Raises Refused."""
    # Locked until the end of the transaction, so that of the last two signatures one finds the other.
    connection.execute(
        update(company_filings).where(company_filings.c.filing == filing).values(filing=company_filings.c.filing)
    )
    row, party = _row(connection, filing), party.lower()
    key = (company_signatures.c.filing == filing, company_signatures.c.part == part.value,
           company_signatures.c.party == party)  # fmt: skip
    line = connection.execute(select(company_signatures).where(*key)).one_or_none()
    if line is None:
        raise Refused("SignatoryRefused", party=party)
    primary, message = _asked(connection, row, line)
    given = checked(connection, relay, primary, message, party, signature)
    if row.intent_key is None:
        if row.deadline <= relay.now:
            raise Refused("DeadlinePassed", deadline=row.deadline)
        connection.execute(update(company_signatures).where(*key).values(signature=given, signed_at=relay.now))
        stands = filing_of(connection, filing)
        if stands.complete and stands.articles_standing:
            submit(connection, filing, relay.now, relay.most)
    elif line.signature is None:
        raise Refused("FilingClosed", filing=filing)
    return filing_of(connection, filing)


def submit(connection: Connection, filing: str, now: int, most: int) -> Filing:
    """Queue a filing that all have signed who must. Again: the same intent. Raises Refused.

    At most `most` filings of a company are paid for in a day.
    """
    row, lines, stands = _row(connection, filing), _signatures(connection, filing), filing_of(connection, filing)
    if row.intent_key is not None:
        return stands
    if row.deadline <= now:
        raise Refused("DeadlinePassed", deadline=row.deadline)
    if not stands.complete:
        raise Refused("SignaturesMissing", missing=_missing(row, lines))
    if stands.file is not None and not stands.articles_standing:
        raise Refused("ArticlesMissing", company=row.company, articles=stands.file.articles)
    request = _request(row, stands, lines)
    check_quota(connection, request.lane, request.kind, most, now)
    receipt = enqueue(connection, request, now)
    mine = company_filings.c.filing == filing
    connection.execute(update(company_filings).where(mine).values(intent_key=receipt.key))
    return filing_of(connection, filing)


def _request(row: Row[Any], stands: Filing, lines: Sequence[Row[Any]]) -> Request:
    given = [line for line in lines if line.signature is not None]
    own = [
        {"party": line.party, "nonce": str(line.nonce), "signature": line.signature}
        for line in given
        if line.part != Part.COMPANY
    ]
    if stands.kind is FilingKind.FOUNDING and stands.file is not None:
        return file_articles_request(row.filing, row.company, stands.founders, stands.file, row.deadline, own)
    board = {line.party: line.signature for line in given if line.part == Part.COMPANY}
    signature = joint({party: board[party] for party in sorted(board)[: stands.needed]})
    if stands.file is None or stands.previous is None:
        return dissolve_request(row.filing, row.company, row.nonce, row.deadline, signature)
    return change_request(
        row.filing, row.company, stands.previous, stands.file, row.nonce, row.deadline, signature, own
    )


def _asked(connection: Connection, row: Row[Any], line: Row[Any]) -> tuple[str, dict[str, Any]]:
    """What one person signs in one part: the primary type and its message."""
    kind, part = FilingKind(row.kind), Part(line.part)
    end = {"nonce": line.nonce, "deadline": row.deadline}
    if part is Part.ARTICLES:
        file: Mapping[str, Any] = json.loads(row.file)
        founders = json.loads(row.founders)
        return "SignArticles", {
            "party": line.party, "company": row.company, "founders": founders, "file": file, **end
        }  # fmt: skip
    if part is Part.POST:
        return "AcceptPost", {
            "party": line.party, "company": row.company, "version": row.version, "file": json.loads(row.file), **end
        }  # fmt: skip
    organisation = standing(connection, row.company, *CompanyStatus).party
    message = {"party": organisation, "company": row.company, "version": row.version, **end}
    if kind is FilingKind.DISSOLUTION:
        return "DissolveCompany", message
    return "ChangeCompany", {**message, "file": json.loads(row.file)}


def _missing(row: Row[Any], lines: Sequence[Row[Any]]) -> int:
    """How many signatures are still needed."""
    previous = _read(row.previous)
    board = len([line for line in lines if line.part == Part.COMPANY and line.signature is not None])
    others = len([line for line in lines if line.part != Part.COMPANY and line.signature is None])
    return others + (0 if previous is None else max(0, previous.threshold - board))


def _issuers(connection: Connection, row: Row[Any]) -> tuple[str | None, ...]:
    """Who may have anchored the articles: the applicant; later the company, too."""
    stands = standing(connection, row.company, *CompanyStatus)
    file, previous = _read(row.file), _read(row.previous)
    if previous is None or (file is not None and file.articles == previous.articles):
        return (stands.party, stands.applicant)
    return (stands.party,)


def _open(
    connection: Connection,
    sealer: Sealer,
    kind: FilingKind,
    company: str,
    version: int,
    now: int,
    address: str | None,
    salt: str,
    file: CompanyFile | None = None,
    previous: CompanyFile | None = None,
    founders: Sequence[str] = (),
) -> str:
    filing = secrets.token_hex(16)
    connection.execute(
        company_filings.insert().values(
            filing=filing,
            kind=kind.value,
            company=company,
            version=version,
            founders=json.dumps(list(founders)),
            file=json.dumps(None if file is None else file.struct()),
            previous=json.dumps(None if previous is None else previous.struct()),
            address=None if address is None else sealer.seal(address.strip()),
            address_salt=sealer.seal(salt) if salt else None,
            nonce=secrets.randbits(256),
            deadline=now + LIFETIME,
            created_at=now,
        )
    )
    return filing


def _ask(connection: Connection, filing: str, part: Part, parties: Sequence[str]) -> None:
    """Ask these to sign. A company's board signs over the company's nonce, all others over one of their own."""
    shared = connection.execute(select(company_filings.c.nonce).where(company_filings.c.filing == filing)).scalar_one()
    for party in parties:
        nonce = shared if part is Part.COMPANY else secrets.randbits(256)
        connection.execute(company_signatures.insert().values(filing=filing, part=part.value, party=party, nonce=nonce))


def _address(address: str | None) -> tuple[str, str]:
    """A fresh salt and the salted hash of a registered address. Raises Refused without one."""
    text = (address or "").strip()
    if not text:
        return "", ZERO_HASH
    if len(text) > LONGEST_ADDRESS:
        raise Refused("AddressTooLong", longest=LONGEST_ADDRESS)
    salt = new_salt()
    return salt, commitment_of(salt, text.encode())


def _file(wanted: Wanted, address_hash: str) -> CompanyFile:
    return CompanyFile(
        wanted.threshold, persons(wanted.board), wanted.contact.lower(), wanted.articles.lower(), address_hash
    )


def _row(connection: Connection, filing: str) -> Row[Any]:
    row = connection.execute(select(company_filings).where(company_filings.c.filing == filing)).one_or_none()
    if row is None:
        raise Refused("FilingUnknown")
    return row


def _signatures(connection: Connection, filing: str) -> list[Row[Any]]:
    query = select(company_signatures).where(company_signatures.c.filing == filing)
    return list(connection.execute(query.order_by(company_signatures.c.party, company_signatures.c.part)))


def _read(text: str) -> CompanyFile | None:
    struct = json.loads(text)
    return None if struct is None else CompanyFile.of(struct)
