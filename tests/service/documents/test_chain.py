"""Documents on a real node: the service's verdict against the contract's finding, with a node and without."""

import hashlib
from collections.abc import Callable

import pytest

from muniment.documents.facts import Source
from muniment.documents.issuing import Issuer, batch, draft
from muniment.documents.model import Name
from muniment.documents.offline import Checkpoint, EvidenceSource, collect
from muniment.documents.proof import FileContent, Proof
from muniment.documents.source import NodeSource
from muniment.documents.verdict import Document, Trust, judge_proof
from muniment.hashing import ZERO_HASH
from tests.service.documents.registry import Registry, build
from tests.service.documents.stage import question
from tests.service.nodes import Node

CONTENTS = [b"document %d" % number for number in range(300)]
FINDINGS = ("NOT_ANCHORED", "ISSUED_AFTER_COMPROMISE", "REVOKED", "SUSPENDED", "EXPIRED", "SUPERSEDED",
            "VALID_ISSUED_BEFORE_KEY_RETIRED", "VALID")  # fmt: skip


@pytest.fixture
def registry(anvil: Callable[..., Node]) -> Registry:
    """The contracts with one agency and one registrar."""
    return build(anvil())


def made(registry: Registry, expires_at: int = 0) -> tuple[Proof, ...]:
    """Proofs of the 300 documents."""
    address = registry.deployment.contracts["DocumentRegistry"].address
    issuer = Issuer(registry.deployment.chain_id, address, registry.agency, ZERO_HASH, expires_at)
    return batch(issuer, [draft("0x" + hashlib.sha256(one).hexdigest(), FileContent()) for one in CONTENTS]).proofs


def finding(registry: Registry, proof: Proof) -> str:
    """What the contract's own verify says."""
    leaf = proof.leaf
    struct = {
        "issuer": leaf.issuer, "schema": leaf.schema, "docId": leaf.doc_id, "commitment": leaf.commitment,
        "index": leaf.index, "expiresAt": leaf.expires_at,
    }  # fmt: skip
    answer = registry.view("DocumentRegistry", "verify", struct, list(proof.siblings))
    return FINDINGS[int(answer[2:66], 16)]


def judged(registry: Registry, proof: Proof, source: Source, max_age: int | None = None) -> Name:
    """The service's verdict on a document of the batch."""
    address = registry.deployment.contracts["DocumentRegistry"].address
    trust = Trust(frozenset({(registry.deployment.chain_id, address)}), max_age=max_age)
    document = Document("0x" + hashlib.sha256(CONTENTS[proof.leaf.index]).hexdigest())
    return judge_proof(document, proof, trust, source, registry.now()).name


def offline(registry: Registry, proof: Proof) -> EvidenceSource:
    """Evidence at the head, and a checkpoint that vouches for it."""
    asked = question(proof)
    facts = NodeSource(registry.rpc, registry.deployment).facts(asked)
    assert facts is not None
    agencies = registry.deployment.contracts["AgencyRegistry"].address
    keys = [(key.id, key.key) for key in facts.keys]
    evidence = collect(registry.rpc, asked, agencies, keys, facts.as_of.hash)
    checkpoint = Checkpoint("the test", asked.chain_id, asked.registry, agencies, frozenset({facts.as_of.hash}))
    return EvidenceSource(evidence, checkpoint)


def all_agree(
    registry: Registry, proof: Proof, verdict: str, chain: str | None = None, alone: str | None = None
) -> None:
    """The service with a node, the contract, and the service offline must say the same, unless told otherwise."""
    assert judged(registry, proof, NodeSource(registry.rpc, registry.deployment)).value == verdict
    assert finding(registry, proof) == (chain or verdict)
    assert judged(registry, proof, offline(registry, proof)).value == (alone or verdict)


def test_the_life_of_a_batch(registry: Registry) -> None:
    """Contract, service and offline proof must agree on each step, from not anchored to superseded."""
    proofs = made(registry)
    root, agency, send = proofs[0].root, registry.agency, registry.send
    all_agree(registry, proofs[0], "NOT_ANCHORED")
    registry.issue(root, len(proofs))
    for index in (0, 255, 256, 299):
        all_agree(registry, proofs[index], "VALID")
    send(registry.registrar, "DocumentRegistry", "revoke", agency, root, 257, 9)
    all_agree(registry, proofs[257], "REVOKED")
    all_agree(registry, proofs[256], "VALID")
    words = [{"word": 0, "bits": "5"}, {"word": 1, "bits": str(1 << 43)}]
    send(registry.registrar, "DocumentRegistry", "revokeWords", agency, root, words, 6)
    for index in (0, 2, 299):
        all_agree(registry, proofs[index], "SUSPENDED")
    send(registry.registrar, "DocumentRegistry", "releaseWord", agency, root, 0, "5")
    all_agree(registry, proofs[2], "VALID")
    other = made(registry)
    registry.issue(other[0].root, len(other))
    send(registry.registrar, "DocumentRegistry", "supersede", agency, root, 7, other[0].root, 9)
    all_agree(registry, proofs[7], "SUPERSEDED", chain="REVOKED", alone="REVOKED")
    send(registry.registrar, "DocumentRegistry", "revokeRoot", agency, root, 6)
    all_agree(registry, proofs[1], "SUSPENDED")
    send(registry.registrar, "DocumentRegistry", "releaseRoot", agency, root)
    send(registry.registrar, "DocumentRegistry", "supersedeRoot", agency, root, other[0].root)
    all_agree(registry, proofs[1], "SUPERSEDED")
    send(registry.registrar, "DocumentRegistry", "revokeRoot", agency, root, 1)
    all_agree(registry, proofs[1], "REVOKED")


def test_keys_over_time(registry: Registry) -> None:
    """What a retired key issued stands; what a compromised key issued since falls."""
    proofs, early = made(registry, registry.now() + 10_000), made(registry)
    registry.issue(early[0].root, len(early))
    registry.pass_time(1_000)
    since = registry.now()
    registry.pass_time(1_000)
    registry.issue(proofs[0].root, len(proofs), registry.now() + 10_000)
    custodians = [account.lower() for account in registry.rpc.call("eth_accounts")[3:5]]
    for custodian in custodians:
        registry.accredit(custodian)
    registry.send(registry.admin, "AgencyRegistry", "retire", registry.registrar, 0)
    all_agree(registry, proofs[3], "VALID_ISSUED_BEFORE_KEY_RETIRED")
    registry.pass_time(20_000)
    all_agree(registry, proofs[3], "EXPIRED")
    registry.pass_time(49 * 3600)
    for custodian in custodians:
        registry.send(custodian, "AgencyRegistry", "markCompromised", registry.registrar, since)
    all_agree(registry, proofs[3], "ISSUED_AFTER_COMPROMISE")
    all_agree(registry, early[3], "VALID_ISSUED_BEFORE_KEY_RETIRED")


def test_stale_and_foreign_evidence_tells_nothing(registry: Registry) -> None:
    """Old evidence must not hide a revocation: it is as of its date, too old when so judged, and bound to its document."""  # noqa: E501 -- a row of a table
    proofs = made(registry)
    registry.issue(proofs[0].root, len(proofs))
    before = offline(registry, proofs[0])
    registry.send(registry.registrar, "DocumentRegistry", "revoke", registry.agency, proofs[0].root, 0, 1)
    registry.pass_time(1_000)
    after = offline(registry, proofs[0])
    assert judged(registry, proofs[0], after) is Name.REVOKED
    assert judged(registry, proofs[0], before) is Name.VALID  # as of its block, which the sentence says
    assert judged(registry, proofs[0], before, max_age=500) is Name.CANNOT_TELL
    assert judged(registry, proofs[0], EvidenceSource(before.evidence, after.checkpoint)) is Name.CANNOT_TELL


def test_no_node_dropped_from_evidence_changes_a_verdict(registry: Registry) -> None:
    """Leaving any trie node out, or bending any byte, must end in CANNOT_TELL."""
    proofs = made(registry)
    registry.issue(proofs[0].root, len(proofs))
    registry.send(registry.registrar, "DocumentRegistry", "revoke", registry.agency, proofs[0].root, 0, 1)
    whole = offline(registry, proofs[0])
    assert whole.evidence is not None
    nodes = whole.evidence["nodes"]
    for place, node in enumerate(nodes):
        bent = node[:-1] + ("0" if node[-1] != "0" else "1")
        for left in ([*nodes[:place], *nodes[place + 1 :]], [*nodes[:place], bent, *nodes[place + 1 :]]):
            source = EvidenceSource({**whole.evidence, "nodes": left}, whole.checkpoint)
            # REVOKED, where the verdict does not need the node.
            assert judged(registry, proofs[0], source) in (Name.CANNOT_TELL, Name.REVOKED)
    header = whole.evidence["header"]
    assert (
        judged(registry, proofs[0], EvidenceSource({"header": header[:-2], "nodes": nodes}, whole.checkpoint))
        is Name.CANNOT_TELL
    )


def test_a_node_of_another_chain_tells_nothing(registry: Registry, anvil: Callable[..., Node]) -> None:
    """A node that holds another chain must lead to CANNOT_TELL, not to NOT_ANCHORED."""
    proofs = made(registry)
    registry.issue(proofs[0].root, len(proofs))
    other = anvil("--chain-id", "1")
    assert judged(registry, proofs[0], NodeSource(other.rpc, registry.deployment)) is Name.CANNOT_TELL
