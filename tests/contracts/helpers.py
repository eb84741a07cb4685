"""What contract tests share: constants, the one matcher for custom errors, and typed data."""

import threading
from contextlib import contextmanager

import brownie
from brownie import web3
from brownie.network.state import _contract_map
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

# EIP-712 types as the interfaces write them.
FIELDS = {
    "BindWallet": "bytes32 party,address wallet,uint256 nonce,uint256 deadline",
    "RotateWallet": "bytes32 party,address from,address to,uint256 nonce,uint256 deadline",
    "CancelNonce": "bytes32 party,uint256 nonce,uint256 deadline",
    "RecoverWallet": "bytes32 party,address wallet,uint32 attempt,uint256 deadline",
    "VetoRecovery": "bytes32 party,address wallet,uint32 attempt,uint256 deadline",
    "GrantPower": (
        "bytes32 principal,bytes32 attorney,string act,bytes32 subject,uint256 priceFloor,bytes32 currency,"
        "uint40 until,uint256 nonce,uint256 deadline"
    ),
    "RevokePower": "bytes32 party,bytes32 power,uint256 deadline",
    "ReserveName": "bytes32 party,bytes32 agency,string name,uint256 nonce,uint256 deadline",
    "WithdrawApplication": "bytes32 party,bytes32 company,uint256 nonce,uint256 deadline",
    "SignArticles": (
        "bytes32 party,bytes32 company,bytes32[] founders,CompanyFile file,uint256 nonce,uint256 deadline"
    ),
    "AcceptContact": "bytes32 party,bytes32 company,CompanyFile file,uint256 nonce,uint256 deadline",
    "PayFee": "bytes32 party,bytes32 company,address token,uint256 amount,uint256 nonce,uint256 deadline",
    "ChangeCompany": "bytes32 party,bytes32 company,uint32 version,CompanyFile file,uint256 nonce,uint256 deadline",
    "AcceptPost": "bytes32 party,bytes32 company,uint32 version,CompanyFile file,uint256 nonce,uint256 deadline",
    "DissolveCompany": "bytes32 party,bytes32 company,uint32 version,uint256 nonce,uint256 deadline",
    "SubdivideTitle": (
        "bytes32 title,uint32 version,Part[] parts,bytes32 sourceHash,uint32 legalDate,bytes32 party,uint256 nonce,"
        "uint256 deadline"
    ),
    "MergeTitles": (
        "bytes32[] titles,uint32[] versions,Part whole,bytes32 sourceHash,uint32 legalDate,bytes32 party,"
        "uint256 nonce,uint256 deadline"
    ),
    "WithdrawCaveat": "bytes32 caveat,bytes32 party,uint256 nonce,uint256 deadline",
    "ChargeTitle": (
        "bytes32 title,uint32 version,Lien lien,uint8 rank,uint32 legalDate,bytes32 party,uint256 nonce,"
        "uint256 deadline"
    ),
    "DischargeLien": "bytes32 lien,bytes32[] titles,bytes32 party,uint256 nonce,uint256 deadline",
    "PostponeLien": (
        "bytes32 title,bytes32 lien,bytes32 behind,uint8 rank,bytes32 party,uint256 nonce,uint256 deadline"
    ),
    "AssignLien": "bytes32 lien,bytes32 to,bytes32 party,uint256 nonce,uint256 deadline",
    "GrantInterest": (
        "bytes32 title,uint32 version,Interest interest,uint32 legalDate,bytes32 party,uint256 nonce,uint256 deadline"
    ),
    "EndInterest": "bytes32 interest,bytes32[] titles,bytes32 party,uint256 nonce,uint256 deadline",
    "ListTitle": "Listing listing,bytes32 party,uint256 nonce,uint256 deadline",
    "AcceptOffer": "bytes32 sale,Offer offer,bytes32 party,uint256 nonce,uint256 deadline",
    "SignContract": "bytes32 sale,Offer offer,SaleContract terms,bytes32 party,uint256 nonce,uint256 deadline",
    "FinanceSale": "bytes32 sale,Finance finance,bytes32 party,uint256 nonce,uint256 deadline",
    "SignBillOfSale": (
        "bytes32 sale,bytes32 title,uint128 price,bytes32 currency,BillOfSale bill,bytes32 party,uint256 nonce,"
        "uint256 deadline"
    ),
    "PayOffLien": (
        "bytes32 sale,bytes32 lien,uint128 amount,bytes32 currency,address payout,bytes32 party,uint256 nonce,"
        "uint256 deadline"
    ),
    "CancelSale": "bytes32 sale,bytes32 documentHash,bytes32 party,uint256 nonce,uint256 deadline",
    "Approval": (
        "bytes32 issuer,bytes32 root,bytes32 schema,uint40 count,uint40 expiresAt,bytes32 policy,uint256 nonce,"
        "uint256 deadline"
    ),
}
STRUCTS = {
    "CompanyFile": "uint8 threshold,bytes32[] board,bytes32 contact,bytes32 articles,bytes32 addressHash",
    "Part": "string ref,bytes32 geometryHash,uint64 area",
    "Lien": "uint8 kind,bytes32 creditor,uint256 amount,bytes32 currency,bytes32 deedHash",
    "Interest": "uint8 kind,bytes32 beneficiary,bytes32 dominant,uint40 until,bytes32 deedHash",
    "Listing": (
        "bytes32 title,uint32 version,bytes32[] sellers,bytes32 sellersBank,bytes32 agent,bytes32 currency,"
        "uint128 price,bytes32 documentHash,uint40 until"
    ),
    "Offer": (
        "uint64 denominator,Share[] shares,bytes32 buyersBank,bytes32 currency,uint128 price,address[] payers,"
        "bytes32 documentHash,uint40 until"
    ),
    "Share": "bytes32 holder,uint64 numerator",
    "SaleContract": (
        "LienFate[] liens,address[] payouts,uint128 agentFee,address agentPayout,uint128 duty,bytes32 feeds,"
        "uint128 feedAmount,uint128 fed,bytes32 documentHash,uint40 lodgeBy,uint40 financeBy,uint40 completeBy"
    ),
    "LienFate": "bytes32 lien,uint128 payoff",
    "Finance": "Lien mortgage,uint8 rank,uint128 reserved,bytes32 documentHash",
    "BillOfSale": "bytes32 documentHash,uint32 legalDate",
}


def _told(value):
    """A value as Brownie writes it into the message of a custom error."""
    if isinstance(value, bytes):
        return str(bytes(value))  # Brownie's own kind of bytes tells itself as hex text
    text = str(value).lower()
    if text.startswith("0x") and len(text) != len("0x") + 40:
        return str(bytes.fromhex(text[2:]))
    return text


@contextmanager
def reverts(error, *arguments):
    """The block must revert with exactly this custom error and these arguments, in order.

    Args:
        error: the error's name.
        arguments: accounts, contracts, hex text, bytes, ints; an Ellipsis alone leaves the arguments open.
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


@contextmanager
def undone():
    """Roll the chain back afterwards, and let Brownie forget the contracts that are gone."""
    snapshot, standing = node("evm_snapshot"), set(_contract_map)
    yield
    settle()
    node("evm_revert", snapshot)
    for address in set(_contract_map) - standing:
        del _contract_map[address]


def followers():
    """Brownie's threads that follow a transaction until it is mined."""
    return [thread for thread in threading.enumerate() if thread.name.endswith("(_await_confirmation)")]


def settle():
    """Wait until nobody follows a transaction any more.

    A thread that outlives its test follows into the next, where the same account's transaction of the same nonce often
    has the same hash, too: it would see that one mined, and mark the receipt that the next test waits for as dropped.
    """
    for thread in followers():
        thread.join(60)
        assert not thread.is_alive(), "a transaction was left behind that is in no block"


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


def _with_structs(name, fields):
    """A type's fields by its name, and those of all the structs in it, however deep."""
    named = {name: fields}
    for field in fields.split(","):
        struct = field.split(" ")[0].removesuffix("[]")
        if struct in STRUCTS:
            named |= _with_structs(struct, STRUCTS[struct])
    return named


def typed(contract, kind, message, chain_id=None):
    """An EIP-712 message of a registry, ready to sign.

    Args:
        contract: the registry; or (its name, any address that shall stand as verifyingContract).
        kind: a key of FIELDS.
        message: the fields by name.
        chain_id: another chain's, or None for the present one.
    """
    name, address = contract if isinstance(contract, tuple) else (contract._name, contract.address)
    domain = {
        "name": f"Muniment {name}",
        "version": "1",
        "chainId": web3.eth.chain_id if chain_id is None else chain_id,
        "verifyingContract": address,
    }
    named = _with_structs(kind, FIELDS[kind])
    types = {
        struct: [dict(zip(("type", "name"), field.split(" "), strict=True)) for field in fields.split(",")]
        for struct, fields in named.items()
    }
    return encode_typed_data(domain_data=domain, message_types=types, message_data=message)


def sign(wallet, contract, kind, message, chain_id=None):
    """The wallet's 65-byte signature over typed data, as bytes."""
    return bytes(Account.sign_message(typed(contract, kind, message, chain_id), wallet.key).signature)
