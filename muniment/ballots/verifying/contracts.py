"""Whether the contracts of an election run the code that the verifier's own sources compile to.

A contract of other code answers and tells what it likes. What is expected comes with the verifier: from the artifacts
that the compiler made of this checkout, never from the service or the chain that is verified.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from muniment.ballots.verifying.findings import Findings
from muniment.ballots.verifying.transcript import CodeShown
from muniment.chain.account_proof import ProofRefused, proven_code_hash
from muniment.chain.runtime import body, body_hash, immutables_of
from muniment.errors import Refused
from muniment.hashing import keccak, keccak_bytes

BUILD = Path(__file__).parents[3] / "build" / "contracts"


@dataclass(frozen=True)
class ContractCode:
    """What a contract's code is known by, metadata aside.

    `runtime` hashes the code that stands, with zeros at `immutables`; `creation` the code that creates it, without the
    constructor's arguments, which has `length` bytes with its metadata: by its length it finds the arguments.
    """

    runtime: str
    immutables: tuple[int, ...]
    creation: str
    length: int

    @classmethod
    def of(cls, creation: bytes, runtime: bytes) -> Self:
        """The code that the compiler made."""
        places = immutables_of(body(runtime))
        return cls(body_hash(runtime, places), places, keccak(body(creation)), len(creation))

    def stands(self, code: bytes) -> bool:
        """Whether this is the code, whatever values its immutables have."""
        return body_hash(code, self.immutables) == self.runtime

    def is_created_by(self, code: bytes) -> bool:
        """Whether this code, before its arguments, creates the contract: with them, all its immutables follow."""
        return len(code) == self.length and keccak(body(code)) == self.creation


@dataclass(frozen=True)
class Contracts:
    """The code of the contracts that an election rests on."""

    box: ContractCode
    ceremony: ContractCode

    @classmethod
    def built(cls, folder: Path = BUILD) -> Self:
        """What the compiler made, from its artifacts in a folder. Raises Refused(ContractsUncompiled)."""
        return cls(_artifact(folder / "BallotBox.json"), _artifact(folder / "TrusteeCeremony.json"))


def _artifact(path: Path) -> ContractCode:
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        return ContractCode.of(*(bytes.fromhex(held[name]) for name in ("bytecode", "deployedBytecode")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refused("ContractsUncompiled", path=str(path)) from error


def check_code(
    shown: Mapping[str, CodeShown], addresses: Mapping[str, str], state: bytes, known: Contracts, found: Findings
) -> None:
    """Check that each contract has the code shown under the head's state root, and that it is the one we compiled."""
    for name, own in (("box", known.box), ("ceremony", known.ceremony)):
        where, (code, proof) = f"code.{name}", shown[name]
        try:
            proven = proven_code_hash(state, addresses[name], proof) == keccak_bytes(code)
        except ProofRefused as refused:
            found.wrong("CodeUnproven", where, f"The head does not prove it: {refused}.")
        else:
            found.require(proven, "CodeUnproven", where, "The head's state has other code at the address.")
        found.require(own.stands(code), "CodeUnknown", where, "It is not the code that these sources compile to.")
