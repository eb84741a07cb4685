"""Who signs: an encrypted keystore, or on a local node one of its own unlocked accounts.

Private keys are never settings, and are never shown.
"""

import argparse
import json
import sys
from getpass import getpass
from pathlib import Path
from typing import Any, Protocol

from scripts.common import settings
from scripts.common.session import Session
from scripts.common.settings import Misused, Refused, address


class Signer(Protocol):
    """Somebody who can sign transactions, and messages of typed data (EIP-712)."""

    address: str

    def sign(self, transaction: dict[str, Any]) -> bytes:
        """The signed transaction's bytes (EIP-2718)."""
        ...

    def sign_typed_data(self, data: dict[str, Any]) -> bytes:
        """The signature over typed data as a wallet would be given it: r, s, v."""
        ...


class NodeAccount:
    """An account that the local node holds unlocked."""

    def __init__(self, session: Session, address: str) -> None:
        self.address = address
        self._web3 = session.web3

    def sign(self, transaction: dict[str, Any]) -> bytes:
        """Let the node sign without sending, so that the hash is on disk before anybody else sees it."""
        fields = {name: hex(value) if isinstance(value, int) else value for name, value in transaction.items()}
        answer = self._web3.provider.make_request("eth_signTransaction", [{"from": self.address, **fields}])
        if "result" not in answer:
            raise Refused(f"The local node does not sign for {self.address}: {answer['error']['message']}.")
        signed = answer["result"]  # anvil gives the bytes alone, geth {raw, tx}
        return bytes.fromhex((signed["raw"] if isinstance(signed, dict) else signed)[2:])

    def sign_typed_data(self, data: dict[str, Any]) -> bytes:
        """Let the node sign."""
        answer = self._web3.provider.make_request("eth_signTypedData_v4", [self.address, data])
        if "result" not in answer:
            raise Refused(f"The local node does not sign for {self.address}: {answer['error']['message']}.")
        return bytes.fromhex(answer["result"][2:])


class KeystoreAccount:
    """A key decrypted from a keystore file (Web3 Secret Storage), in memory only."""

    def __init__(self, account: Any) -> None:
        self.address = str(account.address).lower()
        self._account = account

    def sign(self, transaction: dict[str, Any]) -> bytes:
        """Sign with the decrypted key."""
        return bytes(self._account._acct.sign_transaction(transaction).raw_transaction)

    def sign_typed_data(self, data: dict[str, Any]) -> bytes:
        """Sign with the decrypted key."""
        return bytes(self._account._acct.sign_typed_data(full_message=data).signature)


def keystore_path(session: Session, role: str) -> Path | None:
    """A role's keystore (deployer, root, admin, officer), or None, as always on the local network. Raises Misused."""
    name = f"MUNIMENT_{role.upper()}_KEYSTORE"
    if session.network.local or name not in session.env:
        return None
    path = Path(session.env[name]).expanduser()
    if not path.is_file():
        # The value is not repeated: somebody may have pasted a private key.
        raise Misused(f"{name} names no file; give the path of an encrypted keystore.")
    return path


def keystore_address(session: Session, role: str) -> str | None:
    """The address that a role's keystore is for, without opening it; None when there is none or it does not say."""
    path = keystore_path(session, role)
    if path is None:
        return None
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        sound = isinstance(written.get("crypto") or written.get("Crypto"), dict)
    except (OSError, ValueError, AttributeError):
        sound = False
    if not sound:
        raise Misused(f"{path} is no keystore; make one with `cast wallet new` or `brownie accounts generate`.")
    bare = str(written.get("address", "")).removeprefix("0x")
    return address("0x" + bare.lower(), path.name) if bare else None


def open_keystore(session: Session, role: str) -> KeystoreAccount | None:
    """Decrypt a role's keystore; None when the role has none.

    The password comes from MUNIMENT_<ROLE>_PASSWORD_FILE or is asked for. Raises Refused when it does not fit.
    """
    from brownie import accounts  # imported late, see session.py

    path = keystore_path(session, role)
    if path is None or role in session.opened:
        return session.opened.get(role)
    keystore_address(session, role)
    try:
        session.opened[role] = KeystoreAccount(accounts.load(str(path), _password(session, role, path)))
    except ValueError:
        raise Refused(f"The password does not open {path}.") from None
    return session.opened[role]


def _password(session: Session, role: str, path: Path) -> str:
    name = f"MUNIMENT_{role.upper()}_PASSWORD_FILE"
    if name not in session.env:
        if not sys.stdin.isatty():
            raise Misused(f"There is nobody to ask for the password of {path}; set {name} in .env.")
        return getpass(f"Password of {path.name}: ")
    file = Path(session.env[name]).expanduser()
    try:
        if file.stat().st_mode & 0o077:
            session.say(f"Warning: others on this machine may read {file}; chmod 600 it.")
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError:
        raise Misused(f"{name} names no file that can be read.") from None


def named(session: Session, role: str, given: str | None, place: int) -> str | None:
    """The address that fills a role: the option's, else MUNIMENT_<ROLE>'s, on the local network a node's account.

    Settings of a public network say nothing about the local one, so that one .env serves both.
    """
    if given:
        return given
    if session.network.local:
        return next(iter(node_accounts(session)[place:]), None)
    written = session.env.get(f"MUNIMENT_{role.upper()}")
    return settings.address(written, f"MUNIMENT_{role.upper()}") if written else None


def officer_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the officer who acts."""
    parser.add_argument("--officer", metavar="ADDRESS", help="who acts, where no keystore says so")


def officer(session: Session) -> str:
    """The officer who acts: the keystore's, or whom --officer names; on a local node its fourth account.

    Raises Misused when there is none, or the two differ.
    """
    given = session.args.officer and settings.address(session.args.officer, "an officer's key")
    stated = keystore_address(session, "officer")
    if stated is None:  # there is no keystore, or it does not say whose it is before it is opened
        account = open_keystore(session, "officer")
        stated = account.address if account else None
    if stated and given not in (None, stated):
        raise Misused(f"MUNIMENT_OFFICER_KEYSTORE is for {stated}, not {given}.")
    found = stated or named(session, "officer", given, place=3)
    if found is None:
        raise Misused("No officer acts; set MUNIMENT_OFFICER_KEYSTORE in .env, or pass --officer to be given the call.")
    return found


def node_accounts(session: Session) -> list[str]:
    """The local node's unlocked accounts; none on any other network."""
    return [str(account).lower() for account in session.web3.eth.accounts] if session.network.local else []


def signer(session: Session, role: str, wanted: str) -> Signer | None:
    """Whoever can sign for the address: the role's keystore, or the local node.

    None when nobody here can, as for a Safe. Raises Refused when the role's keystore is for somebody else.
    """
    stated = keystore_address(session, role)
    account = None if stated and stated != wanted else open_keystore(session, role)
    if account and account.address == wanted:
        return account
    if stated or account:
        stands_for = stated or (account.address if account else "")
        raise Refused(f"MUNIMENT_{role.upper()}_KEYSTORE is for {stands_for}, but {wanted} has to sign.")
    return NodeAccount(session, wanted) if wanted in node_accounts(session) else None
