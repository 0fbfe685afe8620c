"""Transactions on SQLite or PostgreSQL; tables are upgraded at first use."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, make_url, text

from stylekit.errors import BadSettings, StorageUnavailable

BUSY_SECONDS = 20  # how long SQLite waits for another process that writes
CONNECT_SECONDS = 3  # how long PostgreSQL may take to answer a new connection
STATEMENT_SECONDS = 15  # how long PostgreSQL may work on one statement
UPGRADE_LOCK = 0x57794C  # any number that nobody else uses in this database
ONE_AT_A_TIME = threading.Lock()  # Alembic keeps what it works on in variables of its modules


class Database:
    """Transactions on one database. Connects when first used, so a server starts without it."""

    def __init__(self, url: str) -> None:
        """Remember where the database is.

        Raises:
            BadSettings: for a URL that is not SQLite's or PostgreSQL's.
        """
        self.url = read_url(url)
        is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = create_engine(self.url, **engine_arguments(self.url))
        if is_sqlite:
            event.listen(self.engine, "connect", prepare_sqlite)
            event.listen(self.engine, "begin", begin_sqlite)
        # SQLite lets writers try again and again, unfairly; threads of a process rather queue here.
        self._writing = threading.Lock() if is_sqlite else nullcontext()
        self._upgrade = threading.Lock()
        self._is_upgraded = False

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One read-only transaction.

        Raises:
            StorageUnavailable: the database cannot be reached; nothing was changed.
        """
        with self._transaction(self.engine) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that is committed at the end of the block, or not at all.

        Raises:
            StorageUnavailable: the database cannot be reached, or stayed locked.
        """
        writer = self.engine.execution_options(writes=True)
        with self._writing, self._transaction(writer) as connection:
            yield connection

    def close(self) -> None:
        """Close every connection; the next use opens a new one."""
        self.engine.dispose()

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        with unavailable_in_words():
            self._upgrade_once()
            with engine.begin() as connection:
                yield connection

    def _upgrade_once(self) -> None:
        if self._is_upgraded:
            return
        with self._upgrade:
            if not self._is_upgraded:
                upgrade(self.engine)
                self._is_upgraded = True


@contextmanager
def unavailable_in_words() -> Iterator[None]:
    """Turn a lost or refused connection into `StorageUnavailable`."""
    try:
        yield
    except (exc.OperationalError, exc.InterfaceError, exc.TimeoutError) as error:
        raise StorageUnavailable("The job table cannot be reached; try again.") from error
    except exc.DBAPIError as error:
        if not error.connection_invalidated:
            raise
        raise StorageUnavailable("The connection to the job table broke; try again.") from error


def read_url(text: str) -> URL:
    """The URL with the driver that we install; SQLite's folder is made."""
    try:
        url = make_url(text)
    except exc.ArgumentError:
        raise BadSettings(f"STYLEKIT_DATABASE is {text!r}; it must be a URL.") from None
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise BadSettings(
            f"STYLEKIT_DATABASE begins with {url.drivername}; sqlite and postgresql are known."
        )
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    return url


def engine_arguments(url: URL) -> dict[str, Any]:
    """What keeps a lost server from hanging or breaking the next request."""
    if url.get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": BUSY_SECONDS}}
    return {
        "pool_pre_ping": True,  # a connection that died since it was last used is replaced
        "pool_size": 5,  # and five more when all are in use: ten for each process
        "max_overflow": 5,
        "pool_timeout": CONNECT_SECONDS,
        "connect_args": {
            "connect_timeout": CONNECT_SECONDS,
            "options": f"-c statement_timeout={STATEMENT_SECONDS * 1000}",
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 20_000,  # milliseconds until a silent server counts as lost
        },
    }


def prepare_sqlite(connection: Any, record: object) -> None:
    """Let readers and one writer work at the same time, and let us say when to begin.

    NORMAL outlives any crash of ours; a power cut may take the last moments, but breaks nothing.
    """
    connection.isolation_level = None
    use_write_ahead_log(connection)
    connection.execute("PRAGMA synchronous = NORMAL")


def use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Switch the file to WAL; while another process writes, SQLite refuses without waiting."""
    give_up = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            is_busy = error.sqlite_errorcode == sqlite3.SQLITE_BUSY
            if not is_busy or time.monotonic() > give_up:
                raise
            time.sleep(0.01)


def begin_sqlite(connection: Connection) -> None:
    """Take the write lock first: SQLite refuses at once to upgrade a read lock."""
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def upgrade(engine: Engine, to: str = "head") -> None:
    """Bring the tables to the newest version; of several processes one works, the others wait."""
    from alembic import command  # 0.2 s to import, needed once
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with ONE_AT_A_TIME, engine.execution_options(writes=True).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({UPGRADE_LOCK})"))
        config.attributes["connection"] = connection
        command.upgrade(config, to)
