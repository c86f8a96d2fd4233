// Every word that the page says, in both languages. What a file says of itself (names, titles of its kind) is not here.

import type { Step } from "../core/faults.ts";
import type { VerdictClass } from "../core/verdict.ts";
import type { Remark, StepReport } from "../core/verify.ts";

export type Language = "en" | "ja";
type Facts = StepReport["facts"];
export type Status = "checked" | "not-shown" | "failed" | "not-reached";

export interface Words {
  readonly language: string;
  readonly title: string;
  readonly lead: string;
  readonly offline: string;
  readonly choose: string;
  readonly drop: string;
  readonly policy: string;
  readonly policyChoose: string;
  readonly policyDefault: string;
  readonly policyClear: string;
  readonly policyHint: string;
  readonly checking: string;
  readonly checkingSignatures: (done: number, all: number) => string;
  readonly verdict: Readonly<Record<VerdictClass, { readonly head: string; readonly says: string; readonly todo: readonly string[] }>>;
  readonly result: string;
  readonly failedAt: (step: number) => string;
  readonly where: string;
  readonly found: string;
  readonly expected: string;
  readonly meaning: string;
  readonly todo: string;
  readonly asOf: (block: string, time: string) => string;
  readonly sealed: (count: number) => string;
  readonly unsealed: string;
  readonly stamped: (time: string) => string;
  readonly document: string;
  readonly kind: string;
  readonly number: string;
  readonly numberHidden: string;
  readonly state: string;
  readonly final: string;
  readonly holder: string;
  readonly endorsee: string;
  readonly issuer: string;
  readonly offeredTo: string;
  readonly version: string;
  readonly used: string;
  readonly created: string;
  readonly createdHidden: string;
  readonly frozen: string;
  readonly bearer: string;
  readonly nobody: string;
  readonly party: (number: number) => string;
  readonly story: string;
  readonly storyLead: (acts: number, notes: number) => string;
  readonly storySuffix: string;
  readonly by: string;
  readonly counterparty: string;
  readonly signatures: (count: number) => string;
  readonly note: string;
  readonly hiddenNote: string;
  readonly freeze: (until: string) => string;
  readonly unfreeze: string;
  readonly newContent: string;
  readonly quantity: (percent: string) => string;
  readonly detail: string;
  readonly parties: string;
  readonly name: string;
  readonly country: string;
  readonly roles: string;
  readonly standing: string;
  readonly active: string;
  readonly profileHidden: string;
  readonly inactive: Readonly<Record<string, string>>;
  readonly disclosed: string;
  readonly disclosedNothing: string;
  readonly dataset: string;
  readonly item: string;
  readonly value: string;
  readonly absent: string;
  readonly absentLead: string;
  readonly equal: string;
  readonly equalTo: (dataset: string, path: string, document: string) => string;
  readonly presented: string;
  readonly audience: string;
  readonly purpose: string;
  readonly presenter: string;
  readonly madeAt: string;
  readonly expires: string;
  readonly steps: string;
  readonly stepsLead: string;
  readonly stepTitle: readonly string[];
  readonly stepMeaning: readonly string[];
  readonly stepFacts: (step: Step, facts: Facts) => string;
  readonly status: Readonly<Record<Status, string>>;
  readonly remarks: string;
  readonly remark: (remark: Remark, time: (seconds: number) => string) => string;
  readonly limits: string;
  readonly limit: {
    readonly asOf: string;
    readonly sole: string;
    readonly hidden: string;
    readonly presentation: string;
    readonly unsealed: string;
    readonly suffix: string;
    readonly powers: string;
    readonly policy: string;
  };
  readonly technical: string;
  readonly file: string;
  readonly bytes: (count: string) => string;
  readonly ledger: string;
  readonly chain: string;
  readonly blockHash: string;
  readonly head: string;
  readonly kindDigest: string;
  readonly checkedAt: string;
  readonly verifier: string;
  readonly print: string;
  readonly another: string;
  readonly tooLarge: string;
  readonly unread: (name: string) => string;
  readonly more: (count: string) => string;
}

const en: Words = {
  language: "Language",
  title: "Verify a trade document",
  lead: "Check an evidence file or a presentation: its whole history, every signature, and what the ledger held.",
  offline: "Everything happens in this page. It has no access to the network; no byte of your file leaves this computer.",
  choose: "Choose a file",
  drop: "or drop it anywhere on this page. Files end in .evidence.json or .presentation.json, also with .gz.",
  policy: "Policy",
  policyChoose: "Choose a policy",
  policyDefault: "None chosen: only the embedded development ledger is trusted (chain 1337, unsealed).",
  policyClear: "Remove the policy",
  policyHint: "A policy (TOML or JSON) says which ledgers, validators, kinds and time stamps you trust. Take it from the consortium, never from whoever sent you the file.",
  checking: "Checking …",
  checkingSignatures: (done, all) => `Checking … ${done} of ${all} signatures`,
  verdict: {
    valid: { head: "Valid", says: "All checks hold, and the block is sealed by the validators that your policy trusts.", todo: [] },
    unsealed: {
      head: "Valid, but unsealed",
      says: "All checks hold. Nobody sealed the block: that the ledger's nodes agreed on it is not shown.",
      todo: ["Good for tests and for a ledger that you run yourself. For anything of value, ask for sealed evidence."],
    },
    invalid: {
      head: "Invalid: do not rely on it",
      says: "A check failed. The file does not prove what it says.",
      todo: [
        "Do not release goods, pay or accept on the strength of this file.",
        "Ask another source for the same document's evidence: the holder, a gateway, the issuer.",
        "If none of them gives a valid file, tell the issuer and the consortium, and keep this one.",
      ],
    },
    malformed: {
      head: "Not an evidence file",
      says: "This is no evidence file or presentation of this version, or it was damaged on its way.",
      todo: ["Ask for the file again, and send it as an attachment: copying its text changes it.", "Check that you chose the right file."],
    },
    "outside-policy": {
      head: "Not trusted by your policy",
      says: "It may be right, but it rests on something that your policy does not trust.",
      todo: ["Choose the policy that your consortium publishes for this ledger.", "Do not take a policy from whoever sent you the file."],
    },
  },
  result: "Result",
  failedAt: (step) => `Step ${step} failed`,
  where: "Where",
  found: "Found",
  expected: "Expected",
  meaning: "What that means",
  todo: "What to do",
  asOf: (block, time) => `As of block ${block}, ${time}`,
  sealed: (count) => `Sealed by ${count} validators`,
  unsealed: "Sealed by nobody",
  stamped: (time) => `Existed before ${time}, by an outside time stamp`,
  document: "The document",
  kind: "Kind",
  number: "Number",
  numberHidden: "not shown",
  state: "State",
  final: "ended",
  holder: "Possessor",
  endorsee: "Endorsee",
  issuer: "Issuer",
  offeredTo: "Offered to",
  version: "Version",
  used: "Used",
  created: "Created",
  createdHidden: "origin not shown: the file begins later",
  frozen: "Frozen until",
  bearer: "bearer",
  nobody: "nobody",
  party: (number) => `Party ${number}`,
  story: "What happened",
  storyLead: (acts, notes) => `${acts} ${acts === 1 ? "act" : "acts"}${notes > 0 ? ` and ${notes} ${notes === 1 ? "note" : "notes"}` : ""}, oldest first. Each was signed, in the words shown.`,
  storySuffix: "The file begins with a later act; what came before is covered by the hash, but not shown.",
  by: "by",
  counterparty: "counterparty",
  signatures: (count) => `${count} ${count === 1 ? "signature" : "signatures"}`,
  note: "note",
  hiddenNote: "A note, shown by its hash only",
  freeze: (until) => `Frozen until ${until}`,
  unfreeze: "Unfrozen",
  newContent: "new content",
  quantity: (percent) => `${percent} used in total`,
  detail: "Detail",
  parties: "Who",
  name: "Name",
  country: "Country",
  roles: "Roles",
  standing: "As of the block",
  active: "active",
  profileHidden: "profile not shown",
  inactive: { "not registered": "not registered", suspended: "suspended", locked: "locked by itself" },
  disclosed: "What is shown of its content",
  disclosedNothing: "Nothing of the content is shown in this file.",
  dataset: "Section",
  item: "Item",
  value: "Value",
  absent: "Proven to be absent",
  absentLead: "The content holds no value at these places.",
  equal: "Proven to be equal",
  equalTo: (dataset, path, document) => `the same value as ${dataset}${path} of document ${document}`,
  presented: "For whom this was made",
  audience: "Audience",
  purpose: "Purpose",
  presenter: "Disclosed by",
  madeAt: "Made",
  expires: "Expires",
  steps: "The checks",
  stepsLead: "In the order of the protocol. A check that found nothing to look at says so.",
  stepTitle: [
    "The file's form", "Block header and validators' seals", "The ledger's account and code", "The ledger's storage",
    "The kind of document", "Each act's digest", "The running hash", "Signatures", "Parties and powers", "The table of rules",
    "Notes", "The document's number", "Manifest", "Contents", "Details and quantities", "Policy and time",
  ],
  stepMeaning: [
    "The file is damaged, cut, or something else.",
    "The block is not shown to be final: its header or its seals are wrong.",
    "The ledger at this address is not the contract that your policy trusts, or the proof does not lead to it.",
    "What the file says the ledger holds is not proven by it.",
    "Another table of rules was shown than the one that ruled this document.",
    "An act was altered, left out, doubled or moved.",
    "Result, time or signers of an act were altered, or the history is incomplete or old.",
    "An act was forged, or signed by somebody else's, a removed or a too weak account.",
    "Somebody acted who was not allowed to at that time, or a suspension, lock or change of keys was hidden.",
    "Something is recorded that the rules do not allow.",
    "A note was altered, hidden or invented.",
    "The number is not this document's, or a second document bears it.",
    "The content was swapped for another one.",
    "What is shown of the content is not what was sealed.",
    "A detail is not the signed one, or more was used than was certified.",
    "The file does not meet your policy, has expired, or was made for somebody else.",
  ],
  stepFacts: (step, facts) => {
    switch (step) {
      case 0: return `${facts["bytes"]} bytes, in the one form`;
      case 1: return `block ${facts["block"]} of chain ${facts["chain"]}, ${facts["seals"]} seals`;
      case 2: return `ledger ${facts["ledger"]}`;
      case 3: return `${facts["words"]} words proven by ${facts["nodes"]} nodes`;
      case 4: return `${facts["kind"]}, the one that the ledger sealed`;
      case 5: return `${facts["acts"]} acts`;
      case 6: return `${facts["entries"]} entries end in the ledger's head`;
      case 7: return `${facts["signatures"]} signatures`;
      case 8: return `${facts["parties"]} parties, ${facts["entries"]} entries of their logs`;
      case 9: return `${facts["entries"]} entries lead to ${facts["state"]}`;
      case 10: return `${facts["notes"]} notes${Number(facts["hidden"]) > 0 ? `, ${facts["hidden"]} of them by hash` : ""}`;
      case 11: return facts["number"] ? `number ${facts["number"]}` : facts["creator"] ? `made by party ${facts["creator"]}; the number is not shown` : "origin not shown";
      case 12: return facts["newest"] ? "the newest manifest is the signed one" : Number(facts["manifests"]) > 0 ? "older manifests" : "no manifest in the file";
      case 13: return "fields" in facts ? `${facts["fields"]} fields, ${facts["absent"]} absences, ${facts["equal"]} equalities` : `${facts["opened"]} of ${facts["datasets"]} sections opened`;
      case 14: return `${facts["details"]} details${Number(facts["uses"]) > 0 ? `, quantities of ${facts["uses"]} uses add up` : ""}`;
      case 15: return "the policy's demands are met";
    }
  },
  status: { checked: "holds", "not-shown": "not shown", failed: "failed", "not-reached": "not reached" },
  remarks: "Worth knowing",
  remark: ({ about, facts }, time) => {
    switch (about) {
      case "same-second": return `${facts["where"]}: a party changed within the same second; either order was accepted.`;
      case "powers-not-shown": return `${facts["count"]} acts of powers came before the first entry of the consortium's log: not shown who held them.`;
      case "inactive": return `Party ${facts["party"]} is ${facts["why"]} as of this block.`;
      case "no-date": return `The last day of validity, ${facts["text"]}, is no date.`;
      case "cancelled": return `The document is “${facts["en"]}”: nobody may rely on it any more.`;
      case "late-use": return `${facts["where"]}: used at ${time(Number(facts["time"]))}, after the last day of validity, ${facts["last"]}.`;
      case "frozen": return `Frozen at ${time(Number(facts["time"]))} by ${facts["sender"]}${facts["shown"] ? "" : "; that it held the power is not shown"}.`;
      case "unfrozen": return `Unfrozen at ${time(Number(facts["time"]))} by ${facts["sender"]}${facts["shown"] ? "" : "; that it held the power is not shown"}.`;
    }
  },
  limits: "What this does not say",
  limit: {
    asOf: "It holds as of the block. Whether it still does is another question, asked online: portledger fresh FILE.",
    sole: "On this ledger there is one record for the number. That no other platform carries the same document is a matter of the rulebook and of a registry of platforms.",
    hidden: "What is shown is what was sealed and signed. What is not shown may say anything.",
    presentation: "A presentation is for its audience. Who receives it from somebody else can check everything in it, but was not meant.",
    unsealed: "That the ledger's nodes agreed on this block is not shown.",
    suffix: "The file begins with a later act: how the document was made and by whose number is not shown.",
    powers: "Who held the consortium's powers at the beginning is not shown.",
    policy: "It is as good as your policy: whatever that trusts is believed here.",
  },
  technical: "For the record",
  file: "File",
  bytes: (count) => `${count} bytes`,
  ledger: "Ledger",
  chain: "Chain",
  blockHash: "Block hash",
  head: "Document's head",
  kindDigest: "Kind digest",
  checkedAt: "Checked",
  verifier: "Verifier",
  print: "Print",
  another: "Check another file",
  tooLarge: "larger than 64 MiB",
  unread: (name) => `No verdict: ${name} could not be checked to its end. Choose it again; if that does not help, ask for another copy.`,
  more: (count) => `… and ${count} more, all of them checked`,
};

const ja: Words = {
  language: "言語",
  title: "貿易書類を検証する",
  lead: "証拠ファイルまたは提示ファイルを検証します。すべての履歴、すべての署名、台帳の記録を確かめます。",
  offline: "検証はこのページの中だけで行われます。ネットワークには一切接続せず、ファイルの内容がこのコンピューターの外に出ることはありません。",
  choose: "ファイルを選ぶ",
  drop: "または、このページのどこかにドロップしてください。.evidence.json と .presentation.json（.gz も可）を読み取れます。",
  policy: "ポリシー",
  policyChoose: "ポリシーを選ぶ",
  policyDefault: "未選択：組み込みの開発用台帳（チェーン 1337、封印なし）だけを信頼します。",
  policyClear: "ポリシーを外す",
  policyHint: "ポリシー（TOML または JSON）には、信頼する台帳、検証者、書類種別、タイムスタンプを書きます。必ずコンソーシアムから入手し、ファイルの送り主からは受け取らないでください。",
  checking: "検証しています…",
  checkingSignatures: (done, all) => `検証しています…署名 ${all} 件中 ${done} 件`,
  verdict: {
    valid: { head: "有効", says: "すべての検証に合格し、ブロックはポリシーが信頼する検証者によって封印されています。", todo: [] },
    unsealed: {
      head: "有効（封印なし）",
      says: "すべての検証に合格しました。ただしブロックは封印されておらず、台帳のノードが合意したことは示されていません。",
      todo: ["試験や自ら運用する台帳には十分です。価値のある取引には、封印された証拠を求めてください。"],
    },
    invalid: {
      head: "無効：信頼しないでください",
      says: "検証に失敗しました。このファイルは、書かれていることを証明していません。",
      todo: [
        "このファイルを根拠に、貨物の引渡し、支払い、受諾をしないでください。",
        "同じ書類の証拠を、別の入手先（所持人、ゲートウェイ、発行者）に求めてください。",
        "どこからも有効なファイルが得られない場合は、発行者とコンソーシアムに連絡し、このファイルを保管してください。",
      ],
    },
    malformed: {
      head: "証拠ファイルではありません",
      says: "この版の証拠ファイルでも提示ファイルでもないか、途中で壊れています。",
      todo: ["もう一度ファイルを求め、添付ファイルとして受け取ってください。文面を写すと内容が変わります。", "正しいファイルを選んだか確かめてください。"],
    },
    "outside-policy": {
      head: "ポリシーの対象外",
      says: "正しい可能性はありますが、ポリシーが信頼していないものに基づいています。",
      todo: ["コンソーシアムがこの台帳のために公開しているポリシーを選んでください。", "ファイルの送り主からポリシーを受け取らないでください。"],
    },
  },
  result: "結果",
  failedAt: (step) => `ステップ ${step} で失敗`,
  where: "箇所",
  found: "検出された値",
  expected: "期待された値",
  meaning: "意味",
  todo: "どうすればよいか",
  asOf: (block, time) => `ブロック ${block}（${time}）の時点`,
  sealed: (count) => `検証者 ${count} 名が封印`,
  unsealed: "封印なし",
  stamped: (time) => `外部のタイムスタンプにより ${time} より前に存在`,
  document: "書類",
  kind: "種別",
  number: "番号",
  numberHidden: "非開示",
  state: "状態",
  final: "終了",
  holder: "占有者",
  endorsee: "被裏書人",
  issuer: "発行者",
  offeredTo: "譲渡の申込先",
  version: "版",
  used: "使用済み",
  created: "作成",
  createdHidden: "起源は示されていません（途中から始まるファイル）",
  frozen: "凍結期限",
  bearer: "持参人",
  nobody: "なし",
  party: (number) => `当事者 ${number}`,
  story: "経緯",
  storyLead: (acts, notes) => `行為 ${acts} 件${notes > 0 ? `、注記 ${notes} 件` : ""}(古い順)。いずれも、ここに示す文言で署名されています。`,
  storySuffix: "このファイルは途中の行為から始まります。それ以前はハッシュで守られていますが、示されていません。",
  by: "行為者",
  counterparty: "相手方",
  signatures: (count) => `署名 ${count} 件`,
  note: "注記",
  hiddenNote: "注記（ハッシュのみ）",
  freeze: (until) => `${until} まで凍結`,
  unfreeze: "凍結解除",
  newContent: "新しい内容",
  quantity: (percent) => `累計使用 ${percent}`,
  detail: "詳細",
  parties: "当事者",
  name: "名称",
  country: "国",
  roles: "役割",
  standing: "ブロック時点の状況",
  active: "有効",
  profileHidden: "プロフィール非開示",
  inactive: { "not registered": "未登録", suspended: "停止中", locked: "自ら施錠中" },
  disclosed: "開示された内容",
  disclosedNothing: "このファイルは内容を開示していません。",
  dataset: "区分",
  item: "項目",
  value: "値",
  absent: "存在しないことが証明された項目",
  absentLead: "内容には、次の箇所に値がありません。",
  equal: "等しいことが証明された項目",
  equalTo: (dataset, path, document) => `書類 ${document} の ${dataset}${path} と同じ値`,
  presented: "提示の相手と目的",
  audience: "相手",
  purpose: "目的",
  presenter: "開示者",
  madeAt: "作成日時",
  expires: "有効期限",
  steps: "検証の項目",
  stepsLead: "プロトコルの順です。調べる対象がなかった項目は「非開示」と示します。",
  stepTitle: [
    "ファイルの形式", "ブロックヘッダーと検証者の封印", "台帳のアカウントとコード", "台帳の記憶領域", "書類種別", "各行為のダイジェスト",
    "連鎖ハッシュ", "署名", "当事者と権限", "規則表", "注記", "書類の番号", "目録", "内容", "詳細と数量", "ポリシーと時刻",
  ],
  stepMeaning: [
    "ファイルが壊れているか、途中で切れているか、別のものです。",
    "ブロックが確定したことが示されていません。ヘッダーまたは封印が正しくありません。",
    "このアドレスの台帳は、ポリシーが信頼する契約ではないか、証明がそこに至りません。",
    "台帳が保持しているとされる値が、証明されていません。",
    "この書類を規律した規則表とは別のものが示されました。",
    "行為が改変、省略、重複、または移動されています。",
    "行為の結果、時刻、署名者が改変されたか、履歴が不完全または古いものです。",
    "行為が偽造されたか、他人の、削除済みの、または権限の足りないアカウントで署名されています。",
    "その時点で許されていない者が行為したか、停止、施錠、鍵の変更が隠されています。",
    "規則が認めないことが記録されています。",
    "注記が改変、隠蔽、または捏造されています。",
    "番号がこの書類のものではないか、同じ番号の書類がもう一つあります。",
    "内容が別のものにすり替えられています。",
    "開示された内容が、封印されたものと異なります。",
    "詳細が署名されたものと異なるか、証明された数量を超えて使用されています。",
    "ポリシーの条件を満たさないか、期限が切れているか、別の相手のために作られたものです。",
  ],
  stepFacts: (step, facts) => {
    switch (step) {
      case 0: return `${facts["bytes"]} バイト、唯一の正しい形式`;
      case 1: return `チェーン ${facts["chain"]} のブロック ${facts["block"]}、封印 ${facts["seals"]} 件`;
      case 2: return `台帳 ${facts["ledger"]}`;
      case 3: return `${facts["nodes"]} 個のノードで ${facts["words"]} 語を証明`;
      case 4: return `${facts["kind"]}、台帳が封じたもの`;
      case 5: return `行為 ${facts["acts"]} 件`;
      case 6: return `${facts["entries"]} 件の記録が台帳の先頭ハッシュに至る`;
      case 7: return `署名 ${facts["signatures"]} 件`;
      case 8: return `当事者 ${facts["parties"]} 名、その記録 ${facts["entries"]} 件`;
      case 9: return `${facts["entries"]} 件の記録が ${facts["state"]} に至る`;
      case 10: return `注記 ${facts["notes"]} 件${Number(facts["hidden"]) > 0 ? `（うちハッシュのみ ${facts["hidden"]} 件）` : ""}`;
      case 11: return facts["number"] ? `番号 ${facts["number"]}` : facts["creator"] ? `当事者 ${facts["creator"]} が作成、番号は非開示` : "起源は示されていません";
      case 12: return facts["newest"] ? "最新の目録は署名されたもの" : Number(facts["manifests"]) > 0 ? "以前の目録のみ" : "目録は含まれていません";
      case 13: return "fields" in facts ? `項目 ${facts["fields"]} 件、不存在 ${facts["absent"]} 件、一致 ${facts["equal"]} 件` : `${facts["datasets"]} 区分のうち ${facts["opened"]} 区分を開示`;
      case 14: return `詳細 ${facts["details"]} 件${Number(facts["uses"]) > 0 ? `、使用 ${facts["uses"]} 回の数量が一致` : ""}`;
      case 15: return "ポリシーの条件を満たす";
    }
  },
  status: { checked: "合格", "not-shown": "非開示", failed: "失敗", "not-reached": "未検証" },
  remarks: "留意事項",
  remark: ({ about, facts }, time) => {
    switch (about) {
      case "same-second": return `${facts["where"]}：当事者が同じ秒の間に変更されたため、どちらの順序も認めました。`;
      case "powers-not-shown": return `権限による行為 ${facts["count"]} 件は、コンソーシアムの記録の始まりより前のもので、誰が権限を持っていたかは示されていません。`;
      case "inactive": return `当事者 ${facts["party"]} は、このブロックの時点で${ja.inactive[String(facts["why"])] ?? facts["why"]}です。`;
      case "no-date": return `有効期間の最終日 ${facts["text"]} は日付ではありません。`;
      case "cancelled": return `この書類は「${facts["ja"]}」です。もう誰もこれを根拠にできません。`;
      case "late-use": return `${facts["where"]}：有効期間の最終日 ${facts["last"]} より後の ${time(Number(facts["time"]))} に使用されました。`;
      case "frozen": return `${time(Number(facts["time"]))} に ${facts["sender"]} が凍結しました${facts["shown"] ? "" : "（権限を持っていたことは示されていません）"}。`;
      case "unfrozen": return `${time(Number(facts["time"]))} に ${facts["sender"]} が凍結を解除しました${facts["shown"] ? "" : "（権限を持っていたことは示されていません）"}。`;
    }
  },
  limits: "この結果が示さないこと",
  limit: {
    asOf: "このブロックの時点で成り立ちます。今も成り立つかは別の問いで、オンラインで確かめます：portledger fresh FILE",
    sole: "この台帳では、この番号の記録は一つだけです。他のプラットフォームに同じ書類がないことは、規約とプラットフォーム登録簿の問題です。",
    hidden: "示された項目は、封印され署名されたものです。示されていない項目の内容は分かりません。",
    presentation: "提示は、その相手のためのものです。他から受け取った人も内容をすべて検証できますが、宛先ではありません。",
    unsealed: "台帳のノードがこのブロックに合意したことは示されていません。",
    suffix: "このファイルは途中の行為から始まります。書類がどのように、誰の番号で作られたかは示されていません。",
    powers: "始まりの時点で誰がコンソーシアムの権限を持っていたかは示されていません。",
    policy: "結果の確かさはポリシー次第です。ポリシーが信頼するものは、ここでも信頼されます。",
  },
  technical: "記録",
  file: "ファイル",
  bytes: (count) => `${count} バイト`,
  ledger: "台帳",
  chain: "チェーン",
  blockHash: "ブロックハッシュ",
  head: "書類の先頭ハッシュ",
  kindDigest: "種別ダイジェスト",
  checkedAt: "検証日時",
  verifier: "検証プログラム",
  print: "印刷",
  another: "別のファイルを検証",
  tooLarge: "64 MiB を超えています",
  unread: (name) => `判定できません：${name} を最後まで検証できませんでした。もう一度選んでください。それでもできないときは、別の写しを求めてください。`,
  more: (count) => `…ほか ${count} 件（すべて検証済み）`,
};

export const WORDS: Readonly<Record<Language, Words>> = { en, ja };
