"""Where a painter's SavedModel comes from: shipped, a folder, TF-Hub or a bucket."""

import hashlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
import warnings
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from stylekit.engines import weights
from stylekit.engines.plain_model import PlainModel
from stylekit.errors import BadSettings, ModelBroken, StylekitError
from stylekit.settings import is_installed

DOWNLOAD_SECONDS = 300.0  # the longest that fetching a model from TF-Hub may take
CONNECTION_SECONDS = 20  # the longest silence of a server meanwhile
REACH_SECONDS = 5.0  # in which its server must take a connection
RESOLVE = """
import socket, sys
socket.setdefaulttimeout(float(sys.argv[2]))
import tensorflow_hub
tensorflow_hub.resolve(sys.argv[1])
"""


def load(source: str, download_seconds: float = DOWNLOAD_SECONDS) -> Any:
    """Load the shipped SavedModel (""), one in a folder, or one by its https:// or gs:// handle.

    Raises:
        ModelBroken: when it is missing, cannot be had in time, does not match its checksums, or
            does not paint: see `PlainModel`.
        BadSettings: when TensorFlow is not installed.
    """
    source = plain(source)
    need_tensorflow(f"The model {source or 'shipped'}")
    if source.startswith("https://") and not _is_cached(source):
        _refuse_unreachable(source)
    use_cores()
    try:
        if source.startswith("https://"):
            model = _load_from_hub(source, download_seconds)
        elif source.startswith("gs://"):
            model = _load_from_bucket(source)
        else:
            model = _load_folder(folder_of(source))
        return model if has_codes(model) else PlainModel(model, source)
    except StylekitError:
        raise
    except Exception as error:
        raise ModelBroken(f"The model {source or 'shipped'} cannot be loaded: {error}") from error


def fingerprint(source: str) -> str:
    """Twelve hexadecimal digits that change with the model: of its checksums, files or handle."""
    source = plain(source)
    if "://" in source:
        return hashlib.sha256(source.encode()).hexdigest()[:12]
    folder = folder_of(source)
    listed = folder / weights.CHECKSUMS
    digest = hashlib.sha256()
    files = [listed] if listed.is_file() else sorted(p for p in folder.rglob("*") if p.is_file())
    if not files:
        raise ModelBroken(f"There is no model in {folder}.")
    for path in files:
        digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def plain(source: str) -> str:
    """The source without a slash at its end, which would make another handle of the same model."""
    return source.rstrip("/") if "://" in source else source


def has_codes(model: Any) -> bool:
    """Whether a model reads styles and paints with what it read, in two calls."""
    return hasattr(model, "read_style") and hasattr(model, "paint")


def folder_of(source: str) -> Path:
    """The folder of a local model; the shipped one for ""."""
    return Path(source) if source else weights.PAINTER


def beside(source: str) -> str:
    """The model that paints the presets beside the shipped one (""); another has none beside it."""
    return "" if source else str(weights.PRESETS)


def sources(source: str) -> list[str]:
    """The model and what stands beside it: all that the fast engine loads."""
    return [source] if source else [source, beside(source)]


def quickest_paint(model: Any) -> Any:
    """The function `paint` of a model, or the same in half the precision where that is faster.

    What comes out differs by less than one can see (docs/experiments.md).
    """
    quick = getattr(model, "paint_bfloat16", None)
    return quick if quick is not None and multiplies_bfloat16() else model.paint


@cache
def multiplies_bfloat16() -> bool:
    """Whether this processor has instructions for bfloat16: AVX-512 BF16 or AMX."""
    try:
        words = Path("/proc/cpuinfo").read_text().split()
    except OSError:  # not Linux
        return False
    return "avx512_bf16" in words or "amx_bf16" in words


def need_tensorflow(what: str) -> None:
    """Raise `BadSettings` where `what` cannot be, because TensorFlow is not installed."""
    if not is_installed("tensorflow"):
        raise BadSettings(f"{what} needs the extra tensorflow: pip install 'stylekit[tensorflow]'.")


def use_cores() -> None:
    """Give TensorFlow the cores that this process may use, if it has not started yet.

    Two operations at a time, with half the cores each: to split every operation over all cores
    takes more time than it saves in pictures of 512² and less (docs/experiments.md, "Threads").
    """
    import tensorflow as tf

    together = min(2, cores())
    try:
        tf.config.threading.set_intra_op_parallelism_threads(-(-cores() // together))
        tf.config.threading.set_inter_op_parallelism_threads(together)
    except RuntimeError:
        pass  # already running, with the threads that whoever started it chose


def cores() -> int:
    """How many cores this process may use: those it is bound to, or what its container has."""
    bound = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return max(1, min(bound, round(int(quota) / int(period))))
    except (OSError, ValueError):  # no such file, or "max": no limit
        return bound


def _load_folder(folder: Path) -> Any:
    import tensorflow as tf

    if not (folder / "saved_model.pb").is_file():
        raise ModelBroken(f"There is no SavedModel in {folder}.")
    if folder == weights.PAINTER or (folder / weights.CHECKSUMS).is_file():
        weights.verify(folder)
    return tf.saved_model.load(str(folder))


def _load_from_hub(handle: str, seconds: float) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns about its own use of pkg_resources
        import tensorflow_hub as hub
    if not _is_cached(handle):
        _download(handle, seconds)
    return hub.load(handle)


def _is_cached(handle: str) -> bool:
    """Whether TF-Hub finds the model where it looks first; asked before anything slow is loaded."""
    folder = os.environ.get("TFHUB_CACHE_DIR") or Path(tempfile.gettempdir(), "tfhub_modules")
    return Path(folder, hashlib.sha1(handle.encode(), usedforsecurity=False).hexdigest()).is_dir()


def _refuse_unreachable(handle: str) -> None:
    """Find out within seconds that there is no network, unless a proxy stands between.

    Raises:
        ModelBroken: then.
    """
    if getproxies():
        return
    address = urlsplit(handle)
    failures: list[Exception] = []

    def knock() -> None:
        try:
            place = (address.hostname or "", address.port or 443)
            socket.create_connection(place, REACH_SECONDS).close()
        except OSError as error:
            failures.append(error)

    knocking = threading.Thread(target=knock, daemon=True)  # looking a name up knows no time limit
    knocking.start()
    knocking.join(REACH_SECONDS)
    if knocking.is_alive() or failures:
        reason = failures[0] if failures else f"no answer in {REACH_SECONDS:g} seconds"
        raise ModelBroken(
            f"The model {handle} is not in TF-Hub's cache, and {address.hostname} cannot be "
            f"reached ({reason}). Put the model into TFHUB_CACHE_DIR, or name a folder."
        )


def _download(handle: str, seconds: float) -> None:
    """Fill TF-Hub's cache in a process of its own: its downloads know no time limit."""
    command = [sys.executable, "-W", "ignore", "-c", RESOLVE, handle, str(CONNECTION_SECONDS)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        raise ModelBroken(
            f"The model {handle} could not be fetched in {seconds:g} seconds."
        ) from None
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["unknown reason"])[-1]
        raise ModelBroken(f"The model {handle} cannot be fetched: {reason}")


def _load_from_bucket(url: str) -> Any:
    from stylekit.storage import open_store

    store = open_store(url)
    with tempfile.TemporaryDirectory() as folder:
        for key in store.list(""):
            path = Path(folder, key)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(store.read(key))
        if not Path(folder, "saved_model.pb").is_file():
            raise ModelBroken(f"There is no SavedModel at {url}.")
        return _load_folder(Path(folder))
