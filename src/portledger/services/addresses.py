"""Where a gateway may send something on a client's word: to public addresses by https, unless a setting says more."""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import SplitResult, urlsplit

from portledger.domain.refusals import AddressRefused

MAX_URL: Final = 2000
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_NOT_PUBLIC: Final = [ipaddress.ip_network(one) for one in ("192.88.99.0/24", "fec0::/10", "3fff::/20")]
"""What the library counts as public, and is not: relays of 6to4, the site's own as IPv6 first had it, documentation."""


def is_public(text: str) -> bool:
    """Whether packets to this address leave for the public internet, whatever IPv4 address is wrapped in it."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address.sixtofour is not None or address.teredo is not None:
            return False  # tunnels, whose end may be anywhere
        inside = address.ipv4_mapped
        if address in _NAT64:
            inside = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if inside is not None:
            return is_public(str(inside))
    if any(address in network for network in _NOT_PUBLIC):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def require_url(text: str, private: bool) -> SplitResult:
    """The parts of an address that may be sent to. private: a setting allows what is not public, and http.

    What a host's name stands for is looked at when it is connected to. Raises AddressRefused.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise AddressRefused(repr(text[:80]), "an address such as https://example.com/hook") from None
    plain = text.isascii() and text.isprintable() and " " not in text and "\\" not in text and len(text) <= MAX_URL
    schemes = ("https", "http") if private else ("https",)
    if not plain or parts.scheme not in schemes or not parts.hostname or port == 0:
        raise AddressRefused(repr(text[:80]), f"an address of {' or '.join(schemes)}, at most {MAX_URL} characters")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressRefused("an address with a user's name or a fragment", "one without")
    if not private and _literal(parts.hostname) and not is_public(parts.hostname):
        raise AddressRefused(f"the address {parts.hostname}", "one on the public internet")
    return parts


def _literal(host: str) -> bool:
    """Numbers in any form that a resolver may take for an address: 127.1 and 0x7f000001, too."""
    last = host.rstrip(".").rsplit(".", 1)[-1]
    return ":" in host or last.isdigit() or last.lower().startswith("0x")
