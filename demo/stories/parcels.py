"""An agency's parcels become land titles that anyone can look up, and a citizen links a wallet."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data

from demo.node import StageError
from demo.stage import Stage
from muniment.chain.events import Decoder, Event

PATIENCE = 900  # seconds for all titles of a file
CHUNK = 500  # blocks a request for logs, receipts a batch


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
    stage.console.print(f"\n[bold]The agency reads its parcels[/] from {options.parcels.name}")
    start = time.monotonic()
    words = ["land", "import", str(options.parcels), "--jurisdiction", stage.jurisdiction]
    report = stage.muniment(*words, *(["--repair"] if options.repair else []), codes=(0, 2))
    stage.console.print(
        f"  ✓ {report['features']} features: {report['accepted']} accepted, {report['rejected']} rejected, "
        f"{report['repaired']} repaired"
    )

    stage.console.print("\n[bold]The chain registers them as titles[/]")
    _registered(stage, report["accepted"])
    seconds = time.monotonic() - start

    stage.console.print("\n[bold]A citizen links a wallet[/] with a typed signature; the service pays")
    ref = report["refs"][0]
    wallet = _bind(stage, ref)

    told = recount(stage, set(report["titles"]))
    if wallet not in told.wallets:
        raise StageError(f"The chain does not show {wallet} as bound.")
    if told.titles + report["rejected"] != report["features"]:
        raise StageError(f"{told.titles} titles on the chain and {report['rejected']} rejected are not all features.")
    page = f"{stage.url}/land/{told.first_title}"
    if not stage.http.get(page).is_success:
        raise StageError(f"The page {page} cannot be read.")
    stage.console.print(
        f"\n  {told.titles} titles, counted from the chain's logs, in {told.transactions} transactions: "
        f"{told.gas_per_title:,} gas a title\n  one of them: {page}"
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
            told = stage.muniment("outbox", "status")
            progress.update(bar, completed=told["settled"])
            if told["refused"] or told["parked"]:
                raise StageError(f"{told['refused']} requests were refused and {told['parked']} parked.")
            return bool(told["waiting"] == 0)

        _until(settled, "the titles are registered")
        progress.update(bar, completed=wanted)


def _until(done: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > deadline:
            raise StageError(f"After {PATIENCE} s, still waiting until {what}.")
        time.sleep(0.5)


def _bind(stage: Stage, ref: str) -> str:
    """Staff invite the holder of a title; a fresh wallet signs; the service relays. Return the wallet."""
    invitation = stage.muniment("identity", "invite", "--ref", ref, "--jurisdiction", stage.jurisdiction)
    citizen = Account.create()
    path = f"/api/identity/bindings/{invitation['code']}"
    asked = stage.api("GET", f"{path}?wallet={citizen.address}")
    signed = citizen.sign_message(encode_typed_data(full_message=asked["typed_data"]))
    message = asked["typed_data"]["message"]
    body = {
        "code": invitation["code"],
        "wallet": citizen.address,
        "nonce": str(message["nonce"]),
        "deadline": message["deadline"],
        "signature": "0x" + signed.signature.hex(),
    }
    intent = stage.api("POST", "/api/identity/bindings", body)
    _until(lambda: stage.api("GET", f"/api/intents/{intent['key']}")["state"] in SETTLED, "the wallet is bound")
    stage.console.print(f"  ✓ {citizen.address} now signs for the holder of {ref}")
    return str(citizen.address).lower()


SETTLED = {"included", "safe", "finalized"}


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
    decoder = Decoder(stage.deployment)
    head = int(stage.node.rpc.call("eth_blockNumber", []), 16)
    addresses = [contract.address for contract in stage.deployment.contracts.values()]
    events: list[Event] = []
    for first in range(stage.deployment.start_block, head + 1, CHUNK):
        window = {"fromBlock": hex(first), "toBlock": hex(min(first + CHUNK - 1, head)), "address": addresses}
        events += [decoder.decode(log) for log in stage.node.rpc.call("eth_getLogs", [window])]
    registered = {
        event.subject: event.tx_hash for event in events if event.name == "TitleRegistered" and event.subject in titles
    }
    bound = {event.arguments["wallet"]: event.tx_hash for event in events if event.name == "PartyBound"}
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
