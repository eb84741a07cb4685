"""Which boxes the signing key may call: those that the ceremony's contract itself names."""

from collections.abc import Callable

from muniment.ballots.states import BOX, CEREMONY
from muniment.chain.deployment import Deployment
from muniment.chain.rpc import Rpc, RpcError
from muniment.chain.runtime import is_one_of
from muniment.chain.views import View, ask


def registered_boxes(rpc: Callable[[], Rpc], deployment: Deployment) -> Callable[[str], bool]:
    """A test of addresses: the box says which setup it is of, and the ceremony which box that setup has.

    What anybody may deploy says anything of itself; the ceremony's word is what two officers registered. Where the
    deployment tells the boxes' code, it must be that. Asked once for each box that is one: a setup never gets another.
    Raises RpcUnavailable, RpcError.
    """
    known: set[str] = set()

    def is_one(address: str) -> bool:
        if address not in known:
            try:
                setup = ask(rpc(), deployment, View(BOX, "SETUP", (), address))
                named = ask(rpc(), deployment, View(CEREMONY, "ceremony", (setup,)))["box"]
            except RpcError:
                return False
            kind = deployment.kinds[BOX]
            if named != address or (kind.body_hash is not None and not is_one_of(rpc(), kind, address)):
                return False
            known.add(address)
        return True

    return is_one
