"""Sign, send and wait: fees under a ceiling, bounded waiting, and a sentence for what goes wrong."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from eth_abi import decode
from eth_utils import keccak
from web3.exceptions import TransactionNotFound, Web3Exception

from scripts.common.keys import Signer
from scripts.common.session import Session
from scripts.common.settings import Refused

MOST_GAS = 16_777_216  # EIP-7825
GWEI = 10**9
LAG, LOCAL_LAG = 15.0, 2.0  # seconds in which the receipt of a counted transaction shows; the first is a block of 12 s
ON_ITS_WAY = ("already known", "already imported", "nonce too low", "known transaction")


@dataclass(frozen=True)
class Fees:
    """EIP-1559 fees in wei per gas: `base` is what the next block asks for, `most` what is offered, tip included."""

    base: int
    tip: int
    most: int


@dataclass(frozen=True)
class Signed:
    """A signed transaction, and its hash, known before it is sent."""

    hash: str
    raw: str


def fees(session: Session) -> Fees:
    """Offer twice the present base fee, but never above the ceiling. Raises Refused when the ceiling is too low."""
    base = session.web3.eth.get_block("pending").get("baseFeePerGas")
    if base is None:
        raise Refused(f"{session.network.host} has no base fee (EIP-1559); such networks are not served.")
    tip = min(session.web3.eth.max_priority_fee, session.ceiling)
    if base + tip > session.ceiling:
        raise Refused(
            f"The network asks for {(base + tip) / GWEI:.3f} gwei per gas, above the ceiling of "
            f"{session.ceiling / GWEI:.3f}; wait, or raise --max-fee-gwei."
        )
    return Fees(base, tip, min(2 * base + tip, session.ceiling))


def refusal(session: Session, error: Exception) -> Refused:
    """A node's error as a sentence, with the contract's custom error decoded from the compiled ABIs."""
    name, values = custom_error(session, error)
    if name:
        said = ", ".join(f"{word} {_plain(value)}" for word, value in values.items())
        return Refused(f"The contract refuses: {name}({said}).")
    told = error.args[0] if error.args else str(error)
    return Refused(f"The node refuses: {told.get('message', str(told)) if isinstance(told, dict) else told}.")


def custom_error(session: Session, error: Exception) -> tuple[str, dict[str, Any]]:
    """The name of the custom error that a contract reverted with, and its values by name; empty when it has none."""
    told = error.args[0] if error.args else str(error)
    data = getattr(error, "data", None) or (told.get("data") if isinstance(told, dict) else None)
    for container in session.project if isinstance(data, str) else ():
        for entry in container.abi:
            kinds = [part["type"] for part in entry.get("inputs", ())]
            if entry["type"] == "error" and data[:10] == "0x" + keccak(_signature(entry["name"], kinds))[:4].hex():
                names = [part["name"] for part in entry["inputs"]]
                return entry["name"], dict(zip(names, decode(kinds, bytes.fromhex(data[10:])), strict=True))
    return "", {}


def _signature(name: str, kinds: Iterable[str]) -> bytes:
    return f"{name}({','.join(kinds)})".encode("ascii")


def _plain(value: Any) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)


def simulate(session: Session, sender: str, data: str, to: str | None = None) -> int:
    """Run the transaction on the node without sending it. Gives the gas it takes; raises Refused with the reason."""
    try:
        return int(session.web3.eth.estimate_gas(_fields(session, data, to) | {"from": _checksum(session, sender)}))
    except (ValueError, Web3Exception) as error:
        raise refusal(session, error) from error


def _checksum(session: Session, address: str) -> str:
    return str(session.web3.to_checksum_address(address))


def _fields(session: Session, data: str, to: str | None) -> dict[str, Any]:
    return {"data": data} | ({"to": _checksum(session, to)} if to else {})


def sign(
    session: Session, signer: Signer, nonce: int, data: str, to: str | None = None, least: Fees | None = None
) -> tuple[Signed, Fees]:
    """Sign a call, or a creation when there is no `to`. `least` are fees that a replacement has to reach.

    Gives the signed transaction and the fees that it offers; raises Refused.
    """
    offer = fees(session)
    needed = simulate(session, signer.address, data, to)
    gas = min(needed + needed // 8, MOST_GAS)
    if needed > MOST_GAS:
        raise Refused(f"The transaction takes {needed:,} gas; a block takes at most {MOST_GAS:,} from one (EIP-7825).")
    if least:
        offer = Fees(offer.base, max(offer.tip, least.tip), max(offer.most, least.most))
    if offer.most > session.ceiling:
        raise Refused(f"A replacement has to offer {offer.most / GWEI:.3f} gwei; raise --max-fee-gwei, or wait.")
    balance = session.web3.eth.get_balance(_checksum(session, signer.address))
    if balance < gas * offer.most:
        cost = gas * offer.most
        raise Refused(
            f"{signer.address} holds {balance / 10**18:.6f} ETH; the transaction may cost {cost / 10**18:.6f}."
        )
    raw = signer.sign(
        _fields(session, data, to)
        | {"chainId": session.network.chain_id, "nonce": nonce, "gas": gas, "value": 0, "type": 2}
        | {"maxFeePerGas": offer.most, "maxPriorityFeePerGas": offer.tip}
    )
    return Signed("0x" + keccak(raw).hex(), "0x" + raw.hex()), offer


def broadcast(session: Session, signed: Signed) -> None:
    """Give a signed transaction to the node; one that it has already is no error. Raises Refused."""
    try:
        session.web3.eth.send_raw_transaction(signed.raw)
    except (ValueError, Web3Exception) as error:
        if not any(words in str(error).lower() for words in ON_ITS_WAY):
            raise refusal(session, error) from error


def receipt_of(session: Session, hashes: Iterable[str]) -> Any | None:
    """The receipt of whichever of these transactions was mined; None when none was."""
    for transaction in hashes:
        try:
            return session.web3.eth.get_transaction_receipt(transaction)
        except TransactionNotFound:
            continue
    return None


def late_receipt(session: Session, hashes: Iterable[str]) -> Any | None:
    """The receipt of whichever of these transactions used the nonce that is used by now; None when it was another.

    Asks for a while: a node counts a transaction a moment before it shows the receipt, and nodes behind one URL differ
    by a block.
    """
    hashes = list(hashes)
    until = time.monotonic() + (LOCAL_LAG if session.network.local else LAG)
    while True:
        receipt = receipt_of(session, hashes)
        if receipt is not None or time.monotonic() > until:
            return receipt
        time.sleep(0.1 if session.network.local else 0.5)


def used(session: Session, address: str) -> int:
    """How many transactions of an address are mined, which is the next nonce."""
    return int(session.web3.eth.get_transaction_count(_checksum(session, address), "latest"))


def settle(session: Session, address: str, least: int = 0) -> int:
    """Wait until nothing of an address is on its way and `least` of its transactions are mined. Gives its next nonce.

    What it sent before may change what there is to do, and nodes behind one URL may lag. Raises Refused after --timeout
    seconds.
    """
    until = time.monotonic() + session.args.timeout
    while True:
        mined = used(session, address)
        if mined >= least and session.web3.eth.get_transaction_count(_checksum(session, address), "pending") <= mined:
            return mined
        if time.monotonic() > until:
            raise Refused(f"{address} has a transaction on its way that is in no block; wait for it, then run again.")
        time.sleep(0.1 if session.network.local else 0.5)


def wait(session: Session, sender: str, nonce: int, hashes: list[str]) -> Any:
    """Wait for one of several transactions of one nonce to be mined, at most --timeout seconds. Raises Refused."""
    began = told = time.monotonic()
    while True:
        receipt = receipt_of(session, hashes)
        if receipt is None and used(session, sender) > nonce:
            receipt = late_receipt(session, hashes)
            if receipt is None:
                raise Refused(f"Nonce {nonce} of {sender} was used by another transaction than {hashes[-1]}.")
        if receipt is not None:
            return receipt
        now = time.monotonic()
        if now - began > session.args.timeout:
            raise Refused(
                f"Transaction {hashes[-1]} is in no block after {session.args.timeout} s; it may still come. "
                "Run the same command again to go on waiting."
            )
        if now - told > 10:
            told = now
            session.say(f"  still waiting for a block, {now - began:.0f} s …")
        time.sleep(0.1 if session.network.local else 0.5)
