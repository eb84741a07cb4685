"""`accredit` and `bootstrap`: sent once, asserted, refused in a sentence, or printed for a Safe."""

import json
import re

import pytest

from tests.scripts.tools import ADMIN, DEPLOYER, REGISTRAR, ROOT, STRANGER, Node, Shell

Town = tuple[Node, Shell]
AGENCY = ("agency", "--domain", "court.example.gov", "--scopes", "COURT,KEY_CUSTODIAN", "--yes")
OFFICER = ("officer", "--agency", "land.example.gov", "--yes")
NORTH = "land.example.gov/north.land.example.gov"


def test_bootstrap_sends_nothing_twice(town: Town) -> None:
    """Must report what stands, and leave the chain as it was."""
    node, shell = town
    height = node.height()
    said = shell.run("bootstrap", "--yes", "--officer", REGISTRAR)
    assert said.count("Stands already") == 5
    assert node.height() == height


def test_bootstrap_is_for_local_nodes(town: Town) -> None:
    """Must refuse any other network."""
    _, shell = town
    said = shell.run("bootstrap", "--network", "pilot", "--yes", "--officer", REGISTRAR, status=2)
    assert "bootstrap is for local nodes" in said


def test_accredits_once_and_retires(town: Town) -> None:
    """Must accredit agency, child agency, officer and register once each; retire the officer; list it all."""
    node, shell = town
    child = ("agency", "--domain", "north.land.example.gov", "--scopes", "LAND_REGISTRAR", "--yes")
    officer = ("officer", "--agency", "court.example.gov", "--key", STRANGER, "--scopes", "COURT")
    acts = (
        AGENCY,
        (*child, "--admin", STRANGER, "--parent", "land.example.gov"),
        (*officer, "--until", "2090-01-01", "--yes"),
        ("register", "--jurisdiction", "GB-SCT", "--agency", "land.example.gov", "--status", "mirror", "--yes"),
        ("register", "--jurisdiction", "GB-NIR", "--agency", NORTH, "--status", "mirror", "--yes"),
        ("retire", "--key", STRANGER, "--yes"),
    )
    for act in acts:
        height = node.height()
        assert "Done in block" in shell.run("accredit", *act)
        assert "Stands already" in shell.run("accredit", *act)
        assert node.height() == height + 1

    listed = json.loads(shell.run("accredit", "list", "--json").splitlines()[-1])
    assert listed["root"] == ROOT
    assert [agency["scopes"] for agency in listed["agencies"]] == [
        "LAND_REGISTRAR,ELECTION_OFFICER,DOCUMENT_ISSUER,IDENTITY_OFFICER,RESIDENCY_OFFICER,LICENSING,COMPANY_REGISTRAR",
        "COURT,KEY_CUSTODIAN",
        "LAND_REGISTRAR",
    ]
    assert [agency["admin"] for agency in listed["agencies"]] == [ADMIN, ADMIN, STRANGER]
    standing = {officer["key"]: officer["standing"] for officer in listed["officers"]}
    assert standing == {REGISTRAR: "current", STRANGER: "retired"}
    kept = {register["jurisdiction"]: register["status"] for register in listed["registers"]}
    assert kept == {"GB": "authoritative", "GB-SCT": "mirror", "GB-NIR": "mirror"}

    assert "a key is accredited once" in shell.run("accredit", *officer, "--yes", status=1)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((*OFFICER, "--key", STRANGER, "--scopes", "LAND_BARON"), "Unknown power “LAND_BARON”; there are LAND_REG"),
        ((*OFFICER, "--key", "0x1234", "--scopes", "COURT"), "“0x1234” is no address"),
        ((*OFFICER, "--key", "0x" + "0" * 40, "--scopes", "COURT"), "The zero address cannot be"),
        ((*OFFICER, "--key", STRANGER[:-1] + "A", "--scopes", "COURT"), "fails its checksum"),
        ((*OFFICER, "--key", STRANGER, "--scopes", "COURT", "--until", "tomorrow"), "“tomorrow” is no time"),
        (("agency", "--domain", "no domain", "--scopes", "COURT", "--yes"), "“no domain” is no internet domain"),
        ((*AGENCY, "--network", "atlantis"), "The network “atlantis” is unknown"),
        (("register", "--jurisdiction", "Britain", "--agency", "x", "--status", "mirror"), "“Britain” is no juris"),
    ],
)
def test_misused_in_one_sentence(town: Town, words: tuple[str, ...], sentence: str) -> None:
    """Must answer a slip with one sentence and exit status 2, and send nothing."""
    node, shell = town
    height = node.height()
    said = shell.run("accredit", *words, status=2)
    assert sentence in said
    assert len(said.strip().splitlines()) == 1
    assert node.height() == height


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("agency", "--domain", "land.example.gov", "--scopes", "COURT", "--yes"), "is registered otherwise"),
        ((*OFFICER, "--key", REGISTRAR, "--scopes", "LAND_REGISTRAR"), "a key is accredited once"),
        ((*OFFICER, "--key", STRANGER, "--scopes", "COURT"), "The contract refuses: ScopesRefused(wanted 2, allowed"),
        ((*OFFICER, "--key", STRANGER, "--scopes", "LAND_REGISTRAR", "--until", "2020-01-01"), "PeriodRefused"),
        (
            ("officer", "--agency", "x.gov", "--key", STRANGER, "--scopes", "COURT"),
            "x.gov is not registered",
        ),
        (("retire", "--key", STRANGER), "was never accredited"),
    ],
)
def test_refused_in_one_sentence(town: Town, words: tuple[str, ...], sentence: str) -> None:
    """Must answer what the chain does not allow with exit status 1, and send nothing."""
    node, shell = town
    height = node.height()
    assert sentence in shell.run("accredit", *words, status=1)
    assert node.height() == height


def test_prints_the_call_for_a_safe(town: Town) -> None:
    """Must print a call that does the act once the Safe sends it, where no key is at hand, and then find it done."""
    node, shell = town
    (shell.deployments / "pilot.json").write_text((shell.deployments / "local.json").read_text())
    height = node.height()
    said = shell.run("accredit", *AGENCY, "--network", "pilot", "--admin", DEPLOYER)
    assert "No MUNIMENT_ROOT_KEYSTORE" in said
    assert node.height() == height
    to, data = (re.search(rf"  {word} +(0x\w+)", said) for word in ("to", "data"))
    assert to
    assert data
    node.call("eth_sendTransaction", {"from": ROOT, "to": to[1], "data": data[1]})
    said = shell.run("accredit", *AGENCY, "--network", "pilot", "--admin", DEPLOYER)
    assert "Stands already" in said
