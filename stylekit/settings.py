"""Every setting, read once from the environment, then frozen."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from stylekit.errors import BadSettings

PACKAGE = Path(__file__).resolve().parent
PROJECT_ROOT = PACKAGE.parent
"""The source tree or, where the package is installed, the folder of installed packages."""

PAGE_ROOT = PACKAGE if (PACKAGE / "static").is_dir() else PROJECT_ROOT
"""Where templates/ and static/ are: beside the package in the source tree, installed inside it."""

DATA = Path("data")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


RUNTIMES = ("", "tensorflow", "onnx")

NEEDED = (
    ("queue", "amqp", "celery", "cluster"),
    ("queue", "redis", "celery", "cluster"),
    ("events", "redis", "redis", "cluster"),
    ("database", "postgresql", "psycopg", "cluster"),
    ("storage", "gs://", "google.cloud.storage", "bucket"),
    ("styles", "gs://", "google.cloud.storage", "bucket"),
    ("model", "gs://", "google.cloud.storage", "bucket"),
    ("model", "https://", "tensorflow_hub", "hub"),
    ("runtime", "tensorflow", "tensorflow", "tensorflow"),
)
"""What a setting that begins so needs: the module, and the extra that installs it."""


def is_installed(module: str) -> bool:
    """Whether a module can be imported; nothing is."""
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # the package that it would be in
        return False


GROUPS = ("server", "storage", "scaling", "engines", "limits", "jobs", "access", "operations")
"""What settings are about, in the order in which people read them."""

BROKERS = ("amqp", "amqps", "redis", "rediss")
PRIVATE = {"secret", "api_keys", "api_key", "operators_key", "database", "queue", "events"}
"""Fields that may hold a password or a key; never shown."""

FOREVER = 1e9  # a limit for numbers that have no other


def setting(
    default: Any,
    help: str,
    group: str,
    *,
    name: str = "",
    low: float = 0,
    high: float = FOREVER,
    choices: tuple[str, ...] = (),
) -> Any:
    """A field with its help text, what it can be, and its variable if not STYLEKIT_<FIELD>."""
    told = {"help": help, "group": group, "name": name}
    return field(default=default, metadata=told | {"low": low, "high": high, "choices": choices})


@dataclass(frozen=True, kw_only=True)
class Topology:
    """Which parts run where, as the settings say. Nothing else reads this from URLs."""

    broker: str  # amqp or redis; empty: jobs are painted in the process that takes them
    is_shared: bool  # live events and quotas are shared with other web processes
    has_bucket: bool  # pictures are kept in a bucket
    has_styles_bucket: bool

    @property
    def paints_here(self) -> bool:
        """Whether the web process paints; else workers do."""
        return not self.broker


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Each field is one environment variable, STYLEKIT_<FIELD> unless it says otherwise."""

    host: str = setting("127.0.0.1", "Address that the server listens on.", "server", name="HOST")
    port: int = setting(
        8080, "Port that the server listens on.", "server", name="PORT", high=65_535
    )
    data: Path = setting(
        DATA, "Folder for the job table, the files and the cookie secret.", "server"
    )
    secret: str = setting(
        "", "Signs cookies and links; made and kept in the data folder if empty.", "server"
    )

    styles: str = setting(
        "", "Folder or gs://bucket/prefix of the presets; empty: the shipped ones.", "storage"
    )
    storage: str = setting(
        "", "Folder or gs://bucket/prefix of pictures; empty: DATA/files.", "storage"
    )
    database: str = setting(
        "", "SQLAlchemy URL of the job table; empty: SQLite in DATA.", "storage"
    )
    queue: str = setting(
        "", "Broker URL (amqp://, redis://); empty: jobs run in this process.", "scaling"
    )
    events: str = setting(
        "",
        "redis:// URL through which servers share live events and quotas; empty: none.",
        "scaling",
    )

    model: str = setting(
        "", "SavedModel folder or TF-Hub handle of the painter; empty: shipped.", "engines"
    )
    runtime: str = setting(
        "",
        "Runs the fast painter: tensorflow or onnx; empty: the quicker one (docs/engines.md).",
        "engines",
        choices=RUNTIMES,
    )
    perceptual: str = setting(
        "student",
        "Perceptual network of gatys: student (shipped), vgg16, vgg19 or a folder.",
        "engines",
    )

    max_request_bytes: int = setting(36_000_000, "Largest request body.", "limits")
    max_picture_bytes: int = setting(25_000_000, "Largest picture file.", "limits")
    max_pixels: int = setting(51_000_000, "Most pixels of a picture that is read.", "limits", low=1)
    gatys_max_side: int = setting(
        1024, "Longest side, in pixels, that the gatys engine optimises.", "engines", low=64
    )

    refine_seconds: float = setting(
        4.0,
        "Seconds that page and window refine a quick painting by themselves; 0: never.",
        "engines",
        high=600,
    )

    painters: int = setting(
        1, "Paintings of each engine at the same time in one process.", "engines", low=1
    )
    waiting_painters: int = setting(
        8, "Fast paintings that may wait for a slot; beyond it, 503.", "engines"
    )
    wait_seconds: float = setting(
        20.0, "Longest wait for a slot or for a worker's fast answer.", "limits"
    )
    stylize_seconds: float = setting(
        55.0,
        "Seconds after which POST /stylize begins its answer, to keep the connection open.",
        "limits",
    )
    max_queued: int = setting(
        100, "Jobs of each engine that may be queued; beyond it, 503.", "limits"
    )
    max_cost: float = setting(
        1000.0,
        "Most megapixels × steps of one job of a visitor without an API key; 0: any.",
        "limits",
    )
    threads: int = setting(32, "Threads of the web server.", "server", low=1)
    max_streams: int = setting(
        8, "Open live-event streams in one process; beyond it, pages poll.", "server"
    )

    lease_seconds: float = setting(
        30.0, "A running job whose worker is silent this long is queued again.", "jobs", low=0.1
    )
    max_attempts: int = setting(3, "Times that a job is started before it fails.", "jobs", low=1)
    job_seconds: float = setting(900.0, "Longest time that one attempt may take.", "jobs")
    keep_days: float = setting(7.0, "Days until a result expires.", "jobs", high=36_500)
    upload_hours: float = setting(
        24.0,
        "Hours that an uploaded photo waits to be painted, at least; twice that at most.",
        "jobs",
        high=8_760,
    )
    link_seconds: int = setting(
        600, "Seconds that a link to a stored file works.", "jobs", high=604_800
    )
    keep_bytes: int = setting(
        0,
        "Most bytes of pictures that are kept; beyond it the oldest expire early; 0: any number.",
        "jobs",
        high=1e18,
    )

    api_keys: str = setting(
        "", "Comma-separated name:key:requests-per-minute; empty: open API.", "access"
    )
    api_key: str = setting("", "Key that `stylekit remote` sends to a server.", "access")
    operators: str = setting(
        "",
        "Networks (10.0.0.0/8) that may call /metrics and /cron/*, besides this machine.",
        "access",
    )
    operators_key: str = setting(
        "", "Bearer key with which anybody may call /metrics and /cron/*.", "access"
    )
    cors_origins: str = setting(
        "", "Comma-separated origins that may call the API; empty: none.", "access"
    )
    legacy_origins: str = setting(
        "*",
        "Comma-separated origins whose pages may call the endpoints of the earlier site; *: any.",
        "access",
    )
    proxies: int = setting(
        0, "Number of trusted proxies in front of the server (X-Forwarded-*).", "server"
    )
    log_format: str = setting(
        "text", "Log lines as text or json.", "operations", choices=("text", "json")
    )
    app_engine: str = setting(
        "",
        "Set by App Engine, whose scheduler may then call /cron/*.",
        "operations",
        name="GAE_SERVICE",
    )
    worker_port: int = setting(
        0,
        "Port on which a worker answers /healthz, /readyz and /metrics; 0: none.",
        "operations",
        high=65_535,
    )

    def __post_init__(self) -> None:
        """Refuse values that are out of range or contradict each other.

        Raises:
            BadSettings: naming the variable and the value.
        """
        for each in fields(self):
            check(each, getattr(self, each.name))
        check_scheme("STYLEKIT_QUEUE", self.queue, BROKERS)
        check_scheme("STYLEKIT_EVENTS", self.events, ("redis", "rediss", "unix"))
        _ = self.operators_networks
        if self.max_streams >= self.threads:
            raise BadSettings(
                f"STYLEKIT_MAX_STREAMS is {self.max_streams}; it must be less than "
                f"STYLEKIT_THREADS, which is {self.threads}: an open stream holds a thread."
            )
        if self.topology.paints_here and self.painting_threads >= self.spare_threads:
            raise BadSettings(
                f"STYLEKIT_WAITING_PAINTERS is {self.waiting_painters}; with STYLEKIT_PAINTERS it "
                f"must be less than the {self.spare_threads} threads that STYLEKIT_MAX_STREAMS "
                f"leaves of STYLEKIT_THREADS, which is {self.threads}: who waits holds a thread."
            )
        for name, scheme, module, extra in NEEDED:
            if getattr(self, name).startswith(scheme) and not is_installed(module):
                raise BadSettings(
                    f"STYLEKIT_{name.upper()} needs the extra {extra}: "
                    f"pip install 'stylekit[{extra}]'."
                )

    @property
    def topology(self) -> Topology:
        """Which parts run where."""
        scheme = self.queue.partition("://")[0]
        return Topology(
            broker="redis" if scheme.startswith("redis") else scheme and "amqp",
            is_shared=bool(self.events),
            has_bucket=self.storage_url.startswith("gs://"),
            has_styles_bucket=self.styles_url.startswith("gs://"),
        )

    @property
    def operators_networks(self) -> list[Network]:
        """Those who may ask for figures and maintenance besides this machine."""
        return [read_network(each.strip()) for each in self.operators.split(",") if each.strip()]

    @property
    def spare_threads(self) -> int:
        """Threads of the server that no event stream holds."""
        return max(2, self.threads - self.max_streams)

    @property
    def painting_threads(self) -> int:
        """Threads of the server that fast paintings hold where every place is taken."""
        return self.painters + self.waiting_painters

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL of the job table."""
        return self.database or f"sqlite:///{self.data.resolve() / 'stylekit.db'}"

    @property
    def storage_url(self) -> str:
        """Folder or bucket of the stored pictures."""
        return self.storage or str(self.data / "files")

    @property
    def styles_url(self) -> str:
        """Folder or bucket of the style catalogue."""
        return self.styles or str(PAGE_ROOT / "static" / "styles")


def read_network(text: str) -> Network:
    """A network or an address; BadSettings for anything else."""
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        raise BadSettings(
            f"STYLEKIT_OPERATORS has {text!r}; it can have networks such as 10.0.0.0/8."
        ) from None


def check(each: Any, value: Any) -> None:
    """Raise `BadSettings` unless the value is one that the field can have; no number is NaN."""
    choices, low, high = (each.metadata[name] for name in ("choices", "low", "high"))
    if choices and value not in choices:
        raise BadSettings(
            f"{variable(each)} is {value!r}; it can be {' or '.join(filter(None, choices))}."
        )
    if isinstance(value, int | float) and not low <= value <= high:
        raise BadSettings(f"{variable(each)} is {value}; it can be {low:g} to {high:g}.")


def check_scheme(name: str, url: str, schemes: tuple[str, ...]) -> None:
    """Raise `BadSettings` for an address that does not begin with one of these schemes."""
    scheme, separator, _ = url.partition("://")
    if url and not (separator and scheme in schemes):  # the address may hold a password
        known = ", ".join(f"{each}://" for each in schemes)
        begins = f"begins with {scheme}://" if separator else "is no address"
        raise BadSettings(f"{name} {begins}; it can begin with {known}.")


def variable(each: Any) -> str:
    """The environment variable of a field of `Settings`."""
    return each.metadata["name"] or f"STYLEKIT_{each.name.upper()}"


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Settings from the variables of `environment`; what is missing or empty keeps its default.

    Raises:
        BadSettings: for a value of the wrong kind or an unknown STYLEKIT_ variable.
    """
    known = {variable(each): each for each in fields(Settings)}
    for name in environment:
        if name.startswith("STYLEKIT_") and name not in known:
            raise BadSettings(f"There is no setting {name}; see docs/configuration.md.")
    values = {
        each.name: read(name, each, environment[name])
        for name, each in known.items()
        if environment.get(name)
    }
    return Settings(**values)


def read(name: str, each: Any, text: str) -> Any:
    """The value of a variable, of the same kind as the field's default."""
    kind = type(each.default) if not isinstance(each.default, Path) else Path
    try:
        return kind(text)
    except ValueError:
        raise BadSettings(f"{name} is {text!r}; it must be {kind.__name__}.") from None
