"""How a ballot box came to be: by a transaction of its own, whose calldata is the compiled code and its arguments.

A constructor of other code can write into the storage what it likes (sums, who has voted, who is barred), fill the
immutables as it likes, and return the compiled runtime all the same: what stands at an address tells nothing of that.
"""

from eth_abi.exceptions import DecodingError
from eth_utils import keccak
from web3.exceptions import Web3Exception

from scripts.common import code, verification
from scripts.common.registries import Registries
from scripts.common.settings import Refused

OPENED = (
    b"BoxOpened(bytes32,bytes32,(address,bytes32,uint40,uint40,uint32,bytes32,uint64[]),"
    b"(uint32,uint32,uint32,uint32,bytes32)[])"
)


# As the contract's ABI has them: the units of a roll, each (unit, lines, issued, eligible, root).
Units = list[tuple[int, int, int, int, bytes]]


def created_with(registries: Registries, box: str) -> Units:
    """The units that a box was created with.

    Raises Refused unless its first transaction created it, by the compiled code and what it says it was given. That is
    the one that left its BoxOpened: the compiled code does so in its constructor alone.
    """
    session = registries.session
    entry = {"address": box, "start_block": registries.record["contracts"]["TrusteeCeremony"]["start_block"]}
    logs = list(verification.logs(session, entry, [keccak(OPENED)]))
    if len(logs) != 1:
        raise Refused(f"The box {box} told {len(logs)} times with what it was created, not once. Nothing was sent.")
    sent = session.web3.eth.get_transaction(logs[0]["transactionHash"])
    receipt = session.web3.eth.get_transaction_receipt(logs[0]["transactionHash"])
    if sent.get("to") is not None or str(receipt["contractAddress"]).lower() != box.lower():
        raise Refused(
            f"The box {box} was created through another contract, so nobody can tell what it holds. Create one by a "
            "transaction of its own. Nothing was sent."
        )
    try:
        told = session.contract("BallotBox", box).events.BoxOpened().process_log(logs[0])["args"]
    except (DecodingError, Web3Exception, ValueError):  # a constructor of other code can say anything
        raise Refused(f"What the box {box} tells of its creation cannot be read. Nothing was sent.") from None
    opening, units = tuple(told["opening"].values()), [tuple(unit.values()) for unit in told["units"]]
    if not code.same_creation(session, "BallotBox", [opening, units], bytes(sent["input"])):
        raise Refused(
            f"The box {box} was created by other code than these sources', so nobody can tell what it holds. "
            "Nothing was sent."
        )
    return units
