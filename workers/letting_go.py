"""Closing what may be broken already."""

import logging
from typing import Protocol

log = logging.getLogger(__name__)


class Closable(Protocol):
    def close(self) -> None: ...


def let_go(*held: Closable | None) -> None:
    """Close each; one that can't even be closed is left: it is broken already, that is why we let go of it."""
    for each in held:
        if each is not None:
            try:
                each.close()
            except Exception as error:
                log.debug("Closing failed: %s", error)
