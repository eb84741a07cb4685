"""Record tests/vectors/documents/evidence.json from a real node: storage proofs, and what they must lead to.

Run `python -m tests.service.documents.record_evidence` after the contracts' storage changed. Block hashes differ each
time, so that no test compares the file with a new recording.
"""

import base64
import json
from dataclasses import replace
from typing import Any

from muniment.documents.offline import EvidenceSource
from muniment.documents.proof import Proof, written
from tests.service.documents.make_vectors import FOLDER
from tests.service.documents.registry import build
from tests.service.documents.test_chain import CONTENTS, judged, made, offline
from tests.service.nodes import Node


def record() -> list[dict[str, Any]]:
    """The cases, each with its document, proof with evidence, checkpoint and verdict."""
    cases: list[dict[str, Any]] = []
    with Node() as node:
        registry = build(node)
        proofs = made(registry)

        def add(name: str, proof: Proof, source: EvidenceSource, verdict: str, max_age: int | None = None) -> None:
            given = judged(registry, proof, source, max_age).value
            assert given == verdict, (name, given)
            checkpoint = source.checkpoint
            cases.append(
                {
                    "name": name,
                    "document": base64.b64encode(CONTENTS[proof.leaf.index]).decode(),
                    "proof": base64.b64encode(written(replace(proof, evidence=source.evidence))).decode(),
                    "checkpoint": json.loads(checkpoint.written()),
                    "maxAge": max_age,
                    "now": registry.now(),
                    "verdict": verdict,
                }
            )

        add("never anchored", proofs[0], offline(registry, proofs[0]), "NOT_ANCHORED")
        registry.issue(proofs[0].root, len(proofs))
        before = offline(registry, proofs[0])
        add("stands", proofs[0], before, "VALID")
        registry.send(registry.registrar, "DocumentRegistry", "revoke", registry.agency, proofs[0].root, 0, 1)
        registry.send(registry.registrar, "DocumentRegistry", "revoke", registry.agency, proofs[0].root, 299, 6)
        registry.pass_time(1_000)
        after = offline(registry, proofs[0])
        add("revoked", proofs[0], after, "REVOKED")
        add("on hold", proofs[299], offline(registry, proofs[299]), "SUSPENDED")
        add("a snapshot from before the revocation, true as of then", proofs[0], before, "VALID")
        add("the same, older than accepted", proofs[0], before, "CANNOT_TELL", 500)
        add(
            "a snapshot that the checkpoint does not vouch for",
            proofs[0],
            EvidenceSource(before.evidence, after.checkpoint),
            "CANNOT_TELL",
        )
        assert after.evidence is not None
        nodes, header = after.evidence["nodes"], after.evidence["header"]
        for place in range(len(nodes)):
            left = EvidenceSource({"header": header, "nodes": [*nodes[:place], *nodes[place + 1 :]]}, after.checkpoint)
            if judged(registry, proofs[0], left).value == "CANNOT_TELL":
                add("a trie node left out", proofs[0], left, "CANNOT_TELL")
                break
        cut = EvidenceSource({"header": header[:-2], "nodes": nodes}, after.checkpoint)
        add("a header cut short", proofs[0], cut, "CANNOT_TELL")
        add(
            "evidence with a key more",
            proofs[0],
            EvidenceSource({**after.evidence, "x": 1}, after.checkpoint),
            "CANNOT_TELL",
        )
        add("no evidence", proofs[0], EvidenceSource({}, after.checkpoint), "CANNOT_TELL")
        registry.send(registry.admin, "AgencyRegistry", "retire", registry.registrar, 0)
        add("key retired since", proofs[1], offline(registry, proofs[1]), "VALID_ISSUED_BEFORE_KEY_RETIRED")
    return cases


if __name__ == "__main__":
    (FOLDER / "evidence.json").write_text(json.dumps(record(), indent=1, sort_keys=True) + "\n")
