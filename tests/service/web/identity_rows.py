"""Companies, a recovery, credentials, powers and acts that wait, laid straight into the read tables."""

import json
from typing import Any

from sqlalchemy import Connection, Engine, insert

from muniment.db import schema
from muniment.db.engine import writing
from muniment.hashing import ZERO_ADDRESS, ZERO_HASH, keccak
from muniment.identity.model import known_kind
from tests.service.web.conftest import AGENCY, HOLDERS, HOSTILE, LONGEST, NOW, OFFICER

WALLETS = ("0x" + "c" * 40, "0x" + "d" * 40)
NEW_WALLET = "0x" + "e" * 40
EUR = "0x" + b"EUR".hex().ljust(64, "0")
DAY = 24 * 3600
BLOCK = {"block_number": 60, "block_hash": keccak(b"60")}
# A company at every step; the first has a name that means harm, and the second the longest possible.
RESERVED, SIGNED, ENTERED, RELEASED, STRUCK_OFF, EXPIRED = COMPANIES = tuple(
    keccak(step.encode()) for step in ("reserved", "signed", "entered", "released", "struck off", "expired")
)
PARTY_OF_COMPANY = keccak(b"the entered company as a party")
FILING = "ab" * 16
APPLIED_FILING = "cd" * 16
FILE = {
    "threshold": 2,
    "board": list(HOLDERS[:2]),
    "contact": HOLDERS[2],
    "articles": keccak(b"articles"),
    "addressHash": keccak(b"address"),
}


def fill_identity(engine: Engine) -> None:
    """Everything that the pages of parties and companies can show."""
    with writing(engine) as connection:
        _agency(connection)
        _companies(connection)
        _party(connection)
        _filings(connection)


def _put(connection: Connection, table: Any, **values: Any) -> None:
    connection.execute(insert(table).values(**values))


def _agency(connection: Connection) -> None:
    residency, founders = known_kind("E_RESIDENT"), [known_kind("E_RESIDENT")]
    _put(
        connection, schema.credential_kinds, kind=residency, agency=ZERO_HASH, name="E_RESIDENT", scope=1 << 5, **BLOCK
    )
    _put(connection, schema.credential_kinds, kind=keccak(b"own"), agency=AGENCY, name=HOSTILE, scope=1 << 6, **BLOCK)
    _put(
        connection, schema.company_rules, agency=AGENCY, fee_token=ZERO_ADDRESS, fee=26_500, payee=ZERO_ADDRESS,
        contact_kind=keccak(b"own"), founder_kinds=json.dumps(founders), set_at=NOW - 500, **BLOCK,
    )  # fmt: skip


def _companies(connection: Connection) -> None:
    names = (HOSTILE, LONGEST, "Põhjala Kaubandus OÜ", "Given up", "Struck off", "Too late")
    for at, (company, name) in enumerate(zip(COMPANIES, names, strict=True)):
        status = (1, 2, 3, 4, 5, 1)[at]
        entered = status in (3, 5)
        file = FILE if status in (2, 3, 5) else None
        until = 0 if entered else NOW - 1 if company == EXPIRED else NOW + 30 * DAY
        _put(
            connection, schema.companies, company=company, agency=AGENCY, applicant=HOLDERS[0], name=name,
            name_folded=name.casefold(), name_key=keccak(name.encode()), status=status, until=until,
            party=PARTY_OF_COMPANY if status == 3 else keccak(b"struck") if entered else None,
            number=f"1654321{at}" if entered else None, version=2 if entered else 0,
            founders=json.dumps(list(HOLDERS) if file else []), threshold=file["threshold"] if file else 0,
            board=json.dumps(file["board"] if file else []), contact=file["contact"] if file else ZERO_HASH,
            articles=file["articles"] if file else ZERO_HASH, address_hash=file["addressHash"] if file else ZERO_HASH,
            contact_accepted=int(entered), fee_settled=int(bool(file)), officer=OFFICER if entered else None,
            reserved_at=NOW - 400, entered_at=NOW - 100 if entered else None, changed_at=NOW - 50,
            tx_hash=keccak(b"c"), **BLOCK,
        )  # fmt: skip
        happened = ["NameReserved"]
        happened += ["ArticlesSigned", "FeeAttested"] if file else []
        happened += ["ContactAccepted", "CompanyEntered", "CompanyChanged"] if entered else []
        happened += {4: ["ApplicationReleased"], 5: ["CompanyStruckOff"]}.get(status, [])
        for log, event in enumerate(happened):
            _put(
                connection, schema.events, log_index=100 + 10 * at + log, time=NOW - 400 + log, tx_hash=keccak(b"e"),
                contract="CompanyRegistry", name=event, subject=company, arguments="{}", **BLOCK,
            )  # fmt: skip
        for version in (1, 2) if entered else ():
            _put(
                connection, schema.company_files, company=company, version=version, threshold=version,
                board=json.dumps(FILE["board"]), contact=HOLDERS[2], articles=FILE["articles"],
                address_hash=FILE["addressHash"], officer=OFFICER,
                court_order=keccak(b"order") if version == 2 else ZERO_HASH, filed_at=NOW - 100 + version,
                tx_hash=keccak(b"f"), **BLOCK,
            )  # fmt: skip
    _put(connection, schema.company_posts, company=ENTERED, party=HOLDERS[0], post="board", since=NOW - 100, **BLOCK)
    _put(connection, schema.company_posts, company=RESERVED, party=HOLDERS[0], post="applicant", since=NOW, **BLOCK)


def _party(connection: Connection) -> None:
    """The first holder's wallet is being recovered; the second holder has credentials and powers; one ended."""
    _put(
        connection, schema.wallets, party=HOLDERS[1], wallet=WALLETS[1], agency=AGENCY, bound_at=NOW - 40,
        tx_hash=keccak(b"w1"), **BLOCK,
    )  # fmt: skip
    _put(
        connection, schema.recoveries, party=HOLDERS[0], attempt=1, wallet=NEW_WALLET, ready_at=NOW + 14 * DAY,
        evidence=keccak(b"v"), court_order=ZERO_HASH, state="begun", begun_at=NOW - 20, ended_at=None,
        tx_hash=keccak(b"r"), **BLOCK,
    )  # fmt: skip
    for kind, until, revoked in ((known_kind("E_RESIDENT"), DAY, None), (keccak(b"own"), DAY, NOW - 5)):
        _put(
            connection, schema.credentials, party=HOLDERS[1], kind=kind, agency=AGENCY, officer_id=1,
            issued_at=NOW - 30, valid_from=NOW - 30, valid_until=NOW + until, source_hash=keccak(b"s"),
            revoked_at=revoked, reason=None if revoked is None else 1, tx_hash=keccak(b"k"), **BLOCK,
        )  # fmt: skip
    for act, nonce, until in (("land.sell", 1, NOW + DAY), (HOSTILE, 2, NOW - 1)):
        _put(
            connection, schema.powers, power=keccak(act.encode()), principal=HOLDERS[1], attorney=HOLDERS[2], act=act,
            subject=ZERO_HASH if nonce == 1 else keccak(b"subject"), price_floor=0 if nonce == 1 else 10**30,
            currency=ZERO_HASH if nonce == 1 else EUR, until=until, nonce=nonce, granted_at=NOW - 10,
            revoked_at=None, revoked_by=None, tx_hash=keccak(b"p"), **BLOCK,
        )  # fmt: skip
    _put(
        connection, schema.organisations, party=PARTY_OF_COMPANY, version=1, threshold=2,
        representatives=json.dumps(FILE["board"]), set_by=OFFICER, evidence=ZERO_HASH, changed_at=NOW - 100,
        tx_hash=keccak(b"o"), **BLOCK,
    )  # fmt: skip
    _put(
        connection, schema.representatives, party=PARTY_OF_COMPANY, representative=HOLDERS[0], **BLOCK
    )  # fmt: skip
    _put(
        connection, schema.attestations, party=HOLDERS[2], digest=keccak(b"digest"), agency=AGENCY,
        evidence=keccak(b"v"), attested_at=NOW - 9, withdrawn_at=None, tx_hash=keccak(b"a"), **BLOCK,
    )  # fmt: skip


def _filings(connection: Connection) -> None:
    """A founding that one of two has signed, and a change that everyone signed and that is on its way."""
    for filing, kind, company, intent in (
        (FILING, "founding", RESERVED, None), (APPLIED_FILING, "change", ENTERED, "company.change:" + APPLIED_FILING),
    ):  # fmt: skip
        previous = None if kind == "founding" else {**FILE, "threshold": 1}
        _put(
            connection, schema.company_filings, filing=filing, kind=kind, company=company, version=1,
            founders=json.dumps(list(HOLDERS[:1])), file=json.dumps(FILE), previous=json.dumps(previous), address=None,
            address_salt=None, nonce=5, deadline=NOW + DAY, intent_key=intent, created_at=NOW,
        )  # fmt: skip
        part = "articles" if kind == "founding" else "company"
        for at, party in enumerate(HOLDERS[:2]):
            signed = None if at else NOW - 1
            _put(
                connection, schema.company_signatures, filing=filing, part=part, party=party, nonce=7 + at,
                signature=None if signed is None else "0x" + "1" * 130, signed_at=signed,
            )  # fmt: skip
