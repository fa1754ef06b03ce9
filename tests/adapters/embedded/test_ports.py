"""Ports that are held for a server: nobody else gets them, and it is there again after a crash."""

import contextlib
import socket
from pathlib import Path

import pytest

from domain.errors import Unavailable
from infra.embedded.child_process import hold_port, port_of, remembered_port
from infra.embedded.postgres_server import EmbeddedPostgres


def listening_on(port: int) -> socket.socket:
    """As servers do it: addresses are reused."""
    return socket.create_server(("127.0.0.1", port))


def is_taken_by_a_stranger(port: int) -> bool:
    """Whether somebody who got the port by chance (as the system gives it to clients) could bind it."""
    with socket.socket() as stranger:
        try:
            stranger.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def test_a_held_port_is_given_to_nobody_else() -> None:
    with contextlib.ExitStack() as held:
        ports = [port_of(held.enter_context(hold_port())) for _ in range(500)]

        assert len(set(ports)) == 500
        assert not any(map(is_taken_by_a_stranger, ports))


def test_the_server_that_it_is_held_for_listens_on_it() -> None:
    with hold_port() as held:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port_of(held)))
        with listening_on(port_of(held)), socket.create_connection(("127.0.0.1", port_of(held))):
            pass


def test_a_port_that_somebody_listens_on_is_not_held() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(OSError):
        hold_port(server.getsockname()[1])


def test_the_noted_port_is_held_again_and_another_one_if_it_is_taken(tmp_path: Path) -> None:
    note = tmp_path / "port"
    with remembered_port(note, None) as first:
        port = port_of(first)
    with remembered_port(note, None) as again:
        assert port_of(again) == port
    with listening_on(port), remembered_port(note, None) as other:
        assert port_of(other) == int(note.read_text()) != port


def test_a_wanted_port_that_is_taken_is_said_in_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(Unavailable, match=f"port {port} of 127.0.0.1 is taken"):
            remembered_port(tmp_path / "port", port)


@pytest.mark.postgres
def test_while_a_crashed_postgres_is_away_nobody_gets_its_port(server_folder: Path) -> None:
    server = EmbeddedPostgres(server_folder / "postgres-port", durable=False, die_with_parent=True)
    url = server.start()
    try:
        server.kill()
        assert not is_taken_by_a_stranger(server.port)
        assert server.start() == url
    finally:
        server.stop()
