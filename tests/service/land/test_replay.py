"""The read tables against the contracts: every act done once, then every view compared, and each step taken back."""

from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select

from muniment.chain.events import Event, Handler
from muniment.chain.indexer import Indexer
from muniment.db.dump import dump
from muniment.db.engine import reading, writing
from muniment.db.rows import Rows, undo
from muniment.db.schema import events, titles
from muniment.hashing import ZERO_HASH, keccak
from muniment.land import project
from muniment.land.encumbrances import interests_of, liens_of
from muniment.land.migration.build import build
from muniment.land.migration.leaf import MovedTitle
from muniment.land.migration.tree import presence
from muniment.land.model import (
    Grade,
    RestrictionKind,
    Share,
    interest_id,
    lien_id,
    restriction_id,
    title_id,
)
from muniment.land.queries import title
from muniment.land.roots import roots_of
from muniment.land.standing import grade_proposal_of, notice_of, restrictions_of
from muniment.land.submit import moved_struct
from tests.service.land.stage import DAY, EURO, GB, GEOMETRY, SALE, SOURCE, Land, Person, build_land
from tests.service.nodes import Node

ORDER, SURVEY = keccak(b"an order"), keccak(b"a survey")


@pytest.fixture
def land(anvil: Callable[..., Node], database: Engine, tmp_path: Path) -> Land:
    """The register on a fresh node."""
    return build_land(anvil(), database, tmp_path)


def mortgage(creditor: Person, amount: int = 1_000, kind: int = 1) -> dict[str, Any]:
    """A lien's terms."""
    deed = keccak(f"deed over {amount}".encode())
    return {"kind": kind, "creditor": creditor.party, "amount": amount, "currency": EURO, "deedHash": deed}


def charge(land: Land, name: str, terms: dict[str, Any], version: int, *holders: Person) -> str:
    """A lien that its holders consent to; its id."""
    message = {"title": name, "version": version, "lien": terms, "rank": 0, "legalDate": 20_260_101}
    consents = land.consents("LienRegistry", "ChargeTitle", message, *holders)
    land.one("LienRegistry", "enter", name, terms, 0, 20_260_101, consents)
    return lien_id(terms)


def grant(land: Land, name: str, terms: dict[str, Any], version: int, *holders: Person) -> str:
    """A lease or an easement that the holders consent to; its id."""
    message = {"title": name, "version": version, "interest": terms, "legalDate": 0}
    consents = land.consents("LienRegistry", "GrantInterest", message, *holders)
    land.one("LienRegistry", "enterInterest", name, terms, 0, consents)
    return interest_id(terms)


def live_long(land: Land, folder: Path, look: Callable[[], None] = lambda: None) -> None:
    """Every act that leaves an event of TitleRegistry, LienRegistry or TitleMigration; `look` in between."""
    anna, bert, bank, other_bank = (land.person(name) for name in ("anna", "bert", "bank", "other bank"))
    first, second = sorted((anna, bert), key=lambda one: one.party)
    farm, plot = land.enter("farm", anna, bert, area=1_000), land.enter("plot", anna)

    # What weighs on the farm: three liens, of which one is postponed, one assigned, one discharged and entered anew.
    lent, tax = mortgage(bank, 700), mortgage(other_bank, 50, kind=2)
    charge(land, farm, lent, 1, anna, bert)
    land.two("LienRegistry", "enterByOrder", farm, tax, 0)
    third = mortgage(other_bank, 2**200)
    charge(land, farm, third, 1, anna, bert)
    message = {"title": farm, "lien": lien_id(lent), "behind": lien_id(tax), "rank": 2}
    consent = land.consents("LienRegistry", "PostponeLien", message, bank)[0]
    land.one("LienRegistry", "postpone", farm, lent, lien_id(tax), 2, consent)
    look()
    message = {"lien": lien_id(lent), "to": other_bank.party}
    consent = land.consents("LienRegistry", "AssignLien", message, bank)[0]
    land.one("LienRegistry", "assign", lent, other_bank.party, consent)
    message = {"lien": lien_id(third), "titles": [farm]}
    consent = land.consents("LienRegistry", "DischargeLien", message, other_bank)[0]
    land.one("LienRegistry", "discharge", [farm], third, consent)
    land.two("LienRegistry", "dischargeByOrder", farm, tax, ORDER)
    land.two("LienRegistry", "enterByOrder", farm, mortgage(bank, 9, kind=3), 0)
    charge(land, farm, third, 1, anna, bert)
    charge(land, plot, lent, 1, anna)
    look()

    # Leases and easements: one given up, one ended by order, one run out, two that stay.
    until = land.now() + 30 * DAY
    lease = {"kind": 1, "beneficiary": bank.party, "dominant": ZERO_HASH, "until": until, "deedHash": ORDER}
    way = {"kind": 2, "beneficiary": ZERO_HASH, "dominant": plot, "until": 0, "deedHash": ORDER}
    short = {**lease, "until": land.now() + 2 * DAY}
    grant(land, farm, way, 1, anna, bert)
    grant(land, farm, short, 1, anna, bert)
    grant(land, farm, lease, 1, anna, bert)
    land.two("LienRegistry", "enterInterestByOrder", farm, {**lease, "deedHash": SURVEY}, 20_260_202)
    land.two("LienRegistry", "endInterestByOrder", farm, {**lease, "deedHash": SURVEY}, ORDER)
    given_up = {**lease, "beneficiary": other_bank.party}
    grant(land, farm, given_up, 1, anna, bert)
    message = {"interest": interest_id(given_up), "titles": [farm]}
    land.one(
        "LienRegistry",
        "endInterest",
        [farm],
        given_up,
        land.consents("LienRegistry", "EndInterest", message, other_bank),
    )
    land.registry.pass_time(3 * DAY)
    land.one("LienRegistry", "expireInterest", farm, short)
    look()

    # What stands in the way: caveats, of which one is withdrawn and one struck out; a freeze that is lifted.
    for claim in (b"one", b"two", b"three"):
        land.one("TitleRegistry", "enterCaveat", farm, bank.party, land.now() + 90 * DAY, keccak(claim))
    land.one("TitleRegistry", "enterCaveat", farm, bank.party, land.now() + 2 * DAY, keccak(b"soon over"))
    caveats = [restriction_id(farm, RestrictionKind.CAVEAT, bank.party, keccak(claim)) for claim in (b"one", b"two")]
    consent = land.consents("TitleRegistry", "WithdrawCaveat", {"caveat": caveats[0]}, bank)[0]
    land.one("TitleRegistry", "withdrawCaveat", caveats[0], consent)
    land.one("TitleRegistry", "cancelCaveat", caveats[1], SURVEY)
    land.ordered("TitleRegistry", "freeze", farm, ORDER)
    frozen = restriction_id(farm, RestrictionKind.FREEZE, land.court_agency, ORDER)
    land.ordered("TitleRegistry", "liftFreeze", frozen, SURVEY)
    land.ordered("TitleRegistry", "freeze", plot, SURVEY)
    look()

    # The farm is divided with all of it, and one part once more.
    parts = [{"ref": ref, "geometryHash": GEOMETRY, "area": area} for ref, area in (("north", 600), ("south", 400))]
    message = {"title": farm, "version": 1, "parts": parts, **SOURCE}
    consents = land.consents("TitleRegistry", "SubdivideTitle", message, anna, bert)
    land.one("TitleRegistry", "subdivide", farm, parts, SOURCE, consents, [])
    look()
    north, south = title_id("GB", "north"), title_id("GB", "south")
    carried = restriction_id(farm, RestrictionKind.CAVEAT, bank.party, keccak(b"three"))
    land.registry.pass_time(3 * DAY)
    easement = {**way, "beneficiary": bank.party, "dominant": ZERO_HASH}
    grant(land, south, easement, 1, anna, bert)

    # Merged again once the caveat is gone; then sold, inherited, corrected, graded.
    land.one("TitleRegistry", "cancelCaveat", carried, SURVEY)
    both = sorted((north, south))
    whole = {"ref": "farm again", "geometryHash": GEOMETRY, "area": 1_000}
    message = {"titles": both, "versions": [1, 1], "whole": whole, **SOURCE}
    consents = land.consents("TitleRegistry", "MergeTitles", message, anna, bert)
    land.one("TitleRegistry", "merge", both, whole, SOURCE, consents, "0x")
    look()
    again = title_id("GB", "farm again")
    land.convey("setNotice", again, SALE, land.now() + DAY)
    land.convey("clearNotice", again, SALE)
    land.convey("setNotice", again, SALE, land.now() + 9 * DAY)
    look()
    bought = mortgage(bank, 33)
    land.convey("enterForSale", again, SALE, bought, 0, 20_260_501, contract="LienRegistry")
    land.convey("dischargeForSale", again, SALE, third, contract="LienRegistry")
    sold = [{"holder": bank.party, "numerator": 1}]
    sellers = [first.party, second.party]
    land.convey("convey", again, SALE, 1, sellers, 1, sold, SOURCE)
    look()
    halves = [{"holder": party, "numerator": 1} for party in sorted((first.party, bank.party))]
    land.two("TitleRegistry", "transmit", again, 1, 2, halves, SOURCE)
    land.one("TitleRegistry", "proposeGrade", again, 3, SURVEY)
    land.one("TitleRegistry", "withdrawGrade", again)
    land.one("TitleRegistry", "proposeGrade", again, 2, SURVEY)
    correction = {"geometryHash": keccak(b"measured"), "area": 990, "grade": 1, "denominator": 1, "shares": sold}
    land.two("TitleRegistry", "rectify", again, correction, SOURCE)
    land.one("TitleRegistry", "proposeGrade", again, 3, SURVEY)
    land.registry.pass_time(31 * DAY)
    land.one("TitleRegistry", "completeGrade", again)
    land.one("TitleRegistry", "proposeGrade", again, 2, SURVEY)
    land.convey("setNotice", again, keccak(b"another sale"), land.now() + DAY)

    move_in(land, folder, anna, lien_id(mortgage(bank, 5)))
    land.read()


def move_in(land: Land, folder: Path, holder: Person, weighing: str) -> None:
    """Registers that move in: withdrawn, annulled, frozen; one title is admitted from one in effect, one released."""
    carried = keccak(b"an old lease")
    moved = [
        MovedTitle(
            f"old {number}", GEOMETRY, 10, Grade.QUALIFIED, 1, (Share(holder.party, 1),), (weighing,), (carried,)
        )
        for number in range(4)
    ]

    def propose(some: list[MovedTitle], name: str) -> Any:
        tree = build("GB", some, folder / f"{name}.jsonl", folder / f"{name}.tree")
        register = {
            "root": "0x" + tree.root.hex(), "count": len(tree), "first": "0x" + tree.title_id(0).hex(),
            "last": "0x" + tree.title_id(len(tree) - 1).hex(), "leavesHash": "0x" + tree.leaves_hash.hex(),
            "predecessor": ZERO_HASH,
        }  # fmt: skip
        land.two("TitleMigration", "propose", GB, register, "0x" + tree.edges().hex())
        return tree

    tree = propose(moved[:2], "kept")
    propose(moved[2:3], "withdrawn")
    land.one("TitleMigration", "withdraw", GB, 2)
    land.ordered("TitleMigration", "freeze", GB, 1, ORDER)
    land.ordered("TitleMigration", "freeze", GB, 1, SURVEY)
    land.registry.pass_time(DAY)
    land.read()
    with reading(land.services.engine) as connection:
        stops = [one.freeze for one in roots_of(connection, "GB", land.now()).roots[0].freezes]
    for stop in stops:
        land.ordered("TitleMigration", "liftFreeze", stop, keccak(b"lifted"))
    propose(moved[3:], "annulled")
    land.registry.pass_time(31 * DAY)
    proof = presence([tree], 0, bytes.fromhex(title_id("GB", moved[0].ref)[2:]))
    land.one("TitleRegistry", "admit", moved_struct("GB", moved[0]), "0x" + proof.hex())
    land.ordered("TitleMigration", "freeze", GB, 3, ORDER)
    land.two("TitleMigration", "annul", GB, 3, ORDER)
    land.two("TitleMigration", "release", GB, title_id("GB", moved[1].ref), ORDER)


def _shares(connection: Any, name: str) -> list[list[Any]]:
    found = title(connection, name)
    assert found is not None
    return [[share.holder, share.numerator] for share in found.shares]


def compare(land: Land) -> None:
    """Each view of each title, lien, restriction and root must equal what the tables say."""
    land.read()
    now, engine = land.now(), land.services.engine
    with reading(engine) as connection:
        names = list(connection.execute(select(titles.c.title)).scalars())
        for name in names:
            found = title(connection, name, now)
            assert found is not None
            said = land.ask("TitleRegistry", "titleOf", name)
            geometry = ZERO_HASH if found.origin == "admitted" else found.geometry.hash
            shares = _shares(connection, name)
            facts = [found.area_dm2, found.denominator, GB, found.version, int(found.grade), shares]
            assert said == [geometry, *facts]
            assert land.ask("TitleRegistry", "retired", name) == (found.retired_at is not None)
            assert land.ask("TitleRegistry", "exists", name) == (found.retired_at is None)
            liens, interests = liens_of(connection, name), interests_of(connection, name, now)
            assert land.ask("LienRegistry", "liensOf", name) == [line.lien for line in liens.liens]
            assert [line.rank for line in liens.liens] == list(range(1, len(liens.liens) + 1))
            assert land.ask("LienRegistry", "interestsOf", name) == [line.interest for line in interests.interests]
            assert land.ask("LienRegistry", "revisionOf", name) == liens.revision
            for line in liens.liens:
                if line.kind is not None:
                    terms = [int(line.kind), line.creditor, line.amount, line.currency, line.deed_hash]
                    assert land.ask("LienRegistry", "lienIdOf", terms) == line.lien
                    assert land.ask("LienRegistry", "holderOf", terms) == line.holder
            for kind in RestrictionKind:
                standing = restrictions_of(connection, name, kind, now).standing
                listed = land.ask("TitleRegistry", "restrictionsOf", name, int(kind))
                assert sorted(listed) == sorted(line.restriction for line in standing)
                for line in standing:
                    said = land.ask("TitleRegistry", "restrictionOf", line.restriction)
                    assert said == [int(line.kind), False, line.until, line.title, line.by]
            notice = notice_of(connection, name, now)
            held = [ZERO_HASH, 0] if notice is None else [notice.sale, notice.until]
            assert land.ask("TitleRegistry", "noticeOf", name) == held
            proposal = grade_proposal_of(connection, name, now)
            proposed = [0, 0] if proposal is None else [int(proposal.grade), proposal.ready_at]
            assert land.ask("TitleRegistry", "gradeProposalOf", name) == proposed
        roots = roots_of(connection, "GB", now)
        assert [root.number for root in roots.roots] == list(range(1, land.ask("TitleMigration", "proposals", GB) + 1))
        for root in roots.roots:
            said = land.ask("TitleMigration", "stateOf", GB, root.number)
            standing = sum(one.lifted_at is None for one in root.freezes)
            assert said == [int(root.status), root.ready_at, standing, root.changes]
            moved = land.ask("TitleMigration", "registerAt", GB, root.number)
            assert moved[:5] == [root.root, root.count, root.first, root.last, root.leaves_hash]


def test_the_read_tables_say_what_the_contracts_say(land: Land, tmp_path: Path) -> None:
    """Whatever has happened, the tables must say what the views say; and every event must have happened."""
    live_long(land, tmp_path, lambda: compare(land))
    compare(land)
    with reading(land.services.engine) as connection:
        happened = {tuple(row) for row in connection.execute(select(events.c.contract, events.c.name))}
        beside = {("TitleMigration", "RootRefuted")}  # takes a broken tree: tests/service/land/test_standing.py
        sales = {
            name for name in project.HANDLERS if name[0] not in ("TitleRegistry", "LienRegistry", "TitleMigration")
        }
        assert set(project.HANDLERS) - happened - sales == beside


def _recording(land: Land) -> list[Event]:
    """Let the indexer remember every event that it hands to these handlers."""
    seen: list[Event] = []

    def remembered(handler: Handler) -> Handler:
        def handle(event: Event, rows: Rows) -> None:
            seen.append(event)
            handler(event, rows)

        return handle

    handlers = {name: remembered(handler) for name, handler in project.HANDLERS.items()}
    services = land.services
    services.indexer = Indexer(services.engine, services.rpc, services.deployment, handlers)
    return seen


def _replay(connection: Connection, happened: Iterable[Event]) -> bytes:
    rows = Rows(connection)
    for event in happened:
        rows.at_block(event.block_number, event.block_hash)
        project.HANDLERS[event.contract, event.name](event, rows)
    rows.flush()
    return dump(connection)


def test_every_block_can_be_taken_back(land: Land, tmp_path: Path, any_database: Engine) -> None:
    """Read block by block or at once, the tables must be the same; and undoing blocks must give each earlier state."""
    seen = _recording(land)
    live_long(land, tmp_path)
    states: list[tuple[int, bytes]] = [(0, b"")]
    with writing(any_database) as connection:
        states[0] = (0, dump(connection))
        for number, happened in groupby(seen, key=lambda event: event.block_number):
            states.append((number, _replay(connection, happened)))
        assert len(states) > 50
        final = states[-1][1]
        for number, state in reversed(states[:-1]):
            undo(connection, number)
            assert dump(connection) == state, number
        assert _replay(connection, seen) == final
