"""What a page lets a wallet sign: laid in the page for its script, which signs that and nothing else."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from muniment.web.site import Site


@dataclass(frozen=True)
class Representative:
    """One of those who sign for an organisation, and the wallet."""

    party: str
    wallet: str


@dataclass(frozen=True)
class Represented:
    """An organisation signs by `needed` of its representatives."""

    needed: int
    by: Sequence[Representative]


@dataclass(frozen=True)
class Part:
    """One thing to sign (EIP-712 type `type`), by `wallet`; `label` says in what part, when there are several.
    An organisation has no wallet; `represented` says who signs for it.

    `message` is what the page shows of it. The service is asked for the rest at `ask` and sent the signature at
    `send`, with `body` and those of the message's members that `echo` names.
    """

    type: str
    wallet: str | None
    message: Mapping[str, Any]
    ask: str
    send: str
    body: Mapping[str, Any]
    echo: Sequence[str]
    label: str = ""
    represented: Represented | None = None


def act(
    site: Site,
    registry: str,
    parts: Sequence[Part],
    intent: str | None = None,
    joins: str | None = None,
    hands_over: str | None = None,
) -> str:
    """The act as JSON: for a registry of this deployment.

    `joins` is the member that a second wallet fills, which signs, too. `hands_over` is the one that the only wallet
    fills, whose signature is shown, for the person to hand it to the agency.
    """
    return json.dumps(
        {
            "registry": registry,
            "address": site.deployment.contracts[registry].address.lower(),
            "chain": site.deployment.chain_id,
            "intent": intent,
            "parts": [asdict(part) for part in parts],
            "joins": joins,
            "hands_over": hands_over,
        }
    )
