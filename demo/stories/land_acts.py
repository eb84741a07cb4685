"""Acts about a title that its holders sign and a registrar enters: a mortgage, a division."""

from collections.abc import Mapping
from typing import Any

from demo.citizens import Citizen
from demo.stage import Stage
from demo.stories.land_sale import LEGAL_DATE, REGISTRAR
from demo.stories.land_village import Village

SEK = "0x" + b"SEK".ljust(32, b"\0").hex()


def mortgage(stage: Stage, village: Village, number: str, bank: Citizen, amount: int) -> str:
    """Charge a title in a bank's favour: all holders sign. Gives the lien's id."""
    title = village.titles[number]
    deed = village.paper(f"{number} first mortgage deed", f"{amount} öre on {title}\n")
    lien = {"kind": 1, "creditor": bank.party, "amount": str(amount), "currency": SEK, "deedHash": deed}
    _enter(stage, village, {"kind": "enter_lien", "title": title, "lien": lien, "rank": 1, "legal_date": LEGAL_DATE})
    (entered,) = stage.api("GET", f"/api/titles/{title}/liens")["liens"]
    return str(entered["lien"])


def divide(stage: Stage, village: Village, number: str) -> None:
    """Divide a parcel along its middle: its holders sign; whoever has a mortgage on it keeps it on both parts."""
    title = village.titles[number]
    area = int(stage.api("GET", f"/api/titles/{title}")["area_dm2"])
    first, second = village.halves(number)
    survey = village.paper(f"{number} survey", f"{title} is divided along its middle\n")
    parts = [
        {"ref": village.ref(f"{number}-1"), "geometryHash": first.hash, "area": str(first.area_dm2)},
        {"ref": village.ref(f"{number}-2"), "geometryHash": second.hash, "area": str(area - first.area_dm2)},
    ]
    wanted = {"kind": "subdivide", "title": title, "parts": parts, "source_hash": survey, "legal_date": LEGAL_DATE}
    _enter(stage, village, wanted)


def _enter(stage: Stage, village: Village, wanted: Mapping[str, Any]) -> None:
    """Open an act, let all sign it whom it asks, and let a registrar enter it."""
    act = stage.api("POST", "/api/land/acts", wanted)
    path = f"/api/land/acts/{act['act']}"
    for signer in act["signers"]:
        citizen = village.person(signer["party"])
        asked = stage.api("GET", f"{path}/typed-data?party={citizen.party}")
        signed = {"party": citizen.party, "signature": citizen.sign(asked["typed_data"])}
        village.ask(citizen, f"{path}/consents", signed)
    stage.settled(stage.muniment("land", "act", "approve", act["act"], *REGISTRAR)["intent_key"])
