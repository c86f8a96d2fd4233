"""The demo's ten parties, each with keys of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from portledger.sdk.client import Client
from portledger.sdk.party import PartySession
from portledger.sdk.registration import Profile, register, wait_registered
from portledger.sdk.wallet import Wallet
from portledger.vault import keys as key_files
from portledger.vault.keys import Keys

PASSPHRASE: Final = "portledger demo"  # noqa: S105 - of a demonstration
"""Of the demo's key files: they hold nothing of value."""


@dataclass(frozen=True, slots=True)
class Role:
    """accounts: wallet keys; threshold: signatures that critical acts need; issuer: gives numbers to documents."""

    key: str
    name: str
    country: str
    roles: tuple[str, ...]
    does: str
    accounts: int = 1
    threshold: int = 1
    issuer: bool = False
    prefixes: tuple[str, ...] = ()


CAST: Final[Sequence[Role]] = (
    Role("carrier", "Pacific Lantern Line", "JP", ("carrier",), "carries the cargo, issues the bill", issuer=True,
         prefixes=("PLL",)),
    Role("shipper", "Hamakaze Pump Works", "JP", ("shipperOrConsignee",), "sells and ships the goods", issuer=True),
    Role("forwarder", "Blue Jetty Forwarding", "JP", ("forwarder",), "arranges transport; here: says no"),
    Role("seller_bank", "Harbour Bank of Yokohama", "JP", ("bank",), "the seller's bank: collects, owns nothing"),
    Role("buyer_bank", "Siam Trade Bank", "TH", ("bank",), "pays, and holds the title meanwhile", 3, 2),
    Role("consignee", "Laem Thong Water Systems", "TH", ("shipperOrConsignee",), "buys the goods"),
    Role("chamber", "Yokohama Harbour Chamber", "JP", ("certifier",), "certifies where the goods come from",
         issuer=True, prefixes=("JP-RCEP",)),
    Role("customs", "Customs of Thailand", "TH", ("customs",), "grants the lower duty"),
    Role("terminal", "Laem Chabang Terminal", "TH", ("terminalOperator",), "hands the containers out"),
    Role("auditor", "Straits Audit", "SG", ("auditor",), "checks everything, may read little"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cast:
    """The parties, signed in."""

    sessions: Mapping[str, PartySession]

    def __getitem__(self, key: str) -> PartySession:
        return self.sessions[key]

    def __iter__(self) -> Iterator[tuple[Role, PartySession]]:
        return ((role, self.sessions[role.key]) for role in CAST)


def assemble(url: str, folder: Path) -> Cast:
    """Makes keys and key files, registers everybody, signs in."""
    with ThreadPoolExecutor(2) as pool:
        made = dict(zip((role.key for role in CAST), pool.map(_keys, CAST), strict=True))
    asked = []
    for role in CAST:
        client = Client(url)
        profile = Profile(role.name, role.country, role.roles, prefixes=role.prefixes)
        asked.append((role, client, register(client, made[role.key], profile, threshold=role.threshold)))
    sessions = {}
    for role, client, status in asked:
        keys = made[role.key].with_party(wait_registered(client, status.request_id))
        path = folder / f"{role.key}.json"
        key_files.save(path, keys, PASSPHRASE, key_files.FAST)
        sessions[role.key] = PartySession(client, Wallet.open(path, PASSPHRASE))
        sessions[role.key].sign_in()
    return Cast(sessions)


def _keys(role: Role) -> Keys:
    return key_files.generate(role.accounts, reference=role.issuer)
