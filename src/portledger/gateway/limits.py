"""Rates: one token bucket for each session and each address, in bounded memory."""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Verdict:
    """left: requests that may come at once; reset: seconds until the bucket is full; wait: until one may come."""

    allowed: bool
    left: int
    reset: int
    wait: int


class Limiter:
    """per_second: what a bucket gains; burst: what it holds; most: buckets, of which the least used are forgotten.

    clock: monotonic seconds.
    """

    def __init__(
        self, name: str, per_second: float, burst: int, most: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.policy = f'"{name}";q={burst};w={max(1, math.ceil(burst / per_second))}'
        self._name, self._rate, self._burst, self._most, self._clock = name, per_second, burst, most, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> Verdict:
        """One request of this key."""
        now = self._clock()
        tokens, at = self._buckets.get(key, (float(self._burst), now))
        tokens = min(self._burst, tokens + (now - at) * self._rate)
        allowed = tokens >= 1
        if allowed:
            tokens -= 1
        self._buckets[key] = (tokens, now)
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        wait = 0 if allowed else max(1, math.ceil((1 - tokens) / self._rate))
        return Verdict(allowed, int(tokens), math.ceil((self._burst - tokens) / self._rate), wait)

    def header(self, verdict: Verdict) -> str:
        """The RateLimit header's value."""
        return f'"{self._name}";r={verdict.left};t={verdict.reset}'

    def __len__(self) -> int:
        return len(self._buckets)


class Proxies:
    """Which address a request comes from, behind proxies that are believed and no others."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks = [ipaddress.ip_network(one, strict=False) for one in networks]

    def client(self, peer: str, forwarded: str) -> str:
        """peer: who connects; forwarded: X-Forwarded-For, "" when there is none."""
        hops = [part.strip() for part in forwarded.split(",") if part.strip()] if self._networks else []
        # From the last hop back: what stands before the first one that is not ours, anybody may have written.
        for hop in reversed([*hops[-32:], peer]):
            if not self._trusted(hop):
                return bucket(hop)
        return bucket(peer)

    def _trusted(self, text: str) -> bool:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return False
        return any(address in network for network in self._networks if network.version == address.version)


@lru_cache(maxsize=4096)
def bucket(text: str) -> str:
    """The address as it is counted: a whole /64 of IPv6, since one subscriber has as many addresses as it likes."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
