"""The company of the residency story: its name, its articles, its entry and its first change."""

from typing import Any

from demo.citizens import Citizen
from demo.stage import AGENCY_DOMAIN, Stage
from muniment.access.model import agency_named

ARTICLES = """Articles of association of {name}

1. The company may do any lawful business.
2. Two members of the board sign for it together.
"""


class Company:
    """One company, from its name on."""

    def __init__(self, stage: Stage, first: Citizen, second: Citizen, contact: Citizen) -> None:
        self.stage = stage
        self.first, self.second, self.contact = first, second, contact
        home = stage.folder / "companies"
        home.mkdir(exist_ok=True)
        telling = 1 + len(list(home.glob("*")))
        self.folder = home / str(telling)
        self.folder.mkdir()
        self.name, self.number = f"Aurora {_word(telling)} Trading OÜ", f"{16_000_000 + telling}"
        self.id = self.articles = ""

    def found(self) -> None:
        """Reserve the name, anchor and sign the articles, accept, attest the fee, enter."""
        say = self.stage.console.print
        self._reserve()
        say(f"  ✓ the name is theirs: {self.name}")
        self._anchor()
        self._file("founding", {"founders": self._people()})
        say("  ✓ both have signed the articles, a document that anyone can verify")
        self._accept()
        say("  ✓ the contact person has accepted")
        staff = ("--officer", "officer 2")
        paid = self.stage.muniment("companies", "attest-fee", self.id, "--receipt", "receipt 1", *staff)
        self.stage.settled(paid["key"])
        entered = self.stage.muniment("companies", "enter", self.id, "--number", self.number, *staff)
        self.stage.settled(entered["key"])
        say(f"  ✓ the registrar enters it under the number {self.number}: it is a party of its own")

    def move(self) -> None:
        """Change the registered address; the company signs under its rule, both of two."""
        self._file("change", {})

    def _reserve(self) -> None:
        asked = {"agency": agency_named(AGENCY_DOMAIN), "name": self.name, "party": self.first.party}
        shown = self.stage.api("POST", "/api/companies/reservations/typed-data", asked)
        signed = {"nonce": shown["nonce"], "deadline": shown["deadline"]}
        signed["signature"] = self.first.sign(shown["typed_data"])
        made = self.stage.api("POST", "/api/companies/reservations", asked | signed)
        self.id = made["company"]
        self.stage.settled(made["intent"]["key"])

    def _anchor(self) -> None:
        """The articles become a document: the founder's own, signed like everything else."""
        text = self.folder / "articles.txt"
        text.write_text(ARTICLES.format(name=self.name), encoding="utf-8")
        words = ["--issuer", self.first.party, "--as-party", "--out", str(self.folder / "articles")]
        self.articles = self.stage.muniment("documents", "issue", str(text), *words)["root"]
        asked = {"party": self.first.party, "root": self.articles, "count": 1, "expires_at": 0}
        shown = self.stage.api("POST", "/api/documents/approvals/typed-data", asked)
        signed = {"nonce": shown["nonce"], "deadline": shown["deadline"]}
        signed["signature"] = self.first.sign(shown["typed_data"])
        self.stage.settled(self.stage.api("POST", "/api/documents/approvals", asked | signed)["key"])

    def _file(self, kind: str, more: dict[str, Any]) -> None:
        """Open a filing, and let everyone sign what it asks of them; the last signature sends it on its way."""
        file = {
            "threshold": 2,
            "board": self._people(),
            "contact": self.contact.party,
            "articles": self.articles,
            "address": f"{kind.title()} Street 1, Sampletown",
        }
        opened = self.stage.api("POST", f"/api/companies/{self.id}/filings", {"kind": kind, **file, **more})
        path = f"/api/companies/filings/{opened['filing']}"
        for citizen in (self.first, self.second):
            for part in self.stage.api("GET", f"{path}/typed-data?party={citizen.party}")["to_sign"]:
                signed = {"party": citizen.party, "part": part["part"], "signature": citizen.sign(part["typed_data"])}
                opened = self.stage.api("POST", f"{path}/signatures", signed)
        self.stage.settled(opened["intent_key"])

    def _accept(self) -> None:
        shown = self.stage.api("GET", f"/api/companies/{self.id}/contact/typed-data")
        signed = {"nonce": shown["nonce"], "deadline": shown["deadline"]}
        signed["signature"] = self.contact.sign(shown["typed_data"])
        self.stage.settled(self.stage.api("POST", f"/api/companies/{self.id}/contact", signed)["key"])

    def _people(self) -> list[str]:
        return sorted((self.first.party, self.second.party))


def _word(number: int) -> str:
    """A made-up word for each telling, as a name is given once: Babe, Babi, Babo and so on."""
    syllables = [consonant + vowel for consonant in "bdfgklmnprst" for vowel in "aeiou"]
    first, second = divmod(number, len(syllables))
    return (syllables[first % len(syllables)] + syllables[second]).title()
