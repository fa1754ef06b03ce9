"""Which addresses may be called: public ones, and those that the operator allowed by name, address or network."""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))  # IPv4 behind NAT64


class AllowedAddresses:
    """`allowed` holds host names, addresses and networks (`10.0.0.0/8`) that may be called although they aren't public."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._names: set[str] = set()
        self._networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
        for each in allowed:
            try:
                self._networks.append(ipaddress.ip_network(each.strip("[]"), strict=False))
            except ValueError:
                self._names.add(each.lower().rstrip("."))
        self.may_connect = lru_cache(maxsize=4_096)(self._may_connect)

    def names(self, host: str) -> bool:
        """Whether this host may be called whatever its address is."""
        return host.lower().rstrip(".") in self._names

    def _may_connect(self, text: str) -> bool:
        """Whether an address (as text, a zone may follow it) may be connected to."""
        try:
            address = ipaddress.ip_address(text.partition("%")[0])
        except ValueError:
            return False
        inner = _carried(address)
        if any(each in network for network in self._networks for each in (address, inner)):
            return True
        return _is_public(inner)


def _carried(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, or the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if any(address in network for network in _TRANSLATED):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _is_public(address: Address) -> bool:
    return address.is_global and not (
        address.is_multicast
        or address.is_reserved
        or address.is_private
        or (isinstance(address, ipaddress.IPv6Address) and address.teredo is not None)
    )
