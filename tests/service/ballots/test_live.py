"""Whole elections on a real node: enrolment, voting, counting, and the read tables as of a rebuild."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select, text
from sqlalchemy.exc import OperationalError

from muniment.ballots.crypto.ballot import prepare_ballot, sign_ballot
from muniment.ballots.crypto.group import add
from muniment.ballots.crypto.hints import added_by, sum_hints
from muniment.ballots.enrolment import blind
from muniment.ballots.enrolment.roll_building import build
from muniment.ballots.model import GENERATOR, Ballot, Ciphertext
from muniment.ballots.setups import setup_of
from muniment.ballots.trustees.ceremony import decryption_secret, share_for
from muniment.ballots.trustees.ceremony_state import read_ceremony
from muniment.ballots.trustees.share_files import keys_of
from muniment.ballots.trustees.tallying import counts_of, encode_count, make_shares, read_box, shares_of, to_json
from muniment.ballots.verifying.events import CAST
from muniment.chain.abi import decode_values
from muniment.chain.rebuild import rebuild
from muniment.chain.runtime import body_hash
from muniment.db.engine import reading, writing
from muniment.db.schema import ballot_credentials, transactions
from muniment.errors import Refused
from muniment.hashing import ZERO_HASH, keccak
from muniment.services import HANDLERS
from tests.service.ballots.stage import THRESHOLD, Polls, Voter, build_polls
from tests.service.chain.reading import contents
from tests.service.nodes import Node

UNITS = (4, 3)


@pytest.fixture
def polls(anvil: Callable[..., Node], database: Engine, tmp_path: Path) -> Polls:
    """An agency that holds elections, before the first."""
    return build_polls(anvil(), database, tmp_path)


def enrolled(polls: Polls, units: tuple[int, ...] = UNITS, title: str = "Council") -> None:
    """An election whose voters are all on the roll, open for ballots."""
    polls.begin(units, title)
    polls.make_key()
    polls.citizens(units)
    polls.pass_to("enrolmentOpens")
    polls.enrol_all()
    polls.open()
    polls.pass_to("opens")


def check_oracle(polls: Polls) -> None:
    """The read tables must be those of a rebuild, byte for byte."""
    live = contents(polls.services.engine)
    rebuild(polls.services.engine, polls.registry.rpc, polls.registry.deployment, HANDLERS)
    assert contents(polls.services.engine) == live


def test_an_election_from_key_to_result(polls: Polls) -> None:
    """Everybody votes, one twice, one withdraws; the counts must be what was voted, and nobody's name on a ballot."""
    enrolled(polls)
    told = polls.get(f"/api/elections/{polls.setup}")
    assert (told["phase"], told["enrolment"], told["roll"]) == ("open", "closed", "published")
    assert [unit["lines"] for unit in told["units"]] == list(UNITS)

    first, second, third, _, *others = polls.voters
    cast = {voter.credential: polls.ballot(voter, [(0,), (1, 0)]) for voter in (first, second, third)}
    outcomes = polls.cast(0, *cast.values())
    assert {outcome["state"] for outcome in outcomes} == {"waiting"}
    assert polls.cast(0, *cast.values()) == outcomes  # the same receipts
    polls.all_done()
    with reading(polls.services.engine) as connection:
        sent = connection.execute(select(transactions.c.id).where(transactions.c.contract == polls.box)).all()
    assert len(sent) == 1  # one batch
    assert [polls.get(polls.path(f"ballots/{one['tracker']}"))["state"] for one in outcomes] == ["counted"] * 3

    again = polls.again(first, cast[first.credential], [(1,), (1, 1)])
    (outcome,) = polls.cast(0, again)
    polls.all_done()
    assert polls.get(polls.path(f"ballots/{outcomes[0]['tracker']}"))["replaced_by"] == outcome["tracker"]
    third_time = polls.again(first, again, [(2,), (0, 1)])
    (outcome,) = polls.cast(0, third_time)
    polls.all_done()
    standing = polls.get(polls.path(f"voters/0/{again.index}"))
    assert (standing["tracker"], len(standing["ballots"])) == (outcome["tracker"], 3)
    overtaken = polls.cast(0, polls.again(first, again, [(0,), (0, 0)]))
    assert overtaken[0]["error"] == "BallotOvertaken"

    withdrawn = cast[second.credential]
    place = polls.get(polls.path(f"ballots/{outcomes[1]['tracker']}"))
    assert polls.withdraw(second, withdrawn) == withdrawn.index
    assert polls.get(polls.path(f"ballots/{place['tracker']}"))["state"] == "withdrawn"
    late = polls.ballot(second, [(0,), (0, 0)])
    assert polls.cast(0, late)[0]["error"] == "VoterBarred"

    polls.cast(1, polls.ballot(others[0], [(1,), (1, 1)]))
    polls.all_done()
    turnout = polls.get(polls.path("turnout"))
    assert [unit["ballots"] for unit in turnout["units"]] == [2, 1]
    assert sum(hour["ballots"] for hour in turnout["hours"]) == 4

    polls.pass_to("closes")
    refused = polls.post(polls.path("ballots"), 409, unit=1, ballots=["0x00"])
    assert refused["error"] == "NotOpen"
    polls.pass_to("closes", 3_600)
    assert polls.services.tend() == 1
    polls.settle()
    told = polls.get(f"/api/elections/{polls.setup}")
    assert (told["phase"], [group["ballots"] for group in told["groups"]]) == ("counting", [3])
    count(polls)
    found = polls.get(polls.path("results"))
    assert found["complete"]
    assert [(one["counts"], one["blank"]) for one in found["contests"]] == [([1, 1], 1), ([2, 2], None)]
    assert polls.web.get(polls.path("results.csv")).text.splitlines()[1:4] == [
        "Mayor,,Ada,1", "Mayor,,Bo,1", "Mayor,,(blank),1",
    ]  # fmt: skip
    assert polls.get(f"/api/elections/{polls.box}")["phase"] == "counted"
    check_oracle(polls)


def test_units_in_which_nobody_got_a_credential(polls: Polls) -> None:
    """An election must be held though in some units nobody enrolled, or nobody came back with the credential."""
    sizes = (1, 3, 1)
    polls.begin(sizes)
    polls.make_key()
    polls.citizens(sizes)
    polls.pass_to("enrolmentOpens")
    lost, *others, absent = polls.voters
    for voter in (lost, *others):
        polls.enrol(voter)
    polls.pass_to("enrolmentCloses")
    with writing(polls.services.engine) as connection, pytest.raises(Refused, match="RollEmpty"):
        build(connection, setup_of(connection, polls.setup), polls.begun + 10**6)
    for voter in others:
        polls.submit(voter)
    polls.open()
    polls.pass_to("opens")
    told = polls.get(f"/api/elections/{polls.setup}")
    assert [(unit["lines"], unit["issued"]) for unit in told["units"]] == [(0, 1), (3, 3), (0, 0)]
    for unit, issued in ((0, 1), (2, 0)):
        own = polls.get(polls.path(f"roll/units/{unit}"))
        assert (own["lines"], own["root"], own["issued"]) == ([], ZERO_HASH, issued)
        assert polls.cast(unit, nobodys(polls, absent, unit))[0]["error"] == "NotOnRoll"
    polls.cast(1, *(polls.ballot(voter, [(0,), (1, 0)]) for voter in others))
    polls.all_done()
    assert [unit["ballots"] for unit in polls.get(polls.path("turnout"))["units"]] == [0, 3, 0]
    polls.pass_to("closes", 3_600)
    assert polls.services.tend() == 1
    polls.settle()
    told = polls.get(f"/api/elections/{polls.setup}")
    assert [(group["first_unit"], group["last_unit"], group["ballots"]) for group in told["groups"]] == [(0, 2, 3)]
    count(polls)
    found = polls.get(polls.path("results"))
    assert [(one["counts"], one["blank"]) for one in found["contests"]] == [([3, 0], 0), ([3, 0], None)]
    assert polls.web.get(polls.path("results.csv")).status_code == 200
    for page in ("", "/results"):
        assert polls.web.get(f"/elections/{polls.setup}{page}").status_code == 200
    check_oracle(polls)


def nobodys(polls: Polls, voter: Voter, unit: int) -> Ballot:
    """A ballot of somebody who is on no roll."""
    paper = polls.paper(unit)
    made, _ = prepare_ballot(paper, 0, voter.credential, [(0,), (1, 0)])
    return sign_ballot(paper, made, voter.secret)


def test_the_relay_hints_at_sums_that_nothing_changes(polls: Polls) -> None:
    """A ballot must travel with hints for the sums as they are, unless another of its unit is on its way."""
    enrolled(polls)
    ballots = [polls.ballot(voter, [(0,), (1, 0)]) for voter in polls.voters[:3]]
    key = polls.paper(0).key
    sums = [[Ciphertext(GENERATOR, key)] * len(ballots[0].ciphertexts)]
    for ballot in ballots:
        both = zip(sums[-1], ballot.ciphertexts, strict=True)
        sums.append([Ciphertext(add(sum_.a, one.a), add(sum_.b, one.b)) for sum_, one in both])
    polls.cast(0, ballots[0])
    polls.all_done()
    polls.registry.rpc.call("evm_setAutomine", [False])
    for ballot in ballots[1:]:
        polls.cast(0, ballot)
        polls.services.worker.step()
    polls.registry.rpc.call("evm_setAutomine", [True])
    polls.all_done()
    last = polls.again(polls.voters[0], ballots[0], [(1,), (1, 1)])
    polls.cast(0, last)
    polls.all_done()
    expected = [sum_hints(sums[at], added_by([ballot])) for at, ballot in ((0, ballots[0]), (1, ballots[1]), (3, last))]
    assert hints_sent(polls) == [*expected[:2], b"", expected[2]]
    assert polls.get(polls.path("turnout"))["ballots"] == 3


def hints_sent(polls: Polls) -> list[bytes]:
    """The hints of each call of the box that casts, in order."""
    query = select(transactions.c.hash).where(transactions.c.contract == polls.box).order_by(transactions.c.nonce)
    with reading(polls.services.engine) as connection:
        sent = connection.execute(query).scalars().all()
    inputs = [polls.registry.rpc.call("eth_getTransactionByHash", [one])["input"] for one in sent]
    return [decode_values(CAST.types, bytes.fromhex(one[10:]))[3] for one in inputs]


def count(polls: Polls) -> None:
    """Two trustees post their shares, and anybody counts with them."""
    registry = polls.registry
    code = bytes.fromhex(registry.rpc.call("eth_getCode", [polls.box, "latest"])[2:])
    kind = registry.deployment.kinds["BallotBox"]
    registry.deployment.kinds["BallotBox"] = replace(kind, body_hash=body_hash(code, ()))
    state = read_ceremony(registry.rpc, registry.deployment, polls.setup)
    box = read_box(registry.rpc, registry.deployment, state)
    for place in (1, 3):
        shares = [share_for(polls.secrets[trustee].polynomial, place) for trustee in polls.trustees]
        file = to_json(make_shares(box, place, decryption_secret(shares), lambda _done, _of: None))
        bad = {**file, "trustee": 2}
        assert polls.post(polls.path("shares"), 422, **bad)["error"] == "ShareInvalid"
        assert polls.post(polls.path("shares"), **file) == {"trustee": place}
    files = [shares_of(file) for file in polls.get(polls.path("shares"))["shares"]]
    with reading(polls.services.engine) as connection:
        keys = keys_of(connection, setup_of(connection, polls.setup))
    for one in counts_of(box, files, keys, THRESHOLD, lambda _title, _done, _of: None):
        call = {"from": polls.officers[0], "to": polls.box, "data": encode_count(registry.deployment, one)}
        registry.rpc.call("eth_sendTransaction", [{**call, "gas": hex(15_000_000)}])
    registry.node.mine()
    polls.read()


def test_boxes_are_followed_through_reorganisations(
    anvil: Callable[..., Node], database: Engine, tmp_path: Path
) -> None:
    """Whatever blocks leave the chain, casts or the box's registration, the tables must be those of a rebuild."""
    polls = build_polls(anvil("--slots-in-an-epoch", "32"), database, tmp_path)
    enrolled(polls, (2, 2))
    registered = polls.registry.rpc.block("latest")
    assert registered is not None
    outcomes = polls.cast(0, polls.ballot(polls.voters[0], [(0,), (1, 0)]))
    polls.all_done()
    assert polls.get(polls.path("turnout"))["ballots"] == 1
    check_oracle(polls)
    for depth, ballots, phase in ((2, None, None), (head(polls) - registered.number, 0, "open"), (6, 0, "ready")):
        polls.registry.node.call("anvil_reorg", depth, [])
        polls.read()
        found = polls.get(f"/api/elections/{polls.setup}")
        assert ballots is None or (found["ballots"], found["phase"]) == (ballots, phase)
        check_oracle(polls)
    lost = polls.web.get(polls.path(f"ballots/{outcomes[0]['tracker']}"))
    assert lost.status_code == 404  # with its box


def head(polls: Polls) -> int:
    """The head's number."""
    block = polls.registry.rpc.block("latest")
    assert block is not None
    return block.number


def test_the_office_signs_once_and_for_whom_it_lists(polls: Polls) -> None:
    """Strangers, wrong units, other people's signatures, second credentials and closed windows must be refused."""
    polls.begin((2, 1))
    polls.make_key()
    polls.citizens((2, 1))
    voter, other, elsewhere = polls.voters
    blinded = secrets.token_bytes(255).rjust(256, b"\0")
    path = polls.path("enrolments")
    shown = polls.web.get(
        polls.path("typed-data/enrol"),
        params={"voter": voter.person.party, "unit": 0, "blinded": keccak(blinded)},
    )
    assert shown.json()["error"] == "EnrolmentClosed"
    polls.pass_to("enrolmentOpens")
    body = polls.enrolment(voter, blinded)
    assert polls.post(path, 422, **{**body, "voter": keccak(b"a stranger")})["error"] == "NotEligible"
    assert polls.post(path, 422, **{**body, "unit": 1})["error"] == "WrongUnit"
    assert polls.post(path, 422, **{**body, "voter": other.person.party})["error"] == "SignatureInvalid"
    changed = blind.to_text(bytes([1]) + blinded[1:])
    assert polls.post(path, 422, **{**body, "blinded": changed})["error"] == "SignatureInvalid"
    issued = polls.post(path, 200, **body)
    assert polls.post(path, 200, **body) == issued
    assert polls.post(path, 409, **polls.enrolment(voter, secrets.token_bytes(256)))["error"] == "EnrolledAlready"
    assert polls.get(polls.path(f"enrolments/{voter.person.party}"))["enrolled"]
    assert not polls.get(polls.path(f"enrolments/{other.person.party}"))["enrolled"]

    done = polls.enrol(elsewhere)
    assert polls.submit(elsewhere, 409)["error"] == "RollClosed"
    polls.pass_to("enrolmentCloses")
    assert polls.post(path, 409, **body)["error"] == "EnrolmentClosed"
    stolen = {"unit": 0, "credential": elsewhere.credential, "randomizer": blind.to_text(elsewhere.randomizer)}
    signature = blind.to_text(elsewhere.signature)
    assert polls.post(polls.path("credentials"), 422, **stolen, signature=signature)["error"] == "CredentialRefused"
    assert polls.submit(elsewhere) == polls.submit(elsewhere)
    assert polls.web.get(polls.path("roll")).json()["error"] == "RollNotPublished"
    log = polls.get(polls.path("log"))["entries"]
    assert [entry["voter"] for entry in log] == [voter.person.party, elsewhere.person.party]
    assert log[1]["authority"]["signature"] == done["signature"] or log[1]["authority"]["by"] == "voter"


def test_two_officers_stand_in_for_a_voter(polls: Polls) -> None:
    """Two different election officers may enrol whoever cannot sign; one alone, or twice the same, must not."""
    polls.begin((1,))
    polls.make_key()
    polls.citizens((1,))
    (voter,) = polls.voters
    polls.pass_to("enrolmentOpens")
    blinded = secrets.token_bytes(255).rjust(256, b"\0")
    body = polls.enrolment(voter, blinded)
    typed = polls.get(polls.path("typed-data/enrol"), voter=voter.person.party, unit=0, blinded=keccak(blinded))[
        "typed_data"
    ]
    body["deadline"] = int(typed["message"]["deadline"])
    del body["signature"]
    signed = [
        {"key": key, "signature": polls.registry.rpc.call("eth_signTypedData_v4", [key, typed])}
        for key in polls.officers
    ]
    for wrong in ([], signed[:1], [signed[0], signed[0]], [signed[0], {**signed[1], "key": polls.trustees[0]}]):
        assert polls.post(polls.path("enrolments"), 422, **body, officers=wrong)["error"] == "OfficersRefused"
    assert polls.post(polls.path("enrolments"), 200, **body, officers=signed)["sequence"] == 0
    entry = polls.get(polls.path("log"))["entries"][0]
    assert [one["key"] for one in entry["authority"]["officers"]] == sorted(polls.officers)


def test_credentials_keep_no_order(polls: Polls) -> None:
    """Neither a column nor the rows' own places may tell in which order credentials came."""
    assert set(ballot_credentials.c.keys()) == {"setup", "unit", "credential", "randomizer", "signature"}
    rows = [
        {"setup": "0x1", "unit": 0, "credential": f"0x{n:040x}", "randomizer": "r", "signature": "s"}
        for n in (5, 1, 9, 3)
    ]
    with writing(polls.services.engine) as connection:
        for row in rows:
            connection.execute(insert(ballot_credentials).values(row))
    with reading(polls.services.engine) as connection:
        found = [row.credential for row in connection.execute(select(ballot_credentials))]
    assert found == sorted(found)
    with pytest.raises(OperationalError), reading(polls.services.engine) as connection:
        connection.execute(text("SELECT rowid FROM ballot_credentials"))
