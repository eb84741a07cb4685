"""Acts that wait for a second officer, in plain words: what the first one asked the contract to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from muniment.access.queries import PendingActLine
from muniment.chain.abi import decode_call
from muniment.chain.deployment import Deployment
from muniment.hashing import ZERO_HASH
from muniment.identity.model import party_id


@dataclass(frozen=True)
class Waiting:
    """A pending act; `words` is the message's key, None for an act that has none.

    `party` or `company` is whom it is about, and `wallet` the one that would sign from then on, `key` an
    officer's.
    """

    line: PendingActLine
    words: str | None
    party: str | None = None
    company: str | None = None
    wallet: str | None = None
    key: str | None = None
    threshold: int | None = None
    persons: tuple[str, ...] = ()
    by_court: bool = False


def waiting(deployment: Deployment, lines: Sequence[PendingActLine]) -> list[Waiting]:
    """The acts with what they mean, as far as our own contracts' ABIs tell."""
    return [_waiting(deployment, line) for line in lines]


def _waiting(deployment: Deployment, line: PendingActLine) -> Waiting:
    found = _call(deployment, line.target, line.calldata)
    if found is None:
        return Waiting(line, None)
    contract, function, given = found
    words = f"act.{contract}.{function}"
    if contract == "PartyRegistry" and "commitment" in given:
        return Waiting(
            line,
            words,
            party=party_id(given["agency"], given["commitment"]),
            wallet=given.get("wallet"),
            threshold=given.get("threshold"),
            persons=tuple(given.get("representatives", ())),
            by_court=given.get("courtOrder", ZERO_HASH) != ZERO_HASH,
        )
    if contract == "CompanyRegistry" and "company" in given:
        return Waiting(line, words, company=given["company"], by_court="courtOrder" in given)
    return Waiting(line, words, key=given.get("key"))


def _call(deployment: Deployment, target: str, calldata: str) -> tuple[str, str, dict[str, Any]] | None:
    """Contract, function and arguments by name; None when it is no call of a contract of ours."""
    contract = next((one for one in deployment.contracts.values() if one.address.lower() == target.lower()), None)
    found = None if contract is None else decode_call(contract.abi, calldata)
    return None if contract is None or found is None else (contract.name, *found)
