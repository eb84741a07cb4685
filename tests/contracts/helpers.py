"""What contract tests share: constants, the one matcher for custom errors, and typed data."""

from contextlib import contextmanager

import brownie
from brownie import web3
from eth_account import Account
from eth_account.messages import encode_typed_data

ZERO_ID = "0x" + "00" * 32
ALL_SCOPES = 2**64 - 1
HOUR = 3600
DAY = 24 * HOUR

UNKNOWN, ACTIVE, SUSPENDED, CLOSED = range(4)
KEY_UNKNOWN, NOT_YET, CURRENT, RETIRED, COMPROMISED = range(5)
NO_GRADE, PROVISIONAL, QUALIFIED, ABSOLUTE = range(4)
NO_STATUS, MIRROR, AUTHORITATIVE = range(3)

NEVER = 2**256 - 1

FIELDS = {
    "BindWallet": (("party", "bytes32"), ("wallet", "address"), ("nonce", "uint256"), ("deadline", "uint256")),
    "RotateWallet": (
        ("party", "bytes32"),
        ("from", "address"),
        ("to", "address"),
        ("nonce", "uint256"),
        ("deadline", "uint256"),
    ),
    "CancelNonce": (("party", "bytes32"), ("nonce", "uint256"), ("deadline", "uint256")),
    "Approval": (
        ("issuer", "bytes32"),
        ("root", "bytes32"),
        ("schema", "bytes32"),
        ("count", "uint40"),
        ("expiresAt", "uint40"),
        ("policy", "bytes32"),
        ("nonce", "uint256"),
        ("deadline", "uint256"),
    ),
}
SIGNED_FOR = dict.fromkeys(FIELDS, "Muniment PartyRegistry") | {"Approval": "Muniment DocumentRegistry"}


def _told(value):
    """A value as Brownie writes it into the message of a custom error."""
    text = str(value).lower()
    if text.startswith("0x") and len(text) != len("0x") + 40:
        return str(bytes.fromhex(text[2:]))
    return text


@contextmanager
def reverts(error, *arguments):
    """The block must revert with exactly this custom error and these arguments, in order.

    Args:
        error: the error's name.
        arguments: accounts, contracts, hex text, ints; an Ellipsis alone leaves the arguments open.
    """
    pattern = None
    message = f"{error}: {', '.join(_told(argument) for argument in arguments)}"
    if any(argument is ... for argument in arguments):
        message, pattern = None, f"(?s){error}: .*"
    with brownie.reverts(revert_msg=message, revert_pattern=pattern):
        yield


def plain(value):
    """A struct as nested tuples of plain values: Brownie's own tuples refuse to be compared with them."""
    return tuple(plain(part) for part in value) if isinstance(value, tuple) else value


def node(method, *parameters):
    """Ask the node itself. Brownie's own snapshots and sleeps inspect the whole call stack each time: 60 ms."""
    answer = web3.provider.make_request(method, list(parameters))
    assert "error" not in answer, answer
    return answer["result"]


def now():
    """The time of the latest block, in Unix seconds."""
    return web3.eth.get_block("latest")["timestamp"]


def wait(seconds):
    """Let time pass on the chain, and a block with it."""
    node("evm_increaseTime", seconds)
    node("evm_mine")


def next_block_at(time):
    """Give the next block, and with it the next transaction, exactly this time, however slow the machine."""
    node("evm_setNextBlockTimestamp", time)


def jurisdiction(code):
    """An ISO 3166 code as the contracts take it: ASCII, left-aligned in 8 bytes."""
    return "0x" + code.encode("ascii").ljust(8, b"\0").hex()


def keccak(text):
    """keccak256 of UTF-8 text, as hex text."""
    return "0x" + bytes(web3.keccak(text=text)).hex()


def typed(contract, kind, message, chain_id=None):
    """An EIP-712 message of a registry, ready to sign.

    Args:
        contract: the registry, or any address that shall stand as verifyingContract.
        kind: a key of FIELDS.
        message: the fields by name.
        chain_id: another chain's, or None for the present one.
    """
    address = getattr(contract, "address", contract)
    domain = {
        "name": SIGNED_FOR[kind],
        "version": "1",
        "chainId": web3.eth.chain_id if chain_id is None else chain_id,
        "verifyingContract": address,
    }
    types = {kind: [{"name": name, "type": kind_} for name, kind_ in FIELDS[kind]]}
    return encode_typed_data(domain_data=domain, message_types=types, message_data=message)


def sign(wallet, contract, kind, message, chain_id=None):
    """The wallet's 65-byte signature over typed data, as bytes."""
    return bytes(Account.sign_message(typed(contract, kind, message, chain_id), wallet.key).signature)
