"""The village of the land story: its parcels, its people with their wallets, an agent and two banks with licences."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from demo.citizens import Citizen
from demo.stage import AGENCY_DOMAIN, Stage
from muniment.hashing import keccak
from muniment.land.geometry import Canonical, canonical_geometry

# Who holds what at first. Everybody has a share of the common land, so that the register knows a buyer who holds
# nothing else; it is not sold.
HOLDERS = {
    "1:1": ("wife", "husband"),
    "1:2": ("A",),
    "1:3": ("B",),
    "S:1": ("buyer", "C", "agent", "sellers' bank", "buyer's bank"),
}
LICENCES = {"agent": "ESTATE_AGENT", "sellers' bank": "BANK", "buyer's bank": "BANK"}
YEAR = 365 * 24 * 3600
# A corner near Gävle, and the sides of a parcel, in degrees: about 55 by 56 metres.
WEST, SOUTH, WIDTH, HEIGHT = 17.05, 60.65, 0.001, 0.0005


class Village:
    """One village for each telling, since a title is registered once."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        home = stage.folder / "land"
        home.mkdir(exist_ok=True)
        self.number = 1 + len(list(home.glob("*")))
        self.folder = home / str(self.number)
        self.folder.mkdir()
        self.people = {name: Citizen(name) for names in HOLDERS.values() for name in names}
        self.titles: dict[str, str] = {}
        # People write from computers of their own, of which the service lets each write only so often.
        self.computers = {name: f"127.0.0.{10 + place}" for place, name in enumerate(self.people)}

    def settle_down(self) -> None:
        """Register the parcels, link everybody's wallet, issue the licences."""
        say = self.stage.console.print
        self._register()
        say(f"  ✓ {self.ref('1:1')} and its neighbours are titles in the register of {self.stage.jurisdiction}")
        self._bind()
        say(f"  ✓ {len(self.people)} people and firms have wallets of their own")
        self._license()
        say("  ✓ an agent and two banks are licensed")

    def ref(self, number: str) -> str:
        """A parcel's cadastral reference; each telling has a village of its own."""
        return f"Gävle {_word(self.number)} {number}"

    def person(self, party: str) -> Citizen:
        """Whose party this is."""
        (found,) = [citizen for citizen in self.people.values() if citizen.party == party]
        return found

    def ask(self, citizen: Citizen, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Somebody's request to the service, from a computer of their own."""
        return self.stage.api("POST", path, body, source=self.computers[citizen.name])

    def paper(self, name: str, text: str) -> str:
        """Write a document down, and give the hash that is signed for it, as `muniment sales hash` prints it."""
        path = self.folder / f"{name}.txt"
        path.write_text(text, encoding="utf-8")
        return keccak(path.read_bytes())

    def halves(self, number: str) -> tuple[Canonical, Canonical]:
        """The two parts of a parcel that is divided along its middle."""
        west, south = self._corner(number)
        return _rectangle(west, south, WIDTH / 2), _rectangle(west + WIDTH / 2, south, WIDTH / 2)

    # ── How it comes about ──────────────────────────────────────────────────────────────────────────────────────────

    def _register(self) -> None:
        features = [self._feature(number, names) for number, names in HOLDERS.items()]
        path = self.folder / "parcels.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
        report = self.stage.muniment("land", "import", str(path), "--jurisdiction", self.stage.jurisdiction)
        self.titles = dict(zip(HOLDERS, self._in_order(report), strict=True))

        def registered() -> bool:
            return all(self.stage.http.get(f"/api/titles/{title}").is_success for title in self.titles.values())

        self.stage.until(registered, "the village is registered")
        for number, names in HOLDERS.items():
            shares = self.stage.api("GET", f"/api/titles/{self.titles[number]}")["shares"]
            for name, share in zip(names, shares, strict=True):
                self.people[name].party = share["holder"]

    def _bind(self) -> None:
        """Staff invite everybody after looking at a passport; each links a wallet with a signature."""
        keys = []
        for citizen in self.people.values():
            code = self.stage.muniment("identity", "invite", citizen.party)["code"]
            asked = self.stage.api("GET", f"/api/identity/bindings/{code}?wallet={citizen.wallet.address}")
            body = {"code": code, "wallet": citizen.wallet.address, "signature": citizen.sign(asked["typed_data"])}
            keys.append(self.ask(citizen, "/api/identity/bindings", body)["key"])
        for key in keys:
            self.stage.settled(key)

    def _license(self) -> None:
        until = f"{datetime.fromtimestamp(self.stage.now() + YEAR, UTC):%F}"
        keys = []
        for name, kind in LICENCES.items():
            decision = self.paper(f"licence of the {name}", f"{kind} until {until}\n")
            words = ["--agency", AGENCY_DOMAIN, "--until", until, "--source-hash", decision]
            keys.append(self.stage.muniment("credentials", "issue", self.people[name].party, kind, *words)["key"])
        for key in keys:
            self.stage.settled(key)

    def _in_order(self, report: Mapping[str, Any]) -> list[str]:
        named: dict[str, str] = dict(zip(report["refs"], report["titles"], strict=True))
        return [named[self.ref(number)] for number in HOLDERS]

    def _feature(self, number: str, names: Sequence[str]) -> dict[str, Any]:
        west, south = self._corner(number)
        holders = [{"name": f"Sample {name}", "share": f"1/{len(names)}"} for name in names]
        return {
            "type": "Feature",
            "id": self.ref(number),
            "properties": {"holders": holders},
            "geometry": _polygon(west, south, WIDTH),
        }

    def _corner(self, number: str) -> tuple[float, float]:
        """Parcels lie side by side; each village is a row of its own."""
        return WEST + list(HOLDERS).index(number) * WIDTH, SOUTH + self.number * HEIGHT


def _polygon(west: float, south: float, width: float) -> dict[str, Any]:
    east, north = west + width, south + HEIGHT
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def _rectangle(west: float, south: float, width: float) -> Canonical:
    return canonical_geometry(_polygon(west, south, width))


def _word(number: int) -> str:
    """The village of each telling: Torp, Torp 2, Torp 3 and so on."""
    return "Torp" if number == 1 else f"Torp {number}"
