"""`recover_party`: two officers, a delay, a veto, a court; and everything that must not pass."""

import json
import time
from typing import Any

import pytest
from eth_account import Account
from eth_utils import keccak

from tests.scripts.office import COLLEAGUE, DAY, DOMAIN, FRESH, NEVER, Office
from tests.scripts.tools import REGISTRAR

OLD, NEW, OTHER = (Account.from_key(keccak(text=name)) for name in ("old wallet", "new wallet", "other wallet"))
COMMITMENT = "0x" + keccak(text="a citizen's record and salt").hex()
PARTY = ("--agency", DOMAIN, "--commitment", COMMITMENT)
COUNTER = ("--evidence", "passport.pdf", "--evidence", "minutes.pdf", "--salt", "case.salt")
SECOND = ("confirm", "--officer", COLLEAGUE, "--yes")


@pytest.fixture
def citizen(office: Office) -> bytes:
    """A party with a wallet, and what its officers are shown."""
    (office.shell.folder / "passport.pdf").write_text("a passport")
    (office.shell.folder / "minutes.pdf").write_text("minutes of the meeting")
    return office.bind(OLD, COMMITMENT)


def words(office: Office, wallet: Any = NEW, attempt: int = 1, deadline: int = 0, signer: Any = None) -> list[str]:
    """A first officer's words, with the new wallet's signature."""
    until = deadline or office.now() + 30 * DAY
    message = {"party": office.party(COMMITMENT), "wallet": wallet.address, "attempt": attempt, "deadline": until}
    signature = "0x" + office.sign(signer or wallet, "PartyRegistry", "RecoverWallet", **message).hex()
    return ["begin", *PARTY, "--wallet", wallet.address, "--deadline", str(until), "--signature", signature]


def court(office: Office) -> tuple[str, ...]:
    """A court's officer, who acts."""
    domain = "court.example.gov"
    office.shell.run("accredit", "agency", "--domain", domain, "--scopes", "COURT", "--yes")
    office.shell.run("accredit", "officer", "--agency", domain, "--key", FRESH, "--scopes", "COURT", "--yes")
    return ("order", *PARTY, "--officer", FRESH, "--yes")


def veto(office: Office, party: bytes) -> None:
    """The present wallet vetoes the first attempt."""
    fields = {"party": party, "wallet": NEW.address, "attempt": 1, "deadline": NEVER}
    signature = office.sign(OLD, "PartyRegistry", "VetoRecovery", **fields)
    office.send(office.contract("PartyRegistry").functions.vetoRecovery(party, NEVER, signature))


def test_two_officers_recover_a_party(office: Office, citizen: bytes) -> None:
    """Must move the party after two different officers and the delay, and tell each what is at stake."""
    shell, height = office.shell, office.node.height()
    deadline = office.now() + 30 * DAY
    asked = ("begin", *PARTY, "--wallet", NEW.address, "--deadline", str(deadline))
    data = json.loads(shell.run("recover_party", *asked, "--print-typed-data", "--json").splitlines()[-1])["typed_data"]
    signature = "0x" + Account.sign_typed_data(NEW.key, full_message=data).signature.hex()
    begin = (*asked, "--signature", signature, *COUNTER)

    told = shell.run("recover_party", *begin, "--dry-run")
    assert all(word in told for word in ("0x" + citizen.hex(), OLD.address.lower(), NEW.address.lower(), "Veto "))
    assert not (shell.folder / "case.salt").exists()
    assert office.node.height() == height
    assert "It waits for a second officer until" in shell.run("recover_party", *begin, "--yes")
    assert "Stands already" in shell.run("recover_party", *begin, "--yes")
    assert "run confirm" in shell.run("recover_party", *begin, "--yes", "--officer", COLLEAGUE, status=1)
    assert "another officer has to confirm" in shell.run("recover_party", "confirm", "--yes", status=1)
    assert office.node.height() == height + 1

    plan = shell.run("recover_party", "confirm", "--officer", COLLEAGUE, "--dry-run")
    salt = bytes.fromhex((shell.folder / "case.salt").read_text().strip()[2:])
    hashes = sorted((keccak(text="a passport"), keccak(text="minutes of the meeting")))
    assert f"Evidence   0x{keccak(salt + b''.join(hashes)).hex()}" in plan
    (shell.folder / "minutes.pdf").write_text("other minutes")
    assert "files or salt are others" in shell.run("recover_party", *SECOND, *COUNTER, status=1)
    (shell.folder / "minutes.pdf").write_text("minutes of the meeting")
    lost = [word.replace("case.salt", "lost.salt") for word in COUNTER]
    assert "take the one of the case" in shell.run("recover_party", *SECOND, *lost, status=2)
    assert office.node.height() == height + 1
    assert "Done in block" in shell.run("recover_party", *SECOND, *COUNTER)
    assert "Nothing waits" in shell.run("recover_party", *SECOND, status=1)

    stands = json.loads(shell.run("recover_party", "status", *PARTY, "--json").splitlines()[-1])
    assert (stands["begun"], stands["completed"], stands["pending"]) == (1, 0, [])
    assert stands["recovery"] == {
        "wallet": NEW.address.lower(),
        "ready_at": office.now() + 14 * DAY,
        "vetoable": True,
        "ready": False,
    }
    assert "The delay is not over" in shell.run("recover_party", "complete", *PARTY, "--yes", status=1)
    office.wait(14 * DAY)
    assert "Done in block" in shell.run("recover_party", "complete", *PARTY, "--yes")
    assert office.wallet_of(citizen) == NEW.address


def test_a_veto_makes_a_court_necessary(office: Office, citizen: bytes) -> None:
    """Must take a court's order after a veto, and only then; what a court ordered nobody vetoes."""
    shell = office.shell
    (shell.folder / "order.pdf").write_text("in the name of the law")
    named, order = ("--court-order", "order.pdf"), court(office)
    assert "leave --court-order out" in shell.run("recover_party", *words(office), *COUNTER, *named, "--yes", status=1)
    assert "needs no court's order" in shell.run("recover_party", *order, *named, status=1)
    shell.run("recover_party", *words(office), *COUNTER, "--yes")
    shell.run("recover_party", *SECOND)
    veto(office, citizen)
    assert "needs a court's order" in shell.run("recover_party", "status", *PARTY)

    again = words(office, attempt=2)
    assert "needs a court's order" in shell.run("recover_party", *again, *COUNTER, "--yes", status=1)
    unknown = shell.run("recover_party", *again, *COUNTER, *named, "--yes", status=1)
    assert "No court has entered the order" in unknown
    self_made = shell.run("recover_party", *order, *named, "--officer", COLLEAGUE, status=1)
    assert "ScopeMissing" in self_made
    assert "Done in block" in shell.run("recover_party", *order, *named)
    assert "Stands already" in shell.run("recover_party", *order, *named)
    stands = json.loads(shell.run("recover_party", "status", *PARTY, "--json").splitlines()[-1])
    assert stands["court_order"] == "0x" + keccak(text="in the name of the law").hex()
    assert "Done in block" in shell.run("recover_party", *order, "--withdraw")
    assert "none entered" in shell.run("recover_party", "status", *PARTY)
    assert "Done in block" in shell.run("recover_party", *order, *named)
    told = shell.run("recover_party", *again, *COUNTER, *named, "--yes")
    assert f"Order      0x{keccak(text='in the name of the law').hex()}" in told
    assert "none, a court ordered it" in shell.run("recover_party", *SECOND)
    assert not office.contract("PartyRegistry").functions.recoveryOf(citizen).call().vetoable
    assert "only an officer's cancel stops it" in shell.run("recover_party", *order, "--withdraw", status=1)


def test_refuses_what_the_counter_gets_wrong(office: Office, citizen: bytes) -> None:
    """Must refuse an unknown party, another's signature, another attempt, a late one and no evidence; send nothing."""
    shell, height = office.shell, office.node.height()
    evidence = ("--evidence", "0x" + "11" * 32, "--yes")
    begin = words(office)
    unknown = [word.replace(COMMITMENT, "0x" + "22" * 32) for word in begin]
    assert "has no wallet, so there is none" in shell.run("recover_party", *unknown, *evidence, status=1)
    elsewhere = [word.replace(DOMAIN, "other.example.gov") for word in begin]
    assert "is not registered" in shell.run("recover_party", *elsewhere, *evidence, status=1)
    for wrong in (words(office, signer=OTHER), words(office, attempt=2)):
        assert "The signature is not by" in shell.run("recover_party", *wrong, *evidence, status=1)
    late = words(office, deadline=office.now() - 1)
    assert "was good until" in shell.run("recover_party", *late, *evidence, status=1)
    assert "Say with --evidence" in shell.run("recover_party", *begin, "--yes", status=2)
    assert "needs --salt" in shell.run("recover_party", *begin, "--yes", "--evidence", "passport.pdf", status=2)
    assert office.node.height() == height


def test_refuses_officers_who_do_not_count(office: Office, citizen: bytes) -> None:
    """Must refuse a stranger, a fresh key, a first officer who has left since, and an act that ran out."""
    shell, begin = office.shell, [*words(office), *COUNTER, "--yes"]
    assert "is no officer" in shell.run("recover_party", *begin, "--officer", FRESH, status=1)
    office.accredit(FRESH)
    assert "is too fresh" in shell.run("recover_party", *begin, "--officer", FRESH, status=1)
    shell.run("recover_party", *begin)
    fresh = shell.run("recover_party", "confirm", "--yes", "--officer", FRESH, status=1)
    assert "is too fresh: it counts for acts of two officers from" in fresh

    snapshot = office.node.call("evm_snapshot")
    office.wait(7 * DAY + 1)
    assert "ran out at" in shell.run("recover_party", *SECOND, status=1)
    assert "ran out at" in shell.run("recover_party", "pending")
    office.node.call("evm_revert", snapshot)
    office.retire(REGISTRAR)
    height = office.node.height()
    assert "is stale" in shell.run("recover_party", *SECOND, status=1)
    assert office.node.height() == height


def test_withdraws_and_cancels(office: Office, citizen: bytes) -> None:
    """Must take back what waits, stop what runs, and ask which act is meant where several wait."""
    shell = office.shell
    shell.run("recover_party", *words(office), *COUNTER, "--yes")
    one = json.loads(shell.run("recover_party", "pending", "--json").splitlines()[-1])["pending"][0]["id"]
    shell.run("recover_party", *words(office, OTHER), *COUNTER, "--yes")
    assert "2 acts wait; say which" in shell.run("recover_party", *SECOND, status=1)
    assert "Done in block" in shell.run("recover_party", "withdraw", "--act", one, "--yes", "--officer", COLLEAGUE)
    assert "Stands already" in shell.run("recover_party", "withdraw", "--act", one, "--yes", "--officer", COLLEAGUE)
    assert "completed or withdrawn" in shell.run("recover_party", *SECOND, "--act", one, status=1)
    shell.run("recover_party", *SECOND)
    assert "A recovery is under way" in shell.run(
        "recover_party", *words(office, attempt=2), *COUNTER, "--yes", status=1
    )
    assert "Done in block" in shell.run("recover_party", "cancel", *PARTY, "--yes")
    assert "is under way; its wallet is" in shell.run("recover_party", "cancel", *PARTY, "--yes", status=1)
    assert office.wallet_of(citizen) == OLD.address


def test_goes_on_after_a_kill(office: Office, citizen: bytes) -> None:
    """Must send nothing twice when killed after sending: neither the first officer's call nor the second's."""
    shell, before = office.shell, office.node.nonce(REGISTRAR)
    for script in ([*words(office), *COUNTER, "--yes"], ["confirm", "--officer", COLLEAGUE, "--yes"]):
        office.node.call("evm_setAutomine", False)
        process, mark = shell.start("recover_party", *script), len(shell.said)
        until = time.monotonic() + 60
        while "sent as" not in shell.said[mark:] or office.node.call("txpool_status")["pending"] == "0x0":
            assert process.is_alive(), shell.said
            assert time.monotonic() < until
            time.sleep(0.02)
        process.kill()
        process.join()
        office.node.call("evm_setAutomine", True)
        office.node.call("evm_mine")
        if script[0] == "begin":
            assert "Stands already" in shell.run("recover_party", *script)
    assert "Nothing waits" in shell.run("recover_party", *SECOND, status=1)
    assert office.contract("PartyRegistry").functions.recoveryOf(citizen).call().wallet == NEW.address
    assert (office.node.nonce(REGISTRAR), office.node.nonce(COLLEAGUE)) == (before + 1, 1)
