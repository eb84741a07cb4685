"""What the chain alone tells of the land story: the first sale, the chain of two, the frozen one, the division."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from demo.node import StageError
from demo.stage import Stage
from demo.stories.land_chain import Chain
from demo.stories.land_counts import CONVEYANCE, asked, figures, named
from demo.stories.land_court import FrozenSale
from demo.stories.land_sale import Deal
from demo.university import view
from muniment.chain.events import Event
from muniment.land.sales.model import SaleStatus


@dataclass(frozen=True)
class Told:
    """What was told, to be found again.

    `blocks` are the first and the last of the first sale, `lien` the mortgage that it paid off for `payoff` öre; `gets`
    says what each payee gets of it, in öre.
    """

    sale: Deal
    blocks: tuple[int, int]
    lien: str
    payoff: int
    gets: Mapping[str, int]
    chain: Chain
    frozen: FrozenSale


def recount(stage: Stage, told: Told) -> dict[str, Any]:
    """Read the story back from the chain: its logs, receipts, calls and views.

    Raises:
        StageError: the chain tells another story.
    """
    return _Recount(stage, told).facts()


class _Recount:
    """The chain's answers about one telling."""

    def __init__(self, stage: Stage, told: Told) -> None:
        self.stage, self.told = stage, told
        self.events = stage.events(told.blocks[0])
        self.of_sale = [event for event in self.events if event.block_number <= told.blocks[1]]

    def facts(self) -> dict[str, Any]:
        """The facts, once they are what they must be."""
        told = self.told
        sale = figures(self.stage, told.sale, told.blocks, self.of_sale)
        settled = self._of(told.chain.upper.sale, "SaleRegistered") + self._of(told.chain.lower.sale, "SaleRegistered")
        refunded = self._of(told.frozen.deal.sale, "Refunded")
        parts = [part for event in self._of(told.sale.title, "TitleSubdivided") for part in event.arguments["parts"]]
        right = self._sold(sale) | self._chained(settled) | self._refunded(refunded) | self._divided(parts)
        wrong = [what for what, holds in right.items() if not holds]
        if wrong:
            raise StageError(f"The chain does not show that {'; nor that '.join(wrong)}.")
        return {
            "sale": sale,
            "chain_sales_settled": len(settled),
            "frozen_sale_refunded": sum(_amounts(refunded)) == told.frozen.paid,
            "subdivided_into": len(parts),
            "sale_id": told.sale.sale,
            "chain_id": self.stage.deployment.chain_id,
            "conveyance": self._address(CONVEYANCE),
        }

    # ── What must be so ─────────────────────────────────────────────────────────────────────────────────────────────

    def _sold(self, sale: Mapping[str, Any]) -> dict[str, bool]:
        """The first sale: title, mortgages and money changed hands, by the signatures that the contract asks for."""
        told, moved = self.told, [event for event in self.of_sale if event.name == "Withdrawn"]
        conveyed = named(self.of_sale, "TitleConveyed", told.sale.title)
        holders = [share["holder"] for event in conveyed for share in event.arguments["shares"]]
        paid_off = [event.arguments for event in self.of_sale if event.name == "LienPaidOff"]
        return {
            "the buyer alone got the house": holders == [told.sale.buyer.party],
            "the first sale took the signatures that its steps ask for": sale["signatures"] == asked(self.of_sale),
            "each payee of the first sale fetched the share": {
                event.subject: event.arguments["amount"] for event in moved
            }
            == dict(told.gets),
            "the old mortgage was paid off": [(one["lien"], one["amount"]) for one in paid_off]
            == [(told.lien, told.payoff)],
            "the escrow holds what payees have not fetched": told.sale.krona.balance(self._address("SaleEscrow"))
            == self._unfetched(),
        }

    def _chained(self, settled: Sequence[Event]) -> dict[str, bool]:
        """The chain: two sales in one transaction."""
        upper, lower = self.told.chain.upper, self.told.chain.lower
        return {
            "both sales of the chain are registered": len(settled) == len((upper, lower)),
            "they were registered in one transaction": len({event.tx_hash for event in settled}) == 1,
            "A's title is B's": self._holds(upper.title, upper.buyer.party),
            "B's title is C's": self._holds(lower.title, lower.buyer.party),
        }

    def _refunded(self, refunded: Sequence[Event]) -> dict[str, bool]:
        """The frozen sale: no title moved, and no money stayed."""
        frozen = self.told.frozen
        deal = frozen.deal
        standing = self._view("TitleRegistry", "standingOf", deal.title)
        return {
            "the court froze the title": len(self._of(deal.title, "TitleFrozen")) == 1,
            "the freeze still stands": int(standing["freeze"], 16) > 0,
            "the frozen sale expired": self._view(CONVEYANCE, "saleOf", deal.sale)["status"] == SaleStatus.EXPIRED,
            "its title stayed where it was": self._holds(deal.title, deal.sellers[0].party),
            "its buyer had paid": _amounts(self._of(deal.sale, "Deposited")) == [frozen.paid] != [0],
            "all of it was refunded": _amounts(refunded) == [frozen.paid],
            "its buyer is as rich as before": deal.krona.balance(frozen.buyer.address) == frozen.before,
        }

    def _divided(self, parts: Sequence[str]) -> dict[str, bool]:
        """The division: area, holders and mortgage of the parts are those of the whole."""
        deal = self.told.sale
        whole = self._view("TitleRegistry", "titleOf", deal.title)
        areas = [self._view("TitleRegistry", "titleOf", part)["area"] for part in parts]
        entered = [event.arguments["lien"] for event in self.of_sale if event.name == "LienEntered"]
        liens = [list(self._view("LienRegistry", "liensOf", part)) for part in parts]
        return {
            "the divided title is retired": bool(self._view("TitleRegistry", "retired", deal.title)),
            "the parts have the area of the whole": sum(areas) == whole["area"],
            "the parts are the buyer's": all(self._holds(part, deal.buyer.party) for part in parts),
            "the bank's mortgage, and it alone, is on each part": len(entered) == 1
            and all(found == entered for found in liens),
        }

    # ── Asking ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _of(self, subject: str, name: str) -> list[Event]:
        return named(self.events, name, subject)

    def _holds(self, title: str, party: str) -> bool:
        """Whether all of a title is a party's."""
        found = self._view("TitleRegistry", "titleOf", title)
        return [(share["holder"], share["numerator"]) for share in found["shares"]] == [(party, found["denominator"])]

    def _unfetched(self) -> int:
        """What everybody in the story, and the treasury, could still fetch."""
        payees = {*self.told.gets, *(citizen.address for citizen in self.told.sale.village.people.values())}
        token = self.told.sale.krona.address
        return sum(self._view("SaleEscrow", "creditOf", token, payee) for payee in payees)

    def _address(self, contract: str) -> str:
        return self.stage.deployment.contracts[contract].address

    def _view(self, contract: str, function: str, *arguments: Any) -> Any:
        return view(self.stage.node.rpc, self.stage.deployment, contract, function, *arguments)


def _amounts(events: Sequence[Event]) -> list[int]:
    return [int(event.arguments["amount"]) for event in events]
