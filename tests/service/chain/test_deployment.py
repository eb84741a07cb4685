"""Where the contracts are: read from the file that the deployment wrote, refused in one sentence when it is garbled."""

import json
from pathlib import Path

import pytest

from muniment.chain.deployment import Deployment, DeploymentUnreadable
from tests.service.conftest import Deployed


def test_reads_what_deploy_wrote(deployed: Deployed) -> None:
    """Must find every contract, in lower case, and the first block that can hold an event."""
    deployment = Deployment.load(deployed.deployments / "local.json")
    assert {"AgencyRegistry", "PartyRegistry", "TitleRegistry"} <= deployment.contracts.keys()
    assert all(contract.address == contract.address.lower() for contract in deployment.contracts.values())
    assert deployment.start_block == deployment.contracts["AgencyRegistry"].start_block > 0


@pytest.mark.parametrize("damage", [lambda _: "", lambda text: text[:-9], lambda _: "[]", lambda _: '{"contracts":{}}'])
def test_garbled(damage: object, deployed: Deployed, tmp_path: Path) -> None:
    """Must say which file, and what to do."""
    path = tmp_path / "local.json"
    assert callable(damage)
    path.write_text(damage((deployed.deployments / "local.json").read_text()))
    with pytest.raises(DeploymentUnreadable, match=r"local\.json"):
        Deployment.load(path)


@pytest.mark.parametrize("field", ["network", "chain_id", "genesis_hash", "contracts"])
def test_missing_field(field: str, deployed: Deployed, tmp_path: Path) -> None:
    """Must name the field that is missing; a missing file, how to make it."""
    path = tmp_path / "local.json"
    written = json.loads((deployed.deployments / "local.json").read_text())
    del written[field]
    path.write_text(json.dumps(written))
    with pytest.raises(DeploymentUnreadable, match=field):
        Deployment.load(path)
    with pytest.raises(DeploymentUnreadable, match="deploy"):
        Deployment.load(tmp_path / "none.json")
