"""A node that lies to a trustee: it tells something else than the chain, and signs what it can with keys of its own."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from eth_account import Account

from muniment.ballots.ceremony_steps import STEPS
from muniment.ballots.verifying.events import CEREMONY
from muniment.chain.abi import encode_values
from muniment.chain.rpc import Request, Rpc
from tests.service.ballots.ceremony_stage import PASSWORD, Ceremony

Bend: TypeAlias = Callable[[str, Sequence[Any], Any], Any]
EVENTS = {event.name: event for event in CEREMONY}


class Liar(Rpc):
    """A node that tells something else than the chain: `bend` makes another answer of method, parameters and answer."""

    def __init__(self, url: str, bend: Bend) -> None:
        super().__init__([url])
        self.bend, self.asked = bend, list[Request]()

    def answers(self, requests: Sequence[Request]) -> list[Any]:
        """What the honest node would say, bent."""
        self.asked += requests
        told = super().answers(requests)
        return [self.bend(*request, answer) for request, answer in zip(requests, told, strict=True)]


@dataclass(frozen=True)
class Shown:
    """An event by its trustee, with its values by name, and the transaction that is said to have left it."""

    name: str
    values: dict[str, Any]
    transaction: dict[str, Any]

    @property
    def by(self) -> str:
        """Whose it is said to be."""
        return str(self.values[STEPS[self.name].by])


def key_of(ceremony: Ceremony, place: int) -> bytes:
    """The secret of a trustee's own key on the chain."""
    return bytes(Account.decrypt(json.loads(ceremony.keystore(place).read_text()), PASSWORD))


def signed(
    ceremony: Ceremony,
    key: bytes,
    step: str,
    *arguments: Any,
    to: str | None = None,
    chain: int | None = None,
    setup: str | None = None,
    function: str | None = None,
) -> dict[str, Any]:
    """A transaction of a step as eth_getTransactionByHash shows it, signed with a key; it need not be on the chain."""
    call = replace(STEPS[step].call, name=function or STEPS[step].call.name)
    values = encode_values(call.types, [bytes.fromhex((setup or ceremony.setup)[2:]), *arguments])
    fields = {
        "type": 2,
        "chainId": chain or ceremony.deployment.chain_id,
        "nonce": 7,
        "to": bytes.fromhex((to or ceremony.deployment.contracts["TrusteeCeremony"].address)[2:]),
        "value": 0,
        "data": call.selector + values,
        "gas": 10**6,
        "maxFeePerGas": 1,
        "maxPriorityFeePerGas": 1,
    }
    made = Account.sign_transaction(fields, key)
    numbers = {name: hex(value) for name, value in fields.items() if isinstance(value, int)}
    signature = {"yParity": hex(made.v), "v": hex(made.v), "r": hex(made.r), "s": hex(made.s)}
    shown = {"to": "0x" + fields["to"].hex(), "input": "0x" + fields["data"].hex(), "accessList": []}
    return {**numbers, **shown, **signature, "hash": "0x" + bytes(made.hash).hex()}


def showing(ceremony: Ceremony, *instead: Shown) -> Bend:
    """A node that shows these events, each instead of all of its kind by the same trustee."""
    transactions = {shown.transaction["hash"]: shown.transaction for shown in instead}

    def bend(method: str, params: Sequence[Any], answer: Any) -> Any:
        if method == "eth_getTransactionByHash":
            return transactions.get(params[0], answer)
        if method != "eth_getLogs":
            return answer
        hidden = [_topics(ceremony, shown)[: 2 + _place(shown)] for shown in instead]
        kept = [log for log in answer if not any(_fits(log["topics"], topics) for topics in hidden)]
        return kept + [_log(ceremony, shown, answer[0]) for shown in instead]

    return bend


def hiding(name: str, *accounts: str) -> Bend:
    """A node that shows no such event of these accounts."""
    first, about = "0x" + EVENTS[name].topic.hex(), ["0x" + "00" * 12 + account[2:] for account in accounts]

    def bend(method: str, _: Sequence[Any], answer: Any) -> Any:
        if method != "eth_getLogs":
            return answer
        return [log for log in answer if log["topics"][0] != first or log["topics"][2] not in about]

    return bend


def _place(shown: Shown) -> int:
    """How many topics follow the setup, up to the one that names who did it."""
    return list(EVENTS[shown.name].indexed).index(STEPS[shown.name].by)


def _topics(ceremony: Ceremony, shown: Shown) -> list[str]:
    event = EVENTS[shown.name]
    named = [shown.values[name][2:].rjust(64, "0") for name in event.indexed if name != "setup"]
    return ["0x" + event.topic.hex(), ceremony.setup, *(f"0x{one}" for one in named)]


def _fits(topics: Sequence[str], wanted: Sequence[str | None]) -> bool:
    return list(topics[: len(wanted)]) == list(wanted)


def _log(ceremony: Ceremony, shown: Shown, template: dict[str, Any]) -> dict[str, Any]:
    rest = EVENTS[shown.name].rest
    data = encode_values(list(rest.values()), [shown.values[name] for name in rest])
    changes = {"data": "0x" + data.hex(), "transactionHash": shown.transaction["hash"]}
    return {**template, **changes, "topics": _topics(ceremony, shown)}
