"""Which addresses belong to the public internet, by the registries of IANA. Pure.

``ipaddress`` judges too, but each release of Python differently, and it takes multicast and
addresses that carry another one for public. Nothing is resolved here.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_SELF = "this machine itself"
_PRIVATE = "in a private network"
_PROVIDER = "in the private network of a provider"
_LINK = "on the link of this machine, where clouds keep their secrets"
_CLOUD = "a service of a cloud for its own machines"
_MANY = "an address of many machines"
_DETOUR = "a detour to another address"
_RESERVED = "reserved, and no place of the public internet"

# Networks of which no address is public; the first that fits says which kind it is.
_KINDS = tuple(
    (ip_network(network), kind)
    for networks, kind in (
        ("0.0.0.0/8 127.0.0.0/8 ::/127", _SELF),
        ("10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7 fec0::/10", _PRIVATE),
        ("100.64.0.0/10", _PROVIDER),
        ("169.254.0.0/16 fe80::/10", _LINK),
        ("168.63.129.16/32", _CLOUD),
        ("224.0.0.0/4 ff00::/8", _MANY),
        ("192.88.99.0/24 2001::/32 2002::/16", _DETOUR),
        ("192.0.0.0/24 192.0.2.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24", _RESERVED),
        ("240.0.0.0/4 2001::/23 2001:db8::/32 3fff::/20", _RESERVED),
    )
    for network in networks.split()
)
# All that is given out for the public internet.
_GIVEN_OUT = IPv6Network("2000::/3")
# The prefix by which networks without IPv4 reach all of it (RFC 6052).
_NAT64 = IPv6Network("64:ff9b::/96")
_IPV4_BITS = 0xFFFF_FFFF


def read_address(text: str) -> Address:
    """Return the address that a socket's one stands for, without its scope.

    What carries an IPv4 address and leads to it is that address. Raises ValueError.
    """
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & _IPV4_BITS)
    return address.ipv4_mapped or address


def no_public_place(address: Address) -> str:
    """Say what an address is that is not of the public internet; empty where it is of it."""
    for network, kind in _KINDS:
        if address in network:
            return kind
    return "" if address.version == 4 or address in _GIVEN_OUT else _RESERVED  # noqa: PLR2004
