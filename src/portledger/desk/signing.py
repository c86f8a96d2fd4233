"""Who may sign an act that a page shows, and what a browser's wallet is asked for: exactly what the page shows."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, Final

from starlette.responses import Response

from portledger.desk.pages import Pages, minute, problem
from portledger.desk.safety import WITH_SCRIPT
from portledger.desk.state import Desk, Summary
from portledger.domain.codes import FULL_SCOPE, Scope
from portledger.domain.errors import InvalidInput, PortledgerError, ScopeMissing, SignaturesRefused
from portledger.domain.signatures import address_of
from portledger.domain.table import Rule
from portledger.formats.api_json import address_text
from portledger.sdk.errors import KeyMissing, TooLargeToWait
from portledger.sdk.party import PartySession
from portledger.sdk.session import Done, accounts_of
from portledger.sdk.signing import Unsigned, from_wallet

TYPED: Final = "eth_signTypedData_v4"
SCOPES: Final = {
    Scope.FILING: "scope.filing",
    Scope.ISSUE: "scope.issue",
    Scope.TITLE: "scope.title",
    Scope.OFFICIAL: "scope.official",
    Scope.ADMIN: "scope.admin",
}
_PARTIES: Final = ("actor", "counterparty", "endorsee")


def show(
    desk: Desk,
    pages: Pages,
    summary: Summary,
    refused: PortledgerError | None = None,
    status: int = 200,
    note: str = "",
) -> Response:
    """The page of a summary, with a token that signs it once. refused: why the signature just given was not taken;
    nothing of the act changes by that; note: key of words that say it."""
    assert summary.act is not None, "a summary of an act"
    if not note and isinstance(refused, InvalidInput | SignaturesRefused):
        note = "wallet.bad"
    return pages.show(
        summary.template, 409 if refused else status,
        **summary.values, **signing(pages, summary),
        summary=desk.shown(summary), problem=said(refused, note) if refused else None, headers=WITH_SCRIPT,
    )  # fmt: skip


def said(refused: PortledgerError, note: str) -> dict[str, str]:
    """Where a note says it in full, the sentence of the error's code is left out: it speaks of the ledger."""
    found = problem(refused, note)
    return {**found, "found": f"{found['code']}: {found['found']}", "code": ""} if note else found


def given_by(act: Unsigned, answer: str) -> list[bytes]:
    """The signature that the browser's wallet answered with; none where it was not asked.

    Raises InvalidInput, SignaturesRefused, ScopeMissing.
    """
    if not answer:
        return []
    signature = from_wallet(answer)
    act.signer(signature)
    return [signature]


def carried(desk: Desk, pages: Pages, summary: Summary, answer: str) -> Done | Response:
    """Signs what was shown with exactly the accounts that the page named, and sends it; with too few signatures it
    waits for another officer. Where a signature was not taken, or nobody here may sign, the page again. answer: as of
    `given_by`."""
    session, act = summary.session, summary.act
    assert act is not None, "a summary of an act"
    if not summary.whole:
        return show(desk, pages, summary, status=409)
    try:
        given = given_by(act, answer)
        own = signers(summary, given)
        if 0 < len(given) + len(own) < act.needed:
            return session.propose(act, given, own=own)
        signed = session.sign(act, given)
    except (InvalidInput, SignaturesRefused, ScopeMissing, KeyMissing, TooLargeToWait) as refused:
        return show(desk, pages, summary, refused)
    return session.send(signed)


def own(session: PartySession) -> list[bytes]:
    """The key file's accounts, 20 bytes each."""
    return list(dict.fromkeys(address_of(key) for key in (*session.wallet.keys.accounts, *session.wallet.co_signers)))


def expected(session: PartySession, rule: Rule) -> tuple[list[bytes], int]:
    """(the key file's accounts that sign an act under this row, 20 bytes each; how many signatures it takes)."""
    me = session.me()
    accounts, needed = accounts_of(me), me.threshold if rule.critical else 1
    able = [
        one for one in own(session) if one in accounts and accounts[one].active and accounts[one].covers(rule.scope)
    ]
    return able[:needed], needed


def waits(session: PartySession, rule: Rule) -> bool:
    """Whether an act under this row needs more signatures than the key file gives."""
    able, needed = expected(session, rule)
    return len(able) < needed


def may_add(session: PartySession, act: Unsigned, signed: Collection[bytes]) -> list[bytes]:
    """The key file's accounts that may sign the act and have not."""
    return [one for one in own(session) if one in act.able and one not in signed]


def signers(summary: Summary, given: Collection[bytes] = ()) -> list[bytes]:
    """The key file's accounts that sign what a summary shows, as its page names them. Where a wallet has signed, none:
    one button never makes two officers' signatures. given: the wallet's signature, if any."""
    assert summary.act is not None, "a summary of an act"
    missing = max(0, summary.act.needed - len(summary.signed))
    return [] if given else may_add(summary.session, summary.act, summary.signed)[:missing]


def signing(pages: Pages, summary: Summary) -> dict[str, Any]:
    """What signing.html shows: the accounts that may sign, which of them are here, and what a wallet is asked for.

    Whose account has signed is asked for nothing more: neither his key file nor his wallet.
    """
    session, act, signed = summary.session, summary.act, summary.signed
    assert act is not None, "a summary of an act"
    missing = max(0, act.needed - len(signed))
    by_file = signers(summary)
    signed_here = any(one in signed for one in own(session))
    by_wallet = [one for one in act.able if one not in signed] if missing and not (signed_here and not by_file) else []
    return {
        "whole": summary.whole,
        "by_file": [account(pages, act, one) for one in by_file],
        "cannot": [account(pages, act, one) for one in own(session) if one not in act.able],
        "able": [account(pages, act, one) for one in act.able],
        "needed": act.needed,
        "missing": missing,
        "lacks": missing - len(by_file),
        "after_wallet": max(0, missing - 1),
        "signed_here": signed_here,
        "scope": scope_words(pages, act.scope),
        "typed": typed(pages, act),
        "asked": asked(act, by_wallet) if by_wallet and summary.whole else None,
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
