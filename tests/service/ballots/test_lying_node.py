"""A trustee whose only node lies about the others: nothing counts but what each of them signed."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from muniment.ballots.crypto.group import multiply
from muniment.ballots.crypto.proofs import prove_possession
from muniment.ballots.trustees import answered, secret_file
from muniment.ballots.trustees.ceremony import ENCRYPTION_KEY, TrusteeSecret, deal, share_for
from muniment.ballots.trustees.ceremony_state import CeremonyState, read_ceremony
from muniment.ballots.trustees.finality import agreed_ceremony
from muniment.chain import connected
from muniment.chain.rpc import Rpc, RpcUnavailable
from muniment.cli import trustee
from muniment.errors import Refused
from tests.service.ballots.ceremony_stage import PASSWORD, Ceremony, begin
from tests.service.ballots.lying import EVENTS, Bend, Liar, Shown, hiding, key_of, showing, signed
from tests.service.nodes import Node

REVEALED, OUT = 1, 4  # words of a trustee's record (`ITrusteeCeremony.Trustee`)
STRANGER = bytes(Account.create().key)
OTHER = "0x" + "0e" * 32


@pytest.fixture
def ceremony(anvil: Callable[..., Node], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ceremony:
    """Three trustees of whom two decrypt, after all have revealed."""
    monkeypatch.setattr(trustee, "create", partial(secret_file.create, cost=2**4))
    made = begin(anvil(), tmp_path)
    made.steps("init", "commit", "reveal")
    return made


@pytest.fixture
def lie(ceremony: Ceremony, monkeypatch: pytest.MonkeyPatch) -> Callable[[Bend], Liar]:
    """Let the trustees' commands talk to a node that lies."""

    def lie(bend: Bend) -> Liar:
        liar = Liar(ceremony.node.url, bend)
        monkeypatch.setattr(connected, "Rpc", lambda _: liar)
        return liar

    return lie


def told(ceremony: Ceremony, bend: Bend) -> CeremonyState:
    """The ceremony by a node that lies."""
    return read_ceremony(Liar(ceremony.node.url, bend), ceremony.deployment, ceremony.setup)


def accounts(ceremony: Ceremony) -> list[str]:
    """The trustees."""
    return [member.account for member in ceremony.state().members]


def complaint(ceremony: Ceremony, key: bytes, dealer: int = 1, **changes: Any) -> Shown:
    """The third trustee's complaint about the first, in a transaction of this key about a dealer."""
    named = accounts(ceremony)
    transaction = signed(ceremony, key, "ShareComplained", named[dealer - 1], **changes)
    return Shown("ShareComplained", {"trustee": named[2], "dealer": named[0]}, transaction)


def test_what_its_trustee_signed_counts(ceremony: Ceremony) -> None:
    """A step that is signed by its trustee for this ceremony must count."""
    shown = complaint(ceremony, key_of(ceremony, 3))
    assert told(ceremony, showing(ceremony, shown)).complaints == {(3, 1)}


def test_what_its_trustee_did_not_sign(ceremony: Ceremony) -> None:
    """A step of another key, ceremony, contract, chain or kind, or with other values or bytes, must be refused."""
    own = key_of(ceremony, 3)
    true = complaint(ceremony, own)
    confirmed = replace(true, transaction=signed(ceremony, own, "ShareConfirmed"))
    foreign = {name: true.transaction[name] for name in ("r", "s", "yParity", "v")}
    forgeries = {
        "another's key": complaint(ceremony, STRANGER),
        "a colleague's key": complaint(ceremony, key_of(ceremony, 2)),
        "another setup": complaint(ceremony, own, setup=OTHER),
        "another contract": complaint(ceremony, own, to="0x" + "0e" * 20),
        "another chain": complaint(ceremony, own, chain=5),
        "another step": confirmed,
        "another function of the same arguments": complaint(ceremony, own, function="openElection"),
        "about another": complaint(ceremony, own, dealer=2),
        "another hash": replace(true, transaction={**true.transaction, "hash": OTHER}),
        "another's signature": replace(confirmed, transaction={**confirmed.transaction, **foreign}),
        "no signature": replace(true, transaction={**true.transaction, "r": "0x0", "s": "0x0"}),
        "no calldata": replace(true, transaction={**true.transaction, "input": "0x"}),
        "of nobody": replace(true, values={**true.values, "trustee": ceremony.officer}),
    }
    for name, shown in forgeries.items():
        with pytest.raises(Refused, match="StepNotSigned") as refused:
            told(ceremony, showing(ceremony, shown))
        arguments = {"trustee": shown.by, "transaction": shown.transaction["hash"]}
        assert refused.value.arguments == arguments, name


def test_a_stranger_is_no_trustee(ceremony: Ceremony) -> None:
    """Whoever the manifest does not name must count for nothing, though the signature be its own."""
    shown = complaint(ceremony, STRANGER)
    stranger = str(Account.from_key(STRANGER).address).lower()
    with pytest.raises(Refused, match="StepNotSigned"):
        told(ceremony, showing(ceremony, replace(shown, values={**shown.values, "trustee": stranger})))


def forged_key(ceremony: Ceremony, key: bytes) -> Bend:
    """A second trustee's commitment and reveal with an encryption key of the node's, all of which fits together."""
    account = accounts(ceremony)[1]
    true = ceremony.state().reveals[2]
    proof = prove_possession(ceremony.setup, account, ENCRYPTION_KEY, 7)
    false = replace(true, encryption_key=multiply(7), key_proof=proof)
    commitment = bytes.fromhex(false.commitment(ceremony.setup, account)[2:])
    revealed = (
        [tuple(point) for point in false.coefficients],
        tuple(false.encryption_key),
        *((one.challenge, one.response) for one in (false.constant_proof, false.key_proof)),
    )
    steps = (("TrusteeCommitted", "commitment", commitment), ("TrusteeRevealed", "revealed", revealed))
    shown = [
        Shown(name, {"trustee": account, word: value}, signed(ceremony, key, name, value))
        for name, word, value in steps
    ]
    return showing(ceremony, *shown)


def test_no_share_under_the_nodes_own_key(ceremony: Ceremony, lie: Callable[[Bend], Liar]) -> None:
    """A trustee must seal no share under an encryption key that its node made up."""
    fitting = told(ceremony, forged_key(ceremony, key_of(ceremony, 2)))
    assert fitting.reveals[2].encryption_key == multiply(7)  # nothing but the signature tells it
    lie(forged_key(ceremony, STRANGER))
    assert ceremony.refused("share", 1) == "StepNotSigned"
    assert not ceremony.state().members[0].dealt


def test_a_reveal_must_fit_what_was_committed_to(ceremony: Ceremony) -> None:
    """A reveal that its trustee signed beside the first must not stand in the place of what it committed to."""
    account, true = accounts(ceremony)[1], ceremony.state().reveals[2]
    points = [tuple(point) for point in true.coefficients]
    proofs = [(one.challenge, one.response) for one in (true.constant_proof, true.key_proof)]
    other = (points, points[0], *proofs)
    shown = Shown(
        "TrusteeRevealed",
        {"trustee": account, "revealed": other},
        signed(ceremony, key_of(ceremony, 2), "TrusteeRevealed", other),
    )
    with pytest.raises(Refused, match="CommitmentMismatch"):
        told(ceremony, showing(ceremony, shown))


def opened(ceremony: Ceremony, place: int) -> TrusteeSecret:
    """The secret of a trustee."""
    return secret_file.open_file(ceremony.secret(place), PASSWORD)


def test_no_share_for_an_invented_complaint(ceremony: Ceremony, lie: Callable[[Bend], Liar]) -> None:
    """A trustee must not hand its node a share, be it to try the call, because the node invents a complaint."""
    ceremony.steps("share")
    liar = lie(showing(ceremony, complaint(ceremony, STRANGER)))
    secret = f"{share_for(opened(ceremony, 1).polynomial, 3):064x}"
    for options in ((), ("--dry-run",)):
        assert ceremony.refused("answer", 1, *options) == "StepNotSigned"
    assert liar.asked
    assert secret not in str(liar.asked)


def test_no_complaint_about_an_invented_deal(ceremony: Ceremony, lie: Callable[[Bend], Liar]) -> None:
    """Nobody must be accused, and nothing confirmed, by shares that their dealer did not send."""
    ceremony.steps("share")
    named, state = accounts(ceremony), ceremony.state()
    shares = [share ^ 1 if share else 0 for share in state.dealt[2]]
    for key, values in ((STRANGER, shares), (key_of(ceremony, 2), list(state.dealt[2]))):
        transaction = signed(ceremony, key, "SharesDealt", values)
        lie(showing(ceremony, Shown("SharesDealt", {"trustee": named[1], "shares": shares}, transaction)))
        for step in ("complain", "confirm"):
            assert ceremony.refused(step, 1) == "StepNotSigned"
    state = ceremony.state()
    assert not state.complaints
    assert not any(member.confirmed for member in state.members)


def test_no_answer_that_nobody_gave(ceremony: Ceremony) -> None:
    """A share that the accused did not publish must not be taken for its answer."""
    ceremony.steps("share")
    named, asked = accounts(ceremony), complaint(ceremony, key_of(ceremony, 3))
    share = share_for(opened(ceremony, 1).polynomial, 3)
    values = {"dealer": named[0], "trustee": named[2], "share": share}

    def answered(key: bytes, given: int) -> CeremonyState:
        transaction = signed(ceremony, key, "ComplaintAnswered", named[2], given)
        return told(ceremony, showing(ceremony, asked, Shown("ComplaintAnswered", values, transaction)))

    state = answered(key_of(ceremony, 1), share)
    assert (dict(state.answers), state.complaints) == ({(3, 1): share}, set())
    for key, given in ((STRANGER, share), (key_of(ceremony, 1), share + 1)):
        with pytest.raises(Refused, match="StepNotSigned"):
            answered(key, given)


def test_what_is_withheld(ceremony: Ceremony, lie: Callable[[Bend], Liar]) -> None:
    """A step that is hidden must stop the others' steps: nobody is left without a share, nobody's share passed over."""
    named = accounts(ceremony)
    lie(hiding("TrusteeRevealed", named[1]))
    for options in ((), ("--dry-run",)):
        assert ceremony.refused("share", 1, *options) == "CeremonyInconsistent"
    lie(lambda _method, _params, answer: answer)
    ceremony.steps("share")
    for hidden in ("TrusteeCommitted", "TrusteeRevealed", "SharesDealt"):
        lie(hiding(hidden, named[1]))
        for step in ("confirm", "complain"):
            assert ceremony.refused(step, 1) == "CeremonyInconsistent", (hidden, step)
    with pytest.raises(RpcUnavailable, match="does not show the transaction"):
        told(ceremony, lambda method, _, answer: None if method == "eth_getTransactionByHash" else answer)


def withholding(ceremony: Ceremony, place: int, event: str, word: int, *, out: bool = False) -> Bend:
    """A node that hides a step, and tells of its trustee that it was not taken; and that it is out."""
    account = accounts(ceremony)[place - 1]
    hidden = hiding(event, account)

    def bend(method: str, params: Any, answer: Any) -> Any:
        if method == "eth_call" and account[2:] in str(params).lower() and len(answer) == 2 + 64 * 6:
            words = [answer[at : at + 64] for at in range(2, len(answer), 64)]
            words[word] = "0" * 64
            words[OUT] = f"{int(out):064x}"
            return "0x" + "".join(words)
        return hidden(method, params, answer)

    return bend


def test_who_is_in_has_done_its_part(ceremony: Ceremony, lie: Callable[[Bend], Liar]) -> None:
    """Nothing must be dealt while somebody who is in has not revealed; who is out must be told before."""
    hidden = withholding(ceremony, 2, "TrusteeRevealed", REVEALED)
    with pytest.raises(Refused, match="CeremonyInconsistent") as refused:
        told(ceremony, hidden)
    assert refused.value.arguments["what"] == "trustee 2 missed a step, and is not out"
    lie(hidden)
    assert ceremony.refused("share", 1) == "CeremonyInconsistent"
    lie(withholding(ceremony, 2, "TrusteeRevealed", REVEALED, out=True))  # a single node can say that
    result = ceremony.invoke(1, "share", str(ceremony.secret(1)), "--dry-run", "--json")
    assert "The shares are for trustees 3. Out, and without a share: trustees 2." in " ".join(result.stderr.split())
    assert "One node alone showed this" in " ".join(result.stderr.split())
    assert not ceremony.state().members[0].dealt


def test_every_node_is_asked(ceremony: Ceremony, monkeypatch: pytest.MonkeyPatch) -> None:
    """When one of several nodes hides a step, however consistently, no step must be taken, whichever node it is."""
    honest, other = ceremony.node.url, ceremony.node.url.replace("127.0.0.1", "localhost")
    ceremony.other_nodes = (other,)
    hidden = withholding(ceremony, 2, "TrusteeRevealed", REVEALED, out=True)
    for liar in (honest, other):
        bent = Liar(liar, hidden)
        monkeypatch.setattr(connected, "Rpc", lambda urls, liar=liar, bent=bent: bent if urls == [liar] else Rpc(urls))
        for step in ("share", "reveal", "commit", "complain", "answer", "confirm"):
            assert ceremony.refused(step, 1) == "NodesDisagree", (liar, step)
    monkeypatch.setattr(connected, "Rpc", Rpc)
    assert ceremony.step("share", 1)["trustees"] == [2, 3]
    ceremony.other_nodes = ("http://127.0.0.1:1",)
    with pytest.raises(RpcUnavailable):
        ceremony.step("share", 2)


def test_nodes_at_other_heights(ceremony: Ceremony) -> None:
    """A node that is some blocks behind must be asked as of its own head, and so must the others."""
    honest = ceremony.node.rpc

    def behind(method: str, params: Any, answer: Any) -> Any:
        late = method == "eth_getBlockByNumber" and params[0] == "latest"
        return {**answer, "number": hex(int(answer["number"], 16) - 1)} if late else answer

    height = ceremony.state().block
    for nodes in ((honest, Liar(ceremony.node.url, behind)), (Liar(ceremony.node.url, behind), honest)):
        assert agreed_ceremony(nodes, ceremony.deployment, ceremony.setup).block == height - 1


def test_answers_one_at_a_time(
    ceremony: Ceremony, lie: Callable[[Bend], Liar], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node that shows one complaint per run, and no answers, must not get one share after the other."""
    named = accounts(ceremony)
    ceremony.steps("share", places=(1, 2))
    monkeypatch.setattr(trustee, "deal", lambda *given: tuple(share ^ 1 if share else 0 for share in deal(*given)))
    ceremony.step("share", 3)
    ceremony.steps("complain", places=(1, 2))
    secret = f"{share_for(opened(ceremony, 3).polynomial, 1):064x}"
    lie(hiding("ShareComplained", named[0]))
    assert ceremony.step("answer", 3, "--dry-run")["trustees"] == [2]
    liar = lie(only_complaint_of(named[0]))
    assert ceremony.refused("answer", 3) == "AnswersReveal"  # the node that tried the call has the first share
    assert secret not in str(liar.asked)
    lie(hiding("ShareComplained", named[0]))
    assert [ceremony.step("answer", 3)["trustees"] for _ in range(2)] == [[2], []]
    lie(only_complaint_of(named[0]))
    for options in ((), ("--dry-run",)):
        assert ceremony.refused("answer", 3, *options) == "AnswersReveal"
    assert list(ceremony.state().answers) == [(2, 3)]
    file = answered.path_of(ceremony.secret(3))
    assert (json.loads(file.read_text()), file.stat().st_mode & 0o777) == ([2], 0o600)
    file.write_text("{}")
    assert ceremony.refused("answer", 3) == "AnsweredUnreadable"


def only_complaint_of(account: str) -> Bend:
    """A node that shows the complaint of one trustee, and no answer to any."""
    topics = {"0x" + EVENTS[name].topic.hex(): name for name in ("ShareComplained", "ComplaintAnswered")}

    def bend(method: str, _: Any, answer: Any) -> Any:
        if method != "eth_getLogs":
            return answer
        return [log for log in answer if log["topics"][0] not in topics or _complains(topics, log, account)]

    return bend


def _complains(topics: dict[str, str], log: dict[str, Any], account: str) -> bool:
    return topics[log["topics"][0]] == "ShareComplained" and log["topics"][2].endswith(account[2:])


def test_places_and_repetitions(ceremony: Ceremony) -> None:
    """Another order of the trustees than the manifest's, a step shown twice, and too few shares must be refused."""
    named = accounts(ceremony)

    def misplaced(method: str, params: Any, answer: Any) -> Any:
        place = next((place for place, one in enumerate(named) if one[2:] in str(params).lower()), None)
        asked = method == "eth_call" and place is not None and len(answer) == 2 + 64 * 6
        return f"0x{(place or 0) % 3 + 2:064x}{answer[66:]}" if asked else answer

    def doubled(method: str, _: Any, answer: Any) -> Any:
        return answer + answer[-1:] if method == "eth_getLogs" else answer

    few = Shown(
        "SharesDealt",
        {"trustee": named[1], "shares": [1]},
        signed(ceremony, key_of(ceremony, 2), "SharesDealt", [1]),
    )
    for bend in (misplaced, doubled, showing(ceremony, few)):
        with pytest.raises(Refused, match="CeremonyInconsistent"):
            told(ceremony, bend)
