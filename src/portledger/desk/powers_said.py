"""What an audit says of the consortium's powers, in both languages. The audit's own words are English and few. Pure."""

from __future__ import annotations

import re
from typing import Final

from portledger.desk.plain import visible
from portledger.desk.words import LANGUAGES

POWERS: Final[dict[str, tuple[str, str]]] = {
    "governor": ("governor", "統治機関"),
    "registrar": ("registrar", "登録機関"),
    "guardian": ("guardian", "保全機関"),
    "party": ("the party itself", "参加者自身"),
}
"""Who acts, as replay and report call them."""
CHANGES: Final[dict[str, tuple[str, str]]] = {
    "add account": ("add account", "アカウントの追加"),
    "remove account": ("remove account", "アカウントの削除"),
    "set threshold": ("set threshold", "必要署名数の変更"),
    "set profile": ("set profile", "プロフィールの変更"),
    "rotate encryption key": ("rotate encryption key", "暗号鍵の更新"),
    "bump epoch": ("bump epoch", "世代の更新"),
    "lock": ("lock", "ロック"),
    "unlock": ("unlock", "ロックの解除"),
    "bar recovery": ("bar recovery", "回復手続の禁止"),
    "unbar recovery": ("unbar recovery", "回復手続の許可"),
    "set roles": ("set roles", "業種の変更"),
}
_PATTERNS: Final[tuple[tuple[str, str, str], ...]] = (
    ("register", "register", "登録"),
    ("reinstate", "reinstate", "停止の解除"),
    ("unfreeze", "unfreeze", "凍結の解除"),
    ("cancel order", "cancel order", "命令の取消"),
    ("define kind", "define kind", "文書の種類の定義"),
    ("suspend until (.+)", "suspend until {0}", "{0} まで停止"),
    ("freeze until (.+)", "freeze until {0}", "{0} まで凍結"),
    ("propose (.+)", "propose: {0}", "提案：{0}"),
    ("order (.+)", "order: {0}", "命令：{0}"),
    ("appoint (.+)", "appoint: {0}", "任命：{0}"),
    ("accept (.+)", "accept: {0}", "就任：{0}"),
)
"""What was done -> in English and Japanese; {0} is a time, a change or a power."""


def power(name: str, language: str) -> str:
    return POWERS[name][LANGUAGES.index(language)] if name in POWERS else visible(name)


def change(name: str, language: str) -> str:
    return CHANGES[name][LANGUAGES.index(language)] if name in CHANGES else visible(name)


def done(what: str, language: str) -> str:
    """A use of a power; what is not known stands as it came."""
    for pattern, *said in _PATTERNS:
        if found := re.fullmatch(pattern, what):
            inner = [power(one, language) if one in POWERS else change(one, language) for one in found.groups()]
            return said[LANGUAGES.index(language)].format(*inner)
    return visible(what)
