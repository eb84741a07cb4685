"""What a vote with Semaphore costs: anonymous, once for each voter, and not secret — the message stands in clear.

The proof in peers/semaphore.json is a true one, by member 7 of 16 whose secrets are "voter 0" … "voter 15", of message
1 in scope 42, made with @semaphore-protocol/proof 4.14.3 and @zk-kit/semaphore-artifacts 4.13.0: 170 MB to install, for
a proof of eight numbers. Checking it costs the same for a group of any size.
"""

import json
from pathlib import Path

from web3 import Web3
from web3.contract import Contract

from bench.node import compile_semaphore, create, deploy, gas_of

PROOF = Path(__file__).with_name("peers") / "semaphore.json"


def vote(web3: Web3) -> int:
    """The gas of validateProof in a group of 16."""
    made = json.loads(PROOF.read_text())
    semaphore, sender = _deployed(web3), web3.eth.accounts[0]
    call = semaphore.functions
    gas_of(web3, call.createGroup(), sender)
    gas_of(web3, call.addMembers(0, [int(member) for member in made["members"]]), sender)
    told = made["proof"]
    names = ("merkleTreeDepth", "merkleTreeRoot", "nullifier", "message", "scope")
    proof = (*(int(told[name]) for name in names), [int(number) for number in told["points"]])
    return gas_of(web3, call.validateProof(0, proof), sender)


def _deployed(web3: Web3) -> Contract:
    sender, artifacts = web3.eth.accounts[0], compile_semaphore()
    library = deploy(web3, artifacts, "PoseidonT3", sender=sender)
    verifier = deploy(web3, artifacts, "SemaphoreVerifier", sender=sender)
    made = json.loads((artifacts / "Semaphore.sol" / "Semaphore.json").read_text())
    code = made["bytecode"]["object"]
    for places in made["bytecode"]["linkReferences"].values():
        for place in places["PoseidonT3"]:
            at = 2 + 2 * place["start"]
            code = code[:at] + library.address[2:] + code[at + 40 :]
    return create(web3, made["abi"], code, verifier.address, sender=sender)
