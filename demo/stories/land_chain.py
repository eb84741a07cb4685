"""A sells to B, who sells to C: B's new home is paid with B's old one, and both sales are settled together."""

from demo.krona import KRONA, Krona
from demo.stage import Stage
from demo.stories.land_sale import Deal, settle
from demo.stories.land_village import Village

UPPER_PRICE, LOWER_PRICE = 2_400_000 * KRONA, 1_800_000 * KRONA
FED = LOWER_PRICE  # all that C pays goes on to A


class Chain:
    """Two sales: `upper` is A's to B, `lower` B's to C, which feeds the upper one."""

    def __init__(self, stage: Stage, village: Village, krona: Krona) -> None:
        self.stage, self.krona = stage, krona
        a, b, c = (village.people[name] for name in "ABC")
        self.upper = Deal(stage, village, krona, "1:2", (a,), b, UPPER_PRICE)
        self.lower = Deal(stage, village, krona, "1:3", (b,), c, LOWER_PRICE)

    def settle(self) -> None:
        """Agree on both, pay what is missing, settle both in one transaction."""
        say = self.stage.console.print
        for deal in (self.upper, self.lower):
            deal.list()
            deal.accept()
        self.upper.contract(fed=str(FED))
        self.lower.contract(feeds=self.upper.sale, feedAmount=str(FED))
        say("  ✓ both contracts are signed; what C pays for B's house goes on to A")
        for deal in (self.upper, self.lower):
            deal.lodge()
            due = deal.due()
            self.krona.mint(deal.buyer.address, due)
            deal.deposit(deal.buyer, due)
            say(f"  ✓ {deal.buyer.name} pays {due // KRONA:,} kronor into escrow")
            deal.finance()
            deal.bill()
        settle(self.stage, self.upper, self.lower)
        say("  ✓ both are registered in one transaction, or neither would be")
