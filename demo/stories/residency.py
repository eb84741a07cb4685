"""Two people in two countries become e-residents and found a company; a thief is vetoed, a lost wallet replaced."""

import time
from collections.abc import Callable
from typing import Any

from eth_account import Account

from demo import staff
from demo.citizens import Citizen, signature
from demo.stage import AGENCY_DOMAIN, Stage
from demo.stories.company import Company
from demo.stories.residency_facts import recount
from muniment.access.model import agency_named
from muniment.hashing import keccak

CHECKS = ("identity_document", "likeness", "sanctions")
DELAY = 14 * 24 * 3600  # seconds that a recovery can be vetoed


def tell(stage: Stage, options: Any) -> dict[str, Any]:
    """Apply, found, veto, recover, sign again; then read it all back from the chain.

    Returns:
        The facts of the story, from the chain's logs and state alone.

    Raises:
        StageError: something does not add up.
    """
    del options  # it has no parcels
    start = time.monotonic()
    return Story(stage).tell(start)


class Story:
    """One telling, with people and wallets of its own."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.say = stage.console.print
        self.first, self.second, self.contact = (Citizen(name) for name in ("founder", "co-founder", "contact person"))
        self.thief = Account.create()

    def tell(self, start: float) -> dict[str, Any]:
        """Tell the story; `start` is on the monotonic clock."""
        before = self.stage.head()
        self.say(
            "\n[bold]Three people apply for e-residency[/], from Finland, Brazil and Estonia; staff check and decide"
        )
        for citizen, country in ((self.first, "FI"), (self.second, "BR"), (self.contact, "EE")):
            self._become_resident(citizen, country)
        self.say("\n[bold]Two of them found a company[/] from where they are")
        company = Company(self.stage, self.first, self.second, self.contact)
        company.found()
        self.say("\n[bold]A thief talks two officers into “recovering” the co-founder's wallet[/]")
        self._recover(self.second, self.thief.address, lambda data: signature(self.thief, data))
        self._veto()
        self.say("\n[bold]The founder loses the phone[/] with the wallet on it")
        lost = self.first.lose_wallet()
        self._recover(self.first, self.first.wallet.address, self.first.sign)
        self._wait_out(lost)
        self.say("\n[bold]The company moves[/]: the founder's new wallet signs for it, the co-founder too")
        company.move()
        told = recount(self.stage, before + 1, (self.first, self.second, self.contact), self.thief, company)
        self.say(
            f"\n  {told['signatures']} signatures, {told['transactions']} transactions, and the citizens sent "
            f"{told['citizen_transactions']} of them\n  the company: {self.stage.url}/companies/{company.id}",
            soft_wrap=True,
        )
        return {"story": "residency", **told, "seconds": round(time.monotonic() - start, 1)}

    # ── e-Residency ─────────────────────────────────────────────────────────────────────────────────────────────

    def _become_resident(self, citizen: Citizen, country: str) -> None:
        """Apply over the API; staff check and decide on the command line; the citizen links a wallet."""
        application = {
            "agency": agency_named(AGENCY_DOMAIN),
            "given_name": "Sample",
            "family_name": citizen.name.title(),
            "date_of_birth": "1990-01-31",
            "nationality": country,
            "document_number": f"{country}-0000000",
            "email": "sample@example.org",
            "reason": "To found a company.",
        }
        case = self.stage.api("POST", "/api/residency/applications", application)["case"]
        for check in CHECKS:
            self.stage.muniment("residency", "check", case, "--check", check, "--officer", "officer 1")
        decided = self.stage.muniment(
            "residency", "decide", case, "--approve", "--years", "5", "--officer", "officer 2"
        )
        citizen.party = decided["party"]
        code = decided["code"]
        asked = self.stage.api("GET", f"/api/identity/bindings/{code}?wallet={citizen.wallet.address}")
        body = {"code": code, "wallet": citizen.wallet.address, "signature": citizen.sign(asked["typed_data"])}
        self.stage.settled(self.stage.api("POST", "/api/identity/bindings", body)["key"])
        self.stage.settled(decided["key"])
        self.say(f"  ✓ the {citizen.name} ({country}) signs with {citizen.address}")

    # ── Recovery ────────────────────────────────────────────────────────────────────────────────────────────────

    def _recover(self, citizen: Citizen, wallet: str, sign: Callable[[dict[str, Any]], str]) -> None:
        """Two officers begin to move a party to a wallet, each with the script that staff use."""
        known = self.stage.muniment("identity", "show", citizen.party)["record"]
        first, second = staff.officers(self.stage.node.rpc)
        deadline = self.stage.now() + DELAY
        words = ["begin", "--agency", AGENCY_DOMAIN, "--commitment", known["commitment"], "--wallet", wallet]
        words += ["--deadline", str(deadline)]
        asked = self.stage.script("recover_party", *words, "--print-typed-data", "--officer", first)["typed_data"]
        evidence = keccak(f"what the officers were shown of the {citizen.name}".encode())
        signed = ["--signature", sign(asked), "--evidence", evidence]
        act = self.stage.script("recover_party", *words, *signed, "--officer", first)["id"]
        self.stage.script("recover_party", "confirm", "--act", act, "--officer", second)
        self.say(f"  ✓ two officers begin to move the {citizen.name}'s party to {wallet.lower()}")

    def _veto(self) -> None:
        party = self.second.party
        self._seen(party)
        asked = self.stage.api("GET", f"/api/parties/{party}/typed-data/veto")["typed_data"]
        message = asked["message"]
        body = {"attempt": message["attempt"], "deadline": message["deadline"], "signature": self.second.sign(asked)}
        self.stage.settled(self.stage.api("POST", f"/api/parties/{party}/veto", body)["key"])
        self.say("  ✓ the co-founder sees it on the party's page and vetoes with one signature")

    def _wait_out(self, lost: Any) -> None:
        """The lost wallet signs nothing; after the delay the service completes the recovery."""
        party = self.first.party
        self._seen(party)
        refused = self.stage.refused("GET", f"/api/parties/{party}/typed-data/rotate?wallet={Account.create().address}")
        self.say(f"  ✓ whoever found the phone is refused: {refused['detail']}", soft_wrap=True)
        self.stage.node.pass_time(DELAY)
        self.say("  ✓ fourteen days go by on the chain's clock")

        def moved() -> bool:
            wallet = self.stage.api("GET", f"/api/parties/{party}")["wallet"]
            return bool(wallet["wallet"] == self.first.address)

        self.stage.until(moved, "the recovery is completed")
        self.say(f"  ✓ the founder signs with {self.first.address}; {str(lost.address).lower()} stands for nobody")

    def _seen(self, party: str) -> None:
        """Wait until the service has read that a party's wallet is being recovered."""

        def seen() -> bool:
            return self.stage.api("GET", f"/api/parties/{party}")["recovery"] is not None

        self.stage.until(seen, "the recovery is seen")
