"""What every story stands on: a chain, deployed contracts, an accredited agency and its running service."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from sqlalchemy import select

from demo import staff, university
from demo.node import PATIENCE, Node, NodeEnded, StageError
from muniment.chain.deployment import Deployment
from muniment.chain.events import Decoder, Event
from muniment.config import Settings
from muniment.db.engine import migrate, open_engine, reading
from muniment.db.schema import checkpoints

ROOT = Path(__file__).resolve().parent.parent
AGENCY_DOMAIN = "land.example.gov"
LOCK = "lock"
SETTLED = {"included", "safe", "finalized"}
CHUNK = 500  # blocks a request for logs
FUNDS = hex(1_000 * 10**18)  # wei, of the demo chain's own worthless ether


def clear(folder: Path) -> None:
    """Forget an earlier demo: everything in its folder but the lock that this one holds."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != LOCK:
            path.unlink()


class Stage(AbstractContextManager["Stage"]):
    """The demo's processes and files, in one folder. Everything said goes to `console`, which is standard error."""

    def __init__(self, folder: Path, node_port: int, web_port: int, jurisdiction: str, console: Console) -> None:
        self.folder = folder
        self.console = console
        self.jurisdiction = jurisdiction
        self.node = Node(folder, node_port)
        self.url = f"http://127.0.0.1:{web_port}"
        self.http = httpx.Client(base_url=self.url, timeout=30)
        self._clients: dict[str, httpx.Client] = {}
        self.keep_node = False
        self._keystore = folder / "officer.json"
        self._password = folder / "officer.password"
        self._service: subprocess.Popen[bytes] | None = None
        self._env = os.environ | {
            "MUNIMENT_NETWORK": "local",
            "MUNIMENT_RPC_URLS": self.node.url,
            "MUNIMENT_DATABASE_URL": f"sqlite:///{folder / 'muniment.db'}",
            "MUNIMENT_DEPLOYMENTS": str(folder / "deployments"),
            "MUNIMENT_KEYSTORE": str(self._keystore),
            "MUNIMENT_PASSWORD_FILE": str(self._password),
            "MUNIMENT_HOST": "127.0.0.1",
            "MUNIMENT_PORT": str(web_port),
            "MUNIMENT_PUBLIC_URL": self.url,
        }

    def __enter__(self) -> Self:
        """Set the stage: chain, contracts, agency, service."""
        try:
            self._say("Local chain", self._start_node)
            self._say("Contracts, agency and its officer", self._bootstrap)
            self._say("Service", self._start_service)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the service, then the chain."""
        if self._service is not None and self._service.poll() is None:
            self._service.terminate()
            try:
                self._service.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._service.kill()
                self._service.wait()
        for client in (self.http, *self._clients.values()):
            client.close()
        if not (self.keep_node and error is None):
            self.node.stop()

    @property
    def deployment(self) -> Deployment:
        """The contracts of this chain."""
        return Deployment.load(self.folder / "deployments" / "local.json")

    def environment(self, settings: Mapping[str, str]) -> dict[str, str]:
        """The environment of somebody's own tools: the stage's, with other MUNIMENT_ variables."""
        return self._env | dict(settings)

    @property
    def settings(self) -> Settings:
        """The service's settings, for staff whose work is not on the command line."""
        return Settings.load(self._env)

    def muniment(
        self, *words: str, codes: Sequence[int] = (0,), settings: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Run the service's command line as staff would, with --json; return what it printed last.

        `settings` are MUNIMENT_ variables other than the stage's own, for staff of another agency.

        Raises:
            StageError: it ended with a code that is not among `codes`.
        """
        done = self._run([sys.executable, "-m", "muniment.cli", *words, "--json"], codes, settings=settings)
        return dict(json.loads(done.splitlines()[-1]))

    def run_muniment(self, *words: str) -> None:
        """Run a command that writes files and has no --json.

        Raises:
            StageError: it was refused.
        """
        self._run([sys.executable, "-m", "muniment.cli", *words], quiet=True)

    def api(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, source: str | None = None
    ) -> dict[str, Any]:
        """Ask the service's API; return the JSON answer. `source` is the loopback address of whoever asks.

        Raises:
            StageError: it refused.
        """
        answer = self._asked(method, path, body, source)
        if answer.is_error:
            raise StageError(f"{method} {path} was refused ({answer.status_code}): {answer.text}")
        return dict(answer.json())

    def refused(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Ask for what must be refused; return why.

        Raises:
            StageError: it was not.
        """
        answer = self._asked(method, path, body)
        if not answer.is_client_error:
            raise StageError(f"{method} {path} was not refused ({answer.status_code}).")
        return dict(answer.json())

    def script(self, name: str, *words: str) -> dict[str, Any]:
        """Run a Brownie script as staff would, on this chain, with --json; return what it printed last.

        Raises:
            StageError: it was refused.
        """
        chain = ["--network", "local", "--rpc", self.node.url, "--yes", "--json"]
        done = self._run([sys.executable, "-m", f"scripts.{name}", *words, *chain], quiet=True)
        return dict(json.loads(done.splitlines()[-1]))

    def now(self) -> int:
        """The chain's time, Unix seconds."""
        return self.node.rpc.head().time

    def head(self) -> int:
        """The number of the latest block."""
        return self.node.rpc.head().number

    def _asked(
        self, method: str, path: str, body: Mapping[str, Any] | None, source: str | None = None
    ) -> httpx.Response:
        """Ask, and again after the wait that the service asks for: it lets one client write only so often."""
        client = self._client(source)
        answer = client.request(method, path, json=body)
        while answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            time.sleep(int(answer.headers["Retry-After"]))
            answer = client.request(method, path, json=body)
        return answer

    def _client(self, source: str | None) -> httpx.Client:
        """Who asks: people have computers of their own, here addresses of the loopback network where it has them."""
        if source is None:
            return self.http
        if source not in self._clients:
            with socket.socket() as probe:
                try:
                    probe.bind((source, 0))
                except OSError:
                    self._clients[source] = self.http
                    return self.http
            transport = httpx.HTTPTransport(local_address=source)
            self._clients[source] = httpx.Client(base_url=self.url, timeout=30, transport=transport)
        return self._clients[source]

    def progress(self) -> Progress:
        """A progress bar in the demo's manner."""
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        return Progress(*columns, TimeElapsedColumn(), console=self.console)

    def until(self, done: Callable[[], bool], what: str, patience: float = 300) -> None:
        """Wait until something is so, `patience` seconds at most.

        Raises:
            StageError: it takes longer.
        """
        deadline = time.monotonic() + patience
        while not done():
            if time.monotonic() > deadline:
                raise StageError(f"After {patience} s, still waiting until {what}.")
            time.sleep(0.25)

    def settled(self, key: str) -> None:
        """Wait until a request is in a block, and the read tables with it.

        Raises:
            StageError: it was refused, or takes too long.
        """

        def done() -> bool:
            found = self.api("GET", f"/api/intents/{key}")
            if found["state"] in ("refused", "parked"):
                raise StageError(f"{key} is {found['state']}: {found['sentence']}")
            read = found["as_of"]
            return found["state"] in SETTLED and read is not None and read["number"] >= found["block_number"]

        self.until(done, f"{key} is done")

    def events(self, first: int) -> list[Event]:
        """What the contracts have said since block `first`, from the chain's logs; without the time of day."""
        decoder, rpc = Decoder(self.deployment), self.node.rpc
        head = int(rpc.call("eth_blockNumber", []), 16)
        addresses = [contract.address for contract in self.deployment.contracts.values()]
        events: list[Event] = []
        for start in range(first, head + 1, CHUNK):
            window = {"fromBlock": hex(start), "toBlock": hex(min(start + CHUNK - 1, head)), "address": addresses}
            events += [decoder.decode(log, time=0) for log in rpc.call("eth_getLogs", [window])]
        return events

    def wait(self) -> None:
        """Serve until Ctrl-C.

        Raises:
            StageError: the service or the chain ended by itself.
        """
        assert self._service is not None  # noqa: S101 -- set with the stage
        while self._service.poll() is None and self.node.running:
            time.sleep(0.5)
        raise StageError(f"The service or the local chain ended by itself; the logs in {self.folder} tell why.")

    def _say(self, what: str, act: Any) -> None:
        start = time.monotonic()
        with self.console.status(f"{what} …"):
            act()
        self.console.print(f"  ✓ {what} ({time.monotonic() - start:.1f} s)")

    def _run(
        self,
        command: Sequence[str],
        codes: Sequence[int] = (0,),
        quiet: bool = False,
        settings: Mapping[str, str] | None = None,
    ) -> str:
        # Standard error stays the terminal's unless `quiet`, so that progress bars are seen.
        errors = subprocess.PIPE if quiet else None
        env = self._env | dict(settings or {})
        done = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=errors, text=True)
        if done.returncode not in codes:
            told = "\n".join(filter(None, (done.stdout, done.stderr)))
            raise StageError(f"`{' '.join(command[2:])}` ended with exit {done.returncode}.\n{told}")
        return done.stdout

    def _start_node(self) -> None:
        try:
            self.node.start()
            lost = self._chain_is_behind()
        except NodeEnded:
            # Killed in the middle of a dump it leaves a file that it cannot read; any other cause shows again below.
            lost = True
        if lost:
            # What the service has read since the last dump is of no chain.
            self.console.print("  The demo chain's last blocks are lost; starting over.")
            self.node.stop()
            clear(self.folder)
            self.node.start()

    def _chain_is_behind(self) -> bool:
        """Whether the database has read a block that the node does not have."""
        database = self.folder / "muniment.db"
        if not database.exists():
            return False
        engine = open_engine(f"sqlite:///{database}")
        migrate(engine)
        with reading(engine) as connection:
            read = connection.execute(select(checkpoints.c.number, checkpoints.c.hash)).one_or_none()
        engine.dispose()
        block = None if read is None else self.node.rpc.block(read.number)
        return read is not None and (block is None or block.hash != read.hash)

    def _bootstrap(self) -> None:
        if not self._keystore.exists():
            self._password.write_text(secrets.token_urlsafe(24))
            self._password.chmod(0o600)
            words = ["keys", "new", str(self._keystore), "--password-file", str(self._password)]
            self._run([sys.executable, "-m", "muniment.cli", *words], quiet=True)
        officer = "0x" + json.loads(self._keystore.read_text())["address"].removeprefix("0x")
        agency = ["--domain", AGENCY_DOMAIN, "--jurisdiction", self.jurisdiction]
        chain = ["--network", "local", "--rpc", self.node.url]
        court = ["--court-domain", staff.COURT_DOMAIN, "--court", staff.court(self.node.rpc)]
        command = [sys.executable, "-m", "scripts.bootstrap", *chain, *agency, "--officer", officer, *court, "--yes"]
        try:
            self._run(command, quiet=True)
        except StageError as error:
            raise StageError(f"{error}If the contracts have changed since the last demo, add --fresh.") from error
        self.node.rpc.call("anvil_setBalance", [officer, FUNDS])
        # While a new chain's clock is still behind: the keys of those who act in twos must be two days old.
        university.found(self.node.rpc, self.deployment)
        staff.appoint(self.node.rpc, self.deployment, AGENCY_DOMAIN)
        self.node.catch_up()

    def _start_service(self) -> None:
        log_path = self.folder / "service.log"
        with log_path.open("ab") as log:
            command = [sys.executable, "-m", "muniment.cli", "serve"]
            self._service = subprocess.Popen(command, cwd=ROOT, env=self._env, stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self._service.poll() is not None:
                raise StageError(f"The service ended at once; {log_path} tells why.")
            try:
                if self.http.get("/health/live").is_success:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise StageError(f"The service does not answer; {log_path} may tell why.")
