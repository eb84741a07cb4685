"""Trustees at their terminals, on a real node: the honest way, and what goes wrong."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from muniment.ballots.crypto.group import multiply
from muniment.ballots.model import ORDER
from muniment.ballots.states import CeremonyStage
from muniment.ballots.trustees import answered, secret_file
from muniment.ballots.trustees.ceremony import deal
from muniment.ballots.trustees.sharing import lagrange
from muniment.chain.signer import KeystoreUnusable
from muniment.cli import trustee
from muniment.errors import Refused
from tests.service.ballots.ceremony_stage import PASSWORD, Ceremony, begin
from tests.service.nodes import Node


@pytest.fixture
def ceremony(anvil: Callable[..., Node], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ceremony:
    """Three trustees of whom two decrypt; their files open quickly."""
    monkeypatch.setattr(trustee, "create", partial(secret_file.create, cost=2**4))
    return begin(anvil(), tmp_path)


def secrets_of(ceremony: Ceremony, *places: int) -> dict[int, int]:
    """x_j of trustees, from their files and the chain."""
    state = ceremony.state()
    files = {place: secret_file.open_file(ceremony.secret(place), PASSWORD) for place in places}
    return {place: state.secret_key(file) for place, file in files.items()}


def test_a_key_is_made(ceremony: Ceremony) -> None:
    """From init to finish: the key must stand, and any two trustees' secrets make its secret."""
    ceremony.steps("init", "commit", "reveal", "share", "confirm")
    assert ceremony.finish() == "ready"
    state, secrets = ceremony.state(), secrets_of(ceremony, 1, 2, 3)
    for pair in ((1, 2), (1, 3), (2, 3)):
        secret = sum(lagrange(place, pair) * secrets[place] for place in pair) % ORDER
        assert multiply(secret) == state.key
    told = ceremony.run(1, "status", ceremony.setup, "--json")
    assert (told["stage"], told["threshold"], [one["confirmed"] for one in told["trustees"]]) == (
        "ready",
        2,
        [True] * 3,
    )


def test_every_step_can_be_repeated(ceremony: Ceremony) -> None:
    """A step that was done must be told as done, and a try must send nothing."""
    ceremony.init(1)
    assert ceremony.step("commit", 1, "--dry-run")["dryRun"] is True
    assert not ceremony.state().members[0].committed
    ceremony.steps("init", places=(2, 3))
    for step in ("commit", "reveal", "share", "confirm"):
        ceremony.steps(step)
        if step != "confirm":
            assert ceremony.step(step, 1)["before"] is True
    assert ceremony.step("confirm", 2)["before"] is True


def test_a_secret_is_never_replaced(ceremony: Ceremony) -> None:
    """A second init must fail while the file is there, and after the commitment whatever the file."""
    ceremony.init(1)
    before = ceremony.secret(1).read_bytes()
    with pytest.raises(Refused, match="FileExists"):
        ceremony.init(1)
    assert ceremony.secret(1).read_bytes() == before
    assert ceremony.secret(1).stat().st_mode & 0o777 == 0o600
    ceremony.step("commit", 1)
    with pytest.raises(Refused, match="StageRefused"):
        ceremony.run(1, "init", str(ceremony.folder / "other"), ceremony.setup, "--json")
    assert not (ceremony.folder / "other").exists()


def test_a_secret_begins_unanswered(ceremony: Ceremony) -> None:
    """Whom an earlier secret has answered must not be counted with a new one."""
    answered.note_answer(ceremony.secret(1), 2)
    with pytest.raises(Refused, match="FileExists"):
        ceremony.init(1)
    assert not ceremony.secret(1).exists()
    answered.note_answer(ceremony.secret(1), 3)
    assert answered.places_answered(ceremony.secret(1)) == {2, 3}
    assert sorted(path.name for path in ceremony.folder.glob("trustee-1.secret*")) == ["trustee-1.secret.answered"]


def test_a_share_that_does_not_fit(ceremony: Ceremony, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever got a bad share must be stopped from confirming, complain, and go on with the published one."""
    ceremony.steps("init", "commit", "reveal")
    ceremony.steps("share", places=(1, 2))
    dealt_badly(ceremony, monkeypatch, 1)
    assert ceremony.refused("confirm", 1) == "SharesUnfit"
    assert ceremony.step("complain", 1)["dealers"] == [3]
    assert ceremony.step("complain", 1)["dealers"] == []
    assert ceremony.step("answer", 1)["trustees"] == []
    assert ceremony.step("complain", 2)["dealers"] == []
    assert ceremony.step("answer", 3)["trustees"] == [1]
    assert ceremony.step("answer", 3)["trustees"] == []
    ceremony.steps("confirm")
    assert ceremony.finish() == "ready"
    secrets = secrets_of(ceremony, 1, 2)
    assert multiply(sum(lagrange(place, (1, 2)) * secrets[place] for place in (1, 2))) == ceremony.state().key


def dealt_badly(ceremony: Ceremony, monkeypatch: pytest.MonkeyPatch, *places: int) -> None:
    """The third trustee sends shares that do not fit to those at these places."""

    def badly(*given: Any) -> tuple[int, ...]:
        return tuple(share ^ 1 if place in places else share for place, share in enumerate(deal(*given), 1))

    monkeypatch.setattr(trustee, "deal", badly)
    ceremony.step("share", 3)


@pytest.mark.parametrize("at_once", [True, False])
def test_answers_that_would_publish_it_all(
    ceremony: Ceremony, monkeypatch: pytest.MonkeyPatch, *, at_once: bool
) -> None:
    """Nobody must publish as many shares as decrypt, at once or after each other; the others make a key alone."""
    ceremony.steps("init", "commit", "reveal")
    ceremony.steps("share", places=(1, 2))
    dealt_badly(ceremony, monkeypatch, 1, 2)
    ceremony.step("complain", 1)
    if not at_once:
        assert ceremony.step("answer", 3)["trustees"] == [1]
    ceremony.step("complain", 2)
    for options in ((), ("--dry-run",)):
        assert ceremony.refused("answer", 3, *options) == "AnswersReveal"
    assert list(ceremony.state().answers) == ([] if at_once else [(1, 3)])
    ceremony.steps("confirm")
    ceremony.pass_time(2)
    assert ceremony.finish() == "ready"
    assert sorted(ceremony.state().keys) == [1, 2]
    secrets_of(ceremony, 1, 2)


def test_nobody_complains_about_a_good_share(ceremony: Ceremony) -> None:
    """The command must accuse nobody whose share fits."""
    ceremony.steps("init", "commit", "reveal", "share")
    assert ceremony.step("complain", 2)["dealers"] == []
    assert not ceremony.state().complaints


def test_a_trustee_vanishes_before_the_reveal(ceremony: Ceremony) -> None:
    """The others must make a key of their own parts alone."""
    ceremony.steps("init", "commit")
    ceremony.steps("reveal", places=(1, 2))
    ceremony.pass_time()
    ceremony.steps("share", "confirm", places=(1, 2))
    assert ceremony.finish() == "ready"
    state = ceremony.state()
    assert [member.out for member in state.members] == [False, False, True]
    assert sorted(state.keys) == [1, 2]
    secrets_of(ceremony, 1, 2)
    with pytest.raises(Refused, match="TrusteeIsOut"):
        secrets_of(ceremony, 3)


def test_a_trustee_vanishes_after_the_reveal(ceremony: Ceremony) -> None:
    """Whoever deals nothing must be left out of the key; and with too few left there must be none."""
    ceremony.steps("init", "commit", "reveal")
    ceremony.steps("share", places=(1, 3))
    ceremony.pass_time()
    ceremony.steps("confirm", places=(1, 3))
    assert ceremony.finish() == "ready"
    secrets_of(ceremony, 1, 3)


def test_too_few_are_left(ceremony: Ceremony) -> None:
    """With one of the two who are needed the ceremony must fail, and nobody hold a key."""
    ceremony.steps("init", "commit")
    ceremony.step("reveal", 1)
    ceremony.pass_time()
    assert ceremony.finish() == "failed"
    with pytest.raises(Refused, match="StageRefused"):
        secrets_of(ceremony, 1)


def test_wrong_files_and_keys(ceremony: Ceremony) -> None:
    """Another's secret, a wrong password, a stranger's key and a damaged file must each be told."""
    ceremony.steps("init")
    with pytest.raises(Refused, match="KeystoreOfOther"):
        ceremony.run(1, "commit", str(ceremony.secret(2)), "--json")
    other = ceremony.folder / "other-password"
    other.write_text("another password altogether")
    assert ceremony.refused("commit", 1, "--secret-password-file", str(other)) == "SecretLocked"
    written = json.loads(ceremony.secret(1).read_text())
    for changes in ({"format": "x"}, {"setup": "0x" + "00" * 32}, {"scrypt": {}}):
        ceremony.secret(1).write_text(json.dumps({**written, **changes}))
        assert ceremony.refused("commit", 1) == "SecretUnreadable"
    other.write_text(PASSWORD)
    (ceremony.folder / "password").write_text("another password altogether")
    with pytest.raises(KeystoreUnusable):
        ceremony.step("commit", 2, "--secret-password-file", str(other))


def test_too_early(ceremony: Ceremony) -> None:
    """Steps out of their order must be refused by name, and nothing be decrypted before there is an election."""
    ceremony.steps("init")
    assert ceremony.refused("complain", 1) == "StageRefused"
    assert ceremony.refused("confirm", 1) == "StageRefused"
    assert ceremony.refused("decrypt", 1) == "StageRefused"
    ceremony.steps("commit", "reveal", "share", "confirm")
    ceremony.finish()
    assert ceremony.state().stage is CeremonyStage.READY
    with pytest.raises(Refused, match="ElectionNotOpened"):
        ceremony.run(1, "decrypt", str(ceremony.secret(1)))
    with pytest.raises(Refused, match="CeremonyUnknown"):
        ceremony.run(1, "status", "0x" + "00" * 32, "--json")


def test_a_weak_password(ceremony: Ceremony) -> None:
    """A secret must not be sealed with a short password."""
    weak = ceremony.folder / "weak"
    weak.write_text("short")
    with pytest.raises(Refused, match="PasswordWeak"):
        ceremony.run(1, "init", str(ceremony.secret(1)), ceremony.setup, "--secret-password-file", str(weak), "--json")
    assert not ceremony.secret(1).exists()


def test_money_and_fees(ceremony: Ceremony, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too little money, too low a ceiling and another chain must be told, and nothing be done; repeating must do it."""
    ceremony.init(1)
    account = ceremony.state().members[0].account
    ceremony.node.call("anvil_setBalance", account, "0x1")
    assert ceremony.refused("commit", 1) == "FundsMissing"
    ceremony.node.call("anvil_setBalance", account, hex(10**18))
    monkeypatch.setenv("MUNIMENT_MAX_FEE_GWEI", "0.000000001")
    assert ceremony.refused("commit", 1) == "FeeCeiling"
    monkeypatch.delenv("MUNIMENT_MAX_FEE_GWEI")
    path = ceremony.folder / "local.json"
    right = path.read_text()
    path.write_text(json.dumps({**json.loads(right), "chain_id": 5}))
    with pytest.raises(Refused, match=r"ChainUnexpected|CeremonyInconsistent"):
        ceremony.step("commit", 1)
    path.write_text(right)
    assert not ceremony.state().members[0].committed
    assert ceremony.step("commit", 1)["gas"] > 0
    assert ceremony.state().members[0].committed
