"""Who may sign an act that a page shows, and what a browser's wallet is asked for: exactly what the page shows."""

from __future__ import annotations

import json
from typing import Any, Final

from starlette.responses import Response

from portledger.desk.pages import Pages, minute, problem
from portledger.desk.safety import WITH_SCRIPT
from portledger.desk.state import Desk, Summary
from portledger.domain.codes import FULL_SCOPE, Scope
from portledger.domain.errors import InvalidInput, PortledgerError, SignaturesRefused
from portledger.domain.signatures import address_of
from portledger.formats.api_json import address_text
from portledger.sdk.errors import KeyMissing
from portledger.sdk.party import PartySession
from portledger.sdk.signing import Prepared, Unsigned, from_wallet

TYPED: Final = "eth_signTypedData_v4"
SCOPES: Final = {
    Scope.FILING: "scope.filing",
    Scope.ISSUE: "scope.issue",
    Scope.TITLE: "scope.title",
    Scope.OFFICIAL: "scope.official",
    Scope.ADMIN: "scope.admin",
}
_PARTIES: Final = ("actor", "counterparty", "endorsee")


def show(desk: Desk, pages: Pages, summary: Summary, refused: PortledgerError | None = None) -> Response:
    """The page of a summary, with a token that signs it once. refused: why the signature just given was not taken;
    nothing of the act changes by that."""
    assert summary.act is not None, "a summary of an act"
    note = "wallet.bad" if isinstance(refused, InvalidInput | SignaturesRefused) else ""
    return pages.show(
        summary.template, 409 if refused else 200,
        **summary.values, **signing(pages, summary.session, summary.act),
        summary=desk.shown(summary), problem=_said(refused, note) if refused else None, headers=WITH_SCRIPT,
    )  # fmt: skip


def _said(refused: PortledgerError, note: str) -> dict[str, str]:
    """Where a note says it in full, the sentence of the error's code is left out: it speaks of the ledger."""
    found = problem(refused, note)
    return {**found, "found": f"{found['code']}: {found['found']}", "code": ""} if note else found


def sign(session: PartySession, act: Unsigned, given: str) -> Prepared:
    """given: what the browser's wallet answered, or empty: the key file's accounts alone sign.

    Raises InvalidInput, SignaturesRefused, ScopeMissing, KeyMissing.
    """
    return session.sign(act, [from_wallet(given)] if given else [])


def signing(pages: Pages, session: PartySession, act: Unsigned) -> dict[str, Any]:
    """What signing.html shows: the accounts that may sign, which of them are here, and what a wallet is asked for."""
    own = [address_of(key) for key in (*session.wallet.keys.accounts, *session.wallet.co_signers)]
    able_here = [one for one in own if one in act.able]
    by_wallet = [one for one in act.able if len({*able_here} - {one}) >= act.needed - 1]
    try:
        here = [address_of(key) for key in session.wallet.signers(dict(act.accounts), act.scope, act.needed)]
    except KeyMissing:
        here = []
    return {
        "by_file": [account(pages, act, one) for one in here],
        "cannot": [account(pages, act, one) for one in own if one not in act.able],
        "able": [account(pages, act, one) for one in act.able],
        "needed": act.needed,
        "scope": scope_words(pages, act.scope),
        "typed": typed(pages, act),
        "asked": asked(act, by_wallet) if by_wallet else None,
    }


def account(pages: Pages, act: Unsigned, address: bytes) -> tuple[str, str]:
    """(address, what it may sign in words)."""
    known = act.accounts.get(address)
    if known is None or not known.active:
        return address_text(address), pages.w("scope.none")
    return address_text(address), scope_words(pages, known.scope)


def scope_words(pages: Pages, scope: int) -> str:
    if scope == FULL_SCOPE:
        return pages.w("scope.full")
    return " · ".join(pages.w(word) for bit, word in SCOPES.items() if scope & bit)


def asked(act: Unsigned, accounts: list[bytes]) -> dict[str, Any]:
    """What static/wallet.js asks a wallet for. payloads: by account, or one for all."""
    return {
        "method": TYPED,
        "accounts": json.dumps([address_text(one) for one in accounts]),
        "chain": act.domain.chain_id,
        "payloads": json.dumps({"": json.dumps(act.typed_data, ensure_ascii=False)}, ensure_ascii=False),
    }


def typed(pages: Pages, act: Unsigned) -> list[tuple[str, str, str]]:
    """(member, value, what it means) of the typed data, in their order: what the wallet or its device shows."""
    data = act.typed_data
    meanings = {name: pages.party(data["message"][name]) for name in _PARTIES}
    meanings["kind"] = act.kind.title[pages.language]
    meanings["verb"] = act.kind.verb(act.verb).title[pages.language]
    meanings["deadline"] = minute(act.action.deadline)
    rows = [(name, str(data["domain"][name])) for name in ("chainId", "verifyingContract")]
    rows += [(name, str(value)) for name, value in data["message"].items()]
    return [(name, value, meanings.get(name, "")) for name, value in rows]
