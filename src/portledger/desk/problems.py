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
    "Unavailable": _BUSY,
}
"""Code of an error -> (English, Japanese)."""
OTHERWISE: Final = (
    "It was refused. The details below say why; show them to whoever runs the gateway if they do not help.",
    "受け付けられませんでした。理由は下の詳細にあります。わからない場合は、ゲートウェイの運営者に見せてください。",
)


def said(code: str, language: str) -> str:
    """The sentence for an error's code. language: one of LANGUAGES."""
    return SAID.get(code, OTHERWISE)[LANGUAGES.index(language)]
