"""Where webhooks may go: nowhere that only the gateway's own machine can reach."""

from __future__ import annotations

import pytest

from portledger.domain.refusals import AddressRefused
from portledger.services.addresses import is_public, require_url

PRIVATE = [
    "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1", "192.0.0.1",
    "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1",
    "255.255.255.255",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2001::1",
    "2002:7f00:1::",
    "192.88.99.1", "2001:db8::1", "3fff::1", "fec0::1",
    "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "ff02::1", "not an address", "",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_on_the_public_internet_is_known(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.215.14", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_a_public_address_is_known(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/",
        "javascript:alert(1)",
        "https://", "https:///path", "//example.com", "example.com", "", "https://example.com:0/",
        "https://example.com:99999/",
        "https://user@example.com/", "https://user:secret@example.com/", "https://:@example.com/",
        "https://example.com/#part",
        "https://example.com/a b", "https://example.com/\r\nHost: x", "https://exämple.com/", "https://example.com\\@x/",
        "https://" + "a" * 2000 + ".com/",
        "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://0x7f.1/",
        "https://017700000001/", "https://127.0.0.1./", "https://[::1]/", "https://[::ffff:127.0.0.1]/",
        "https://[fe80::1]/",
        "https://169.254.169.254/latest/meta-data/", "https://10.1.2.3:8443/hook", "https://[",
    ],
)  # fmt: skip
def test_an_address_that_could_lead_inside_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        require_url(url, private=False)


@pytest.mark.parametrize("url", ["https://example.com/hook?a=b", "https://example.com:8443", "https://8.8.8.8/hook"])
def test_a_public_address_by_https_is_taken(url: str) -> None:
    assert require_url(url, private=False).scheme == "https"


def test_a_setting_for_development_allows_more_and_yet_no_other_scheme() -> None:
    assert require_url("http://127.0.0.1:9000/", private=True).port == 9000
    with pytest.raises(AddressRefused):
        require_url("file:///etc/passwd", private=True)
