"""B sells the new home on; a court freezes the title; the sale ends by itself, and the buyer has the money back."""

from demo import staff
from demo.krona import KRONA, Krona
from demo.node import StageError
from demo.stage import Stage
from demo.stories.land_sale import DAY, Deal, withdraw
from demo.stories.land_village import Village

PRICE = 500_000 * KRONA
REFUSAL = "FreezeStands"


class FrozenSale:
    """The sale that a court stops. `paid` is what the buyer paid in, `before` what the buyer had, in öre."""

    def __init__(self, stage: Stage, village: Village, krona: Krona) -> None:
        self.stage, self.village, self.krona = stage, village, krona
        b, self.buyer = village.people["B"], village.people["wife"]
        self.deal = Deal(stage, village, krona, "1:2", (b,), self.buyer, PRICE)
        self.before = krona.balance(self.buyer.address)
        self.paid = 0

    def tell(self) -> None:
        """Sell up to the last step; freeze; be refused; let the deadline pass; fetch the money."""
        say = self.stage.console.print
        self.deal.to_bill()
        self.paid = self.before - self.krona.balance(self.buyer.address)
        say(f"  ✓ everything is signed, and {self.paid // KRONA:,} kronor are in escrow")
        self._freeze()
        say("  ✓ an officer of the court freezes the title, by the hash of the order")
        refused = self.stage.refused("POST", "/api/sales/settle", {"sales": [self.deal.sale]})
        if refused["error"] != REFUSAL:
            raise StageError(f"The settlement was refused for {refused['error']}, not for the freeze.")
        say(f"  ✓ the settlement is refused: {refused['detail']}", soft_wrap=True)
        self.stage.node.pass_time(6 * DAY)
        say("  ✓ six days go by on the chain's clock: the time for registration is over")
        self.stage.until(lambda: self.deal.show()["status"] == "expired", "the sale has expired")
        self.stage.until(lambda: self._credit() == self.paid, "the refund is to the buyer's credit")
        say("  ✓ the service ends the sale by itself, and gives the deposit back")
        withdraw(self.deal, self.buyer.address)
        say("  ✓ the buyer has the money; the freeze never asked about it")

    def _freeze(self) -> None:
        order = self.village.folder / "court order.txt"
        order.write_text(f"Nothing may be done with {self.deal.title}.\n", encoding="utf-8")
        words = ["freeze", "--title", self.deal.title, "--order", str(order)]
        self.stage.script("court_order", *words, "--officer", staff.court(self.stage.node.rpc))
        path = f"/api/titles/{self.deal.title}"
        self.stage.until(lambda: self.stage.api("GET", path)["freezes"] == 1, "the freeze is seen")

    def _credit(self) -> int:
        found = self.stage.api("GET", f"/api/sales/credits/{self.buyer.address}")["credits"]
        return sum(int(one["amount"]) for one in found if one["token"] == self.krona.address)
