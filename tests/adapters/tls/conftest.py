"""Postgres and Redis behind TLS. The embedded ones are built without it, so TLS ends right before them; who asks for it and checks it are
our drivers."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest

from tests.certificates import Authority
from tests.fakes.tls_front import tls_front


@pytest.fixture(scope="package")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"), "authority")


@pytest.fixture(scope="package")
def postgres_port(postgres_url: str, authority: Authority) -> Iterator[int]:
    behind = urlsplit(postgres_url).port or 0
    with tls_front(authority.sign("postgres", address="127.0.0.1"), port=behind, postgres=True) as found:
        yield found


@pytest.fixture(scope="package")
def redis_port(redis_url: str, authority: Authority) -> Iterator[int]:
    with tls_front(authority.sign("redis", address="127.0.0.1"), unix=urlsplit(redis_url).path) as found:
        yield found


class PostgresOverTls:
    """Addresses of a database of the test's own."""

    def __init__(self, port: int, database: str, password: str, authority: Authority) -> None:
        self._port, self._database, self._password, self._ca = port, database, password, authority.file

    def address(self, *, password: str = "", ca: Path | None = None, host: str = "127.0.0.1") -> str:
        who = f"postgres:{password or self._password}@{host}:{self._port}"
        return f"postgresql://{who}/{self._database}?sslmode=verify-full&sslrootcert={ca or self._ca}"


@pytest.fixture
def postgres(postgres_port: int, postgres_database: str, server_folder: Path, authority: Authority) -> PostgresOverTls:
    database = psycopg2.extensions.parse_dsn(postgres_database)["dbname"]
    password = (server_folder / "postgres" / "password").read_text()
    return PostgresOverTls(postgres_port, database, password, authority)
