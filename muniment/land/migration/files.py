"""The folder of registers that move in: for each its published file and the tree over it, found by their root."""

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from muniment.errors import Refused
from muniment.land.migration.build import build
from muniment.land.migration.leaf import MovedTitle
from muniment.land.migration.tree import MovedTree


def paths_of(folder: Path, jurisdiction: str, root: bytes) -> tuple[Path, Path]:
    """Where a register's published file and its tree lie."""
    name = f"{jurisdiction}-{root.hex()[:16]}"
    return folder / f"{name}.jsonl", folder / f"{name}.tree"


def build_into(folder: Path, jurisdiction: str, titles: Iterable[MovedTitle]) -> MovedTree:
    """Build a register's files and put them into the folder, whole or not at all; return the tree, opened.

    A service that reads an older file of the same name goes on reading that. Raises Refused as `build` does.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder, prefix=".building-") as name:
            made = Path(name, "leaves"), Path(name, "tree")
            with build(jurisdiction, titles, *made) as tree:
                lasting = paths_of(folder, jurisdiction, tree.root)
            for source, target in zip(made, lasting, strict=True):
                source.replace(target)
    except OSError as error:
        raise Refused("FileUnwritable", path=str(folder), cause=error.strerror or "cannot be written") from None
    return open_tree(lasting[1])


def open_tree(path: Path) -> MovedTree:
    """A tree whose published file lies beside it. Raises Refused when either is missing or broken."""
    leaves = path.with_suffix(".jsonl")
    try:
        if not leaves.is_file():
            raise FileNotFoundError(2, "no published file lies beside it")
        return MovedTree(path, leaves)
    except OSError as error:
        raise Refused("FileUnreadable", path=str(path), cause=error.strerror or "no such file") from None
    except ValueError:  # an empty file cannot be mapped
        raise Refused("TreeFileBroken", path=str(path)) from None


class MovedFiles:
    """The trees of a folder, each opened once and when it is first asked for. Safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._trees: dict[tuple[str, str], MovedTree] = {}
        self._seen: set[Path] = set()
        self._lock = Lock()

    def tree(self, jurisdiction: str, root: str) -> MovedTree | None:
        """The tree of a root (0x hex), or None when the folder has none that is whole."""
        key = jurisdiction, root
        with self._lock:
            if key not in self._trees:
                self._look()
            return self._trees.get(key)

    def _look(self) -> None:
        for path in sorted(self.folder.glob("*.tree")):
            if path in self._seen:
                continue
            try:
                tree = open_tree(path)
            except Refused:
                continue  # asked again later: it may still be on its way here
            self._seen.add(path)
            self._trees[tree.jurisdiction, "0x" + tree.root.hex()] = tree
