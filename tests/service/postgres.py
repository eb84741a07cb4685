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


class Cluster:
    """A running server. It refuses to run as root, so root hands it to the user postgres."""

    def __init__(self, folder: Path) -> None:
        """Make and start a cluster with the programs in `folder`."""
        # A socket's path is short, so the folder is not pytest's.
        self._home = Path(tempfile.mkdtemp(prefix="pg"))
        self._pg_ctl = folder / "pg_ctl"
        self._as_user: list[str] = []
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self._home, user.pw_uid, user.pw_gid)
            self._as_user = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        options = f"-c listen_addresses='' -c unix_socket_directories='{self._home}' -c fsync=off"
        self._run(
            folder / "initdb", "--auth=trust", "--username=muniment", "--encoding=UTF8", "--no-locale", "--no-sync"
        )
        self._run(self._pg_ctl, "--wait", f"--log={self._home / 'log'}", f"--options={options}", "start")
        self._databases = 0

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
        """Make an empty database; return its URL."""
        self._databases += 1
        name = f"test{self._databases}"
        with psycopg.connect(f"host={self._home} user=muniment dbname=postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql://muniment@/{name}?host={quote(str(self._home))}"

    def stop(self) -> None:
        """End the server and remove its files."""
        self._run(self._pg_ctl, "--mode=immediate", "stop")
        shutil.rmtree(self._home)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
