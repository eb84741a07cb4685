"""`muniment land migration`: a register that moves in under one root, and the public proof for each of its titles."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress

from muniment.chain.deployment import Deployment
from muniment.chain.rpc import Rpc
from muniment.chain.views import View, answers, ask
from muniment.cli.console import AsJson, Jurisdiction, emit_json, progress, say, table
from muniment.config import Settings
from muniment.db.engine import open_engine, reading
from muniment.errors import Refused
from muniment.land.migration.files import MovedFiles, build_into, open_tree
from muniment.land.migration.leaf import MovedTitle, title_as_given
from muniment.land.migration.proof import StandingRoot
from muniment.land.migration.serving import Proven, judge, line_as_json, prove, prove_by, standing_roots
from muniment.land.model import check_jurisdiction, jurisdiction_bytes, normalise_ref, title_id
from muniment.sentences import sentence_of

app = typer.Typer(help="Registers that move in under a Merkle root.", no_args_is_help=True)

Named = Annotated[str, typer.Argument(metavar="TITLE", help="A cadastral reference, or a title's id.")]
Trees = Annotated[
    list[Path] | None,
    typer.Option("--tree", help="A tree file; repeat for each root that stands, oldest first."),
]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write the proof to this file.")]


@app.command("build")
def build(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="One title per line, as JSON.")],
    jurisdiction: Jurisdiction,
    into: Annotated[Path | None, typer.Option(help="The folder; else that of MUNIMENT_MIGRATIONS.")] = None,
    as_json: AsJson = False,
) -> None:
    """Build the published file and the tree of a register, and say what is to be proposed."""
    check_jurisdiction(jurisdiction)
    folder = into or Settings.load().migrations
    with progress() as bars, build_into(folder, jurisdiction, _titles(path, bars)) as tree:
        told = {
            "jurisdiction": jurisdiction,
            "root": "0x" + tree.root.hex(),
            "count": tree.count,
            "first": "0x" + tree.title_id(0).hex(),
            "last": "0x" + tree.title_id(tree.count - 1).hex(),
            "leaves_hash": "0x" + tree.leaves_hash.hex(),
            "edges": "0x" + tree.edges().hex(),
            "leaves": str(tree.leaves),
            "tree": str(tree.path),
        }
    if as_json:
        emit_json(told)
    else:
        table(f"{told['count']} titles of {jurisdiction}", ("", ""), list(told.items()))
        say(f"Publish {told['leaves']}, then have two land registrars propose the root.")


@app.command("roots")
def roots(jurisdiction: Jurisdiction, as_json: AsJson = False) -> None:
    """Registers that moved in and stand, the oldest first, and whose titles are proven here."""
    settings = Settings.load()
    with reading(open_engine(settings.database_url)) as connection:
        known = standing_roots(connection, check_jurisdiction(jurisdiction))
    files = MovedFiles(settings.migrations)
    served = [files.tree(jurisdiction, root.root) is not None for root in known.roots]
    if as_json:
        numbers = [root.number for root, here in zip(known.roots, served, strict=True) if here]
        emit_json({**vars(known), "served": numbers})
        return
    rows = [
        (root.number, root.root, f"{root.count:,}", root.status.name.lower().replace("_", " "), "yes" if here else "no")
        for root, here in zip(known.roots, served, strict=True)
    ]
    columns = ("number", "root", "titles", "status", "files here")
    table(f"{len(rows)} registers moved into {jurisdiction}", columns, rows)


@app.command("proof")
def proof(
    title: Named,
    jurisdiction: Jurisdiction,
    together: Annotated[int | None, typer.Option(help="One proof for so many titles, from this one on.")] = None,
    tree: Trees = None,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Prove that a register that moved in holds a title, as the registry admits it with."""
    proven = _proven(title, jurisdiction, tree, together)
    if proven.kind == "absence":
        raise Refused("TitleNotMoved", title=title)
    _tell(proven, output, as_json)


@app.command("absence")
def absence(
    title: Named, jurisdiction: Jurisdiction, tree: Trees = None, output: Output = None, as_json: AsJson = False
) -> None:
    """Prove that no register that moved in holds a title, as the registry enters a new one with."""
    proven = _proven(title, jurisdiction, tree, None)
    if proven.kind != "absence":
        raise Refused("TitleMoved", title=title)
    _tell(proven, output, as_json)


@app.command("verify")
def verify(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A proof, as `proof`, `absence` or the API gives it.")],
    root: Annotated[
        list[str] | None,
        typer.Option("--root", help="A root that stands and its count, as 0x…:COUNT; repeat, oldest first."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Judge a proof by the roots that stand on the chain, or by those given. Exit 0: it holds; 1: it does not."""
    proven = _read(path)
    numbers, standing = _given(root) if root else _on_chain(proven.jurisdiction)
    place = judge(proven, standing)
    number = None if place is None or not numbers else numbers[place]
    if as_json:
        told = {"kind": proven.kind, "titles": len(proven.moved), "place": place, "number": number}
        emit_json({"valid": True, "jurisdiction": proven.jurisdiction, "title": proven.title, **told})
    elif place is None:
        say(f"It holds: of {len(standing)} registers that moved into {proven.jurisdiction} none has {proven.title}.")
    else:
        say(f"It holds: register {number or place} of {proven.jurisdiction} has {len(proven.moved)} title(s) as shown.")


def _titles(path: Path, bars: Progress) -> Iterator[MovedTitle]:
    """The titles of a file, while a bar shows how far it was read. Raises Refused with a line's number."""
    try:
        bar = bars.add_task("Reading", total=path.stat().st_size)
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                bars.update(bar, advance=len(line))
                try:
                    if line.strip():
                        yield title_as_given(line)
                except Refused as refused:
                    raise Refused("RegisterLineRefused", line=number, why=sentence_of(refused)) from None
    except OSError as error:
        raise Refused("FileUnreadable", path=str(path), cause=error.strerror or "no such file") from None
    bars.add_task("Building the tree", total=None)


def _proven(title: str, jurisdiction: str, trees: list[Path] | None, together: int | None) -> Proven:
    known = bool(re.fullmatch("0x[0-9a-fA-F]{64}", title))
    name = title.lower() if known else title_id(jurisdiction, normalise_ref(title))
    if trees:
        with ExitStack() as opened:
            return prove_by(jurisdiction, [opened.enter_context(open_tree(path)) for path in trees], name, together)
    settings = Settings.load()
    with reading(open_engine(settings.database_url)) as connection:
        files = MovedFiles(settings.migrations)
        return prove(connection, files, check_jurisdiction(jurisdiction), name, together).proven


def _tell(proven: Proven, output: Path | None, as_json: bool) -> None:
    told = {**vars(proven), "moved": [line_as_json(moved) for moved in proven.moved]}
    if output is not None:
        try:
            output.write_text(json.dumps(told, ensure_ascii=False) + "\n", encoding="utf-8")
        except OSError as error:
            raise Refused("FileUnwritable", path=str(output), cause=str(error.strerror)) from None
    if as_json:
        emit_json(told)
    elif output is not None:
        say(f"Wrote the proof of {proven.kind} of {proven.title} to {output}.")
    else:
        facts = [("title", proven.title), ("kind", proven.kind), ("proof", proven.proof)]
        held = [("holds", json.dumps(line, ensure_ascii=False)) for line in told["moved"]]
        table(proven.jurisdiction, ("", ""), [*facts, *held])


def _read(path: Path) -> Proven:
    """A proof from a file, of which nothing is trusted."""
    try:
        read: Any = json.loads(path.read_text(encoding="utf-8"))
        moved = tuple(title_as_given(json.dumps(line).encode()) for line in read["moved"])
        proven = Proven(check_jurisdiction(read["jurisdiction"]), read["title"], read["kind"], read["proof"], moved)
        whole = re.fullmatch("0x[0-9a-f]{64}", proven.title) and re.fullmatch("0x([0-9a-f]{2})*", proven.proof)
        names = [title_id(proven.jurisdiction, one.ref) for one in moved]
        held = {"presence": names == [proven.title], "neighbours": names[:1] == [proven.title], "absence": not names}
        readable = bool(whole) and held.get(proven.kind, False)
    except OSError as error:
        raise Refused("FileUnreadable", path=str(path), cause=error.strerror or "no such file") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Refused("ProofFileUnreadable", path=str(path)) from None
    if not readable:
        raise Refused("ProofFileUnreadable", path=str(path))
    return proven


def _given(roots: list[str]) -> tuple[list[int], list[StandingRoot]]:
    standing = []
    for text in roots:
        found = re.fullmatch("0x([0-9a-fA-F]{64}):([1-9][0-9]{0,17})", text)
        if not found:
            raise typer.BadParameter(f"{text[:100]!r} is no root and count; write 0x…:1000.", param_hint="--root")
        standing.append(StandingRoot(bytes.fromhex(found[1]), int(found[2])))
    return [], standing


def _on_chain(jurisdiction: str) -> tuple[list[int], list[StandingRoot]]:
    """The roots that stand, as the contract itself says, all at one block."""
    settings = Settings.load()
    deployment, rpc = Deployment.load(settings.deployment_path), Rpc(settings.rpc_urls)
    code = "0x" + jurisdiction_bytes(jurisdiction).hex()
    block = rpc.head().number
    numbers = ask(rpc, deployment, View("TitleMigration", "standingRoots", (code,)), block)
    views = [View("TitleMigration", "registerAt", (code, number)) for number in numbers]
    standing = [
        StandingRoot(bytes.fromhex(moved["root"][2:]), int(moved["count"]))
        for moved in answers(rpc, deployment, views, block)
    ]
    return list(numbers), standing
