"""Which places and which addresses a server of ours may visit: pure functions, no look-up."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final

from db import urls
from db.urls import Address, Place, Refused

PORTS: Final = frozenset({443, 8443})
Network = IPv4Network | IPv6Network

# `is_global` and `is_private` differ from one Python to the next, so the lists stand here.
_FORBIDDEN: Final = tuple(
    ip_network(block)
    for block in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24"),
        *("192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15"),
        *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        # Teredo, ORCHID and benchmarks; documentation; 6to4; the dead 6bone; AS112.
        *("2001::/23", "2001:db8::/32", "2002::/16", "3ffe::/16", "3fff::/20", "2620:4f:8000::/48"),
    )
)
# All other IPv6 is this machine, this link, multicast, or an IPv4 address in disguise.
_GLOBAL_IPV6: Final = IPv6Network("2000::/3")


@dataclass(frozen=True, slots=True)
class Allowed:
    """Storefronts of the house: names, addresses and networks that an operator trusts.

    A name is trusted wherever it leads; it may be called by http and on any port.
    """

    names: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def of(cls, text: str) -> "Allowed":
        """From `127.0.0.1,10.0.0.0/8,storefront.internal`.

        Raises:
            ValueError: an entry is none of the three.
        """
        names: set[str] = set()
        networks: list[Network] = []
        for entry in filter(None, (part.strip().lower() for part in text.split(","))):
            try:
                networks.append(ip_network(entry))
            except ValueError:
                if not urls.is_name(entry):
                    raise ValueError(f"{entry!r} is no host, address or network") from None
                names.add(entry)
        return cls(frozenset(names), tuple(networks))

    def name(self, host: str) -> bool:
        return host in self.names

    def address(self, address: Address) -> bool:
        return any(address in network for network in self.networks)


def check(url: str, allowed: Allowed) -> Place:
    """The place a URL names, if we may go there as far as can be told without looking it up.

    Raises:
        Refused: we would not go there wherever it leads.
    """
    place = urls.parse(url)
    address = place.literal()
    trusted = allowed.name(place.host)
    if address is not None:
        trusted = allowed.address(address)
        check_addresses([address], place.host, allowed)
    elif not trusted and (place.host == "localhost" or place.host.endswith(".localhost")):
        raise Refused("url_forbidden_address", "localhost is this machine itself")
    if not trusted and place.scheme != "https":
        raise Refused("url_scheme", "expected https://")
    if not trusted and place.port not in PORTS:
        raise Refused("url_invalid", f"port {place.port} is not one of {sorted(PORTS)}")
    return place


def check_addresses(addresses: Iterable[Address], host: str, allowed: Allowed) -> None:
    """Let a host's addresses pass, all of them or none.

    Raises:
        Refused: one is not of the open internet, and nobody allowed it.
    """
    if allowed.name(host):
        return
    for address in addresses:
        if not (is_public(address) or allowed.address(address)):
            raise Refused("url_forbidden_address", f"{host} leads to {address}, which is not open")


def is_public(address: Address) -> bool:
    """Whether an address belongs to somebody on the open internet, in no disguise."""
    if isinstance(address, IPv6Address) and (address.scope_id or address not in _GLOBAL_IPV6):
        return False
    return not any(address in block for block in _FORBIDDEN)
