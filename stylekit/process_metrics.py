"""Process metrics: how many processes run here, and how much memory they use."""

import os
from collections.abc import Iterator
from pathlib import Path

from prometheus_client.metrics_core import GaugeMetricFamily

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def figure(name: str, help: str, value: float) -> GaugeMetricFamily:
    """A figure without labels."""
    return GaugeMetricFamily(name, help, value=value)


def memory(role: str, processes: list[int]) -> Iterator[GaugeMetricFamily]:
    """How many processes live, and the memory that they hold together; read now, never kept."""
    sizes = [size for each in processes if (size := resident_bytes(each))]
    for name, help, value in (
        ("stylekit_processes", "Processes of this role on this machine.", len(sizes)),
        ("stylekit_memory_bytes", "Resident memory of these processes.", sum(sizes)),
    ):
        family = GaugeMetricFamily(name, help, labels=["role"])
        family.add_metric([role], value)
        yield family


def resident_bytes(process: int) -> int:
    """The memory that a process holds; 0 for one that is gone, or where nobody can tell."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE_BYTES
    except (OSError, IndexError):
        return 0


def children(process: int) -> list[int]:
    """The processes that this one started and that are still there."""
    return [
        int(stat.parent.name)
        for stat in Path("/proc").glob("[0-9]*/stat")
        if parent(stat) == process
    ]


def parent(stat: Path) -> int:
    """Who started the process; the name in the brackets may hold anything."""
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return 0
