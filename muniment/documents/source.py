"""Facts from a node: everything is asked at one block, by its hash, so that no answer mixes two states."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from muniment.chain.abi import encode_call
from muniment.chain.codec import AbiDataRefused
from muniment.chain.deployment import ContractInfo, Deployment
from muniment.chain.events import Decoder, Event, MalformedLog, topic_of
from muniment.chain.rpc import Rpc, RpcError, RpcUnavailable
from muniment.chain.views import outputs
from muniment.documents.facts import AnchorFacts, AsOf, Facts, KeyFacts, Question, Revocation, Successor
from muniment.documents.model import HOLD, WORD_BITS, AnchorKind, AnchorStatus
from muniment.hashing import ZERO_HASH


@dataclass(frozen=True)
class NodeSource:
    """Asks a node about a deployment's DocumentRegistry and AgencyRegistry, at a block ("latest" if None is named)."""

    rpc: Rpc
    deployment: Deployment
    block: int | str = "latest"

    def facts(self, question: Question) -> Facts | None:
        """The facts, or None when no node of this deployment's chain gives answers that can be read."""
        try:
            return self._facts(question)
        except (RpcError, RpcUnavailable, AbiDataRefused, MalformedLog, ValueError, KeyError, TypeError):
            return None

    def _facts(self, question: Question) -> Facts | None:
        if not self._is_ours(question):
            return None
        block = self.rpc.block(self.block)
        if block is None:
            return None
        documents, agencies = self.deployment.contracts["DocumentRegistry"], self.deployment.contracts["AgencyRegistry"]
        at = {"blockHash": block.hash}
        word, bit = divmod(question.index, WORD_BITS)
        issuer, root = question.issuer, question.root
        anchor, bits, approvers, successor = self._ask(
            at,
            (documents, "anchorOf", (issuer, root)),
            (documents, "wordOf", (issuer, root, word)),
            (documents, "approversOf", (issuer, root)),
            (documents, "successorOf", (issuer, root)),
        )
        known = _anchor(anchor[0])
        ids = [known.key_id] if known.kind is AnchorKind.OFFICER else list(approvers[0])
        revoked, held = bool(bits[0] >> bit & 1), bool(bits[1] >> bit & 1)
        revocation, replaced = self._history(question, known, revoked, block.number)
        if known.status is AnchorStatus.SUPERSEDED and replaced is None and successor[0] != ZERO_HASH:
            replaced = Successor(successor[0], None)
        return Facts(
            as_of=AsOf(block.number, block.hash, block.time),
            anchor=None if known.kind is AnchorKind.NONE else known,
            keys=self._keys(agencies, at, [key for key in ids if key]),
            parties=ids.count(0),
            threshold=max(1, anchor[0]["threshold"]),
            revoked=revoked,
            held=held,
            revocation=revocation,
            successor=replaced,
        )

    def _is_ours(self, question: Question) -> bool:
        """Whether the node holds the chain that the deployment and the question name."""
        chain_id, genesis = self.rpc.chain_id(), self.rpc.block(0)
        return (
            chain_id == self.deployment.chain_id == question.chain_id
            and genesis is not None
            and genesis.hash == self.deployment.genesis_hash
            and self.deployment.contracts["DocumentRegistry"].address == question.registry
        )

    def _ask(self, at: Mapping[str, str], *asked: tuple[ContractInfo, str, Sequence[Any]]) -> list[list[Any]]:
        """The outputs of several views at one block. Raises AbiDataRefused when an answer is none."""
        calls = [
            ("eth_call", [{"to": contract.address, "data": encode_call(contract.abi, function, given)}, at])
            for contract, function, given in asked
        ]
        return [
            outputs(contract, function, answer)
            for (contract, function, _), answer in zip(asked, self.rpc.batch(calls), strict=True)
        ]

    def _keys(self, agencies: ContractInfo, at: Mapping[str, str], ids: Sequence[int]) -> tuple[KeyFacts, ...]:
        if not ids:
            return ()
        keys = [key for (key,) in self._ask(at, *((agencies, "keyOf", (one,)) for one in ids))]
        records = [record for (record,) in self._ask(at, *((agencies, "officerOf", (key,)) for key in keys))]
        return tuple(
            KeyFacts(
                id=record["id"],
                key=key,
                agency=record["agency"],
                scopes=record["scopes"],
                not_before=record["notBefore"],
                not_after=record["notAfter"],
                compromised_since=record["compromisedSince"],
            )
            for key, record in zip(keys, records, strict=True)
        )

    def _history(
        self, question: Question, anchor: AnchorFacts, revoked: bool, number: int
    ) -> tuple[Revocation | None, Successor | None]:
        """Why and when the document fell, and what took its place; asks for logs only when it did fall."""
        if anchor.status is AnchorStatus.REVOKED:
            found = self._events(question, "RootRevoked", number)
            final = [event for event in found if event.arguments["reason"] != HOLD]
            return (Revocation(final[-1].arguments["reason"], final[-1].time) if final else None), None
        if not revoked:
            return None, None
        word, bit = divmod(question.index, WORD_BITS)
        single = self._events(question, "DocumentRevoked", number)
        found = [event for event in single if event.arguments["index"] == question.index]
        many = self._events(question, "WordRevoked", number, f"0x{word:064x}")
        found += [event for event in many if event.arguments["bits"] >> bit & 1]
        # A bit is set once for good, so that only one of these is no hold.
        final = [event for event in found if event.arguments["reason"] != HOLD]
        successors = [
            Successor(event.arguments["successor"], event.arguments["successorIndex"])
            for event in self._events(question, "DocumentSuperseded", number)
            if event.arguments["index"] == question.index
        ]
        revocation = Revocation(final[-1].arguments["reason"], final[-1].time) if final else None
        return revocation, successors[-1] if successors else None

    def _events(self, question: Question, name: str, number: int, *topics: str) -> list[Event]:
        """The events of one name about the question's root, up to a block, with their blocks' times."""
        contract = self.deployment.contracts["DocumentRegistry"]
        (described,) = [one for one in contract.abi if one["type"] == "event" and one["name"] == name]
        asked = {
            "address": contract.address,
            "fromBlock": hex(contract.start_block),
            "toBlock": hex(number),
            "topics": [topic_of(described), question.issuer, question.root, *topics],
        }
        decoder = Decoder(self.deployment)
        events = []
        for entry in self.rpc.call("eth_getLogs", [asked]):
            block = self.rpc.block(int(entry["blockNumber"], 16))
            events.append(decoder.decode(entry, 0 if block is None else block.time))
        return events


def ask(rpc: Rpc, contract: ContractInfo, function: str, given: Sequence[Any]) -> list[Any]:
    """The outputs of one view at the head. Raises AbiDataRefused, RpcError, RpcUnavailable."""
    call = {"to": contract.address, "data": encode_call(contract.abi, function, given)}
    return outputs(contract, function, rpc.call("eth_call", [call, "latest"]))


def _anchor(record: Mapping[str, Any]) -> AnchorFacts:
    return AnchorFacts(
        kind=AnchorKind(record["kind"]),
        status=AnchorStatus(record["status"]),
        issued_at=record["issuedAt"],
        expires_at=record["expiresAt"],
        count=record["count"],
        key_id=record["keyId"],
    )
