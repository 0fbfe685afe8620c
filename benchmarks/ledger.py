"""What is counted after random kills: in the table, the files and the broker, not by our own code.

A trigger in the database writes down each time that a job ends, so that a second end is seen.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from kombu import Connection, Queue
from psycopg.rows import dict_row

from deploy.cluster import Cluster
from stylekit import images

FINAL = ("done", "failed", "cancelled")
WAITING, DEAD = ("stylekit.fast", "stylekit.gatys"), "stylekit.dead"
LIMITS = images.Limits(max_bytes=1_000_000, max_pixels=1_000_000)
UNTIL_DRAINED = 60.0  # seconds for messages of jobs that have ended
WRITE_DOWN = """
CREATE TABLE endings (job_id text, status text);
CREATE FUNCTION write_down() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status IN ('done', 'failed', 'cancelled') AND NEW.status <> OLD.status THEN
    INSERT INTO endings VALUES (NEW.id, NEW.status);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER written_down AFTER UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION write_down();
"""


class Ledger:
    """How every job of a cluster ended."""

    def __init__(self, cluster: Cluster, *, may_give_up: bool = False) -> None:
        """Begin to write down; a job whose worker died too often `may_give_up`, and say so."""
        self.cluster, self.wrong, self.may_give_up = cluster, list[str](), may_give_up
        with self._table() as table:
            table.execute(WRITE_DOWN)

    def closed(
        self, *, accepted: set[str], asked: set[str], deleted: set[str], seconds: float
    ) -> dict[str, Any]:
        """Wait until all has ended, then count; `wrong` says what should not be.

        Of what the customers had `accepted`, they `asked` for some to be deleted, and were told
        that it was `deleted`.
        """
        took = until(lambda: self._has_all_ended(accepted), seconds)
        drained = until(lambda: not any(self._messages().values()), UNTIL_DRAINED)
        for worker in self.cluster.workers:  # what one of them still holds goes back to the broker
            worker.ask_to_stop()
        for worker in self.cluster.workers:
            worker.close()
        self.check("messages left", {n: m for n, m in self._messages().items() if m})
        rows = self._rows()
        self._check_rows(rows, accepted - asked)
        self.check("not deleted", sorted(deleted - {row["id"] for row in rows if row["deleted"]}))
        self._check_endings(accepted)
        self._check_files(rows)
        done = [row for row in rows if row["status"] == "done"]
        times = sorted(map(seconds_of, done))
        return {
            "jobs accepted": len(accepted),
            "jobs deleted": len(deleted),
            "jobs done": len(done),
            "jobs that say that their workers died too often": len(given_up(rows)),
            "jobs by attempts": dict(sorted(Counter(row["attempts"] for row in done).items())),
            "paintings that reached their last step": self._painted(),
            "from submission to the end, median and longest (s)": [
                round(each, 1) for each in (times[len(times) // 2 :][:1] + times[-1:])
            ],
            "the slowest": [row["id"] for row in sorted(done, key=seconds_of)[-5:]],
            "from the last fault until all had ended (s)": round(took, 1),
            "from then until no message was left (s)": round(drained, 1),
            "half-written files, removed after an hour": len(self._unfinished()),
            "wrong": self.wrong,
        }

    def check(self, what: str, found: Any) -> None:
        """Write down what should not be."""
        if found:
            self.wrong.append(f"{what}: {found}")

    def _check_rows(self, rows: list[dict[str, Any]], ids: set[str]) -> None:
        status = {row["id"]: row["status"] for row in rows}
        if self.may_give_up:
            ids = ids - given_up(rows)
        self.check(
            "accepted but not done", {id: status.get(id) for id in ids if status.get(id) != "done"}
        )
        self.check("not ended", [row["id"] for row in rows if row["status"] not in FINAL])
        self.check("still leased", [row["id"] for row in rows if row["lease_until"] is not None])

    def _check_endings(self, ids: set[str]) -> None:
        endings = defaultdict(list)
        with self._table() as table:
            for row in table.execute("SELECT job_id, status FROM endings"):
                endings[row["job_id"]].append(row["status"])
        # A submission that the broker could not take is withdrawn, and done when it comes again.
        ended = {id: [end for end in endings[id] if end != "cancelled"] for id in {*endings, *ids}}
        self.check("ended twice", {id: ends for id, ends in ended.items() if len(ends) > 1})
        failed = {id for id, ends in ended.items() if "failed" in ends}
        if self.may_give_up:
            failed -= given_up(self._rows())
        self.check("failed", sorted(failed))

    def _check_files(self, rows: list[dict[str, Any]]) -> None:
        folder = self.files_folder
        there = defaultdict(set)
        for path in (folder / "jobs").glob("*/*/*"):
            there[path.parent.parent.name].add(path.relative_to(folder).as_posix())
        for row in rows:
            names = there.pop(row["id"], set())
            keys = {row["content_key"], row["style_key"], row["result_key"]}
            is_kept = row["status"] == "done" and not row["deleted"]
            expected = keys if is_kept else set()
            self.check(f"files of {row['id']}, {row['status']}", sorted(names ^ expected))
            if is_kept and row["result_key"] in names:
                images.decode((folder / row["result_key"]).read_bytes(), LIMITS)
        self.check("files of no job", sorted(there))

    def _unfinished(self) -> list[Path]:
        return list((self.files_folder / ".partial").glob("*"))

    def _painted(self) -> int | None:
        """How many paintings reached their last step, where the engines write that down."""
        log = Path(self.cluster.environment.get("PAINTED_LOG", "/nowhere"))
        return len(log.read_text().split()) if log.exists() else None

    @property
    def files_folder(self) -> Path:
        """Where the cluster keeps pictures."""
        return self.cluster.folder / "files"

    def _has_all_ended(self, ids: set[str]) -> bool:
        rows = self._rows()
        return all(row["status"] in FINAL for row in rows) and ids <= {row["id"] for row in rows}

    def _rows(self) -> list[dict[str, Any]]:
        with self._table() as table:
            return table.execute("SELECT * FROM jobs").fetchall()

    def _table(self) -> psycopg.Connection[dict[str, Any]]:
        return psycopg.connect(self.cluster.postgresql.url, row_factory=dict_row)

    def _messages(self) -> dict[str, int]:
        """How many wait in each of the broker's queues."""
        with Connection(self.cluster.rabbitmq.url) as broker:
            channel = broker.default_channel
            return {
                name: Queue(name, no_declare=True)(channel)
                .queue_declare(passive=True)
                .message_count
                for name in (*WAITING, DEAD)
            }


def given_up(rows: list[dict[str, Any]]) -> set[str]:
    """Jobs that failed because their workers died as often as a job is tried, and say so."""
    return {row["id"] for row in rows if row["error_code"] == "worker_lost"}


def seconds_of(row: dict[str, Any]) -> float:
    """From a job's submission to its end."""
    return float(row["finished_at"] - row["created_at"])


def until(question: Callable[[], bool], seconds: float) -> float:
    """Ask until it is so, for at most so long; returns the seconds that it took."""
    started = time.monotonic()
    while not question() and time.monotonic() < started + seconds:
        time.sleep(0.2)
    return time.monotonic() - started
