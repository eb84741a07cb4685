"""Batches: up to 50 titles in one transaction, all or none."""

from tests.contracts.helpers import plain, reverts
from tests.contracts.land.conftest import GB, shares


def test_all_registered(titles, registrar, entry):
    """Must enter every title of a full batch just as one by one, with an event for each."""
    references = [f"landregistry-index:{number}" for number in range(10_000_000, 10_000_050)]
    tx = titles.registerBatch(GB, [entry(ref) for ref in references], {"from": registrar})
    events = tx.events["TitleRegistered"]
    assert [event["ref"] for event in events] == references
    assert [str(event["title"]) for event in events] == [str(titles.titleIdOf(GB, ref)) for ref in references]
    assert all(titles.exists(titles.titleIdOf(GB, ref)) for ref in references)


def test_entries_do_not_mix(titles, registrar, entry):
    """Must keep each title's own holders when entries of different sizes share a batch."""
    sizes = {"one": (1,), "three": (1, 2, 3), "two": (5, 5)}
    batch = [entry(ref, denominator=sum(parts), shares=shares(*parts)) for ref, parts in sizes.items()]
    titles.registerBatch(GB, batch, {"from": registrar})
    for ref, parts in sizes.items():
        assert plain(titles.titleOf(titles.titleIdOf(GB, ref))["shares"]) == tuple(shares(*parts))


def test_size(titles, registrar, entry):
    """Must refuse a batch that is empty or longer than the limit."""
    limit = titles.MAX_BATCH()
    assert limit == 50
    for size in (0, limit + 1):
        with reverts("BatchRefused", size):
            titles.registerBatch(GB, [entry(f"parcel {number}") for number in range(size)], {"from": registrar})


def test_all_or_none(titles, registrar, entry):
    """Must enter nothing when one entry is wrong: known already, twice in the batch, or incomplete."""
    known = str(titles.titleIdOf(GB, "known"))
    titles.register(GB, entry("known"), {"from": registrar})
    with reverts("TitleExists", known):
        titles.registerBatch(GB, [entry("new"), entry("known")], {"from": registrar})
    new = str(titles.titleIdOf(GB, "new"))
    with reverts("TitleExists", new):
        titles.registerBatch(GB, [entry("new"), entry("new")], {"from": registrar})
    with reverts("EntryIncomplete", str(titles.titleIdOf(GB, "empty"))):
        titles.registerBatch(GB, [entry("new"), entry("empty", area=0)], {"from": registrar})
    assert not titles.exists(new)
