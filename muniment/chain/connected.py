"""The contracts of a network and the nodes to ask, by the settings: for a service and for a person at a terminal."""

from dataclasses import dataclass
from functools import cached_property

from muniment.chain.deployment import Deployment
from muniment.chain.rpc import Rpc
from muniment.config import Settings


@dataclass
class Connected:
    """Both, each made when it is first asked for."""

    settings: Settings

    @cached_property
    def deployment(self) -> Deployment:
        """The contracts. Raises DeploymentUnreadable."""
        return Deployment.load(self.settings.deployment_path)

    @cached_property
    def rpc(self) -> Rpc:
        """The nodes, of which any may answer."""
        return Rpc(self.settings.rpc_urls)

    @cached_property
    def nodes(self) -> tuple[Rpc, ...]:
        """Each node by itself, for what all of them must say."""
        return tuple(Rpc([url]) for url in self.settings.rpc_urls)
