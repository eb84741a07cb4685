"""The title registry beside the true migration contract, and registers that move in."""

from dataclasses import replace
from itertools import count

import pytest

from muniment.land.migration.build import build
from muniment.land.migration.leaf import MovedTitle
from muniment.land.model import Grade, Share, title_id
from tests.contracts.helpers import ZERO_ID, jurisdiction, keccak, wait
from tests.contracts.migration import acts
from tests.contracts.migration.acts import GB, ORDER, SE, WINDOW

__all__ = ("GB", "ORDER", "SE", "WINDOW")
PENDING, IN_EFFECT, FROZEN, WITHDRAWN, REFUTED, ANNULLED = range(1, 7)


@pytest.fixture(scope="session")
def moving(people, agencies, parties, state, ids, land):
    """Titles, liens and migration, wired to each other; GB is kept by the land agency, SE by the tax agency."""
    return acts.registries(people.deployer, people, agencies, parties, ids, land.doubles)


@pytest.fixture(scope="session")
def migration(moving):
    """The migration contract."""
    return moving.migration


@pytest.fixture
def registry(moving):
    """The title registry that it works for."""
    return moving.titles


@pytest.fixture
def build_tree(tmp_path):
    """A register's tree over titles; it is closed when the test is over."""
    names, made = count(), []

    def done(moved, code="GB"):
        number = next(names)
        made.append(build(code, moved, tmp_path / f"{number}.jsonl", tmp_path / f"{number}.tree"))
        return made[-1]

    yield done
    for tree in made:
        tree.__exit__()


@pytest.fixture
def tree_of(build_tree):
    """A tree over titles with these references, or so many."""

    def done(refs, code="GB"):
        return build_tree([moved(ref) for ref in (numbered(refs) if isinstance(refs, int) else refs)], code)

    return done


@pytest.fixture
def propose(migration, registrar, second_registrar):
    """Have both registrars propose a tree; the root's number."""

    def done(tree, jurisdiction=GB):
        return propose_claim(claim(tree), tree.edges(), jurisdiction)

    def propose_claim(moved_register, edges, jurisdiction):
        for key in (registrar, second_registrar):
            migration.propose(jurisdiction, moved_register, edges, {"from": key})
        return migration.proposals(jurisdiction)

    return done


@pytest.fixture
def moved_in(propose):
    """Have a tree proposed, and its window go by; the root's number."""

    def done(tree):
        number = propose(tree)
        wait(WINDOW)
        return number

    return done


def moved(ref, **changes):
    """A title of one holder as the register that moves in has it."""
    whole = MovedTitle(ref, keccak(f"geometry of {ref}"), 500, Grade.ABSOLUTE, 1, (Share("0x" + "07" * 32, 1),))
    return replace(whole, **changes)


def numbered(amount):
    """So many references."""
    return [f"old {number}" for number in range(amount)]


def struct(title, code="GB"):
    """A title as the contracts take it."""
    return (
        title_id(code, title.ref),
        jurisdiction(code),
        title.geometry_hash,
        title.area_dm2,
        int(title.grade),
        title.denominator,
        [(share.holder, share.numerator) for share in title.shares],
        list(title.liens),
        list(title.interests),
    )


def claim(tree, **changes):
    """What registrars sign for a tree."""
    fields = {
        "root": tree.root,
        "count": tree.count,
        "first": tree.title_id(0),
        "last": tree.title_id(-1),
        "leavesHash": tree.leaves_hash,
        "predecessor": ZERO_ID,
    } | changes
    return tuple(fields.values())


def raw(ref, code="GB"):
    """A reference's id as bytes."""
    return bytes.fromhex(title_id(code, ref)[2:])
