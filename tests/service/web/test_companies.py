"""Companies through the API: what is shown to be signed, what is taken, and how a no is told."""

import json
from typing import Any

import pytest
from cryptography.fernet import Fernet
from eth_abi.abi import encode
from eth_account import Account
from fastapi.testclient import TestClient
from sqlalchemy import Engine, insert, select

from muniment.chain.deployment import ContractInfo, Deployment
from muniment.chain.rpc import RpcError
from muniment.chain.typed_data import signed_by
from muniment.db import schema
from muniment.db.engine import reading, writing
from muniment.hashing import ZERO_HASH, keccak
from muniment.identity.companies.permits import NO_PERMIT, permit_data, permit_struct
from muniment.identity.companies.project import HANDLERS
from muniment.identity.sealing import Sealer
from muniment.web.limits import RateLimit
from tests.service.companies.test_project import AGENCY, COMPANY, FILE, PARTY, founded, reserved, told
from tests.service.projecting import event, project
from tests.service.web.conftest import MAGIC, NOW, FakeNode

REGISTRY, DOCUMENTS, TOKEN = "0x" + "c0" * 20, "0x" + "d0" * 20, "0x" + "20" * 20
ANNA = Account.from_key("0x" + "42" * 32)
APPLICANT = keccak(b"anna")
UNTIL = NOW + 86_400


@pytest.fixture
def deployment() -> Deployment:
    """The registries of companies and documents."""
    contracts = {"CompanyRegistry": REGISTRY, "DocumentRegistry": DOCUMENTS}
    return Deployment("local", 31337, keccak(b"0"), {
        name: ContractInfo(name, address, [], 1) for name, address in contracts.items()
    })  # fmt: skip


@pytest.fixture
def desk(web: TestClient, database: Engine) -> TestClient:
    """The application, with a reserved name and an applicant who has a wallet."""
    site = web.app.state.site  # type: ignore[attr-defined]
    site.writes = site.questions = RateLimit(10_000, 10_000)
    site.sealer = Sealer([Fernet.generate_key()])
    with writing(database) as connection:
        row = {"party": APPLICANT, "wallet": ANNA.address.lower(), "agency": AGENCY, "bound_at": 1, "tx_hash": "0x"}
        connection.execute(insert(schema.wallets).values(**row, block_number=60, block_hash="0x"))
    project(database, HANDLERS, reserved(applicant=APPLICANT, until=UNTIL))
    return web


def signed(shown: dict[str, Any], account: Any = ANNA, **more: Any) -> dict[str, Any]:
    """What is sent back after signing."""
    signature = signed_by(account, shown["typed_data"])
    return {"nonce": shown["nonce"], "deadline": shown["deadline"], "signature": signature, **more}


def bodies(database: Engine) -> list[dict[str, Any]]:
    """What waits in the outbox."""
    with reading(database) as connection:
        return [json.loads(body) for body in connection.execute(select(schema.intents.c.body)).scalars()]


@pytest.mark.parametrize(
    ("name", "error"),
    [("Anders OÜ", None), ("munimeńt", None), ("MUNIMENT AS", "NameTaken"), ("Мuniment", "NameMixedScripts"),
     ("", "NameMissing")],
)  # fmt: skip
def test_a_name_is_checked_before_anything_is_signed(desk: TestClient, name: str, error: str | None) -> None:
    """Free, taken and impossible names must each be told with status 200, the reason in a sentence."""
    answer = desk.post("/api/companies/names/check", json={"agency": AGENCY, "name": name}).json()
    assert (answer["free"], answer["error"]) == (error is None, error)
    assert (answer["sentence"] is None) == (error is None)
    assert (answer["holder"] is not None) == (error == "NameTaken")
    assert answer["as_of"]["number"] == 100


def test_a_reservation_is_shown_signed_and_queued(desk: TestClient, database: Engine) -> None:
    """What a page shows must be what the wallet signs and the outbox sends; the same again is the same request."""
    asked = {"agency": AGENCY, "name": " Anders  OÜ", "party": APPLICANT}
    shown = desk.post("/api/companies/reservations/typed-data", json=asked).json()
    assert shown["typed_data"]["domain"]["verifyingContract"] == REGISTRY
    assert shown["typed_data"]["message"]["name"] == shown["name"] == "Anders OÜ"
    sent = {**asked, **signed(shown)}
    first, second = (desk.post("/api/companies/reservations", json=sent) for _ in range(2))
    assert (first.status_code, first.json()) == (202, second.json())
    assert first.json()["company"] == shown["company"]
    (body,) = bodies(database)
    assert (body["applicant"], body["nonce"], body["name"]) == (APPLICANT, shown["nonce"], "Anders OÜ")
    forged = {**asked, **signed(shown, Account.create()), "name": "Andere OÜ"}
    refused = desk.post("/api/companies/reservations", json=forged)
    assert (refused.status_code, refused.json()["error"]) == (422, "SignatureInvalid")


def test_a_wallet_that_is_a_contract_judges_for_itself(desk: TestClient, database: Engine, node: FakeNode) -> None:
    """Where the wallet is a contract, what it takes for its own must be queued as it came."""
    node.taken = MAGIC
    asked = {"agency": AGENCY, "name": "Anders OÜ", "party": APPLICANT}
    shown = desk.post("/api/companies/reservations/typed-data", json=asked).json()
    sent = {**asked, **signed(shown), "signature": "0x1234"}
    assert desk.post("/api/companies/reservations", json=sent).status_code == 202
    assert bodies(database)[0]["signature"] == "0x1234"


def test_refusals_have_their_status(desk: TestClient) -> None:
    """Unknown must be 404, what stands against it 409, what is wrong 422, each with a sentence and a name."""
    taken = {"agency": AGENCY, "name": "Muniment", "party": APPLICANT}
    shown = desk.post("/api/companies/reservations/typed-data", json=taken).json()
    for method, path, body, status, error in [
        ("POST", "/api/companies/reservations", {**taken, **signed(shown)}, 409, "NameTaken"),
        ("GET", f"/api/companies/{PARTY}", None, 404, None),
        ("GET", f"/api/companies/{COMPANY}/contact/typed-data", None, 409, "StepRefused"),
        ("GET", f"/api/companies/{PARTY}/withdrawal/typed-data", None, 404, "CompanyUnknown"),
        ("GET", f"/api/companies/filings/{'0' * 32}", None, 404, "FilingUnknown"),
        ("GET", f"/api/companies/rules/{AGENCY}", None, 404, None),
        ("GET", f"/api/companies/numbers/{AGENCY}/7", None, 404, None),
        ("POST", f"/api/companies/{COMPANY}/filings", {"kind": "founding"}, 422, None),
        ("POST", f"/api/companies/{COMPANY}/filings", {"kind": "change"}, 409, "StepRefused"),
        ("POST", f"/api/companies/{COMPANY}/filings", {"kind": "founding", "founders": [PARTY]}, 422, "BoardMissing"),
        ("POST", "/api/companies/reservations/typed-data", {**taken, "name": "a" * 121}, 422, "NameTooLong"),
        ("POST", "/api/companies/names/check", {"agency": "0x1", "name": "A"}, 422, None),
    ]:
        response = desk.request(method, path, json=body)
        told_ = response.json()
        assert (response.status_code, told_.get("error")) == (status, error), (path, told_)
        assert told_["detail"].endswith("."), path


def test_an_applicant_withdraws(desk: TestClient, database: Engine) -> None:
    """The applicant must be shown the withdrawal, and its signature be queued."""
    path = f"/api/companies/{COMPANY}/withdrawal"
    shown = desk.get(f"{path}/typed-data").json()
    assert (shown["party"], shown["typed_data"]["primaryType"]) == (APPLICANT, "WithdrawApplication")
    answer = desk.post(path, json=signed(shown))
    assert (answer.status_code, answer.json()["kind"]) == (202, "company.withdraw")
    assert bodies(database)[0]["company"] == COMPANY


def test_a_contact_accepts(desk: TestClient, database: Engine) -> None:
    """The contact on file must be shown the acceptance of all that is on file."""
    project(database, HANDLERS, told("ArticlesSigned", 2, founders=[APPLICANT], file={**FILE, "contact": APPLICANT},
                                     until=UNTIL))  # fmt: skip
    path = f"/api/companies/{COMPANY}/contact"
    shown = desk.get(f"{path}/typed-data").json()
    assert shown["typed_data"]["message"]["file"] == {**FILE, "contact": APPLICANT}
    assert desk.post(path, json=signed(shown)).json()["kind"] == "company.accept_contact"
    assert bodies(database)[0]["founders"] == [APPLICANT]


def test_a_fee_is_paid_from_a_wallet(desk: TestClient, database: Engine) -> None:
    """Token and amount must be the agency's; the permit must reach the call, or be empty without one."""
    path = f"/api/companies/{COMPANY}/fee"
    assert desk.get(f"{path}/typed-data", params={"party": APPLICANT}).json()["error"] == "StepRefused"
    project(database, HANDLERS, told("ArticlesSigned", 2, founders=[APPLICANT], file=FILE, until=UNTIL))
    assert desk.get(f"{path}/typed-data", params={"party": APPLICANT}).json()["error"] == "FeeNotInToken"
    rules = {"agency": AGENCY, "feeToken": TOKEN, "fee": 2**70, "payee": REGISTRY, "contactKind": ZERO_HASH}
    project(database, HANDLERS, event("CompanyRegistry", "RulesSet", 1, **rules, founderKinds=[]))
    assert desk.get(f"{path}/typed-data", params={"party": PARTY}).json()["error"] == "PartyUnbound"
    shown = desk.get(f"{path}/typed-data", params={"party": APPLICANT}).json()
    message = shown["typed_data"]["message"]
    assert (message["token"], message["amount"], shown["permit"]) == (TOKEN, str(2**70), None)
    permit = {"permit_signature": "0x" + "11" * 64 + "00", "permit_deadline": NOW + 5}
    assert desk.post(path, json=signed(shown, party=APPLICANT, **permit)).status_code == 202
    (body,) = bodies(database)
    assert body["permit"] == {"deadline": NOW + 5, "v": 27, "r": "0x" + "11" * 32, "s": "0x" + "11" * 32}
    again = desk.get(f"{path}/typed-data", params={"party": APPLICANT}).json()
    half = {"permit_signature": "0x11", "permit_deadline": NOW + 5}
    assert desk.post(path, json=signed(again, party=APPLICANT, **half)).json()["error"] == "PermitRefused"
    assert desk.post(path, json=signed(again, party=APPLICANT)).status_code == 202
    assert bodies(database)[1]["permit"] == NO_PERMIT


def test_a_nonce_is_cancelled(desk: TestClient, database: Engine) -> None:
    """A party must be able to make useless what it signed here."""
    shown = desk.post("/api/companies/nonces/typed-data", json={"party": APPLICANT, "nonce": str(2**255)}).json()
    assert shown["typed_data"]["message"]["nonce"] == shown["nonce"] == str(2**255)
    sent = signed(shown, party=APPLICANT)
    assert desk.post("/api/companies/nonces", json=sent).json()["kind"] == "company.cancel_nonce"
    assert bodies(database)[0]["nonce"] == str(2**255)


def test_a_party_issues_its_articles(desk: TestClient, database: Engine) -> None:
    """A root that a party issues itself must be shown, checked and queued; another's signature be refused."""
    asked = {"party": APPLICANT, "root": keccak(b"articles"), "count": 1}
    shown = desk.post("/api/documents/approvals/typed-data", json=asked).json()
    data = shown["typed_data"]
    assert (data["domain"]["verifyingContract"], data["message"]["policy"]) == (DOCUMENTS, ZERO_HASH)
    stolen = desk.post("/api/documents/approvals", json={**asked, **signed(shown, Account.create())})
    assert (stolen.status_code, stolen.json()["error"]) == (422, "SignatureInvalid")
    sent = {**asked, **signed(shown)}
    assert [desk.post("/api/documents/approvals", json=sent).status_code for _ in range(2)] == [202, 202]
    (body,) = bodies(database)
    assert (body["party"], body["root"], body["expires_at"]) == (APPLICANT, asked["root"], 0)


def test_a_filing_is_opened_and_signed(desk: TestClient, database: Engine) -> None:
    """A founding must be opened, shown to each person, and tell who has signed; no address may come back."""
    wanted = {"threshold": 1, "board": [APPLICANT], "contact": APPLICANT, "articles": keccak(b"articles")}
    opened = desk.post(f"/api/companies/{COMPANY}/filings", json={
        "kind": "founding", "founders": [APPLICANT], **wanted, "address": "1 Example Street",
    })  # fmt: skip
    assert opened.status_code == 201
    assert "Example" not in opened.text
    path = f"/api/companies/filings/{opened.json()['filing']}"
    (part,) = desk.get(f"{path}/typed-data", params={"party": APPLICANT}).json()["to_sign"]
    signature = signed_by(ANNA, part["typed_data"])
    body = {"party": APPLICANT, "part": part["part"], "signature": signature}
    stands = desk.post(f"{path}/signatures", json=body).json()
    assert (stands["complete"], stands["articles_standing"], stands["intent_key"]) == (True, False, None)
    assert desk.get(path).json() == stands
    assert desk.post(f"{path}/submit", json={}).json()["error"] == "ArticlesMissing"
    other = desk.get(f"{path}/typed-data", params={"party": PARTY})
    assert (other.status_code, other.json()["error"]) == (422, "SignatoryRefused")
    assert bodies(database) == []


def test_companies_are_found_and_told(desk: TestClient, database: Engine) -> None:
    """List, page, history and posts must tell what the events added up to, as of a block."""
    project(database, HANDLERS, *founded()[1:])
    (line,) = desk.get("/api/companies", params={"query": "munim", "status": "entered"}).json()["companies"]
    assert (line["company"], line["status"], line["finality"]) == (COMPANY, "entered", "finalized")
    whole = desk.get(f"/api/companies/{COMPANY}").json()
    assert whole == desk.get(f"/api/companies/{PARTY}").json()
    assert whole == desk.get(f"/api/companies/numbers/{AGENCY}/16543210").json()
    assert (whole["status"], whole["file"]["board"], whole["files"][0]["version"]) == ("entered", FILE["board"], 1)
    assert desk.get(f"/api/companies/{COMPANY}/history").json()["length"] == 0
    posts = desk.get(f"/api/parties/{FILE['contact']}/posts").json()["posts"]
    assert [(post["post"], post["name"]) for post in posts] == [("contact", "Muniment OÜ")]


def test_writes_are_limited(web: TestClient) -> None:
    """A client that writes without end must be told to wait."""
    body = {"agency": AGENCY, "name": "Anders", "party": APPLICANT, "nonce": "1", "deadline": 1, "signature": "0x"}
    told_ = [web.post("/api/companies/reservations", json=body).status_code for _ in range(12)]
    assert told_[-1] == 429


# ── Permits ─────────────────────────────────────────────────────────────────────────────────────────────────────


class Token:
    """A node that holds one token with EIP-2612 and EIP-5267."""

    def __init__(self, fields: bytes = b"\x0f", at: str = TOKEN) -> None:
        types = ["bytes1", "string", "string", "uint256", "address", "bytes32", "uint256[]"]
        domain = encode(types, [fields, "Euro", "1", 31337, at, bytes(32), []])
        self.answers = {"0x84b0196e": "0x" + domain.hex(), "0x7ecebe00": "0x" + (9).to_bytes(32, "big").hex()}

    def call(self, method: str, params: Any) -> str:
        """What the token answers."""
        return self.answers[params[0]["data"][:10]]


class NoToken:
    """A node on which the call reverts."""

    def call(self, method: str, params: Any) -> str:
        """Nothing."""
        raise RpcError(3, "execution reverted")


def test_a_permit_is_what_the_token_takes() -> None:
    """The permit must be in the token's own domain, over its own nonce; without that, none be offered."""
    data = permit_data(Token(), TOKEN, ANNA.address, REGISTRY, 190, NOW)  # type: ignore[arg-type]
    assert data is not None
    assert data["domain"] == {"name": "Euro", "version": "1", "chainId": 31337, "verifyingContract": TOKEN}
    assert (data["message"]["nonce"], data["message"]["spender"]) == ("9", REGISTRY)
    struct = permit_struct(signed_by(ANNA, data), NOW)
    assert struct["v"] in (27, 28)
    for odd in (Token(b"\x1f"), Token(at=REGISTRY), NoToken()):
        assert permit_data(odd, TOKEN, ANNA.address, REGISTRY, 190, NOW) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("nonce", [str(2**256), "9" * 78, "-1", "1e3", "٣"])
def test_a_nonce_that_no_contract_holds(desk: TestClient, nonce: str) -> None:
    """A number beyond 256 bits must be refused as what was sent wrongly, wherever a nonce is sent."""
    signed_over = {"nonce": nonce, "deadline": UNTIL, "signature": "0x" + "11" * 64 + "1b"}
    named = {"agency": AGENCY, "name": "Anders", "party": APPLICANT}
    for path, body in (
        ("companies/reservations", named), ("companies/nonces", {"party": APPLICANT}),
        (f"companies/{COMPANY}/withdrawal", {}), (f"companies/{COMPANY}/contact", {}),
        ("documents/approvals", {"party": APPLICANT, "root": ZERO_HASH[:-1] + "1", "count": 1}),
    ):  # fmt: skip
        answer = desk.post(f"/api/{path}", json={**body, **signed_over})
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), path


def test_a_root_in_an_organisations_name(desk: TestClient, database: Engine, node: FakeNode) -> None:
    """What the chain does not take for the organisation's signature must not be queued in its name."""
    organisation = keccak(b"organisation")
    row = {"party": organisation, "version": 1, "threshold": 1, "representatives": json.dumps([APPLICANT]),
           "set_by": "0x1", "evidence": ZERO_HASH, "changed_at": NOW, "tx_hash": "0x"}  # fmt: skip
    with writing(database) as connection:
        connection.execute(insert(schema.organisations).values(**row, block_number=60, block_hash="0x"))
    site = desk.app.state.site  # type: ignore[attr-defined]
    site.deployment.contracts["PartyRegistry"] = ContractInfo("PartyRegistry", TOKEN, [], 1)
    sent = {"party": organisation, "root": keccak(b"root"), "count": 1, "nonce": "1", "deadline": UNTIL}
    for answer in ("0x", MAGIC, "0x" + "0" * 64):
        node.taken = answer
        refused = desk.post("/api/documents/approvals", json={**sent, "signature": "0x1234"})
        assert (refused.status_code, refused.json()["error"]) == (422, "SignatureInvalid")
    assert bodies(database) == []
    node.taken = "0x" + "1".rjust(64, "0")
    assert desk.post("/api/documents/approvals", json={**sent, "signature": "0x1234"}).status_code == 202
