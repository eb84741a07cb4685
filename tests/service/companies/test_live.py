"""From an application for e-residency to a company that signs, on a real node, through the API and the outbox."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from muniment.db.engine import writing
from muniment.hashing import keccak
from muniment.identity.companies import submit
from muniment.identity.model import organisation_id
from muniment.identity.signing import joint
from tests.service.companies.stage import Town, build_town
from tests.service.nodes import Node

ADDRESS = "1 Example Street, Exampleton"


@pytest.fixture
def town(anvil: Callable[..., Node], database: Engine, tmp_path: Path) -> Town:
    """The agency with its service."""
    return build_town(anvil(), database, tmp_path)


def test_a_company_is_founded_changed_and_ended(town: Town) -> None:
    """Every step of two e-residents must reach the chain through the service, and nothing else be needed."""
    anna, boris = town.resident("Anna"), town.resident("Boris")
    sealer, engine = town.services.sealer, town.services.engine

    asked = {"agency": town.agency, "name": "Muniment OÜ"}
    assert town.post("/api/companies/names/check", **asked)["free"]
    company = town.reserved(anna, "Muniment OÜ")
    town.all_done()
    taken = town.post("/api/companies/names/check", agency=town.agency, name="MUNIMENT AS")
    assert (taken["free"], taken["error"], taken["holder"]["company"]) == (False, "NameTaken", company)

    articles = keccak(b"articles")
    board = {"threshold": 2, "board": [anna.party, boris.party], "contact": boris.party, "articles": articles}
    founders = {"founders": [boris.party, anna.party]}
    path = f"/api/companies/{company}"
    filing = town.post(f"{path}/filings", 201, kind="founding", **founders, **board, address=ADDRESS)["filing"]
    stands = town.signed_filing(filing, [anna, boris])
    assert (stands["complete"], stands["articles_standing"], stands["intent_key"]) == (True, False, None)
    refused = town.post(f"/api/companies/filings/{filing}/submit", 422)
    assert refused["error"] == "ArticlesMissing"
    town.anchored(anna, articles)
    town.all_done()
    assert town.post(f"/api/companies/filings/{filing}/submit")["intent_key"]
    town.all_done()

    shown = town.get(f"{path}/contact/typed-data")
    signed = {"nonce": shown["nonce"], "deadline": shown["deadline"], "signature": boris.sign(shown["typed_data"])}
    town.post(f"{path}/contact", 202, **signed)
    with writing(engine) as connection:
        submit.attest_fee(connection, sealer, company, "officer 1", "receipt 7", town.services.clock())
    town.all_done()
    with writing(engine) as connection:
        submit.enter(connection, sealer, company, "officer 1", "16543210", town.services.clock())
    town.all_done()
    entered = town.get(path)
    registry = town.services.deployment.contracts["CompanyRegistry"].address
    assert (entered["status"], entered["number"], entered["version"]) == ("entered", "16543210", 1)
    assert entered["party"] == organisation_id(registry, company)
    assert entered["articles"] == {"root": articles, "issuer": anna.party, "anchored": True, "standing": True}
    assert town.get(f"/api/companies/numbers/{town.agency}/16543210")["company"] == company

    chen = town.resident("Chen")
    changed = {**board, "threshold": 1, "board": [anna.party, chen.party], "contact": chen.party}
    filing = town.post(f"{path}/filings", 201, kind="change", **changed)["filing"]
    stands = town.signed_filing(filing, [anna, chen])
    assert not stands["complete"]
    assert town.signed_filing(filing, [boris])["intent_key"]
    town.all_done()
    now = town.get(path)
    assert (now["version"], now["file"]["threshold"], now["file"]["contact"]) == (2, 1, chen.party)
    assert now["file"]["address_hash"] == entered["file"]["address_hash"]
    assert {post["post"] for post in town.get(f"/api/parties/{boris.party}/posts")["posts"]} == {"founder"}

    anchor = {"party": now["party"], "root": keccak(b"minutes"), "count": 1}
    shown = town.post("/api/documents/approvals/typed-data", **anchor)
    sent = {**anchor, "nonce": shown["nonce"], "deadline": shown["deadline"]}
    alone, stranger = joint({chen.party: chen.sign(shown["typed_data"])}), boris.sign(shown["typed_data"])
    for wrong in (joint({boris.party: stranger}), joint({chen.party: stranger}), stranger, "0x", "0x1234"):
        assert town.post("/api/documents/approvals", 422, **sent, signature=wrong)["error"] == "SignatureInvalid"
    town.post("/api/documents/approvals", 202, **sent, signature=alone)
    town.all_done()

    filing = town.post(f"{path}/filings", 201, kind="dissolution")["filing"]
    town.signed_filing(filing, [chen])
    town.all_done()
    assert town.get(path)["status"] == "struck_off"
    names = [one["name"] for one in town.get(f"{path}/history")["events"]]
    assert names == [
        "NameReserved", "ArticlesSigned", "ContactAccepted", "FeeAttested", "CompanyEntered", "CompanyChanged",
        "CompanyStruckOff",
    ]  # fmt: skip
