"""The words of signing many acts that wait, in both languages; a part of words.py."""

from __future__ import annotations

from typing import Final

COSIGNING: Final[dict[str, tuple[str, str]]] = {
    "cosigned.title": ("Signed together with other officers", "ほかの担当者の操作にまとめて署名"),
    "cosigned.show": ("Show me what those selected do", "選択した操作の効果を見る"),
    "cosigned.none": (
        "No act was selected. Tick the box of at least one.",
        "操作が選択されていません。1件以上にチェックを入れてください。",
    ),
    "cosigned.many": ("Acts that wait for your signature: {count}", "あなたの署名を待つ操作：{count} 件"),
    "cosigned.how": (
        "Read what signing does to each. One click at the end signs exactly these. One that cannot be signed any more "
        "is refused, and holds up no other.",
        "署名による効果を1件ずつ確認してください。最後のボタンで、ここに示した操作だけに署名します。署名できなくなったものは"
        "拒否され、ほかの操作には影響しません。",
    ),
    "waiting.later": (
        "It could not be looked at just now: the gateway, or the node, did not answer. Try again in a moment.",
        "ゲートウェイまたはノードから応答がなく、今は確認できません。しばらくしてからやり直してください。",
    ),
    "cosigned.nobody": (
        "You have signed it, or no account of the key file may: its own page says who can.",
        "すでに署名済みか、鍵ファイルのアカウントでは署名できません。署名できる担当者は、その操作のページで確認できます。",
    ),
    "cosigned.done": ("It has been sent already.", "すでに送信されています。"),
    "cosigned.twice": (
        "Another act selected is on the same document, and only one of them can follow. Decide which, on its own page.",
        "同じ文書に対する操作がほかにも選択されています。実行できるのは一方だけです。どちらにするか、操作のページで選んでください。",
    ),
    "cosigned.too_long": (
        "Its contents are longer than this page can show together with the others: sign it by itself, on its own page.",
        "内容が長く、ほかの操作と一緒にこの画面には表示しきれません。その操作のページで個別に署名してください。",
    ),
    "cosigned.files_how": (
        "You sign these files too. They are fetched, opened here and compared with their digests before anything is "
        "signed; to look at them, open the act's own page:",
        "これらのファイルも署名の対象です。署名の前に取得し、この端末で開いてハッシュ値と照合します。内容を見るには、その操作の"
        "ページを開いてください：",
    ),
    "cosigned.alone": ("this act alone", "この操作だけを表示"),
}
