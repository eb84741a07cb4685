"""What the chain alone tells of the land story: the first sale, the chain of two, the frozen one, the division."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from demo.krona import Krona
from demo.node import StageError
from demo.stage import Stage
from demo.stories.land_chain import Chain
from demo.stories.land_court import FrozenSale
from demo.stories.land_sale import Deal
from demo.university import view
from muniment.chain.abi import decode_call
from muniment.chain.events import Event
from muniment.land.sales.model import SaleStatus

CONVEYANCE, ESCROW, TITLES, LIENS = "Conveyance", "SaleEscrow", "TitleRegistry", "LienRegistry"
PARTS = 2


@dataclass(frozen=True)
class Told:
    """What was told, to be found again. `blocks` are the first and the last of the first sale; `gets` says what each
    payee gets of it, in öre.
    """

    sale: Deal
    blocks: tuple[int, int]
    lien: str
    gets: Mapping[str, int]
    chain: Chain
    frozen: FrozenSale


def recount(stage: Stage, told: Told) -> dict[str, Any]:
    """Read the story back from the chain: its logs, receipts, calls and views.

    Raises:
        StageError: the chain tells another story.
    """
    events = stage.events(told.blocks[0])
    of_sale = [event for event in events if event.block_number <= told.blocks[1]]
    parts = _named(events, "TitleSubdivided", told.sale.title)[0].arguments["parts"]
    sale, conveyed = _sale(stage, told, of_sale), _named(of_sale, "TitleConveyed", told.sale.title)
    settled = {deal.sale: _named(events, "SaleRegistered", deal.sale) for deal in (told.chain.upper, told.chain.lower)}
    refunded = _named(events, "Refunded", told.frozen.deal.sale)
    right = {
        "the buyer holds all of the house": _holders(conveyed) == [(told.sale.buyer.party, 1)],
        "each signature was asked for by a step": sale["signatures"] == _asked(of_sale),
        "each payee of the first sale got the share": _withdrawn(of_sale) == dict(told.gets),
        "the old mortgage was paid off": _paid_off(of_sale) == [(told.lien, told.gets[_bank(told)])],
        "both sales of the chain were registered in one transaction": len(
            {event.tx_hash for found in settled.values() for event in found}
        )
        == 1,
        "the second title of the chain is C's": _holds(stage, told.chain.lower.title, told.chain.lower.buyer.party),
        "the frozen title stayed B's": _holds(stage, told.frozen.deal.title, told.chain.upper.buyer.party),
        "the title is frozen": bool(int(_standing(stage, told.frozen.deal.title)["freeze"], 16)),
        "the frozen sale expired": _status(stage, told.frozen.deal) is SaleStatus.EXPIRED,
        "all that was paid into it came back": [event.arguments["amount"] for event in refunded] == [told.frozen.paid],
        "its buyer is as rich as before": _balance(told, told.frozen.buyer.address) == told.frozen.before,
        "the parts have the area of the whole": sum(_title(stage, part)["area"] for part in parts)
        == _area(stage, told),
        "the parts are the buyer's": all(_holds(stage, part, told.sale.buyer.party) for part in parts),
        "the new mortgage alone weighs on both": all(_liens(stage, part) == _entered(of_sale) for part in parts),
        "the divided title is no more": bool(_view(stage, TITLES, "retired", told.sale.title)),
        "the escrow has what payees have not fetched": _balance(told, _address(stage, ESCROW)) == _credits(stage, told),
    }
    wrong = [what for what, holds in right.items() if not holds]
    if wrong:
        raise StageError(f"The chain does not show that {'; nor that '.join(wrong)}.")
    return {
        "sale": sale,
        "chain_sales_settled": sum(len(found) for found in settled.values()),
        "frozen_sale_refunded": sum(event.arguments["amount"] for event in refunded) == told.frozen.paid > 0,
        "subdivided_into": len(parts),
        "sale_id": told.sale.sale,
        "chain_id": stage.deployment.chain_id,
        "conveyance": _address(stage, CONVEYANCE),
    }


# ── The first sale ──────────────────────────────────────────────────────────────────────────────────────────────────


def _sale(stage: Stage, told: Told, events: Sequence[Event]) -> dict[str, Any]:
    """Signatures from the calls, gas from the receipts, time from the blocks."""
    allowed = [log["transactionHash"] for log in told.sale.krona.approvals(*told.blocks)]
    hashes = sorted({event.tx_hash for event in events} | set(allowed))
    rpc = stage.node.rpc
    calls = rpc.batch([("eth_getTransactionByHash", [tx]) for tx in hashes])
    receipts = rpc.batch([("eth_getTransactionReceipt", [tx]) for tx in hashes])
    payers = {told.sale.buyer.address, *(bank.address for bank in [told.sale.buyers_bank] if bank)}
    listed, registered = (_named(events, name, told.sale.sale)[0] for name in ("SaleListed", "SaleRegistered"))
    return {
        "signatures": sum(_consents(stage, call["input"]) for call in calls),
        "transactions": len(hashes),
        "payers_transactions": sum(call["from"].lower() in payers for call in calls),
        "gas": sum(int(receipt["gasUsed"], 16) for receipt in receipts),
        "seconds_on_chain": _time(stage, registered) - _time(stage, listed),
    }


def _consents(stage: Stage, calldata: str) -> int:
    """How many signatures of parties a call brings to the conveyance contract; of several calls in one, all of them."""
    called = decode_call(stage.deployment.contracts[CONVEYANCE].abi, calldata)
    if called is None:
        return 0
    function, arguments = called
    if function == "multicall":
        return sum(_consents(stage, inner) for inner in arguments["data"])
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


def _asked(events: Sequence[Event]) -> int:
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


def _withdrawn(events: Sequence[Event]) -> dict[str, int]:
    return {event.subject: event.arguments["amount"] for event in events if event.name == "Withdrawn"}


def _paid_off(events: Sequence[Event]) -> list[tuple[str, int]]:
    found = [event.arguments for event in events if event.name == "LienPaidOff"]
    return [(one["lien"], one["amount"]) for one in found]


def _entered(events: Sequence[Event]) -> list[str]:
    return [event.arguments["lien"] for event in events if event.name == "LienEntered"]


def _holders(conveyed: Sequence[Event]) -> list[tuple[str, int]]:
    return [(share["holder"], share["numerator"]) for event in conveyed for share in event.arguments["shares"]]


def _bank(told: Told) -> str:
    assert told.sale.sellers_bank is not None  # noqa: S101 -- the first sale has one
    return told.sale.sellers_bank.address


# ── What stands now ─────────────────────────────────────────────────────────────────────────────────────────────────


def _named(events: Sequence[Event], name: str, subject: str) -> list[Event]:
    return [event for event in events if event.name == name and event.subject == subject]


def _time(stage: Stage, event: Event) -> int:
    block = stage.node.rpc.block(event.block_number)
    assert block is not None  # noqa: S101 -- its log was read
    return block.time


def _title(stage: Stage, title: str) -> Mapping[str, Any]:
    return dict(_view(stage, TITLES, "titleOf", title))


def _holds(stage: Stage, title: str, party: str) -> bool:
    found = _title(stage, title)
    return [(share["holder"], share["numerator"]) for share in found["shares"]] == [(party, found["denominator"])]


def _area(stage: Stage, told: Told) -> int:
    return int(_title(stage, told.sale.title)["area"])


def _liens(stage: Stage, title: str) -> list[str]:
    return [str(lien) for lien in _view(stage, LIENS, "liensOf", title)]


def _standing(stage: Stage, title: str) -> Mapping[str, Any]:
    return dict(_view(stage, TITLES, "standingOf", title))


def _status(stage: Stage, deal: Deal) -> SaleStatus:
    return SaleStatus(_view(stage, CONVEYANCE, "saleOf", deal.sale)["status"])


def _balance(told: Told, owner: str) -> int:
    return _krona(told).balance(owner)


def _credits(stage: Stage, told: Told) -> int:
    """What everybody in the story, and the treasury, could still fetch."""
    token, payees = _krona(told).address, {*told.gets, *(one.address for one in told.sale.village.people.values())}
    return sum(int(_view(stage, ESCROW, "creditOf", token, payee)) for payee in payees)


def _krona(told: Told) -> Krona:
    return told.sale.krona


def _address(stage: Stage, contract: str) -> str:
    return stage.deployment.contracts[contract].address


def _view(stage: Stage, contract: str, function: str, *arguments: Any) -> Any:
    return view(stage.node.rpc, stage.deployment, contract, function, *arguments)
