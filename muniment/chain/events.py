"""Read the logs of our contracts: one reader per event of each ABI, made once."""

from binascii import unhexlify
from collections.abc import Callable, Mapping
from copy import copy
from typing import Any, NamedTuple, TypeAlias

from muniment.chain.codec import WORD, AbiDataRefused, head_size, json_writer, members_of
from muniment.chain.deployment import Deployment
from muniment.db.rows import Rows
from muniment.hashing import keccak


class MalformedLog(Exception):
    """A log of one of our contracts that its ABI cannot explain: the node or the deployment file is wrong."""


class Event(NamedTuple):
    """One decoded log. `arguments` as `codec` reads them; `subject` is the first indexed argument.

    Hashes and addresses are lower-case 0x text; `time` is the block's, in Unix seconds. `contract` is the name in the
    deployment; of contracts of a kind, the kind's, and the subject is the address.
    """

    contract: str
    name: str
    arguments: Mapping[str, Any]
    subject: str
    block_number: int
    block_hash: str
    time: int
    tx_hash: str
    log_index: int
    address: str = ""


# Writes what one event means into the read tables; every domain's project.py lists its own.
Handler: TypeAlias = Callable[[Event, Rows], None]


class _Reader:
    """Reads one event of one contract."""

    def __init__(self, contract: str, described: dict[str, Any], *, about_itself: bool) -> None:
        self.contract = contract
        self.name = described["name"]
        inputs = described["inputs"]
        indexed = [parameter for parameter in inputs if parameter["indexed"]]
        topics = members_of(indexed)
        data = members_of([parameter for parameter in inputs if not parameter["indexed"]])
        # An indexed string, array or struct leaves only its hash, which nobody can read back.
        if any(member.codec.dynamic or member.size != WORD for member in topics):
            raise ValueError(f"{self.contract}.{self.name} indexes a value that does not fit a topic.")
        self._topics = [(member.name, WORD + member.at, member.read) for member in topics]
        self._topics_length = WORD + head_size(topics)
        self._data = [(member.name, member.at, member.read) for member in data]
        self._data_length = head_size(data)
        self._subject = indexed[0]["name"] if indexed and not about_itself else None
        self.write = json_writer([*topics, *data])

    def read(self, topics: bytes, data: bytes, address: str) -> tuple[dict[str, Any], str]:
        if len(topics) != self._topics_length:
            raise AbiDataRefused(f"it has {len(topics) // WORD} topics")
        if len(data) % WORD or len(data) < self._data_length:
            raise AbiDataRefused(f"its {len(data)} bytes of data are not whole words, or too few")
        arguments = {name: read(topics, at, 0) for name, at, read in self._topics}
        for name, at, read in self._data:
            arguments[name] = read(data, at, 0)
        subject = address if self._subject is None else str(arguments[self._subject])
        return arguments, subject


class Decoder:
    """Turns the logs of a deployment's contracts into events, and those of contracts that were found since."""

    def __init__(self, deployment: Deployment) -> None:
        """Prepare a reader for every event of every ABI. Raises AbiTypeUnknown for a type that cannot be read."""
        self._names = {contract.address: contract.name for contract in deployment.contracts.values()}
        self._readers: dict[tuple[str, str], _Reader] = {}
        self._writers: dict[tuple[str, str], _Reader] = {}
        self._topics: dict[str, list[str]] = {}
        for contract in deployment.contracts.values():
            self._prepare(contract.name, contract.abi, about_itself=False)
        for kind in deployment.kinds.values():
            self._prepare(kind.name, kind.abi, about_itself=True)

    def _prepare(self, name: str, abi: list[dict[str, Any]], *, about_itself: bool) -> None:
        self._topics[name] = []
        for described in abi:
            if described["type"] == "event" and not described.get("anonymous"):
                reader = _Reader(name, described, about_itself=about_itself)
                self._topics[name].append(topic_of(described))
                self._readers[name, topic_of(described)] = reader
                self._writers[name, reader.name] = reader

    def following(self, found: Mapping[str, str]) -> "Decoder":
        """A decoder of these contracts too: address → the name of its kind."""
        wider = copy(self)
        wider._names = {**self._names, **found}
        return wider

    @property
    def topics(self) -> dict[str, list[str]]:
        """The first topics that each address may emit."""
        return {address: self._topics[name] for address, name in self._names.items()}

    def is_ours(self, log: Mapping[str, Any]) -> bool:
        """Whether one of our contracts emitted the log. Others' logs are never decoded."""
        return str(log["address"]).lower() in self._names

    def decode(self, log: Mapping[str, Any], time: int) -> Event:
        """Decode a log of `eth_getLogs` or a receipt; `time` is its block's. Raises MalformedLog with the reason."""
        try:
            address = log["address"].lower()
            # Strict, unlike bytes.fromhex: nothing but hex digits passes.
            topics = unhexlify("".join([topic[2:] for topic in log["topics"]]))
            reader = self._readers.get((self._names.get(address, ""), "0x" + topics[:WORD].hex()))
            if reader is None:
                raise AbiDataRefused("its ABI has no event with this first topic")
            arguments, subject = reader.read(topics, unhexlify(log["data"][2:]), address)
            return Event(
                reader.contract,
                reader.name,
                arguments,
                subject,
                int(log["blockNumber"], 16),
                log["blockHash"].lower(),
                time,
                log["transactionHash"].lower(),
                int(log["logIndex"], 16),
                address,
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise MalformedLog(self._sentence(log, error)) from error

    def arguments_json(self, event: Event) -> str:
        """An event's arguments as RFC 8785 text, integers of more than 53 bits as decimal text."""
        return self._writers[event.contract, event.name].write(event.arguments)

    def _sentence(self, log: Mapping[str, Any], error: Exception) -> str:
        where = f"block {log.get('blockNumber')}, transaction {log.get('transactionHash')}, log {log.get('logIndex')}"
        contract = self._names.get(str(log.get("address")).lower(), "no contract of ours")
        return f"A log of {contract} cannot be read ({where}): {error}."


def topic_of(described: Mapping[str, Any]) -> str:
    """An event's first topic: keccak256 of its canonical signature."""
    return keccak(f"{described['name']}({','.join(map(_type_of, described['inputs']))})".encode())


def _type_of(described: Mapping[str, Any]) -> str:
    name = str(described["type"])
    if not name.startswith("tuple"):
        return name
    return "(" + ",".join(map(_type_of, described["components"])) + ")" + name.removeprefix("tuple")
