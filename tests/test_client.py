import threading

import pytest
from werkzeug.serving import make_server

from stylekit import images
from stylekit.cli.arguments import parse
from stylekit.cli.commands import RemotePainter, main
from stylekit.client import Client, JobFailed, NotReachable, ServerError
from stylekit.settings import from_environment
from stylekit.web import create_app
from tests.fakes import COLORS, picture_bytes

PRESET = next(iter(COLORS))
LIMITS = images.Limits(max_bytes=10**7, max_pixels=10**7)


@pytest.fixture
def server(settings, parts):
    """The address of the running application."""
    server = make_server("127.0.0.1", 0, create_app(settings, parts), threaded=True)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(timeout=5)
    server.server_close()


@pytest.fixture
def client(server):
    return Client(server)


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


def test_the_command_line_lets_a_server_paint(server, tmp_path, capsys):
    (tmp_path / "a.png").write_bytes(picture_bytes(40, 60))
    (tmp_path / "b.png").write_bytes(b"no picture")
    out = tmp_path / "out"
    arguments = ["remote", "apply", str(tmp_path), "-s", PRESET, "-o", str(out), "--server", server]
    assert main(arguments) == 1
    assert "b.png" in capsys.readouterr().err
    assert [path.name for path in out.iterdir()] == [f"a-{PRESET}.png"]
    assert size((out / f"a-{PRESET}.png").read_bytes()) == (40, 60)


@pytest.mark.parametrize(("flags", "key"), [([], "of the environment"), (["--api-key", "x"], "x")])
def test_the_key_of_a_server_comes_from_its_flag_or_from_the_environment(flags, key):
    said = parse(["remote", "apply", "photo.jpg", "-s", PRESET, *flags])
    settings = from_environment({"STYLEKIT_API_KEY": "of the environment"})
    assert RemotePainter(said, settings).client.api_key == key
