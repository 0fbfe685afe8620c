import asyncio
import gc
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields

import httpx
import pytest

from stylekit import images
from stylekit.bodies import Job
from stylekit.cli.arguments import parse
from stylekit.cli.commands import main
from stylekit.cli.remote import RemotePainter
from stylekit.client import (
    AsyncClient,
    Client,
    ClientError,
    JobFailed,
    NotReachable,
    ServerError,
)
from stylekit.engines.registry import OPTIONS
from stylekit.settings import from_environment
from tests.fakes import COLORS, picture_bytes

PRESET = next(iter(COLORS))
LIMITS = images.Limits(max_bytes=10**7, max_pixels=10**7)


@pytest.fixture
def client(server):
    with Client(server) as client:
        yield client


def size(data):
    height, width, _ = images.decode(data, LIMITS).picture.shape
    return height, width


def test_the_catalogue_is_listed(client):
    assert [style.id for style in client.styles()] == list(COLORS)


def test_a_photo_is_painted_now(client):
    painted = client.paint(picture_bytes(50, 70), PRESET, strength=0.5)
    assert size(painted) == (50, 70)


def test_a_photo_is_painted_in_a_style_of_ones_own_from_a_path(client, tmp_path):
    (tmp_path / "style.png").write_bytes(picture_bytes(32, 32, color=(1, 0, 0)))
    painted = client.paint(picture_bytes(50, 70), tmp_path / "style.png", format="webp")
    assert images.mime_type(painted) == "image/webp"


def test_a_job_is_followed_to_its_result(client):
    seen = []
    job = client.wait(client.submit(picture_bytes(50, 70), PRESET), seen.append, seconds=30)
    assert (job.status, job.progress) == ("done", 1.0)
    assert seen[-1].is_final
    assert all(each.progress < 1 for each in seen[:-1])
    assert size(client.result(job, width=35)) == (25, 35)


def test_a_job_ends_with_the_picture_as_it_stands(client, gatys):
    gatys.go_on.clear()
    job = client.submit(picture_bytes(), "vermilion")
    client.finish(job)
    assert client.wait(job).status == "done"
    gatys.go_on.set()


def test_a_job_is_cancelled_and_waiting_for_it_says_so(client, gatys):
    gatys.steps, gatys.step_seconds = 500, 0.05
    job = client.submit(picture_bytes(), PRESET)
    client.cancel(job)
    with pytest.raises(JobFailed) as end:
        client.wait(job, seconds=30)
    assert end.value.job.status == "cancelled"


def test_a_failed_job_says_why(client, gatys):
    from stylekit.errors import PaintingFailed

    gatys.fail_with = PaintingFailed("The loss is not finite.")
    with pytest.raises(JobFailed, match="not finite"):
        client.wait(client.submit(picture_bytes(), PRESET), seconds=30)


def test_waiting_ends_when_its_time_is_up(client, gatys):
    gatys.go_on.clear()
    job = client.submit(picture_bytes(), PRESET)
    with pytest.raises(TimeoutError, match=job.id):
        client.wait(job, seconds=0.5)


def test_ones_jobs_are_listed_and_deleted(client):
    job = client.wait(client.submit(picture_bytes(), PRESET), seconds=30)
    assert [each.id for each in client.jobs()] == [job.id]
    client.delete(job)
    assert list(client.jobs()) == []


def test_another_program_acts_only_with_the_secret(client, server):
    job = client.submit(picture_bytes(), PRESET)
    stranger = Client(server)
    with pytest.raises(ServerError) as refusal:
        stranger.delete(job.id)
    assert (refusal.value.status, refusal.value.code) == (404, "job_not_found")
    client.wait(job, seconds=30)
    stranger.delete(job)  # holds the secret
    with pytest.raises(ServerError) as gone:
        client.job(job.id)
    assert gone.value.status == 410


@pytest.mark.parametrize(
    ("content", "style", "options", "code"),
    [
        (b"no picture", PRESET, {}, "not_a_picture"),
        (picture_bytes(), "oil", {}, "style_not_found"),
        (picture_bytes(), PRESET, {"strength": 2}, "bad_option"),
    ],
)
def test_a_refusal_carries_the_servers_code_and_words(client, content, style, options, code):
    with pytest.raises(ServerError) as refusal:
        client.paint(content, style, **options)
    assert refusal.value.code == code
    assert str(refusal.value)


def test_nobody_there_is_said_in_words():
    with pytest.raises(NotReachable, match=r"http://127\.0\.0\.1:9 does not answer"):
        Client("http://127.0.0.1:9").styles()


def test_a_painting_is_published_seen_in_the_feed_and_taken_back(client, server):
    job = client.wait(client.submit(picture_bytes(), PRESET), seconds=30)
    assert client.publish(job).public
    with Client(server) as stranger:
        assert [each.id for each in stranger.feed()] == [job.id]
        assert not client.share_photo(job, False).photo_shared
        assert stranger.job(job.id).urls.content is None
        assert client.share_photo(job).photo_shared
        assert stranger.job(job.id).urls.content
        client.publish(job, public=False)
        assert list(stranger.feed()) == []


def test_lists_go_on_over_their_pages(client):
    submitted = [client.submit(picture_bytes(seed=seed), PRESET).id for seed in range(26)]
    assert [each.id for each in client.jobs()] == submitted[::-1]
    assert client.delete_all() == 26


def test_a_job_is_run_again_with_other_options(client):
    job = client.wait(client.submit(picture_bytes(), PRESET, engine="fast"), seconds=30)
    other = client.wait(client.run_again(job, strength=0.25), seconds=30)
    assert (other.style.id, other.engine, other.options["strength"]) == (PRESET, "fast", 0.25)
    assert other.id != job.id


def test_a_preview_can_be_seen_while_it_is_painted_and_a_grid_once_it_is(client, gatys, wait):
    gatys.go_on.clear()
    job = client.submit(picture_bytes(50, 70), PRESET)
    wait(lambda: client.job(job.id).urls.preview)
    assert size(client.preview(job)) == (50, 70)
    gatys.go_on.set()
    height, width = size(client.grid(client.wait(job, seconds=30)))
    assert width > 3 * 50 > height


@pytest.mark.parametrize("engine", OPTIONS)
def test_the_options_of_the_server_are_told_with_ranges_and_defaults(client, engine):
    told = client.options(engine)
    assert set(told) == {each.name for each in fields(OPTIONS[engine])}
    scale = told["style_scale"]
    assert (scale.default, scale.high) == (1.0, 4.0)
    assert scale.help


def test_a_photo_is_sent_once_and_painted_often(client):
    upload = client.upload(picture_bytes(50, 70))
    assert size(client.paint(upload, PRESET)) == (50, 70)
    small = client.wait(client.submit(upload, PRESET, engine="fast", strength=0.5), seconds=30)
    assert size(client.result(small)) == (50, 70)
    client.forget(upload)
    with pytest.raises(ServerError) as refusal:
        client.paint(upload, PRESET)
    assert refusal.value.code == "upload_not_found"


def test_an_open_file_is_a_picture(client):
    painted = client.paint(io.BytesIO(picture_bytes(50, 70)), io.BytesIO(picture_bytes(32, 32)))
    assert size(painted) == (50, 70)


def test_another_kind_of_server_is_said_to_be_one(client, server):
    with Client(f"{server}/feed") as lost, pytest.raises(ClientError):
        lost.styles()


def test_programs_that_await_can_do_the_same(server):
    async def visit():
        async with AsyncClient(server) as client:
            assert [style.id for style in await client.styles()] == list(COLORS)
            painted = await asyncio.gather(
                *(client.paint(picture_bytes(40, 50 + i), PRESET) for i in range(3))
            )
            assert [size(each) for each in painted] == [(40, 50), (40, 51), (40, 52)]
            seen = []
            job = await client.wait(
                await client.submit(picture_bytes(), PRESET), seen.append, seconds=30
            )
            assert (seen[-1].id, seen[-1].status) == (job.id, "done")
            await client.publish(job)
            assert [each.id async for each in client.feed()] == [job.id]
            await client.delete(job)
            assert [each.id async for each in client.jobs()] == []

    # In a thread of its own: the one that drives a browser has a loop that runs already.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, visit()).result()


def test_both_clients_can_do_the_same():
    def abilities(kind):
        return {name for name in vars(kind) if not name.startswith("_")} - {"close", "aclose"}

    assert abilities(Client) == abilities(AsyncClient)


def test_the_command_line_lets_a_server_paint(server, tmp_path, capsys):
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "a.png").write_bytes(picture_bytes(40, 60))
    (folder / "b.png").write_bytes(b"no picture")
    out = tmp_path / "out"
    arguments = ["remote", "apply", str(folder), "-s", PRESET, "-o", str(out), "--server", server]
    assert main(arguments) == 1
    assert "b.png" in capsys.readouterr().err
    assert [path.name for path in out.iterdir()] == [f"a-{PRESET}.png"]
    assert size((out / f"a-{PRESET}.png").read_bytes()) == (40, 60)


@pytest.mark.parametrize(("flags", "key"), [([], "of the environment"), (["--api-key", "x"], "x")])
def test_the_key_of_a_server_comes_from_its_flag_or_from_the_environment(flags, key):
    said = parse(["remote", "apply", "photo.jpg", "-s", PRESET, *flags])
    settings = from_environment({"STYLEKIT_API_KEY": "of the environment"})
    assert RemotePainter(said, settings).client.api_key == key


def test_a_client_that_nobody_holds_any_more_holds_no_connection(server):
    client = Client(server)
    client.styles()
    http = client._http
    del client
    gc.collect()
    assert http.is_closed


def test_a_job_of_the_client_is_the_servers_answer_field_for_field(client, server):
    job = client.wait(client.submit(picture_bytes(), PRESET), seconds=30)
    said = httpx.get(f"{server}{job.urls.self}").json()
    seen = Client(server).job(job.id)
    assert seen.model_dump(mode="json", exclude_unset=True) == said
    assert list(said) == [name for name in Job.model_fields if name != "secret"]
