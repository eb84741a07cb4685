"""A contract that answers as it likes, registered as if it were a ballot box."""

from collections.abc import Mapping

from eth_abi.abi import encode

from muniment.chain.abi import selector
from muniment.chain.deployment import Deployment
from muniment.hashing import keccak_bytes
from tests.service.ballots.stage import create
from tests.service.documents.registry import Registry

SWAP = keccak_bytes(b"swap(bytes32)")[:4]


def deploy(registry: Registry, deployment: Deployment, answers: Mapping[str, str | int]) -> str:
    """A contract with a constant answer to each view; what SETUP answers, `swap` changes at any time."""
    abi = deployment.kinds["BallotBox"].abi
    selectors = {one["name"]: bytes.fromhex(selector(one)[2:]) for one in abi if one["type"] == "function"}
    branches = [(selectors[name], b"\x7f" + _word(value) + _RETURN) for name, value in answers.items()]
    branches += [(selectors["SETUP"], b"\x5f\x54" + _RETURN), (SWAP, b"\x60\x04\x35\x5f\x55\x00")]
    table, bodies = b"", b""
    begin = 5 + 11 * len(branches) + 3
    for chosen, body in branches:
        # DUP1 PUSH4 … EQ PUSH2 … JUMPI
        table += b"\x80\x63" + chosen + b"\x14\x61" + (begin + len(bodies)).to_bytes(2, "big") + b"\x57"
        bodies += b"\x5b" + body
    # The selector: PUSH0 CALLDATALOAD PUSH1 224 SHR; no branch: PUSH0 PUSH0 REVERT.
    runtime = b"\x5f\x35\x60\xe0\x1c" + table + b"\x5f\x5f\xfd" + bodies
    creation = b"\x61" + len(runtime).to_bytes(2, "big") + b"\x80\x60\x0a\x5f\x39\x5f\xf3"
    return create(registry, "0x" + (creation + runtime).hex())


def swap(registry: Registry, box: str, setup: str) -> None:
    """Say from now on to be of another setup."""
    sender = registry.rpc.call("eth_accounts")[0]
    data = "0x" + (SWAP + bytes.fromhex(setup[2:])).hex()
    registry.rpc.call("eth_sendTransaction", [{"from": sender, "to": box, "data": data}])
    registry.node.mine()


_RETURN = b"\x5f\x52\x60\x20\x5f\xf3"  # PUSH0 MSTORE PUSH1 32 PUSH0 RETURN


def _word(value: str | int) -> bytes:
    return encode(["uint256"], [value if isinstance(value, int) else int(value, 16)])
