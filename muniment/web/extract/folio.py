"""What an extract says: everything public about a title at one block, and the same as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import rfc8785
from sqlalchemy import Connection

from muniment.chain.deployment import Deployment
from muniment.db.answers import AsOf
from muniment.errors import Refused
from muniment.hashing import ZERO_ADDRESS
from muniment.land import encumbrances, queries
from muniment.land.answers import Interests, Liens, RestrictionLine, TitleAnswer
from muniment.land.folio import folio
from muniment.land.ladm import ladm
from muniment.land.model import RestrictionKind
from muniment.land.standing import restrictions_of

FORMAT = "muniment-extract-1"
_EXACT = 1 << 53


@dataclass(frozen=True)
class Extract:
    """A title at one block. `attached` is RFC 8785 text: the title by ISO 19152, and the events that made it so.

    Each event names its transaction: whoever has a node of the chain finds it in that transaction's receipt.
    """

    title: TitleAnswer
    known: AsOf
    liens: Liens
    interests: Interests
    restrictions: tuple[RestrictionLine, ...]
    contracts: Mapping[str, str]
    address: str
    attached: bytes


def extract(connection: Connection, deployment: Deployment, title: str, public_url: str) -> Extract:
    """All of it, judged at the time of the last block read, so that the same state gives the same extract.

    Raises Refused when there is no such title.
    """
    answer = queries.title(connection, title)
    if answer is None or answer.as_of is None:
        raise Refused("TitleUnknown", title=title)
    now, name = answer.as_of.time, answer.title
    kinds = (RestrictionKind.FREEZE, RestrictionKind.CAVEAT)
    standing = tuple(line for kind in kinds for line in restrictions_of(connection, name, kind, now).standing)
    contracts = {name: contract.address for name, contract in sorted(deployment.contracts.items())}
    whole = folio(connection, name, now)
    if whole is None:
        raise Refused("TitleUnknown", title=title)
    address = f"{public_url}/titles/{name}"
    attached = {
        "format": FORMAT,
        "page": address,
        "as_of": vars(answer.as_of),
        "contracts": contracts,
        "title": ladm(whole, deployment.chain_id, contracts.get("TitleRegistry", ZERO_ADDRESS), answer.as_of),
        "events": [{**vars(line), "finality": line.finality.value} for line in answer.history],
        "events_in_all": answer.history_length,
    }
    return Extract(
        title=answer,
        known=answer.as_of,
        liens=encumbrances.liens_of(connection, name),
        interests=encumbrances.interests_of(connection, name, now),
        restrictions=standing,
        contracts=contracts,
        address=address,
        attached=rfc8785.dumps(_exact(attached)),
    )


def _exact(value: Any) -> Any:
    """Values as JSON keeps them exactly: integers of more than 53 bits as decimal text, floats of a geometry too."""
    if isinstance(value, Mapping):
        return {str(name): _exact(held) for name, held in value.items()}
    if isinstance(value, list | tuple):
        return [_exact(held) for held in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _EXACT:
        return str(value)
    return value
