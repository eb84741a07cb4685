"""Gather the transcript of an election from a node. Nothing is judged here but whether answers can be read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, TypeAlias

from muniment.ballots.ceremony_steps import POINT, Call
from muniment.ballots.verifying.events import told
from muniment.ballots.verifying.findings import TranscriptRefused
from muniment.ballots.verifying.transcript import FORMAT, read
from muniment.ballots.verifying.views import word_text
from muniment.chain.abi import CallRefused, decode_values, encode_values
from muniment.chain.raw import RawRefused, encode_header, encode_transaction
from muniment.chain.rpc import Request, Rpc, RpcError

Progress: TypeAlias = Callable[[str, int, int], None]
Asked: TypeAlias = tuple[
    str, str, Sequence[str], Sequence[Any], Sequence[str]
]  # contract, function, types, values, gives

AT_ONCE = 50  # requests in one HTTP request
BLOCKS_AT_ONCE = 10_000  # whose logs are asked for at once, at first
CEREMONY_RECORD = "(bytes32,uint40,uint40,uint8,uint8,uint8,uint8,bytes32,bytes32,address)"
TRUSTEE = "(uint8,bool,bool,bool,bool,bytes32)"
CIPHERTEXT = f"({POINT},{POINT})"


class ElectionUnreadable(Exception):
    """The node has no such election, or its answers cannot be made into a transcript."""


def load(
    rpc: Rpc, box: str, roll: Any, log: Any, block: int | str = "latest", progress: Progress | None = None
) -> dict[str, Any]:
    """The transcript of a box's election as of a block: its number, or "latest", "safe", "finalized".

    `roll` and `log` are the published JSON. Raises ElectionUnreadable, RpcError, RpcUnavailable.
    """
    try:
        return _Loading(rpc, box.lower(), progress or (lambda *_: None)).load(roll, log, block)
    except (RawRefused, CallRefused, TranscriptRefused) as error:
        raise ElectionUnreadable(f"The node's answers cannot be read: {error}.") from error


class _Loading:
    def __init__(self, rpc: Rpc, box: str, progress: Progress) -> None:
        self.rpc, self.box, self.progress = rpc, box, progress

    def load(self, roll: Any, log: Any, block: int | str) -> dict[str, Any]:
        head = self._block(hex(block) if isinstance(block, int) else block)
        self.head = head
        if self.rpc.call("eth_getCode", [self.box, head["number"]]) == "0x":
            raise ElectionUnreadable(f"There is no ballot box at {self.box}.")
        self.ceremony = self._one(self.box, "CEREMONY", gives=("address",))
        setup = self._one(self.box, "SETUP", gives=("bytes32",))
        record = self._one(self.ceremony, "ceremony", ("bytes32",), (setup,), (CEREMONY_RECORD,))
        logs = self._logs(setup, self._first_block(record[1]), int(head["number"], 16))
        blocks = self._blocks(logs)
        transcript = {
            "format": FORMAT,
            "chain": str(self.rpc.chain_id()),
            "ceremony": self.ceremony,
            "box": self.box,
            "blocks": blocks,
            "head": _headed(head),
            "code": {"ceremony": self._code(self.ceremony), "box": self._code(self.box)},
            "views": {},
            "roll": roll,
            "log": log,
        }
        transcript["views"] = self._views(setup, record, read(transcript))
        return transcript

    # ── Blocks, transactions, logs ──────────────────────────────────────────────────────────────────────────────

    def _block(self, which: str) -> Mapping[str, Any]:
        answer = self.rpc.call("eth_getBlockByNumber", [which, False])
        if not isinstance(answer, dict):
            raise ElectionUnreadable(f"The node has no block {which}.")
        return answer

    def _first_block(self, time: int) -> int:
        """The first block that is not before a time, by halving."""
        low, high = 0, int(self.head["number"], 16)
        while low < high:
            middle = (low + high) // 2
            if int(self._block(hex(middle))["timestamp"], 16) < time:
                low = middle + 1
            else:
                high = middle
        return low

    def _logs(self, setup: bytes, first: int, last: int) -> list[Mapping[str, Any]]:
        """All logs of the box, and the ceremony's of this setup, in the chain's order."""
        found: list[Mapping[str, Any]] = []
        at, step = first, BLOCKS_AT_ONCE
        while at <= last:
            to = min(at + step - 1, last)
            span = {"fromBlock": hex(at), "toBlock": hex(to)}
            try:
                answers = self.rpc.batch(
                    [
                        ("eth_getLogs", [{**span, "address": self.box}]),
                        ("eth_getLogs", [{**span, "address": self.ceremony, "topics": [None, "0x" + setup.hex()]}]),
                    ]
                )
            except RpcError:
                if step == 1:
                    raise
                step = max(1, step // 4)  # nodes bound how much they answer at once
                continue
            found += [log for answer in answers for log in answer]
            at = to + 1
            self.progress("Logs", at - first, last - first + 1)
        return sorted(found, key=lambda log: (int(log["blockNumber"], 16), int(log["logIndex"], 16)))

    def _blocks(self, logs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        hashes = list(dict.fromkeys(log["transactionHash"] for log in logs))
        numbers = list(dict.fromkeys(log["blockNumber"] for log in logs))
        sent = dict(zip(hashes, self._asked("Transactions", "eth_getTransactionByHash", hashes), strict=True))
        headers = dict(zip(numbers, self._asked("Blocks", "eth_getBlockByNumber", numbers, False), strict=True))
        blocks = []
        for number, of_block in groupby(logs, key=lambda log: log["blockNumber"]):
            transactions = []
            for name, own in groupby(of_block, key=lambda log: log["transactionHash"]):
                raw = "0x" + encode_transaction(sent[name]).hex()
                listed = [{"address": log["address"], "topics": log["topics"], "data": log["data"]} for log in own]
                transactions.append({"hash": name, "raw": raw, "logs": listed})
            blocks.append({**_headed(headers[number]), "transactions": transactions})
        return blocks

    def _asked(self, what: str, method: str, values: Sequence[str], *rest: Any) -> Iterator[Any]:
        for at in range(0, len(values), AT_ONCE):
            requests: list[Request] = [(method, [value, *rest]) for value in values[at : at + AT_ONCE]]
            for answer in self.rpc.batch(requests):
                if answer is None:
                    raise ElectionUnreadable("The node has forgotten a block or a transaction of the election.")
                yield answer
            self.progress(what, min(at + AT_ONCE, len(values)), len(values))

    def _code(self, contract: str) -> dict[str, Any]:
        """A contract's code at the head, and the proof that the head's state has it."""
        requests: list[Request] = [
            ("eth_getCode", [contract, self.head["number"]]),
            ("eth_getProof", [contract, [], self.head["number"]]),
        ]
        code, proof = self.rpc.batch(requests)
        return {"code": code, "proof": proof["accountProof"]}

    # ── Views ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _one(
        self,
        contract: str,
        function: str,
        types: Sequence[str] = (),
        values: Sequence[Any] = (),
        gives: Sequence[str] = ("uint256",),
    ) -> Any:
        answer = self._all([(contract, function, types, values, gives)])[0]
        return answer[0] if len(answer) == 1 else answer

    def _all(self, asked: Sequence[Asked]) -> list[tuple[Any, ...]]:
        """What the contracts answer at the head, many functions at once."""
        answers: list[tuple[Any, ...]] = []
        for at in range(0, len(asked), AT_ONCE):
            part = asked[at : at + AT_ONCE]
            requests: list[Request] = []
            for contract, function, types, values, _ in part:
                data = "0x" + (Call(function, tuple(types)).selector + encode_values(types, values)).hex()
                requests.append(("eth_call", [{"to": contract, "data": data}, self.head["number"]]))
            for (*_, gives), answer in zip(part, self.rpc.batch(requests), strict=True):
                answers.append(decode_values(gives, bytes.fromhex(answer[2:])))
            self.progress("Answers", min(at + AT_ONCE, len(asked)), len(asked))
        return answers

    def _views(self, setup: bytes, record: Any, transcript: Any) -> dict[str, Any]:
        events = list(told(transcript))
        box = self._box_view()
        units, contests = int(box["units"]), len(box["contests"])
        turnouts = self._all(
            [(self.box, "turnoutOf", ("uint32",), (unit,), ("(uint32,uint32)",)) for unit in range(units)]
        )
        turnout = [{"ballots": str(one[0][0]), "batches": str(one[0][1])} for one in turnouts]
        roots = [
            [
                _hex(one[0])
                for one in self._all(
                    [
                        (self.box, "batchRootOf", ("uint32", "uint32"), (unit, batch), ("bytes32",))
                        for batch in range(int(turnout[unit]["batches"]))
                    ]
                )
            ]
            for unit in range(units)
        ]
        groups, complete = self._one(self.box, "groupCount", gives=("uint32", "bool"))
        groups = groups if complete else 0
        listed = self._all(
            [(self.box, "groupOf", ("uint32",), (group,), ("(uint32,uint32,uint32)",)) for group in range(groups)]
        )
        counted = self._all(
            [
                (self.box, "resultOf", ("uint32", "uint8"), (group, contest), ("uint32[]",))
                for group in range(groups)
                for contest in range(contests)
            ]
        )
        results = [[str(count) for count in one[0]] for one in counted]
        joining = int(self.head["timestamp"], 16) >= int(box["closesAt"]) + int(box["grace"])
        shown = [one[0][0] for one in listed] if complete else [] if joining else list(range(units))
        names = ("firstUnit", "lastUnit", "ballots")
        return {
            "ceremony": self._ceremony_view(setup, record),
            "box": box,
            "turnout": turnout,
            "batchRoots": roots,
            "standings": self._standings(events),
            "sums": [{"unit": str(unit), "sums": self._sums(unit, box["contests"])} for unit in shown],
            "groups": {
                "complete": complete,
                "groups": [dict(zip(names, map(str, one[0]), strict=True)) for one in listed],
            },
            "results": [results[at : at + contests] for at in range(0, len(results), contests)],
        }

    def _ceremony_view(self, setup: bytes, record: Any) -> dict[str, Any]:
        agency, begun, period, threshold, trustees, confirmations, _, manifest, election, box = record
        stage = self._one(self.ceremony, "stageOf", ("bytes32",), (setup,), ("uint8",))
        accounts = self._one(self.ceremony, "trusteesOf", ("bytes32",), (setup,), ("address[]",))
        key = self._one(self.ceremony, "keyOf", ("bytes32",), (setup,), (POINT,))
        keys = self._all(
            [
                (self.ceremony, "trusteeKeyOf", ("bytes32", "uint8"), (setup, place), (POINT,))
                for place in range(1, trustees + 1)
            ]
        )
        members = self._all(
            [(self.ceremony, "trusteeOf", ("bytes32", "address"), (setup, one), (TRUSTEE,)) for one in accounts]
        )
        return {
            "stage": str(stage),
            "agency": _hex(agency),
            "manifestHash": _hex(manifest),
            "begun": str(begun),
            "period": str(period),
            "threshold": str(threshold),
            "trustees": str(trustees),
            "confirmations": str(confirmations),
            "election": _hex(election),
            "box": box,
            "key": [word_text(number) for number in key],
            "trusteeKeys": [[word_text(number) for number in one[0]] for one in keys],
            "members": [
                {
                    "account": account,
                    **dict(zip(("revealed", "dealt", "confirmed", "out"), one[1:5], strict=True)),
                    "commitment": _hex(one[5]),
                }
                for account, (one,) in zip(accounts, members, strict=True)
            ],
        }

    def _box_view(self) -> dict[str, Any]:
        asked = {
            "ceremony": ("CEREMONY", "address"),
            "agency": ("AGENCY", "bytes32"),
            "setup": ("SETUP", "bytes32"),
            "election": ("ELECTION", "bytes32"),
            "rollRoot": ("ROLL_ROOT", "bytes32"),
            "logRoot": ("LOG_ROOT", "bytes32"),
            "units": ("UNITS", "uint32"),
            "width": ("WIDTH", "uint8"),
            "minBallots": ("MIN_BALLOTS", "uint32"),
            "opensAt": ("OPENS_AT", "uint40"),
            "closesAt": ("closesAt", "uint40"),
            "grace": ("GRACE", "uint40"),
            "longestDelay": ("LONGEST_DELAY", "uint40"),
        }
        answers = self._all([(self.box, function, (), (), (kind,)) for function, kind in asked.values()])
        view: dict[str, Any] = {
            name: str(one) if isinstance(one, int) else one if isinstance(one, str) else _hex(one)
            for name, (one,) in zip(asked, answers, strict=True)
        }
        forms = self._one(self.box, "contests", gives=("uint64[]",))
        view["contests"] = [f"0x{form:016x}" for form in forms]
        view["key"] = [word_text(number) for number in self._one(self.box, "electionKey", gives=(POINT,))]
        return view

    def _standings(self, events: Sequence[Any]) -> list[dict[str, Any]]:
        alone = ("BallotReplaced", "BallotSkipped", "BallotWithdrawn")
        lines = sorted({(one["unit"], one["index"]) for one in events if one.name in alone})
        gives = ("bool", "bool", "bytes32")
        answers = self._all([(self.box, "standingOf", ("uint32", "uint32"), line, gives) for line in lines])
        return [
            {"unit": str(unit), "index": str(index), "voted": voted, "barred": barred, "tracker": _hex(tracker)}
            for (unit, index), (voted, barred, tracker) in zip(lines, answers, strict=True)
        ]

    def _sums(self, unit: int, forms: Sequence[str]) -> list[list[str]]:
        # A choice has one ciphertext, points have one for each option (IBallotBox.ContestForm).
        packed = [int(form, 16) for form in forms]
        ciphertexts = sum(1 if form >> 56 == 1 else form >> 48 & 0xFF for form in packed)
        answers = self._all(
            [(self.box, "sumOf", ("uint32", "uint256"), (unit, number), (CIPHERTEXT,)) for number in range(ciphertexts)]
        )
        return [[word_text(number) for point in one[0] for number in point] for one in answers]


def _headed(block: Mapping[str, Any]) -> dict[str, str]:
    return {"hash": block["hash"], "header": "0x" + encode_header(block).hex()}


def _hex(raw: bytes) -> str:
    return "0x" + raw.hex()
