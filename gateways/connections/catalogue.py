"""Which channel types have links, and what makes them."""

from collections.abc import Mapping
from types import MappingProxyType

from gateways.connections.link import LinkMaker

LINK_MAKERS: Mapping[str, LinkMaker] = MappingProxyType({})
"""By the channel type's code."""
