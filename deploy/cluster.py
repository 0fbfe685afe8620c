"""The whole thing on one machine: `python -m deploy.cluster`, or `make cluster`.

Starts RabbitMQ, Redis and PostgreSQL (from what is installed, each private and empty), two web
processes that share one address, a worker for each engine, and prints the address. Ctrl-C ends all.

No proxy stands before the two: Socket.IO clients must use WebSockets alone, for long polling would
have to stay with one of them.
"""

import argparse
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from deploy.processes import Server, ServerBroken, ending_with_us, free_port
from deploy.servers import PostgreSQL, RabbitMQ, Redis

WORKER = "stylekit.cli.buffering.BufferingWorker"
PROJECT_ROOT = Path(__file__).resolve().parent.parent
START_SECONDS, STOP_SECONDS = 180, 40


class Process:
    """One of our own processes, which can be stopped, killed and started again."""

    def __init__(
        self, name: str, command: Sequence[str], environment: dict[str, str], log: Path
    ) -> None:
        """Remember how to start it."""
        self.name, self.command, self.environment, self.log = name, command, environment, log
        self.running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it is not waited for."""
        with open(self.log, "ab") as log:
            self.running = subprocess.Popen(
                [*ending_with_us(), sys.executable, "-m", *self.command],
                cwd=PROJECT_ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self.running is not None and self.running.poll() is None

    def ask_to_stop(self) -> None:
        """Send SIGTERM to it alone; it tells its children."""
        if self.running is not None:
            self.running.terminate()

    def kill(self) -> None:
        """End it and its children as a power cut would."""
        if self.running is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.running.pid, signal.SIGKILL)
            self.running.wait()

    def close(self) -> None:
        """Wait for its end, and then do not wait any more."""
        if self.running is not None:
            with suppress(subprocess.TimeoutExpired):
                self.running.wait(STOP_SECONDS)
            self.kill()


class Cluster:
    """Brokers, database, web processes and workers, each with a handle of its own."""

    def __init__(
        self,
        ports: Sequence[int],
        *,
        web: str = "main:app",
        workers: Sequence[Sequence[str]] = (
            ("stylekit.worker", "--engines", "fast"),
            ("stylekit.worker", "--engines", "gatys"),
        ),
        settings: dict[str, str] | None = None,
    ) -> None:
        """One web process for each of `ports`, which may be the same; nothing is started yet.

        `web` is what gunicorn imports, each of `workers` what follows `python -m`.
        """
        self.folder = Path(tempfile.mkdtemp(prefix="stylekit-cluster-"))
        self.rabbitmq, self.redis, self.postgresql = RabbitMQ(), Redis(), PostgreSQL()
        self.servers = [self.rabbitmq, self.redis, self.postgresql]
        self.addresses = [f"http://127.0.0.1:{port}" for port in ports]
        self.environment = self._environment(settings or {})
        self.webs = [
            self._process(f"web-{number}", web_command(web, port))
            for number, port in enumerate(ports, 1)
        ]
        self.worker_ports = [free_port() for _ in workers]
        self.workers = [
            self._process(f"worker-{number}", command, STYLEKIT_WORKER_PORT=str(port))
            for number, (command, port) in enumerate(
                zip(workers, self.worker_ports, strict=True), 1
            )
        ]

    def _environment(self, settings: dict[str, str]) -> dict[str, str]:
        ours = {
            "STYLEKIT_QUEUE": self.rabbitmq.url,
            "STYLEKIT_EVENTS": self.redis.url,
            "STYLEKIT_DATABASE": self.postgresql.url,
            "STYLEKIT_DATA": str(self.folder),
            "STYLEKIT_SECRET": secrets.token_hex(32),
            "PROMETHEUS_MULTIPROC_DIR": str(self.folder / "metrics"),
        }
        inherited = {name: value for name, value in os.environ.items() if name not in ours}
        return inherited | ours | settings

    def _process(self, name: str, command: Sequence[str], **more: str) -> Process:
        return Process(name, command, self.environment | more, self.folder / f"{name}.log")

    def start(self) -> None:
        """Start all and wait until every web process is ready.

        Raises:
            ServerBroken: with the end of the log of what did not start.
        """
        for server in self.servers:
            server.launch()
        for server in self.servers:
            server.wait_until_it_answers()
        for process in [*self.workers, *self.webs]:
            process.start()
        for web, address in zip(self.webs, self.addresses, strict=True):
            wait_until_ready(web, address)

    def wait_for_workers(self) -> None:
        """Wait until every worker has loaded its models and takes messages; raises as `start`."""
        for worker, port in zip(self.workers, self.worker_ports, strict=True):
            wait_until_ready(worker, f"http://127.0.0.1:{port}")

    def close(self) -> None:
        """Stop all, the servers last, and remove what was stored."""
        for process in [*self.webs, *self.workers]:
            process.ask_to_stop()
        for process in [*self.webs, *self.workers]:
            process.close()
        for server in self.servers:
            server.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def web_command(app: str, port: int) -> list[str]:
    """One process with many threads; processes with the same port share its connections."""
    return [
        *("gunicorn", app, "--bind", f"127.0.0.1:{port}", "--reuse-port"),
        *("--workers", "1", "--worker-class", WORKER, "--threads", "32"),
        *("--timeout", "120", "--graceful-timeout", "10", "--no-control-socket"),
        *("--log-level", "warning", "--logger-class", "stylekit.cli.serve.ServerLog"),
    ]


def wait_until_ready(process: Process, address: str) -> None:
    """Ask until it answers 200."""
    deadline = time.monotonic() + START_SECONDS
    while not is_ready(address):
        if not process.is_running() or time.monotonic() > deadline:
            raise ServerBroken(f"{process.name}: {process.log.read_text()[-2000:]}")
        time.sleep(0.2)


def is_ready(address: str) -> bool:
    """Whether a web process or a worker there can serve."""
    with suppress(OSError), urllib.request.urlopen(f"{address}/readyz", timeout=5) as answer:
        return bool(answer.status == 200)
    return False


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a cluster on this machine until Ctrl-C."""
    parser = argparse.ArgumentParser("python -m deploy.cluster", description=main.__doc__)
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8080")))
    parser.add_argument("--webs", type=int, default=2, help="web processes behind the one address")
    told = parser.parse_args(arguments)
    cluster = Cluster([told.port] * told.webs)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    try:
        print("Starting RabbitMQ, Redis, PostgreSQL, workers and web processes …", flush=True)
        cluster.start()
        cluster.wait_for_workers()
        print(f"Stylekit is ready: {cluster.addresses[0]}   (logs: {cluster.folder})", flush=True)
        watch(cluster)
    except KeyboardInterrupt:
        print("Stopping …", flush=True)
    except ServerBroken as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        cluster.close()
    return 0


def end(number: int, frame: object) -> None:
    """A plain kill ends it as Ctrl-C does."""
    raise KeyboardInterrupt


def watch(cluster: Cluster) -> None:
    """Start again what ends by itself, as a supervisor would."""
    while True:
        revive(cluster.servers, [*cluster.webs, *cluster.workers])
        time.sleep(1)


def revive(servers: Sequence[Server], processes: Sequence[Process]) -> None:
    """Start again what has ended; it is not waited for."""
    for server in servers:
        if server.has_ended():
            print(f"{server.name} ended; starting it again", flush=True)
            server.launch()
    for process in processes:
        if not process.is_running():
            print(f"{process.name} ended; starting it again", flush=True)
            process.start()


if __name__ == "__main__":
    sys.exit(main())
