"""Which channel types have links."""

from collections.abc import Mapping

from gateways.connections.link import LinkType
from gateways.connections.smpp.link import smpp_links


def link_types(allowed_hosts: frozenset[str]) -> Mapping[str, LinkType]:
    """By the channel type's code. `allowed_hosts`: addresses that may be called although they aren't public."""
    return {"SMP": LinkType(smpp_links(allowed_hosts))}
