"""The sockets that the world connects to are the supervisor's: they are there before, between and after the processes that serve them.

So a web process can be replaced, or be killed, without one connection being refused: what comes meanwhile waits in the socket's queue, which
old and new process share. Where several processes listen on one port, each place has a socket of its own, and the system shares
the connections out among them.
"""

import os
import socket

from domain.errors import Conflict

FD = "EVENKEEL_LISTEN_FD"
"""Environment variable of a process that listens: the number of the socket it was given."""

BACKLOG = 4096


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; several of ours may listen on the same port. Raises Conflict if the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise Conflict(f"Port {port} of {host} can't be listened on: {error.strerror}.") from error
    return listening


def given() -> socket.socket | None:
    """The socket that our supervisor gave us, if one did."""
    number = os.environ.get(FD)
    return socket.socket(fileno=int(number)) if number else None
