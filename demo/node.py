"""A local Ethereum node (anvil) whose chain survives restarts."""

import shutil
import socket
import subprocess
import time
from pathlib import Path

from muniment.chain.rpc import Rpc

CHAIN_ID = 31337
PID = "node.pid"  # the file that names the latest node's process
AGE = 49 * 3600  # seconds; a new chain begins so long ago, so that keys can be old enough for dual control (48 hours)
# A block every two seconds besides those that carry transactions, and epochs of one slot, so that finality moves.
RHYTHM = ["--block-time", "2", "--mixed-mining", "--slots-in-an-epoch", "1"]
PATIENCE = 120  # seconds to start or to stop, at most: a busy machine takes long


class StageError(Exception):
    """The demo cannot go on; the message says why and what to do."""


class NodeEnded(StageError):
    """The node ended as soon as it was started."""


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def require_free(port: int, option: str) -> None:
    """Refuse a taken port in one sentence.

    Raises:
        StageError: somebody listens on the port.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise StageError(f"Port {port} is taken; stop what uses it, or choose another with {option}.") from error


class Node:
    """anvil on the loopback interface, keeping its chain in a file."""

    def __init__(self, folder: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.rpc = Rpc([self.url])
        self._state = folder / "chain.json"
        self._log = folder / "node.log"
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process's id."""
        assert self._process is not None  # noqa: S101 -- asked for only after start()
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the node and wait until it answers. The clock of a new chain stays behind until `catch_up`.

        Raises:
            StageError: it ends, or does not answer in time.
        """
        anvil = shutil.which("anvil")
        if anvil is None:
            raise StageError("anvil is not installed; run `./run setup`.")
        new = not self._state.exists()
        keep = ["--state", str(self._state), "--state-interval", "15", "--timestamp", str(self._birthday())]
        command = [anvil, "--host", "127.0.0.1", "--port", str(self._port), "--chain-id", str(CHAIN_ID), *RHYTHM, *keep]
        with self._log.open("ab") as log:
            # A session of its own: Ctrl-C reaches the demo first, which ends the service before the chain. It inherits
            # the folder's lock.
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, close_fds=False)
        self._state.with_name(PID).write_text(str(self.pid))
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise NodeEnded(f"The local node ended at once; {self._log} tells why.")
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    if not new:
                        self.catch_up()
                    return
            time.sleep(0.1)
        raise StageError(f"The local node does not answer; {self._log} may tell why.")

    def catch_up(self) -> None:
        """Set the chain's clock to this machine's, for its next blocks; never back, when a story let time pass."""
        self.rpc.call("evm_setTime", [max(int(time.time()), self.rpc.head().time)])

    def pass_time(self, seconds: int) -> None:
        """Let time pass on the chain, and a block with it. From now on its clock is ahead of this machine's."""
        self.rpc.call("evm_increaseTime", [seconds])
        self.rpc.call("evm_mine", [])

    def _birthday(self) -> int:
        """When the chain began, Unix seconds.

        anvil makes a genesis at every start, also when it loads a chain, and keeps both: they must be the same one.
        """
        written = self._state.with_name("birthday")
        if not self._state.exists():
            written.write_text(str(int(time.time()) - AGE))
        return int(written.read_text())

    def stop(self) -> None:
        """End the node; it writes its chain to the file first."""
        if self._process is not None and self.running:
            self._process.terminate()
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
