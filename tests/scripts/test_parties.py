"""`attest_party` and `represent_organisation`: two officers stand in, and say who signs."""

import copy
import json
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import keccak

from tests.scripts.office import COLLEAGUE, DAY, DOMAIN, Office
from tests.scripts.tools import STRANGER

COMMITMENT = "0x" + keccak(text="a citizen without a wallet").hex()
PARTY = ("--agency", DOMAIN, "--commitment", COMMITMENT)
EVIDENCE = ("--evidence", "0x" + "34" * 32)
FILE = ("--typed-data", "message.json")
SECOND = ("confirm", "--officer", COLLEAGUE, "--yes")
PERSONS = sorted("0x" + keccak(text=name).hex() for name in ("chair", "treasurer", "clerk"))


def message(office: Office) -> dict[str, Any]:
    """What the citizen would sign."""
    fields = {"party": "0x" + office.party(COMMITMENT).hex(), "nonce": 7, "deadline": office.now() + 30 * DAY}
    return office.typed("PartyRegistry", "CancelNonce", fields)


def written(office: Office, data: dict[str, Any]) -> bytes:
    """Put the message on the officers' desk; gives its digest, reckoned otherwise than the script does."""
    (office.shell.folder / "message.json").write_text(json.dumps(data))
    signable = encode_typed_data(
        data["domain"], {data["primaryType"]: data["types"][data["primaryType"]]}, data["message"]
    )
    return keccak(b"\x19" + signable.version + signable.header + signable.body)


def test_two_officers_stand_in_for_a_signature(office: Office) -> None:
    """Must show both the message in plain words, attest its digest, let an empty signature pass, and take it back."""
    shell, data, height = office.shell, message(office), office.node.height()
    digest, parties = written(office, data), office.contract("PartyRegistry").functions
    party = office.party(COMMITMENT)
    told = shell.run("attest_party", "begin", *PARTY, *FILE, *EVIDENCE, "--dry-run")
    assert all(word in told for word in ("CancelNonce, for Muniment PartyRegistry", "0x" + digest.hex(), "nonce", "Z"))
    assert office.node.height() == height
    shell.run("attest_party", "begin", *PARTY, *FILE, *EVIDENCE, "--yes")
    assert "another officer has to" in shell.run("attest_party", "confirm", *FILE, "--yes", status=1)
    assert not parties.attested(party, digest).call()
    assert "CancelNonce, for" in shell.run("attest_party", *SECOND, *FILE)
    assert parties.attested(party, digest).call()
    assert parties.checkSignature(party, digest, b"").call()
    assert "Stands already" in shell.run("attest_party", "begin", *PARTY, *FILE, *EVIDENCE, "--yes")
    assert "Attested: 0x" in shell.run("attest_party", "status", *PARTY, *FILE)
    assert "Done in block" in shell.run("attest_party", "revoke", *PARTY, *FILE, "--yes")
    assert not parties.attested(party, digest).call()


def test_the_second_officer_reads_the_message_too(office: Office) -> None:
    """Must refuse to confirm when the second officer's file is another message than the first one's."""
    data = message(office)
    written(office, data)
    office.shell.run("attest_party", "begin", *PARTY, *FILE, *EVIDENCE, "--yes")
    data["message"]["nonce"] = 8
    written(office, data)
    height = office.node.height()
    assert "it is another message" in office.shell.run("attest_party", *SECOND, *FILE, status=1)
    assert office.node.height() == height


WRONG = {
    "is for chain 1, not 31337": {"domain": {"chainId": 1}},
    "none of the contracts of this deployment": {"domain": {"verifyingContract": STRANGER}},
    "is not that of the PartyRegistry": {"domain": {"name": "Muniment TitleRegistry"}},
    "does not name the party": {"message": {"party": "0x" + "77" * 32}},
    "The message was good until": {"message": {"deadline": 1_700_000_000}},
    "the fields are not those of CancelNonce": {"message": {"memo": "in small print"}},
    "is no typed data": {"primaryType": "NoSuchType"},
}


@pytest.mark.parametrize("sentence", WRONG)
def test_refuses_a_message_that_would_not_count(office: Office, sentence: str) -> None:
    """Must refuse another chain, contract, domain, party, a late message, and fields that nobody would sign."""
    data = copy.deepcopy(message(office))
    for part, changes in WRONG[sentence].items():
        data[part] = data[part] | changes if isinstance(changes, dict) else changes
    (office.shell.folder / "message.json").write_text(json.dumps(data))
    height = office.node.height()
    told = office.shell.run("attest_party", "begin", *PARTY, *FILE, *EVIDENCE, "--yes", status=None)
    assert sentence in told
    assert office.node.height() == height


def test_never_for_a_party_with_a_wallet(office: Office) -> None:
    """Must refuse to stand in for a party that signs for itself, and a nonce that is used."""
    data = message(office)
    data["message"]["nonce"] = 1
    written(office, data)
    office.bind(Account.from_key(keccak(text="wallet")), COMMITMENT)  # with the nonce 1
    told = office.shell.run("attest_party", "begin", *PARTY, *FILE, *EVIDENCE, "--yes", status=1)
    assert "The nonce 1 of the party was used" in told
    written(office, message(office))
    told = office.shell.run("attest_party", "begin", *PARTY, *FILE, *EVIDENCE, "--yes", status=1)
    assert "signs for itself" in told


def chosen(*persons: str) -> list[str]:
    """Options that name representatives."""
    return [word for person in persons for word in ("--representative", person)]


def test_two_officers_say_who_signs_for_an_organisation(office: Office) -> None:
    """Must set the rule, in any order of names, change it, find a stale act, and end the organisation."""
    shell, party = office.shell, office.party(COMMITMENT)
    given = ("set", *PARTY, *EVIDENCE, "--yes", "--threshold")
    told = shell.run("represent_organisation", *given, "2", *chosen(*reversed(PERSONS)))
    assert "2 of these 3 have to sign" in told
    assert "another officer" in shell.run("represent_organisation", "confirm", "--yes", status=1)
    shell.run("represent_organisation", *SECOND)
    present = office.contract("PartyRegistry").functions.representationOf(party).call()
    assert (present.version, present.threshold) == (1, 2)
    assert ["0x" + person.hex() for person in present.representatives] == PERSONS
    assert "Stands already" in shell.run("represent_organisation", *given, "2", *chosen(*PERSONS))

    shell.run("represent_organisation", *given, "1", *chosen(PERSONS[0]))
    stale = json.loads(shell.run("represent_organisation", "pending", "--json").splitlines()[-1])["pending"][0]["id"]
    shell.run("represent_organisation", *given, "1", *chosen(PERSONS[1]), "--officer", COLLEAGUE)
    other = next(
        act["id"]
        for act in json.loads(shell.run("represent_organisation", "pending", "--json").splitlines()[-1])["pending"]
        if act["id"] != stale
    )
    shell.run("represent_organisation", "confirm", "--act", other, "--yes")
    assert "is stale" in shell.run("represent_organisation", *SECOND, "--act", stale, status=1)
    shell.run("represent_organisation", "withdraw", "--act", stale, "--yes")

    end = ("end", *PARTY, *EVIDENCE, "--yes")
    shell.run("represent_organisation", *end)
    shell.run("represent_organisation", *SECOND)
    assert "nobody: the organisation has ended" in shell.run("represent_organisation", "status", *PARTY)


def test_refuses_who_cannot_represent(office: Office) -> None:
    """Must refuse an impossible rule, a name twice, an unknown party's end, and an organisation as a person."""
    shell, given = office.shell, ("set", *PARTY, *EVIDENCE, "--yes", "--threshold")
    assert "cannot sign" in shell.run("represent_organisation", *given, "2", *chosen(PERSONS[0]), status=2)
    assert "named twice" in shell.run("represent_organisation", *given, "1", *chosen(*PERSONS[:1] * 2), status=2)
    end = ("end", *PARTY, *EVIDENCE, "--yes")
    assert "is no organisation" in shell.run("represent_organisation", *end, status=1)
    shell.run("represent_organisation", *given, "1", *chosen(PERSONS[0]))
    shell.run("represent_organisation", *SECOND)
    other = [word.replace(COMMITMENT, "0x" + "55" * 32) for word in given]
    itself = "0x" + office.party(COMMITMENT).hex()
    told = shell.run("represent_organisation", *other, "1", *chosen(itself), status=1)
    assert "representatives are persons" in told
