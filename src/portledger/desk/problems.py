"""What went wrong in a sentence of both languages, by the error's code: what that means here, and what to do."""

from __future__ import annotations

from typing import Final

from portledger.desk.words import LANGUAGES

_DAMAGED: Final = (
    "What came is not what was signed and sealed. Do not accept the document; decline it, and show the issuer this.",
    "届いたデータが、署名・封印されたものと一致しません。受領せずに拒否し、この画面を発行者に見せてください。",
)
_AGAIN: Final = (
    "A part of the document did not come over as sent. Open it again; if this stays, tell the gateway's operator.",
    "文書の一部が正しく届きませんでした。開き直しても続く場合は、ゲートウェイの運営者に連絡してください。",
)
_MOVED_ON: Final = (
    "Somebody acted on the document after this page was shown. Open it again and look at what happened.",
    "この画面を表示した後に、ほかの参加者が文書を操作しました。文書を開き直し、経過を確認してください。",
)
_ELSEWHERE: Final = (
    "This gateway serves another ledger than the one you know. Sign nothing; ask the gateway's operator.",
    "このゲートウェイの台帳は、これまで使っていたものと異なります。署名せず、運営者に確認してください。",
)
_BUSY: Final = (
    "The gateway is busy. Wait a moment and try again; trying twice does no harm.",
    "ゲートウェイが混み合っています。少し待ってからやり直してください。繰り返しても問題はありません。",
)
_SLOW: Final = (
    "What was sent came too slowly or was sent twice at once. Wait a moment and try again; nothing is done twice.",
    "送信に時間がかかったか、同じ送信が重なりました。少し待ってからやり直してください。二重に処理されることはありません。",
)
_TOO_LARGE: Final = (
    "This is larger than what is taken. Attach a smaller file, or send less at once.",
    "受け付けられる大きさを超えています。小さいファイルにするか、分けて送ってください。",
)
_OUR_KEYS: Final = (
    "What this desk signed is not what the ledger expected. Nothing was done. Update the desk and sign again.",
    "署名した内容が、台帳の求めるものと一致しません。何も行われていません。デスクを更新し、署名し直してください。",
)
_KINDS: Final = (
    "The rules of this kind of document do not fit the ledger's. Nothing was done; ask the consortium's governor.",
    "この種類の文書の規則が、台帳のものと合いません。何も行われていません。コンソーシアムの統治者に確認してください。",
)
_EVIDENCE: Final = (
    "The evidence does not hold: the step named below failed. Do not rely on it; get the history from somebody else.",
    "証拠の検証に失敗しました。失敗した手順は下の詳細にあります。信用せず、別の提供元から履歴を入手してください。",
)
_BYTES: Final = (
    "The data is damaged, or is not what it is said to be. Get it again.",
    "データが壊れているか、示されたものとは異なります。入手し直してください。",
)
_NODE: Final = (
    "The ledger's node answered with something that cannot be used. Show this to whoever runs the node.",
    "台帳のノードから、使えない応答がありました。ノードの運用者にこの画面を見せてください。",
)
_WRONG_NODE: Final = (
    "The node and the ledger do not belong together. Sign nothing; show this to whoever set the desk up.",
    "ノードと台帳の組み合わせが正しくありません。署名せず、デスクを設定した人に見せてください。",
)
_OWN_NODE: Final = (
    "The chain on this machine does not run as it should. Show this to whoever runs it.",
    "この端末で動くチェーンに問題があります。運用者にこの画面を見せてください。",
)
_SIGNER: Final = (
    "The service that holds the signing keys did not sign. Nothing was sent; show this to whoever runs it.",
    "署名鍵を預かるサービスが署名しませんでした。何も送信していません。サービスの運用者に見せてください。",
)
_VERSIONS: Final = (
    "The gateway answered with something this desk does not know. Compare their versions; trying again is safe.",
    "ゲートウェイから、このデスクの知らない応答がありました。双方の版を確認してください。やり直しても問題はありません。",
)

SAID: Final[dict[str, tuple[str, str]]] = {
    "WrongPassphrase": (
        "This passphrase does not open the key file. Try again: capital letters and the input method count.",
        "このパスフレーズでは鍵ファイルを開けません。大文字・小文字と入力方式（全角・半角）を確かめてください。",
    ),
    "KeyFileRefused": (
        "The key file is damaged or is not one. Put the copy back that you keep.",
        "鍵ファイルが壊れているか、鍵ファイルではありません。保管している控えから戻してください。",
    ),
    "KeyMissing": (
        "The key file does not hold the key that this needs. Unlock with the file that holds it.",
        "この操作に必要な鍵が、鍵ファイルにありません。必要な鍵が入ったファイルで開いてください。",
    ),
    "GatewayUnreachable": (
        "The gateway does not answer. Nothing is lost: try again when it does.",
        "ゲートウェイが応答しません。失われたものはありません。応答するようになってからやり直してください。",
    ),
    "NodeUnreachable": (
        "The ledger's node does not answer, so nothing can be checked against it. Try again later.",
        "台帳のノードが応答せず、照合できません。後でやり直してください。",
    ),
    "NotFinalYet": (
        "The act is on its way and the ledger has not confirmed it yet. Open the document again in a while.",
        "操作は送信されましたが、台帳でまだ確定していません。しばらくしてから文書を開き直してください。",
    ),
    "InFlight": (
        "Another act on this document is under way. Wait until it is done, then look again.",
        "この文書では別の操作が処理中です。完了を待ってから、もう一度確認してください。",
    ),
    "NoRule": _MOVED_ON,
    "StalePrevious": _MOVED_ON,
    "PreconditionFailed": _MOVED_ON,
    "WaitingRefused": (
        "What waits for a signature is not what it says: it was altered on its way, or is no act of this party. Do not "
        "sign it; withdraw it, and ask the officer who proposed it to do so anew.",
        "署名待ちの操作が、示された内容と一致しません（途中で改変されたか、自社の操作ではありません）。署名せずに取り下げ、"
        "提案した担当者に提案し直してもらってください。",
    ),
    "NotInHistory": (
        "The gateway says that this act is on the ledger, but the document's verified history does not have it. Ask "
        "again later: the gateway is behind, or does not tell the truth.",
        "ゲートウェイはこの操作が台帳にあると報告していますが、検証済みの履歴にはありません。後でもう一度確認してください。ゲートウェイの"
        "反映が遅れているか、報告が正しくありません。",
    ),
    "TooLargeToWait": (
        "This act holds more than the gateway keeps while it waits for another officer. Put less into it, or sign it "
        "with enough accounts in one key file.",
        "この操作は、他の担当者の署名を待つ間にゲートウェイが預かれる大きさを超えています。内容を減らすか、必要な数のアカウントを含む"
        "鍵ファイルで署名してください。",
    ),
    "Conflict": _MOVED_ON,
    "NotInspected": _MOVED_ON,
    "NotAllowed": (
        "You may not do this with the document as it stands now.",
        "現在の状態では、この操作を行う権限がありません。",
    ),
    "RoleMissing": (
        "Your registration lacks the role that this act needs. Ask the registrar.",
        "この操作に必要な役割が登録されていません。登録機関に問い合わせてください。",
    ),
    "PartyInactive": (
        "A party concerned is suspended. Ask the registrar before going on.",
        "関係する参加者が停止されています。登録機関に確認してください。",
    ),
    "RecordFrozen": (
        "The consortium has frozen this document. Nothing can be done with it until that ends.",
        "この文書はコンソーシアムにより凍結されています。解除されるまで操作できません。",
    ),
    "BadParameter": (
        "What was chosen does not fit this act. Go back and choose anew.",
        "選んだ内容がこの操作に合いません。戻って選び直してください。",
    ),
    "SignaturesRefused": (
        "The ledger did not take the signatures: accounts were changed, or more signers are needed.",
        "署名が受け付けられませんでした。アカウントが変更されたか、必要な署名者の数が足りません。",
    ),
    "ScopeMissing": (
        "These keys may not sign acts of this kind. Use the accounts that may.",
        "この鍵には、この種類の操作に署名する権限がありません。権限のあるアカウントを使ってください。",
    ),
    "Expired": (
        "It took too long between signing and the ledger. Nothing was done; sign again.",
        "署名の有効期限が切れました。何も行われていません。もう一度署名してください。",
    ),
    "NoRecord": (
        "The ledger has no such document.",
        "台帳にこの文書はありません。",
    ),
    "NotFound": (
        "The gateway has no such document, or does not show it to you.",
        "この文書は見つからないか、あなたには表示されません。",
    ),
    "NoGrant": (
        "You have not been given this part of the document. Ask the sender for it.",
        "文書のこの部分は閲覧を許可されていません。送り手に許可を依頼してください。",
    ),
    "AccessMissing": (
        "You may not see this.",
        "閲覧する権限がありません。",
    ),
    "NotSignedIn": (
        "The gateway has forgotten this sign-in. Lock the desk and unlock your keys again.",
        "ゲートウェイへのサインインが切れました。デスクをロックし、鍵を開き直してください。",
    ),
    "SignInRefused": (
        "The gateway does not let these keys in. Ask the registrar whether the party is active.",
        "この鍵ではサインインできません。参加者が有効かどうか、登録機関に確認してください。",
    ),
    "InspectionRefused": (
        "The document did not pass its checks. Do not accept it; decline it, or ask for what is missing.",
        "文書の検分で問題が見つかりました。受領せずに拒否するか、不足しているものを求めてください。",
    ),
    "WrongChain": _ELSEWHERE,
    "WrongLedger": _ELSEWHERE,
    "LedgerChanged": _ELSEWHERE,
    "LogChanged": (
        "A party's history is not the one seen before. Sign nothing that concerns it; ask the registrar.",
        "参加者の記録が、以前に確認したものと食い違っています。署名せず、登録機関に確認してください。",
    ),
    "KindNotShipped": (
        "This desk does not know the rules of this kind of document. Bring it up to date before signing anything.",
        "この種類の文書の規則を、このデスクは知りません。署名する前にデスクを更新してください。",
    ),
    "RootMismatch": _DAMAGED,
    "PaddingRefused": _DAMAGED,
    "KeyCommitmentMismatch": _DAMAGED,
    "ManifestMismatch": _DAMAGED,
    "ManifestRefused": _DAMAGED,
    "GrantRefused": _DAMAGED,
    "CiphertextMismatch": _AGAIN,
    "BlobMissing": _AGAIN,
    "ManifestMissing": _AGAIN,
    "GatewayProblem": _VERSIONS,
    "TooManyRequests": _BUSY,
    "QuotaUsedUp": (
        "Your company has sent as much as the gateway keeps in a day. Try again later (the details say when), or ask "
        "whoever runs the gateway for more.",
        "ゲートウェイが一日に受け付ける量の上限に達しました。時間をおいて（下の詳細を参照）やり直すか、"
        "ゲートウェイの運営者に上限の引き上げを依頼してください。",
    ),
    "Unavailable": _BUSY,
    "InvalidInput": (
        "A value does not have the form that is expected. The details name it, what was found and what is expected; "
        "correct it and go on.",
        "値が正しい形式ではありません。どの値か、入力された値、求められる形式は下の詳細にあります。直してから続けてください。",
    ),
    "NotCanonical": (
        "A value cannot be written down exactly: money and quantities are plain numbers such as 1234.50, and no name "
        "stands twice. Correct the value named below.",
        "正確に記録できない値があります。金額や数量は 1234.50 のような数で入力し、項目名は重複させないで"
        "ください。下の詳細にある値を直してください。",
    ),
    "NumberTaken": (
        "A document lives under this number already. Check the number, and choose another one.",
        "この番号の文書がすでに存在します。番号を確かめ、別の番号にしてください。",
    ),
    "NoteRepeated": (
        "This note stands on the ledger already. There is nothing to do.",
        "この注記はすでに台帳に記録されています。何もする必要はありません。",
    ),
    "CounterFull": (
        "This document can take no further acts. End it, and issue its successor under a new number.",
        "この文書にはこれ以上の操作を記録できません。終了させ、新しい番号で後継の文書を発行してください。",
    ),
    "EpochPassed": (
        "Your party has revoked all signatures made before. Nothing was done; sign again.",
        "それまでの署名は、自社によりすべて無効にされました。何も行われていません。もう一度署名してください。",
    ),
    "DeadlineTooFar": (
        "The signature would be good for more than 30 days. Nothing was done; check the clock here and sign again.",
        "署名の有効期間が30日を超えています。何も行われていません。端末の時計を確かめ、署名し直してください。",
    ),
    "WrongDocumentId": _OUR_KEYS,
    "KindMismatch": _OUR_KEYS,
    "BadConsent": (
        "A new account has not agreed to exactly this. Make the request again, so that every account signs it.",
        "新しいアカウントの同意がありません。申請し直し、すべてのアカウントで署名してください。",
    ),
    "AccountTaken": (
        "This account belonged to a party before, and an account serves one party for ever. Make new keys.",
        "このアカウントは以前に使われています。アカウントは一つの参加者だけのものです。新しい鍵を作ってください。",
    ),
    "KindUnknown": _KINDS,
    "KindSealed": _KINDS,
    "BadKind": _KINDS,
    "KindError": _KINDS,
    "ChangeOpen": (
        "A change of this sort waits for this party already. Wait until it is done or vetoed.",
        "この参加者には、同じ種類の変更がすでに待機しています。実行されるか拒否されるまで待ってください。",
    ),
    "NotReady": (
        "The change cannot be carried out now: its delay is not over, or it has lapsed. Look at when it takes effect; "
        "propose a lapsed one again.",
        "この変更は今は実行できません。待機期間中か、期限切れです。効力の生じる時刻を確かめ、期限切れなら提案し直してくだ"
        "さい。",
    ),
    "NotVetoable": (
        "This change cannot be vetoed: it is over, or the governor ordered it. Look at it again; ask the governor.",
        "この変更は拒否できません。すでに終わっているか、統治者の命令によるものです。状況を確かめ、統治者に問い合わせてください。",
    ),
    "PowerMissing": (
        "This desk does not hold the power that this needs. The one that does must do it.",
        "このデスクには、この操作に必要な権限がありません。権限を持つ機関が行う必要があります。",
    ),
    "TooLong": (
        "A list or a span of time is longer than allowed. The limit stands in the details; shorten it.",
        "一覧または期間が上限を超えています。上限は下の詳細にあります。短くしてください。",
    ),
    "Forbidden": (
        "You can see this, but may not do this with it.",
        "閲覧はできますが、この操作を行う権限がありません。",
    ),
    "MethodNotAllowed": _VERSIONS,
    "IdempotencyKeyReused": _SLOW,
    "RequestInFlight": _SLOW,
    "BodyTooSlow": _SLOW,
    "BodyTooLarge": _TOO_LARGE,
    "BlobTooLarge": _TOO_LARGE,
    "AddressRefused": (
        "The gateway sends nothing to this address. Give an https address on the public internet.",
        "ゲートウェイはこのアドレスへ送信しません。インターネット上の https アドレスを指定してください。",
    ),
    "DigestUnknown": (
        "The gateway does not expect these data yet. Wait until the act before is on the ledger, and try again.",
        "ゲートウェイはまだこのデータを受け取れません。前の操作が台帳に記録されるのを待ち、やり直してください。",
    ),
    "PayloadStoreFailed": (
        "The gateway could not keep or read the contents. Nothing is lost; try again later, or tell its operator.",
        "ゲートウェイが内容を保存または読み出しできませんでした。失われたものはありません。後でやり直すか、運営者に連絡してく"
        "ださい。",
    ),
    "BlobDigestMismatch": _AGAIN,
    "VaultError": _DAMAGED,
    "DetailRefused": _DAMAGED,
    "AttachmentRefused": (
        "The attached file is too large, or not the one that the document names. Do not use it; ask for it again.",
        "添付ファイルが大きすぎるか、文書に記されたものと一致しません。使わずに、送り直しを求めてください。",
    ),
    "ReferenceRefused": (
        "The document's number, or its issuer's signature on it, does not hold. Correct the number, or ask the issuer.",
        "文書番号、またはその番号への発行者の署名に問題があります。番号を直すか、発行者に問い合わせてください。",
    ),
    "ProofRefused": (
        "The proof does not lead to what was sealed: nothing is shown by it. Ask for it again.",
        "証明が封緘された内容と結び付かず、何も証明されていません。証明をもう一度求めてください。",
    ),
    "WrongKey": (
        "This key does not belong to this party or to this purpose. Unlock with the right key file.",
        "この鍵は、この参加者または用途のものではありません。正しい鍵ファイルで開いてください。",
    ),
    "NotAdmitted": (
        "The registrar has refused the registration. Mend what it names, and ask again.",
        "登録機関が参加を認めませんでした。指摘された点を直し、再申請してください。",
    ),
    "NotKept": (
        "A draft or a job could not be kept on this machine, or is there no longer. Begin it again; what was signed "
        "stands in the inbox.",
        "下書きまたは取込作業を、この端末に保存できないか、すでにありません。やり直してください。署名したものは受信箱に"
        "あります。",
    ),
    "PastLastDay": (
        "The certificate's last day is over. Ask the certifier for a new one.",
        "証明書の有効期限が過ぎています。発給機関に新しい証明書を求めてください。",
    ),
    "PdfPartsMissing": (
        "This machine lacks the packages that make a PDF. Save the evidence file instead, or have them installed.",
        "PDFの作成に必要なパッケージがこの端末にありません。証拠ファイルを保存するか、インストールを依頼してください。",
    ),
    "GlyphMissing": (
        "The PDF's font lacks a character of the document, so none was made. Save the evidence file: it has them all.",
        "PDFの書体に、文書で使われている文字がないため、PDFを作成しませんでした。すべての文字を含む証拠ファイルを保存してくださ"
        "い。",
    ),
    "VerificationError": _EVIDENCE,
    "Malformed": (
        "This is no evidence file or presentation of this version: damaged, cut, or something else. Ask for it again.",
        "この版の証拠ファイルでも選択開示ファイルでもないか、壊れています。もう一度求めてください。",
    ),
    "OutsidePolicy": (
        "The evidence may be right, but rests on somebody who is not trusted here. Ask the person you have it from.",
        "証拠は正しいかもしれませんが、ここで信頼していない相手に基づいています。渡した人に確認してください。",
    ),
    "AuditFailed": (
        "The ledger, as the node tells it, does not follow from its own events. Do not rely on this node; ask "
        "another one and the consortium.",
        "ノードの示す台帳が、自身の記録と食い違っています。このノードを信用せず、別のノードとコンソーシアムに確認してくださ"
        "い。",
    ),
    "RlpError": _BYTES,
    "DerError": _BYTES,
    "NodeAnsweredError": _NODE,
    "UnknownRevert": _NODE,
    "UnknownLog": _NODE,
    "NoLedger": _WRONG_NODE,
    "DeploymentMismatch": _WRONG_NODE,
    "NotMined": (
        "It was sent, and the chain has not taken it up yet. Wait and look again; sending it twice does no harm.",
        "送信しましたが、チェーンにまだ取り込まれていません。少し待って確認してください。繰り返し送信しても問題はありません。",
    ),
    "NodeMissing": _OWN_NODE,
    "NodeFailed": _OWN_NODE,
    "NodeBusy": _OWN_NODE,
    "NodeStateDamaged": _OWN_NODE,
    "SignerUnreachable": _SIGNER,
    "SignerRefused": _SIGNER,
    "SignerLied": (
        "The service that holds the signing keys gave back something else than it was asked to sign. Nothing was sent. "
        "Do not use it until it is known why.",
        "署名鍵を預かるサービスが、依頼と異なるものに署名しました。何も送信していません。原因がわかるまで使わないでくださ"
        "い。",
    ),
}
"""Code of an error -> (English, Japanese)."""
OTHERWISE: Final = (
    "It was refused. The details below say why; show them to whoever runs the gateway if they do not help.",
    "受け付けられませんでした。理由は下の詳細にあります。わからない場合は、ゲートウェイの運営者に見せてください。",
)


def said(code: str, language: str) -> str:
    """The sentence for an error's code. language: one of LANGUAGES."""
    return SAID.get(code, OTHERWISE)[LANGUAGES.index(language)]
