"""What a request is told that lacks fields: each by its name."""

from collections.abc import Iterable

from gateways.channels.channel_type import RefuseRequest


def fields_required(names: Iterable[str]) -> RefuseRequest:
    """For a request without these fields."""
    several = tuple(f"field '{name}' required" for name in names)
    return RefuseRequest(", ".join(several), several=several)
