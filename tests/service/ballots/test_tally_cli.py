"""Trustees decrypt and count a real box, and refuse whatever could show a single vote."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from muniment.ballots.manifest import encode_modulus
from muniment.ballots.trustees import finality, secret_file
from muniment.ballots.trustees.finality import agreed_box, final_box
from muniment.ballots.trustees.tallying import read_box
from muniment.chain.rpc import Block, Rpc, RpcError, RpcUnavailable
from muniment.cli import trustee
from muniment.errors import Refused
from muniment.hashing import keccak
from tests.service.ballots.ceremony_stage import Ceremony, begin
from tests.service.ballots.lying import Liar
from tests.service.ballots.tally_stage import CONTESTS, COUNTS, Voting, unknown_code
from tests.service.nodes import Node

SUM_OF, TRUSTEE_OF = (keccak(view)[:10] for view in (b"sumOf(uint32,uint256)", b"trusteeOf(bytes32,address)"))
UNITS = [
    {"name": f"Unit {unit}", "area": "Village", "eligible": 9, "key": encode_modulus(2**2047 + 2 * unit + 1)}
    for unit in range(2)
]


@pytest.fixture
def voting(anvil: Callable[..., Node], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Voting:
    """An election of three trustees, two of whom decrypt, up to the opening."""
    return opened(anvil(), tmp_path, monkeypatch)


@pytest.fixture
def slow(anvil: Callable[..., Node], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Voting:
    """The same on a chain whose final block lies 64 blocks back, as Ethereum's does."""
    return opened(anvil("--slots-in-an-epoch", "32"), tmp_path, monkeypatch)


def opened(node: Node, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Voting:
    """An election on a node, up to the opening."""
    monkeypatch.setattr(trustee, "create", partial(secret_file.create, cost=2**4))
    ceremony = begin(node, folder, contests=CONTESTS, units=UNITS)
    ceremony.steps("init", "commit", "reveal", "share", "confirm")
    assert ceremony.finish() == "ready"
    ceremony.wait_until(ceremony.now() + 3 * 86_400)  # until officers who were just accredited may override
    return Voting(ceremony)


def decrypted(ceremony: Ceremony, place: int) -> Path:
    """A trustee's share file."""
    path = ceremony.folder / f"shares-{place}.json"
    told = ceremony.run(place, "decrypt", str(ceremony.secret(place)), "--out", str(path), "--json")
    assert json.loads(path.read_text()) == told
    return path


def tally(ceremony: Ceremony, *words: Any) -> dict[str, Any]:
    """What the first trustee is answered to `tally`."""
    return ceremony.run(1, "tally", ceremony.setup, *map(str, words), "--json")


def test_an_election_is_counted(voting: Voting) -> None:
    """Two of three must count it; a bad share be named and passed over, what is counted be left out afterwards."""
    ceremony = voting.ceremony
    voting.vote()
    with pytest.raises(Refused, match="GroupsOpen"):
        decrypted(ceremony, 1)
    voting.close()
    files = [decrypted(ceremony, place) for place in (1, 2, 3)]
    with pytest.raises(Refused, match="SharesMissing"):
        tally(ceremony, files[0])
    with pytest.raises(Refused, match="SharesMissing"):
        tally(ceremony, files[0], files[0])
    spoiled = json.loads(files[1].read_text())
    for share in spoiled["shares"]:
        share["response"] = share["challenge"]
    bad = ceremony.folder / "bad.json"
    bad.write_text(json.dumps(spoiled))
    tried = tally(ceremony, files[0], bad, files[2], "--dry-run")
    assert ([one["counts"] for one in tried["counted"]], tried["bad"], tried["gas"]) == (COUNTS, [2], 0)
    done = tally(ceremony, files[0], bad, files[2])
    assert [(one["group"], one["contest"], one["counts"]) for one in done["counted"]] == [
        (0, contest, counts) for contest, counts in enumerate(COUNTS)
    ]
    assert done["gas"] > 0
    assert tally(ceremony, files[0], files[2])["counted"] == []


def test_a_box_of_other_code_is_refused(voting: Voting) -> None:
    """A box that does not run our code must get no share: its sums could be anybody's single ballot."""
    voting.vote()
    voting.close()
    unknown_code(voting.ceremony)
    with pytest.raises(Refused, match="BoxCodeUnknown"):
        decrypted(voting.ceremony, 1)
    assert not (voting.ceremony.folder / "shares-1.json").exists()


def test_files_that_are_no_shares(voting: Voting) -> None:
    """A file of another election, one that is damaged, and a missing one must each be told."""
    ceremony = voting.ceremony
    voting.vote()
    voting.close()
    path = decrypted(ceremony, 1)
    written = json.loads(path.read_text())
    for changes, error in (
        ({"election": "0x" + "00" * 32}, "SharesOfOther"),
        ({"format": "x"}, "SharesUnreadable"),
        ({"trustee": "1"}, "SharesUnreadable"),
        ({"shares": [{**written["shares"][0], "x": "0x1"}]}, "SharesUnreadable"),
    ):
        path.write_text(json.dumps({**written, **changes}))
        with pytest.raises(Refused, match=error):
            tally(ceremony, path)
    with pytest.raises(Refused, match="FileUnreadable"):
        tally(ceremony, ceremony.folder / "nowhere.json")
    with pytest.raises(Refused, match="FileExists"):
        decrypted(ceremony, 1)


def test_what_is_not_final_is_not_decrypted(slow: Voting, monkeypatch: pytest.MonkeyPatch) -> None:
    """Groups of a block that can still leave the chain must get no share, and get it when the block is final."""
    ceremony = slow.ceremony
    monkeypatch.setattr(finality, "LONGEST_WAIT", 0.0)
    slow.vote()
    ceremony.node.mine(64)
    with pytest.raises(Refused, match="GroupsOpen"):
        decrypted(ceremony, 1)
    slow.close(final=False)
    for _ in range(2):
        with pytest.raises(Refused, match="GroupsNotFinal"):
            decrypted(ceremony, 1)
        assert not (ceremony.folder / "shares-1.json").exists()
        ceremony.node.mine(63)
    ceremony.node.mine()
    assert decrypted(ceremony, 1).exists()


def test_groups_that_change_while_a_trustee_waits(slow: Voting) -> None:
    """When a ballot and the groups leave the chain, and others come, shares must be of those that are final alone."""
    ceremony, seen = slow.ceremony, list[int]()
    slow.vote()
    slow.close(final=False)
    shown = read_box(ceremony.node.rpc, ceremony.deployed(), ceremony.state())
    assert [group.ballots for group in shown.groups] == [4]

    def sleep(_: float) -> None:
        if len(seen) == 1:
            ceremony.node.call("anvil_reorg", 3, [])  # the ballot of the second unit, the closing, the groups
            slow.close(final=False)
        ceremony.node.mine(32)

    _, box = final_box(
        ceremony.node.rpc, ceremony.deployed(), ceremony.setup, lambda _block, final: seen.append(final), sleep
    )
    assert len(seen) > 1
    assert [group.ballots for group in box.groups] == [3]
    assert box.sums != shown.sums


def another_sum(method: str, params: Sequence[Any], answer: Any) -> Any:
    """The two halves of each sum exchanged."""
    asked = method == "eth_call" and params[0]["data"].startswith(SUM_OF)
    return "0x" + answer[130:258] + answer[2:130] if asked else answer


def unconfirmed(method: str, params: Sequence[Any], answer: Any) -> Any:
    """Trustees who did not confirm."""
    asked = method == "eth_call" and params[0]["data"].startswith(TRUSTEE_OF)
    return answer[: 2 + 64 * 3] + "0" * 64 + answer[2 + 64 * 4 :] if asked else answer


def nothing_final(method: str, params: Sequence[Any], answer: Any) -> Any:
    """The first block as the final one."""
    return {**answer, "number": "0x0"} if method == "eth_getBlockByNumber" and params[0] == "finalized" else answer


def no_logs(method: str, _: Sequence[Any], answer: Any) -> Any:
    """Logs of words that nobody can read."""
    return [{**log, "data": log["data"][:-2]} for log in answer] if method == "eth_getLogs" else answer


@pytest.fixture
def closed(voting: Voting) -> Ceremony:
    """The election after its close, its groups final."""
    voting.vote()
    voting.close()
    return voting.ceremony


def agreed(ceremony: Ceremony, *nodes: Rpc) -> Any:
    """What the nodes agree on."""
    return agreed_box(nodes, ceremony.deployed(), ceremony.setup, lambda *_: None, lambda _: None)


@pytest.mark.parametrize("bend", [another_sum, unconfirmed])
def test_nodes_that_show_different_things(closed: Ceremony, bend: Any) -> None:
    """When one node of several lies, whichever it is, nothing must be decrypted; when all show the same, it is."""
    honest, liar = closed.node.rpc, Liar(closed.node.url, bend)
    for nodes in ((honest, liar), (liar, honest), (honest, honest, liar)):
        with pytest.raises(Refused, match="NodesDisagree"):
            agreed(closed, *nodes)
    assert agreed(closed, honest, honest) == agreed(closed, honest) != agreed(closed, liar)


def test_groups_that_are_not_final_everywhere(closed: Ceremony, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one node calls final must be so to the others."""
    monkeypatch.setattr(finality, "LONGEST_WAIT", 10 * finality.PAUSE)
    with pytest.raises(Refused, match="NodesDisagree"):
        agreed(closed, closed.node.rpc, Liar(closed.node.url, nothing_final))


def test_answers_that_are_none(closed: Ceremony) -> None:
    """What cannot be read must be a sentence with the node's name, whichever node it is."""
    honest, broken = closed.node.rpc, Liar(closed.node.url, no_logs)
    for nodes in ((honest, broken), (broken, honest)):
        with pytest.raises(RpcUnavailable, match=r"127\.0\.0\.1 told cannot be read"):
            agreed(closed, *nodes)


def test_a_node_that_is_silent_for_a_while(closed: Ceremony, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second node may be silent while it is waited for, but not from the beginning."""
    said = iter([nothing_final, None, None, None])

    def bend(method: str, params: Sequence[Any], answer: Any) -> Any:
        if (method, params[:1]) != ("eth_getBlockByNumber", ["finalized"]):
            return answer
        if (now := next(said, another_sum)) is None:
            raise RpcUnavailable("No node gave a usable answer.")
        return now(method, params, answer)

    agreed(closed, closed.node.rpc, Liar(closed.node.url, bend))
    said = iter([None])
    with pytest.raises(RpcUnavailable):
        agreed(closed, closed.node.rpc, Liar(closed.node.url, bend))


def test_a_node_that_limits_its_answers(closed: Ceremony) -> None:
    """Logs must be asked for by ranges that the node takes."""

    def bend(method: str, params: Sequence[Any], answer: Any) -> Any:
        if method == "eth_getLogs" and int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) >= 10:
            return RpcError(-32005, "query exceeds max block range")
        return answer

    honest = closed.node.rpc
    assert agreed(closed, Liar(closed.node.url, bend), honest) == agreed(closed, honest)


def test_each_named_node_is_asked(closed: Ceremony) -> None:
    """A silent node must stop it, since the one that answers might lie; one alone must be warned of, two must not."""
    closed.other_nodes = ("http://127.0.0.1:1",)
    with pytest.raises(RpcUnavailable):
        decrypted(closed, 1)
    assert not (closed.folder / "shares-1.json").exists()
    words = ("decrypt", str(closed.secret(1)), "--json")
    for others, warned in (((), True), ((closed.node.url,), True), ((closed.node.url + "/",), True)):
        closed.other_nodes = others
        assert ("One node alone" in closed.invoke(1, *words).stderr) is warned
    closed.other_nodes = (closed.node.url.replace("127.0.0.1", "localhost"),)
    assert "One node alone" not in closed.invoke(1, *words).stderr


@pytest.mark.parametrize("lie", ["exchanged", "keyless"])
def test_a_state_that_is_not_the_trustees(closed: Ceremony, monkeypatch: pytest.MonkeyPatch, lie: str) -> None:
    """A node that gives the trustee another's place, or shows no keys, must get nothing made."""
    state = closed.state()
    first, second, third = state.members
    others = replace(first, account=second.account), replace(second, account=first.account), third
    changes: dict[str, Any] = {"members": others} if lie == "exchanged" else {"keys": {}}
    monkeypatch.setattr(trustee.Desk, "agreed", lambda *_: replace(state, **changes))
    with pytest.raises(Refused, match="SecretMismatch"):
        decrypted(closed, 1)


def test_a_node_without_finality(voting: Voting, monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that names no final block must be told apart from one that is behind."""
    asked = Rpc.block

    def block(self: Rpc, which: int | str) -> Block | None:
        return None if which == "finalized" else asked(self, which)

    voting.vote()
    voting.close()
    monkeypatch.setattr(Rpc, "block", block)
    with pytest.raises(Refused, match="FinalityUnknown"):
        decrypted(voting.ceremony, 1)
