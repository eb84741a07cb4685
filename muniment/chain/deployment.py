"""Read `deployments/<network>.json`: where the contracts are and how to talk to them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self


class DeploymentUnreadable(Exception):
    """The deployment file is missing or is not one."""


@dataclass(frozen=True)
class ContractInfo:
    """One deployed contract. The address is lower-case hex; start_block is the block that it was deployed in."""

    name: str
    address: str
    abi: list[dict[str, Any]]
    start_block: int


@dataclass(frozen=True)
class ContractKind:
    """Contracts that come to be after the deployment, and are made known by an event.

    `contract`, `event` and `argument` name what makes one known: the argument is its address. `begins_with` is the
    event that such a contract emits first, before anybody knows of it. `body_hash` is keccak256 of its runtime code
    without metadata and with zeros for the 32 bytes at each of `immutables` (`muniment.chain.runtime`).
    """

    name: str
    abi: list[dict[str, Any]]
    contract: str
    event: str
    argument: str
    begins_with: str
    immutables: tuple[int, ...] = ()
    body_hash: str | None = None


@dataclass(frozen=True)
class Deployment:
    """The contracts of one network. The genesis hash tells a chain that lost its state from one that reorganised."""

    network: str
    chain_id: int
    genesis_hash: str
    contracts: Mapping[str, ContractInfo]
    kinds: Mapping[str, ContractKind] = field(default_factory=dict)

    @property
    def start_block(self) -> int:
        """The first block in which any of the contracts can have an event."""
        return min(contract.start_block for contract in self.contracts.values())

    @property
    def abis(self) -> tuple[list[dict[str, Any]], ...]:
        """Every contract's ABI: a call may fail with an error of a contract further down."""
        return (*(contract.abi for contract in self.contracts.values()), *(kind.abi for kind in self.kinds.values()))

    def at(self, name: str, address: str | None) -> ContractInfo:
        """A contract by its name; or the one of a kind that is at an address. Raises KeyError for an unknown name."""
        if address is None:
            return self.contracts[name]
        return ContractInfo(name, address, self.kinds[name].abi, self.start_block)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the file that scripts/deploy.py wrote. Raises DeploymentUnreadable with what to do next."""
        try:
            written = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise DeploymentUnreadable(
                f"There is no deployment at {path}; deploy the contracts first (./run script deploy)."
            ) from None
        except (OSError, ValueError) as error:
            raise DeploymentUnreadable(f"The deployment at {path} cannot be read: {error}.") from error
        try:
            contracts = {
                name: ContractInfo(name, entry["address"].lower(), entry["abi"], int(entry["start_block"]))
                for name, entry in written["contracts"].items()
            }
            min(contracts)  # a deployment without contracts is none
            kinds = {name: _kind(name, entry) for name, entry in written.get("kinds", {}).items()}
            return cls(written["network"], int(written["chain_id"]), written["genesis_hash"].lower(), contracts, kinds)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DeploymentUnreadable(
                f"The deployment at {path} lacks or garbles {error}; deploy again (./run script deploy)."
            ) from error


def _kind(name: str, entry: Mapping[str, Any]) -> ContractKind:
    contract, event, argument = entry["found_by"]
    return ContractKind(
        name,
        entry["abi"],
        contract,
        event,
        argument,
        entry["begins_with"],
        tuple(int(place) for place in entry.get("immutables", ())),
        entry.get("body_hash"),
    )
