"""The enrolment office's keys: one for each unit, made before the manifest that publishes them."""

from sqlalchemy import Connection, insert, select

from muniment.ballots.enrolment.blind import PrivateKey, PublicKey
from muniment.ballots.manifest import encode_modulus
from muniment.db.schema import ballot_keys
from muniment.errors import Refused
from muniment.hashing import keccak
from muniment.identity.model import Seals

MOST_AT_ONCE = 1_024


def make(connection: Connection, sealer: Seals, count: int, bits: int, now: int) -> list[str]:
    """Make keys and keep their private parts sealed; return the moduli as the manifest holds them (base64url)."""
    keys = [PrivateKey.make(bits) for _ in range(count)]
    rows = [
        {
            "modulus_hash": hash_of(key.public),
            "modulus": key.modulus,
            "private": sealer.seal(key.pem),
            "made_at": now,
        }
        for key in keys
    ]
    connection.execute(insert(ballot_keys), rows)
    return [key.modulus for key in keys]


def key_of(connection: Connection, sealer: Seals, modulus: int) -> PrivateKey:
    """The private key of a unit's modulus, locked until the transaction ends.

    Raises Refused(UnitKeyMissing) when this office did not make it.
    """
    query = select(ballot_keys.c.private).where(ballot_keys.c.modulus_hash == hash_of(PublicKey(modulus)))
    sealed = connection.execute(query.with_for_update()).scalar_one_or_none()
    if sealed is None:
        raise Refused("UnitKeyMissing", key=encode_modulus(modulus)[:12])
    return PrivateKey.load(sealer.unseal(sealed))


def hash_of(key: PublicKey) -> str:
    """What the key is found by: keccak256 of the modulus' bytes."""
    return keccak(key.modulus.to_bytes(key.size, "big"))
