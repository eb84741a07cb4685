"""What others need for the same: Belenios (Debian's belenios-tool) and ElectionGuard (PyPI, its own environment)."""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

GROUPS = ("BELENIOS-2048", "RFC-3526-2048")
BALLOTS = 20
OPTIONS = 4
INSTALLING = 200  # seconds
# ElectionGuard's own package asks for a Python whose dataclasses allow mutable defaults: its proofs alone are imported.
_ELECTION_GUARD = """
import importlib.util, json, logging, sys, time, types
logging.disable(logging.CRITICAL)
package = types.ModuleType("electionguard")
package.__path__ = list(importlib.util.find_spec("electionguard").submodule_search_locations)
sys.modules["electionguard"] = package
from electionguard.chaum_pedersen import make_disjunctive_chaum_pedersen
from electionguard.elgamal import elgamal_encrypt, elgamal_keypair_random
from electionguard.group import ONE_MOD_Q, rand_q
key = elgamal_keypair_random().public_key
def make(vote):
    nonce = rand_q()
    ciphertext = elgamal_encrypt(vote, nonce, key)
    return ciphertext, make_disjunctive_chaum_pedersen(ciphertext, nonce, key, ONE_MOD_Q, rand_q(), vote)
count = int(sys.argv[1])
started = time.process_time()
made = [make(number % 2) for number in range(count)]
making = time.process_time() - started
started = time.process_time()
assert all(proof.is_valid(ciphertext, key, ONE_MOD_Q) for ciphertext, proof in made)
print(json.dumps({"made": count / making, "verified": count / (time.process_time() - started)}))
"""


def belenios() -> dict[str, float] | None:
    """Ballots verified a second of processor time, by group: approval of four options. None: it is not installed.

    Verifying an election of BALLOTS, less verifying it without any.
    """
    if shutil.which("belenios-tool") is None:
        return None
    return {group: round(_belenios(group), 1) for group in GROUPS}


def _belenios(group: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)

        def run(*words: str, given: str = "") -> str:
            command = ["belenios-tool", *words]
            done = subprocess.run(command, cwd=place, input=given, capture_output=True, text=True, check=True)
            return done.stdout

        uuid = run("setup", "generate-token", "--length=14").strip()
        election = (f"--uuid={uuid}", f"--group={group}")
        run("setup", "generate-credentials", *election, f"--count={BALLOTS}")
        private = next(place.glob("*.privcreds"))
        next(place.glob("*.pubcreds")).rename(place / "public_creds.json")
        run("setup", "generate-trustee-key", f"--group={group}")
        (place / "public_keys.jsons").write_text("".join(key.read_text() for key in place.glob("*.pubkey")))
        run("setup", "make-trustees")
        question = {
            "question": "Which?",
            "answers": [f"Option {n}" for n in range(OPTIONS)],
            "min": 0,
            "max": OPTIONS,
            "blank": False,
        }
        template = {
            "description": "",
            "name": "bench",
            "questions": [question],
            "administrator": "",
            "credential_authority": "",
        }
        (place / "template.json").write_text(json.dumps(template))
        run("setup", "make-election", *election, "--template=template.json")
        run("archive", "init")
        for setup in ("election.json", "trustees.json", "public_creds.json"):
            (place / setup).unlink()
        empty = _processor(run)
        listed = [line.split()[-1] for line in private.read_text().splitlines()]
        (place / "choice.json").write_text(json.dumps([[number % 2 for number in range(OPTIONS)]]))
        for credential in listed:
            (place / "credential").write_text(credential)
            ballot = run("election", "generate-ballot", "--privcred=credential", "--ballot=choice.json")
            run("archive", "add-event", "--type=Ballot", given=ballot)
        return BALLOTS / (_processor(run) - empty)


def _processor(run: Any) -> float:
    """Seconds of processor time that verifying takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    run("election", "verify")
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def election_guard() -> dict[str, float] | None:
    """Selections made and verified a second of processor time. None: it could not be installed or run."""
    home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "muniment-bench" / "electionguard"
    python = home / "bin" / "python"
    try:
        if not python.is_file():
            subprocess.run([sys.executable, "-m", "venv", home], check=True, timeout=INSTALLING, capture_output=True)
            install = [python, "-m", "pip", "install", "--quiet", "electionguard==1.4.0"]
            subprocess.run(install, check=True, timeout=INSTALLING, capture_output=True)
        asked = [python, "-c", _ELECTION_GUARD, str(BALLOTS)]
        told = subprocess.run(asked, check=True, timeout=INSTALLING, capture_output=True, text=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    read: dict[str, float] = json.loads(told)
    return read
