"""Deploy the registries with the root as constructor argument, and write deployments/<network>.json.

Prints the plan, asks, deploys, and asserts that what stands is what was compiled and that the deployer holds no power.
Interrupted at any moment, it goes on when run again and deploys nothing twice.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripts.common import code, keys, records, sending, session, settings, verification
from scripts.common.creation import create
from scripts.common.session import Session
from scripts.common.settings import Misused, Refused
from scripts.common.verification import ORDER, arguments_of

CONFIRMATIONS = 3  # blocks to wait on a public network before the record is written
GAS_PER_BYTE = 200 + 18  # code deposit; calldata and init code
GAS_BESIDES = 300_000  # the transaction, the creation and the constructor


def options() -> argparse.ArgumentParser:
    """The command line."""
    parser = session.options("Deploy the registries.")
    session.sending_options(parser)
    parser.add_argument("--root", metavar="ADDRESS", help="who holds all power at first: a Safe or timelock")
    parser.add_argument("--deployer", metavar="ADDRESS", help="local only: which of the node's accounts pays")
    parser.add_argument("--replan", action="store_true", help="give up creations whose nonce something else used")
    return parser


def read(args: argparse.Namespace) -> None:
    """Read addresses before anything slow happens. Raises Misused."""
    args.root = args.root and settings.address(args.root, "root")
    args.deployer = args.deployer and settings.address(args.deployer, "deployer")


def parties(session: Session) -> tuple[str, str]:
    """The deployer's and the root's address. Raises Misused when they are missing or one and the same."""
    accounts = keys.node_accounts(session)
    deployer = session.args.deployer or keys.keystore_address(session, "deployer") or next(iter(accounts), None)
    if deployer is None:
        account = keys.open_keystore(session, "deployer")
        deployer = account.address if account else None
    if deployer is None:
        raise Misused("Nobody pays for the deployment; set MUNIMENT_DEPLOYER_KEYSTORE in .env.")
    wanted = session.args.root or session.env.get("MUNIMENT_ROOT") or (accounts[1] if len(accounts) > 1 else None)
    if wanted is None:
        raise Misused("No root is given; pass --root or set MUNIMENT_ROOT to the Safe or timelock that will govern.")
    root = settings.address(wanted, "root")
    if root == deployer:
        raise Misused(f"The deployer {deployer} cannot be the root: whoever deploys must hold no power.")
    return deployer, root


def begun(session: Session, path: Path, deployer: str, root: str) -> dict[str, Any]:
    """The unfinished deployment to go on with, or a new one. Raises Refused when it was begun otherwise."""
    fresh = {
        "network": session.network.name,
        "chain_id": session.network.chain_id,
        "genesis_hash": session.genesis_hash(),
        "deployer": deployer,
        "root": root,
        "contracts": {},
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
    if not isinstance(partial.get("contracts"), dict):
        raise Refused(f"{path} has no contracts; bring back a good copy of it.")
    return partial


def print_plan(session: Session, partial: dict[str, Any]) -> None:
    """Say what will be done, and what it costs at most."""
    deployer, root, done = partial["deployer"], partial["root"], partial["contracts"]
    fees = sending.fees(session)
    balance = session.web3.eth.get_balance(session.web3.to_checksum_address(deployer))
    kind = "a contract" if code.standing_code(session, root) else "a plain key"
    session.say(f"Network    {session.network.name}, chain {session.network.chain_id}, node {session.network.host}")
    session.say(f"Deployer   {deployer}, {balance / 10**18:.6f} ETH; holds no power afterwards")
    session.say(f"Root       {root}, {kind}" + ("" if session.network.local else "; in production a Safe or timelock"))
    total = 0
    for name in ORDER:
        code.require_sizes(session, name)
        size = len(code.runtime_code(session, name))
        gas = GAS_PER_BYTE * size + GAS_BESIDES
        if "start_block" in done.get(name, {}):
            session.say(f"Contract   {name}: {done[name]['address']}, stands already")
            continue
        total += gas
        begun = f", begun at {done[name]['address']}" if name in done else ""
        session.say(f"Contract   {name}: {size:,} bytes, about {gas:,} gas{begun}")
    session.say(
        f"Cost       at most about {total * fees.most / 10**18:.6f} ETH: {total:,} gas at {fees.most / 10**9:.3f} gwei"
        f" (base fee now {fees.base / 10**9:.3f}, ceiling {session.ceiling / 10**9:.3f})"
    )


def finished(session: Session, partial: dict[str, Any]) -> dict[str, Any]:
    """The record of the finished deployment, in the format of deployments/<network>.json."""
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
            name: {word: partial["contracts"][name][word] for word in kept} | {"abi": session.project[name].abi}
            for name in ORDER
        },
    }


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


def require_sound(session: Session, record: dict[str, Any], path: Path) -> None:
    """Raise Refused with every breach of a deployment."""
    breaches = verification.breaches(session, record)
    if breaches:
        raise Refused("\n".join([*breaches, f"So {path} is not in order. Nothing more was sent."]))


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
            require_sound(session, standing, path)
            session.say(f"The contracts of {path} stand and are in order; nothing to deploy.")
            return standing
        deployer, root = parties(session)
        partial = begun(session, partial_path, deployer, root)
        print_plan(session, partial)
        if session.args.dry_run:
            return partial
        signer = keys.signer(session, "deployer", deployer)
        if signer is None:
            raise Misused(f"Nobody here can sign for the deployer {deployer}.")
        session.confirm("Deploy?")
        for name in ORDER:
            made = {known: entry["address"] for known, entry in partial["contracts"].items()}
            arguments = arguments_of(name, root, made)
            create(session, signer, name, arguments, partial["contracts"], lambda: records.write(partial_path, partial))
        bury(session, partial)
        record = finished(session, partial)
        require_sound(session, record, partial_path)
        records.write(path, record)
        partial_path.unlink()
    session.say(f"Deployed and checked; the deployer holds no power. Written to {path}.")
    return record


def _lost(session: Session, record: dict[str, Any]) -> bool:
    bare = not any(code.standing_code(session, entry["address"]) for entry in record.get("contracts", {}).values())
    return bare or verification.another_chain(session, record) is not None


def summary(record: dict[str, Any]) -> dict[str, Any]:
    """What --json prints: where the contracts are."""
    addresses = {name: entry["address"] for name, entry in record["contracts"].items()}
    return {"network": record["network"], "chain_id": record["chain_id"], "contracts": addresses}


def main(words: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    session.run(options(), lambda opened: summary(deploy(opened)), words, read)


if __name__ == "__main__":
    main(sys.argv[1:])
