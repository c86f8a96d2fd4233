"""What can be set about the HTTP interface itself: rates, other origins, proxies, where webhooks may go."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ApiSettings:
    """Rates count in one worker process. Each is requests per second over time, and how many may come at once.

    session: of one session or key; address: of one address (IPv6: of one /64) that shows no credential that holds;
    door: of one address at sign-in and registration. remembered: how many of them are remembered at once.
    proxies: networks whose X-Forwarded-For is believed; origins: web origins that may call from a browser, none by
    default. body_seconds: the longest pause within a request's body; body_rate: bytes per second that must come on the
    whole, beyond the first body_seconds. private_webhooks: webhooks may go to addresses
    that are not on the public internet, and without TLS; for development. webhook_key: file of the key that their
    secrets are derived from, the same for all processes; "" = webhooks.key in the data folder, made when it is missing.
    quota_blobs, quota_bytes: what one party's new blobs may come to in a day (UTC); quota_answers, quota_answer_bytes:
    of its answers kept for repeated requests, for a day each. sessions: open ones of one account; one more ends the
    oldest.
    """

    session_rate: float = 5000
    session_burst: int = 20_000
    address_rate: float = 5000
    address_burst: int = 20_000
    door_rate: float = 100
    door_burst: int = 2000
    remembered: int = 20_000
    proxies: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    body_seconds: float = 30
    body_rate: float = 1024
    private_webhooks: bool = False
    webhook_key: str = ""
    quota_blobs: int = 1_000_000
    quota_bytes: int = 200 << 30
    quota_answers: int = 500_000
    quota_answer_bytes: int = 4 << 30
    sessions: int = 200
