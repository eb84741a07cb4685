"""Check deployments/<network>.json against the chain: code, constructor arguments, genesis, root, powerless deployer.

Changes nothing. Exit status 1 with one sentence per breach.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

from scripts.common import records, session, verification
from scripts.common.session import Session
from scripts.common.settings import Refused
from scripts.common.verification import ORDER


def options() -> argparse.ArgumentParser:
    """The command line."""
    return session.options("Check a deployment against the chain.")


def check(session: Session) -> dict[str, Any]:
    """Say how the deployment stands. Raises Refused with every breach."""
    path = session.deployments / f"{session.network.name}.json"
    record = records.read(path)
    if record is None:
        raise Refused(f"There is no {path}; deploy first.")
    problems = verification.breaches(session, record)
    if problems:
        if session.args.json:
            print(json.dumps({"network": session.network.name, "in_order": False, "problems": problems}))
        raise Refused("\n".join(problems))
    registry = session.contract("AgencyRegistry", record["contracts"]["AgencyRegistry"]["address"])
    root = registry.functions.root().call().lower()
    for name in ORDER:
        session.say(f"{name:18} {record['contracts'][name]['address']}  as compiled, as recorded")
    session.say(f"{'Root':18} {root}")
    session.say(f"In order on {session.network.name}, chain {session.network.chain_id}; the deployer holds no power.")
    addresses = {name: record["contracts"][name]["address"] for name in ORDER}
    where = {"network": session.network.name, "chain_id": session.network.chain_id}
    return where | {"in_order": True, "root": root, "contracts": addresses, "problems": []}


def main(words: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    session.run(options(), check, words)


if __name__ == "__main__":
    main(sys.argv[1:])
