"""Read the chain into the read tables: a run of blocks at a time, each in one transaction with the checkpoint."""

import contextlib
import threading
from collections.abc import Mapping
from typing import NamedTuple

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from muniment.chain import checkpoint as checkpoints
from muniment.chain import finding
from muniment.chain.checkpoint import Checkpoint, CheckpointMoved
from muniment.chain.chunks import Chunk, ChunkSource, Log
from muniment.chain.deployment import Deployment
from muniment.chain.events import Decoder, Event, Handler, MalformedLog
from muniment.chain.finding import Finder, Found
from muniment.chain.headers import NodeInconsistent, fetch_headers
from muniment.chain.look import Look, look
from muniment.chain.reorg import IndexerHalted, halt, rewind
from muniment.chain.rpc import Rpc, RpcError, RpcUnavailable
from muniment.db.bulk import insert_rows
from muniment.db.engine import reading, writing
from muniment.db.rows import RowExists, RowMissing, Rows
from muniment.db.schema import events

log = structlog.get_logger()

# What may pass by itself: nothing was written, and the same step is tried again.
PASSING = (RpcUnavailable, RpcError, NodeInconsistent, CheckpointMoved, OperationalError)
MAX_BLOCKS = 256  # per request; bounds the memory that a run of full blocks takes after a run of empty ones
ENOUGH_EVENTS = 4096  # per transaction; beyond, memory grows and nothing is gained
LONGEST_WAIT = 30.0  # seconds


class Progress(NamedTuple):
    """All blocks up to `number` are read, of those up to `head` that the node has; `events` were read in this step."""

    number: int
    head: int
    events: int


class Indexer:
    """Follows one deployment's contracts. Keeps nothing in memory that the database does not know."""

    def __init__(
        self, engine: Engine, rpc: Rpc, deployment: Deployment, handlers: Mapping[tuple[str, str], Handler]
    ) -> None:
        self._engine = engine
        self._rpc = rpc
        self._deployment = deployment
        self._handlers = handlers
        self._decoder = Decoder(deployment)
        self._finder = Finder(deployment)
        self._blocks = 16  # per request; doubles while answers come and are small

    def step(self) -> Progress:
        """Read the next run of blocks, or take back what the chain replaced. Safe to repeat after any failure.

        A node that is behind the checkpoint changes nothing. Raises one of PASSING when a node or the database cannot
        serve now; NodeLostState when the node holds another chain; IndexerHalted when a person must look.
        """
        with reading(self._engine) as connection:
            known = checkpoints.load(connection)
        if known is not None and known.halted is not None:
            raise IndexerHalted(known.halted)
        seen = look(self._rpc, self._deployment, known)
        if known is None:
            known = self._begin(seen)
        if seen.head < known.number:
            log.warning("indexer.node_behind", head=seen.head, read=known.number)
            return Progress(known.number, seen.head, 0)
        if seen.at_checkpoint is not None and seen.at_checkpoint.hash != known.hash:
            return Progress(rewind(self._engine, self._rpc, known), seen.head, 0)
        return self._read(known, seen)

    def run(self, stop: threading.Event, poll: float = 1.0) -> None:
        """Step until `stop` is set, every `poll` seconds once at the head. Waits out what passes, longer each time.

        Raises the rest of what `step` raises: whoever runs this in a thread must show that it ended.
        """
        failures = 0
        while not stop.is_set():
            try:
                progress = self.step()
            except PASSING as error:
                failures += 1
                log.warning("indexer.waiting", reason=str(error), failures=failures)
                stop.wait(min(poll * 2**failures, LONGEST_WAIT))
                continue
            failures = 0
            if progress.number >= progress.head:
                stop.wait(poll)

    def _begin(self, seen: Look) -> Checkpoint:
        """Start just before the first contract."""
        start = max(self._deployment.start_block - 1, 0)
        if seen.head < start:
            raise NodeInconsistent(
                f"The node is at block {seen.head}; the contracts are of block {start + 1} or later."
            )
        header = fetch_headers(self._rpc, start, start)[0]
        known = Checkpoint(
            chain_id=self._deployment.chain_id,
            genesis_hash=self._deployment.genesis_hash,
            number=header.number,
            hash=header.hash,
            time=header.time,
            safe_number=seen.safe,
            finalized_number=seen.finalized,
        )
        with writing(self._engine) as connection:
            checkpoints.create(connection, known, header)
        return known

    def _read(self, known: Checkpoint, seen: Look) -> Progress:
        newest = known.final_to(seen.safe, seen.finalized)
        if known.number == seen.head:
            if newest != known:
                with writing(self._engine) as connection:
                    checkpoints.move(connection, known, newest)
            return Progress(known.number, seen.head, 0)
        read = self._fetch(known, seen.head)
        chunk = read.chunk
        try:
            count = self._write(known, newest, read)
        except (MalformedLog, RowExists, RowMissing, IntegrityError, DataError) as error:
            reason = getattr(error, "orig", error)  # the database's own words, without the statement
            raise halt(self._engine, known, f"What the chain says cannot be entered. {reason}") from error
        self._blocks = max(1, self._blocks // 2) if count > ENOUGH_EVENTS else min(self._blocks * 2, MAX_BLOCKS)
        return Progress(chunk.headers[-1].number, seen.head, count)

    def _fetch(self, known: Checkpoint, head: int) -> "_Reading":
        first = known.number + 1
        try:
            return self._ask(first, min(head, known.number + self._blocks), known.hash)
        except (RpcError, RpcUnavailable):
            # Perhaps too much was asked at once: providers limit blocks, logs, bytes and seconds, each in its own way.
            self._blocks = max(1, self._blocks // 2)
            raise

    def _ask(self, first: int, last: int, parent_hash: str) -> "_Reading":
        """The blocks, asked for again as long as they tell of contracts that were not asked about."""
        with reading(self._engine) as connection:
            followed = finding.known(connection)
        before: dict[str, list[Log]] = {}
        while True:
            decoder = self._decoder.following(followed)
            chunk = ChunkSource(self._rpc, decoder).fetch(first, last, parent_hash)
            new = {found.address: found for found in self._told(decoder, chunk) if found.address not in followed}
            if not new:
                with reading(self._engine) as connection:
                    finding.check_blocks(connection, [log for logs in before.values() for log in logs])
                return _Reading(chunk, decoder, before)
            for found in new.values():
                before[found.address] = self._finder.before(self._rpc, found, first)
                followed[found.address] = found.kind.name

    def _told(self, decoder: Decoder, chunk: Chunk) -> list[Found]:
        """The contracts that a chunk's logs tell of. A log that cannot be read is judged when it is entered."""
        told = []
        for logs in chunk.logs.values():
            for written in filter(self._finder.may_tell, logs):
                with contextlib.suppress(MalformedLog):
                    found = self._finder.told_by(decoder.decode(written, 0))
                    told += [] if found is None else [found]
        return told

    def _write(self, known: Checkpoint, newest: Checkpoint, read: "_Reading") -> int:
        """Everything of the chunk or nothing; returns the number of events."""
        entries = []
        chunk = read.chunk
        with writing(self._engine) as connection:
            rows = Rows(connection)
            followed = finding.known(connection)
            for header in chunk.headers:
                rows.at_block(header.number, header.hash)
                for written in chunk.logs.get(header.number, ()):
                    address = str(written["address"]).lower()
                    if address in read.before and address not in followed:
                        read.before[address].append(written)  # not known of yet
                        continue
                    event = self._read_log(read.decoder, written, header.time, of_kind=address in followed)
                    if event is None:
                        continue
                    entry = event._asdict()
                    entry["arguments"] = read.decoder.arguments_json(event)
                    entries.append(entry)
                    self._handle(event, rows)
                    found = self._finder.told_by(event)
                    if found is not None and found.address not in followed:
                        followed[found.address] = found.kind.name
                        finding.remember(rows, found)
                        for earlier in read.before.get(found.address, ()):
                            # Its block's time is not asked for: what is said counts from now on.
                            told = self._read_log(read.decoder, earlier, header.time, of_kind=True)
                            if told is not None:
                                self._handle(told, rows)
            insert_rows(connection, events, entries)
            rows.flush()
            checkpoints.move(connection, known, newest.at(chunk.headers[-1]), chunk.headers)
        return len(entries)

    def _handle(self, event: Event, rows: Rows) -> None:
        handler = self._handlers.get((event.contract, event.name))
        if handler is not None:
            handler(event, rows)

    def _read_log(self, decoder: Decoder, written: Log, time: int, *, of_kind: bool) -> Event | None:
        """One log; None for what a contract that was merely found says and its ABI cannot explain.

        Whoever may make such contracts known must not be able to stop the register of all.
        """
        try:
            return decoder.decode(written, time)
        except MalformedLog as error:
            if not of_kind:
                raise
            log.warning("indexer.log_skipped", reason=str(error))
            return None


class _Reading(NamedTuple):
    """A chunk, what reads its logs, and by address what contracts that it tells of had said before."""

    chunk: Chunk
    decoder: Decoder
    before: dict[str, list[Log]]
