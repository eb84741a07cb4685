"""`issue_credential`: issued once, revoked with a reason, refused in a sentence."""

import json
from datetime import UTC, datetime

import pytest
from eth_utils import keccak

from scripts.common.settings import ahead
from tests.scripts.office import COLLEAGUE, DOMAIN, FRESH, Office
from tests.scripts.tools import REGISTRAR

PARTY = "0x" + "ab" * 32
WHO = ("--agency", DOMAIN, "--party", PARTY)
RESIDENT = (*WHO, "--kind", "E_RESIDENT")
DECISION = ("--decision", "0x" + "12" * 32)


def standing(office: Office, *words: str) -> dict[str, object]:
    """What status says."""
    return json.loads(office.shell.run("issue_credential", "status", *words, "--json").splitlines()[-1])


def test_issues_and_revokes(office: Office) -> None:
    """Must issue for a duration once, say how it stands, and let a colleague revoke it with a reason once."""
    shell, height = office.shell, office.node.height()
    issue = ("issue", *RESIDENT, *DECISION, "--until", "2y")
    told = shell.run("issue_credential", *issue, "--dry-run")
    assert "E_RESIDENT, issued with RESIDENCY_OFFICER" in told
    assert office.node.height() == height
    assert standing(office, *RESIDENT)["standing"] == "none"
    assert "Done in block" in shell.run("issue_credential", *issue, "--yes")
    assert "Stands already" in shell.run("issue_credential", *issue, "--yes")
    assert standing(office, *RESIDENT) == {
        "party": PARTY,
        "kind": "0x" + b"E_RESIDENT".ljust(32, b"\0").hex(),
        "standing": "current",
        "agency": "0x" + office.agency.hex(),
        "from": office.now(),
        "until": ahead("2y", "", office.now()),
        "reason": None,
    }
    assert "Replaces   current" in shell.run("issue_credential", *issue[:-1], "3y", "--dry-run")

    revoke = ("revoke", *RESIDENT, "--officer", COLLEAGUE, "--yes", "--reason")
    assert "Done in block" in shell.run("issue_credential", *revoke, "cessationOfOperation")
    assert "Stands already" in shell.run("issue_credential", *revoke, "cessationOfOperation")
    assert "revoked already" in shell.run("issue_credential", *revoke, "superseded", status=1)
    stands = standing(office, *RESIDENT)
    assert (stands["standing"], stands["reason"]) == ("revoked", "cessationOfOperation")
    assert office.node.height() == height + 2


def test_defines_a_kind_of_the_agency(office: Office) -> None:
    """Must let the admin define a kind once, and officers issue it by its name, to a party named by its commitment."""
    shell, commitment = office.shell, "0x" + "cd" * 32
    define = ("define", "--agency", DOMAIN, "--kind", "TAXI_DRIVER", "--yes", "--scope")
    assert "Done in block" in shell.run("issue_credential", *define, "LICENSING")
    assert "Stands already" in shell.run("issue_credential", *define, "LICENSING")
    assert "has a kind TAXI_DRIVER already" in shell.run("issue_credential", *define, "RESIDENCY_OFFICER", status=1)
    driver = ("--agency", DOMAIN, "--commitment", commitment, "--kind", "TAXI_DRIVER")
    (shell.folder / "decision.txt").write_text("passed")
    files = ("--decision", "decision.txt", "--salt", "driver.salt", "--until", "2099-12-31")
    shell.run("issue_credential", "issue", *driver, *files, "--yes")
    stands = standing(office, *driver)
    assert (stands["party"], stands["standing"]) == ("0x" + office.party(commitment).hex(), "current")
    assert stands["until"] == datetime(2099, 12, 31, tzinfo=UTC).timestamp()
    event = office.contract("CredentialRegistry").events.CredentialIssued()
    logged = [log["args"] for log in event.get_logs(from_block=0)][-1]
    salt = bytes.fromhex((shell.folder / "driver.salt").read_text().strip()[2:])
    assert logged["sourceHash"] == keccak(salt + keccak(text="passed"))


@pytest.mark.parametrize(
    ("words", "sentence", "status"),
    [
        (("issue", *WHO, "--kind", "WIZARD", *DECISION, "--until", "1y"), "There is no credential “WIZARD”; known", 1),
        (("issue", *RESIDENT, *DECISION, "--until", "2020-01-01"), "would be over before it begins", 2),
        (("issue", *RESIDENT, *DECISION, "--until", "soon"), "“soon” is no time", 2),
        (("issue", *RESIDENT, *DECISION, "--until", "1y", "--officer", FRESH), "NotAnOfficer", 1),
        (("revoke", *RESIDENT, "--reason", "superseded"), "there is nothing to revoke", 1),
        (("revoke", *RESIDENT, "--reason", "certificateHold"), "invalid choice", 2),
        (("status", "--kind", "BANK", "--commitment", PARTY), "pass --agency, or --party", 2),
        (("status", "--kind", "BANK", "--party", "0x12"), "is no id for a party", 2),
    ],
)
def test_refuses_in_one_sentence(office: Office, words: tuple[str, ...], sentence: str, status: int) -> None:
    """Must refuse unknown kinds, periods, officers and reasons, and send nothing."""
    height = office.node.height()
    assert sentence in office.shell.run("issue_credential", *words, "--yes", status=status)
    assert (office.node.height(), office.node.nonce(REGISTRAR)) == (height, office.node.nonce(REGISTRAR))


def test_durations_count_from_today() -> None:
    """Must mean the same all day long, and end on the last day of a shorter month."""
    noon = int(datetime(2024, 1, 31, 12, tzinfo=UTC).timestamp())
    ends = {"1m": (2024, 2, 29), "13m": (2025, 2, 28), "2y": (2026, 1, 31), "90d": (2024, 4, 30)}
    for text, day in ends.items():
        assert ahead(text, "it", noon) == datetime(*day, tzinfo=UTC).timestamp()
