"""What parties sign about titles, from the question to the chain: asked and sent by API, let go by a registrar."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from eth_abi.packed import encode_packed
from sqlalchemy import Engine, select

from muniment.access.model import Scope
from muniment.db.engine import reading, writing
from muniment.db.schema import title_references
from muniment.errors import Refused
from muniment.hashing import ZERO_HASH, keccak
from muniment.identity.model import party_id
from muniment.land import acts, submit
from muniment.land.act_kinds import KINDS, ActKind
from muniment.land.migration.build import build
from muniment.land.migration.leaf import MovedTitle, line_of
from muniment.land.migration.tree import absence, presence
from muniment.land.model import Entry, Grade, Share, title_id
from tests.service.land.stage import DAY, GB, GEOMETRY, NEVER, Land, Person, build_land
from tests.service.nodes import Node

DEED, SURVEY, CLAIM = keccak(b"a deed"), keccak(b"a survey"), keccak(b"a claim")
LEGAL_DATE = 20_260_401


@pytest.fixture
def land(anvil: Callable[..., Node], database: Engine, tmp_path: Path) -> Land:
    """The register on a fresh node, read up to its head."""
    made = build_land(anvil(), database, tmp_path)
    made.read()
    return made


def opened(land: Land, kind: str, expected: int = 201, **asked: Any) -> Any:
    """An act that was opened."""
    return land.post("/api/land/acts", expected, kind=kind, **asked)


def signed(land: Land, act: str, *people: Person) -> Any:
    """How an act stands after these people signed it."""
    stands: Any = None
    for person in people:
        shown = land.get(f"/api/land/acts/{act}/typed-data", party=person.party)
        assert shown["signers"] == [person.account.address.lower()]
        body = {"party": person.party, "signature": person.sign(shown["typed_data"])}
        stands = land.post(f"/api/land/acts/{act}/consents", **body)
    return stands


def approved(land: Land, act: str) -> acts.Consents:
    """The act that a registrar let go, once the chain has it."""
    with writing(land.services.engine) as connection:
        stands = acts.approve(connection, act, "officer 7", land.now())
    land.all_done()
    return stands


def charged(land: Land, title: str, amount: int, creditor: Person, *holders: Person) -> str:
    """The id of a lien that was entered by the service."""
    lien = {"creditor": creditor.party, "amount": str(amount), "currency": "EUR", "deedHash": DEED}
    act = opened(land, "enter_lien", title=title, lien=lien, legal_date=LEGAL_DATE)
    stands = signed(land, act["act"], *holders)
    assert stands["complete"]
    assert stands["intent_key"] is None, "a registrar decides"
    approved(land, act["act"])
    return str(land.get(f"/api/titles/{title}/liens")["liens"][-1]["lien"])


def test_liens_from_charge_to_discharge(land: Land) -> None:
    """A lien must be entered by both holders and a registrar; its holder alone postpones, assigns, discharges it."""
    anna, bert, bank, other = (land.person(name) for name in ("anna", "bert", "bank", "other"))
    farm = land.enter("farm", anna, bert)
    land.read()
    first = charged(land, farm, 700, bank, anna, bert)
    second = charged(land, farm, 2**130, other, anna, bert)
    answer = land.get(f"/api/titles/{farm}/liens")
    assert [(one["lien"], one["rank"], one["amount"]) for one in answer["liens"]] == [
        (first, 1, "700"),
        (second, 2, str(2**130)),
    ]
    assert answer["liens"][0]["currency_text"] == "EUR"
    assert answer["revision"] == land.ask("LienRegistry", "revisionOf", farm)

    act = opened(land, "postpone_lien", title=farm, lien=first, behind=second, rank=2)
    assert signed(land, act["act"], bank)["intent_key"]
    land.all_done()
    assert land.ask("LienRegistry", "liensOf", farm) == [second, first]
    act = opened(land, "assign_lien", lien=first, to=other.party)
    signed(land, act["act"], bank)
    land.all_done()
    held = land.get(f"/api/parties/{other.party}/liens")
    assert [one["lien"] for one in held["liens"]] == [second, first]
    act = opened(land, "discharge_lien", lien=first, titles=[farm, farm])
    assert act["terms"]["titles"] == [farm]
    assert [one["party"] for one in act["signers"]] == [other.party]
    signed(land, act["act"], other)
    land.all_done()
    answer = land.get(f"/api/titles/{farm}/liens")
    assert [one["lien"] for one in answer["liens"]] == [second]
    assert [(one["lien"], one["end"]) for one in answer["ended"]] == [(first, "discharged")]
    names = [event["name"] for event in land.get(f"/api/titles/{farm}/history")["events"]]
    assert names == [
        "TitleRegistered", "LienEntered", "LienEntered", "LienPostponed", "LienAssigned", "LienDischarged"
    ]  # fmt: skip


def test_a_mortgaged_parcel_is_divided_and_merged(land: Land) -> None:
    """Lien and caveat must weigh on both parts; the parent must be marked, its id never return, and merging undo it."""
    anna, bank = land.person("anna"), land.person("bank")
    farm = land.enter("farm", anna)
    land.read()
    lien = charged(land, farm, 700, bank, anna)
    with writing(land.services.engine) as connection:
        until = land.now() + 30 * DAY
        _, caveat = submit.enter_caveat(connection, farm, bank.party, until, CLAIM, land.now())
    land.all_done()
    stands = land.get(f"/api/titles/{farm}")
    assert not stands["conveyable"]
    assert [one["error"] for one in stands["obstacles"]] == ["CaveatStands"]
    assert caveat in stands["obstacles"][0]["sentence"]
    parts = [{"ref": ref, "geometryHash": GEOMETRY, "area": area} for ref, area in (("north", "600"), ("south", "400"))]
    larger = [{**parts[0], "area": "601"}, parts[1]]
    refused = opened(land, "subdivide", 422, title=farm, parts=larger, source_hash=SURVEY)
    assert refused["error"] == "AreaNotConserved"
    twice = [{**part, "ref": "north"} for part in parts]
    assert opened(land, "subdivide", 409, title=farm, parts=twice, source_hash=SURVEY)["error"] == "TitleExists"
    act = opened(land, "subdivide", title=farm, parts=parts, source_hash=SURVEY, legal_date=LEGAL_DATE)
    signed(land, act["act"], anna)
    approved(land, act["act"])
    north, south = title_id("GB", "north"), title_id("GB", "south")
    for part in (north, south):
        assert [one["lien"] for one in land.get(f"/api/titles/{part}/liens")["liens"]] == [lien]
        assert [one["restriction"] for one in land.get(f"/api/titles/{part}/caveats")["standing"]] == [caveat]
    parent = land.get(f"/api/titles/{farm}")
    assert (parent["retired"]["by"], [one["ref"] for one in parent["children"]]) == ("division", ["north", "south"])
    assert parent["shares"] == []
    assert land.get(f"/api/titles/{north}")["origin"] == "division"
    shown = {one["ref"]: (one["retired"], one["caveat"]) for one in land.get("/api/titles")["titles"]}
    assert shown == {"farm": (True, True), "north": (False, True), "south": (False, True)}

    act = opened(land, "withdraw_caveat", caveat=caveat)
    signed(land, act["act"], bank)
    land.all_done()
    assert land.get(f"/api/titles/{south}")["conveyable"]
    whole = {"ref": "farm 2", "geometryHash": GEOMETRY, "area": "1000"}
    act = opened(land, "merge", titles=[north, south], whole=whole, source_hash=SURVEY)
    signed(land, act["act"], anna)
    approved(land, act["act"])
    again = land.get(f"/api/titles/{title_id('GB', 'farm 2')}")
    assert (again["origin"], again["area_dm2"], again["liens"]) == ("merger", "1000", 1)
    assert [one["title"] for one in land.get(f"/api/parties/{anna.party}/titles")["titles"]] == [again["title"]]
    history = [event["name"] for event in land.get(f"/api/titles/{north}/history")["events"]]
    assert history[-2:] == ["CaveatWithdrawn", "TitlesMerged"]


def test_leases_and_easements(land: Land) -> None:
    """A lease must be granted, and struck out once it is over; an easement given up by the dominant title's holders."""
    anna, bert = land.person("anna"), land.person("bert")
    farm, mill = land.enter("farm", anna), land.enter("mill", bert)
    land.read()
    lease = {"kind": 1, "beneficiary": bert.party, "until": land.now() + 5 * DAY, "deedHash": DEED}
    way = {"kind": 2, "dominant": mill, "deedHash": DEED}
    for interest in (lease, way):
        act = opened(land, "enter_interest", title=farm, interest=interest)
        signed(land, act["act"], anna)
        approved(land, act["act"])
    weighing = land.get(f"/api/titles/{farm}/interests")["interests"]
    assert [(one["kind"], one["dominant"]) for one in weighing] == [("lease", None), ("easement", mill)]
    body = {"title": farm, "interest": weighing[0]["interest"]}
    assert land.post("/api/land/interests/expire", 409, **body)["error"] == "InterestStands"
    land.registry.pass_time(6 * DAY)
    land.read()
    land.post("/api/land/interests/expire", 202, **body)
    act = opened(land, "end_interest", interest=weighing[1]["interest"], titles=[farm])
    assert [one["party"] for one in act["signers"]] == [bert.party]
    signed(land, act["act"], bert)
    land.all_done()
    answer = land.get(f"/api/titles/{farm}/interests")
    assert answer["interests"] == []
    assert sorted(one["end"] for one in answer["ended"]) == ["expired", "released"]
    assert "InterestEnded" in [event["name"] for event in land.get(f"/api/titles/{mill}/history")["events"]]


def test_grades_take_effect_after_objections(land: Land) -> None:
    """A grade must be proposed by a registrar, wait, and take effect when anybody asks."""
    farm = land.enter("farm", land.person("anna"))
    land.read()
    with writing(land.services.engine) as connection:
        submit.propose_grade(connection, farm, Grade.ABSOLUTE, SURVEY, land.now())
    land.all_done()
    assert land.get(f"/api/titles/{farm}")["grade_proposal"]["grade"] == "absolute"
    assert land.post(f"/api/titles/{farm}/grade/complete", 409)["error"] == "GradeTooEarly"
    land.registry.pass_time(31 * DAY)
    land.read()
    land.post(f"/api/titles/{farm}/grade/complete", 202)
    land.all_done()
    found = land.get(f"/api/titles/{farm}")
    assert (found["grade"], found["version"], found["grade_proposal"]) == ("absolute", 2, None)


def test_a_register_moves_in(land: Land, tmp_path: Path) -> None:
    """A title must be admitted by its line and proof, with its reference published; another only as proven absent."""
    anna = land.person("anna")
    moved = [MovedTitle(f"old {n}", GEOMETRY, 10, Grade.QUALIFIED, 1, (Share(anna.party, 1),)) for n in range(3)]
    tree = build("GB", moved, tmp_path / "gb.jsonl", tmp_path / "gb.tree")
    register = {
        "root": "0x" + tree.root.hex(), "count": 3, "first": "0x" + tree.title_id(0).hex(),
        "last": "0x" + tree.title_id(2).hex(), "leavesHash": "0x" + tree.leaves_hash.hex(), "predecessor": ZERO_HASH,
    }  # fmt: skip
    land.two("TitleMigration", "propose", GB, register, "0x" + tree.edges().hex())
    land.read()
    assert [one["status"] for one in land.get("/api/registers/GB/migration")["roots"]] == ["pending"]
    title = title_id("GB", "old 1")
    proof = "0x" + presence([tree], 0, bytes.fromhex(title[2:])).hex()
    line = json.loads(line_of(moved[1]))
    sent = {"jurisdiction": "GB", "moved": line, "proof": proof}
    assert land.post("/api/titles/admit", 409, **sent)["error"] == "RootNotInEffect"
    land.registry.pass_time(31 * DAY)
    land.read()
    # Whatever strangers send under its proof, the title itself is admitted.
    for forged in ({"area_dm2": 11}, {"shares": [[land.person("eve").party, 1]]}, {"ref": "old 2"}):
        assert land.post("/api/titles/admit", 422, **{**sent, "moved": {**line, **forged}})["error"] == "TitleUnproven"
    assert land.post("/api/titles/admit", 422, **{**sent, "proof": "0x" + "00" * 32})["error"] == "ProofLength"
    with reading(land.services.engine) as connection:
        assert connection.execute(select(title_references)).all() == []
    land.post("/api/titles/admit", 202, **sent)
    land.all_done()
    found = land.get(f"/api/titles/{title}")
    assert (found["ref"], found["ref_published"]) == ("old 1", True)
    assert (found["origin"], found["officer"]) == ("admitted", None)
    assert [one["ref"] for one in land.get("/api/titles", query="old")["titles"]] == ["old 1"]
    entry = Entry("GB", "new", GEOMETRY, 10, Grade.PROVISIONAL, 1, (Share(anna.party, 1),), SURVEY)
    with writing(land.services.engine) as connection:
        gap = absence([tree], bytes.fromhex(entry.title[2:]))
        submit.register_absent(connection, entry, "0x" + gap.hex(), land.now())
    land.all_done()
    assert land.get(f"/api/titles/{entry.title}")["origin"] == "registered"
    land.two("TitleMigration", "release", GB, title_id("GB", "old 2"), keccak(b"an order"))
    land.read()
    proof = "0x" + presence([tree], 0, bytes.fromhex(title_id("GB", "old 2")[2:])).hex()
    sent = {"jurisdiction": "GB", "moved": json.loads(line_of(moved[2])), "proof": proof}
    assert land.post("/api/titles/admit", 409, **sent)["error"] == "TitleIsReleased"


def test_a_stranger_signs_nothing(land: Land) -> None:
    """Whoever does not hold the title must be refused, and so must a wrong signature, a stale act, a missing one."""
    anna, eve = land.person("anna"), land.person("eve")
    farm = land.enter("farm", anna)
    land.read()
    lien = {"creditor": eve.party, "amount": "1", "currency": "EUR", "deedHash": DEED}
    act = opened(land, "enter_lien", title=farm, lien=lien)
    path = f"/api/land/acts/{act['act']}"
    data = land.get(f"{path}/typed-data", party=anna.party)["typed_data"]
    assert land.post(f"{path}/consents", 422, party=eve.party, signature=eve.sign(data))["error"] == "SignatoryRefused"
    assert land.post(f"{path}/consents", 422, party=anna.party, signature=eve.sign(data))["error"] == "SignatureInvalid"
    with writing(land.services.engine) as connection, pytest.raises(Refused) as refused:
        acts.approve(connection, act["act"], "officer 7", land.now())
    assert refused.value.name == "SignaturesMissing"
    signed(land, act["act"], anna)
    land.two("TitleRegistry", "transmit", farm, 1, 1, [{"holder": eve.party, "numerator": 1}], _source())
    land.read()
    with writing(land.services.engine) as connection, pytest.raises(Refused) as refused:
        acts.approve(connection, act["act"], "officer 7", land.now())
    assert refused.value.name == "VersionStale"
    assert land.web.get("/api/land/acts/" + "0" * 32).status_code == 404
    with reading(land.services.engine) as connection:
        assert acts.act_of(connection, act["act"]).intent_key is None


def test_an_attorney_signs_under_a_power(land: Land) -> None:
    """A power for the act must let the attorney's wallet sign; one for another act must not."""
    anna, lawyer, bank = land.person("anna"), land.person("lawyer"), land.person("bank")
    farm = land.enter("farm", anna)
    land.read()
    powers = {}
    for act in ("land.charge", "land.merge"):
        asked = {"attorney": lawyer.party, "act": act, "until": land.now() + DAY}
        shown = land.get(f"/api/parties/{anna.party}/typed-data/grant-power", **asked)["typed_data"]
        message = shown["message"]
        body = {name: message[name] for name in ("attorney", "act", "until", "subject", "nonce", "deadline")}
        land.post(f"/api/parties/{anna.party}/grant-power", 202, **body, signature=anna.sign(shown))
        land.all_done()
        given = land.get(f"/api/parties/{anna.party}")["powers_given"]
        powers[act] = next(one["power"] for one in given if one["act"] == act)
    lien = {"creditor": bank.party, "amount": "5", "currency": "EUR", "deedHash": DEED}
    made = opened(land, "enter_lien", title=farm, lien=lien)
    path = f"/api/land/acts/{made['act']}"
    shown = land.get(f"{path}/typed-data", party=anna.party, attorney=lawyer.party)
    assert shown["signers"] == [lawyer.account.address.lower()]
    body = {"party": anna.party, "attorney": lawyer.party, "signature": lawyer.sign(shown["typed_data"])}
    refused = land.post(f"{path}/consents", 422, **body, power=powers["land.merge"])
    assert refused["error"] == "PowerOutOfScope"
    assert land.post(f"{path}/consents", **body, power=powers["land.charge"])["complete"]
    approved(land, made["act"])
    assert land.get(f"/api/titles/{farm}")["liens"] == 1


def test_a_power_to_merge_names_every_title() -> None:
    """A power must be asked for over all titles that merge, in their order, as the contract packs them."""
    titles = [bytes([place]) * 32 for place in (1, 2)]
    subject = KINDS[ActKind.MERGE].subject({"titles": ["0x" + title.hex() for title in titles]})
    assert subject == keccak(encode_packed(["bytes32[]"], [titles]))


def _source() -> dict[str, Any]:
    return {"sourceHash": DEED, "legalDate": 0}


def test_an_organisation_signs_by_its_representatives(land: Land) -> None:
    """A bank must have signed once enough of its board have, each over the same; one of them alone must not do."""
    anna, one, two, eve = (land.person(name) for name in ("anna", "one", "two", "eve"))
    farm = land.enter("farm", anna)
    board = sorted((one.party, two.party))
    commitment, scope = keccak(b"the bank"), int(Scope.IDENTITY_OFFICER)
    accounts = [account.lower() for account in land.registry.rpc.call("eth_accounts")]
    land.registry.send(
        land.registry.admin, "AgencyRegistry", "accredit", land.registry.agency, accounts[9], scope, 0, NEVER
    )
    land.registry.pass_time(2 * DAY + 1)
    for officer in (land.registry.registrar, accounts[9]):
        land.registry.send(
            officer, "PartyRegistry", "setRepresentation", land.registry.agency, commitment, 2, board, DEED
        )
    bank = party_id(land.registry.agency, commitment)
    land.read()
    lien = {"creditor": bank, "amount": "5", "currency": "EUR", "deedHash": DEED}
    made = opened(land, "enter_lien", title=farm, lien=lien)
    signed(land, made["act"], anna)
    approved(land, made["act"])
    name = land.get(f"/api/titles/{farm}/liens")["liens"][0]["lien"]
    act = opened(land, "discharge_lien", lien=name, titles=[farm])
    path = f"/api/land/acts/{act['act']}"
    shown = land.get(f"{path}/typed-data", party=bank)
    assert sorted(shown["signers"]) == sorted(person.account.address.lower() for person in (one, two))

    def given(person: Person, expected: int = 200) -> Any:
        body = {"party": bank, "representative": person.party, "signature": person.sign(shown["typed_data"])}
        return land.post(f"{path}/consents", expected, **body)

    assert given(eve, 422)["error"] == "SignatoryRefused"
    stands = given(one)
    assert (stands["complete"], stands["signers"][0]["representatives"]) == (False, [one.party])
    assert given(one)["complete"] is False
    assert given(two)["intent_key"]
    land.all_done()
    assert land.get(f"/api/titles/{farm}/liens")["liens"] == []
