"""Rows are written in bulk, and any block's writes can be taken back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.exc import IntegrityError

from muniment.db.dump import dump
from muniment.db.engine import open_engine, reading, writing
from muniment.db.rows import RowExists, RowMissing, Rows, undo
from muniment.db.schema import journal, metadata, officers, shares, wallets

Block = list[tuple[str, int, int]]
Model = dict[int, tuple[int, int]]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An empty database with all tables."""
    path: Path = tmp_path_factory.mktemp("rows") / "rows.db"
    engine = open_engine(f"sqlite:///{path}")
    metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture(autouse=True)
def _emptied(store: Engine) -> None:
    empty(store)


def empty(store: Engine) -> None:
    """Remove every row that these tests write."""
    with writing(store) as connection:
        for table in (wallets, shares, officers, journal):
            connection.execute(delete(table))


def wallet(party: int, value: int = 0) -> dict[str, Any]:
    """A row of `wallets`."""
    return {"party": hex(party), "wallet": hex(value), "agency": "0xa", "bound_at": value, "tx_hash": "0xb"}


def project(rows: Rows, number: int, block: Block) -> None:
    """Write a block's operations as a handler would."""
    rows.at_block(number, hex(number))
    for act, party, value in block:
        key = {"party": hex(party)}
        if act == "put":
            rows.put(wallets, wallet(party, value))
        elif act == "delete":
            rows.delete(wallets, key)
        elif act == "update" and rows.get(wallets, key) is not None:
            rows.update(wallets, key, {"bound_at": value})
        elif act == "insert" and rows.get(wallets, key) is None:
            rows.insert(wallets, wallet(party, value))


def expected(blocks: dict[int, Block]) -> Model:
    """Value and block per party, from the operations alone."""
    state: Model = {}
    for number, block in sorted(blocks.items()):
        for act, party, value in block:
            if act == "delete":
                state.pop(party, None)
            elif act == "put" or (act == "update") == (party in state):
                state[party] = (value, number)
    return state


def stored(store: Engine) -> Model:
    """Value and block per party, from the database."""
    with reading(store) as connection:
        found = connection.execute(select(wallets)).all()
    for row in found:
        assert row.block_hash == hex(row.block_number)
    return {int(row.party, 16): (row.bound_at, row.block_number) for row in found}


operation = st.tuples(st.sampled_from(["put", "insert", "update", "delete"]), st.integers(0, 3), st.integers(0, 99))
chunk = st.lists(st.lists(operation, max_size=5), min_size=1, max_size=4)


@settings(max_examples=150)
@given(acts=st.lists(chunk | st.integers(0, 12), min_size=1, max_size=8))
def test_a_rewind_restores_the_state_of_any_earlier_block(store: Engine, acts: list[list[Block] | int]) -> None:
    """After any run of chunks and rewinds the rows must be what the blocks that stayed add up to, and nothing else."""
    empty(store)
    kept: dict[int, Block] = {}
    head = 0
    for act in acts:
        with writing(store) as connection:
            if isinstance(act, int):
                head = max(0, head - act)
                kept = {number: block for number, block in kept.items() if number <= head}
                undo(connection, head)
            else:
                rows = Rows(connection)
                for block in act:
                    head += 1
                    kept[head] = block
                    project(rows, head, block)
                rows.flush()
        assert stored(store) == expected(kept)
    for ancestor in range(head, -1, -1):
        with writing(store) as connection:
            undo(connection, ancestor)
        assert stored(store) == expected({number: block for number, block in kept.items() if number <= ancestor})


def test_reads_see_what_the_chunk_wrote(store: Engine) -> None:
    """Before anything reaches the database, get must answer with the buffered rows, and miss the deleted ones."""
    with writing(store) as connection:
        rows = Rows(connection)
        rows.at_block(1, "0x1")
        rows.insert(wallets, wallet(1, 5))
        rows.update(wallets, {"party": "0x1"}, {"wallet": "0xnew"})
        found = rows.get(wallets, {"party": "0x1"})
        assert found is not None
        assert (found["wallet"], found["bound_at"], found["block_number"]) == ("0xnew", 5, 1)
        rows.delete(wallets, {"party": "0x1"})
        assert rows.get(wallets, {"party": "0x1"}) is None
        rows.flush()
        assert connection.execute(select(wallets)).all() == []


def test_only_rows_of_earlier_blocks_are_journalled(store: Engine) -> None:
    """What a block inserts and changes of its own must need no image; an older row's image is its last state."""
    with writing(store) as connection:
        rows = Rows(connection)
        rows.at_block(1, "0x1")
        rows.insert(wallets, wallet(1, 1))
        rows.update(wallets, {"party": "0x1"}, {"bound_at": 2})
        rows.at_block(2, "0x2")
        rows.update(wallets, {"party": "0x1"}, {"bound_at": 3})
        rows.update(wallets, {"party": "0x1"}, {"bound_at": 4})
        rows.flush()
        images = connection.execute(select(journal)).all()
    assert [(image.block_number, image.table_name) for image in images] == [(2, "wallets")]
    assert '"bound_at": 2' in images[0].row


def test_an_insert_over_a_row_is_refused(store: Engine) -> None:
    """A second row of one key must raise: in the same transaction at once, otherwise when it is written."""
    with writing(store) as connection:
        rows = Rows(connection)
        rows.at_block(1, "0x1")
        rows.insert(wallets, wallet(1))
        with pytest.raises(RowExists, match="wallets"):
            rows.insert(wallets, wallet(1))
        rows.flush()
    with writing(store) as connection:
        rows = Rows(connection)
        rows.at_block(2, "0x2")
        rows.insert(wallets, wallet(1))
        with pytest.raises(IntegrityError):
            rows.flush()


def test_an_update_of_nothing_is_refused_and_a_delete_of_nothing_is_none(store: Engine) -> None:
    """Changing a row that does not exist must raise; removing one changes nothing."""
    with writing(store) as connection:
        rows = Rows(connection)
        rows.at_block(1, "0x1")
        with pytest.raises(RowMissing, match="wallets"):
            rows.update(wallets, {"party": "0x9"}, {"bound_at": 1})
        rows.delete(wallets, {"party": "0x9"})
        rows.flush()
        assert connection.execute(select(journal)).all() == []


def test_wide_integers_and_composite_keys_survive_the_journal(store: Engine) -> None:
    """A uint64 beyond SQL's integers, and a row with a two-column key, must come back from the journal unchanged."""
    share = {"title": "0x1", "holder": "0x2", "place": 0, "numerator": 2**64 - 1}
    officer = {
        "key": "0x3",
        "agency": "0xa",
        "scopes": 2**64 - 1,
        "not_before": 0,
        "not_after": 2**40 - 1,
        "compromised_since": None,
        "accredited_at": 1,
        "officer_id": 1,
    }
    with writing(store) as connection:
        rows = Rows(connection)
        rows.at_block(1, "0x1")
        rows.insert(shares, share)
        rows.insert(officers, officer)
        rows.flush()
        before = dump(connection)
        rows.at_block(2, "0x2")
        rows.update(shares, share, {"numerator": 1})
        rows.delete(officers, officer)
        rows.flush()
        assert dump(connection) != before
        undo(connection, 1)
        assert dump(connection) == before
        assert connection.execute(select(shares.c.numerator)).scalar_one() == 2**64 - 1


def test_the_dump_does_not_depend_on_the_order_of_writing(store: Engine) -> None:
    """Two databases with the same rows must dump to the same bytes, whichever row came first."""
    rows = [{**wallet(number), "block_number": 1, "block_hash": "0x1"} for number in range(20)]
    dumps = []
    for order in (rows, rows[::-1]):
        empty(store)
        with writing(store) as connection:
            connection.execute(insert(wallets), order)
            dumps.append(dump(connection))
    assert dumps[0] == dumps[1]
    assert dumps[0].count(b"\n") == 20


def test_rows_are_found_as_they_stand(store: Engine) -> None:
    """What the buffer changed, added or removed must count, whatever the database holds; and undoing still work."""
    held = {"title": "0xa", "place": 0, "numerator": 2**64 - 1}
    with writing(store) as connection:
        rows = Rows(connection)
        rows.at_block(1, "0x1")
        for holder in ("0x1", "0x2", "0x3"):
            rows.insert(shares, {**held, "holder": holder})
        rows.flush()
        rows.at_block(2, "0x2")
        rows.delete(shares, {"title": "0xa", "holder": "0x1"})
        rows.update(shares, {"title": "0xa", "holder": "0x2"}, {"place": 7})
        rows.insert(shares, {**held, "holder": "0x4"})
        rows.insert(shares, {**held, "holder": "0x5", "title": "0xb"})
        found = [(row["holder"], row["place"]) for row in rows.find(shares, title="0xa")]
        assert found == [("0x2", 7), ("0x3", 0), ("0x4", 0)]
        assert [row["holder"] for row in rows.find(shares, title="0xa", place=0)] == ["0x3", "0x4"]
        for row in rows.find(shares, title="0xa"):
            rows.delete(shares, row)
        assert rows.find(shares, title="0xa") == []
        rows.flush()
        undo(connection, 1)
        assert len(rows.find(shares, numerator=2**64 - 1)) == 3
