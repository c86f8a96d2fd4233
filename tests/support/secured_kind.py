"""A kind that no file ships: a title with pledge, so that secure, release and `who` secured are exercised."""

from __future__ import annotations

from portledger.domain.codes import (
    ContentMode,
    CounterpartyMode,
    Effect,
    EndorseeMode,
    ReferenceMode,
    Role,
    RuleFlag,
    Scope,
    Who,
)
from portledger.domain.hashing import keccak
from portledger.domain.table import Rule

NUMBER = 0x7F06
ISSUE, SECURE, RELEASE, REDEEM, ENFORCE, HAND_BACK = 1, 2, 3, 4, 5, 6
FREE, PLEDGED, ENFORCED = 1, 2, 3
WORDS = {
    ISSUE: "Pledged title: ISSUE",
    SECURE: "Pledged title: SECURE",
    RELEASE: "Pledged title: RELEASE",
    REDEEM: "Pledged title: REDEEM",
    ENFORCE: "Pledged title: ENFORCE",
    HAND_BACK: "Pledged title: HAND BACK",
}


def _row(next_: int, effects: int, who: int, flags: int = 0, **values: int) -> Rule:
    empty = {
        "roles": 0,
        "counterparty_roles": 0,
        "counterparty": 0,
        "endorsee": 0,
        "content": 0,
        "reference": 0,
        "detail": 0,
        "quantity": 0,
        "scope": int(Scope.TITLE),
    }
    return Rule(next=next_, effects=int(effects), who=int(who), flags=int(flags), **{**empty, **values})


ROWS = {
    (0, ISSUE): _row(
        FREE,
        Effect.CREATE | Effect.ENDORSE,
        Who.ROLE,
        RuleFlag.CRITICAL,
        roles=int(Role.CARRIER | Role.BANK | Role.SHIPPER_OR_CONSIGNEE),
        endorsee=int(EndorseeMode.PARTY_OR_BEARER),
        content=int(ContentMode.NEW),
        reference=int(ReferenceMode.SET),
    ),
    (FREE, SECURE): _row(PLEDGED, Effect.SECURE, Who.POSSESSOR, counterparty=int(CounterpartyMode.PARTY)),
    (FREE, HAND_BACK): _row(FREE, Effect.TO_ISSUER, Who.ISSUER | Who.POSSESSOR, RuleFlag.ALL),
    (PLEDGED, RELEASE): _row(FREE, Effect.RELEASE, Who.SECURED),
    (PLEDGED, REDEEM): _row(PLEDGED, Effect.SECURE, Who.SECURED, counterparty=int(CounterpartyMode.NOT_ISSUER)),
    (PLEDGED, ENFORCE): _row(ENFORCED, Effect.RELEASE | Effect.TO_ISSUER, Who.SECURED | Who.ANYONE, RuleFlag.ALL),
}


def define_arguments() -> tuple[int, bytes, list[int], list[int], list[int], list[bytes]]:
    """(kind, fileDigest, keys, words, verbs, intentHashes) of defineKind."""
    keys = sorted(state << 8 | verb for state, verb in ROWS)
    words = [ROWS[key >> 8, key & 0xFF].word() for key in keys]
    return (
        NUMBER,
        keccak(b"a test's kind"),
        keys,
        words,
        sorted(WORDS),
        [keccak(WORDS[v].encode()) for v in sorted(WORDS)],
    )
