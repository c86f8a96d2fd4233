"""Rates: what a bucket takes, what the headers say, and whose bucket a request fills."""

from __future__ import annotations

import pytest

from portledger.gateway.limits import Limiter, Proxies, bucket


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_goes_through_and_the_next_one_waits_as_long_as_it_is_told() -> None:
    clock = Clock()
    limiter = Limiter("party", per_second=2, burst=3, most=10, clock=clock)
    assert [limiter.take("a").left for _ in range(3)] == [2, 1, 0]
    refused = limiter.take("a")
    assert (refused.allowed, refused.wait) == (False, 1)
    clock.now += refused.wait
    assert limiter.take("a").allowed


def test_one_flood_takes_nothing_from_others() -> None:
    limiter = Limiter("address", per_second=1, burst=2, most=10, clock=Clock())
    for _ in range(100):
        limiter.take("flood")
    assert limiter.take("other").allowed


def test_a_flood_of_new_addresses_is_held_in_bounded_memory() -> None:
    limiter = Limiter("address", per_second=1, burst=2, most=10, clock=Clock())
    for number in range(1000):
        limiter.take(str(number))
    assert len(limiter) == 10


def test_the_headers_say_policy_remainder_and_reset() -> None:
    limiter = Limiter("party", per_second=2, burst=10, most=10, clock=Clock())
    assert limiter.policy == '"party";q=10;w=5'
    assert limiter.header(limiter.take("a")) == '"party";r=9;t=1'


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "expected"),
    [
        ((), "8.8.8.8", "1.2.3.4", "8.8.8.8"),  # nobody is believed
        (("10.0.0.0/8",), "10.0.0.1", "1.2.3.4", "1.2.3.4"),
        (("10.0.0.0/8",), "10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2", "1.2.3.4"),  # the first was made up by the client
        (("10.0.0.0/8",), "8.8.8.8", "1.2.3.4", "8.8.8.8"),  # not through the proxy
        (("10.0.0.0/8",), "10.0.0.1", "", "10.0.0.1"),
        (("10.0.0.0/8",), "10.0.0.1", "nonsense\x1b[31m", "unknown"),
    ],
)
def test_only_a_known_proxy_is_believed_about_who_asks(
    proxies: tuple[str, ...], peer: str, forwarded: str, expected: str
) -> None:
    assert Proxies(proxies).client(peer, forwarded) == expected


def test_all_addresses_of_one_ipv6_subscriber_are_one() -> None:
    assert bucket("2001:4860:1:2:3::1") == bucket("2001:4860:1:2:ffff::9") == "2001:4860:1:2::/64"
    assert bucket("::ffff:1.2.3.4") == "1.2.3.4"
