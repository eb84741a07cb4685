"""Every act on registers that move in, ready to be tried by anyone, for the table of permissions."""

# ruff: noqa: D103 -- each does what its name says, as the contract's interface describes it

from types import SimpleNamespace

from brownie import LienRegistry, TitleMigration, TitleRegistry

from muniment.hashing import keccak_bytes
from muniment.land.migration.leaf import MovedTitle, content_hash, ids_of, leaf_hash, reference_hash
from muniment.land.migration.tree import word
from muniment.land.model import Grade, Share, title_id
from tests.contracts.helpers import DAY, MIRROR, ZERO_ID, jurisdiction, keccak, wait

GB, SE = jurisdiction("GB"), jurisdiction("SE")
WINDOW = 30 * DAY
ORDER = keccak("a court's order")
HOLDER = Share("0x" + "07" * 32, 1)
MOVED = MovedTitle("old", keccak("geometry"), 500, Grade.ABSOLUTE, 1, (HOLDER,))
STRUCT = (title_id("GB", "old"), GB, keccak("geometry"), 500, int(Grade.ABSOLUTE), 1, [(HOLDER.holder, 1)], [], [])
TITLE = bytes.fromhex(STRUCT[0][2:])
CONTENT = content_hash(ids_of("GB")[32:], TITLE, MOVED)


def registries(deployer, people, agencies, parties, ids, doubles):
    """Titles, liens and migration, wired to each other; GB is kept by the land agency, SE by the tax agency."""
    by = {"from": deployer}
    address = deployer.get_deployment_address(deployer.nonce + 3)
    liens = LienRegistry.deploy(agencies, parties, address, by)
    migration = TitleMigration.deploy(agencies, address, by)
    conveyance = doubles.ConveyanceDouble.deploy(address, by)
    titles = TitleRegistry.deploy(agencies, parties, liens, migration, conveyance, by)
    titles.setRegister(GB, ids.land, MIRROR, {"from": people.root})
    titles.setRegister(SE, ids.tax, MIRROR, {"from": people.root})
    return SimpleNamespace(titles=titles, liens=liens, migration=migration)


def _propose(w, root, count, first, last, edges, *senders):
    claim = (root, count, first, last, keccak("the published file"), ZERO_ID)
    for by in senders:
        w.moving.migration.propose(GB, claim, edges, by)


def _propose_one(w, *senders):
    """A register of a single title, whose leaf is the root and names itself."""
    _propose(w, leaf_hash(TITLE, TITLE, CONTENT), 1, TITLE, TITLE, TITLE + CONTENT + CONTENT, *senders)


def _both(w):
    return {"from": w.people.registrar}, {"from": w.people.second_registrar}


def _standing(w):
    """The migration contract with a root whose window runs."""
    _propose_one(w, *_both(w))
    return w.moving.migration


def propose(w, by):
    _propose_one(w, by)


def withdraw(w, by):
    _standing(w).withdraw(GB, 1, by)


def refute(w, by):
    """Of two leaves the first names neither of them as the next one."""
    low, high = word(1), word(3)
    first, second = (low, word(2), word(10)), (high, low, word(30))
    left, right = leaf_hash(*first), leaf_hash(*second)
    _propose(
        w, keccak_bytes(left + right), 2, low, high, b"".join((first[1], first[2], right, second[2], left)), *_both(w)
    )
    w.moving.migration.refute(GB, 1, b"".join((word(0), *first, right, *second, left)), by)


def freeze(w, by):
    _standing(w).freeze(GB, 1, ORDER, by)


def lift_freeze(w, by):
    made = _standing(w).freeze(GB, 1, ORDER, {"from": w.people.second_court})
    w.moving.migration.liftFreeze(made.return_value, keccak("lifted"), by)


def annul(w, by):
    migration = _standing(w)
    wait(WINDOW)
    migration.freeze(GB, 1, ORDER, {"from": w.people.second_court})
    migration.annul(GB, 1, ORDER, by)


def release(w, by):
    w.moving.migration.release(GB, TITLE, ORDER, by)


def admit_neighbours(w, by):
    migration = _standing(w)
    wait(WINDOW)
    presence = word(0) + reference_hash("old") + word(0) + TITLE
    migration.admitNeighbours([STRUCT], presence, by)
