"""Which channel types have links, and what makes them."""

from collections.abc import Mapping

from gateways.connections.link import LinkMaker
from gateways.connections.smpp.link import smpp_links


def link_makers(allowed_hosts: frozenset[str]) -> Mapping[str, LinkMaker]:
    """By the channel type's code. `allowed_hosts`: addresses that may be called although they aren't public."""
    return {"SMP": smpp_links(allowed_hosts)}
