"""Every word of the desk's pages in both languages; verbs, states and kinds are named by the kind files."""

from __future__ import annotations

from typing import Final

LANGUAGES: Final = ("en", "ja")

WORDS: Final[dict[str, tuple[str, str]]] = {
    "app.name": ("portledger desk", "portledger デスク"),
    "app.skip": ("Skip to the content", "本文へ移動"),
    "app.language": ("日本語", "English"),
    "app.lock": ("Lock the desk", "デスクをロック"),
    "app.another": ("Unlock another party", "別の参加者を開く"),
    "app.gateway": ("Gateway", "ゲートウェイ"),
    "app.ledger": ("Ledger", "台帳"),
    "app.chain": ("chain", "チェーン"),
    "turn.todo": ("To do", "未対応"),
    "turn.processing": ("Processing", "処理中"),
    "turn.done": ("Done", "完了"),
    "turn.cancelled": ("Cancelled", "キャンセル"),
    "turn.none": ("Nothing here.", "該当する文書はありません。"),
    "unlock.title": ("Unlock your keys", "鍵を開く"),
    "unlock.why": (
        "The keys stay on this machine. They are locked again when the desk is not used for a while.",
        "鍵はこの端末の外に出ません。しばらく操作がないと、自動的にロックされます。",
    ),
    "unlock.key": ("Key file", "鍵ファイル"),
    "unlock.passphrase": ("Passphrase", "パスフレーズ"),
    "unlock.do": ("Unlock", "開く"),
    "unlock.none": (
        "There is no key file of a registered party on this machine yet. In a terminal: portledger key new NAME, then "
        "portledger party register.",
        "この端末には、登録済みの参加者の鍵ファイルがまだありません。端末で portledger key new NAME、続けて "
        "portledger party register を実行してください。",
    ),
    "inbox.title": ("Inbox", "受信箱"),
    "inbox.document": ("Document", "文書"),
    "inbox.state": ("State", "状態"),
    "inbox.expected": ("You may", "できる操作"),
    "inbox.since": ("Since (UTC)", "いつから（UTC）"),
    "inbox.from": ("Issuer", "発行者"),
    "document.back": ("Back to the inbox", "受信箱へ戻る"),
    "document.may": ("What you may do now", "今できる操作"),
    "document.nothing": ("Nothing: it is not your turn.", "今できる操作はありません。"),
    "document.inspect": ("Check and read before accepting", "受領する前に検分する"),
    "document.cli": (
        "Acts that write contents are done on the command line:",
        "内容を書き込む操作はコマンドラインで行います：",
    ),
    "document.contents": ("Contents", "内容"),
    "document.closed": ("Not granted to you:", "閲覧許可がないデータセット："),
    "document.unopened": ("The contents could not be opened.", "内容を開けませんでした。"),
    "document.timeline": ("What happened", "経過"),
    "document.record": ("Record", "記録"),
    "document.issuer": ("Issuer", "発行者"),
    "document.possessor": ("Possessor", "占有者（支配者）"),
    "document.endorsee": ("Endorsee", "被裏書人"),
    "document.offeree": ("Offeree", "提供先"),
    "document.version": ("Version", "版"),
    "document.id": ("Document id", "文書ID"),
    "document.signed_by": ("signed by", "署名アカウント"),
    "document.freeze": ("Freeze by the consortium", "コンソーシアムによる凍結"),
    "party.nobody": ("nobody", "なし"),
    "party.bearer": ("bearer", "持参人"),
    "party.unnamed": ("party", "参加者"),
    "act.party": ("To whom", "相手"),
    "act.endorsee": ("To whose order", "被裏書人"),
    "act.keep": ("Leave the endorsement as it is", "裏書は変えない"),
    "act.choose": ("Choose a party", "参加者を選ぶ"),
    "act.reason": ("Reason", "理由"),
    "act.comments": ("Comments", "コメント"),
    "act.changes": ("Requested changes", "訂正してほしい内容"),
    "act.platform": ("Platform", "システム"),
    "act.reference": ("Reference there", "相手システムの番号"),
    "act.sealed": ("sealed to the parties concerned", "関係する参加者だけが読めます"),
    "act.next": ("Show me what this does", "何が起こるかを確認する"),
    "act.missing": ("This is needed.", "入力が必要です。"),
    "act.unknown_party": ("Choose one of the parties listed.", "一覧から参加者を選んでください。"),
    "sign.title": ("Read this before you sign", "署名の前にお読みください"),
    "sign.words": ("You sign these words", "署名する文言"),
    "sign.effects": ("What it does", "署名の効果"),
    "sign.do": ("Sign", "署名する"),
    "sign.cancel": ("Do not sign", "署名しない"),
    "sign.checked": ("Checked, all in order", "検証済み（問題なし）"),
    "sign.history": (
        "The whole history, signature by signature, and every rule it followed",
        "すべての経過を、署名と規則の一つ一つまで検証しました",
    ),
    "sign.content": (
        "The contents are those whose digest stands on the ledger",
        "内容は、台帳のダイジェストと一致します",
    ),
    "sign.head": ("Nothing happened since: you sign on exactly this", "検証後に変更はなく、この状態に対して署名します"),
    "sign.done": ("Signed, and on the ledger.", "署名し、台帳に記録されました。"),
    "sign.gone": (
        "Nothing was signed: this summary was used already, or the desk was locked. Open the document again.",
        "署名していません。この確認画面は使用済みか、デスクがロックされました。文書を開き直してください。",
    ),
    "error.title": ("That did not work", "できませんでした"),
    "error.maybe": (
        "Whether it reached the ledger is shown in the document's history.",
        "台帳に記録されたかどうかは、文書の経過で確認してください。",
    ),
    "error.found": ("Found", "実際"),
    "error.allowed": ("Expected", "期待"),
    "error.remedy": ("What to do", "対処"),
    "error.closed": (
        "This desk opens with the link that `portledger desk` printed. A link works once; start the desk again.",
        "このデスクは portledger desk が表示したリンクから開きます。リンクは一度だけ有効です。起動し直してください。",
    ),
    "error.not_found": ("There is no such page.", "ページがありません。"),
    "value.cut": ("{count} more characters", "残り {count} 文字"),
    "value.fields_cut": ("{count} more fields", "残り {count} 項目"),
    "effect.note": (
        "It adds a signed note. Possession and endorsement stay as they are.",
        "署名付きの注記を加えます。占有も裏書も変わりません。",
    ),
    "effect.nothing_moves": ("Possession and endorsement stay as they are.", "占有も裏書も変わりません。"),
    "effect.take": (
        "Possession comes to you from {party}: from then on only you control the document.",
        "占有が {party} からあなたに移り、以後この文書を支配するのはあなただけになります。",
    ),
    "effect.to_issuer": ("Possession goes from {party} back to the issuer.", "占有が {party} から発行者に戻ります。"),
    "effect.offer": (
        "Possession leaves you when {party} accepts; you may withdraw until then.",
        "{party} が受領した時点で占有が移ります。それまでは撤回できます。",
    ),
    "effect.offer_back": (
        "{party} is offered possession, and becomes possessor by accepting.",
        "{party} に引渡しを申し出ます。受領した時点で占有が移ります。",
    ),
    "effect.offer_ends": (
        "The open offer ends; {party} keeps possession.",
        "申出は終了し、占有は {party} のままです。",
    ),
    "effect.endorsed": ("The document is to the order of {party}.", "被裏書人は {party} になります。"),
    "effect.endorsed_on_accept": (
        "On acceptance the document is to the order of {party}.",
        "受領した時点で被裏書人は {party} になります。",
    ),
    "effect.bearer": (
        "The document is endorsed in blank: whoever possesses it has the title.",
        "白地裏書となり、占有する者が権利者になります。",
    ),
    "effect.state": ("The state becomes “{state}”.", "状態は「{state}」になります。"),
    "effect.final": (
        "This ends the document: nothing more can be done with it.",
        "文書は終了し、以後の操作はできません。",
    ),
}
"""key -> (English, Japanese); {party} and {state} are filled in with names."""


def word(key: str, language: str, **names: str) -> str:
    """A text of the pages. language: one of LANGUAGES. Raises KeyError for a key that is not in WORDS."""
    text = WORDS[key][LANGUAGES.index(language)]
    return text.format(**names) if names else text
