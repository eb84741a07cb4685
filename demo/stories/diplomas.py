"""The diplomas of the documents story: made-up students, batches on disk, and counting them from the chain."""

import csv
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from demo import university
from demo.node import StageError
from demo.stage import Stage
from muniment.chain.events import Decoder
from muniment.documents.source import NodeSource
from muniment.documents.verdict import Trust
from muniment.documents.verifying import judge_path

FIELDS = ("land surveying", "public law", "computer science", "civil engineering")


@dataclass(frozen=True)
class Batch:
    """A root, the batch's folder, and the proof files in the order of their indices."""

    root: str
    folder: Path
    proofs: tuple[Path, ...]

    def document(self, index: int) -> Path:
        """The diploma that a proof file is about."""
        return self.folder / "documents" / self.proofs[index].name.removesuffix(".proof.json")

    def files(self) -> list[tuple[Path, Path]]:
        """Diplomas, each with its proof."""
        return [(self.document(index), proof) for index, proof in enumerate(self.proofs)]


def table(path: Path, first: int, count: int) -> Path:
    """Write a table of students who do not exist, numbered from `first`."""
    with path.open("w", encoding="utf-8", newline="") as opened:
        rows = csv.writer(opened)
        rows.writerow(("student", "number", "title", "field", "average", "graduated"))
        for number in range(first, first + count):
            title = "MSc" if number % 3 == 0 else "BSc"
            average = 3 + number % 20 / 10
            rows.writerow((f"Student {number:04}", f"U-{number:04}", title, FIELDS[number % 4], average, "2026-06-19"))
    return path


def judged(stage: Stage, files: Sequence[tuple[Path, Path]], done: Callable[[], None]) -> Iterator[str]:
    """The verdict on each document by its proof file, asked of the chain at one block."""
    deployment = stage.deployment
    source = NodeSource(stage.node.rpc, deployment, stage.head())
    trusted = frozenset({(deployment.chain_id, deployment.contracts["DocumentRegistry"].address)})
    trust = Trust(trusted, frozenset({university.AGENCY}))
    for document, proof in files:
        yield judge_path(document, proof, trust, lambda _: source, int(time.time())).name.value
        done()


@dataclass(frozen=True)
class Recount:
    """What the chain's logs and receipts say of a telling."""

    issued: int
    issued_later: int
    revoked: int
    transactions: int
    gas_per_document: float


def recount(stage: Stage, batches: Sequence[Batch]) -> Recount:
    """Count the documents of some roots, those revoked, and what issuing the first root cost, from the chain alone."""
    decoder, roots = Decoder(stage.deployment), [batch.root for batch in batches]
    events = [decoder.decode(log, time=0) for log in university.logs_of(stage.node.rpc, stage.deployment, roots)]
    counts = {event.arguments["root"]: event.arguments["count"] for event in events if event.name == "Issued"}
    if set(counts) != set(roots):
        raise StageError(f"The chain shows {len(counts)} of {len(roots)} roots.")
    (issue,) = (event.tx_hash for event in events if event.name == "Issued" and event.arguments["root"] == roots[0])
    receipt = stage.node.rpc.call("eth_getTransactionReceipt", [issue])
    return Recount(
        issued=counts[roots[0]],
        issued_later=sum(counts[root] for root in roots[1:]),
        revoked=sum(event.arguments["bits"].bit_count() for event in events if event.name == "WordRevoked"),
        transactions=len({event.tx_hash for event in events}),
        gas_per_document=round(int(receipt["gasUsed"], 16) / counts[roots[0]], 1),
    )
