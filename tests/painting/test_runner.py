"""What a worker does with one job, however the engine, the store or another worker behaves."""

import io
import threading
from dataclasses import replace

import pytest
from PIL import Image

from stylekit.errors import LeaseLost, PaintingFailed, StorageUnavailable
from stylekit.jobs import Job, Status
from stylekit.painting.runner import Runner
from tests.fakes import listening, picture_bytes, pixels


class Shop:
    """The parts with a queue that nobody serves: the test itself is the worker."""

    def __init__(self, parts):
        self.jobs, self.files, self.events = parts.jobs, parts.files, parts.events
        self.executor, self.settings = parts.executor, parts.settings

    def runner(self, **changes) -> Runner:
        settings = replace(self.settings, **changes)
        return Runner(
            jobs=self.jobs,
            files=self.files,
            events=self.events,
            executor=self.executor,
            settings=settings,
            report_seconds=0.05,
        )

    def job(self, id="a1", **changes) -> Job:
        for name, seed in (("content", 0), ("style", 1)):
            self.files.write(
                f"jobs/{id}/{name}.png", picture_bytes(seed=seed), content_type="image/png"
            )
        values = {
            "id": id,
            "owner": "me",
            "engine": "gatys",
            "options": {},
            "result_format": "png",
            "content_key": f"jobs/{id}/content.png",
            "style_key": f"jobs/{id}/style.png",
        }
        return self.jobs.enter(Job(**{**values, **changes}))[0]

    def start(self, runner, id="a1") -> threading.Thread:
        thread = threading.Thread(target=runner.run, args=(id,))
        thread.start()
        return thread

    def keys(self, id="a1") -> list[str]:
        return sorted(key.rsplit("/", 1)[1] for key in self.files.list(f"jobs/{id}/"))


@pytest.fixture
def shop(parts):
    """No thread of the application's own serves the line here."""
    parts.scheduler.close()
    parts.queue.close()
    return Shop(parts)


def test_a_job_goes_from_queued_to_done(shop):
    shop.job()
    shop.runner().run("a1")
    job = shop.jobs.get("a1")
    assert (job.status, job.fraction, job.attempts) == (Status.DONE, 1.0, 1)
    assert (job.width, job.height, job.engine_version) == (64, 48, "tint-gatys-1")
    assert pixels(shop.files.read(job.result_key)).shape == (48, 64, 3)
    assert shop.keys() == ["content.png", "result-1.png", "style.png"]


def test_a_job_that_is_done_deleted_or_unknown_is_left_alone(shop, gatys):
    shop.job()
    shop.runner().run("a1")
    shop.runner().run("a1")
    shop.runner().run("no such job")
    assert gatys.painted == 1


def test_of_two_workers_with_one_job_one_paints(shop, gatys):
    shop.job()
    gatys.step_seconds = 0.05
    threads = [shop.start(shop.runner()) for _ in range(2)]
    for thread in threads:
        thread.join()
    assert gatys.painted == 1
    assert shop.jobs.get("a1").attempts == 1


def test_progress_and_previews_are_told_while_it_is_painted(shop, gatys, wait):
    shop.job()
    gatys.steps, gatys.step_seconds = 300, 0.05
    seen = {}
    thread = shop.start(shop.runner())
    while thread.is_alive():
        job = shop.jobs.get("a1")
        if job.status == Status.RUNNING and job.preview_version:
            seen[job.preview_version] = job.fraction
            assert len([key for key in shop.keys() if key.startswith("preview")]) <= 2
        if len(seen) == 3:
            gatys.step_seconds = 0
        thread.join(0.02)
    assert len(seen) >= 3
    assert list(seen) == sorted(seen)
    assert list(seen.values()) == sorted(seen.values())
    assert max(seen.values()) < 1
    assert "preview" not in "".join(shop.keys())


def test_previews_are_at_most_640_pixels_long(shop, gatys, wait):
    shop.job()
    shop.files.write("jobs/a1/content.png", picture_bytes(400, 900), content_type="image/png")
    gatys.go_on.clear()
    thread = shop.start(shop.runner())
    wait(lambda: any(key.startswith("preview") for key in shop.keys()))
    preview = next(key for key in shop.keys() if key.startswith("preview"))
    assert pixels(shop.files.read(f"jobs/a1/{preview}")).shape == (284, 640, 3)
    gatys.go_on.set()
    thread.join()


def test_a_preview_of_a_cut_out_is_on_white(shop, gatys, wait):
    shop.job()
    clear = Image.new("RGBA", (64, 48), (0, 0, 0, 0))
    clear.paste((200, 0, 0, 255), (0, 0, 32, 48))
    out = io.BytesIO()
    clear.save(out, "PNG")
    shop.files.write("jobs/a1/content.png", out.getvalue(), content_type="image/png")
    gatys.go_on.clear()
    thread = shop.start(shop.runner())
    wait(lambda: any(key.startswith("preview") for key in shop.keys()))
    preview = next(key for key in shop.keys() if key.startswith("preview"))
    shown = pixels(shop.files.read(f"jobs/a1/{preview}"))
    assert shown[:, 40:].min() > 0.95
    assert shown[:, :24].max(axis=-1).min() > 0.5
    assert shown[:, :24].min() < 0.5
    gatys.go_on.set()
    thread.join()


def test_what_killed_attempts_left_goes_when_the_job_is_done(shop):
    shop.job()
    shop.jobs.claims.claim("a1", lease_seconds=-1)  # by a worker that was killed
    for name in ("result-1.png", "preview-100001.jpeg"):
        shop.files.write(f"jobs/a1/{name}", picture_bytes(), content_type="image/png")
    shop.jobs.maintenance.sweep()
    shop.runner().run("a1")
    assert shop.keys() == ["content.png", "result-2.png", "style.png"]


def test_a_silent_engine_keeps_its_lease(shop, gatys, wait):
    shop.job()
    gatys.speaks.clear()
    thread = shop.start(shop.runner(lease_seconds=6))
    leases = set()

    def renewed_twice_without_a_word():
        assert shop.jobs.maintenance.sweep() == []
        leases.add(shop.jobs.get("a1").lease_until)
        return len(leases - {None}) >= 4  # claimed, and told once before it fell silent

    wait(renewed_twice_without_a_word)
    gatys.speaks.set()
    thread.join()
    assert shop.jobs.get("a1").status == Status.DONE


def test_a_dead_engine_does_not_keep_its_lease_for_ever(shop, gatys, wait):
    shop.job()
    gatys.speaks.clear()
    thread = shop.start(shop.runner(job_seconds=0.2))
    wait(lambda: shop.jobs.get("a1").status.is_final)
    job = shop.jobs.get("a1")
    assert (job.status, job.error_code) == (Status.FAILED, "painting_failed")
    assert "0.2 s" in job.error
    assert thread.is_alive()
    gatys.speaks.set()
    thread.join()
    assert shop.jobs.get("a1").status == Status.FAILED
    assert shop.keys() == ["content.png", "style.png"]


def test_an_engine_that_does_not_stop_is_left_behind_and_the_next_has_its_slot(shop, gatys, wait):
    shop.job()
    gatys.speaks.clear()
    runner = shop.runner(job_seconds=0.2)
    runner.stuck_seconds = 0.3
    thread = shop.start(runner)
    thread.join(60)
    assert not thread.is_alive()
    assert "0.2 s" in shop.jobs.get("a1").error
    assert gatys.at_once == 1  # it is still there
    gatys.speaks.set()
    shop.job("b2")
    shop.runner().run("b2")
    assert shop.jobs.get("b2").status == Status.DONE
    wait(lambda: gatys.at_once == 0)
    assert shop.jobs.get("a1").status == Status.FAILED
    assert shop.keys() == ["content.png", "style.png"]


def test_a_cancel_is_seen_even_if_the_engine_is_silent(shop, gatys, wait):
    shop.job()
    gatys.speaks.clear()
    thread = shop.start(shop.runner())
    wait(lambda: shop.jobs.get("a1").status == Status.RUNNING)
    shop.jobs.request_cancel("a1")
    wait(lambda: shop.jobs.get("a1").status == Status.CANCELLED)
    gatys.speaks.set()
    thread.join()
    assert shop.jobs.get("a1").status == Status.CANCELLED
    assert shop.keys() == ["content.png", "style.png"]


def test_a_job_that_is_good_as_it_stands_ends_with_that_picture(shop, gatys, wait):
    shop.job()
    gatys.go_on.clear()
    thread = shop.start(shop.runner())
    wait(lambda: shop.jobs.get("a1").status == Status.RUNNING)
    shop.jobs.request_finish("a1")
    thread.join(60)
    job = shop.jobs.get("a1")
    assert (job.status, job.fraction) == (Status.DONE, 1.0)
    assert "result-1.png" in shop.keys()
    assert not gatys.go_on.is_set()  # it was still held before its second step
    gatys.go_on.set()


def test_a_worker_that_lost_its_lease_writes_nothing(shop, gatys, wait):
    shop.job()
    gatys.go_on.clear()
    slow = shop.start(shop.runner())
    wait(lambda: shop.jobs.get("a1").status == Status.RUNNING)
    shop.jobs.maintenance.sweep(shop.jobs.now() + 60)
    new = shop.jobs.claims.claim("a1", lease_seconds=30)
    slow.join(60)
    assert not slow.is_alive()
    job = shop.jobs.get("a1")
    assert (job.status, job.fence) == (Status.RUNNING, new.fence)
    assert shop.keys() == ["content.png", "style.png"]
    gatys.go_on.set()


def test_a_worker_that_stops_hands_its_job_back(shop, gatys, wait):
    shop.job()
    gatys.go_on.clear()
    runner = shop.runner()
    thread = shop.start(runner)
    wait(lambda: shop.jobs.get("a1").status == Status.RUNNING)
    runner.stop()
    thread.join(60)
    job = shop.jobs.get("a1")
    assert (job.status, job.attempts) == (Status.QUEUED, 0)
    runner.run("a1")
    assert shop.jobs.get("a1").status == Status.QUEUED
    gatys.go_on.set()
    shop.runner().run("a1")
    assert shop.jobs.get("a1").status == Status.DONE
    assert shop.keys() == ["content.png", "result-2.png", "style.png"]


def test_our_own_errors_are_told_in_their_words(shop, gatys):
    shop.job()
    gatys.fail_with = PaintingFailed("The loss is not finite.")
    shop.runner().run("a1")
    job = shop.jobs.get("a1")
    assert (job.status, job.error, job.error_code) == (
        Status.FAILED,
        "The loss is not finite.",
        "painting_failed",
    )


def test_any_other_error_is_logged_with_the_id_and_told_in_ours(shop, gatys, caplog):
    shop.job()
    gatys.fail_with = ZeroDivisionError("secret of the server")
    with listening(caplog) as lines:
        shop.runner().run("a1")
    job = shop.jobs.get("a1")
    assert (job.error, job.error_code) == ("Something broke on our side.", "internal")
    assert {line.job for line in lines} == {"a1"}
    assert "secret of the server" in caplog.text


def test_no_memory_is_told_with_the_size(shop, gatys):
    shop.job()
    gatys.fail_with = MemoryError()
    shop.runner().run("a1")
    assert "64 × 48" in shop.jobs.get("a1").error


def test_a_job_whose_pictures_are_gone_fails_and_says_so(shop):
    shop.job()
    shop.files.delete("jobs/a1/content.png")
    shop.runner().run("a1")
    job = shop.jobs.get("a1")
    assert (job.status, job.error) == (
        Status.FAILED,
        "The pictures of this job are no longer kept.",
    )


class MoodyStore:
    """A store that is away for the first so many calls of one kind."""

    def __init__(self, store, kind, times):
        self.store, self.kind, self.times = store, kind, times

    def __getattr__(self, name):
        def call(*arguments, **named):
            if name == self.kind and self.times > 0:
                self.times -= 1
                raise StorageUnavailable("The store is away.")
            return getattr(self.store, name)(*arguments, **named)

        return call


def test_a_store_that_is_away_for_a_moment_costs_only_the_moment(shop):
    shop.job()
    shop.files = MoodyStore(shop.files, "write", 1)
    shop.runner().run("a1")
    assert shop.jobs.get("a1").status == Status.DONE


def test_a_store_that_stays_away_puts_the_job_back(shop):
    shop.job()
    shop.files = MoodyStore(shop.files, "read", 1)
    shop.runner().run("a1")
    assert shop.jobs.get("a1").status == Status.QUEUED
    shop.runner().run("a1")
    assert shop.jobs.get("a1").status == Status.DONE


def test_nothing_is_taken_from_the_worker_that_has_it_now(shop, gatys):
    shop.job()
    first = shop.jobs.claims.claim("a1", lease_seconds=30)
    shop.jobs.maintenance.sweep(shop.jobs.now() + 60)
    shop.runner().run("a1")
    with pytest.raises(LeaseLost):
        shop.jobs.claims.finish("a1", first.fence, Status.FAILED, error="late")
    assert shop.jobs.get("a1").status == Status.DONE
