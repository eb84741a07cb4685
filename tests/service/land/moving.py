"""Registers that moved in, as the events of `TitleMigration` leave them in the read tables."""

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert

from muniment.db.engine import writing
from muniment.db.schema import checkpoints
from muniment.hashing import ZERO_HASH
from muniment.land.migration.files import build_into
from muniment.land.migration.leaf import MovedTitle
from muniment.land.migration.tree import MovedTree
from muniment.land.model import Grade, Share, jurisdiction_bytes
from muniment.land.project_roots import HANDLERS
from tests.service.projecting import event, project

READY = 5_000
OFFICER = "0x" + "0f" * 20


def title(ref: str) -> MovedTitle:
    """A title of one holder."""
    return MovedTitle(ref, "0x" + "ab" * 32, 500, Grade.ABSOLUTE, 1, (Share("0x" + "07" * 32, 1),))


def read_up_to(store: Engine, time: int, number: int = 100) -> None:
    """The chain was read up to a block of this time."""
    row = {"chain_id": 31337, "genesis_hash": "0x0", "number": number, "hash": "0x9", "time": time}
    with writing(store) as connection:
        connection.execute(insert(checkpoints).values(**row, safe_number=80, finalized_number=60))


def told(store: Engine, name: str, block: int, **arguments: Any) -> None:
    """Project an event about the roots of GB, of a block whose time is its number."""
    given = {"jurisdiction": "0x" + jurisdiction_bytes("GB").hex(), **arguments}
    happened = event("TitleMigration", name, block=block, **given)._replace(time=block)
    project(store, HANDLERS, happened)


def proposed(store: Engine, folder: Path, number: int, block: int, *refs: str) -> MovedTree:
    """A register whose files lie in the folder and whose root was proposed."""
    tree = build_into(folder, "GB", [title(ref) for ref in refs])
    root = "0x" + tree.root.hex()
    register = {
        "root": root, "count": tree.count, "leavesHash": "0x" + tree.leaves_hash.hex(), "predecessor": ZERO_HASH,
        "first": "0x" + tree.title_id(0).hex(), "last": "0x" + tree.title_id(tree.count - 1).hex(),
    }  # fmt: skip
    told(store, "RootProposed", block, number=number, root=root, officer=OFFICER, readyAt=READY, register=register)
    return tree


def frozen(store: Engine, block: int, order: int) -> None:
    """A court stopped root number 1 with an order."""
    names = {"freeze": f"0x{order:064x}", "court": ZERO_HASH, "order": f"0x{order:064x}"}
    told(store, "RootFrozen", block, number=1, officer=OFFICER, **names)


def lifted(store: Engine, block: int, order: int, ready_at: int) -> None:
    """The court lifted it."""
    names = {"freeze": f"0x{order:064x}", "order": f"0x{order:064x}"}
    told(store, "RootFreezeLifted", block, number=1, officer=OFFICER, readyAt=ready_at, **names)
