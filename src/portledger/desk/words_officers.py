"""The words of the officers' pages, in both languages; a part of words.py."""

from __future__ import annotations

from typing import Final

OFFICERS: Final[dict[str, tuple[str, str]]] = {
    "officers.title": ("Officers and signatures", "担当者と署名"),
    "officers.back": ("Your party", "自社"),
    "officers.why": (
        "With a second officer whose keys are in a file of his own, the acts that dispose of a title need two people: "
        "neither a thief with one file nor one person's mistake can give a bill of lading away. First add the officer, "
        "then raise the number that must sign.",
        "二人目の担当者が自分の鍵ファイルを持てば、権利を処分する操作には二人が必要になります。鍵ファイルを一つ盗まれても、"
        "一人が誤っても、船荷証券が他に渡ることはありません。まず担当者を追加し、次に必要な署名の数を増やしてください。",
    ),
    "officers.must_sign": (
        "Of the {full} accounts that may sign everything, {threshold} must sign what is critical.",
        "重要な操作には、すべてに署名できる {full} 個のアカウントのうち {threshold} 個の署名が必要です。",
    ),
    "officers.accounts": ("Accounts on the ledger", "台帳上のアカウント"),
    "officers.account": ("Account", "アカウント"),
    "officers.scope": ("May sign", "署名できる範囲"),
    "officers.standing": ("Standing", "状態"),
    "officers.active": ("active", "有効"),
    "officers.removed": ("removed", "削除済み"),
    "officers.where": ("Where its key is", "鍵の場所"),
    "officers.here": ("in the key file of this desk", "このデスクの鍵ファイル"),
    "officers.elsewhere": ("not here", "ここにはない"),
    "officers.done": ("Signed, and on the ledger.", "署名し、台帳に記録されました。"),
    "officers.new": ("Make a key file for a second officer", "二人目の担当者の鍵ファイルを作成"),
    "officers.new_why": (
        "The file has an account of its own and the keys that read your party's documents. Let the officer choose "
        "and type the passphrase: who knows it can sign as him. The file is not kept on this desk.",
        "ファイルには専用のアカウントと、自社の文書を読むための鍵が入ります。パスフレーズは担当者本人が決めて入力してください。"
        "知る人は本人として署名できます。ファイルはこのデスクに保存されません。",
    ),
    "officers.file": ("Name of the officer's key file", "担当者の鍵ファイルの名前"),
    "officers.passphrase": ("The officer's passphrase", "担当者のパスフレーズ"),
    "officers.threshold": ("How many must sign what is critical", "重要な操作に必要な署名の数"),
    "officers.set_threshold": ("Change how many must sign", "必要な署名の数を変更"),
    "officers.threshold_wrong": ("A number from 1 to {most}.", "1から{most}までの数を入力してください。"),
    "officers.threshold_many": (
        "{asked} is more than the {active} active accounts that may sign everything: nobody could sign any more. "
        "Add an officer first.",
        "{asked} は、すべてに署名できる有効なアカウントの数 {active} を超えるため、"
        "誰も署名できなくなります。先に担当者を追加してください。",
    ),
    "officers.threshold_same": ("It is {asked} already.", "すでに {asked} です。"),
    "officers.remove": ("Remove an account", "アカウントを削除"),
    "officers.remove_why": (
        "For an officer who leaves, or a key that was lost. A removed account never comes back. It signs nothing more; "
        "but its key file still opens what the party could read until now. So that it opens nothing new, change the "
        "party's encryption key too: portledger party rotate.",
        "担当者が退任したとき、または鍵を紛失したときに行います。削除したアカウントは元に戻せず、以後は署名できません。ただし、"
        "その鍵ファイルがあれば、これまで閲覧できた内容は引き続き開けます。今後の内容を開けなくするには、暗号鍵も更新して"
        "ください：portledger party rotate",
    ),
    "officers.no_account": ("Choose one of the active accounts.", "有効なアカウントから選んでください。"),
    "officers.too_few_left": (
        "{left} accounts that may sign everything would be left, and {needed} must sign: lower that number first.",
        "すべてに署名できるアカウントが {left} 個になり、必要な署名の数 {needed} に"
        "足りません。先にその数を減らしてください。",
    ),
    "officers.adds": (
        "The account {account} is added to your party. It may sign: {scope}.",
        "アカウント {account} を自社に追加します。署名できる範囲：{scope}。",
    ),
    "officers.at_once": ("It takes effect at once.", "直ちに有効になります。"),
    "officers.waits": (
        "It takes effect after {days} days, because this key file gives one signature only. Until then an account of "
        "your party that may sign title or administer it can veto it.",
        "この鍵ファイルでは署名が一つだけのため、{days}日後に有効になります。それまでは、権利の処分または管理の署名ができる"
        "自社のアカウントで拒否できます。",
    ),
    "officers.enact_later": (
        "After that the officer brings it about on this page, with his key file. From a key file with two accounts or "
        "more it takes effect at once.",
        "その後、担当者が自分の鍵ファイルを使ってこのページで有効にします。"
        "アカウントが二つ以上ある鍵ファイルからなら、直ちに有効になります。",
    ),
    "officers.enact_why": (
        "Its delay has passed. The officer whose account it is brings it about here, with his key file and passphrase; "
        "neither is kept.",
        "待機期間が過ぎました。アカウントの担当者本人が、自分の鍵ファイルとパスフレーズで有効にします。どちらも保存されません。",
    ),
    "officers.other_file": (
        "This is not the key file that holds the account which is added.",
        "追加されるアカウントの鍵ファイルではありません。",
    ),
    "officers.alone": (
        "This desk's key file alone can give {here} signatures, so one person can still do what needs two. To have it "
        "otherwise, remove its accounts but one, or have more sign than it holds.",
        "このデスクの鍵ファイルだけで {here} 個の署名ができるため、二人を要する操作を一人で行えます。それを防ぐには、"
        "アカウントを一つだけ残して削除するか、必要な署名の数をそれより多くしてください。",
    ),
    "officers.when": ("When", "時期"),
    "officers.signed_by": ("Signed by", "署名するアカウント"),
    "officers.first_save": ("First save the officer's key file", "まず担当者の鍵ファイルを保存"),
    "officers.save_why": (
        "It is given once. Save it where only the officer gets it, such as his own memory stick; he opens it on his "
        "desk under “Bring a key file”.",
        "一度だけ渡します。担当者だけが受け取れる場所（本人のUSBメモリなど）に保存してください。"
        "担当者は自分のデスクの「鍵ファイルを持ち込む」で開きます。",
    ),
    "officers.save": ("Save the key file", "鍵ファイルを保存"),
    "officers.then_sign": ("Then sign", "次に署名"),
    "officers.fetch_first": (
        "Nothing was signed: save the officer's key file first. Without it nobody has the new account's key.",
        "署名していません。先に担当者の鍵ファイルを保存してください。保存しないと新しいアカウントの鍵が失われます。",
    ),
    "officers.file_gone": (
        "This key file was given already, or the desk was locked. Make another one if it was not saved.",
        "この鍵ファイルはすでに渡されたか、デスクがロックされました。保存できていない場合は作り直してください。",
    ),
    "officers.gone": (
        "Nothing was signed: this summary was used already, or the desk was locked.",
        "署名していません。この確認画面は使用済みか、デスクがロックされました。",
    ),
    "officers.maybe": (
        "It is not known yet whether this reached the ledger. Sign once more: it is the very same act, which the "
        "ledger takes once, and a key file that was saved for it stays good.",
        "台帳に記録されたかどうかは、まだわかりません。もう一度署名してください。同じ操作なので台帳は一度だけ受け付け、"
        "保存した鍵ファイルもそのまま使えます。",
    ),
    "bring.title": ("Bring a key file", "鍵ファイルを持ち込む"),
    "bring.why": (
        "For a key file that was made elsewhere, such as the one that a colleague made for you. It is kept on this "
        "desk once it opens with its passphrase and the gateway knows one of its accounts. It never replaces another.",
        "同僚が作成した鍵ファイルなど、別の場所で作られたファイルのためのページです。パスフレーズで開き、ゲートウェイがその"
        "アカウントを認めた場合に、このデスクに保存します。既存のファイルは置き換えません。",
    ),
    "bring.file": ("Key file", "鍵ファイル"),
    "bring.name": ("Name here (empty: the file's own)", "このデスクでの名前（空欄の場合はファイル名）"),
    "bring.do": ("Check and keep it", "確認して保存"),
    "bring.passphrase_wrong": ("It does not open the file.", "このパスフレーズでは開きません。"),
    "bring.too_large": ("Too large for a key file.", "鍵ファイルとしては大きすぎます。"),
    "bring.not_a_party": (
        "This is not the key file of a registered party.",
        "登録された参加者の鍵ファイルではありません。",
    ),
    "bring.unknown_here": (
        "None of its accounts is active at this gateway: it is of another ledger, or was not added to the party yet.",
        "このゲートウェイで有効なアカウントがありません。別の台帳のファイルか、まだ参加者に追加されていません。",
    ),
}
"""key -> (English, Japanese)."""
