"""A channel's settings as variables of templates."""

from collections.abc import Iterable, Mapping
from typing import Any

from gateways.channels.contract import ConfigField
from gateways.channels.description.templates import Variables
from gateways.channels.sending import as_text


def names_of(settings: Iterable[ConfigField]) -> set[str]:
    """The variables that settings become."""
    return {f"config.{each.name}" for each in settings}


def values_of(settings: Iterable[ConfigField], config: Mapping[str, Any]) -> Variables:
    """The variables of a channel: what is set, else the default."""
    found: Variables = {}
    for each in settings:
        value = config.get(each.name)
        found[f"config.{each.name}"] = as_text(each.default if value in (None, "") else value)
    return found
