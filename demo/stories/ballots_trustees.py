"""Five trustees with tools and keys of their own; three of them decrypt together, and one does not come."""

import contextlib
import io
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.stage import FUNDS, Stage, StageError
from muniment.cli.main import SPOKEN, app
from muniment.errors import Refused
from muniment.sentences import sentence_of

THRESHOLD, SIZE = 3, 5
SILENT = 4  # place of the one who does not decrypt


@dataclass(frozen=True)
class Trustee:
    """A trustee by place from 1, its account, its tools' environment, and where they keep their files."""

    place: int
    account: str
    environment: dict[str, str]
    secret: Path
    shares: Path


def use(task: tuple[dict[str, str], Sequence[str]]) -> dict[str, Any]:
    """Use `muniment` as one trustee does, in this process: to start it anew thirty times takes minutes.

    What it says beside its answer is for a trustee alone to read: to name a second node, which a local chain has not.

    Raises:
        StageError: it was refused.
    """
    environment, words = task
    os.environ.update(environment)
    heard = io.StringIO()
    try:
        with contextlib.redirect_stdout(heard), contextlib.redirect_stderr(io.StringIO()):
            app([*words, "--json"], standalone_mode=False)
    except Refused as refused:
        raise StageError(f"`muniment {' '.join(words)}`: {sentence_of(refused)}") from None
    except SPOKEN as error:
        raise StageError(f"`muniment {' '.join(words)}`: {error}") from None
    return dict(json.loads(heard.getvalue().splitlines()[-1]))


class Trustees:
    """The trustees of one election, in a folder of it."""

    def __init__(self, stage: Stage, folder: Path, workers: Executor) -> None:
        self.stage, self.workers = stage, workers
        self.all = tuple(self._hire(place, folder / f"trustee-{place}") for place in range(1, SIZE + 1))

    def _hire(self, place: int, folder: Path) -> Trustee:
        folder.mkdir(parents=True)
        keystore, password = folder / "key.json", folder / "password"
        password.write_text(secrets.token_urlsafe(24))
        password.chmod(0o600)
        environment = self.stage.environment(
            {"MUNIMENT_KEYSTORE": str(keystore), "MUNIMENT_PASSWORD_FILE": str(password)}
        )
        words = ["keys", "new", str(keystore), "--password-file", str(password)]
        self.workers.submit(make_keystore, environment, words).result()
        account = "0x" + str(json.loads(keystore.read_text())["address"]).removeprefix("0x").lower()
        self.stage.node.rpc.call("anvil_setBalance", [account, FUNDS])
        return Trustee(place, account, environment, folder / "secret.json", folder / "shares.json")

    def make_key(self, setup: str) -> None:
        """The whole ceremony, each stage when all have done the one before."""
        with self.stage.progress() as bars:
            bar = bars.add_task("  Key ceremony", total=5 * SIZE + 1)
            for step in ("init", "commit", "reveal", "share", "confirm"):
                words = (setup,) if step == "init" else ()
                for _ in self._each(self.all, step, *words):
                    bars.advance(bar)
            self._use(self.all[0], "finish", setup)
            bars.advance(bar)

    def decrypt(self) -> list[Path]:
        """Share files of all but the silent one."""
        coming = [one for one in self.all if one.place != SILENT]
        with self.stage.progress() as bars:
            bar = bars.add_task("  Trustees decrypt", total=len(coming))
            tasks = [_task(one, "decrypt", str(one.secret), "--out", str(one.shares)) for one in coming]
            for _ in self.workers.map(use, tasks):
                bars.advance(bar)
        return [one.shares for one in coming]

    def tally(self, setup: str, shares: Iterable[Path]) -> dict[str, Any]:
        """Let one trustee put the shares together and publish the counts."""
        words = ["trustee", "tally", setup, *map(str, shares)]
        return self.stage.muniment(*words, settings=self.all[0].environment)

    def _each(self, trustees: Iterable[Trustee], step: str, *words: str) -> Iterator[dict[str, Any]]:
        yield from self.workers.map(use, [_task(one, step, str(one.secret), *words) for one in trustees])

    def _use(self, trustee: Trustee, *words: str) -> dict[str, Any]:
        return self.workers.submit(use, _task(trustee, *words)).result()


def _task(trustee: Trustee, *words: str) -> tuple[dict[str, str], list[str]]:
    return trustee.environment, ["trustee", *words]


def make_keystore(environment: dict[str, str], words: Sequence[str]) -> None:
    """Use a command that prints no JSON."""
    os.environ.update(environment)
    with contextlib.redirect_stdout(io.StringIO()):
        app(list(words), standalone_mode=False)
