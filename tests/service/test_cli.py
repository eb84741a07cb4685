"""The command line: exit codes, one sentence for every failure, one line of JSON for programs."""

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog

from muniment.cli import main
from tests.service.conftest import Chain

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = str(ROOT / "examples" / "municipality.geojson")
AGENCY = ("--agency", "land.example.gov")


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


class Cli:
    """The program with settings of its own."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        clean = {name: value for name, value in os.environ.items() if not name.startswith("MUNIMENT_")}
        database = f"sqlite:///{folder}/cli.db"
        self.env = {**clean, "PYTHONPATH": str(ROOT), "MUNIMENT_DATABASE_URL": database, **settings}

    def run(self, *words: str) -> Done:
        """Run it in this process: starting Python anew for every command would take minutes."""
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.chdir(self.folder)
            patch.setattr(os, "environ", self.env)
            patch.setattr(sys, "argv", ["muniment", *words])
            with pytest.raises(SystemExit) as ended:
                main()
        structlog.reset_defaults()
        return Done(int(ended.value.code or 0), out.getvalue(), err.getvalue())

    def json(self, *words: str, code: int = 0) -> Any:
        """Run it with --json; return its one line, after checking the exit code."""
        done = self.run(*words, "--json")
        assert done.returncode == code, done.stdout + done.stderr
        (line,) = done.stdout.splitlines()
        return json.loads(line)


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """The program without a chain."""
    return Cli(tmp_path)


@pytest.fixture
def on_chain(tmp_path: Path, chain: Chain) -> Cli:
    """The program with a chain and an officer's key."""
    password = tmp_path / "password"
    password.write_text(chain.password + "\n")
    return Cli(
        tmp_path,
        MUNIMENT_RPC_URLS=chain.url,
        MUNIMENT_DEPLOYMENTS=str(chain.deployment_path.parent),
        MUNIMENT_KEYSTORE=str(chain.keystore),
        MUNIMENT_PASSWORD_FILE=str(password),
    )


def test_parcels_go_from_the_file_to_the_chain_and_back(on_chain: Cli) -> None:
    """Import, registration, look-up and invitation must work together, by the commands alone."""
    taken = on_chain.json("land", "import", EXAMPLE, "--jurisdiction", "GB")
    assert (taken["features"], taken["accepted"], taken["rejected"]) == (210, 210, 0)
    worked = on_chain.json("work", "--until-idle", "--timeout", "200")
    assert (worked["settled"], worked["waiting"], worked["refused"]) == (210, 0, 0)
    assert on_chain.json("work", "--until-idle", "--timeout", "5")["settled"] == 210  # the first lease has ended
    shown = on_chain.json("land", "show", "Munavik Park 1:1", "--jurisdiction", "GB")
    assert shown["title"] == taken["titles"][0]
    assert shown["geometry"]["state"] == "checked"
    assert shown["shares"][0]["part"] == "1/1"
    assert on_chain.json("land", "list", "torp")["page"]["total"] > 10
    invited = on_chain.json("identity", "invite", "--ref", "Munavik Park 1:1", "--jurisdiction", "GB")
    assert invited["party"] == shown["shares"][0]["holder"]
    assert invited["url"].endswith(f"/bind/{invited['code']}")
    before = shown["block_hash"]
    on_chain.json("index", "rebuild", "--yes")
    assert on_chain.json("land", "show", shown["title"])["block_hash"] == before


def test_a_title_with_several_holders_needs_the_party_named(cli: Cli) -> None:
    """Where a parcel has three holders the invitation must ask which, and list them."""
    taken = cli.json("land", "import", EXAMPLE, "--jurisdiction", "EE", *AGENCY)
    told = cli.json("identity", "invite", "--ref", taken["refs"][22], "--jurisdiction", "EE", code=1)
    assert told["error"] == "PartyAmbiguous"
    assert told["sentence"].count("0x") == 3


def test_a_partly_bad_file_exits_with_2(cli: Cli) -> None:
    """Some good and some bad must be 2, with each bad feature's line and reason, on screen and as JSON."""
    good = Path(EXAMPLE).read_text(encoding="utf-8").splitlines()[1].rstrip(",")
    path = cli.folder / "bad\x1b[31m.geojson"
    path.write_text('{"type":"FeatureCollection","features":[\n' + good + ",\n{]\n]}")
    words = ("land", "import", str(path), "--jurisdiction", "EE", *AGENCY)
    told = cli.json(*words, code=2)
    assert [(one["line"], one["error"]) for one in told["rejections"]] == [(3, "FeatureNotJson")]
    shown = cli.run(*words)
    assert shown.returncode == 2
    assert "1 unchanged, 1 rejected" in shown.stdout
    assert "\x1b[31m" not in shown.stdout


def test_a_dry_run_leaves_no_request(cli: Cli) -> None:
    """--dry-run must tell what would happen and queue nothing."""
    assert cli.json("land", "import", EXAMPLE, "--jurisdiction", "EE", "--dry-run", *AGENCY)["queued"] == 210
    assert cli.json("outbox", "status")["queued"] == 0


FAILURES: list[tuple[list[str], str]] = [
    (["land", "import", "nowhere.geojson", "--jurisdiction", "GB", *AGENCY], "FileUnreadable"),
    (["land", "import", ".", "--jurisdiction", "GB", *AGENCY], "FileUnreadable"),
    (["land", "import", __file__, "--jurisdiction", "GB", *AGENCY], "NotGeoJson"),
    (["land", "import", EXAMPLE, "--jurisdiction", "Atlantis", *AGENCY], "JurisdictionRefused"),
    (["land", "import", EXAMPLE, "--jurisdiction", "GB", "--grade", "none"], "GradeRefused"),
    (["land", "import", EXAMPLE, "--jurisdiction", "GB", "--legal-date", "soon"], "LegalDateRefused"),
    (["land", "import", EXAMPLE, "--jurisdiction", "GB"], "DeploymentUnreadable"),
    (["land", "import", EXAMPLE], "UsageError"),
    (["land", "show", "x"], "DatabaseEmpty"),
    (["identity", "invite"], "PartyOrRef"),
    (["identity", "invite", "0x12"], "PartyUnknown"),
    (["outbox", "list", "--state", "odd"], "StateUnknown"),
    (["outbox", "retry"], "UsageError"),
    (["work", "--until-idle"], "KeystoreMissing"),
    (["keys", "new", "key.json"], "PasswordMissing"),
    (["keys", "new", "key.json", "--password-file", "none"], "FileUnreadable"),
    (["index", "rebuild", "--yes"], "DeploymentUnreadable"),
]


@pytest.mark.parametrize(
    ("words", "name"), FAILURES, ids=[" ".join(words[:2]) + " " + name for words, name in FAILURES]
)
def test_every_failure_is_one_sentence_and_exit_1(cli: Cli, words: list[str], name: str) -> None:
    """Nothing that an operator can get wrong must end in a traceback."""
    done = cli.run(*words, "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"] == name
    assert done.stderr.strip()


def test_it_starts_as_a_program_of_its_own(cli: Cli) -> None:
    """`python -m muniment.cli` must do what the entry point does."""
    command = [sys.executable, "-m", "muniment.cli", "outbox", "status"]
    done = subprocess.run(command, cwd=cli.folder, env=cli.env, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == ["The database has no tables yet. Run: muniment db migrate."]


def test_a_misspelt_setting_is_one_sentence(tmp_path: Path) -> None:
    """A setting that cannot be used must be told before anything is done."""
    assert Cli(tmp_path, MUNIMENT_PORT="many").json("index", "status", code=1)["error"] == "SettingRefused"


def test_files_that_are_something_else_are_one_sentence(on_chain: Cli) -> None:
    """What is no database, no folder, no text must be told as such, without a traceback."""
    other = on_chain.folder / "other"
    other.write_bytes(b"\xff neither text nor a database")
    good = dict(on_chain.env)
    for setting, value, name in [
        ("MUNIMENT_DATABASE_URL", f"sqlite:///{other}", "DatabaseUnavailable"),
        ("MUNIMENT_DATABASE_URL", f"sqlite:///{other}/in.db", "DatabaseUrlRefused"),
        ("MUNIMENT_PASSWORD_FILE", str(other), "FileUnreadable"),
    ]:
        on_chain.env = {**good, setting: value}
        assert on_chain.json("work", "--until-idle", code=1)["error"] == name
    on_chain.env = good
    (on_chain.folder / ".env").write_bytes(b"MUNIMENT_PORT=\xff")
    assert on_chain.json("index", "status", code=1)["error"] == "SettingRefused"


def test_a_taken_port_is_one_sentence(on_chain: Cli, chain: Chain) -> None:
    """Where the port is in use, serving must end at once and say so."""
    on_chain.env |= {"MUNIMENT_PORT": chain.url.rsplit(":", 1)[1], "MUNIMENT_HOST": "127.0.0.1"}
    done = on_chain.run("serve")
    assert done.returncode == 1
    assert "cannot be used" in done.stderr


def test_a_key_is_made_once_and_only_its_owner_reads_it(cli: Cli) -> None:
    """A keystore must be readable by nobody else, and never be overwritten."""
    (cli.folder / "password").write_text("correct horse battery\n")
    words = ("keys", "new", "keys/officer.json", "--password-file", "password")
    made = cli.json(*words)
    assert (cli.folder / made["keystore"]).stat().st_mode & 0o777 == 0o600
    assert cli.json(*words, code=1)["error"] == "FileExists"


def test_refused_requests_can_be_tried_again(on_chain: Cli) -> None:
    """After the cause is gone, a refused request must go back into the queue under its own key; a settled one not."""
    first = Path(EXAMPLE).read_text(encoding="utf-8").splitlines()[:4]
    few = on_chain.folder / "few.geojson"
    few.write_text("\n".join(first).rstrip(",") + "\n]}", encoding="utf-8")
    on_chain.json("land", "import", str(few), "--jurisdiction", "EE", *AGENCY)  # nobody keeps this register
    worked = on_chain.json("work", "--until-idle", "--timeout", "200")
    assert worked["refused"] == 3
    line = on_chain.json("outbox", "list", "--size", "1", "--state", "refused")["lines"][0]
    assert line["reason"]["error"] == "RegisterUnknown"
    assert on_chain.json("outbox", "retry", line["key"]) == {"queued": 1}
    assert on_chain.json("outbox", "retry", line["key"], code=1)["error"] == "RetryRefused"
    assert on_chain.json("outbox", "retry", "--all", "refused") == {"queued": 2}
    assert on_chain.json("outbox", "retry", "none", code=1)["error"] == "IntentUnknown"
