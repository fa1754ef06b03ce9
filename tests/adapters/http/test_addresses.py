"""Which addresses may be called."""

import pytest

from infra.http.addresses import AllowedAddresses


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.1", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1",
        "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:a00:1::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2", "not an address", "",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public_are_refused(address):
    assert not AllowedAddresses().may_connect(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "41.186.1.1", "2a00:1450:4001:82a::200e", "64:ff9b::808:808"])
def test_public_addresses_may_be_called(address):
    assert AllowedAddresses().may_connect(address)


def test_the_operator_allows_addresses_and_networks():
    allowed = AllowedAddresses(["10.1.0.0/16", "192.168.0.7", "[fd00::1]"])

    assert allowed.may_connect("10.1.200.3")
    assert allowed.may_connect("192.168.0.7")
    assert allowed.may_connect("fd00::1")
    assert allowed.may_connect("::ffff:10.1.0.1")
    assert not allowed.may_connect("10.2.0.1")
    assert not allowed.may_connect("192.168.0.8")


def test_the_operator_allows_names_whole():
    allowed = AllowedAddresses(["Gateway.local.", "localhost"])

    assert allowed.names("gateway.LOCAL")
    assert allowed.names("localhost.")
    assert not allowed.names("evil.gateway.local")
    assert not allowed.names("gateway.local.evil.com")
    assert not allowed.may_connect("127.0.0.1")
