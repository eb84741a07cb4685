"""Whose signature counts for an act on titles, and under which power: what the chain would refuse is refused before."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from sqlalchemy import Connection, Engine, insert, select, update

from muniment.chain.deployment import ContractInfo, Deployment
from muniment.chain.typed_data import signed_by
from muniment.db import schema
from muniment.db.engine import writing
from muniment.errors import Refused
from muniment.hashing import ZERO_HASH, keccak
from muniment.identity.submit import Relay
from muniment.land import acts, submit
from muniment.land.act_kinds import ActKind
from muniment.land.model import interest_id, lien_id
from tests.service.land.test_queries import HOLDER, OTHER, enter

NOW, DAY = 1_790_000_000, 24 * 3600
BLOCK = {"block_number": 5, "block_hash": "0x5", "tx_hash": "0x7"}
DEPLOYMENT = Deployment(
    "local", 31337, keccak(b"0"), {"LienRegistry": ContractInfo("LienRegistry", "0x" + "1e" * 20, [], 1)}
)
BUYER = keccak(b"whoever takes the lien")


@dataclass(frozen=True)
class Person:
    """A party and the key of its wallet."""

    party: str
    account: LocalAccount


def person(connection: Connection, name: str, party: str | None = None) -> Person:
    """A party whose wallet is bound."""
    made = Person(party or keccak(name.encode()), Account.from_key(keccak(f"key of {name}".encode())))
    row = {"party": made.party, "wallet": made.account.address.lower(), "agency": ZERO_HASH, "bound_at": 1}
    connection.execute(insert(schema.wallets).values(**row, **BLOCK))
    return made


def recovering(connection: Connection, party: str) -> None:
    """Somebody claims the party's wallet is lost."""
    row = {"party": party, "attempt": 1, "wallet": "0x1", "ready_at": NOW + 1, "evidence": ZERO_HASH,
           "court_order": ZERO_HASH, "state": "begun", "begun_at": 1}  # fmt: skip
    connection.execute(insert(schema.recoveries).values(**row, **BLOCK))


def assigned(connection: Connection, creditor: str) -> str:
    """An act by which a creditor passes a lien on."""
    return acts.open_act(connection, ActKind.ASSIGN_LIEN, {"lien": lien(creditor), "to": BUYER}, NOW)


def lien(creditor: str) -> dict[str, Any]:
    """A lien's terms."""
    return {"kind": 1, "creditor": creditor, "amount": "5", "currency": "EUR", "deedHash": keccak(b"deed")}


def sign(
    connection: Connection, act: str, party: str, by: Person, most: int = 5, now: int = NOW, **more: Any
) -> acts.Consents:
    """How an act stands once `by` signed it for a party."""
    data = acts.to_sign(connection, DEPLOYMENT, act, party, more.get("attorney")).typed_data
    return acts.consent(connection, Relay(DEPLOYMENT, now, most), act, party, signed_by(by.account, data), **more)


def power(connection: Connection, giver: Person, taker: Person, **changes: Any) -> str:
    """A power of attorney to pass any lien on."""
    name = keccak(json.dumps(changes).encode())
    row = {"power": name, "principal": giver.party, "attorney": taker.party, "act": "land.assign",
           "subject": ZERO_HASH, "price_floor": 0, "currency": ZERO_HASH, "until": NOW + DAY, "nonce": 1,
           "granted_at": 1, **changes}  # fmt: skip
    connection.execute(insert(schema.powers).values(**row, **BLOCK))
    return name


def test_nobody_signs_while_the_wallet_is_in_doubt(any_database: Engine) -> None:
    """Whose wallet is being recovered must sign nothing, neither as a holder nor as an attorney."""
    with writing(any_database) as connection:
        bank, lawyer = person(connection, "bank"), person(connection, "lawyer")
        act = assigned(connection, bank.party)
        name = power(connection, bank, lawyer)
        recovering(connection, lawyer.party)
        with pytest.raises(Refused, match="RecoveryPending"):
            sign(connection, act, bank.party, lawyer, power=name, attorney=lawyer.party)
        recovering(connection, bank.party)
        with pytest.raises(Refused, match="RecoveryPending"):
            sign(connection, act, bank.party, bank)
        assert not acts.act_of(connection, act).complete


def test_a_party_uses_up_what_is_paid_for_it(any_database: Engine) -> None:
    """Acts that go to the chain by themselves must count against what the service pays for a party in a day."""
    with writing(any_database) as connection:
        bank = person(connection, "bank")
        first, second = (assigned(connection, bank.party) for _ in range(2))
        assert sign(connection, first, bank.party, bank, most=1).intent_key
        with pytest.raises(Refused, match="RelayQuota"):
            sign(connection, second, bank.party, bank, most=1)
        assert sign(connection, first, bank.party, bank, most=1).intent_key  # the same again asks for nothing


def test_signatures_run_out(any_database: Engine) -> None:
    """Behind its deadline nobody must sign an act, and no registrar let go what all had signed."""
    with writing(any_database) as connection:
        holders = [person(connection, party[-4:], party) for party in (HOLDER, OTHER)]
        title, bank = enter(connection, "a"), person(connection, "bank")
        asked = {"title": title, "lien": lien(bank.party)}
        act, late = (acts.open_act(connection, ActKind.ENTER_LIEN, asked, NOW) for _ in range(2))
        stands = [sign(connection, act, holder.party, holder) for holder in holders][-1]
        assert (stands.complete, stands.intent_key) == (True, None)
        with pytest.raises(Refused, match="DeadlinePassed"):
            sign(connection, late, HOLDER, holders[0], now=stands.deadline)
        with pytest.raises(Refused, match="DeadlinePassed"):
            acts.approve(connection, act, "officer 7", stands.deadline)
        assert acts.approve(connection, act, "officer 7", stands.deadline - 1).intent_key


def test_a_signature_that_is_there_stays(any_database: Engine) -> None:
    """What somebody signed must not be replaced, nor count for another act or for other terms."""
    with writing(any_database) as connection:
        bank, eve = person(connection, "bank"), person(connection, "eve")
        act, other = (assigned(connection, bank.party) for _ in range(2))
        data = acts.to_sign(connection, DEPLOYMENT, act, bank.party).typed_data
        relay, signature = Relay(DEPLOYMENT, NOW, 5), signed_by(bank.account, data)
        with pytest.raises(Refused, match="SignatureInvalid"):
            acts.consent(connection, relay, other, bank.party, signature)
        kept = update(schema.land_acts).where(schema.land_acts.c.act == act)
        terms = acts.act_of(connection, act).terms
        connection.execute(kept.values(terms=json.dumps({**terms, "to": eve.party})))
        with pytest.raises(Refused, match="SignatureInvalid"):
            acts.consent(connection, relay, act, bank.party, signature)
        connection.execute(kept.values(terms=json.dumps(terms)))
        queued = acts.consent(connection, relay, act, bank.party, signature)
        assert queued.intent_key
        assert sign(connection, act, bank.party, eve) == queued


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"act": "land.discharge"}, "PowerOutOfScope"),
        ({"subject": keccak(b"another lien")}, "PowerOutOfScope"),
        ({"price_floor": 1, "currency": keccak(b"EUR")}, "PowerOutOfScope"),
        ({"principal": keccak(b"another bank")}, "PowerOutOfScope"),
        ({"attorney": keccak(b"another lawyer")}, "PowerOutOfScope"),
        ({"until": NOW - 1}, "PowerExpired"),
        ({"revoked_at": NOW - 1, "revoked_by": keccak(b"bank")}, "PowerEnded"),
    ],
)
def test_a_power_covers_no_more_than_it_says(any_database: Engine, changes: dict[str, Any], name: str) -> None:
    """An attorney must be refused under a power that is another's, for another act or lien, or over."""
    with writing(any_database) as connection:
        bank, lawyer = person(connection, "bank"), person(connection, "lawyer")
        act = assigned(connection, bank.party)
        given = power(connection, bank, lawyer, **changes)
        with pytest.raises(Refused, match=name):
            sign(connection, act, bank.party, lawyer, power=given, attorney=lawyer.party)
        with pytest.raises(Refused, match="PowerUnknown"):
            sign(connection, act, bank.party, lawyer, attorney=lawyer.party)
        subject = lien_id({**lien(bank.party), "currency": "0x" + b"EUR".ljust(32, b"\0").hex()})
        fits = power(connection, bank, lawyer, subject=subject)
        assert sign(connection, act, bank.party, lawyer, power=fits, attorney=lawyer.party).complete


def test_who_left_the_board_counts_no_more(any_database: Engine) -> None:
    """Signatures must come from as many of today's board as it takes, whoever signed when they were on it."""
    with writing(any_database) as connection:
        people = sorted((person(connection, name) for name in ("one", "two", "three")), key=lambda each: each.party)
        bank = keccak(b"the bank")
        board = [each.party for each in people]
        row = {"party": bank, "version": 1, "threshold": 2, "representatives": json.dumps(board[:2]), "set_by": "0x1",
               "evidence": ZERO_HASH, "changed_at": 1}  # fmt: skip
        connection.execute(insert(schema.organisations).values(**row, **BLOCK))
        act = assigned(connection, bank)
        first, second, third = people
        assert not sign(connection, act, bank, first, representative=first.party).complete
        connection.execute(update(schema.organisations).values(representatives=json.dumps(board[1:])))
        with pytest.raises(Refused, match="SignatoryRefused"):
            sign(connection, act, bank, first, representative=first.party)
        recovering(connection, third.party)
        with pytest.raises(Refused, match="RecoveryPending"):
            sign(connection, act, bank, third, representative=third.party)
        assert not sign(connection, act, bank, second, representative=second.party).complete


def test_titles_that_do_not_merge(any_database: Engine) -> None:
    """Titles must be refused that something stands on, or that differ in holders or liens."""
    with writing(any_database) as connection:
        first, second = sorted(enter(connection, ref) for ref in "ab")
        areas = connection.execute(select(schema.titles.c.area_dm2)).scalars()
        whole = {"ref": "c", "geometryHash": keccak(b"c"), "area": str(sum(areas))}
        asked = {"titles": [first, second], "whole": whole, "source_hash": keccak(b"survey")}

        def merged(name: str | None = None) -> None:
            if name is None:
                acts.open_act(connection, ActKind.MERGE, asked, NOW)
                return
            with pytest.raises(Refused, match=name):
                acts.open_act(connection, ActKind.MERGE, asked, NOW)

        merged()
        stands = {"restriction": "0xc", "kind": 2, "title": second, "by": "0xb", "until": NOW, "source_hash": "0x5",
                  "officer": "0xf", "entered_at": 1}  # fmt: skip
        connection.execute(insert(schema.restrictions).values(**stands, **BLOCK))
        carried = {"title": second, "restriction": "0xc", "block_number": 5, "block_hash": "0x5"}
        connection.execute(insert(schema.title_restrictions).values(**carried))
        merged("CaveatStands")
        connection.execute(update(schema.restrictions).values(kind=1))
        merged("FreezeStands")
        connection.execute(update(schema.restrictions).values(lifted_at=NOW))
        mine = update(schema.shares).where(schema.shares.c.title == second)
        connection.execute(mine.where(schema.shares.c.holder == HOLDER).values(numerator=2))
        connection.execute(mine.where(schema.shares.c.holder == OTHER).values(numerator=1))
        merged("TitlesDiffer")
        connection.execute(mine.where(schema.shares.c.holder == HOLDER).values(numerator=1))
        connection.execute(mine.where(schema.shares.c.holder == OTHER).values(numerator=2))
        merged()
        weighs = {"title": first, "lien": "0x11", "rank": 1, "legal_date": 0, "entered_at": 1}
        connection.execute(insert(schema.liens).values(lien="0x11", block_number=5, block_hash="0x5"))
        connection.execute(insert(schema.title_liens).values(**weighs, **BLOCK))
        merged("LiensDiffer")


def test_a_rank_that_cannot_be_kept(any_database: Engine) -> None:
    """A creditor must be promised no other rank than the next, and none be put lower than its holder accepts."""
    with writing(any_database) as connection:
        title, bank = enter(connection, "a"), keccak(b"bank")
        words = [{**lien(bank), "currency": "0x" + b"EUR".ljust(32, b"\0").hex(), "amount": str(n)} for n in (1, 2)]
        for rank, terms in enumerate(words, 1):
            row = {"lien": lien_id(terms), "kind": 1, "creditor": bank, "amount": rank, "currency": terms["currency"],
                   "deed_hash": terms["deedHash"], "holder": bank, "block_number": 5, "block_hash": "0x5"}  # fmt: skip
            connection.execute(insert(schema.liens).values(**row))
            weighs = {"title": title, "lien": row["lien"], "rank": rank, "legal_date": 0, "entered_at": 1}
            connection.execute(insert(schema.title_liens).values(**weighs, **BLOCK))
        for rank in (0, 3):
            asked = {"title": title, "lien": lien(bank), "rank": rank}
            assert acts.open_act(connection, ActKind.ENTER_LIEN, asked, NOW)
        with pytest.raises(Refused, match="RankRefused"):
            acts.open_act(connection, ActKind.ENTER_LIEN, {"title": title, "lien": lien(bank), "rank": 2}, NOW)
        first, second = map(lien_id, words)
        asked = {"title": title, "lien": first, "behind": second}
        assert acts.open_act(connection, ActKind.POSTPONE_LIEN, {**asked, "rank": 2}, NOW)
        with pytest.raises(Refused, match="RankRefused"):
            acts.open_act(connection, ActKind.POSTPONE_LIEN, {**asked, "rank": 1}, NOW)
        with pytest.raises(Refused, match="NotPreceding"):
            acts.open_act(connection, ActKind.POSTPONE_LIEN, {**asked, "lien": second, "behind": first, "rank": 2}, NOW)


def test_what_time_does_not_bring_yet(any_database: Engine) -> None:
    """A grade must wait for its window and for all that stands on the title, an interest for its end."""
    with writing(any_database) as connection:
        title = enter(connection, "a")
        row = {"title": title, "grade": 3, "ready_at": NOW, "officer": "0xf", "source_hash": "0x5", "proposed_at": 1}
        connection.execute(insert(schema.grade_proposals).values(**row, **BLOCK))
        with pytest.raises(Refused, match="GradeTooEarly"):
            submit.complete_grade(connection, title, NOW - 1)
        notice = {"title": title, "sale": "0x6", "until": NOW, "set_at": 1}
        connection.execute(insert(schema.title_notices).values(**notice, **BLOCK))
        with pytest.raises(Refused, match="NoticeStands"):
            submit.complete_grade(connection, title, NOW)
        assert submit.complete_grade(connection, title, NOW + 1).new

        terms = {"kind": 1, "beneficiary": keccak(b"tenant"), "dominant": ZERO_HASH, "until": NOW,
                 "deedHash": keccak(b"lease")}  # fmt: skip
        name, place = interest_id(terms), {"place": 1, "legal_date": 0, "entered_at": 1}
        told = {"kind": 1, "beneficiary": terms["beneficiary"], "until": NOW, "deed_hash": terms["deedHash"]}
        connection.execute(insert(schema.interests).values(interest=name, **told, block_number=5, block_hash="0x5"))
        connection.execute(insert(schema.title_interests).values(title=title, interest=name, **place, **BLOCK))
        with pytest.raises(Refused, match="InterestStands"):
            submit.expire_interest(connection, title, name, NOW)
        assert submit.expire_interest(connection, title, name, NOW + 1).new


@pytest.mark.parametrize("until", [NOW, NOW + submit.CAVEAT_LIMIT + 1])
def test_a_caveat_that_would_not_stand(any_database: Engine, until: int) -> None:
    """A caveat must end after now, and within the year that the contract allows."""
    with writing(any_database) as connection:
        title, words = enter(connection, "a"), (keccak(b"claimant"), keccak(b"source"))
        with pytest.raises(Refused, match="CaveatRefused"):
            submit.enter_caveat(connection, title, words[0], until, words[1], NOW)
        assert submit.enter_caveat(connection, title, words[0], NOW + submit.CAVEAT_LIMIT, words[1], NOW)[0].new
