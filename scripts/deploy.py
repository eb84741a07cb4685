"""Deploy the registries with the root as constructor argument, and write deployments/<network>.json.

Prints the plan, asks, deploys, and asserts that what stands is what was compiled and that the deployer holds no power.
Interrupted at any moment, it goes on when run again and deploys nothing twice. A deployment from before a contract was
added, on which no other is built, is extended: what is missing is deployed, what stands is kept.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripts.common import code, keys, plan, records, session, settings, verification
from scripts.common.creation import NonceLost, create, require_sound
from scripts.common.keys import Signer
from scripts.common.session import Session
from scripts.common.settings import Misused, Refused
from scripts.common.verification import ORDER

CONFIRMATIONS = 3  # blocks to wait on a public network before the record is written


def options() -> argparse.ArgumentParser:
    """The command line."""
    parser = session.options("Deploy the registries.")
    session.sending_options(parser)
    parser.add_argument("--root", metavar="ADDRESS", help="who holds all power at first: a Safe or timelock")
    parser.add_argument("--deployer", metavar="ADDRESS", help="local only: which of the node's accounts pays")
    parser.add_argument("--replan", action="store_true", help="plan anew what something else took the nonce of")
    return parser


def read(args: argparse.Namespace) -> None:
    """Read addresses before anything slow happens. Raises Misused."""
    args.root = args.root and settings.address(args.root, "root")
    args.deployer = args.deployer and settings.address(args.deployer, "deployer")


def parties(session: Session, standing: dict[str, Any] | None) -> tuple[str, str]:
    """The deployer's and the root's address; of a deployment to be extended, the root that it has.

    Raises Misused when they are missing or one and the same, and Refused when the deployer has power already.
    """
    deployer = keys.keystore_address(session, "deployer") or keys.named(
        session, "deployer", session.args.deployer, place=0
    )
    if deployer is None:
        account = keys.open_keystore(session, "deployer")
        deployer = account.address if account else None
    if deployer is None:
        raise Misused("Nobody pays for the deployment; set MUNIMENT_DEPLOYER_KEYSTORE in .env.")
    root = _present_root(session, standing) if standing else keys.named(session, "root", session.args.root, place=1)
    if root is None:
        raise Misused("No root is given; pass --root or set MUNIMENT_ROOT to the Safe or timelock that will govern.")
    if root == deployer:
        raise Misused(f"The deployer {deployer} cannot be the root: whoever deploys must hold no power.")
    entry = standing and standing["contracts"]["AgencyRegistry"]
    powers = list(verification.powers(session, entry, deployer)) if entry else []
    if powers:
        raise Refused("\n".join([*powers, "Whoever deploys must hold no power; use another key. Nothing was sent."]))
    return deployer, root


def _present_root(session: Session, standing: dict[str, Any]) -> str:
    entry = standing["contracts"]["AgencyRegistry"]
    root = str(session.contract("AgencyRegistry", entry["address"]).functions.root().call()).lower()
    if session.args.root and session.args.root != root:
        raise Misused(f"The root is {root}, and deploying what is missing does not change it; leave --root out.")
    return root


def begun(session: Session, path: Path, deployer: str, root: str, kept: dict[str, str]) -> dict[str, Any]:
    """The unfinished deployment to go on with, or a new one. `kept` are the addresses of what stands already.

    Raises Refused when it was begun otherwise.
    """
    fresh = {
        "network": session.network.name,
        "chain_id": session.network.chain_id,
        "genesis_hash": session.genesis_hash(),
        "deployer": deployer,
        "root": root,
        "kept": kept,
        "contracts": {},
        "abandoned": [],
    }
    partial = records.read(path)
    if partial is None:
        return fresh
    apart = verification.another_chain(session, partial)
    if apart and not session.network.local:
        raise Refused(f"{path} cannot be continued here: {apart}.")
    if apart:
        session.say("The local node is another than the one of the unfinished deployment; starting over.")
        return fresh
    for word in ("deployer", "root"):
        if partial.get(word) != fresh[word]:
            raise Refused(f"{path} was begun with the {word} {partial.get(word)}, not {fresh[word]}; go on with that.")
    if partial.setdefault("kept", {}) != kept:
        raise Refused(f"{path} was begun over other contracts than those that stand; move it away to begin another.")
    entries, abandoned = partial.get("contracts"), partial.get("abandoned")
    sound = isinstance(entries, dict) and all(isinstance(e, dict) and "address" in e for e in entries.values())
    if not sound or not isinstance(abandoned, list) or (entries and list(entries) != plan.missing(partial)):
        raise Refused(f"{path} does not add up; bring back a good copy of it.")
    for name, arguments in plan.arguments(partial).items() if entries else ():
        require_sound(session, deployer, name, entries[name], arguments)
    return partial


def carry_out(session: Session, signer: Signer, partial: dict[str, Any], path: Path) -> None:
    """Create what is missing, each with the nonce planned for it. Raises Refused."""

    def save() -> None:
        records.write(path, partial)

    if not partial["contracts"]:
        plan.assign(session, partial)
        save()
    while True:
        try:
            for name in plan.missing(partial):
                create(session, signer, name, partial["contracts"][name], save)
            break
        except NonceLost as loss:
            if not session.args.replan:
                raise
            session.say(f"  Nonce {loss.nonce} is lost; what is not created yet is planned anew.")
            plan.assign(session, partial, loss.nonce + 1)
            save()
    for gone in partial["abandoned"]:
        session.say(
            f"  {gone['name']} at {gone['address']} is abandoned: it was given an address that came to nothing."
        )


def finished(session: Session, partial: dict[str, Any], standing: dict[str, Any]) -> dict[str, Any]:
    """The record of the finished deployment, in the format of deployments/<network>.json.

    `standing` are the entries of the contracts that were kept.
    """
    compiler = session.project._compiler_config
    kept = ("address", "start_block", "transaction", "constructor_arguments", "bytecode_hash")
    return {
        **{word: partial[word] for word in ("network", "chain_id", "genesis_hash")},
        "compiler": {
            "version": compiler["solc"]["version"],
            "evm_version": compiler["evm_version"],
            "via_ir": bool(compiler["solc"]["viaIR"]),
            "runs": compiler["solc"]["optimizer"]["runs"],
        },
        "contracts": {
            name: standing.get(name)
            or {word: partial["contracts"][name][word] for word in kept} | {"abi": session.project[name].abi}
            for name in ORDER
        },
        "kinds": code.kinds(session),
    } | ({"abandoned": partial["abandoned"]} if partial["abandoned"] else {})


def bury(session: Session, partial: dict[str, Any]) -> None:
    """On a public network, wait until a few blocks lie over the deployment, so that a small fork cannot undo it."""
    if session.network.local:
        return
    deep = max(entry["start_block"] for entry in partial["contracts"].values()) + CONFIRMATIONS
    session.say(f"  waiting for {CONFIRMATIONS} blocks over the last contract …")
    until = time.monotonic() + session.args.timeout
    while session.web3.eth.block_number < deep:
        if time.monotonic() > until:
            raise Refused("The chain has stopped making blocks; run the same command again to finish.")
        time.sleep(1)


def require_order(session: Session, record: dict[str, Any], advice: str) -> None:
    """Raise Refused with every breach of a deployment, and what to do."""
    breaches = verification.breaches(session, record)
    if breaches:
        raise Refused("\n".join([*breaches, advice]))


def require_standing(session: Session, path: Path, record: dict[str, Any]) -> None:
    """Raise Refused when what a record names is not in order: then nothing is built on it."""
    names = verification.recorded(record)
    breaches = verification.breaches(session, record, names)
    if not breaches:
        return
    advice = "remove it to deploy anew" if session.network.local else "see docs/deployment.md"
    if any(verification.ANOTHER_VERSION in sentence for sentence in breaches):
        advice = (
            "contracts cannot be upgraded: go on with the version of Muniment that deployed them, or deploy this one "
            "beside them under another network name"
        ) + (", or remove the file to deploy anew" if session.network.local else " (docs/deployment.md)")
    raise Refused("\n".join([*breaches, f"So {path} is not in order; {advice}. Nothing was sent."]))


def deploy(session: Session) -> dict[str, Any]:
    """Carry out or finish the deployment. Gives its record; raises Refused or Misused."""
    path = session.deployments / f"{session.network.name}.json"
    partial_path = path.with_suffix(".partial.json")
    with records.held(session.deployments):
        standing = records.read(path)
        if standing and session.network.local and _lost(session, standing):
            session.say(f"The local node has lost the contracts of {path}; starting over.")
            standing = None
        if standing:
            require_standing(session, path, standing)
        kept = standing["contracts"] if standing else {}
        if standing and len(kept) == len(ORDER):
            partial_path.unlink(missing_ok=True)  # left when killed between the last two steps
            session.say(f"The contracts of {path} stand and are in order; nothing to deploy.")
            return standing
        deployer, root = parties(session, standing)
        standing_at = {name: kept[name]["address"] for name in ORDER if name in kept}
        partial = begun(session, partial_path, deployer, root, standing_at)
        plan.print_plan(session, partial)
        if session.args.dry_run:
            return partial
        signer = keys.signer(session, "deployer", deployer)
        if signer is None:
            raise Misused(f"Nobody here can sign for the deployer {deployer}.")
        session.confirm("Deploy?")
        carry_out(session, signer, partial, partial_path)
        bury(session, partial)
        record = finished(session, partial, kept)
        require_order(session, record, "Run the same command again: what the chain undid is then sent again.")
        records.write(path, record)
        partial_path.unlink()
    session.say(f"Deployed and checked; the deployer holds no power. Written to {path}.")
    return record


def _lost(session: Session, record: dict[str, Any]) -> bool:
    if verification.another_chain(session, record):
        return True
    names = verification.recorded(record)
    whole = verification.misses(record, names) is None
    return whole and not any(code.standing_code(session, record["contracts"][name]["address"]) for name in names)


def summary(record: dict[str, Any]) -> dict[str, Any]:
    """What --json prints: where the contracts are, and where any are that were made in vain."""
    addresses = {name: entry["address"] for name, entry in record["contracts"].items()}
    abandoned = record.get("abandoned", [])
    return {
        **{word: record[word] for word in ("network", "chain_id")},
        "contracts": addresses,
        **({"abandoned": abandoned} if abandoned else {}),
    }


def main(words: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    session.run(options(), lambda opened: summary(deploy(opened)), words, read)


if __name__ == "__main__":
    main(sys.argv[1:])
