"""What the first sale of the land story took, counted on the chain: signatures, transactions, gas, time."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from demo.node import StageError
from demo.stage import Stage
from demo.stories.land_sale import Deal
from muniment.chain.abi import Abi, decode_call
from muniment.chain.events import Event

CONVEYANCE = "Conveyance"


def figures(stage: Stage, deal: Deal, blocks: tuple[int, int], events: Sequence[Event]) -> dict[str, Any]:
    """Signatures from the calls, gas from the receipts, time from the blocks."""
    allowed = [log["transactionHash"] for log in deal.krona.approvals(*blocks)]
    hashes = sorted({event.tx_hash for event in events} | set(allowed))
    rpc, abi = stage.node.rpc, stage.deployment.contracts[CONVEYANCE].abi
    calls = rpc.batch([("eth_getTransactionByHash", [tx]) for tx in hashes])
    receipts = rpc.batch([("eth_getTransactionReceipt", [tx]) for tx in hashes])
    payers = {deal.buyer.address, *(bank.address for bank in [deal.buyers_bank] if bank)}
    listed, registered = (named(events, name, deal.sale)[0] for name in ("SaleListed", "SaleRegistered"))
    return {
        "signatures": sum(counted(abi, call["input"]) for call in calls),
        "transactions": len(hashes),
        "payers_transactions": sum(call["from"].lower() in payers for call in calls),
        "gas": sum(int(receipt["gasUsed"], 16) for receipt in receipts),
        "seconds_on_chain": _time(stage, registered) - _time(stage, listed),
    }


def counted(abi: Abi, calldata: str) -> int:
    """How many signatures of parties a call brings to the contract with this ABI; of several calls in one, all."""
    called = decode_call(abi, calldata)
    if called is None:
        return 0
    function, arguments = called
    if function == "multicall":
        return sum(counted(abi, inner) for inner in arguments["data"])
    return sum(1 for consent in _consents_in(arguments) if consent["signature"] != "0x")


def _consents_in(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every consent within a call's arguments, wherever it stands."""
    if isinstance(value, Mapping):
        if "signature" in value:
            yield value
        for inner in value.values():
            yield from _consents_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _consents_in(inner)


def asked(events: Sequence[Event]) -> int:
    """How many signatures the contract asks for, by its own account in `IConveyance`: from the papers in the events."""
    papers = {event.name: event.arguments for event in events if event.contract == CONVEYANCE}
    listing, offer = papers["SaleListed"]["listing"], papers["OfferAccepted"]["offer"]
    finance = papers["SaleFinanced"]["finance"]
    sellers, buyers = len(listing["sellers"]), len(offer["shares"])
    agent, sellers_bank, buyers_bank = (
        int(int(party, 16) > 0) for party in (listing["agent"], listing["sellersBank"], offer["buyersBank"])
    )
    borrowers = buyers if finance["mortgage"]["kind"] else 0
    return (
        (sellers + agent)  # list
        + (sellers + buyers)  # acceptOffer
        + (sellers + buyers + agent + sellers_bank)  # signContract
        + (buyers_bank + borrowers)  # finance
        + (sellers + buyers)  # signBillOfSale
        + sum(event.name == "LienPaidOff" for event in events)  # in the settlement
    )


def named(events: Sequence[Event], name: str, subject: str) -> list[Event]:
    """The events of this name about a title or a sale."""
    return [event for event in events if event.name == name and event.subject == subject]


def _time(stage: Stage, event: Event) -> int:
    block = stage.node.rpc.block(event.block_number)
    if block is None:
        raise StageError(f"The chain has no block {event.block_number}, whose log it gave.")
    return block.time
