"""Registers that moved in, as the events of `TitleMigration` leave them in the read tables."""

import json
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert

from muniment.db.engine import writing
from muniment.db.schema import checkpoints, events
from muniment.hashing import ZERO_HASH
from muniment.land.migration_files import build_into
from muniment.land.migration_leaf import MovedTitle
from muniment.land.migration_tree import MovedTree
from muniment.land.model import Grade, Share, jurisdiction_bytes

READY = 5_000


def title(ref: str) -> MovedTitle:
    """A title of one holder."""
    return MovedTitle(ref, "0x" + "ab" * 32, 500, Grade.ABSOLUTE, 1, (Share("0x" + "07" * 32, 1),))


def read_up_to(store: Engine, time: int, number: int = 100) -> None:
    """The chain was read up to a block of this time."""
    row = {"chain_id": 31337, "genesis_hash": "0x0", "number": number, "hash": "0x9", "time": time}
    with writing(store) as connection:
        connection.execute(insert(checkpoints).values(**row, safe_number=80, finalized_number=60))


def told(store: Engine, name: str, block: int, **arguments: Any) -> None:
    """An event about the roots of GB."""
    code = "0x" + jurisdiction_bytes("GB").hex()
    where = {"block_number": block, "log_index": 0, "block_hash": hex(block), "time": block, "tx_hash": hex(block)}
    kind = {"contract": "TitleMigration", "name": name, "subject": code}
    text = json.dumps({"jurisdiction": code, **arguments})
    with writing(store) as connection:
        connection.execute(insert(events).values(**where, **kind, arguments=text))


def proposed(store: Engine, folder: Path, number: int, block: int, *refs: str) -> MovedTree:
    """A register whose files lie in the folder and whose root was proposed."""
    tree = build_into(folder, "GB", [title(ref) for ref in refs])
    register = {"root": "0x" + tree.root.hex(), "count": tree.count, "leavesHash": "0x" + tree.leaves_hash.hex()}
    told(store, "RootProposed", block, number=number, readyAt=READY, register={**register, "predecessor": ZERO_HASH})
    return tree
