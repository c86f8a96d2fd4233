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
        "There is no key file on this machine yet. Make keys, then ask the consortium to admit you.",
        "この端末には鍵ファイルがまだありません。鍵を作り、コンソーシアムに参加を申請してください。",
    ),
    "unlock.new": ("Make keys for a new party", "新しい参加者の鍵を作る"),
    "unlock.unregistered": ("Keys that are not registered yet", "未登録の鍵"),
    "unlock.go_on": ("Go on", "続ける"),
    "unlock.waiting": ("asked for admission: look how it stands", "参加申請済み：状況を見る"),
    "gateway.title": ("Gateway", "ゲートウェイ"),
    "gateway.spoken": ("Its ledger in words", "台帳の照合語"),
    "gateway.why": (
        "Read these words to somebody of the consortium by telephone: if they are the same there, you are at the right "
        "ledger. Then this machine remembers it, and another one is refused.",
        "この言葉を電話などでコンソーシアムの方と照合してください。一致すれば正しい台帳です。以後この端末は台帳を記憶"
        "し、別の台帳を拒否します。",
    ),
    "gateway.silent": ("The gateway does not answer.", "ゲートウェイが応答しません。"),
    "gateway.choose": ("Use this gateway", "このゲートウェイを使う"),
    "new.title": ("Make keys", "鍵を作る"),
    "new.step_keys": ("Step 1 of 3", "手順 1／3"),
    "new.step_keep": ("Step 2 of 3", "手順 2／3"),
    "new.step_register": ("Step 3 of 3", "手順 3／3"),
    "new.name": ("What you call the party on this machine", "この端末での呼び名"),
    "new.name_wrong": ("1 to 40 letters, digits and hyphens.", "文字・数字・ハイフンで40字以内にしてください。"),
    "new.name_taken": ("There is a key file of this name.", "同じ名前の鍵ファイルがあります。"),
    "new.accounts": ("How many accounts", "アカウント数"),
    "new.accounts_why": (
        "Have three: two of them replace a third that was lost or stolen at once, without asking anybody. With "
        "fewer, only the registrar's proposal helps, and that takes two weeks.",
        "三つを勧めます。一つを失くしたり盗まれたりしても、残る二つで直ちに入れ替えられます。それより少ないと、登録機"
        "関の提案に頼るほかなく、二週間かかります。",
    ),
    "new.accounts_wrong": ("A number from 1 to 15.", "1から15までの数を入力してください。"),
    "new.issuer": (
        "We issue documents with numbers of our own (carriers, certifiers)",
        "自社の番号で文書を発行する（船会社・発給機関など）",
    ),
    "new.passphrase": ("Passphrase", "パスフレーズ"),
    "new.again": ("The passphrase once more", "パスフレーズ（確認）"),
    "new.rules": (
        "At least {shortest} characters, {different} of them different: four words or more that have nothing to do "
        "with each other. It opens the keys and nobody can restore it.",
        "{shortest}文字以上、{different}種類以上の文字。互いに関係のない四つ以上の言葉がよいでしょう。鍵を開く唯一の"
        "手段で、誰にも復元できません。",
    ),
    "new.passphrase_wrong": ("Too short, or too few different characters.", "短すぎるか、文字の種類が少なすぎます。"),
    "new.again_wrong": ("The two are not the same.", "二つが一致しません。"),
    "new.make": ("Make the keys", "鍵を作成"),
    "keep.title": ("Write this down", "書き留めてください"),
    "keep.what": (
        "Who has both the file and the passphrase can act for you; who loses one of them can never again. Keep a "
        "copy of the file and the passphrase, on paper, in two places apart from each other and from this machine.",
        "ファイルとパスフレーズの両方を持つ人は、あなたとして行為できます。どちらかを失うと二度と行為できません。ファ"
        "イルの写しと、紙に書いたパスフレーズを、互いに離れた、この端末以外の場所に保管してください。",
    ),
    "keep.file": ("Key file", "鍵ファイル"),
    "keep.accounts": ("Accounts", "アカウント"),
    "keep.copy": ("Save a copy of the key file", "鍵ファイルの写しを保存"),
    "keep.again": ("Type the passphrase from what you wrote down", "書き留めたものを見て、パスフレーズを入力"),
    "keep.go_on": ("It is written down", "書き留めました"),
    "new.register": ("Ask to be admitted", "参加の申請"),
    "new.organisation": ("Name of the organisation", "組織の名称"),
    "new.country": ("Country, two letters (ISO 3166)", "国（ISO 3166の2文字）"),
    "new.country_wrong": ("Two capital letters, such as JP.", "JPのような大文字2文字で入力してください。"),
    "new.city": ("City", "市区町村"),
    "new.street": ("Street", "町名・番地"),
    "new.address": ("Address", "住所"),
    "new.lei": ("LEI, where there is one", "LEI（あれば）"),
    "new.lei_wrong": ("The check digits do not fit.", "検査数字が合いません。"),
    "new.number": ("Number in the register of companies", "法人番号・登記番号"),
    "new.number_wrong": ("The check digit of this corporate number does not fit.", "法人番号の検査数字が合いません。"),
    "new.prefixes": ("What your documents' numbers begin with, by commas", "文書番号の接頭辞（コンマ区切り）"),
    "new.roles": ("Business roles", "業種"),
    "new.role_missing": ("Tick at least one.", "一つ以上選んでください。"),
    "new.check": ("Read this before you sign", "署名の前に確認"),
    "new.signers": ("Each of these accounts signs exactly this", "次のアカウントがそれぞれ署名"),
    "new.public": (
        "Every member can read this profile. The registrar checks it before it admits you.",
        "この情報はすべての参加者が読めます。登録機関が確認したうえで参加を認めます。",
    ),
    "new.send": ("Sign with all accounts and send", "全アカウントで署名して送信"),
    "status.title": ("Your request", "申請の状況"),
    "status.request": ("Request", "申請番号"),
    "status.waiting": ("The registrar has not answered yet.", "登録機関の回答を待っています。"),
    "status.approved": ("Approved; on its way to the ledger.", "承認され、台帳へ記録中です。"),
    "status.registered": (
        "You are admitted. Unlock your keys to begin.",
        "参加が認められました。鍵を開いて始めてください。",
    ),
    "status.refused": ("Refused. Mend it and ask again.", "却下されました。内容を直して再申請してください。"),
    "status.look": ("Look again", "再確認"),
    "status.again": ("Ask again", "再申請"),
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
    "out.title": ("Hand it out: evidence, PDF, chosen fields", "外部へ渡す：証拠ファイル・PDF・選択開示"),
    "out.evidence": ("Evidence file", "証拠ファイル"),
    "out.evidence_why": (
        "Who has this file can check, without any network, what the document is and who did what with it. It shows "
        "all parties and acts, and of the contents only what you tick. It may be passed on to anybody.",
        "このファイルを持つ人は、通信なしで、この文書と、誰が何をしたかを検証できます。参加者と行為はすべて示され、内"
        "容は選んだものだけが示されます。受け取った人は、さらに他者へ渡せます。",
    ),
    "out.open": ("Show whole", "全体を見せるデータセット"),
    "out.details": ("Details of the acts that were sealed to you", "あなた宛てに封緘された行為の明細"),
    "out.get_evidence": ("Save the evidence file", "証拠ファイルを保存"),
    "out.get_pdf": ("Save as PDF, with the evidence inside", "証拠ファイル入りのPDFを保存"),
    "out.disclose": ("Show chosen fields to one reader", "選んだ項目を一人の相手に見せる"),
    "out.disclose_why": (
        "Signed by you, for one named reader, for one purpose and a limited time; fields that you do not choose stay "
        "closed, and yet each one shown is proven.",
        "相手・目的・期限を定めて、あなたが署名します。選ばない項目は閉じたまま、示す項目は一つずつ証明されます。",
    ),
    "out.message": ("A message for e-mail", "電子メール用の文面"),
    "out.message_why": (
        "It names the kind and the id of the document, no party and no contents, and holds no link.",
        "文書の種別とIDだけを記し、当事者や内容、リンクは含みません。",
    ),
    "out.get_message": ("Save as a draft", "下書きとして保存"),
    "disclose.title": ("What may this reader see?", "この相手に何を見せますか"),
    "disclose.audience": ("To whom, by name", "相手の名称"),
    "disclose.purpose": ("What for", "目的"),
    "disclose.days": ("For how many days", "有効日数"),
    "disclose.days_wrong": ("A whole number of days, 1 to 3650.", "1から3650までの日数を入力してください。"),
    "disclose.nothing": ("Tick at least one field.", "項目を一つ以上選んでください。"),
    "disclose.always": ("always shown", "常に表示"),
    "disclose.check": ("Read this before you sign", "署名の前に確認"),
    "disclose.shown": ("What the reader gets", "相手に渡る項目"),
    "disclose.closed": ("Fields that stay closed", "閉じたままの項目数"),
    "disclose.until": ("Good until (UTC)", "有効期限（UTC）"),
    "disclose.may": ("The reader may conclude", "相手が結論できること"),
    "disclose.cannot": ("The reader may not conclude", "相手が結論できないこと"),
    "disclose.may_fields": (
        "{audience} may conclude that these fields stand in the document as it was sealed and signed.",
        "{audience} は、これらの項目が、封緘・署名された文書のとおりであると結論できます。",
    ),
    "disclose.may_history": (
        "Who did what with the document until the block of the proof, all parties by name.",
        "証明時点までに、誰が文書に何をしたか（すべての参加者の名称を含みます）。",
    ),
    "disclose.may_who": (
        "That {party} shows this to {audience}, for this purpose, until that day.",
        "{party} が、この目的のため、この期限まで、{audience} に示していること。",
    ),
    "disclose.not_others": ("Anything about fields that are not shown.", "示していない項目については何も。"),
    "disclose.not_since": ("What has happened since.", "その後に起きたこと。"),
    "disclose.not_secret": (
        "Somebody else who gets the file can check it too, but sees that it was meant for {audience}.",
        "ファイルを得た第三者も検証できますが、{audience} 宛てであることがわかります。",
    ),
    "disclose.sign": ("Sign and save the presentation", "署名して選択開示ファイルを保存"),
    "paper.as_of": ("As of block {block}, {time} UTC.", "ブロック {block}、{time}（UTC）時点。"),
    "paper.copy": (
        "This paper is a copy to read. The original is a record on the ledger: possession does not move with paper.",
        "この紙面は閲覧用の写しです。原本は台帳上の記録であり、紙を渡しても占有は移りません。",
    ),
    "paper.verify": (
        "The proof is inside this PDF: save its attachment {file} and open it at the verify page.",
        "証明はこのPDFの中にあります。添付ファイル {file} を保存し、検証ページで開いてください。",
    ),
    "mail.subject": ("{kind} {document}: look at your desk", "{kind} {document}：デスクをご確認ください"),
    "mail.text": (
        "A document concerns you: {kind}, id {id}.\nOpen your own portledger desk and look for it by its id. This "
        "message holds no contents and no link; never follow a link that claims to lead to the document.",
        "あなたに関わる文書があります：{kind}、ID {id}。\n"
        "ご自身の portledger デスクを開き、IDで文書を確認してください。"
        "このメッセージには内容もリンクも含まれません。文書へのリンクと称するものは開かないでください。",
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
