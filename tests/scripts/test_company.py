"""`company`: an agency's rules; striking off and a court's orders, by two registrars."""

import json
from typing import Any

import pytest
from eth_abi import encode
from eth_account import Account
from eth_utils import keccak

from scripts.bootstrap import FEE
from tests.scripts.office import COLLEAGUE, DOMAIN, NEVER, ZERO, Office
from tests.scripts.tools import REGISTRAR

FOUNDER = Account.from_key(keccak(text="founder"))
COMMITMENT = "0x" + keccak(text="the founder's record and salt").hex()
KEY, ARTICLES, ADDRESS = (keccak(text=name) for name in ("skeleton", "articles", "address and salt"))
DECISION = ("--decision", "0x" + "56" * 32)
SECOND = ("confirm", "--officer", COLLEAGUE, "--yes")


@pytest.fixture
def company(office: Office) -> str:
    """A company of one founder, entered by the registrar."""
    party = office.bind(FOUNDER, COMMITMENT)
    companies, documents = office.contract("CompanyRegistry").functions, office.contract("DocumentRegistry").functions
    resident = b"E_RESIDENT".ljust(32, b"\0")
    credentials = office.contract("CredentialRegistry").functions
    office.send(credentials.issue(office.agency, party, resident, 0, NEVER, ADDRESS), REGISTRAR)

    name = {"party": party, "agency": office.agency, "name": "Kaugtöö", "nonce": 1, "deadline": NEVER}
    signed = office.sign(FOUNDER, "CompanyRegistry", "ReserveName", **name)
    office.send(companies.reserve(office.agency, "Kaugtöö", KEY, party, 1, NEVER, signed), REGISTRAR)
    identifier = bytes(companies.companyIdOf(office.agency, KEY, party, 1).call())

    issue = {"root": ARTICLES, "schema": ZERO, "count": 1, "expiresAt": 0}
    approval = {"issuer": party, **issue, "policy": ZERO, "nonce": 1, "deadline": NEVER}
    signed = office.sign(FOUNDER, "DocumentRegistry", "Approval", **approval)
    office.send(documents.issueAsParty(party, tuple(issue.values()), 1, NEVER, signed))

    file = {"threshold": 1, "board": [party], "contact": party, "articles": ARTICLES, "addressHash": ADDRESS}
    filed = tuple(file.values())
    articles = {"party": party, "company": identifier, "founders": [party], "file": file, "nonce": 2}
    signed = office.sign(FOUNDER, "CompanyRegistry", "SignArticles", **articles, deadline=NEVER)
    office.send(companies.fileArticles(identifier, [party], filed, NEVER, [(party, 2, signed)]))
    contact = {"party": party, "company": identifier, "file": file, "nonce": 3, "deadline": NEVER}
    signed = office.sign(FOUNDER, "CompanyRegistry", "AcceptContact", **contact)
    office.send(companies.acceptContact(identifier, [party], filed, 3, NEVER, signed))
    office.send(companies.attestFee(identifier, ADDRESS), REGISTRAR)
    office.send(companies.enter(identifier, [party], filed, "16543210"), REGISTRAR)
    return "0x" + identifier.hex()


def standing(office: Office, company: str) -> dict[str, Any]:
    """What status says."""
    return json.loads(office.shell.run("company", "status", "--company", company, "--json").splitlines()[-1])


def test_the_admin_sets_rules(office: Office) -> None:
    """Must find the demonstration's rules, set others once, and also rules that ask for nothing."""
    shell, rules = office.shell, office.contract("CompanyRegistry").functions.rulesOf
    present = rules(office.agency).call()
    nobody = "0x" + "00" * 20
    assert tuple(present) == (nobody, FEE, nobody, ZERO, [b"E_RESIDENT".ljust(32, b"\0")])
    given = ("set-rules", "--agency", DOMAIN, "--yes", "--founder-kind", "E_RESIDENT", "--founder-kind", "NOTARY")
    told = shell.run("company", *given, "--contact-kind", "NOTARY", "--dry-run")
    assert all(line in told for line in ("Fee        none", "Contact    holds NOTARY", "hold E_RESIDENT or NOTARY"))
    assert rules(office.agency).call() == present
    assert "Done in block" in shell.run("company", *given)
    assert "Stands already" in shell.run("company", *given)
    assert "Done in block" in shell.run("company", *given[:4])
    assert "Stands already" in shell.run("company", *given[:4])
    assert "above zero" in shell.run("company", *given, "--fee-token", "0x" + "12" * 20, status=2)


def test_two_registrars_strike_off_and_a_court_restores(office: Office, company: str) -> None:
    """Must strike off only with a second registrar, and carry out a court's order on the company struck off."""
    shell, off = office.shell, ("strike-off", "--company", company, *DECISION, "--yes")
    told = shell.run("company", *off)
    assert "nobody signs for it any more" in told
    assert "another officer" in shell.run("company", "confirm", "--yes", status=1)
    assert standing(office, company)["status"] == "entered"
    shell.run("company", *SECOND)
    assert standing(office, company)["status"] == "struck off"
    assert "Stands already" in shell.run("company", *off)

    party, other = office.party(COMMITMENT), keccak(text="receiver")
    (shell.folder / "order.txt").write_text("restore it")
    file = {"threshold": 1, "board": ["0x" + other.hex(), "0x" + party.hex()], "contact": "0x" + party.hex()}
    file |= {"articles": "0x" + ARTICLES.hex(), "address_hash": "0x" + ADDRESS.hex()}
    (shell.folder / "file.json").write_text(json.dumps(file))
    order = ("order-change", "--company", company, "--file", "file.json", "--court-order", "order.txt", "--yes")
    told = shell.run("company", *order)
    assert "was struck off and stands again" in told
    assert keccak(text="restore it").hex() in told
    shell.run("company", *SECOND)
    assert standing(office, company)["status"] == "entered"
    written = (1, sorted([other, party]), party, ARTICLES, ADDRESS)
    present = office.contract("CompanyRegistry").functions.companyOf(bytes.fromhex(company[2:])).call()
    assert present.fileHash == keccak(encode(["(uint8,bytes32[],bytes32,bytes32,bytes32)"], [written]))
    assert "Stands already" in shell.run("company", *order)


def test_a_change_makes_an_act_stale(office: Office, company: str) -> None:
    """Must not strike off a company that a court's order changed after the first registrar looked at it."""
    shell = office.shell
    shell.run("company", "strike-off", "--company", company, *DECISION, "--yes")
    act = standing(office, company)["pending"][0]["id"]
    party = office.party(COMMITMENT)
    file = (1, [party], party, ARTICLES, keccak(text="another address"))
    order = office.contract("CompanyRegistry").functions.orderChange(
        bytes.fromhex(company[2:]), file, keccak(text="order")
    )
    office.send(order, REGISTRAR)
    office.send(order, COLLEAGUE)
    height = office.node.height()
    assert "is stale" in shell.run("company", *SECOND, "--act", act, status=1)
    assert (office.node.height(), standing(office, company)["status"]) == (height, "entered")


def test_refuses_what_is_no_company(office: Office) -> None:
    """Must refuse an unknown company, and a file that nobody could sign for; send nothing."""
    shell, height, unknown = office.shell, office.node.height(), "0x" + "99" * 32
    told = shell.run("company", "strike-off", "--company", unknown, *DECISION, "--yes", status=1)
    assert "There is no company" in told
    file = {"threshold": 2, "board": [unknown], "contact": unknown, "articles": unknown, "address_hash": unknown}
    (shell.folder / "file.json").write_text(json.dumps(file))
    order = ("order-change", "--company", unknown, "--file", "file.json", "--court-order", unknown, "--yes")
    assert "2 of 1 cannot sign" in shell.run("company", *order, status=2)
    (shell.folder / "file.json").write_text("{}")
    assert "is no company's file" in shell.run("company", *order, status=2)
    assert office.node.height() == height
