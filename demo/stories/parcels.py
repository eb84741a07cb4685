"""An agency's parcels become land titles that anyone can look up, and a citizen links a wallet."""

import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from rich.markup import escape

from demo.citizens import Citizen
from demo.node import StageError
from demo.stage import Stage

PATIENCE = 900  # seconds for all titles of a file
WAITING = {"queued", "signed", "broadcast"}
CHUNK = 500  # receipts a batch


def tell(stage: Stage, options: Any) -> dict[str, Any]:
    """Import, register, look up, bind a wallet; then count it all again from the chain's logs.

    Args:
        stage: the running demo.
        options: `parcels`, the GeoJSON file, and `repair`, whether invalid polygons are mended.

    Returns:
        The facts of the story; titles, parties and gas come from the chain alone.

    Raises:
        StageError: something does not add up.
    """
    stage.console.print(f"\n[bold]The agency reads its parcels[/] from {escape(options.parcels.name)}")
    start = time.monotonic()
    words = ["land", "import", str(options.parcels), "--jurisdiction", stage.jurisdiction]
    report = stage.muniment(*words, *(["--repair"] if options.repair else []), codes=(0, 1, 2))
    stage.console.print(
        f"  ✓ {report['features']} features: {report['accepted']} accepted, {report['rejected']} rejected, "
        f"{report['repaired']} repaired"
    )
    for reason, count in Counter(rejection["error"] for rejection in report["rejections"]).most_common():
        example = next(one for one in report["rejections"] if one["error"] == reason)
        stage.console.print(
            f"    {count} × {reason}, e.g. line {example['line']}: {escape(example['sentence'])}", soft_wrap=True
        )

    if not report["accepted"]:
        raise StageError(f"Nothing in {options.parcels.name} can be registered; `muniment land import` tells why.")

    stage.console.print("\n[bold]The chain registers them as titles[/]")
    _registered(stage, report["accepted"])
    seconds = time.monotonic() - start

    stage.console.print("\n[bold]A citizen links a wallet[/] with a typed signature; the service pays")
    wallet = _bind(stage, report["titles"], report["refs"])

    told = recount(stage, set(report["titles"]))
    if told.titles + report["rejected"] != report["features"]:
        raise StageError(f"{told.titles} titles on the chain and {report['rejected']} rejected are not all features.")
    if wallet not in told.wallets:
        raise StageError(f"The chain does not show {wallet} as bound.")
    page = f"{stage.url}/land/{told.first_title}"
    if not stage.http.get(page).is_success:
        raise StageError(f"The page {page} cannot be read.")
    stage.console.print(
        f"\n  {told.titles} titles, counted from the chain's logs, in {told.transactions} transactions: "
        f"{told.gas_per_title:,} gas a title\n  one of them: {page}",
        soft_wrap=True,
    )
    return {
        "story": "parcels",
        "features": report["features"],
        "registered": told.titles,
        "rejected": report["rejected"],
        "repaired": report["repaired"],
        "chain_id": stage.deployment.chain_id,
        "registry": stage.deployment.contracts["TitleRegistry"].address,
        "transactions": told.transactions,
        "gas_per_title": told.gas_per_title,
        "gas_per_party": told.gas_per_party,
        "seconds": round(seconds, 1),
    }


def _registered(stage: Stage, wanted: int) -> None:
    """Wait until the outbox is empty and the read tables show it."""
    with stage.progress() as progress:
        bar = progress.add_task("registering", total=wanted)

        def settled() -> bool:
            head = int(stage.node.rpc.call("eth_blockNumber", []), 16)
            status = stage.api("GET", "/api/status")
            states, read = status["intents"], status["as_of"]
            waiting = sum(states.get(state, 0) for state in WAITING)
            progress.update(bar, completed=wanted - min(waiting, wanted))
            stuck = {state: count for state, count in states.items() if state in {"refused", "parked"} and count}
            if stuck:
                raise StageError(f"Requests stand still: {stuck}; `muniment outbox list` tells why.")
            return waiting == 0 and read is not None and read["number"] >= head

        stage.until(settled, "the titles are registered", PATIENCE)
        progress.update(bar, completed=wanted)


def _bind(stage: Stage, titles: list[str], refs: list[str]) -> str:
    """Staff invite a holder who has no wallet yet; a fresh wallet signs; the service relays. Return the wallet."""
    party, ref = _holder_without_wallet(stage, titles, refs)
    code = stage.muniment("identity", "invite", party)["code"]
    citizen = Citizen("holder")
    asked = stage.api("GET", f"/api/identity/bindings/{code}?wallet={citizen.wallet.address}")
    body = {"code": code, "wallet": citizen.wallet.address, "signature": citizen.sign(asked["typed_data"])}
    stage.settled(stage.api("POST", "/api/identity/bindings", body)["key"])
    stage.console.print(f"  ✓ {citizen.wallet.address} now signs for a holder of {escape(ref)}")
    return citizen.address


def _holder_without_wallet(stage: Stage, titles: list[str], refs: list[str]) -> tuple[str, str]:
    """A holder to invite, and the reference of the title held: earlier runs may have bound the first ones."""
    for title, ref in zip(titles, refs, strict=True):
        for share in stage.api("GET", f"/api/titles/{title}")["shares"]:
            if share["wallet"] is None:
                return share["holder"], ref
    raise StageError("Every holder has a wallet already; start over with --fresh.")


@dataclass(frozen=True)
class Recount:
    """What the chain's logs and receipts say."""

    titles: int
    first_title: str
    transactions: int
    gas_per_title: int
    gas_per_party: int
    wallets: frozenset[str]


def recount(stage: Stage, titles: set[str]) -> Recount:
    """Count the titles of a file, and what they and the bound parties cost, from the chain alone."""
    events = stage.events(stage.deployment.start_block)
    registered = {
        event.subject: event.tx_hash for event in events if event.name == "TitleRegistered" and event.subject in titles
    }
    bound = {event.arguments["wallet"]: event.tx_hash for event in events if event.name == "PartyBound"}
    if not registered or not bound:
        raise StageError(f"The chain shows {len(registered)} titles of this file and {len(bound)} bound wallets.")
    title_gas = _gas(stage, set(registered.values()))
    party_gas = _gas(stage, set(bound.values()))
    return Recount(
        titles=len(registered),
        first_title=min(registered),
        transactions=len(set(registered.values())),
        gas_per_title=round(title_gas / len(registered)),
        gas_per_party=round(party_gas / len(bound)),
        wallets=frozenset(bound),
    )


def _gas(stage: Stage, transactions: set[str]) -> int:
    hashes = sorted(transactions)
    used = 0
    for first in range(0, len(hashes), CHUNK):
        asked = [("eth_getTransactionReceipt", [tx]) for tx in hashes[first : first + CHUNK]]
        used += sum(int(receipt["gasUsed"], 16) for receipt in stage.node.rpc.batch(asked))
    return used
