"""Sign transactions with a key from an encrypted keystore, and only those that an allow-list knows."""

import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_typing import Hash32
from eth_utils.address import to_checksum_address

from muniment.chain.abi import selector
from muniment.chain.deployment import Deployment
from muniment.config import Settings
from muniment.errors import Refused
from muniment.hashing import keccak_bytes

SECONDS_PER_DAY = 86_400


class KeystoreUnusable(Exception):
    """The keystore is missing, damaged, or locked with another password."""


class SigningRefused(Exception):
    """The policy does not let this transaction be signed."""


@dataclass(frozen=True)
class SignedTx:
    """A transaction's signed bytes and their hash (lower-case 0x hex)."""

    raw: bytes
    hash: str


class Signer(Protocol):
    """Whoever can sign for one address."""

    @property
    def address(self) -> str:
        """The address that signs, lower-case 0x hex."""

    def sign(self, tx: Mapping[str, Any]) -> SignedTx:
        """Sign an EIP-1559 transaction, named as in JSON-RPC with numbers as int. Raises SigningRefused."""


@dataclass(frozen=True)
class KindPolicy:
    """What may be signed for contracts of a kind: their functions' selectors, and what shows that an address is one."""

    selectors: frozenset[str]
    is_one: Callable[[str], bool]


@dataclass(frozen=True)
class Policy:
    """What may be signed: calls without value to these functions on this chain, so much gas a day (UTC).

    The day's gas is counted in memory, from the start of the process.
    """

    chain_id: int
    selectors: Mapping[str, frozenset[str]]  # contract address → its functions' selectors
    max_gas_per_day: int
    kinds: tuple[KindPolicy, ...] = ()

    @classmethod
    def of(
        cls,
        deployment: Deployment,
        functions: Iterable[tuple[str, str]],
        max_gas_per_day: int,
        proofs: Mapping[str, Callable[[str], bool]] | None = None,
    ) -> Self:
        """Allow `functions`, pairs of a contract's and a function's name. Raises KeyError for one that is unknown.

        Functions of contracts of a kind are allowed at every address that the kind's proof takes for one: a proof asks
        those who made the contract known, never the contract itself alone nor the database.
        """
        selectors: dict[str, set[str]] = {}
        of_kinds: dict[str, set[str]] = {}
        for name, function in functions:
            abi = deployment.contracts[name].abi if name in deployment.contracts else deployment.kinds[name].abi
            found = {selector(e) for e in abi if (e["type"], e.get("name")) == ("function", function)}
            if not found:
                raise KeyError(f"{name}.{function}")
            if name in deployment.contracts:
                selectors.setdefault(deployment.contracts[name].address, set()).update(found)
            else:
                of_kinds.setdefault(name, set()).update(found)
        allowed = {address: frozenset(found) for address, found in selectors.items()}
        kinds = tuple(KindPolicy(frozenset(found), (proofs or {})[name]) for name, found in of_kinds.items())
        return cls(deployment.chain_id, allowed, max_gas_per_day, kinds)

    def check(self, tx: Mapping[str, Any], gas_today: int) -> None:
        """Raise SigningRefused, in one sentence, unless the transaction is allowed."""
        if tx["chainId"] != self.chain_id:
            raise SigningRefused(f"The key signs for chain {self.chain_id}, not for chain {tx['chainId']}.")
        if tx.get("value", 0) != 0:
            raise SigningRefused("The key signs no transaction that sends money.")
        if not self._allows(str(tx.get("to", "")).lower(), str(tx.get("data", ""))[:10].lower()):
            raise SigningRefused(f"The key does not sign this function of {tx.get('to')}.")
        if gas_today + tx["gas"] > self.max_gas_per_day:
            raise SigningRefused(f"The key signs at most {self.max_gas_per_day} gas a day, and today's is spent.")

    def _allows(self, to: str, called: str) -> bool:
        if to in self.selectors:
            return called in self.selectors[to]
        return any(called in kind.selectors and kind.is_one(to) for kind in self.kinds)


class KeystoreSigner:
    """Signs with the key of a Web3 Secret Storage file (version 3), which is unlocked once, here."""

    def __init__(self, path: Path, password: str, policy: Policy, clock: Callable[[], float] = time.time) -> None:
        """Unlock the keystore. Raises KeystoreUnusable."""
        self._account = unlock(path, password)
        self.address: str = self._account.address.lower()
        self._policy = policy
        self._clock = clock
        self._lock = threading.Lock()
        self._day = 0
        self._gas_today = 0

    def sign(self, tx: Mapping[str, Any]) -> SignedTx:
        """Sign after asking the policy; the gas limit counts against the day."""
        with self._lock:
            day = int(self._clock()) // SECONDS_PER_DAY
            if day != self._day:
                self._day, self._gas_today = day, 0
            self._policy.check(tx, self._gas_today)
            self._gas_today += tx["gas"]
        signed = self._account.sign_transaction({**tx, "to": to_checksum_address(tx["to"])})
        return SignedTx(bytes(signed.raw_transaction), "0x" + bytes(signed.hash).hex())


class TypedSigner:
    """Signs typed data (EIP-712) in a key's name, and nothing that could be a transaction."""

    def __init__(self, account: LocalAccount) -> None:
        self._account = account
        self.address: str = account.address.lower()

    def sign(self, separator: bytes, struct_hash: bytes) -> str:
        """The signature over a message of a domain, both by their hashes: 65 bytes as 0x hex."""
        digest = keccak_bytes(b"\x19\x01" + separator + struct_hash)
        return "0x" + bytes(self._account.unsafe_sign_hash(Hash32(digest)).signature).hex()


def read_password(path: Path) -> str:
    """A password from a file, without the line's end. Raises Refused when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused("FileUnreadable", path=str(path), cause=type(error).__name__) from None


def unlock(path: Path, password: str) -> LocalAccount:
    """The account of a keystore file. Raises KeystoreUnusable with what to do next; the key stays in memory alone."""
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise KeystoreUnusable(f"There is no keystore at {path}; make one or correct MUNIMENT_KEYSTORE.") from None
    except (OSError, ValueError):
        raise KeystoreUnusable(f"The keystore at {path} cannot be read as JSON; restore it.") from None
    try:
        account: LocalAccount = Account.from_key(Account.decrypt(written, password))
    except (ValueError, KeyError, TypeError, NotImplementedError):
        raise KeystoreUnusable(f"The password does not open the keystore at {path}.") from None
    return account


def keystore_of(settings: Settings) -> tuple[Path, str]:
    """The agency's keystore and its password. Raises Refused where one is not set or cannot be read."""
    if settings.keystore is None or settings.password_file is None:
        raise Refused("KeystoreMissing")
    return settings.keystore, read_password(settings.password_file)


def account_of(settings: Settings) -> LocalAccount:
    """The account of the agency's keystore. Raises Refused without one, KeystoreUnusable when it does not open."""
    return unlock(*keystore_of(settings))


def address_of(settings: Settings) -> str | None:
    """Whose the agency's keystore says that it is, lower-case 0x hex: no password is asked for, and nothing is proven.

    None without keystore or password, and where the file does not say.
    """
    if settings.keystore is None or settings.password_file is None:
        return None
    try:
        said = "0x" + str(json.loads(settings.keystore.read_text(encoding="utf-8"))["address"]).lower()[-40:]
    except (OSError, ValueError, KeyError, TypeError):
        return None  # whoever needs the key is told why it does not open
    return said if re.fullmatch("0x[0-9a-f]{40}", said) else None


def create_keystore(path: Path, password: str) -> str:
    """Make a new key, encrypted with the password, in a file that only its owner reads; return its address.

    Raises FileExistsError rather than overwrite a key.
    """
    account = Account.create()
    encrypted = json.dumps(account.encrypt(password))
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(encrypted)
        file.flush()
        os.fsync(file.fileno())
    return str(account.address.lower())
