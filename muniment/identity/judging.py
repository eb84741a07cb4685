"""Ask the chain about a signature that is no key's: of a wallet that is a contract, of an organisation, of officers."""

from muniment.chain.abi import Abi, encode_call
from muniment.chain.deployment import Deployment
from muniment.chain.rpc import Rpc, RpcError
from muniment.identity.signing import Question

_MAGIC = "0x1626ba7e"  # what a wallet answers to a signature of its own (ERC-1271)
_BYTES = ({"name": "digest", "type": "bytes32"}, {"name": "signature", "type": "bytes"})
_ABI: Abi = [
    {"type": "function", "name": "isValidSignature", "inputs": [*_BYTES]},
    {"type": "function", "name": "checkSignature", "inputs": [{"name": "party", "type": "bytes32"}, *_BYTES]},
]


def is_signed(rpc: Rpc, deployment: Deployment, question: Question) -> bool:
    """Whether the chain takes it for the signer's, as of the newest block. Raises RpcUnavailable."""
    signer, digest, signature = question
    if len(signer) == 42:
        to, data, yes = signer, encode_call(_ABI, "isValidSignature", (digest, signature)), _MAGIC.ljust(66, "0")
    elif "PartyRegistry" in deployment.contracts:
        to = deployment.contracts["PartyRegistry"].address
        data, yes = encode_call(_ABI, "checkSignature", (signer, digest, signature)), "0x" + "1".rjust(64, "0")
    else:
        return False
    try:
        answer = rpc.call("eth_call", [{"to": to, "data": data}, "latest"])
    except RpcError:  # it reverted, or used up all gas
        return False
    # Solidity leaves nothing beside the four bytes; a key answers with nothing at all.
    return isinstance(answer, str) and answer.lower()[:66] == yes
