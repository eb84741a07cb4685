"""Which boxes the signing key may call: those that the ceremony's contract itself names."""

import re
from collections.abc import Callable

from muniment.ballots.states import BOX, CEREMONY
from muniment.chain.abi import encode_call
from muniment.chain.deployment import Deployment
from muniment.chain.rpc import Rpc, RpcError
from muniment.chain.runtime import is_one_of
from muniment.chain.views import View, ask

_WORD = re.compile("0x[0-9a-f]{64}")


def registered_boxes(rpc: Callable[[], Rpc], deployment: Deployment) -> Callable[[str], bool]:
    """A test of addresses: the box says which setup it is of, and the ceremony which box that setup has.

    What anybody may deploy says anything of itself; the ceremony's word is what two officers registered. Where the
    deployment tells the boxes' code, it must be that. Asked once for each box that is one: a setup never gets another.
    Raises RpcUnavailable, RpcError.
    """
    known: set[str] = set()
    kind = deployment.kinds.get(BOX)

    def is_one(address: str) -> bool:
        if address in known:
            return True
        if kind is None or (kind.body_hash is not None and not is_one_of(rpc(), kind, address)):
            return False
        data = encode_call(kind.abi, "SETUP", ())
        try:
            setup = str(rpc().call("eth_call", [{"to": address, "data": data}, "latest"])).lower()
            # Whatever stands there answers as it likes; only our own contract's answer must be readable.
            if not _WORD.fullmatch(setup):
                return False
            named = ask(rpc(), deployment, View(CEREMONY, "ceremony", (setup,)))["box"]
        except RpcError:
            return False
        if named == address:
            known.add(address)
        return bool(named == address)

    return is_one
