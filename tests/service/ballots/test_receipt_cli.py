"""`muniment ballots receipt`: a relay's receipt holds or does not, whoever asks, and what it shows."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from eth_account import Account
from sqlalchemy import Engine
from typer.testing import CliRunner

from muniment.access.model import Scope
from muniment.ballots.crypto.packing import pack_ballot
from muniment.ballots.hashes import domain_separator
from muniment.ballots.model import Ballot
from muniment.ballots.receipts_on_chain import Fate, fate_of
from muniment.ballots.relay import open_signer, receipt_hash
from muniment.chain.signer import TypedSigner, address_of
from muniment.cli.main import app
from muniment.config import Settings
from muniment.errors import Refused
from muniment.sentences import sentence_of
from tests.service.ballots.stage import SCOPES, Polls, build_polls
from tests.service.ballots.test_live import enrolled
from tests.service.ballots.test_verify_cli import described, serving
from tests.service.nodes import Node

FIRST = [(0,), (1, 0)]


@pytest.fixture
def polls(
    anvil: Callable[..., Node], database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Polls]:
    """An open election of two voters; whoever checks has the deployment and the service's address."""
    made = build_polls(anvil(), database, tmp_path)
    enrolled(made, (2,))
    described(made, tmp_path / "deployments" / "local.json")
    monkeypatch.setenv("MUNIMENT_DEPLOYMENTS", str(tmp_path / "deployments"))
    with serving(made) as service:
        monkeypatch.setenv("MUNIMENT_PUBLIC_URL", service)
        yield made


def taken(polls: Polls, ballot: Ballot) -> dict[str, Any]:
    """The relay takes a ballot; what the voter's page keeps of it."""
    packed = "0x" + pack_ballot(ballot).hex()
    told = polls.post(polls.path("ballots"), 200, unit=0, ballots=[packed])
    (outcome,) = told["outcomes"]
    signed = {name: outcome[name] for name in ("tracker", "unit", "index", "received_at", "receipt")}
    election = polls.get(f"/api/elections/{polls.setup}")["election"]
    base = {"format": "Muniment.BallotReceipt.v1", "chain": 31_337, "box": polls.box, "election": election}
    return {**base, **signed, "packed": packed, "relayer": told["relayer"]}


def checked(polls: Polls, file: Any, *options: str) -> Any:
    """What the command says of a file."""
    path = Path(polls.services.settings.keystore or "").parent / "receipt.json"
    path.write_text(file if isinstance(file, str) else json.dumps(file))
    words = ["ballots", "receipt", str(path), "--rpc", polls.registry.node.url, "--json", *options]
    return CliRunner().invoke(app, words)


def held(polls: Polls, file: Any, *options: str) -> Any:
    """What is told of a receipt that holds."""
    done = checked(polls, file, *options)
    assert done.exit_code == 0, (done.stdout, done.exception)
    return json.loads(done.stdout)


def test_what_became_of_the_ballot(polls: Polls) -> None:
    """A receipt must hold from the first moment on, and tell what the chain has made of its ballot."""
    voter, other = polls.voters
    ballot = polls.ballot(voter, FIRST)
    file = taken(polls, ballot)
    told = held(polls, file)
    assert (told["signed_by"], told["received_at"]) == (file["relayer"], file["received_at"])
    assert (told["key"]["known_by"], told["ballot"]["state"]) == ("service", "waiting")
    assert "not accredited this key" in told["key"]["sentence"]
    polls.all_done()
    assert held(polls, file)["ballot"]["state"] == "counted"
    again = polls.again(voter, ballot, [(1,), (1, 1)])
    second = taken(polls, again)
    polls.all_done()
    found = held(polls, file)["ballot"]
    assert (found["state"], found["by"], found["standing"]) == ("replaced", second["tracker"], second["tracker"])
    assert held(polls, second)["ballot"]["state"] == "counted"
    third = polls.ballot(other, FIRST)
    last = taken(polls, third)
    polls.all_done()
    polls.withdraw(other, third)
    assert held(polls, last)["ballot"] | {"sentence": ""} == {
        "state": "withdrawn", "by": None, "standing": None, "barred": True, "sentence": "",
    }  # fmt: skip
    shown = CliRunner().invoke(
        app,
        [
            "ballots",
            "receipt",
            str(polls.services.settings.keystore.parent / "receipt.json"),
            "--rpc",
            polls.registry.node.url,
        ],
    )
    assert shown.exit_code == 0
    assert "The receipt holds" in shown.stdout


def test_a_ballot_that_the_relay_kept_back(polls: Polls) -> None:
    """Once the box takes none any more, the receipt must prove it; not before, and not for what came too late."""
    file = taken(polls, polls.ballot(polls.voters[0], FIRST))
    polls.pass_to("closes", 3_500)
    told = held(polls, file)["ballot"]
    assert (told["state"], "proves" in told["sentence"]) == ("waiting", False)
    polls.pass_to("closes", 3_600)
    told = held(polls, file)["ballot"]
    assert (told["state"], "proves" in told["sentence"]) == ("missing", True)
    late = polls.begun + 10**6
    signature = signed(polls, file, open_signer(polls.services.settings), received_at=late)
    told = held(polls, {**file, "received_at": late, "receipt": signature})["ballot"]
    assert (told["state"], "proves" in told["sentence"]) == ("missing", False)


def signed(polls: Polls, file: dict[str, Any], signer: TypedSigner, box: str | None = None, **change: Any) -> str:
    """A receipt's signature, with something else in it."""
    said = [{**file, **change}[name] for name in ("tracker", "unit", "index", "received_at")]
    return signer.sign(bytes.fromhex(domain_separator(31_337, box or polls.box)[2:]), receipt_hash(*said))


def test_forged_receipts(polls: Polls) -> None:
    """Must not hold, each with its reason in a sentence."""
    voter, other = polls.voters
    file, next_one = (taken(polls, polls.ballot(one, FIRST)) for one in (voter, other))
    forger = TypedSigner(Account.create())
    raw, relay = bytearray.fromhex(file["packed"][2:]), open_signer(polls.services.settings)
    spoilt = raw.copy()
    spoilt[-1] ^= 1
    forgeries: list[tuple[dict[str, Any], str]] = [
        ({"receipt": signed(polls, file, forger)}, "ReceiptForged"),
        ({"receipt": signed(polls, file, forger), "relayer": forger.address}, "ReceiptOfStranger"),
        ({"received_at": file["received_at"] - 1}, "ReceiptForged"),
        ({"receipt": signed(polls, file, relay, box="0x" + "11" * 20)}, "ReceiptForged"),
        ({"receipt": file["receipt"][:-2] + "1d"}, "ReceiptForged"),
        ({"receipt": next_one["receipt"]}, "ReceiptForged"),
        ({"packed": next_one["packed"]}, "ReceiptOfOther"),
        ({"packed": file["packed"] + next_one["packed"][2:]}, "ReceiptOfOther"),
        ({"tracker": next_one["tracker"]}, "ReceiptOfOther"),
        ({"index": next_one["index"]}, "ReceiptOfOther"),
        ({"election": polls.setup}, "ReceiptOfOther"),
        ({"packed": file["packed"][:-2]}, "ReceiptBallotBad"),
        ({"packed": "0x" + spoilt.hex()}, "ReceiptBallotBad"),
        ({"unit": 1}, "UnitUnknown"),
        ({"box": "0x" + "11" * 20}, "ReceiptOfNoBox"),
        ({"box": polls.registry.deployment.contracts["TrusteeCeremony"].address}, "ReceiptOfNoBox"),
        ({"chain": 1}, "ReceiptOfChain"),
        ({"chain": "31337"}, "ReceiptMalformed"),
        ({"unit": True}, "ReceiptMalformed"),
        ({"received_at": 2**39}, "ReceiptMalformed"),
        ({"receipt": file["receipt"] + "00"}, "ReceiptMalformed"),
        ({"format": "Muniment.BallotReceipt.v2"}, "ReceiptMalformed"),
        ({"note": "counted"}, "ReceiptMalformed"),
    ]
    for change, name in forgeries:
        refused = checked(polls, {**file, **change}).exception
        assert isinstance(refused, Refused), (change, refused)
        assert refused.name == name, change
        assert sentence_of(refused).endswith(".")
    for text in ("", "[]", json.dumps(file)[:-1] + ', "unit": 0}'):
        assert checked(polls, text).exception.name == "ReceiptMalformed"
    unsigned = {key: file[key] for key in file.keys() - {"relayer", "received_at", "receipt"}}
    assert checked(polls, unsigned).exception.name == "ReceiptUnsigned"
    assert held(polls, file)["holds"]


def test_whose_key_it_is(polls: Polls, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the agency on the chain, by whoever asks, by the service; else it is a stranger's."""
    file = taken(polls, polls.ballot(polls.voters[0], FIRST))
    relayer, node = file["relayer"], polls.registry
    assert polls.get(f"/api/elections/{polls.setup}")["relayer"] == relayer
    assert held(polls, file, "--relayer", relayer.upper().replace("0X", "0x"))["key"]["known_by"] == "you"
    assert checked(polls, file, "--relayer", "0x" + "11" * 20).exception.name == "ReceiptOfStranger"
    service = os.environ["MUNIMENT_PUBLIC_URL"]
    monkeypatch.setenv("MUNIMENT_PUBLIC_URL", "http://127.0.0.1:1")
    refused = checked(polls, file).exception
    assert (refused.name, "ConnectError" in sentence_of(refused)) == ("ReceiptOfStranger", True)

    admin, signer = node.rpc.call("eth_accounts")[5], open_signer(polls.services.settings)
    node.pass_time(60)
    node.send(admin, "AgencyRegistry", "accredit", polls.agency, relayer, int(SCOPES), 0, 2**40 - 1)
    since = int(node.rpc.call("eth_getBlockByNumber", ["latest", False])["timestamp"], 16)
    assert checked(polls, file).exception.name == "ReceiptOfStranger"  # it was not, when it signed
    told = held(polls, file, "--relayer", relayer)["key"]
    assert (told["known_by"], "only after that time" in told["sentence"]) == ("you", True)
    again = {**file, "received_at": since}
    again["receipt"] = signed(polls, again, signer)
    told = held(polls, again)["key"]
    assert (told["known_by"], polls.agency in told["sentence"]) == ("agency", True)
    assert "cannot be asked" in told["sentence"]
    assert "You name it" in held(polls, again, "--relayer", relayer)["key"]["sentence"]
    monkeypatch.setenv("MUNIMENT_PUBLIC_URL", service)
    assert "says that it is its relay's" in held(polls, again)["key"]["sentence"]

    colleague = Account.create()
    node.send(admin, "AgencyRegistry", "accredit", polls.agency, colleague.address.lower(), int(SCOPES), 0, since + 9)
    others = {**file, "relayer": colleague.address.lower(), "received_at": since + 5}
    others["receipt"] = signed(polls, others, TypedSigner(colleague))
    told = held(polls, others)["key"]
    assert (told["known_by"], "says nothing of the relay" in told["sentence"]) == ("agency", True)
    others["received_at"] = since + 9
    others["receipt"] = signed(polls, others, TypedSigner(colleague))
    told = held(polls, others, "--relayer", others["relayer"])["key"]
    assert (told["known_by"], "had retired this key" in told["sentence"]) == ("you", True)

    accounts, scopes = node.rpc.call("eth_accounts"), int(SCOPES | Scope.KEY_CUSTODIAN)
    node.send(accounts[0], "AgencyRegistry", "changeScopes", polls.agency, scopes)
    for custodian in accounts[7:9]:
        node.send(admin, "AgencyRegistry", "accredit", polls.agency, custodian, int(Scope.KEY_CUSTODIAN), 0, 2**40 - 1)
    node.pass_time(3 * 86_400)
    for moment, known in ((since + 1, None), (since, "ReceiptKeyCompromised")):
        for custodian in accounts[7:9]:
            node.send(custodian, "AgencyRegistry", "markCompromised", relayer, moment)
        refused = checked(polls, again).exception
        assert (None if refused is None else refused.name) == known


def test_the_relays_address_needs_no_password(polls: Polls, tmp_path: Path) -> None:
    """It must be what the keystore says; none where nothing could be signed, or the file does not say."""
    settings = polls.services.settings
    assert address_of(settings) == open_signer(settings).address
    for change in ({"keystore": None}, {"password_file": None}):
        assert address_of(replace(settings, **change)) is None
    for number, text in enumerate(("{}", "", "[]", '{"address": "12"}', '{"address": null}')):
        path = tmp_path / f"keystore{number}"
        path.write_text(text)
        assert address_of(Settings(keystore=path, password_file=path)) is None, text


@pytest.mark.parametrize(
    ("events", "fate", "standing"),
    [
        ([], Fate.WAITING, None),
        ([("BallotsCast", "mine")], Fate.COUNTED, "mine"),
        ([("BallotSkipped", "mine")], Fate.SKIPPED, None),
        ([("BallotsCast", "mine"), ("BallotSkipped", "mine")], Fate.COUNTED, "mine"),
        ([("BallotSkipped", "mine"), ("BallotsCast", "mine")], Fate.COUNTED, "mine"),
        ([("BallotsCast", "mine"), ("BallotReplaced", "other")], Fate.REPLACED, "other"),
        ([("BallotsCast", "other"), ("BallotReplaced", "mine")], Fate.COUNTED, "mine"),
        ([("BallotsCast", "mine"), ("BallotReplaced", "a"), ("BallotReplaced", "b")], Fate.REPLACED, "b"),
        ([("BallotsCast", "mine"), ("BallotReplaced", "a"), ("BallotWithdrawn", "a")], Fate.REPLACED, None),
        ([("BallotsCast", "mine"), ("BallotWithdrawn", "mine")], Fate.WITHDRAWN, None),
        ([("BallotsCast", "other"), ("BallotSkipped", "mine")], Fate.SKIPPED, "other"),
        ([("BallotsCast", "other")], Fate.WAITING, "other"),
        ([("BallotWithdrawn", "0x")], Fate.WAITING, None),
    ],
)
def test_the_fate_follows_from_the_lines_events(
    events: list[tuple[str, str]], fate: Fate, standing: str | None
) -> None:
    """Must be that of this ballot, whatever others the line and its neighbours have cast."""
    happened = [SimpleNamespace(name="BoxOpened", arguments={})]
    for name, tracker in events:
        line: dict[str, Any] = {"unit": 0, "index": 3, "tracker": tracker, "reason": 2}
        if name == "BallotsCast":
            line = {"unit": 0, "indices": [2, 3], "trackers": ["neighbour", tracker]}
        happened.append(SimpleNamespace(name=name, arguments=line))
        happened.append(SimpleNamespace(name="BallotReplaced", arguments={"unit": 0, "index": 2, "tracker": "mine"}))
    box: Any = SimpleNamespace(events=happened, head=SimpleNamespace(time=10), ends=11)
    receipt: Any = SimpleNamespace(tracker="mine", unit=0, index=3)
    found = fate_of(box, receipt)
    assert (found.fate, found.standing) == (fate, None if standing == "mine" else standing)
    if not events:
        box.head.time = 11
        assert fate_of(box, receipt).fate is Fate.MISSING
