"""Fetch a run of blocks with our logs in one HTTP request, and believe the answer only when it hangs together."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from muniment.chain.events import Decoder
from muniment.chain.headers import Header, NodeInconsistent, Watch, asked, linked, says_much
from muniment.chain.rpc import Rpc

Log: TypeAlias = Mapping[str, Any]


class Chunk(NamedTuple):
    """Consecutive headers, and the logs of our contracts per block, each list in order of log index."""

    headers: list[Header]
    logs: dict[int, list[Log]]


class ChunkSource:
    """Asks nodes for the logs of one deployment."""

    def __init__(self, rpc: Rpc, decoder: Decoder) -> None:
        self._rpc = rpc
        self._decoder = decoder
        self._watch = Watch.of(decoder.topics)
        self._addresses = sorted(decoder.topics)

    def fetch(self, first: int, last: int, parent_hash: str) -> Chunk:
        """Blocks `first`..`last`, the first being the child of `parent_hash`.

        Raises NodeInconsistent when headers and logs are not of one chain that continues ours, or when logs that the
        headers announce are missing; RpcError and RpcUnavailable as the client does.
        """
        asked_logs = self._asked_logs(fromBlock=hex(first), toBlock=hex(last))
        answers = self._rpc.batch([asked_logs, *(asked(number) for number in range(first, last + 1))])
        headers = linked(answers[1:], first)
        if headers[0].parent_hash != parent_hash:
            raise NodeInconsistent(f"A node's block {first} does not follow from the block that was read before it.")
        logs = self._by_block(answers[0], headers)
        self._ask_again(headers, logs)
        return Chunk(headers, logs)

    def _asked_logs(self, **where: str) -> tuple[str, list[Any]]:
        return "eth_getLogs", [{**where, "address": self._addresses}]

    def _by_block(self, answer: Any, headers: Sequence[Header]) -> dict[int, list[Log]]:
        hashes = {header.number: header.hash for header in headers}
        logs: dict[int, list[Log]] = {}
        last = (-1, -1)
        try:
            for log in answer:
                if not self._decoder.is_ours(log):
                    continue
                place = int(log["blockNumber"], 16), int(log["logIndex"], 16)
                if log.get("removed") or hashes.get(place[0]) != log["blockHash"].lower():
                    raise NodeInconsistent(f"A node's log in block {place[0]} is not of the block it shows there.")
                if place <= last:
                    raise NodeInconsistent(f"A node's logs in block {place[0]} come twice or out of order.")
                last = place
                logs.setdefault(place[0], []).append(log)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise NodeInconsistent(f"A node sent logs that cannot be read ({type(error).__name__}).") from error
        return logs

    def _ask_again(self, headers: Sequence[Header], logs: dict[int, list[Log]]) -> None:
        """Fill in blocks that came without logs although their bloom speaks of ours.

        A node whose log index lags behind answers a range with nothing, and no error. Asked by block hash it must
        know the block. When it still has none, a sparse bloom is nearly proof, so the block's receipts decide; in a
        full one, as on busy chains, matches by chance are common and a second empty answer is taken for the truth.
        """
        doubtful = [header for header in headers if header.number not in logs and self._watch.may_concern(header.bloom)]
        if not doubtful:
            return
        again = self._rpc.batch([self._asked_logs(blockHash=header.hash) for header in doubtful])
        for header, answer in zip(doubtful, again, strict=True):
            logs.update(self._by_block(answer, [header]))
        empty = [header for header in doubtful if header.number not in logs and says_much(header.bloom)]
        receipts = self._rpc.batch([("eth_getBlockReceipts", [header.hash]) for header in empty])
        for header, answer in zip(empty, receipts, strict=True):
            if not isinstance(answer, list):
                raise NodeInconsistent(f"A node has no receipts of its block {header.number}.")
            found = [log for receipt in answer for log in receipt["logs"]]
            if any(self._decoder.is_ours(log) for log in found):
                raise NodeInconsistent(f"A node keeps back the logs of block {header.number}.")
