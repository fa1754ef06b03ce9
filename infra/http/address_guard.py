"""Which addresses may be called: public ones, and private ones that the operator names.

A flow's author or a channel's owner chooses where requests go; without this they could reach what stands behind our firewall. Names are
resolved once and the connection goes to the addresses that were checked.
"""

import ipaddress
import socket
from collections.abc import Iterable
from typing import Any

from aiohttp.abc import AbstractResolver
from aiohttp.resolver import ThreadedResolver

from domain.errors import NotAllowed

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class AddressGuard:
    """`allowed`: host names, addresses and networks that may be called though they are not public."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self._names: set[str] = set()
        self._networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
        for each in allowed:
            try:
                self._networks.append(ipaddress.ip_network(each, strict=False))
            except ValueError:
                self._names.add(each.lower())

    def allows_name(self, host: str) -> bool:
        return host.lower() in self._names

    def allows(self, address: Address) -> bool:
        mapped = getattr(address, "ipv4_mapped", None)
        if mapped is not None:
            address = mapped
        return address.is_global and not address.is_multicast or any(address in network for network in self._networks)

    def check_host(self, host: str) -> None:
        """Raises NotAllowed for an address that may not be called; a name is checked when it is resolved."""
        try:
            address = ipaddress.ip_address(host.strip("[]"))
        except ValueError:
            return
        if not self.allows(address) and not self.allows_name(host):
            raise NotAllowed(f"{host} is a private address; the operator allows none but EVENKEEL_ALLOWED_HOSTS.")


class GuardedResolver(AbstractResolver):
    """Resolves names to addresses that may be called."""

    def __init__(self, guard: AddressGuard, resolver: AbstractResolver | None = None) -> None:
        self._guard = guard
        self._resolver = resolver or ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> Any:
        found = await self._resolver.resolve(host, port, family)
        if self._guard.allows_name(host):
            return found
        fit = [each for each in found if self._guard.allows(ipaddress.ip_address(each["host"].partition("%")[0]))]
        if not fit:
            raise OSError(f"{host} has no address that may be called")
        return fit

    async def close(self) -> None:
        await self._resolver.close()
