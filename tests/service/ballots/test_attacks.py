"""What strangers, other agencies, voters and nodes may try against the office, the relay and the read tables."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, update

from muniment.access.model import Scope
from muniment.ballots import relay
from muniment.ballots.crypto.packing import pack_ballot
from muniment.ballots.enrolment import office
from muniment.ballots.registered import registered_boxes
from muniment.ballots.setups import setup_of
from muniment.ballots.submit import join_request
from muniment.ballots.trustees import secret_file
from muniment.ballots.trustees.ceremony import draw_secret
from muniment.ballots.trustees.tallying import FORMAT, shares_of
from muniment.chain.outbox import Request, enqueue
from muniment.db.engine import reading, writing
from muniment.db.schema import elections, intents
from muniment.errors import Refused
from muniment.hashing import ZERO_HASH, keccak
from tests.service.ballots import fake_box
from tests.service.ballots.stage import Polls, build_polls
from tests.service.ballots.test_live import check_oracle, enrolled
from tests.service.nodes import Node

JSON = "application/json"


@pytest.fixture
def polls(anvil: Callable[..., Node], database: Engine, tmp_path: Path) -> Polls:
    """An agency that holds elections, before the first."""
    return build_polls(anvil(), database, tmp_path)


def register(polls: Polls, box: str) -> None:
    """Two officers register a box."""
    for officer in polls.officers:
        polls.registry.send(officer, "TrusteeCeremony", "openElection", polls.setup, box)
    polls.read()


def test_a_box_that_calls_itself_another(polls: Polls) -> None:
    """A box with another's name, or of two setups, must stop neither the register nor the other's election."""
    enrolled(polls, (2,))
    genuine, election = polls.setup, polls.get(f"/api/elections/{polls.setup}")["election"]
    outcome = polls.cast(0, polls.ballot(polls.voters[0], [(0,), (1, 0)]))[0]
    assert outcome["state"] == "waiting"
    polls.begin((2,), "Another")
    polls.make_key()
    ceremony = polls.registry.deployment.contracts["TrusteeCeremony"].address
    answers: dict[str, str | int] = {
        "CEREMONY": ceremony, "ELECTION": election, "OPENS_AT": 2**40 - 1, "ROLL_ROOT": 1, "LOG_ROOT": 1,
    }  # fmt: skip
    box = fake_box.deploy(polls.registry, polls.registry.deployment, answers)
    fake_box.swap(polls.registry, box, polls.setup)
    register(polls, box)
    assert polls.get(f"/api/elections/{polls.setup}")["box"] == box
    assert polls.get(f"/api/elections/{election}")["setup"] == genuine
    polls.begin((2,), "A third")
    polls.make_key()
    fake_box.swap(polls.registry, box, polls.setup)
    register(polls, box)
    assert polls.get(f"/api/elections/{polls.setup}")["box"] is None
    assert polls.get(f"/api/elections/{box}")["title"] == "Another"
    assert polls.post(polls.path("ballots"), 409, unit=0, ballots=["0x00"])["error"] == "ElectionNotOpened"
    # Of a setup that names another box: our key does not call it, and promises nothing.
    fake_box.swap(polls.registry, box, genuine)
    refused = polls.post(f"/api/elections/{box}/ballots", 422, unit=0, ballots=["0x00"])
    assert refused["error"] == "BoxCodeUnknown"
    check_oracle(polls)


def test_a_box_that_is_none_holds_nothing_up(polls: Polls) -> None:
    """What the key will not sign for one box must not keep other boxes' ballots and units waiting."""
    enrolled(polls, (2,))
    nobody = "0x" + "77" * 20
    assert not registered_boxes(lambda: polls.registry.rpc, polls.registry.deployment)(nobody)
    genuine = polls.ballot(polls.voters[0], [(0,), (1, 0)])
    with writing(polls.services.engine) as connection:
        for at in range(3):
            enqueue(connection, join_request(f"0x{at + 1:040x}", 0, 1), 0)
        kind, lane = "ballots.cast", f"{nobody}:0"
        paper = polls.paper(0)
        body = {
            "box": nobody, "roll": vars(paper.roll) | {}, "unitPath": [], "ballot": "0x" + "00" * 128,
            "ciphertexts": 1, "adds": 0, "subtracts": None, "callGas": 100_000, "gas": 100_000,
        }  # fmt: skip
        enqueue(connection, Request("ballots.cast:fake", kind, lane, body), 0)
        row = dict(connection.execute(select(elections)).mappings().one())
        for at, contests in enumerate(("[]", '["18446744073709551615"]')):
            other = {"box": f"0x{at + 9:040x}", "setup": f"0x{at:064x}", "closes_at": 1, "contests": contests}
            connection.execute(insert(elections).values({**row, **other}))
    (outcome,) = polls.cast(0, genuine)
    for _ in range(5):
        polls.services.worker.step()
        polls.registry.node.mine()
        polls.read()
    assert polls.get(polls.path(f"ballots/{outcome['tracker']}"))["state"] == "counted"
    polls.pass_to("closes", 3_600)
    assert polls.services.tend() == 1


def test_a_withdrawal_that_nobody_signed(polls: Polls) -> None:
    """It must be refused at once, and must not stand in the way of the voter's own."""
    enrolled(polls, (2,))
    voter = polls.voters[0]
    index, _ = polls.place(voter)
    sent: dict[str, Any] = {"unit": 0, "index": index, "credential": voter.credential, "signature": "0x" + "11" * 65}
    path = polls.path("withdrawals")
    assert polls.post(path, 422, **sent)["error"] == "SignatureRefused"
    assert polls.open_intents() == 0
    for wrong in (
        {"signature": "0x" + "11" * 64}, {"signature": "0x" + "ff" * 64 + "1b"}, {"unit": 9}, {"unit": -1},
        {"unit": 2**70}, {"unit": 0.5}, {"index": 2**31}, {"index": -1}, {"credential": "0x" + "22" * 20},
        {"credential": voter.credential[:-1]}, {"replaced": "0x0"}, {"replaced": 3},
    ):  # fmt: skip
        assert polls.web.post(path, json={**sent, **wrong}).status_code in (404, 422), wrong
    assert polls.open_intents() == 0


def test_bad_bodies(polls: Polls) -> None:
    """Whatever is sent must be answered with one sentence, and never by a failure."""
    enrolled(polls, (2,))
    good = "0x" + pack_ballot(polls.ballot(polls.voters[0], [(0,), (1, 0)])).hex()
    for body in (
        {"unit": 0, "ballots": []}, {"unit": 0, "ballots": ["0x"]}, {"unit": 0, "ballots": ["0x0"]},
        {"unit": 0, "ballots": [good] * 65}, {"unit": 0.5, "ballots": [good]}, {"unit": -1, "ballots": [good]},
        {"unit": 1, "ballots": [good]}, {"unit": 10**400, "ballots": [good]}, {"unit": 2**32 - 1, "ballots": [good]},
        {"unit": None, "ballots": [good]}, {"unit": 0, "ballots": [None]}, [], "x",
    ):  # fmt: skip
        answer = polls.web.post(polls.path("ballots"), json=body)
        assert answer.status_code in (400, 404, 413, 422), body
        assert answer.json()["detail"].count("\n") == 0
    large = polls.web.post(polls.path("ballots"), content=b" " * 10_000_000, headers={"Content-Type": JSON})
    assert large.status_code == 413
    for what in ("voters/4294967295/4294967295", "voters/0/4294967296", "roll/units/4294967295", "ballots/0x00"):
        assert polls.web.get(polls.path(what)).status_code in (200, 404, 422), what
    word = f"0x{1:064x}"
    numbers = ",".join(f'"{name}":"{word}"' for name in ("x", "y", "challenge", "response"))
    for group in ("Infinity", "1.5", "1e400"):
        share = f'{{"group":{group},"ciphertext":0,{numbers}}}'
        text = f'{{"format":"{FORMAT}","election":"{word}","trustee":1,"shares":[{share}]}}'
        answer = polls.web.post(polls.path("shares"), content=text, headers={"Content-Type": JSON})
        assert answer.status_code == 422, group


def test_each_bad_ballot_keeps_its_own_error(polls: Polls) -> None:
    """Good ballots among bad ones must be taken, whatever order they come in."""
    enrolled(polls, (4,))
    good = [pack_ballot(polls.ballot(voter, [(0,), (1, 0)])) for voter in polls.voters]
    unsigned = good[1][:25] + bytes(64) + good[1][89:]
    elsewhere = bytes([0, 0, 0, 9]) + good[2][4:]
    sent = [good[0], unsigned, good[3][:-1], elsewhere, good[0] + good[3], good[2], b"\xff", good[3]]
    told = polls.post(polls.path("ballots"), 200, unit=0, ballots=["0x" + one.hex() for one in sent])["outcomes"]
    assert [one.get("error") or one["state"] for one in told] == [
        "waiting", "SignatureRefused", "BallotsMalformed", "NotOnRoll", "BallotsMalformed", "waiting",
        "BallotsMalformed", "waiting",
    ]  # fmt: skip
    # Halves that only together are a ballot must not pass as one.
    halves = [good[1][:40], good[1][40:]]
    told = polls.post(polls.path("ballots"), 200, unit=0, ballots=["0x" + one.hex() for one in halves])["outcomes"]
    assert {one["error"] for one in told} <= {"BallotsMalformed", "FlagsRefused"}


def test_a_refused_ballot_is_tried_again(polls: Polls) -> None:
    """What a node that was behind made the worker refuse must go to the chain when it is sent again."""
    enrolled(polls, (2,))
    ballot = polls.ballot(polls.voters[0], [(0,), (1, 0)])
    (first,) = polls.cast(0, ballot)
    with writing(polls.services.engine) as connection:
        connection.execute(update(intents).values(state="refused", reason='{"error":"NotOpen","arguments":{}}'))
    assert polls.get(polls.path(f"ballots/{first['tracker']}"))["state"] == "refused"
    assert polls.cast(0, ballot) == [first]
    polls.all_done()
    assert polls.get(polls.path(f"ballots/{first['tracker']}"))["state"] == "counted"


def test_two_ballots_of_one_voter_at_once(anvil: Callable[..., Node], any_database: Engine, tmp_path: Path) -> None:
    """Only one can be the first, and the same ballot from two sides must get the same receipt."""
    polls = build_polls(anvil(), any_database, tmp_path)
    enrolled(polls, (2,))
    first, second = ([polls.ballot(voter, [(n,), (1, 0)]) for n in (0, 1)] for voter in polls.voters)
    signer = relay.open_signer(polls.services.settings)
    outcomes: list[relay.Outcome] = []
    barrier = threading.Barrier(8)

    def send(packed: bytes) -> None:
        barrier.wait()
        now = polls.services.clock()
        outcomes.extend(relay.receive(polls.services.engine, signer, polls.box, 0, [packed], now))

    sent = [first[0], first[1]] * 2 + [second[0]] * 4
    threads = [threading.Thread(target=send, args=(pack_ballot(ballot),)) for ballot in sent]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 8
    taken = {one.receipt for one in outcomes if one.receipt is not None}
    assert len(taken) == 2
    refused = {one.refused.name for one in outcomes if one.refused is not None}
    assert refused == {"VotedAlready"}
    assert sum(one.receipt is None for one in outcomes) == 2


def test_a_voter_enrols_at_once_with_two_messages(
    anvil: Callable[..., Node], any_database: Engine, tmp_path: Path
) -> None:
    """One signature for each voter, on either database."""
    polls = build_polls(anvil(), any_database, tmp_path)
    polls.begin((1,))
    polls.make_key()
    polls.citizens((1,))
    polls.pass_to("enrolmentOpens")
    (voter,) = polls.voters
    bodies = [polls.enrolment(voter, bytes([0]) + bytes([n]) * 255) for n in (3, 5, 7, 9)]
    statuses: list[int] = []
    barrier = threading.Barrier(len(bodies))

    def send(body: dict[str, Any]) -> None:
        barrier.wait()
        statuses.append(polls.web.post(polls.path("enrolments"), json=body).status_code)

    threads = [threading.Thread(target=send, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 409, 409, 409]
    assert len(polls.get(polls.path("log"))["entries"]) == 1


def test_one_envelope_for_two_voters_at_once(
    anvil: Callable[..., Node], any_database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two voters who bring the same envelope at the same time, one must be refused, on either database."""
    polls = build_polls(anvil(), any_database, tmp_path)
    polls.begin((2,))
    polls.make_key()
    polls.citizens((2,))
    polls.pass_to("enrolmentOpens")
    bodies = [polls.enrolment(voter, bytes([0]) + bytes([3]) * 255) for voter in polls.voters]
    checked = office.check_envelope

    def slowly(*arguments: Any) -> None:
        checked(*arguments)
        time.sleep(0.5)

    monkeypatch.setattr(office, "check_envelope", slowly)
    told: list[tuple[int, str]] = []

    def send(body: dict[str, Any]) -> None:
        answer = polls.web.post(polls.path("enrolments"), json=body)
        told.append((answer.status_code, answer.json().get("error", "")))

    threads = [threading.Thread(target=send, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == [(200, ""), (409, "BlindedTaken")]
    assert len(polls.get(polls.path("log"))["entries"]) == 1


def test_a_key_signs_for_one_election_alone(polls: Polls) -> None:
    """With a key of two elections a voter of one would get a line of the other: nobody sees what is signed."""
    polls.begin((1,))
    polls.make_key()
    polls.citizens((1,))
    polls.pass_to("enrolmentOpens")
    polls.enrol(polls.voters[0])
    manifest = polls.get(f"/api/elections/{polls.setup}")["manifest"]
    polls.voters.clear()
    polls.begin((1,), "Mayor", [unit["key"] for unit in manifest["units"]])
    polls.make_key()
    polls.citizens((1,))
    polls.pass_to("enrolmentOpens")
    body = polls.enrolment(polls.voters[0], (3).to_bytes(256, "big"))
    assert polls.post(polls.path("enrolments"), 422, **body)["error"] == "UnitKeyReused"
    assert polls.get(polls.path("log"))["entries"] == []


def test_a_key_of_two_elections_at_once(
    anvil: Callable[..., Node], any_database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the first voters of both enrol at the same time, one election must get the key, and keep it."""
    polls = build_polls(anvil(), any_database, tmp_path)
    keys: list[str] = []
    elections = []
    for title in ("Council", "Mayor"):
        polls.begin((2,), title, keys)
        polls.make_key()
        polls.citizens((2,))
        keys = [unit["key"] for unit in polls.get(f"/api/elections/{polls.setup}")["manifest"]["units"]]
        elections.append((polls.setup, polls.voters))
        polls.voters = []
    polls.pass_to("enrolmentOpens")
    asked = []
    for polls.setup, voters in elections:
        blinded = (bytes([0, *[n] * 255]) for n in (3, 5))
        bodies = [polls.enrolment(*one) for one in zip(voters, blinded, strict=True)]
        asked.append((polls.path("enrolments"), bodies))
    checked = office._check_unused

    def slowly(*arguments: Any) -> None:
        checked(*arguments)
        time.sleep(0.5)

    monkeypatch.setattr(office, "_check_unused", slowly)
    for turn in range(2):
        statuses = dict.fromkeys(path for path, _ in asked)

        def send(path: str, body: dict[str, Any], told: dict[str, Any] = statuses) -> None:
            told[path] = polls.web.post(path, json=body).status_code

        threads = [threading.Thread(target=send, args=(path, bodies[turn])) for path, bodies in asked]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(statuses.values()) == [200, 422]


def test_blinded_messages_that_are_none(polls: Polls) -> None:
    """Zero, the modulus and more, a factor's multiple and other lengths must be refused, and cost no enrolment."""
    polls.begin((1,))
    polls.make_key()
    polls.citizens((1,))
    polls.pass_to("enrolmentOpens")
    (voter,) = polls.voters
    modulus = polls.unit_key(0).modulus
    for blinded in (
        bytes(256),
        modulus.to_bytes(256, "big"),
        b"\xff" * 256,
        b"\x01",
        bytes(256) + b"\x01",
        b"\x01" * 257,
    ):
        body = polls.enrolment(voter, blinded)
        assert polls.post(polls.path("enrolments"), 422, **body)["error"] == "BlindedRefused"
    assert not polls.get(polls.path(f"enrolments/{voter.person.party}"))["enrolled"]
    polls.enrol(voter)


def test_officers_of_today_enrol_nobody(polls: Polls) -> None:
    """As on the chain: whoever was accredited within 48 hours is no second pair of eyes."""
    polls.begin((1,))
    polls.make_key()
    polls.citizens((1,))
    polls.pass_to("enrolmentOpens")
    accounts = [account.lower() for account in polls.registry.rpc.call("eth_accounts")]
    admin, fresh = accounts[5], accounts[1]
    scopes = int(Scope.ELECTION_OFFICER)
    polls.registry.send(admin, "AgencyRegistry", "accredit", polls.agency, fresh, scopes, 0, 2**40 - 1)
    polls.read()
    (voter,) = polls.voters
    blinded = (3).to_bytes(256, "big")
    typed = polls.get(polls.path("typed-data/enrol"), voter=voter.person.party, unit=0, blinded=keccak(blinded))[
        "typed_data"
    ]
    body = {**polls.enrolment(voter, blinded), "deadline": int(typed["message"]["deadline"])}
    del body["signature"]
    signed = [
        {"key": key, "signature": polls.registry.rpc.call("eth_signTypedData_v4", [key, typed])}
        for key in (polls.officers[0], fresh)
    ]
    assert polls.post(polls.path("enrolments"), 422, **body, officers=signed)["error"] == "OfficersRefused"
    now = polls.services.clock() + office.MATURITY
    with reading(polls.services.engine) as connection:
        setup = setup_of(connection, polls.setup)
        assert setup.agency == polls.agency
        desk = office.Office(polls.registry.deployment, polls.services.sealer, now)
        pairs = [(one["key"], one["signature"]) for one in signed]
        message = office.message_of(setup, voter.person.party, 0, keccak(blinded), body["deadline"])
        assert len(office._officers(connection, desk, setup, message, pairs)) == 2


# ── A trustee's files ───────────────────────────────────────────────────────────────────────────────────────────


def test_damaged_secret_files(tmp_path: Path) -> None:
    """Whatever stands in the file must be told in one sentence."""
    path = tmp_path / "secret"
    secret_file.create(path, draw_secret(ZERO_HASH, "0x" + "11" * 20, 2), "a long password", cost=2**4)
    assert path.stat().st_mode & 0o777 == 0o600
    whole = path.read_text(encoding="ascii")
    for damaged in (
        "[" * 60_000,
        whole[:-20],
        "[]",
        "null",
        "{}",
        "",
        whole.replace('"sealed": "', '"sealed": "\\u00e9'),
    ):
        path.write_text(damaged, encoding="ascii")
        with pytest.raises(Refused, match=r"Secret(Unreadable|Locked)"):
            secret_file.open_file(path, "a long password")
    path.write_text(whole, encoding="ascii")
    with pytest.raises(Refused, match="SecretLocked"):
        secret_file.open_file(path, "another password")


def test_a_full_disk_leaves_no_half_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that could not be written whole must not stand in the way of the next try."""
    path, secret = tmp_path / "secret", draw_secret(ZERO_HASH, "0x" + "11" * 20, 2)

    def full(_file: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(secret_file.os, "fsync", full)
        with pytest.raises(Refused, match="FileUnwritable"):
            secret_file.create(path, secret, "a long password", cost=2**4)
    assert list(tmp_path.iterdir()) == []
    secret_file.create(path, secret, "a long password", cost=2**4)


@pytest.mark.parametrize("place", [float("inf"), 1.5, "1", True, None])
def test_share_files_with_odd_places(place: Any) -> None:
    """Places are whole numbers: what is none is no share file."""
    word = f"0x{1:064x}"
    share = {"group": place, "ciphertext": 0, **dict.fromkeys(("x", "y", "challenge", "response"), word)}
    with pytest.raises(ValueError, match=r".*"):
        shares_of({"format": FORMAT, "election": word, "trustee": 1, "shares": [share]})
