"""A PostgreSQL server for the tests: a cluster of its own in a temporary folder, reached by a Unix socket."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Self
from urllib.parse import quote

import psycopg


def programs() -> Path | None:
    """Return the folder of initdb: from PATH, else where Debian keeps it; None when PostgreSQL is not installed."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return versions[-1].parent if versions else None


MEMORY = "/dev/shm"


class Cluster:
    """A running server. It refuses to run as root, so root hands it to the user postgres."""

    def __init__(self, folder: Path) -> None:
        """Make and start a cluster with the programs in `folder`."""
        # A socket's path is short, so the folder is not pytest's; in memory where there is such a folder.
        self._home = Path(tempfile.mkdtemp(prefix="pg", dir=MEMORY if os.access(MEMORY, os.W_OK) else None))
        self._pg_ctl = folder / "pg_ctl"
        self._as_user: list[str] = []
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self._home, user.pw_uid, user.pw_gid)
            self._as_user = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        options = (
            f"-c listen_addresses='' -c unix_socket_directories='{self._home}' -c fsync=off -c full_page_writes=off"
        )
        self._run(
            folder / "initdb", "--auth=trust", "--username=muniment", "--encoding=UTF8", "--no-locale", "--no-sync"
        )
        self._run(self._pg_ctl, "--wait", f"--log={self._home / 'log'}", f"--options={options}", "start")
        self._schemas = 0

    @property
    def data(self) -> Path:
        """The folder of the server's own files."""
        return self._home / "data"

    def _run(self, *command: str | Path) -> None:
        environment = {"PATH": os.environ["PATH"], "PGDATA": str(self._home / "data")}
        done = subprocess.run(
            [*self._as_user, *map(str, command)],
            env=environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"{Path(command[0]).name} failed: {done.stderr}")

    def database(self) -> str:
        """Make an empty schema, which is quicker than a database; return the URL of a database that shows only it."""
        self._schemas += 1
        name = f"test{self._schemas}"
        with psycopg.connect(f"host={self._home} user=muniment dbname=postgres", autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        return f"postgresql://muniment@/postgres?host={quote(str(self._home))}&options=-csearch_path%3D{name}"

    def stop(self) -> None:
        """End the server and remove its files."""
        self._run(self._pg_ctl, "--mode=immediate", "stop")
        shutil.rmtree(self._home)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
