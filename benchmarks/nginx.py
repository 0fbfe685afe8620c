"""nginx with the shipped configuration, in front of one server on this machine."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.processes import ServerBroken, ending_with_us, free_port, is_listening, program

CONFIGURATION = Path(__file__).resolve().parent.parent / "deploy" / "nginx" / "stylekit.conf"
START_SECONDS = 30
MAIN = """
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/answers;
    fastcgi_temp_path {folder}/a;
    uwsgi_temp_path {folder}/b;
    scgi_temp_path {folder}/c;
    include {folder}/stylekit.conf;
}}
"""


@contextmanager
def nginx(server_port: int) -> Iterator[int]:
    """Run it before the server at a port; yields its own."""
    port = free_port()
    shipped = CONFIGURATION.read_text()
    ours = shipped.replace("listen 80;", f"listen 127.0.0.1:{port};").replace(
        "http://127.0.0.1:8080", f"http://127.0.0.1:{server_port}"
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # workers are another user's
        (Path(folder) / "stylekit.conf").write_text(ours)
        (Path(folder) / "nginx.conf").write_text(MAIN.format(folder=folder))
        command = [program("nginx"), "-p", folder, "-c", f"{folder}/nginx.conf"]
        process = subprocess.Popen([*ending_with_us(), *command])
        try:
            until = time.monotonic() + START_SECONDS
            while not is_listening(port):
                if process.poll() is not None or time.monotonic() > until:
                    raise ServerBroken(f"nginx: {(Path(folder) / 'error.log').read_text()[-2000:]}")
                time.sleep(0.1)
            yield port
        finally:
            process.terminate()
            process.wait(START_SECONDS)
