"""Fixtures: real RabbitMQ, Redis and PostgreSQL, started once for all tests that ask for them."""

import subprocess

import pytest

from deploy.servers import PostgreSQL, RabbitMQ, Redis
from stylekit.settings import PROJECT_ROOT


@pytest.fixture(scope="session")
def installed_servers():
    """Installs what is missing where that can be done; otherwise fails with what to install."""
    need = subprocess.run(
        [PROJECT_ROOT / "scripts" / "need", "servers"], capture_output=True, text=True, check=False
    )
    if need.returncode != 0:
        pytest.fail(need.stderr.strip(), pytrace=False)


def running(server):
    server.start()
    yield server
    server.close()


@pytest.fixture(scope="session")
def postgresql(installed_servers):
    """A PostgreSQL server; `postgresql.new_database()` is the URL of an empty database."""
    yield from running(PostgreSQL())


@pytest.fixture(scope="session")
def rabbitmq(installed_servers):
    """A RabbitMQ server; `rabbitmq.url` is its address."""
    yield from running(RabbitMQ())


@pytest.fixture(scope="session")
def redis_server(installed_servers):
    """A Redis server; `redis_server.url` is its address."""
    yield from running(Redis())
