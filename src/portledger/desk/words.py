"""Every word of the desk's pages in both languages; verbs, states and kinds are named by the kind files."""

from __future__ import annotations

from typing import Final

from portledger.desk.words_cosigning import COSIGNING
from portledger.desk.words_officers import OFFICERS

LANGUAGES: Final = ("en", "ja")

WORDS: Final[dict[str, tuple[str, str]]] = {
    **COSIGNING,
    **OFFICERS,
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
    "unlock.none_registered": (
        "No key file of an admitted party is on this machine yet.",
        "参加を認められた者の鍵ファイルは、この端末にまだありません。",
    ),
    "unlock.none": (
        "There is no key file on this machine yet. Make keys, then ask the consortium to admit you.",
        "この端末には鍵ファイルがまだありません。鍵を作り、コンソーシアムに参加を申請してください。",
    ),
    "again.kept": (
        "The desk had locked before your form came. What you wrote is kept, sealed to your key: unlock it to go on.",
        "フォームの送信前にデスクがロックされました。入力内容は鍵宛てに封緘して保持しています。鍵を開くと続けられます。",
    ),
    "again.title": ("Go on where the desk locked", "ロックされた所から続ける"),
    "again.why": (
        "The desk had locked when these forms came. Nothing was done with them yet. They are kept in memory only, "
        "until you go on, forget them, or lock or end the desk.",
        "次のフォームの送信時にデスクがロックされていたため、まだ何も実行していません。続けるか破棄するか、デスクをロックまたは"
        "終了するまで、メモリー上にのみ保持します。",
    ),
    "again.form": ("A form that you sent", "送信したフォーム"),
    "again.led": (
        "A button that you pressed. Nothing was signed, sent or deleted: its page shows you first what it does.",
        "押されたボタン。署名・送信・削除は行われていません。何が行われるかを、そのページで先に表示します。",
    ),
    "again.newer": (
        "The draft was saved at {when}, after this form came. Sending the form puts what you wrote in it in the place "
        "of what was saved then.",
        "このフォームの送信後、{when}に下書きが保存されています。送信すると、保存された内容はこのフォームの入力内容に置き換わります。",
    ),
    "again.look": ("Look at the draft as it is now", "現在の下書きを見る"),
    "again.send": ("Send it now", "いま送信する"),
    "again.show": ("Show its page", "そのページを表示する"),
    "again.forget": ("Forget it", "破棄する"),
    "again.file": ("File", "ファイル"),
    "again.typed": ("What you wrote", "入力内容"),
    "again.gone": (
        "This form is not kept any longer: it was sent, or forgotten. Nothing was done just now.",
        "このフォームはもう保持していません（送信済みか破棄済み）。今回は何も実行していません。",
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
    "new.name_wrong": (
        "1 to 40 letters, digits and hyphens, without spaces.",
        "空白なしで、文字・数字・ハイフン40字以内にしてください。",
    ),
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
    "keep.accounts": ("Account", "アカウント"),
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
    "live.news": ("Something has changed.", "変更がありました。"),
    "live.show": ("Show what has changed", "最新の内容を表示"),
    "live.fresh": ("Something has changed, and is shown now.", "変更があったため、最新の内容を表示しました。"),
    "live.deaf": (
        "This page does not hear of changes at the moment: what it shows may be out of date.",
        "現在、変更の通知を受け取れません。表示内容が最新でない可能性があります。",
    ),
    "live.lost": (
        "No connection to the gateway: what is shown here may be out of date.",
        "ゲートウェイに接続できません。表示内容が最新でない可能性があります。",
    ),
    "live.back": ("The gateway answers again.", "ゲートウェイとの接続が回復しました。"),
    "inbox.due": ("By when", "いつまで"),
    "inbox.frozen": ("frozen until {until} UTC", "{until}（UTC）まで凍結"),
    "search.label": ("Search in what you can read", "閲覧できる内容を検索"),
    "search.do": ("Search", "検索"),
    "search.title": ("Search", "検索"),
    "search.found": ("Documents", "文書"),
    "search.nothing": ("No document holds all these words.", "すべての語を含む文書はありません。"),
    "search.left": (
        "{count} documents are not read yet, or could not be had from the gateway. Search again: more are opened then.",
        "{count}件の文書がまだ読み込まれていないか、ゲートウェイから取得できませんでした。もう一度検索すると、続きが読み込まれます。",
    ),
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
    "document.more": ("Also", "その他"),
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
    "timeline.to": ("to", "相手方："),
    "timeline.endorsee": ("to the order of", "被裏書人："),
    "timeline.closed": (
        "Something was said with it that is not sealed to you.",
        "添えられた内容は貴社向けには暗号化されていません。",
    ),
    "timeline.frozen": ("Frozen by the consortium until {until}", "コンソーシアムにより{until}まで凍結"),
    "timeline.unfrozen": ("Freeze ended by the consortium", "コンソーシアムによる凍結の解除"),
    "document.signed_by": ("signed by", "署名アカウント"),
    "document.freeze": ("Freeze by the consortium", "コンソーシアムによる凍結"),
    "party.nobody": ("nobody", "なし"),
    "party.bearer": ("bearer", "持参人"),
    "party.unnamed": ("party", "参加者"),
    "act.back": ("Back to the document", "文書へ戻る"),
    "act.optional": ("optional", "任意"),
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
    "signing.by_file": ("The key file signs, with", "鍵ファイルの次のアカウントで署名します"),
    "signing.waits": (
        "This act needs signatures of {needed} different accounts of your party; {lacks} will still be missing. It is "
        "not sent: it waits, sealed to your party, until another officer has signed it as well.",
        "この操作には異なるアカウント{needed}件の署名が必要で、なお{lacks}件が不足します。送信はされず、自社宛てに封緘された"
        "まま、ほかの担当者の署名を待ちます。",
    ),
    "signing.too_long": (
        "This is longer than a page can show (50,000 fields, 1,000,000 characters), so parts of it are left out here, "
        "and nothing is signed that was not shown whole. Import a file with fewer rows, choose fewer fields, ask for a "
        "shorter document, or sign on the command line, which shows everything: portledger doc accept, portledger "
        "waiting sign.",
        "画面に表示できる量（5万項目、100万文字）を超えるため、一部が省略されています。すべてを表示できないものには署名できません。"
        "行数を減らして取り込むか、項目を減らすか、短い文書を求めるか、全体を表示するコマンド（portledger doc accept、"
        "portledger waiting sign）で署名してください。",
    ),
    "signing.propose": ("Sign; it waits for another officer", "署名し、ほかの担当者の署名を待つ"),
    "signing.enough": (
        "It has all the signatures that it needs, and was not sent yet.",
        "必要な署名がそろっていますが、まだ送信されていません。",
    ),
    "signing.send": ("Send it", "送信する"),
    "signing.signed_here": (
        "You have signed this. Missing signatures of other officers: {missing}. An account never counts twice.",
        "あなたは署名済みです。ほかの担当者の署名があと{missing}件必要です。同じアカウントが二重に数えられることはありません。",
    ),
    "signing.wallet_waits": (
        "The browser's wallet signs with its one account, and the key file adds nothing to that. This act needs "
        "{needed} signatures; {missing} will still be missing. It is not sent: it waits for them.",
        "ブラウザのウォレットは一つのアカウントだけで署名し、鍵ファイルの署名は加わりません。この操作には署名が{needed}件必要で、"
        "なお{missing}件が不足します。送信はされず、その署名を待ちます。",
    ),
    "waiting.title": ("Waiting for signatures", "署名待ち"),
    "waiting.act": ("Act", "操作"),
    "waiting.signed": ("Signed by", "署名済みのアカウント"),
    "waiting.by_you": ("signed by you", "あなたが署名済み"),
    "waiting.missing": ("Missing signatures", "不足している署名"),
    "waiting.until": ("Until (UTC)", "期限（UTC）"),
    "waiting.your_turn": ("your signature", "あなたの署名待ち"),
    "waiting.to_sign": ("Acts that wait for your signature: {count}", "あなたの署名を待つ操作：{count}件"),
    "waiting.quantity": ("Quantity (parts per million)", "数量（百万分率）"),
    "waiting.digest": (
        "What is signed was computed anew from the act as it came here",
        "署名の対象は、届いた操作からこの端末で計算し直しました",
    ),
    "waiting.new": ("The ledger has no document of this number yet", "台帳に同じ番号の文書はまだありません"),
    "waiting.opened": (
        "Contents and details were opened here, and are those that the act names",
        "内容と明細はこの端末で開き、操作が指すものと一致しました",
    ),
    "waiting.accounts": (
        "The signatures counted are of your party's active accounts that may sign this, each account once",
        "署名する権限のある自社の有効なアカウントの署名だけを、各アカウント一回として数えました",
    ),
    "waiting.files_how": (
        "You sign these files too. Save each and look at it before you sign: it is fetched sealed, opened here, and "
        "compared with its digest. Nothing is signed where one of them does not open.",
        "これらのファイルも署名の対象です。署名前に保存して内容を確認してください。封緘されたまま取得し、この端末で開いて"
        "ハッシュ値と照合します。開けないファイルがある場合、署名は行われません。",
    ),
    "waiting.files": (
        "Nothing was signed: an attached file could not be fetched, or is not the one that was sealed. Try again; if "
        "it stays so, withdraw the act and ask the officer to propose it again.",
        "署名していません。添付ファイルを取得できないか、封緘時のものと一致しません。やり直しても変わらなければ、取り下げて"
        "担当者に提案のやり直しを依頼してください。",
    ),
    "waiting.withdraw": ("Withdraw it", "取り下げる"),
    "waiting.withdraw_why": (
        "Then it waits no longer. A signature that was made stays valid until the deadline, or until something else "
        "happens to the document.",
        "取り下げると署名待ちから外れます。すでに行われた署名は、期限が来るか文書に別の操作が行われるまで有効です。",
    ),
    "waiting.moved": (
        "Something happened to the document after this was proposed. It can not be signed any more: withdraw it, look "
        "at the document, and decide anew.",
        "この操作が提案された後に、文書に変更がありました。もう署名できません。取り下げて文書を確認し、改めて判断してください。",
    ),
    "waiting.late": (
        "Its deadline has passed. It can not be signed any more: withdraw it, and propose it again if it is still "
        "wanted.",
        "期限が過ぎたため、もう署名できません。取り下げて、必要なら改めて提案してください。",
    ),
    "waiting.epoch": (
        "Your party's accounts were changed after this was proposed, so its signatures are void. Withdraw it, and "
        "propose it again if it is still wanted.",
        "提案の後に自社のアカウントが変更されたため、署名は無効になりました。取り下げて、必要なら改めて提案してください。",
    ),
    "waiting.altered": (
        "What came is not what an officer of your party signed and sealed, or it could not be checked. Sign nothing; "
        "withdraw it, and ask the officer to propose it again.",
        "届いたものが、自社の担当者が署名・封緘したものと一致しないか、検証できませんでした。署名せずに取り下げ、担当者に提案"
        "のやり直しを依頼してください。",
    ),
    "waiting.gone": (
        "Nothing of this waits any longer: it was withdrawn, or its deadline has passed. Nothing was signed.",
        "この操作はもう署名待ちではありません。取り下げられたか、期限が過ぎました。署名は行われていません。",
    ),
    "signing.not_here": (
        "The key file cannot sign this act alone. It takes signatures of accounts that may sign {scope}; how many: "
        "{needed}. The party's accounts that may are",
        "この鍵ファイルだけでは署名できません。「{scope}」に署名できるアカウントの署名が{needed}件必要です。署名できるアカウント：",
    ),
    "signing.nobody": (
        "None of the party's active accounts may sign this act: it takes the scope {scope}. Nothing was signed. Add an "
        "account with that scope.",
        "この操作に署名できる有効なアカウントがありません（必要な権限：{scope}）。署名は行われていません。この権限を持つ"
        "アカウントを追加してください。",
    ),
    "signing.cannot": ("The key file's accounts, and what they may sign", "鍵ファイルのアカウントと署名できる範囲"),
    "signing.typed": (
        "What the wallet or its device shows, member by member",
        "ウォレットや機器に表示される項目",
    ),
    "scope.filing": ("filings", "届出・申請"),
    "scope.issue": ("issuing", "発行"),
    "scope.title": ("titles and possession", "権利と占有"),
    "scope.official": ("official acts", "官公署の操作"),
    "scope.admin": ("the party itself", "参加者自身の管理"),
    "scope.full": ("everything", "すべて"),
    "scope.none": ("nothing: not an active account of the party", "なし（参加者の有効なアカウントではありません）"),
    "wallet.do": ("Sign with the browser's wallet", "ブラウザのウォレットで署名"),
    "wallet.which": ("Wallet", "ウォレット"),
    "wallet.waiting": (
        "Compare what the wallet shows with this page, and answer there.",
        "ウォレットの表示をこの画面と照合し、ウォレットで応答してください。",
    ),
    "wallet.none": (
        "There is no wallet in this browser. Nothing was signed. Install or switch on its extension, then load this "
        "page again.",
        "このブラウザにウォレットがありません。署名は行われていません。拡張機能を有効にし、画面を再読み込みしてください。",
    ),
    "wallet.rejected": (
        "It was rejected in the wallet. Nothing was signed; you may try again.",
        "ウォレットで拒否されました。署名は行われていません。やり直すことができます。",
    ),
    "wallet.account": (
        "The wallet offers no account that may sign this. Nothing was signed. Choose one of the accounts shown there.",
        "ウォレットで選ばれているアカウントでは署名できません。署名は行われていません。表示されたアカウントを選んでください。",
    ),
    "wallet.chain": (
        "The wallet is set to another chain and did not change to chain {chain}. Nothing was signed. Add that chain to "
        "the wallet; the consortium names its node.",
        "ウォレットが別のチェーンに設定されており、チェーン {chain} に切り替わりませんでした。署名は行われていません。"
        "このチェーンをウォレットに追加してください（ノードはコンソーシアムに確認）。",
    ),
    "wallet.failed": (
        "The wallet gave no signature. Nothing was signed; look into the wallet, then try again.",
        "ウォレットから署名を得られませんでした。署名は行われていません。ウォレットを確認してやり直してください。",
    ),
    "wallet.bad": (
        "What came from the wallet is no signature of one of the party's accounts that may sign exactly this act. "
        "Nothing was sent, and the act below is as it was.",
        "ウォレットからの応答は、この操作に署名できるアカウントの有効な署名ではありません。何も送信されておらず、下の操作は"
        "そのまま残っています。",
    ),
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
        "Nothing was signed: this summary was used already, what it showed was changed since, or the desk was locked. "
        "Open the document again.",
        "署名していません。この確認画面は使用済みか、表示後に内容が変更されたか、デスクがロックされました。"
        "文書を開き直してください。",
    ),
    "compare.title": ("Compare versions", "版の比較"),
    "compare.before": ("Older", "比較元"),
    "compare.after": ("Newer", "比較先"),
    "compare.do": ("Compare", "比較する"),
    "compare.one": ("This document has one version only.", "この文書の版は一つだけです。"),
    "compare.nothing": ("Nothing that you can read is different.", "読み取れる範囲に違いはありません。"),
    "compare.unchanged": ("Unchanged", "変更のないもの"),
    "compare.changed": ("changed", "変更"),
    "compare.added": ("added", "追加"),
    "compare.removed": ("removed", "削除"),
    "compare.moved": ("the rows stand in another order", "行の順序が変更"),
    "compare.same": ("Read in both versions, and equal.", "両方の版を読み取り、同一でした。"),
    "compare.same_unseen": (
        "You cannot read it, but it is proven unchanged: both versions name the same sealed bytes.",
        "閲覧権限はありませんが、両方の版が同じ暗号文を指すため、変更がないことは証明されています。",
    ),
    "compare.resealed_unseen": (
        "You can read it in neither version, and it was sealed anew: whether anything in it changed cannot be said.",
        "どちらの版も閲覧できず、暗号化し直されています。変更の有無は判断できません。",
    ),
    "compare.only_before": (
        "It was sealed anew, and you can read it in version {before} only: what changed cannot be said.",
        "暗号化し直されており、版{before}しか閲覧できません。変更内容は判断できません。",
    ),
    "compare.only_after": (
        "It was sealed anew, and you can read it in version {after} only: what changed cannot be said.",
        "暗号化し直されており、版{after}しか閲覧できません。変更内容は判断できません。",
    ),
    "calls.title": ("The same from the command line, Python and curl", "コマンド・Python・curlによる同じ操作"),
    "calls.how": (
        "What stands in capitals is yours to put in. The passphrase is asked for. The command that accepts shows the "
        "document and asks before it signs; nothing else is shown there: what you sign is on you.",
        "大文字の部分は置き換えてください。パスフレーズは実行時に尋ねます。受領のコマンドは文書を表示し、署名前に確認を求めます。"
        "それ以外は署名前に表示されませんので、内容は各自で確認してください。",
    ),
    "calls.waits": (
        "This act needs more signatures than your key file gives: it waits, sealed to your party, until other officers "
        "have signed it, and only then can it be sent. So there is nothing here for curl to send.",
        "この操作には、鍵ファイルで可能な数より多くの署名が必要です。自社宛てに封緘されたままほかの担当者の署名を待ち、"
        "そろうまで送信できないため、curlで送信するものはありません。",
    ),
    "calls.command": ("Command", "コマンド"),
    "calls.python": ("Python (the SDK)", "Python（SDKを使用）"),
    "calls.curl": ("HTTP (curl)", "HTTP（curlを使用）"),
    "calls.signing": (
        "An act is authorised by its signature, which curl cannot make: Python signs it into a file, curl sends that. "
        "Whoever newly becomes a party to the document gets its keys from you afterwards: `portledger grant`.",
        "操作の権限は署名にあり、curlでは署名できません。Pythonで署名してファイルに保存し、curlで送信します。"
        "新たに当事者となる相手への鍵は、その後に portledger grant で渡してください。",
    ),
    "files.title": ("Attached files", "添付ファイル"),
    "files.how": (
        "A file is fetched sealed, opened here, and compared with its digest before anything of it is handed to you. "
        "It is only ever saved, never shown in this window.",
        "ファイルは暗号化されたまま取得し、この端末で復号し、ハッシュ値を照合してから渡します。保存のみで、この画面には表示しません。",
    ),
    "files.name": ("File", "ファイル名"),
    "files.size": ("Size", "サイズ"),
    "files.type": ("Type, as its author says", "種類（作成者の申告）"),
    "files.digest": ("SHA-256", "ハッシュ値（SHA-256）"),
    "files.fetch": ("Save", "保存"),
    "files.check": ("Check all", "すべて照合する"),
    "files.good": ("It is there, and is the file that was sealed.", "保管されており、暗号化時のファイルと一致します。"),
    "files.damaged": (
        "It could not be fetched, or is not the file that was sealed.",
        "取得できないか、暗号化時のファイルと一致しません。",
    ),
    "files.active": (
        "A program or page: it may do something when it is opened.",
        "プログラムまたはWebページです。開くと動作することがあります。",
    ),
    "attached.file": ("A file to seal with the document", "文書と一緒に暗号化するファイル"),
    "attached.add": ("Add", "追加"),
    "attached.none": ("No file was chosen. Choose one first.", "ファイルが選択されていません。先に選択してください。"),
    "attached.many": (
        "The draft holds as many files as a document may have here. Take one out first.",
        "添付できる件数の上限に達しています。先に1件を削除してください。",
    ),
    "attached.large": (
        "The file is too large for this page; nothing of it was kept. The limit stands below.",
        "ファイルが大きすぎるため、保存していません。上限は下に記載しています。",
    ),
    "attached.named": (
        "A file of this name is not taken: it begins with a dot, is too long, or holds signs that cannot be seen or "
        "turn the text round. Rename it and choose it again.",
        "このファイル名は使用できません（先頭が「.」、長すぎる、または見えない文字・文字の向きを変える文字を含む）。"
        "名前を変えて、もう一度選択してください。",
    ),
    "import.changed": (
        "While its rows were looked through, this import was signed, or changed on another page. Nothing of what you "
        "chose last was kept. Open it again.",
        "各行を確認している間に、この取込は署名されたか、別の画面で変更されました。"
        "最後に選択した内容は保存していません。開き直してください。",
    ),
    "import.large": (
        "The file is larger than 8 MB; nothing of it was kept. Split it into several.",
        "ファイルが8 MBを超えているため、読み込んでいません。複数に分割してください。",
    ),
    "attached.limits": (
        "It is sealed at once and kept with the draft on this machine. At most {count} files of {size} MB; larger ones "
        "go by the command line, up to 100 MB.",
        "選択後すぐに暗号化し、下書きと共にこの端末に保存します。{size} MBまでのファイルを{count}件まで。"
        "それより大きいもの（100 MBまで）はコマンドをご利用ください。",
    ),
    "files.none": ("No files are attached to this document.", "この文書に添付ファイルはありません。"),
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
    "stated.title": ("Statement of holdings", "保有明細"),
    "stated.why": (
        "What your party possessed, had title to, was secured by and had issued at the end of a day, each document by "
        "its history, verified signature by signature.",
        "指定した日の終わりに、自社が占有・権利保有・担保取得・発行していた文書の一覧です。文書ごとに、経過を署名の一つ一"
        "つまで検証します。",
    ),
    "stated.day": ("At the end of which day (UTC)", "基準日（UTCでの一日の終わり）"),
    "stated.day_wrong": (
        "Write a day as 2026-11-26, today at the latest.",
        "今日までの日付を 2026-11-26 のように入力してください。",
    ),
    "stated.show": ("Show", "表示"),
    "stated.csv": ("Save as CSV", "CSVで保存"),
    "stated.json": ("Save as JSON", "JSONで保存"),
    "stated.pdf": ("Save as PDF", "PDFで保存"),
    "stated.as_of": ("As of the end of {day} UTC: {count} documents.", "{day}（UTC）の終わりの時点：{count}件。"),
    "stated.none": ("The party held nothing on that day.", "この日に保有していた文書はありません。"),
    "stated.you": ("Your party", "自社の立場"),
    "stated.possesses": ("possesses", "占有"),
    "stated.title_to": ("has title", "権利者"),
    "stated.secured": ("is secured", "担保権者"),
    "stated.issued": ("issued", "発行者"),
    "stated.head": ("Head of its log", "記録の先頭ハッシュ"),
    "stated.since": ("Unchanged since (UTC)", "最終変更（UTC）"),
    "stated.at": ("block {block}; read as of block {read}", "ブロック {block}（ブロック {read} 時点で照会）"),
    "stated.proves": ("What this proves", "証明されること"),
    "stated.proves_each": (
        "Each document stood as it is listed: its history was verified by signatures and rules up to the head named "
        "here. Its evidence file shows that to anybody.",
        "一覧の各文書が、記載の状態にあったこと。記載のハッシュに至るまで、経過を署名と規則で検証しました。証拠ファイルに"
        "より、第三者にも示せます。",
    ),
    "stated.proves_not": ("What it does not prove", "証明されないこと"),
    "stated.not_all": (
        "That no document is missing, and the numbers of the blocks: these are the word of {source}. An audit of the "
        "whole ledger proves them.",
        "漏れている文書がないこと、およびブロック番号：これらは {source} の申告です。台帳全体の監査により証明できま"
        "す。",
    ),
    "stated.not_others": (
        "Anything by itself, to others: it is your own list. Nothing is signed by it, and no possession moves with it.",
        "この明細だけでは、第三者に何も証明しません。自社による一覧で、署名はなく、占有も移りません。",
    ),
    "stated.gateway": ("the gateway", "ゲートウェイ"),
    "stated.node": ("the node", "ノード"),
    "stated.unproven": (
        "These documents could not be verified and are not in the list",
        "検証できず、一覧に含めていない文書",
    ),
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
    "party.book": ("Address book", "参加者一覧"),
    "party.own": ("Your party", "自社の登録"),
    "party.name": ("Name", "名称"),
    "party.state": ("Standing", "現況"),
    "party.active": ("active", "有効"),
    "party.locked": ("locked by itself", "自らロック中"),
    "party.suspended": ("suspended until {until} UTC", "{until}（UTC）まで停止"),
    "party.digits_fit": ("check digits fit", "検査数字は正しい"),
    "party.digits_wrong": ("CHECK DIGITS DO NOT FIT", "検査数字が合いません"),
    "party.spoken": ("The party in words", "参加者の照合語"),
    "party.spoken_why": (
        "Have the party read the words from its own desk to you, by telephone, before you first trust its name.",
        "初めて取引する前に、相手のデスクに表示された言葉を電話などで読み上げてもらい、照合してください。",
    ),
    "change.open": ("Your party is about to be changed", "あなたの登録に変更が提案されています"),
    "change.look": ("Look at it, and say no", "内容を確認し、拒否する"),
    "change.title": ("An open change of your party", "あなたの登録への変更提案"),
    "change.waiting": ("Changes that wait", "待機中の変更"),
    "change.by": ("Asked for by", "提案者"),
    "change.by_party": ("an account of the party itself", "自社のアカウント"),
    "change.by_registrar": ("the registrar", "登録機関"),
    "change.by_governor": ("the governor, on an order", "統治機関（命令による）"),
    "change.proposed": ("Proposed (UTC)", "提案日時（UTC）"),
    "change.ready": ("Takes effect from (UTC)", "効力発生可能日時（UTC）"),
    "change.veto_by": ("Who may say no", "拒否できる者"),
    "change.veto_party": ("any account of the party", "当事者のアカウント"),
    "change.veto_nobody": ("nobody", "なし"),
    "change.what_then": (
        "If nobody says no, anybody may bring it about from that moment on; all signatures of the party that are "
        "still out die with it.",
        "拒否がなければ、その時刻以降、誰でも実行できます。実行されると、未使用の署名はすべて無効になります。",
    ),
    "change.veto": ("Say no: sign the veto", "拒否する（署名）"),
    "change.enact": ("Bring it about now", "今すぐ実行する"),
    "change.add_account": ("Add the account {value}", "アカウント {value} を追加"),
    "change.remove_account": ("Remove the account {value}", "アカウント {value} を削除"),
    "change.set_threshold": ("Critical acts need {value} signatures", "重要な行為に必要な署名を {value} にする"),
    "change.set_roles": ("The business roles become: {value}", "業種を次のとおりにする：{value}"),
    "change.set_profile": (
        "The profile becomes the one with digest {value}",
        "登録情報をダイジェスト {value} のものにする",
    ),
    "change.unlock": ("Unlock the party", "参加者のロックを解除"),
    "change.other": ("Change: {value}", "変更：{value}"),
    "consortium.title": ("Registrar", "登録機関"),
    "consortium.locked": (
        "The registrar's pages are locked. Start the desk again to use them.",
        "登録機関の画面はロックされました。使うにはデスクを起動し直してください。",
    ),
    "error.page": ("A page", "画面"),
    "error.typed": ("What you had typed:", "入力していた内容："),
    "consortium.asked": ("Ask to be admitted", "参加の申請"),
    "consortium.nobody": ("Nobody waits.", "待機中の申請はありません。"),
    "consortium.members": ("Parties", "参加者"),
    "consortium.member": ("Party", "参加者"),
    "consortium.admission": ("Request of party", "参加申請"),
    "consortium.check_first": (
        "Check who this is before you admit it: the ledger, and every member, will believe you.",
        "参加を認める前に、本人であることを確認してください。台帳もすべての参加者も、あなたの判断を信じます。",
    ),
    "consortium.roles_asked": ("Business roles that go on the ledger", "台帳に記録される業種"),
    "consortium.threshold": ("Signatures that critical acts need", "重要な行為に必要な署名数"),
    "consortium.admit": ("Admit", "参加を認める"),
    "consortium.refuse": ("Refuse", "却下する"),
    "consortium.roles": ("Propose other business roles", "業種の変更を提案"),
    "consortium.set_threshold": ("Propose another number of signatures", "必要署名数の変更を提案"),
    "consortium.suspend": ("Suspend", "停止"),
    "consortium.reinstate": ("Reinstate", "停止の解除"),
    "consortium.days": ("For how many days, at most 30", "停止日数（最長30日）"),
    "consortium.days_wrong": ("A whole number of days, 1 to 30.", "1から30までの日数を入力してください。"),
    "consortium.suspends": (
        "Until {until} UTC the party can neither act nor be named.",
        "{until}（UTC）まで、この参加者は行為も指名もできません。",
    ),
    "consortium.keeps": (
        "It keeps what it holds; it can be suspended again only 90 days after the end.",
        "占有しているものは失いません。終了後90日間は再び停止できません。",
    ),
    "consortium.reinstates": ("The party can act again at once.", "この参加者は直ちに行為できるようになります。"),
    "consortium.waits": (
        "It waits for {days} days, until {ready} UTC; then anybody may bring it about within 14 days.",
        "{days}日間、{ready}（UTC）まで待機し、その後14日以内に誰でも実行できます。",
    ),
    "consortium.vetoes": (
        "Until then any account of the party may say no, and every page of its desk shows the change.",
        "それまで当事者のアカウントは拒否でき、当事者のデスクの全画面に表示されます。",
    ),
    "consortium.do": ("Carry it to the ledger", "台帳に記録する"),
    "consortium.done": ("It is on the ledger.", "台帳に記録されました。"),
    "audit.title": ("Audit", "監査"),
    "audit.whole": ("The whole ledger", "台帳全体"),
    "audit.why": (
        "Every act, party log and power is replayed from the node's logs, every signature and hash computed anew. "
        "The gateway has no word in it.",
        "ノードのログから、すべての行為・参加者の履歴・権限の行使を再生し、署名とハッシュをすべて計算し直します。ゲー"
        "トウェイは関与しません。",
    ),
    "audit.no_node": (
        "It takes a node of the ledger's chain that you trust. Name it, then start the desk again:",
        "信頼できるノードが必要です。次のように指定し、デスクを起動し直してください：",
    ),
    "audit.set_node": ("portledger config set node URL", "portledger config set node アドレス"),
    "audit.begin": ("Audit now", "監査を始める"),
    "audit.running": ("Under way:", "実行中："),
    "audit.holds": ("Everything holds", "すべて正しいことを確認しました"),
    "audit.fails": (
        "It does not hold: the first entry that does not follow is named above",
        "不一致：最初に合わない箇所は上のとおりです",
    ),
    "audit.as_of": ("As of block {block}, {time} UTC.", "ブロック {block}、{time}（UTC）時点。"),
    "audit.head": ("Ledger head, computed", "台帳ヘッド（計算値）"),
    "audit.parties": ("Parties", "参加者数"),
    "audit.accounts": ("Accounts", "アカウント数"),
    "audit.acts": ("Acts", "行為数"),
    "audit.notes": ("Notes", "注記数"),
    "audit.freezes": ("Freezes", "凍結数"),
    "audit.holder": ("Holder of the power:", "権限の保有者："),
    "audit.count": ("How many", "件数"),
    "audit.uses": ("Powers used", "権限の行使"),
    "audit.time": ("When (UTC)", "日時（UTC）"),
    "audit.power": ("Power", "権限"),
    "audit.what": ("What", "内容"),
    "audit.on": ("On whom or what", "対象"),
    "audit.sender": ("By the account", "アカウント"),
    "audit.holdings": ("Who held what on a day", "ある日の占有状況"),
    "audit.day": ("Day, as 2026-11-26; its end, UTC", "日付（例：2026-11-26、UTCの終わり）"),
    "audit.day_wrong": ("A day such as 2026-11-26.", "2026-11-26のような日付を入力してください。"),
    "audit.party": ("Only the documents of this party, by number", "この番号の参加者の文書のみ"),
    "audit.show": ("Show", "表示"),
    "error.title": ("That did not work", "できませんでした"),
    "error.maybe": (
        "Whether it reached the ledger is shown in the document's history.",
        "台帳に記録されたかどうかは、文書の経過で確認してください。",
    ),
    "error.back": ("Back", "戻る"),
    "error.details": ("Details for support", "サポート用の詳細（英語）"),
    "error.code": ("Error", "エラー"),
    "error.found": ("Found", "実際"),
    "error.allowed": ("Expected", "期待"),
    "error.remedy": ("What to do", "対処"),
    "error.closed": (
        "This desk opens with the link that `portledger desk` printed. A link works once; start the desk again.",
        "このデスクは portledger desk が表示したリンクから開きます。リンクは一度だけ有効です。起動し直してください。",
    ),
    "error.page_gone": (
        "This page is not kept any longer: the desk was locked, or many pages came after it.",
        "このページはもう保持されていません。デスクがロックされたか、その後に多くのページが開かれました。",
    ),
    "error.not_found": ("There is no such page.", "ページがありません。"),
    "value.yes": ("yes", "はい"),
    "value.no": ("no", "いいえ"),
    "value.cut": ("{count} more characters", "残り {count} 文字"),
    "value.fields_cut": ("{count} more fields", "残り {count} 項目"),
    "write.title": ("Write a document", "文書を作成する"),
    "write.kind": ("What do you want to write?", "作成する文書を選ぶ"),
    "write.none": ("Your roles begin no document.", "あなたの業種では、新しい文書を作成できません。"),
    "write.drafts": ("Drafts", "下書き"),
    "write.kept": (
        "Drafts are kept on this machine only, sealed under your keys.",
        "下書きはこの端末だけに、あなたの鍵で暗号化して保存します。",
    ),
    "write.number": ("Number", "番号"),
    "write.changed": ("Changed (UTC)", "更新（UTC）"),
    "write.delete": ("Delete", "削除"),
    "write.like": ("Write a new one like this", "この文書を雛形にして作成する"),
    "prefill.title": ("Fill in from a document", "文書から転記する"),
    "prefill.why": (
        "Empty fields are filled in where the document says the same; nothing that you typed is changed. Each value "
        "shows where it came from, and where both documents have it in the same place it can be proved equal later.",
        "同じ意味の空欄だけを埋め、入力済みの内容は変えません。各値に出典を示し、同じ位置にある値は後から一致を証明できます。",
    ),
    "prefill.do": ("Take its values", "値を取り込む"),
    "prefill.done": ("{count} fields were filled in.", "{count} 項目を転記しました。"),
    "job.import": ("From a file", "ファイルから取り込む"),
    "job.file": ("CSV, XLSX or DCSA JSON", "CSV・XLSX・DCSA JSON"),
    "job.file_hint": (
        "A spreadsheet has a row of titles in English or Japanese, and up to 500 rows, each a document. A JSON file is "
        "one document.",
        "表は1行目に見出し（日本語または英語）、2行目以降に500行まで。1行が1文書になります。JSONは1文書です。",
    ),
    "job.read": ("Read the file", "ファイルを読み込む"),
    "job.jobs": ("Imports", "取り込み"),
    "job.rows": ("{count} rows", "{count} 行"),
    "job.title": ("Import", "取り込み"),
    "job.good": ("{count} of {rows} rows can be signed", "{rows} 行のうち {count} 行が署名できます"),
    "job.check": ("Show me what signing does", "署名の効果を見る"),
    "job.columns": ("Which column is which field", "列と項目の対応"),
    "job.column": ("Column", "列"),
    "job.example": ("First value", "最初の値"),
    "job.field": ("Field", "項目"),
    "job.left_out": ("– left out –", "– 取り込まない –"),
    "job.map": ("Read the rows again like this", "この対応で読み直す"),
    "job.wrong": ("Rows that must be put right first", "先に直す行"),
    "job.line": ("Line", "行"),
    "job.problem": ("What is wrong", "問題"),
    "job.mend": ("Open as a draft", "下書きとして開く"),
    "job.many": ("You sign {count} documents: {kind}", "{count} 件の文書に署名します：{kind}"),
    "job.without": ("{count} rows with mistakes are left out.", "誤りのある {count} 行は除きます。"),
    "job.each": ("What each of them does", "それぞれの効果"),
    "job.nobody": (
        "No account of the key file may sign this. Open one with an account that may.",
        "この鍵ファイルには署名できるアカウントがありません。署名できるアカウントの鍵ファイルを開いてください。",
    ),
    "job.will_wait": (
        "Each needs signatures of {needed} different accounts of your party; {lacks} will still be missing. They "
        "wait for another officer, at most 100 at a time; the rest is continued when some of those are signed.",
        "それぞれ自社の異なるアカウント{needed}件の署名が必要で、なお{lacks}件が不足します。ほかの担当者の署名を待ちます"
        "（同時に最大100件）。残りは、署名が済んでから再開できます。",
    ),
    "job.sign": ("Sign all {count}", "{count} 件すべてに署名する"),
    "job.progress": ("{ended} of {total}", "{total} 件中 {ended} 件"),
    "job.result": ("On the ledger: {done} · refused: {failed}", "台帳に記録：{done} 件・拒否：{failed} 件"),
    "job.running": (
        "It goes on while you look elsewhere, and stops when the desk is locked; then it can be continued.",
        "ほかの画面を見ている間も続きます。デスクをロックすると止まり、後で再開できます。",
    ),
    "job.stopped": (
        "It has stopped. What is on the ledger stays there, and nothing is sent twice.",
        "停止しました。台帳に記録されたものはそのままで、二重に送ることはありません。",
    ),
    "job.continue": ("Continue", "再開する"),
    "job.doubtful": (
        "Refused is the gateway's word. Until you delete this list, the keys of those contents are kept: should one of "
        "them be on the ledger all the same, it is found here.",
        "「却下」はゲートウェイの報告です。この一覧を削除するまで内容の鍵は保存されます。実際には台帳に記録されていた場合も、ここで"
        "見つけられます。",
    ),
    "job.look_again": ("Look for the refused ones once more", "却下された行をもう一度確認"),
    "job.give_up": ("Give up the rest", "残りを取りやめる"),
    "job.give_up_hint": (
        "What was not sent yet is then not sent at all, and this list is deleted. What is on the ledger stays there.",
        "取りやめると、未送信のものは送信されず、この一覧は削除されます。台帳に記録されたものはそのまま残ります。",
    ),
    "job.unknown": (
        "{count} of them may be on the ledger already: continue, so that it is known. Until then the rest can be given "
        "up only if the gateway says that it has none of them.",
        "{count} 件は台帳に記録された可能性があります。再開して結果を確認してください。それまでは、ゲートウェイに"
        "一件も届いていない場合に限り、残りを取りやめることができます。",
    ),
    "job.not_given_up": (
        "It goes on, or some of it may be on the ledger already: wait for its result, or continue it first.",
        "まだ進行中か、一部が台帳に記録された可能性があります。結果を待つか、先に再開してください。",
    ),
    "several.pick": ("Select", "選択"),
    "several.pick_all": ("Select all on this page (at most {most})", "このページをすべて選択（最大{most}件）"),
    "several.pick_none": ("Select none", "選択を解除"),
    "several.with": ("With those selected", "選択した文書を"),
    "several.show": ("Show me what this does to each", "それぞれの効果を見る"),
    "several.none": (
        "No document was selected. Tick the box of at least one.",
        "文書が選択されていません。1件以上にチェックを入れてください。",
    ),
    "several.too_many": (
        "More were selected than one page can show to be read. Select fewer, and the rest afterwards.",
        "一度に確認できる件数を超えています。件数を減らし、残りは後で選択してください。",
    ),
    "several.many": ("{count} documents: {act}", "{count} 件の文書：{act}"),
    "several.how": (
        "Read what signing does to each. One click at the end signs for exactly these, each as it stands here; a "
        "document that changes meanwhile is refused, and holds up no other.",
        "署名による効果を1件ずつ確認してください。最後のボタンで、ここに示した内容どおりに署名します。途中で変わった文書は"
        "拒否され、ほかの文書には影響しません。",
    ),
    "several.nothing": (
        "None of the selected documents can be signed like this.",
        "選択した文書はいずれも署名できません。",
    ),
    "several.left_out": ("Left out, and not signed: {count}", "署名せずに除く文書：{count} 件"),
    "several.not_here": (
        "This act is not possible here now, or needs something to be chosen or written: do it on the document's page.",
        "この操作は今できないか、入力が必要です。文書のページで行ってください。",
    ),
    "several.too_long": (
        "Its contents are longer than this page can show together with the others: do it by itself, on the document's "
        "page.",
        "内容が長く、ほかの文書と一緒にこの画面には表示しきれません。文書のページで個別に行ってください。",
    ),
    "several.nobody": (
        "No account of the key file may sign this: do it on the document's page, where another wallet can sign.",
        "鍵ファイルのアカウントでは署名できません。文書のページで別のウォレットを使って署名してください。",
    ),
    "several.will_wait": (
        "{lacks} more signatures of other officers are needed: it will wait for them.",
        "ほかの担当者の署名があと {lacks} 件必要です。署名後、待ちの状態になります。",
    ),
    "several.some_wait": (
        "{count} of them will wait for another officer's signature.",
        "このうち {count} 件は、ほかの担当者の署名を待ちます。",
    ),
    "several.sign": ("Sign for all {count}", "{count} 件すべてに署名する"),
    "several.number": ("No.", "番号"),
    "several.waits": ("waits for another officer", "ほかの担当者の署名待ち"),
    "several.result": (
        "On the ledger: {done} · waiting for a co-signer: {waits} · refused: {failed}",
        "台帳に記録：{done} 件・共同署名待ち：{waits} 件・拒否：{failed} 件",
    ),
    "several.keyless": (
        "It is on the ledger, but the contents' keys could not be given to the party that it brought in. Give them "
        "with the command portledger grant, which takes the document and the party's number.",
        "台帳には記録されましたが、内容の鍵を新しい当事者に渡せませんでした。コマンド portledger grant に文書と"
        "当事者の番号を指定して渡してください。",
    ),
    "several.runs": ("Signed together", "まとめて署名した文書"),
    "several.count": ("{count} documents", "{count} 件"),
    "job.left": ("not sent yet", "未送信"),
    "job.sent": ("sent", "送信済み"),
    "job.done": ("on the ledger", "記録済み"),
    "job.failed": ("refused", "拒否"),
    "form.back": ("Back to the drafts", "下書きへ戻る"),
    "form.problems": ("This must be put right first", "次の項目を直してください"),
    "form.check": ("The whole document:", "文書全体："),
    "form.saved": ("Kept", "保存済み"),
    "form.needed": ("* = needed", "* は必須"),
    "form.for": ("For whom it is", "宛先"),
    "form.add": ("Add:", "追加："),
    "form.remove": ("Remove:", "削除："),
    "form.check_all": ("Check, and show me what signing does", "確認して、署名の効果を見る"),
    "form.save": ("Keep as a draft", "下書きとして保存"),
    "form.kept": ("Kept as it came; it is not changed here.", "受け取ったまま保持します（ここでは変更しません）。"),
    "form.yes": ("yes", "はい"),
    "form.no": ("no", "いいえ"),
    "form.doubts": ("Please look at this again", "念のためご確認ください"),
    "form.readers": ("Who will be able to read it", "閲覧できる者"),
    "form.again": ("Change it", "修正する"),
    "form.from_file": ("from the file: {field}", "ファイルから：{field}"),
    "form.from_document": ("from {kind} {document}: {field}", "{kind} {document} から：{field}"),
    "form.carried": (
        "Values that are equal to those of document {document} can be proved equal later, without showing them.",
        "文書 {document} と同じ値は、値を見せずに一致を後から証明できます。",
    ),
    "typed.missing": ("This is needed.", "入力が必要です。"),
    "typed.date": ("Expected a date such as 2026-11-26.", "2026-11-26 のような日付で入力してください。"),
    "typed.number": ("Expected a number such as 1234.5.", "1234.5 のような数値で入力してください。"),
    "typed.integer": ("Expected a whole number such as 12.", "12 のような整数で入力してください。"),
    "typed.yes": ("Expected yes or no.", "「はい」または「いいえ」で入力してください。"),
    "typed.long": ("Expected at most {most} characters.", "{most} 文字以内で入力してください。"),
    "typed.one_line": ("Expected one line.", "1行で入力してください。"),
    "typed.unlisted": ("Expected one of {allowed}.", "次のいずれかを入力してください：{allowed}"),
    "typed.which": (
        "Which of these is meant: {some}? Type its code or its whole name.",
        "次のどれですか：{some}。コードか正式な名称を入力してください。",
    ),
    "typed.unknown_code": (
        "{codes}: no such code in the whole list that was added to this desk. Look whether it is right.",
        "{codes}：このデスクに追加した一覧に、このコードはありません。正しいか確認してください。",
    ),
    "typed.named_too": (
        "Taken as the code {code}. The same word is also the name of {some}: if that is meant, type its code.",
        "コード {code} として扱います。同じつづりの名称もあります：{some}。"
        "その意味であれば、そのコードを入力してください。",
    ),
    "typed.form": ("Expected the form {allowed}.", "次の形式で入力してください：{allowed}"),
    "typed.least": ("Expected at least {limit} characters.", "{limit} 文字以上で入力してください。"),
    "typed.most": ("Expected at most {limit} characters.", "{limit} 文字以内で入力してください。"),
    "typed.at_least": ("Expected {limit} or more.", "{limit} 以上で入力してください。"),
    "typed.at_most": ("Expected {limit} or less.", "{limit} 以下で入力してください。"),
    "typed.rows_least": ("Expected at least {limit} rows.", "{limit} 行以上が必要です。"),
    "typed.rows_most": ("Expected at most {limit} rows.", "{limit} 行以内にしてください。"),
    "typed.container": (
        "The check digit of the container number does not fit (ISO 6346: four letters, seven digits).",
        "コンテナ番号のチェックデジットが合いません（ISO 6346：英字4桁と数字7桁）。",
    ),
    "typed.imo": (
        "The check digit of the IMO number does not fit (seven digits).",
        "IMO番号のチェックデジットが合いません（数字7桁）。",
    ),
    "typed.lei": (
        "The check digits of the LEI do not fit (20 characters).",
        "LEIのチェックデジットが合いません（20桁）。",
    ),
    "typed.corporate": (
        "The check digit of the corporate number does not fit (13 digits).",
        "法人番号のチェックデジットが合いません（13桁）。",
    ),
    "typed.party_code": (
        "The check digits of this code do not fit the list that is named beside it.",
        "このコードのチェックデジットが、選んだ発行機関の体系に合いません。",
    ),
    "typed.reference": (
        "Expected 1 to 35 letters, digits, full stops, slashes or hyphens.",
        "英数字・ピリオド・スラッシュ・ハイフンの1～35文字で入力してください。",
    ),
    "typed.used": (
        "You have issued a document under this number already. Expected a new one.",
        "この番号の文書はすでに発行済みです。新しい番号を入力してください。",
    ),
    "typed.twice": (
        "This number stands in line {line} already. Expected another one.",
        "この番号は {line} 行目にもあります。別の番号を入力してください。",
    ),
    "effect.created": (
        "A new document comes into being, and you are its issuer.",
        "新しい文書が成立し、あなたが発行者になります。",
    ),
    "effect.sent": (
        "It is sent to {party}, who can read it and answers.",
        "{party} に送付します。{party} が閲覧し、応答します。",
    ),
    "effect.applied": (
        "{party} receives your application, and decides.",
        "{party} があなたの申請を受け取り、判断します。",
    ),
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
