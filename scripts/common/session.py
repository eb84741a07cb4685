"""One run of a script: its options, its conversation with the operator, the node and the compiled contracts.

Brownie compiles the contracts, knows their ABIs, opens keystores and holds the connection. It is imported late, because
that takes seconds and a mistyped option should not wait for it.
"""

import argparse
import contextlib
import fcntl
import io
import json
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from requests import RequestException

from scripts.common import settings
from scripts.common.settings import Misused, Network, Refused

HOME = Path(__file__).resolve().parents[2]
DEFAULT_CEILING_GWEI = "200"  # as in muniment/config.py


def options(description: str, *, add_help: bool = True) -> argparse.ArgumentParser:
    """The options that every script has; a script adds its own."""
    parser = argparse.ArgumentParser(description=description, allow_abbrev=False, add_help=add_help)
    parser.add_argument("--network", default=None, help="local, sepolia, or a name set up in .env")
    parser.add_argument("--rpc", metavar="URL", help="the node to use, instead of the one in .env")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON; the rest goes to stderr")
    return parser


def sending_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of a script that sends transactions."""
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--dry-run", action="store_true", help="print the plan and stop")
    parser.add_argument("--max-fee-gwei", metavar="GWEI", help="the most to pay per gas")
    parser.add_argument("--timeout", type=int, default=300, metavar="SECONDS", help="how long to wait for a block")


def verbs(parser: argparse.ArgumentParser) -> Callable[[str, str], argparse.ArgumentParser]:
    """Let a script have verbs, each with the options that sending takes. Gives a function that adds one."""
    shared = options("", add_help=False)
    added = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, description: str) -> argparse.ArgumentParser:
        made = added.add_parser(name, help=description, description=description, parents=[shared], allow_abbrev=False)
        sending_options(made)
        return made

    return verb


@dataclass
class Session:
    """An open connection to one network, with the compiled contracts at hand."""

    args: argparse.Namespace
    env: dict[str, str]
    network: Network
    web3: Any
    project: Any
    opened: dict[str, Any] = field(default_factory=dict)  # keystores by role, so that a password is asked for once

    @property
    def deployments(self) -> Path:
        """The folder of deployments/<network>.json."""
        return Path(self.env.get("MUNIMENT_DEPLOYMENTS", "deployments"))

    @property
    def ceiling(self) -> int:
        """The most to pay per gas, in wei."""
        text = self.args.max_fee_gwei or self.env.get("MUNIMENT_MAX_FEE_GWEI", DEFAULT_CEILING_GWEI)
        return settings.gwei(text)

    def say(self, line: str = "") -> None:
        """Tell the operator; on stderr when stdout belongs to JSON."""
        print(line, file=sys.stderr if self.args.json else sys.stdout, flush=True)

    def confirm(self, question: str) -> None:
        """Ask, unless --yes. Raises Refused when the answer is not yes."""
        if self.args.yes:
            return
        if not sys.stdin.isatty():
            raise Misused("There is nobody to ask; add --yes to go on without.")
        print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise Refused("Nothing was sent.")

    def contract(self, name: str, address: str) -> Any:
        """A web3 contract by its compiled ABI. Structs come back as named tuples."""
        abi = self.project[name].abi
        return self.web3.eth.contract(self.web3.to_checksum_address(address), abi=abi, decode_tuples=True)

    def genesis_hash(self) -> str:
        """The hash of block 0, which tells a node that lost its state from one that reorganised."""
        return "0x" + bytes(self.web3.eth.get_block(0)["hash"]).hex()


class _Compiling(io.StringIO):
    """Keeps the compiler's output, and says once that there is some."""

    def write(self, text: str) -> int:
        if not self.tell() and text.strip():
            print("Compiling the contracts, about 10 s …", file=sys.stderr, flush=True)
        return super().write(text)


def load_project() -> Any:
    """Compile what changed and load the artifacts. Raises Refused with the compiler's words."""
    from brownie import project  # takes seconds

    (HOME / "build").mkdir(exist_ok=True)
    output = _Compiling()
    with (HOME / "build" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # Brownie's artifacts are plain files, and two scripts may start at once
        try:
            with contextlib.redirect_stdout(output), contextlib.chdir(HOME):  # remappings are relative
                return project.load(HOME, name="Muniment")
        except Exception as error:
            raise Refused(f"The contracts do not compile.\n{output.getvalue()}\n{error}") from error


def connect(network: Network) -> Any:
    """Connect Brownie to a node that its own list of networks does not know. Raises Refused."""
    from brownie import network as brownie_network  # takes seconds
    from brownie import web3
    from brownie._config import CONFIG

    # Brownie would keep contract code of earlier runs in ~/.brownie/cache.db, and so check its memory, not the chain.
    CONFIG.settings["eager_caching"] = False
    name = f"muniment-{network.name}"
    # In memory only: the operator's ~/.brownie/network-config.yaml stays as it is.
    CONFIG.networks[name] = {"id": name, "name": name, "host": network.url, "chainid": str(network.chain_id)}
    brownie_network.connect(name)
    if not web3.is_connected():
        raise Refused(f"No Ethereum node answers at {network.host}.")
    if web3.eth.chain_id != network.chain_id:
        raise Refused(
            f"The node at {network.host} is on chain {web3.eth.chain_id}, but {network.name} is chain "
            f"{network.chain_id}; nothing was sent."
        )
    return web3


@contextlib.contextmanager
def _sentences(hide: Callable[[], str]) -> Iterator[None]:
    """Turn what goes wrong into one sentence on stderr and an exit status. `hide` gives text that must not be shown."""
    try:
        yield
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(refusal.status)
    except KeyboardInterrupt:
        print("\nStopped. Run the same command again to go on.", file=sys.stderr)
        sys.exit(130)
    except RequestException:
        print("The node does not answer; what was sent stays on record. Run the same command again.", file=sys.stderr)
        sys.exit(1)
    except Exception:  # noqa: BLE001 - a fault of ours is shown in full, but for the node's URL
        trace = traceback.format_exc()
        print(trace.replace(hide(), "…") if hide() else trace, file=sys.stderr)
        sys.exit(1)


def run(
    parser: argparse.ArgumentParser,
    carry_out: Callable[[Session], dict[str, Any]],
    words: Sequence[str] | None = None,
    read: Callable[[argparse.Namespace], None] | None = None,
    offline: Callable[[argparse.Namespace], dict[str, Any] | None] = lambda _: None,
) -> None:
    """Parse, connect, carry out, and end with the JSON line where asked for.

    `read` checks the script's own options before anything slow happens. `offline` carries out what needs no node, and
    gives None for all else. Exits 2 when misused and 1 when refused, both
    with one sentence.
    """
    secret = ""

    def hide() -> str:
        return secret

    with _sentences(hide):
        args = parser.parse_args(words)
        env = settings.environment()
        network = settings.network(args.network or env.get("MUNIMENT_NETWORK", "local"), args.rpc, env)
        secret = network.url.partition(network.host)[2].strip("/")
        if read:
            read(args)
        result = offline(args)
        if result is None:
            result = carry_out(Session(args, env, network, connect(network), load_project()))
        if args.json:
            print(json.dumps(result))
