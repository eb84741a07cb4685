"""Others' proofs read by us, and ours read by others."""

import base64
import gzip
import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from eth_account import Account
from eth_account.messages import encode_defunct
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey

from muniment.documents.interop import eas, open_attestation
from muniment.documents.interop.credentials import FEWEST_BITS, credential, encoded_list, load_key, secured, status_list
from muniment.documents.interop.openzeppelin import checked_root
from muniment.documents.merkle import TreeRefused, keccak
from muniment.documents.model import Name
from muniment.errors import Refused
from tests.service.documents.stage import DIPLOMA, ISSUED, NOW, five

HERE = Path(__file__).parent
SHARED = HERE.parents[3] / "shared" / "data" / "vectors"


def shared(*path: str) -> Any:
    """Somebody else's vector; the test is skipped where the folder is absent."""
    file = SHARED.joinpath(*path)
    if not file.exists():
        pytest.skip(f"../shared/data/vectors/{'/'.join(path)} is absent")
    return json.loads(file.read_text())


@pytest.mark.parametrize("name", ["sorted", "unsorted"])
def test_openzeppelins_dumps(name: str) -> None:
    """A dump by OpenZeppelin's package must be found whole, and any change of it be noticed."""
    dump = shared("oz-merkle-tree", f"standard-v1.{name}.1_0_6.json")
    assert checked_root(dump) == dump["tree"][0]
    for place in range(len(dump["tree"])):
        forged = deepcopy(dump)
        forged["tree"][place] = "0x" + "11" * 32
        with pytest.raises(TreeRefused):
            checked_root(forged)
    forged = deepcopy(dump)
    forged["values"][0]["value"] = ["z"]
    with pytest.raises(TreeRefused):
        checked_root(forged)


@pytest.mark.parametrize("name", ["did-wrapped", "not-obfuscated-wrapped", "obfuscated-wrapped"])
def test_open_attestation(name: str) -> None:
    """A genuine file must be unaltered with or without hidden fields, and each changed field be noticed."""
    value = shared("open-attestation-v2", f"{name}.json")
    assert open_attestation.recognised(value)
    assert open_attestation.judge(value, None).name is Name.CANNOT_TELL
    for change in (_rename_template, _drop_issuers, _other_target, _other_root, _more_siblings):
        forged = deepcopy(value)
        change(forged)
        assert open_attestation.judge(forged, None).name is Name.ALTERED, change


def _rename_template(value: Any) -> None:
    value["data"]["$template"]["name"] = value["data"]["$template"]["name"] + "x"


def _drop_issuers(value: Any) -> None:
    del value["data"]["issuers"][0]["name"]


def _other_target(value: Any) -> None:
    value["signature"]["targetHash"] = "11" * 32


def _other_root(value: Any) -> None:
    value["signature"]["merkleRoot"] = "11" * 32


def _more_siblings(value: Any) -> None:
    value["signature"]["proof"] = ["11" * 32]


def test_open_attestation_signed_by_a_did() -> None:
    """Only the signature of the address in the DID must make the file valid."""
    owner, thief = Account.from_key(b"\1" * 32), Account.from_key(b"\2" * 32)
    salt = "6002d4ab-d1a6-447e-9f86-945ee220fedb:string:"
    key = f"did:ethr:{owner.address}#controller"
    data = {"issuers": [{"identityProof": {"type": salt + "DID", "key": salt + key}}]}
    paths = {"issuers.0.identityProof.type": salt + "DID", "issuers.0.identityProof.key": salt + key}
    text = json.dumps(
        sorted(keccak(json.dumps({path: held}, separators=(",", ":")).encode()).hex() for path, held in paths.items()),
        separators=(",", ":"),
    )
    root = keccak(text.encode())
    value = {
        "version": open_attestation.VERSION,
        "data": data,
        "signature": {"type": "SHA3MerkleProof", "targetHash": root.hex(), "proof": [], "merkleRoot": root.hex()},
    }
    assert open_attestation.judge(value, None).name is Name.CANNOT_TELL
    for signer, verdict in ((owner, Name.VALID), (thief, Name.ALTERED)):
        signed = signer.sign_message(encode_defunct(primitive=root)).signature
        value["proof"] = [{"signature": "0x" + signed.hex().removeprefix("0x")}]
        known = frozenset({owner.address.lower(), thief.address.lower()})
        assert open_attestation.judge(value, known).name is verdict
        unknown = Name.CANNOT_TELL if verdict is Name.VALID else verdict
        assert open_attestation.judge(value, None).name is unknown


@pytest.mark.parametrize("raw", [{}, {"data": {}}, {"data": [], "signature": {}}, {"data": {"a": 1}, "signature": []}])
def test_broken_open_attestation_is_no_proof(raw: dict[str, Any]) -> None:
    """A file that only says that it is one must end in NOT_A_PROOF."""
    assert open_attestation.judge({"version": open_attestation.VERSION, **raw}, None).name is Name.NOT_A_PROOF


ATTESTATIONS = json.loads((HERE / "eas-sdk.json").read_text())


@pytest.mark.parametrize("value", ATTESTATIONS)
def test_eas_attestations_made_by_its_own_sdk(value: dict[str, Any]) -> None:
    """What eas-sdk signed must be told unaltered; a revocable one cannot be told to stand."""
    assert eas.recognised(value)
    revocable = value["sig"]["message"]["revocable"]
    known = frozenset({value["signer"].lower()})
    assert eas.judge(value, known, NOW).name is (Name.CANNOT_TELL if revocable else Name.VALID)
    assert eas.judge(value, None, NOW).name is Name.CANNOT_TELL
    assert eas.judge(value, frozenset(), NOW).name is Name.ISSUER_UNAUTHORISED
    for field, to in (("data", "0x00"), ("time", "1"), ("revocable", not revocable), ("schema", "0x" + "11" * 32)):
        forged = deepcopy(value)
        forged["sig"]["message"][field] = to
        assert eas.judge(forged, known, NOW).name is Name.ALTERED, field
    assert eas.judge({**value, "signer": "0x" + "11" * 20}, known, NOW).name is Name.ALTERED
    forged = deepcopy(value)
    forged["sig"]["uid"] = "0x" + "11" * 32
    assert eas.judge(forged, known, NOW).name is Name.ALTERED
    del forged["sig"]["message"]["data"]
    assert eas.judge(forged, known, NOW).name is Name.NOT_A_PROOF


def _pem(tmp_path: Path, key: Any) -> Path:
    path = tmp_path / "key.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


@pytest.mark.parametrize(
    ("make", "reader", "algorithm"),
    [
        (ed25519.Ed25519PrivateKey.generate, OKPKey, "EdDSA"),
        (lambda: ec.generate_private_key(ec.SECP256R1()), ECKey, "ES256"),
    ],
)
def test_another_library_accepts_the_credential(
    tmp_path: Path, make: Callable[[], Any], reader: Any, algorithm: str
) -> None:
    """Joserfc must accept the signature, and find in it a VC 2.0 with our proof and status; not a changed one."""
    key = make()
    document = json.loads(DIPLOMA)
    made = credential(document, five()[1], "did:web:university.example", "https://university.example/status/1", ISSUED)
    token = secured(made, load_key(_pem(tmp_path, key)), "did:web:university.example#key-1")
    public = reader.import_key(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    read = jws.deserialize_compact(token, public, algorithms=[algorithm])
    assert read.headers()["typ"] == "vc+jwt"
    held = json.loads(read.payload)
    assert held["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert held["credentialSubject"]["document"] == document
    assert held["credentialStatus"]["statusListIndex"] == "1"
    head, _, signature = token.split(".")
    forged = base64.urlsafe_b64encode(read.payload.replace(b"4.5", b"4.9")).rstrip(b"=").decode()
    with pytest.raises(Exception, match="signature"):
        jws.deserialize_compact(f"{head}.{forged}.{signature}", public, algorithms=[algorithm])


def test_the_status_list_marks_exactly_the_revoked() -> None:
    """Each index must be one bit, the first the highest of its byte, and the list never shorter than 16 KiB."""
    made = status_list([0, 9, 255], 1_000, "did:web:a.gov", "https://a.gov/1", "revocation", NOW)
    encoded = made["credentialSubject"]["encodedList"]
    assert encoded[0] == "u"
    bits = gzip.decompress(base64.urlsafe_b64decode(encoded[1:] + "=" * (-len(encoded[1:]) % 4)))
    assert len(bits) * 8 == FEWEST_BITS
    assert {at for at in range(FEWEST_BITS) if bits[at // 8] & (0x80 >> at % 8)} == {0, 9, 255}
    assert made["type"][1] == "BitstringStatusListCredential"
    with pytest.raises(Refused):
        encoded_list([5], 5)


def test_only_known_keys_sign(tmp_path: Path) -> None:
    """A key that no reader expects must be refused before anything is signed."""
    with pytest.raises(Refused):
        load_key(_pem(tmp_path, ec.generate_private_key(ec.SECP384R1())))
