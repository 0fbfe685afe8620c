"""Private RabbitMQ, Redis and PostgreSQL on this machine, from what is installed.

Each runs on a free port with its data in a folder of its own, listens on this machine only, and
ends with whoever started it. Stopped and started again it has the same address and the same data.
"""

import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path

from deploy.processes import Server, ServerBroken, ending_with_us, free_port, program


class Redis(Server):
    """Redis, kept in memory and in an append-only file."""

    name = "redis"

    @property
    def url(self) -> str:
        """Where clients find it."""
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        """What to run."""
        files = ["--dir", str(self.folder), "--appendonly", "yes"]
        return [program("redis-server"), "--port", str(self.port), "--bind", "127.0.0.1", *files]

    def empty(self) -> None:
        """Forget everything."""
        subprocess.run(
            ["redis-cli", "-p", str(self.port), "FLUSHALL"], check=True, capture_output=True
        )


class RabbitMQ(Server):
    """One RabbitMQ node, with a port mapper of its own."""

    name = "rabbitmq"

    def __init__(self) -> None:
        """Choose the three ports that a node needs."""
        super().__init__()
        self.distribution_port, self.mapper_port = free_port(), free_port()
        self.mapper: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where clients find it."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def command(self) -> list[str]:
        """What to run."""
        # Not the wrapper in /usr/sbin: it changes the user and with it the folders.
        return ["/usr/lib/rabbitmq/bin/rabbitmq-server"]

    def environment(self) -> dict[str, str]:
        """Every folder, name and port, so that nothing of the machine's own node is used."""
        return {
            "HOME": str(self.folder),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "none"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "node.conf"),
            "RABBITMQ_NODENAME": f"stylekit{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self.distribution_port),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2",
            "ERL_EPMD_PORT": str(self.mapper_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }

    def prepare(self) -> None:
        """Write the configuration and start the port mapper."""
        (self.folder / "plugins").write_text("[].\n")
        (self.folder / "node.conf").write_text("log.console.level = warning\n")

    def launch(self) -> None:
        """Start the port mapper, then the node."""
        if self.mapper is None:
            self.mapper = subprocess.Popen(
                [*ending_with_us(), program("epmd"), "-port", str(self.mapper_port)],
                env={**os.environ, **self.environment()},
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        super().launch()

    def close(self) -> None:
        """Stop the node and the port mapper."""
        super().close()
        if self.mapper is not None:
            self.mapper.kill()
            self.mapper.wait()


class PostgreSQL(Server):
    """One PostgreSQL server; run by root, it becomes the user postgres, as it must."""

    name = "postgresql"

    def __init__(self) -> None:
        """Nothing is made yet."""
        super().__init__()
        self.databases = 0

    @property
    def url(self) -> str:
        """The database that is always there."""
        return self.database_url("postgres")

    def database_url(self, name: str) -> str:
        """Where clients find a database."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def command(self) -> list[str]:
        """What to run."""
        quick = ["-c", "fsync=off"]  # what is here is thrown away
        listen = ["-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self.data}"]
        data = ["-D", str(self.data), "-p", str(self.port)]
        return [*as_postgres(), postgresql("postgres"), *data, *listen, *quick]

    @property
    def data(self) -> Path:
        """Its folder."""
        return self.folder / "data"

    def prepare(self) -> None:
        """Make an empty cluster that trusts this machine."""
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
        make = [postgresql("initdb"), "-D", str(self.data), "-U", "postgres", "-A", "trust"]
        run(*make, "-E", "UTF8", "--no-sync")

    def answers(self) -> bool:
        """Whether it takes connections."""
        ready = [postgresql("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(ready, check=False).returncode == 0

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop without waiting for clients to leave (its "fast" shutdown)."""
        super().stop(how)

    def new_database(self) -> str:
        """Make an empty database; returns its URL."""
        self.databases += 1
        name = f"test{self.databases}"
        where = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres"]
        run(postgresql("createdb"), *where, name)
        return self.database_url(name)


def as_postgres() -> list[str]:
    """Prefix of a command that root must not run."""
    if os.geteuid() != 0:
        return []
    user = pwd.getpwnam("postgres")
    ids = ["--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), "--clear-groups"]
    return [program("setpriv"), *ids, "--pdeathsig", "TERM", "--"]


def run(*command: str) -> None:
    """Run to the end; what it says is told only if it fails."""
    done = subprocess.run(
        [*as_postgres(), *command], cwd="/", capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise ServerBroken(f"{Path(command[0]).name}: {done.stdout}{done.stderr}")


def postgresql(name: str) -> str:
    """Where a program of the newest PostgreSQL is."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=version)
    return str(found[-1]) if found else program(name)


def version(path: Path) -> int:
    """15 of /usr/lib/postgresql/15/bin/…"""
    return int(path.parts[4]) if path.parts[4].isdigit() else 0
