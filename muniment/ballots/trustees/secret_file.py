"""A trustee's secret in a file that only its password opens, and that nothing overwrites.

JSON; the key is scrypt's (RFC 7914) of the password, the seal Fernet's (AES-128-CBC with HMAC-SHA256). Setup and
trustee stand outside too, so that one sees whose secret of which ceremony a file holds.
"""

import base64
import json
import os
import secrets
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from muniment.ballots.crypto.group import multiply
from muniment.ballots.model import ORDER, Possession
from muniment.ballots.trustees.ceremony import Reveal, TrusteeSecret
from muniment.errors import Refused

FORMAT = "Muniment.TrusteeSecret.v1"
COST = 2**17  # scrypt's N: 128 MB and some tenths of a second
_LARGEST_COST = 2**20
_BLOCK, _LANES = 8, 1
_LARGEST = 2**16  # bytes of a file


def create(path: Path, secret: TrusteeSecret, password: str, cost: int = COST) -> None:
    """Write a new file for its owner alone. Raises Refused, also when there is a file: a secret is never replaced."""
    salt = secrets.token_bytes(32)
    sealed = Fernet(_key(password, salt, cost)).encrypt(json.dumps(_to_json(secret)).encode()).decode()
    written = {
        "format": FORMAT,
        "setup": secret.setup,
        "trustee": secret.trustee,
        "scrypt": {"n": cost, "r": _BLOCK, "p": _LANES, "salt": salt.hex()},
        "sealed": sealed,
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(json.dumps(written, indent=2) + "\n")
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise Refused("FileExists", path=str(path)) from None
    except OSError as error:
        raise Refused("FileUnwritable", path=str(path), cause=str(error.strerror)) from None


def open_file(path: Path, password: str) -> TrusteeSecret:
    """The secret of a file. Raises Refused when it cannot be read, or the password does not open it."""
    try:
        with path.open("rb") as file:
            written = json.loads(file.read(_LARGEST))
        salt, cost = bytes.fromhex(written["scrypt"]["salt"]), written["scrypt"]["n"]
        parameters = (written["format"], written["scrypt"]["r"], written["scrypt"]["p"], cost & (cost - 1))
        if parameters != (FORMAT, _BLOCK, _LANES, 0) or not 2 <= cost <= _LARGEST_COST:
            raise Refused("SecretUnreadable", path=str(path))
        sealed = str(written["sealed"])
    except OSError as error:
        raise Refused("FileUnreadable", path=str(path), cause=str(error.strerror)) from None
    except (ValueError, KeyError, TypeError):
        raise Refused("SecretUnreadable", path=str(path)) from None
    try:
        secret = _from_json(json.loads(Fernet(_key(password, salt, cost)).decrypt(sealed)))
    except InvalidToken:
        raise Refused("SecretLocked", path=str(path)) from None
    if (secret.setup, secret.trustee) != (written.get("setup"), written.get("trustee")):
        raise Refused("SecretUnreadable", path=str(path))
    return secret


def _key(password: str, salt: bytes, cost: int) -> bytes:
    derived = Scrypt(salt=salt, length=32, n=cost, r=_BLOCK, p=_LANES).derive(password.encode())
    return base64.urlsafe_b64encode(derived)


def _to_json(secret: TrusteeSecret) -> dict[str, Any]:
    proofs = (secret.revealed.constant_proof, secret.revealed.key_proof)
    return {
        "setup": secret.setup,
        "trustee": secret.trustee,
        "polynomial": [f"{coefficient:064x}" for coefficient in secret.polynomial],
        "encryptionSecret": f"{secret.encryption_secret:064x}",
        "proofs": [[f"{proof.challenge:064x}", f"{proof.response:064x}"] for proof in proofs],
    }


def _from_json(held: Any) -> TrusteeSecret:
    polynomial = tuple(int(coefficient, 16) % ORDER for coefficient in held["polynomial"])
    encryption_secret = int(held["encryptionSecret"], 16) % ORDER
    constant, key = (Possession(*(int(number, 16) for number in proof)) for proof in held["proofs"])
    revealed = Reveal(tuple(map(multiply, polynomial)), multiply(encryption_secret), constant, key)
    return TrusteeSecret(held["setup"], held["trustee"], polynomial, encryption_secret, revealed)
