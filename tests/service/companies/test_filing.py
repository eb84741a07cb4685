"""Filings: everyone signs their own words, the last signature queues, and what the contract would refuse is refused."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from cryptography.fernet import Fernet
from eth_abi.abi import decode
from eth_account import Account
from eth_account.signers.local import LocalAccount
from sqlalchemy import Engine, insert, select, update

from muniment.chain.deployment import ContractInfo, Deployment
from muniment.chain.typed_data import signed_by
from muniment.db.engine import reading, writing
from muniment.db.schema import companies, company_filings, documents_anchors, intents, wallets
from muniment.errors import Refused
from muniment.hashing import ZERO_HASH, keccak
from muniment.identity.companies import filing as filings
from muniment.identity.companies import submit
from muniment.identity.companies.filing import Wanted
from muniment.identity.companies.model import LIFETIME, FilingKind, Part
from muniment.identity.companies.names import name_key
from muniment.identity.companies.project import HANDLERS
from muniment.identity.companies.signing import data_of
from muniment.identity.model import commitment_of
from muniment.identity.sealing import Sealer
from muniment.identity.submit import Relay
from tests.service.companies.test_project import AGENCY, COMPANY, FILE, NOW, OFFICER, PARTY, reserved, told
from tests.service.projecting import project

REGISTRY = "0x" + "c0" * 20
DEPLOYMENT = Deployment("local", 31337, "0x00", {"CompanyRegistry": ContractInfo("CompanyRegistry", REGISTRY, [], 1)})
RELAY = Relay(DEPLOYMENT, NOW, most=20)
ARTICLES, ADDRESS = keccak(b"articles"), "1 Example Street"
ANCHORED = {
    "schema": ZERO_HASH, "count": 1, "expires_at": 0, "kind": 3, "key_id": 0, "policy": ZERO_HASH, "members": "[]",
    "issued_at": 1, "status": 0, "tx_hash": "0x", "block_number": 1, "block_hash": "0x",
}  # fmt: skip


@dataclass
class Office:
    """A company whose name Anna has reserved, and three persons with wallets, by id."""

    engine: Engine
    sealer: Sealer
    keys: dict[str, LocalAccount]

    @property
    def people(self) -> list[str]:
        """The persons, ascending; the first is the applicant."""
        return sorted(self.keys)

    def wanted(self, **changes: Any) -> Wanted:
        """A board of the first two, with the third as contact."""
        anna, boris, chen = self.people
        return replace(Wanted(1, [boris, anna], chen, ARTICLES, ADDRESS), **changes)

    def found(self, founders: Sequence[str] | None = None, **changes: Any) -> str:
        """Open the founding by the applicant alone, unless others are named."""
        with writing(self.engine) as connection:
            named = founders or self.people[:1]
            return filings.open_founding(connection, self.sealer, COMPANY, named, self.wanted(**changes), NOW)

    def change(self, **changes: Any) -> str:
        """Open a change."""
        with writing(self.engine) as connection:
            return filings.open_change(connection, self.sealer, COMPANY, self.wanted(**changes), NOW)

    def asked(self, filing: str, party: str) -> tuple[filings.ToSign, ...]:
        """What a person is asked to sign."""
        with reading(self.engine) as connection:
            return filings.to_sign(connection, DEPLOYMENT, filing, party)

    def sign(self, filing: str, party: str, by: str | None = None, relay: Relay = RELAY) -> filings.Filing:
        """Sign everything that a person is asked for, with the person's key or somebody else's."""
        stands = self.stands(filing)
        for part in self.asked(filing, party):
            signature = signed_by(self.keys[by or party], part.typed_data)
            with writing(self.engine) as connection:
                stands = filings.sign(connection, relay, filing, party, part.part, signature)
        return stands

    def stands(self, filing: str) -> filings.Filing:
        """How a filing stands."""
        with reading(self.engine) as connection:
            return filings.filing_of(connection, filing)

    def anchor(self, issuer: str, root: str = ARTICLES, **changes: Any) -> None:
        """Let a root be issued."""
        with writing(self.engine) as connection:
            connection.execute(insert(documents_anchors).values(issuer=issuer, root=root, **{**ANCHORED, **changes}))

    def submit(self, filing: str, now: int = NOW) -> filings.Filing:
        """Queue by hand."""
        with writing(self.engine) as connection:
            return filings.submit(connection, filing, now, RELAY.most)

    def enter(self) -> None:
        """Let the company stand with the file of `wanted`, two of its board signing."""
        anna, boris, chen = self.people
        file = {**FILE, "threshold": 2, "board": [anna, boris], "contact": chen, "articles": ARTICLES}
        signed = told("ArticlesSigned", 2, founders=[anna], file=file, until=NOW + 900)
        entered = told("CompanyEntered", 5, party=PARTY, agency=AGENCY, number="1", officer=OFFICER)
        project(self.engine, HANDLERS, signed, told("ContactAccepted", 3, contact=chen), entered)

    def intent(self) -> tuple[str, dict[str, Any]]:
        """The one intent: its kind and body."""
        with reading(self.engine) as connection:
            row = connection.execute(select(intents)).one()
        return row.kind, json.loads(row.body)


@pytest.fixture
def office(any_database: Engine) -> Office:
    """Three persons and a reserved name."""
    keys = {keccak(name): Account.create() for name in (b"anna", b"boris", b"chen")}
    made = Office(any_database, Sealer([Fernet.generate_key()]), keys)
    with writing(any_database) as connection:
        for party, account in keys.items():
            row = {"party": party, "wallet": account.address.lower(), "agency": AGENCY, "bound_at": 1}
            connection.execute(insert(wallets).values(**row, tx_hash="0x", block_number=1, block_hash="0x"))
    project(any_database, HANDLERS, reserved(applicant=made.people[0]))
    return made


def refused(act: Any, *given: Any, **named: Any) -> str:
    """The name of the reason why something is refused."""
    with pytest.raises(Refused) as said:
        act(*given, **named)
    return said.value.name


def test_a_founding_is_queued_with_the_last_signature(office: Office) -> None:
    """Founders and board must each sign their own words; the call must carry them in ascending order."""
    anna, boris, chen = office.people
    office.anchor(anna)
    filing = office.found([anna, chen])
    stands = office.stands(filing)
    assert [(one.part, one.party, one.signed_at) for one in stands.signers] == [
        (Part.ARTICLES, party, None) for party in office.people
    ]
    (shown,) = office.asked(filing, boris)
    message = shown.typed_data["message"]
    assert shown.typed_data["primaryType"] == "SignArticles"
    assert (message["party"], message["founders"], message["file"]["board"]) == (boris, [anna, chen], [anna, boris])
    assert office.sign(filing, chen).intent_key is None
    assert office.sign(filing, anna).intent_key is None
    last = office.sign(filing, boris)
    assert (last.intent_key, last.complete) == (f"company.file_articles:{filing}", True)
    kind, body = office.intent()
    (act,) = [one for one in submit.ACTS if one.kind == kind]
    call = act.build([body])
    assert (call.function, call.arguments[:2]) == ("fileArticles", (COMPANY, [anna, chen]))
    assert [one["party"] for one in body["signatures"]] == office.people
    assert len({one["nonce"] for one in body["signatures"]}) == 3


def test_the_address_is_sealed_and_only_its_hash_goes_out(office: Office) -> None:
    """The registered address must be kept sealed with its salt, and match the hash that everyone signs."""
    filing = office.found()
    with reading(office.engine) as connection:
        row = connection.execute(select(company_filings)).one()
    assert ADDRESS not in str(row)
    salt, address = office.sealer.unseal(row.address_salt), office.sealer.unseal(row.address)
    (shown,) = office.asked(filing, office.people[0])
    assert address == ADDRESS
    assert shown.typed_data["message"]["file"]["addressHash"] == commitment_of(salt, address.encode())


def test_the_articles_may_come_last(office: Office) -> None:
    """Complete without standing articles must wait, and be queued once they stand; again gives the same intent."""
    anna, boris, _ = office.people
    filing = office.found()
    assert refused(office.submit, filing) == "SignaturesMissing"
    office.sign(filing, anna)
    assert office.sign(filing, boris).complete
    assert refused(office.submit, filing) == "ArticlesMissing"
    office.anchor(boris)  # somebody else's anchor is none
    assert refused(office.submit, filing) == "ArticlesMissing"
    office.anchor(anna, status=2)
    assert refused(office.submit, filing) == "ArticlesMissing"
    with writing(office.engine) as connection:
        connection.execute(update(documents_anchors).values(status=0))
    first = office.submit(filing)
    assert first.intent_key
    assert office.submit(filing) == first
    office.intent()


def test_only_the_person_asked_signs_and_only_these_words(office: Office) -> None:
    """Another's key, another filing's signature and a stranger must be refused, and nothing be stored."""
    anna, boris, chen = office.people
    filing, other = office.found(), office.found(threshold=2)
    assert refused(office.sign, filing, boris, by=anna) == "SignatureInvalid"
    (shown,) = office.asked(other, anna)
    signature = signed_by(office.keys[anna], shown.typed_data)
    with writing(office.engine) as connection, pytest.raises(Refused, match="SignatureInvalid"):
        filings.sign(connection, RELAY, filing, anna, Part.ARTICLES, signature)
    assert refused(office.asked, filing, chen) == "SignatoryRefused"
    with writing(office.engine) as connection, pytest.raises(Refused, match="SignatoryRefused"):
        filings.sign(connection, RELAY, filing, anna, Part.COMPANY, signature)
    assert [one.signed_at for one in office.stands(filing).signers] == [None, None]
    assert refused(office.stands, "0" * 32) == "FilingUnknown"


def test_a_signature_too_late_is_refused(office: Office) -> None:
    """After its deadline a filing must take no signature and not be queued."""
    filing, late = office.found(), replace(RELAY, now=NOW + LIFETIME)
    assert refused(office.sign, filing, office.people[0], relay=late) == "DeadlinePassed"
    assert refused(office.submit, filing, NOW + LIFETIME) == "DeadlinePassed"


def test_what_the_contract_would_refuse_is_refused_before_anybody_signs(office: Office) -> None:
    """Wrong boards, founders, contact, address and articles must be told when the filing is opened."""
    anna, boris, _ = office.people
    for changes, reason in [
        ({"board": []}, "BoardMissing"),
        ({"threshold": 0}, "BoardRefused"),
        ({"threshold": 3}, "BoardRefused"),
        ({"board": [keccak(bytes([at])) for at in range(17)]}, "BoardRefused"),
        ({"board": [anna, anna]}, "PersonTwice"),
        ({"contact": ZERO_HASH}, "FileIncomplete"),
        ({"address": None}, "FileIncomplete"),
        ({"address": "  "}, "FileIncomplete"),
        ({"address": "a" * 501}, "AddressTooLong"),
        ({"articles": ZERO_HASH}, "ArticlesMissing"),
        ({"founders": [boris]}, "FoundersRefused"),
        ({"founders": [anna, anna.upper().replace("0X", "0x")]}, "PersonTwice"),
    ]:
        assert refused(office.found, **changes) == reason, changes
    with writing(office.engine) as connection:
        connection.execute(update(companies).values(until=NOW))
    assert refused(office.found) == "ApplicationExpired"
    project(office.engine, HANDLERS, told("ApplicationReleased", 8, by=OFFICER, sourceHash="0x1"))
    assert refused(office.found) == "StepRefused"
    assert refused(office.change) == "StepRefused"


def test_a_change_is_signed_by_the_company_and_by_whoever_joins(office: Office) -> None:
    """Two of the present board sign one digest, the new member a post; the joint signature must be ascending."""
    anna, boris, chen = office.people
    office.enter()
    office.anchor(anna)
    filing = office.change(threshold=1, board=[boris, chen], contact=boris, address=None)
    stands = office.stands(filing)
    assert (stands.kind, stands.version, stands.needed) == (FilingKind.CHANGE, 2, 2)
    asked = {(one.part, one.party) for one in stands.signers}
    assert asked == {(Part.COMPANY, anna), (Part.COMPANY, boris), (Part.POST, boris), (Part.POST, chen)}
    company, post = office.asked(filing, boris)
    assert company.typed_data["message"]["party"] == PARTY
    assert company.typed_data == office.asked(filing, anna)[0].typed_data
    assert (post.typed_data["primaryType"], post.typed_data["message"]["version"]) == ("AcceptPost", 2)
    for person in (chen, boris):
        assert not office.sign(filing, person).complete
    assert office.sign(filing, anna).intent_key == f"company.change:{filing}"
    _, body = office.intent()
    assert [one["party"] for one in body["joining"]] == [boris, chen]
    assert body["previous"]["board"] == [anna, boris]
    (parts,) = decode(["(bytes32,bytes)[]"], bytes.fromhex(body["signature"][2:]))
    assert ["0x" + party.hex() for party, _ in parts] == [anna, boris]


def test_no_more_signatures_than_needed_go_out(office: Office) -> None:
    """Where more of the board signed than the rule asks for, as many must be sent as it asks for."""
    anna, boris, _ = office.people
    office.enter()
    with writing(office.engine) as connection:
        connection.execute(update(companies).values(threshold=1))
    fresh = keccak(b"new articles")
    filing = office.change(articles=fresh, address=None)
    for person in (boris, anna):  # both, since the articles do not stand yet
        office.sign(filing, person)
    office.anchor(PARTY, fresh)
    office.submit(filing)
    (parts,) = decode(["(bytes32,bytes)[]"], bytes.fromhex(office.intent()[1]["signature"][2:]))
    assert ["0x" + party.hex() for party, _ in parts] == [anna]


def test_filings_are_paid_for_so_many_times_a_day(office: Office) -> None:
    """One who is a company's whole board must not spend the service's money without end; the last signature waits."""
    anna, *_ = office.people
    office.enter()
    with writing(office.engine) as connection:
        connection.execute(update(companies).values(threshold=1))
    office.anchor(PARTY)
    filed = [office.change(articles=ARTICLES, address=f"{number} Long Street") for number in range(3)]
    two = replace(RELAY, most=2)
    for filing in filed[:2]:
        assert office.sign(filing, anna, relay=two).intent_key
    assert refused(office.sign, filed[2], anna, relay=two) == "RelayQuota"
    assert not office.stands(filed[2]).complete
    assert office.sign(filed[2], anna, relay=replace(two, now=NOW + 86_400)).intent_key


def test_a_filing_on_its_way_takes_no_other_signature(office: Office) -> None:
    """Once queued, whoever did not sign must be told so; who did may send the same again."""
    anna, boris, _ = office.people
    office.enter()
    with writing(office.engine) as connection:
        connection.execute(update(companies).values(threshold=1))
        filing = filings.open_dissolution(connection, office.sealer, COMPANY, NOW)
    office.sign(filing, boris)
    assert office.intent()[0] == "company.dissolve"
    assert refused(office.sign, filing, anna) == "FilingClosed"
    assert office.sign(filing, boris).intent_key


def test_new_articles_of_a_company_are_its_own(office: Office) -> None:
    """Articles that stay may be the applicant's; new ones must be anchored by the company."""
    anna, boris, _ = office.people
    office.enter()
    fresh = keccak(b"new articles")
    office.anchor(anna, fresh)
    filing = office.change(threshold=2, articles=fresh, address=None)
    for person in (anna, boris):
        office.sign(filing, person)
    assert refused(office.submit, filing) == "ArticlesMissing"
    office.anchor(PARTY, fresh)
    assert office.submit(filing).intent_key
    assert refused(office.change, threshold=2, address=None) == "FileUnchanged"


# ── Single acts ─────────────────────────────────────────────────────────────────────────────────────────────────


def reserve(office: Office, name: str, signed_name: str | None = None, nonce: int = 5, **changes: Any) -> str:
    """Reserve a name by the second person, who signed this name or another; the company's id."""
    party, deadline = office.people[1], changes.get("deadline", NOW + 60)
    message = submit.reserve_message(AGENCY, signed_name or name, party, nonce, deadline)
    data = submit_data("ReserveName", message)
    signature = signed_by(office.keys[party], data)
    with writing(office.engine) as connection:
        return submit.reserve(connection, RELAY, AGENCY, name, party, nonce, deadline, signature)[1]


def submit_data(primary: str, message: dict[str, Any]) -> dict[str, Any]:
    """Typed data of the registry."""
    return data_of(DEPLOYMENT, primary, message)


def test_a_reservation_carries_name_and_key(office: Office) -> None:
    """What is queued must be the normalised name that was signed, with its key; the same again is one act."""
    assert reserve(office, "Andere  OÜ", "Andere OÜ") == reserve(office, "Andere OÜ")
    kind, body = office.intent()
    assert (kind, body["name"], body["nameKey"]) == ("company.reserve", "Andere OÜ", name_key("Andere OÜ"))
    (act,) = [one for one in submit.ACTS if one.kind == kind]
    assert act.build([body]).arguments[:4] == (AGENCY, "Andere OÜ", name_key("Andere OÜ"), office.people[1])


@pytest.mark.parametrize(
    ("name", "changes", "reason"),
    [
        ("MUNIMENT AS", {}, "NameTaken"),
        ("Munirnent", {}, "NameTaken"),
        ("Мuniment", {}, "NameMixedScripts"),
        ("", {}, "NameMissing"),
        ("Andere", {"signed_name": "Anders"}, "SignatureInvalid"),
        ("Andere", {"deadline": NOW}, "DeadlinePassed"),
        ("Andere", {"deadline": NOW + 30 * 86_400}, "DeadlineTooFar"),
    ],
)
def test_a_reservation_that_would_fail_is_refused(
    office: Office, name: str, changes: dict[str, Any], reason: str
) -> None:
    """Taken and deceiving names, and signatures over anything else, must be told at once."""
    assert refused(reserve, office, name, **changes) == reason
    with reading(office.engine) as connection:
        assert connection.execute(select(intents)).all() == []


def test_a_registrar_decides_once_and_on_a_ground(office: Office) -> None:
    """Refusal, fee and entry must name officer and ground, keep them sealed, and be decided once."""
    anna, _, chen = office.people
    file = {**FILE, "board": [anna], "contact": chen, "articles": ARTICLES}
    project(office.engine, HANDLERS, told("ArticlesSigned", 2, founders=[anna], file=file, until=NOW + 900))

    def decide(act: Any, *given: str) -> Any:
        with writing(office.engine) as connection:
            return act(connection, office.sealer, COMPANY, *given, NOW)

    assert refused(decide, submit.attest_fee, " ", "receipt 7") == "OfficerOrReasonMissing"
    assert refused(decide, submit.enter, "officer", "1") == "ContactNotAccepted"
    project(office.engine, HANDLERS, told("ContactAccepted", 3, contact=chen))
    assert refused(decide, submit.enter, "officer", "1") == "FeeMissing"
    assert [decide(submit.attest_fee, "officer", "receipt 7").new for _ in range(2)] == [True, False]
    assert refused(decide, submit.attest_fee, "officer", "receipt 8") == "DecidedAlready"
    project(office.engine, HANDLERS, told("FeeAttested", 4, officer=OFFICER, receipt="0x1"))
    assert refused(decide, submit.attest_fee, "officer", "receipt 7") == "FeeSettledAlready"
    assert refused(decide, submit.enter, "officer", "") == "NumberRefused"
    assert refused(decide, submit.enter, "officer", "1" * 33) == "NumberRefused"
    assert decide(submit.enter, "officer", " 16543210 ").key == f"company.enter:{COMPANY}:16543210"
    with reading(office.engine) as connection:
        query = select(intents.c.body).where(intents.c.kind == "company.enter")
        body = json.loads(connection.execute(query).scalar_one())
    assert (body["number"], body["founders"], body["file"]["board"]) == ("16543210", [anna], [anna])
