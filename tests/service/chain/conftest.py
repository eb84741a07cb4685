"""The ABIs that the interfaces promise, as the compiler writes them, and an empty database."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from muniment.chain.deployment import ContractInfo, Deployment
from muniment.db.engine import open_engine
from muniment.db.schema import metadata

ROOT = Path(__file__).resolve().parents[3]
CONTRACTS = {
    "AgencyRegistry": 0xA1,
    "PartyRegistry": 0xB2,
    "TitleRegistry": 0xC3,
    "LienRegistry": 0xC4,
    "TitleMigration": 0xC5,
    "Conveyance": 0xC6,
    "SaleEscrow": 0xC7,
    "TrusteeCeremony": 0xC8,
    "BallotBox": 0xC9,
}


@pytest.fixture(scope="session")
def promised() -> Deployment:
    """A deployment of interfaces at made-up addresses, from block 5; nothing runs there."""
    sources = {str(path.relative_to(ROOT)): {"content": path.read_text()} for path in ROOT.glob("interfaces/**/*.sol")}
    asked: dict[str, Any] = {
        "language": "Solidity",
        "sources": sources,
        "settings": {"outputSelection": {"*": {"*": ["abi"]}}},
    }
    compiled = subprocess.run(
        ["node", "toolchain/solc.cjs", "--standard-json"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    abis = {
        name: contract["abi"]
        for file in json.loads(compiled.stdout)["contracts"].values()
        for name, contract in file.items()
    }
    contracts = {
        name: ContractInfo(name, f"0x{number:040x}", abis[f"I{name}"], 5) for name, number in CONTRACTS.items()
    }
    return Deployment("test", 31337, "0x" + "00" * 32, contracts)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Engine]:
    """An empty database with all tables."""
    engine = open_engine(f"sqlite:///{tmp_path}/store.db")
    metadata.create_all(engine)
    yield engine
    engine.dispose()
