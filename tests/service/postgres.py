"""A PostgreSQL server for the tests: a cluster of its own in a temporary folder, reached by a Unix socket."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self
from urllib.parse import quote

import psycopg

from muniment.db.engine import migrate, open_engine


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
        self._made = 0
        self._has_blank = False

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
        name = self._name()
        self._do(f"CREATE SCHEMA {name}")
        return f"{self._url('postgres')}&options=-csearch_path%3D{name}"

    @contextmanager
    def migrated(self) -> Iterator[str]:
        """Give the URL of a database with all tables, copied from one that was migrated once and dropped at the end."""
        if not self._has_blank:
            self._do("CREATE DATABASE blank")
            engine = open_engine(self._url("blank"))
            migrate(engine)
            engine.dispose()
            self._has_blank = True
        name = self._name()
        self._do(f"CREATE DATABASE {name} TEMPLATE blank")
        try:
            yield self._url(name)
        finally:
            self._do(f"DROP DATABASE {name} WITH (FORCE)")

    def _name(self) -> str:
        self._made += 1
        return f"test{self._made}"

    def _url(self, name: str) -> str:
        return f"postgresql://muniment@/{name}?host={quote(str(self._home))}"

    def _do(self, statement: str) -> None:
        with psycopg.connect(f"host={self._home} user=muniment dbname=postgres", autocommit=True) as connection:
            connection.execute(statement)

    def stop(self) -> None:
        """End the server and remove its files."""
        self._run(self._pg_ctl, "--mode=immediate", "stop")
        shutil.rmtree(self._home)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
