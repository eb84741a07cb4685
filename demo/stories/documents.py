"""A university issues 1,000 diplomas with one root; some fall, two signing keys end; every proof is checked."""

import json
import secrets
import time
from collections import Counter
from pathlib import Path
from typing import Any

from demo import university
from demo.node import StageError
from demo.stage import FUNDS, ROOT, Stage
from demo.stories.diplomas import Batch, judged, recount, table
from muniment.access.model import Scope

DIPLOMAS, REVOKED, LATER = 1_000, 100, 10
REASON = "privilege-withdrawn"
FIELD = "/degree/title"
NOWHERE = "http://127.0.0.1:1"  # no node answers on this port
PATIENCE = 120  # seconds for a block to become final


def tell(stage: Stage, options: Any) -> dict[str, Any]:
    """Issue, disclose, revoke, retire one key and declare another compromised; then check every proof file.

    Returns:
        The facts of the story. Counts, gas and verdicts come from the chain and the proof files alone.

    Raises:
        StageError: something does not add up.
    """
    del options  # it has no parcels
    start = time.monotonic()
    return Story(stage).tell(start)


class Story:
    """One telling: a folder of its own below the stage's, with three keys of the university's registrars."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.rpc, self.deployment = stage, stage.node.rpc, stage.deployment
        home = stage.folder / "university"
        self.folder = home / f"telling-{1 + len(list(home.glob('telling-*')))}"
        self.folder.mkdir(parents=True)
        self._database = home / "university.db"
        self._password = self.folder / "password"
        self._password.write_text(secrets.token_urlsafe(24))
        self._password.chmod(0o600)

    def tell(self, start: float) -> dict[str, Any]:
        """Tell the story; `start` is on the monotonic clock."""
        say = self.stage.console.print
        say("\n[bold]A university issues 1,000 diplomas[/] with one root and its first registrar's key")
        first = self._key("first")
        diplomas = self._issue(first, "diplomas", 1, DIPLOMAS)
        say("\n[bold]A holder proves one field[/], an employer checks it with no network")
        offline = self._prove_one_field(diplomas)
        say(f"\n[bold]{REVOKED} diplomas are revoked[/] ({REASON}) in one transaction")
        fallen = [str(proof) for proof in diplomas.proofs[9 :: DIPLOMAS // REVOKED]]
        self._muniment(first, "documents", "revoke", *fallen, "--reason", REASON)
        self._work(first)
        say("\n[bold]The first key is retired[/]: what it signed stands")
        university.retire(self.rpc, self.deployment, first["address"])
        say("\n[bold]A second key is found to be in wrong hands[/]: what it signed since falls")
        batches = [diplomas, *self._compromise(self._key("second"))]
        say("\n[bold]A third key issues those anew[/]")
        batches.append(self._issue(self._key("third"), "anew", DIPLOMAS + LATER + 1, LATER))
        say("\n[bold]Every proof file is checked against the chain[/], and one diploma that somebody changed")
        verdicts = self._verdicts(batches)
        told = recount(self.stage, batches)
        seconds = round(time.monotonic() - start, 1)
        for name, count in verdicts.items():
            say(f"  {count:5} × {name}")
        say(f"  {told.transactions} transactions of the registry; {told.gas_per_document:,} gas a diploma")
        return {
            "story": "documents",
            "issued": told.issued,
            "issued_later": told.issued_later,
            "revoked": told.revoked,
            "chain_id": self.deployment.chain_id,
            "registry": self.deployment.contracts["DocumentRegistry"].address,
            "transactions": told.transactions,
            "gas_per_document": told.gas_per_document,
            "verdicts": verdicts,
            "offline": offline,
            "seconds": seconds,
        }

    def _key(self, name: str) -> dict[str, str]:
        """A fresh registrar's key, accredited to issue documents, with some of the chain's worthless ether."""
        path = self.folder / f"{name}.json"
        made = self.stage.muniment("keys", "new", str(path), "--password-file", str(self._password))
        university.accredit(self.rpc, self.deployment, made["address"], Scope.DOCUMENT_ISSUER)
        self.rpc.call("anvil_setBalance", [made["address"], FUNDS])
        return {"address": made["address"], "keystore": str(path)}

    def _muniment(self, key: dict[str, str], *words: str) -> dict[str, Any]:
        """The university's own service: its database, and one of its keys."""
        settings = {
            "MUNIMENT_DATABASE_URL": f"sqlite:///{self._database}",
            "MUNIMENT_KEYSTORE": key["keystore"],
            "MUNIMENT_PASSWORD_FILE": str(self._password),
        }
        return self.stage.muniment(*words, settings=settings)

    def _work(self, key: dict[str, str]) -> None:
        counts = self._muniment(key, "work", "--until-idle")
        if counts["refused"] or counts["parked"]:
            raise StageError(f"The university's requests stand still: {counts}")

    def _issue(self, key: dict[str, str], name: str, first: int, count: int) -> Batch:
        """Issue the diplomas of students `first` to `first + count - 1`, and wait until the root is anchored."""
        out = self.folder / name
        students = table(self.folder / f"{name}.csv", first, count)
        template = ROOT / "examples" / "diploma.json"
        words = ["--issuer", university.DOMAIN, "--csv", str(students), "--template", str(template), "--out", str(out)]
        issued = self._muniment(key, "documents", "issue", *words)
        self._work(key)
        self.stage.console.print(f"  ✓ {issued['count']} diplomas under the root {issued['root']}")
        return Batch(issued["root"], out, tuple(Path(proof) for proof in issued["proofs"]))

    def _prove_one_field(self, diplomas: Batch) -> str:
        """Disclose one field with all that proves it; judge it as somebody without node, database or deployment."""
        proof, document = diplomas.proofs[0], diplomas.document(0)
        shown, alone, checkpoint = (self.folder / name for name in ("field.json", "offline.json", "checkpoint.json"))
        self.stage.run_muniment("documents", "disclose", str(document), "--proof", str(proof), "--field", FIELD,
                                "--out", str(shown))  # fmt: skip
        self._wait_until_final(diplomas.root)
        self.stage.run_muniment("documents", "offline", str(shown), "--out", str(alone),
                                "--checkpoint-out", str(checkpoint), "--name", "the demo")  # fmt: skip
        words = ("verify", str(alone), "--checkpoint", str(checkpoint), "--issuer", university.DOMAIN, "--offline")
        elsewhere = {"MUNIMENT_RPC_URLS": NOWHERE, "MUNIMENT_DEPLOYMENTS": str(self.folder / "none")}
        said = self.stage.muniment("documents", *words, settings=elsewhere)
        wanted = json.loads(document.read_text())["degree"]["title"]
        if said["fields"] != {FIELD: json.dumps(wanted)}:
            raise StageError(f"The employer sees {said['fields']}.")
        self.stage.console.print(f"  ✓ {FIELD} is {wanted}. {said['sentence']}", soft_wrap=True)
        return str(said["verdict"])

    def _wait_until_final(self, root: str) -> None:
        """Evidence is taken at the last final block, which must have the root."""
        deadline = time.monotonic() + PATIENCE
        issued = university.issued_in(self.rpc, self.deployment, root)
        while True:
            final = self.rpc.block("finalized")
            if final is not None and final.number >= issued:
                return
            if time.monotonic() > deadline:
                raise StageError(f"After {PATIENCE} s, block {issued} is not final.")
            time.sleep(0.5)

    def _compromise(self, key: dict[str, str]) -> list[Batch]:
        """Two batches of one key; it counts as stolen from the second after the first batch was anchored."""
        before = self._issue(key, "before", DIPLOMAS + 1, LATER)
        since = university.anchored_at(self.rpc, self.deployment, before.root) + 1
        after = self._issue(key, "after", DIPLOMAS + LATER + 1, LATER)
        university.mark_compromised(self.rpc, self.deployment, key["address"], since)
        self.stage.console.print("  ✓ two custodians, whose keys are over 48 hours old, declare it")
        return [before, after]

    def _verdicts(self, batches: list[Batch]) -> dict[str, int]:
        """How many proof files come to which verdict, one diploma with a better average among them."""
        forged = self.folder / "forged.json"
        changed = json.loads(batches[0].document(1).read_text()) | {"average": 5}
        forged.write_text(json.dumps(changed))
        files = [pair for batch in batches for pair in batch.files()] + [(forged, batches[0].proofs[1])]
        with self.stage.progress() as progress:
            bar = progress.add_task("verifying", total=len(files))
            found = Counter(judged(self.stage, files, lambda: progress.advance(bar)))
        wanted = {"VALID_ISSUED_BEFORE_KEY_RETIRED": DIPLOMAS - REVOKED + LATER, "REVOKED": REVOKED}
        if found != Counter(wanted | {"ISSUED_AFTER_COMPROMISE": LATER, "VALID": LATER, "ALTERED": 1}):
            raise StageError(f"The proof files come to other verdicts than they should: {dict(found)}.")
        return dict(found.most_common())
