"""Let an agency's register move in under one Merkle root.

Build the tree, have two registrars propose it, see how it stands, take it back; have a court stop it, and a title that
is wrong in it released. A root takes effect by itself when the time for objections is over. Before it is proposed,
publish the file of titles: the root names its SHA-256, and the second registrar reckons the root anew from that file.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from eth_abi import encode
from eth_utils import keccak

from scripts.common import cases, keys, roots, session, settings, titles, two_officers
from scripts.common.acts import Act, perform
from scripts.common.agencies import when
from scripts.common.cases import shown
from scripts.common.registries import NOBODY, Registries, checksum, open_registries
from scripts.common.roots import RootStatus
from scripts.common.session import Session
from scripts.common.settings import Misused, Refused
from scripts.common.two_officers import Proposed

KINDS = (roots.PROPOSAL, roots.ANNULMENT, roots.RELEASE)
ROOT_FREEZE = keccak(b"Muniment.RootFreeze.v1")


def options() -> argparse.ArgumentParser:
    """The command line: a verb and what belongs to it."""
    parser = argparse.ArgumentParser(description="Let a register move in under one Merkle root.", allow_abbrev=False)
    verb = two_officers.verbs(parser, "an act on registers that move in", _comparing, evidence=False)
    build = verb("build", "make the tree and the file to publish from a file of titles; needs no node")
    build.add_argument("file", type=Path, metavar="FILE", help="JSON lines, CSV or GeoJSON (docs/deployment.md)")
    build.add_argument("--into", type=Path, metavar="FOLDER", help="MUNIMENT_MIGRATIONS, or this folder")
    build.add_argument("--agency", metavar="DOMAIN|ID", help="of GeoJSON: whose commitments it names")
    build.add_argument(
        "--grade", choices=["provisional", "qualified", "absolute"], default="absolute", help="of GeoJSON"
    )
    build.add_argument("--ref-property", metavar="NAME", help="of GeoJSON: where the cadastral reference is")
    propose = verb("propose", "first registrar: propose a root, once its file is published")
    propose.add_argument("tree", type=Path, metavar="TREE", help="as build made it, its .jsonl beside it")
    propose.add_argument("--predecessor", metavar="ROOT", help="the root of the register that this one continues")
    take_back = verb("withdraw-root", "registrar: take a root back before it takes effect")
    refute = verb("refute", "anyone: end a root before it takes effect, whose published file is out of order")
    refute.add_argument("--leaves", required=True, type=Path, metavar="FILE", help="the published file")
    freeze = verb("freeze", "court's officer: stop a root")
    lift = verb("lift", "court's officer: lift a stop")
    lift.add_argument("--freeze", required=True, metavar="ID")
    annul = verb("annul", "first registrar: end a root that took effect and that a court stopped")
    release = verb("release", "first registrar: take one title out of every root")
    release.add_argument("--title", required=True, metavar="ID|REF", help="its id, or its cadastral reference")
    status = verb("status", "say how the roots of a jurisdiction stand")
    for made in (build, take_back, refute, freeze, annul, release, status):
        made.add_argument("--jurisdiction", required=True, metavar="CODE", help="ISO 3166, e.g. SE")
    for made in (take_back, refute, freeze, annul):
        made.add_argument("--root", required=True, type=int, metavar="NUMBER", help="as status numbers them")
    for made in (freeze, lift, annul, release):
        made.add_argument("--order", required=True, metavar="FILE|HASH", help="the order that it rests on")
    return parser


def _comparing(confirm: argparse.ArgumentParser) -> None:
    confirm.add_argument("--leaves", type=Path, metavar="FILE", help="of a proposal: its published file")
    confirm.add_argument("--order", metavar="FILE|HASH", help="compare with the order that lies before you")


def read(args: argparse.Namespace) -> None:
    """Read codes, ids and hashes before anything slow happens. Raises Misused."""
    two_officers.read(args)
    titles.read_title(args)
    if "jurisdiction" in args:
        args.code, args.jurisdiction = args.jurisdiction, bytes.fromhex(settings.jurisdiction(args.jurisdiction)[2:])
    if "root" in args and not 0 < args.root < 2**16:
        raise Misused(f"{args.root} is no root's number; status lists them.")
    if "order" in args:
        args.order = cases.order_of(args.order)
        if args.verb != "confirm" and not any(args.order):
            raise Misused("An order has a hash that is not zero.")
    if args.verb == "lift":
        args.freeze = bytes.fromhex(settings.hash32(args.freeze, "a freeze")[2:])
    if args.verb == "propose":
        args.predecessor = settings.hash32(args.predecessor, "a root") if args.predecessor else shown(NOBODY)


def offline(args: argparse.Namespace) -> dict[str, Any] | None:
    """Build a tree. None for every other verb, which needs a node."""
    if args.verb != "build":
        return None
    from muniment.access.model import agency_named  # imported late: it takes a second
    from muniment.land.migration.build import build
    from muniment.land.model import Grade
    from muniment.land.parcels import Options
    from scripts.common import moving_in

    into = args.into or Path(settings.environment().get("MUNIMENT_MIGRATIONS", "."))
    agency = args.agency if args.agency is None or args.agency.startswith("0x") else agency_named(args.agency)
    how = Options(args.code, args.ref_property, grade=Grade[args.grade.upper()])
    with _sentences(), _workshop(into) as folder, _bar(args.file) as show:
        draft = folder / "titles.jsonl"
        with build(args.code, moving_in.titles_in(args.file, agency, how, show), draft, folder / "titles.tree") as tree:
            told = _claim(tree)
        stem = f"{args.code}-{told['root'][2:18]}"
        for kind in (".jsonl", ".tree"):
            (folder / f"titles{kind}").replace(into / f"{stem}{kind}")
            told[kind[1:]] = str(into / f"{stem}{kind}")
    out = sys.stderr if args.json else sys.stdout
    print(f"{told['count']:,} titles under the root {told['root']}", file=out)
    print(f"Publish    {told['jsonl']}\n           SHA-256 {told['leaves_hash'][2:]}", file=out)
    print(f"Propose    migrate_register propose {told['tree']}", file=out)
    return {"jurisdiction": args.code, **told}


def migrate(session: Session) -> dict[str, Any]:
    """Carry out the verb. Gives what --json prints."""
    args, registries = session.args, open_registries(session)
    if args.verb == "confirm":
        return two_officers.confirm(session, registries, KINDS, lambda act: _compare(session, act))
    if args.verb in ("withdraw", "pending"):
        return two_officers.routine(session, registries, KINDS)
    if args.verb == "propose":
        return _propose(session, registries)
    if args.verb == "status":
        return status(session, registries)
    if args.verb == "annul":
        values = {"jurisdiction": args.jurisdiction, "number": args.root, "order": args.order}
        return two_officers.propose(session, registries, roots.ANNULMENT, values)
    if args.verb == "release":
        title = _title(registries, args)
        values = {"jurisdiction": args.jurisdiction, "title": title, "order": args.order}
        return two_officers.propose(session, registries, roots.RELEASE, values) | {"title": shown(title)}
    if args.verb == "freeze":
        return _freeze(session, registries)
    act = {"withdraw-root": _withdrawal, "refute": _refutation, "lift": _lift}[args.verb]
    return perform(session, act(session, registries))


def _title(registries: Registries, args: argparse.Namespace) -> bytes:
    if args.title.startswith("0x"):
        return bytes.fromhex(args.title[2:])
    return bytes(registries.titles.functions.titleIdOf(args.jurisdiction, titles.normal(args.title)).call())


# ── Trees ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _claim(tree: Any) -> dict[str, Any]:
    """What registrars sign for a tree."""
    return {
        "root": shown(tree.root),
        "count": tree.count,
        "first": shown(tree.title_id(0)),
        "last": shown(tree.title_id(-1)),
        "leaves_hash": shown(tree.leaves_hash),
    }


def _propose(session: Session, registries: Registries) -> dict[str, Any]:
    from muniment.land.migration.tree import MovedTree  # imported late: it takes a second

    path = session.args.tree
    with _sentences(), MovedTree(path, path.with_suffix(".jsonl")) as tree:
        session.say(f"Reckoning {tree.count:,} titles anew …")
        tree.check()
        claim, edges = _claim(tree), tree.edges()
        jurisdiction = bytes.fromhex(settings.jurisdiction(tree.jurisdiction)[2:])
    words = [bytes.fromhex(claim[word][2:]) for word in ("root", "first", "last", "leaves_hash")]
    root, first, last, leaves_hash = words
    moved = (root, claim["count"], first, last, leaves_hash, bytes.fromhex(session.args.predecessor[2:]))
    values = {"jurisdiction": jurisdiction, "moved": moved, "edges": edges}
    return two_officers.propose(session, registries, roots.PROPOSAL, values) | claim


def _compare(session: Session, act: Proposed) -> None:
    """Where the second registrar brings file or order, raise Refused unless it is what the first one named."""
    args, values = session.args, act.values
    if any(args.order) and args.order != values.get("order"):
        raise Refused(f"The first registrar named the order {shown(values.get('order', b''))}. Nothing was sent.")
    if (args.leaves is None) == (act.kind is roots.PROPOSAL):
        wanted = "A proposal is confirmed with --leaves, the file that is published"
        raise Misused(f"{wanted}; nothing else has one. Nothing was sent.")
    if args.leaves is None:
        return
    session.say("Reckoning the root anew from the file …")
    with _published(roots.code(values["jurisdiction"]), args.leaves, values["moved"]) as tree:
        for index in range(tree.count - 1):
            if tree.title_id(index) >= tree.title_id(index + 1):
                raise Refused(f"The titles in lines {index + 1} and {index + 2} are out of order. Nothing was sent.")


@contextmanager
def _published(jurisdiction: str, leaves: Path, moved: Any) -> Iterator[Any]:
    """The tree over a published file, its lines as they stand. Raises Refused unless it is the one of a root."""
    from muniment.land.migration.build import as_published  # imported late: it takes a second

    root, count, _, _, leaves_hash, _ = moved
    with _sentences(), _workshop(Path(tempfile.gettempdir())) as folder:
        digest = sha256()
        with leaves.open("rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
        if digest.digest() != bytes(leaves_hash):
            raise Refused(
                f"{leaves} has the SHA-256 {digest.hexdigest()}, but the root names {bytes(leaves_hash).hex()}. "
                "Nothing was sent."
            )
        with as_published(jurisdiction, leaves, folder / "published.tree") as tree:
            if (tree.root, tree.count) != (bytes(root), count):
                raise Refused(f"{leaves} makes the root {shown(tree.root)}, not {shown(root)}. Nothing was sent.")
            yield tree


@contextmanager
def _workshop(into: Path) -> Iterator[Path]:
    """A folder for what is half done, on the disk where it goes when it is whole."""
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into, prefix=".migration-") as folder:
        yield Path(folder)


@contextmanager
def _sentences() -> Iterator[None]:
    """Let what the service's own rules refuse, and files that cannot be used, end in one sentence."""
    from muniment.errors import Refused as Unfit  # imported late: it takes a second
    from muniment.sentences import sentence_of

    try:
        yield
    except Unfit as error:
        raise Refused(sentence_of(error)) from None
    except (OSError, ValueError) as error:
        raise Refused(f"The files of the register cannot be used: {error}.") from None


@contextmanager
def _bar(path: Path) -> Iterator[Any]:
    """A progress bar on stderr, by how much of a file is read; nothing where stderr is no terminal."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as progress:
        task = progress.add_task("Reading", total=path.stat().st_size if path.exists() else None)
        yield lambda read: progress.update(task, completed=read)


# ── Acts of one officer, or of anyone ───────────────────────────────────────────────────────────────────────────────


def _ending(session: Session, registries: Registries, call: Any, word: str, wanted: RootStatus) -> Act:
    """The end of a pending root."""
    args = session.args
    moved = roots.register_at(registries, args.jurisdiction, args.root)

    def holds() -> bool:
        return roots.status_of(registries, args.jurisdiction, args.root) is wanted

    sentence = f"the root {args.root} of {args.code} is {word}"
    return Act(sentence, "officer", keys.officer(session), call, holds, lambda: roots.lines(moved))


def _withdrawal(session: Session, registries: Registries) -> Act:
    call = roots.functions_of(registries).withdraw(session.args.jurisdiction, session.args.root)
    return _ending(session, registries, call, "withdrawn", RootStatus.WITHDRAWN)


def _refutation(session: Session, registries: Registries) -> Act:
    args = session.args
    moved = tuple(roots.register_at(registries, args.jurisdiction, args.root))
    with _published(args.code, args.leaves, moved) as tree:
        pairs = range(tree.count - 1)
        index = next((n for n in pairs if tree.title_id(n) >= tree.title_id(n + 1)), None)
        if index is None:
            raise Refused(f"The titles in {args.leaves} are in order; there is nothing to refute. Nothing was sent.")
        disorder = tree.disorder(index)
    call = roots.functions_of(registries).refute(args.jurisdiction, args.root, disorder)
    return _ending(session, registries, call, "refuted", RootStatus.REFUTED)


def _freeze(session: Session, registries: Registries) -> dict[str, Any]:
    args, officer = session.args, keys.officer(session)
    moved = roots.register_at(registries, args.jurisdiction, args.root)
    court = bytes(registries.agencies.functions.officerOf(checksum(registries, officer)).call().agency)
    words = (ROOT_FREEZE, args.jurisdiction, args.root, court, args.order)
    identifier = keccak(encode(["bytes32", "bytes8", "uint16", "bytes32", "bytes32"], words))
    functions = roots.functions_of(registries)

    def holds() -> bool:
        present = functions.freezeOf(identifier).call()
        if present.lifted:
            raise Refused(f"The freeze {shown(identifier)} by this order was lifted; freezing anew takes a new order.")
        return bool(present.number)

    def lines() -> list[tuple[str, str]]:
        return [
            *roots.lines(moved),
            ("Freeze", shown(identifier)),
            ("Court", shown(court)),
            ("Order", shown(args.order)),
        ]

    call = functions.freeze(args.jurisdiction, args.root, args.order)
    act = Act(f"the root {args.root} of {args.code} is frozen", "officer", officer, call, holds, lines)
    return perform(session, act) | {"freeze": shown(identifier)}


def _lift(session: Session, registries: Registries) -> Act:
    args, functions = session.args, roots.functions_of(registries)
    present = functions.freezeOf(args.freeze).call()
    if not present.number:
        raise Refused(f"There is no freeze {shown(args.freeze)}. Nothing was sent.")
    place = f"the root {present.number} of {roots.code(present.jurisdiction)}"
    return Act(
        f"the freeze {shown(args.freeze)} of {place} is lifted",
        "officer",
        keys.officer(session),
        functions.liftFreeze(args.freeze, args.order),
        lambda: bool(functions.freezeOf(args.freeze).call().lifted),
        lambda: [("Court", shown(present.court)), ("Order", f"{shown(args.order)}, to lift it")],
    )


def status(session: Session, registries: Registries) -> dict[str, Any]:
    """Say how the roots of a jurisdiction stand, and what waits for a second registrar."""
    jurisdiction, functions = session.args.jurisdiction, roots.functions_of(registries)
    told = []
    for number in range(1, functions.proposals(jurisdiction).call() + 1):
        moved = roots.register_at(registries, jurisdiction, number)
        state = functions.stateOf(jurisdiction, number).call()
        stands = RootStatus(state.status)
        session.say(f"Root {number}, {roots.said(stands)}")
        clock = "the window stands still" if stands is RootStatus.FROZEN else f"in effect from {when(state.readyAt)}"
        timed = stands in (RootStatus.PENDING, RootStatus.IN_EFFECT, RootStatus.FROZEN)
        for heading, text in (*roots.lines(moved), *([("Effect", clock)] if timed else [])):
            session.say(f"  {heading:10} {text}")
        one = {"number": number, "root": shown(moved.root), "status": roots.said(stands), "count": moved.count}
        told.append(one | {"ready_at": state.readyAt, "freezes": state.freezes, "leaves_hash": shown(moved.leavesHash)})
    if not told:
        session.say(f"No register has moved in for {session.args.code}.")
    return {"roots": told, "pending": two_officers.listing(session, registries, KINDS)}


def main(words: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    session.run(options(), migrate, words, read, offline)


if __name__ == "__main__":
    main(sys.argv[1:])
