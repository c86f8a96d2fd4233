// Drawn by scripts/draw_docs from the API's description (openapi.json beside this file). Do not edit.
//
// Shapes are interfaces by their names. `Operations` says for each "METHOD /path" what it takes and gives:
//
//   type Ask = <K extends keyof Operations>(what: K, asks: Operations[K]["asks"]) => Promise<Operations[K]["gives"]>;

export interface AccountJson {
  account: string;
  scope: number;
  addedAt: number;
  removedAt: number;
}

/** Where a request stands: accepted (durable here), submitted (in a transaction), final, refused.
 * 
 * The same shape answers for acts on documents, party acts, vetoes and enactments. block, transaction, time and head
 * are there once it is final; problem once it is refused. parked: accepted, and set aside by the operator or after the
 * node failed at it again and again; it waits to be released, and is neither lost nor refused. */
export interface ActionStatus {
  digest: string;
  status: string;
  document?: string | null;
  party?: number | null;
  block?: number | null;
  time?: number | null;
  transaction?: string | null;
  head?: string | null;
  problem?: Problem | null;
  parked?: boolean;
}

/** A machine's key. account: whose session made it, with which it dies; key: its text, only in the first answer. */
export interface ApiKeyJson {
  id: string;
  name: string;
  party: number;
  account: string;
  scopes: Array<string>;
  createdAt: number;
  expiresAt?: number | null;
  revokedAt?: number | null;
  key?: string | null;
}

/** POST /v1/api-keys. scopes: of read, submit, admin; expiresAt: unix seconds, by default never. */
export interface ApiKeyRequest {
  name: string;
  scopes: Array<string>;
  expiresAt?: number | null;
}

export interface ApiKeysAnswer {
  items: Array<ApiKeyJson>;
}

/** One attempt. at: unix seconds; status: of the HTTP answer, if there was one; error: why it failed. */
export interface AttemptJson {
  at: number;
  milliseconds: number;
  status?: number | null;
  error?: string;
}

export interface BatchAnswer {
  items: Array<BatchItem>;
}

/** One item's fate, in the order of the request: accepted (with the present status) or refused with a problem. */
export interface BatchItem {
  digest?: string | null;
  status?: string | null;
  problem?: Problem | null;
}

/** POST /v1/actions/batch: at most MAX_BATCH items, judged one by one in the order given. */
export interface BatchRequest {
  actions: Array<SubmitRequest>;
  chainId?: number | null;
  ledger?: string | null;
}

export interface BlobAnswer {
  sha256: string;
  size: number;
}

/** One blob's fate in POST /v1/blobs. new: it was not here before. */
export interface BlobItem {
  sha256: string;
  size?: number | null;
  new?: boolean | null;
  problem?: Problem | null;
}

export interface BlobsAnswer {
  items: Array<BlobItem>;
}

export interface BlockJson {
  number: number;
  hash: string;
  time: number;
}

/** An open change. source: 0 party, 1 registrar, 2 governor. */
export interface ChangeJson {
  changeId: string;
  party: number;
  what: number;
  whatName: string;
  source: number;
  value: string;
  proposedAt: number;
  readyAt: number;
  dead: boolean;
}

/** CloudEvents 1.0, structured mode. time: RFC 3339; id: the cursor of the event in the stream. */
export interface CloudEvent {
  specversion: string;
  id: string;
  source: string;
  type: string;
  time: string;
  subject: string;
  datacontenttype: string;
  data: Record<string, unknown>;
}

export interface DeliveriesPage {
  items: Array<DeliveryJson>;
  next?: string | null;
}

/** One event on its way. state: waiting, delivered, parked, or behind (a parked one of the same subject).
 * 
 * id: the webhook-id header; event: the event's id; nextAt: of the next attempt. */
export interface DeliveryJson {
  id: string;
  event: string;
  type: string;
  subject: string;
  state: string;
  attempts: Array<AttemptJson>;
  queuedAt: number;
  nextAt?: number | null;
  deliveredAt?: number | null;
}

/** Where the sealed detail of the act lies: a blob, uploaded before. */
export interface DetailsJson {
  detailBlob: string;
}

/** That a party was given a dataset's key: by whom, when first. The key itself is its recipient's alone. */
export interface DisclosureJson {
  dataset: string;
  sealedVersion: number;
  granter: number;
  recipient: number;
  createdAt: number;
}

export interface DisclosuresAnswer {
  items: Array<DisclosureJson>;
}

/** One record of the ledger. kind: number; kindId, state, progress: names from the kind file.
 * 
 * possessor, endorsee …: party ids, 0 = nobody, 4294967295 = BEARER; used: parts per million; createdAt, updatedAt:
 * block times; control: the packed word. */
export interface DocumentJson {
  document: string;
  kind: number;
  kindId: string;
  state: string;
  stateNumber: number;
  progress: string;
  issuer: number;
  possessor: number;
  endorsee: number;
  offeree: number;
  offeredEndorsee: number;
  version: number;
  sequence: number;
  used: number;
  frozenUntil: number;
  head: string;
  notesHead: string;
  control: string;
  createdAt: number;
  updatedAt: number;
}

export interface DocumentsPage {
  items: Array<DocumentJson>;
  next?: string | null;
}

export interface EnactRequest {
  changeId: string;
  consent?: string;
}

/** The raw public key, base64; its SHA-256 is `digest`, which the party log must show. */
export interface EncryptionKeyJson {
  party: number;
  encryptionKey: string;
  digest: string;
}

/** POST /v1/parties/{id}/encryption-key: kept by digest, ahead of the act that makes it the party's. */
export interface EncryptionKeyRequest {
  encryptionKey: string;
}

export interface EventsPage {
  items: Array<CloudEvent>;
  next: string;
}

/** An evidence file, canonical to the byte; its members: protocol/schemas/evidence.schema.json. */
export interface EvidenceFile {
  schema: string;
  ledger: Record<string, unknown>;
  block: Record<string, unknown>;
  proof: Array<string>;
  kind: Record<string, unknown>;
  document: string;
  start: Record<string, unknown> | null;
  entries: Array<Record<string, unknown>>;
  notes: Array<Record<string, unknown>>;
  consortium: Array<Record<string, unknown>>;
  parties: Array<Record<string, unknown>>;
  manifests: Array<Record<string, unknown>>;
  opened: Array<Record<string, unknown>>;
  details: Array<Record<string, unknown>>;
  stamps: Array<string>;
}

/** A content key sealed to one party's encryption key. sealed: base64; granter: who uploaded it. */
export interface GrantJson {
  dataset: string;
  sealedVersion: number;
  recipient: number;
  sealed: string;
  document?: string | null;
  granter?: number | null;
  createdAt?: number | null;
}

export interface GrantsAnswer {
  items: Array<GrantJson>;
}

/** POST /v1/documents/{id}/grants. */
export interface GrantsRequest {
  items: Array<GrantJson>;
}

export interface History {
  document: string;
  kind: number;
  entries: Array<HistoryEntry>;
}

/** One entry of a document's log. track: control, notes or freeze.
 * 
 * control: the word after it, 64 hex (notes: the word it speaks about); signers: addresses recovered from signatures;
 * action, signatures: acts and notes only; frozen, until, reason, sender: freezes only (until 0 = unfrozen). */
export interface HistoryEntry {
  track: string;
  digest: string;
  head: string;
  control: string;
  block: number;
  time: number;
  transaction: string;
  index: number;
  verbName?: string | null;
  state?: string | null;
  action?: SignedActionJson | null;
  signers?: Array<string>;
  details?: DetailsJson | null;
  until?: number | null;
  reason?: string | null;
  sender?: string | null;
}

/** A kind as defined on the ledger. file: the parsed kind file (fileDigest = H(JCS(file))). */
export interface KindJson {
  kind: number;
  id: string;
  title: Record<string, string>;
  kindDigest: string;
  fileDigest: string;
  states: Record<string, number>;
  verbs: Record<string, number>;
  intents: Record<string, string>;
  file: Record<string, unknown>;
}

export interface KindSummary {
  kind: number;
  id: string;
  kindDigest: string;
  title: Record<string, string>;
}

export interface KindsAnswer {
  items: Array<KindSummary>;
}

/** GET /v1/ledger: what a client needs to sign. salt, genesis, codeDigest: 64 hex.
 * 
 * nextParty: the id that the next registration will get; time: the gateway's clock. */
export interface LedgerJson {
  chainId: number;
  ledger: string;
  salt: string;
  genesis: string;
  codeDigest: string;
  confirmed: BlockJson;
  kinds: Array<KindSummary>;
  version: string;
  nextParty: number;
  time: number;
}

/** The manifest as it was uploaded; H(JCS(manifest)) = content of the act that wrote the version. */
export interface ManifestJson {
  document: string;
  version: number;
  content: string;
  manifest: Record<string, unknown>;
}

export interface NonceAnswer {
  nonce: string;
  domain: string;
  uri: string;
  expiresAt: number;
}

export interface PartiesPage {
  items: Array<PartySummary>;
  next?: string | null;
}

/** POST /v1/party-acts (docs/protocol §11). nonce: the party's nonce as signed (for LOCK: its epoch).
 * 
 * value: 64 hex; consent: the new account's signature when one is added. */
export interface PartyActRequest {
  party: number;
  nonce: number;
  what: number;
  value: string;
  deadline: number;
  signatures: string;
  consent?: string;
}

/** A party's word decoded, its accounts ever, its open changes. profile, encryptionKey: digests on the ledger.
 * 
 * nonce: of the party's next act on itself, of every kind but LOCK, whose nonce is `unlocks`. */
export interface PartyJson {
  party: number;
  roles: number;
  roleNames: Array<string>;
  epoch: number;
  threshold: number;
  suspendedUntil: number;
  fullAccounts: number;
  locked: boolean;
  recoveryBarred: boolean;
  unlocks: number;
  profile: string;
  encryptionKey: string;
  nonce: number;
  head: string;
  word: string;
  accounts: Array<AccountJson>;
  openChanges: Array<ChangeJson>;
}

export interface PartyLog {
  entries: Array<PartyLogEntry>;
}

/** One PartyChanged event (docs/protocol §12). Words, digests, signers and heads: 64 hex; call: msg.data in hex. */
export interface PartyLogEntry {
  digest: string;
  partyWord: string;
  profile: string;
  encryptionKey: string;
  accountWord: string;
  signers: string;
  head: string;
  call: string;
  block: number;
  time: number;
  transaction: string;
}

export interface PartySummary {
  party: number;
  roles: number;
  roleNames: Array<string>;
  epoch: number;
  locked: boolean;
  suspendedUntil: number;
  profile: string;
  encryptionKey: string;
}

/** RFC 9457 problem details; `code` is the error's name, `step` the numbered step of the check that refused.
 * 
 * pointer: RFC 6901 JSON Pointer of the member of the body that is wrong, or parameter: the part of the path, query or
 * header. requestId: the answer's X-Request-Id, by which the operator finds it in the log. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  found?: string;
  allowed?: string;
  remedy?: string;
  instance?: string | null;
  step?: string | null;
  parameters?: Record<string, unknown>;
  pointer?: string | null;
  parameter?: string | null;
  requestId?: string | null;
}

/** Registration of docs/protocol §11. profile, encryptionKey: digests; scopes, consents run parallel to accounts. */
export interface RegistrationJson {
  profile: string;
  roles: number;
  encryptionKey: string;
  threshold: number;
  recoveryBarred: boolean;
  accounts: Array<string>;
  scopes: Array<number>;
  consents: Array<string>;
}

/** POST /v1/registrations. party: the id that the consents name, GET /v1/ledger's nextParty.
 * 
 * profile: the JSON whose H(JCS) is registration.profile; encryptionKey: the raw key, base64, whose SHA-256 is
 * registration.encryptionKey. */
export interface RegistrationRequest {
  party: number;
  registration: RegistrationJson;
  profile: Record<string, unknown>;
  encryptionKey: string;
}

/** waiting (for the registrar), approved, registered or refused. reason: the registrar's words when it refused. */
export interface RegistrationStatus {
  requestId: string;
  status: string;
  party: number;
  problem?: Problem | null;
  reason?: string;
}

/** POST /v1/webhooks/{id}/replay. cursor: the event after which to begin, "0" = from the beginning. */
export interface ReplayRequest {
  cursor: string;
}

/** POST /v1/webhooks/{id}/secret. overlap: seconds for which the old secret signs, too; at most a week. */
export interface RotateRequest {
  overlap?: number;
}

/** scopes: without admin when the account may not administer its party. */
export interface SessionAnswer {
  token: string;
  account: string;
  party: number;
  expiresAt: number;
  scopes?: Array<string>;
}

/** An open session. id: names it here and opens nothing; current: the one that asks. */
export interface SessionJson {
  id: string;
  account: string;
  scopes: Array<string>;
  createdAt: number;
  expiresAt: number;
  current: boolean;
}

/** POST /v1/sessions. message: the EIP-4361 text as signed; signature: 65 bytes, hex.
 * 
 * scopes: what the session shall do (read, submit, admin); by default all that the account may. */
export interface SessionRequest {
  message: string;
  signature: string;
  scopes?: Array<string> | null;
}

export interface SessionsAnswer {
  items: Array<SessionJson>;
}

/** One signed act (docs/protocol §1). `intent` is not sent: it follows from kind and verb. */
export interface SignedActionJson {
  kind: number;
  verb: number;
  document: string;
  previous: string;
  actor: number;
  epoch: number;
  deadline: number;
  signatures: string;
  content?: string;
  documentReference?: string;
  detail?: string;
  counterparty?: number;
  endorsee?: number;
  quantity?: number;
}

/** POST /v1/actions, and one item of a batch. chainId and ledger are optional; when given they must be ours.
 * 
 * manifest: needed when the act writes content, H(JCS(manifest)) = content (docs/protocol §8).
 * attachments: SHA-256 of the sealed files that the content's attachments list, uploaded before, 64 hex each. */
export interface SubmitRequest {
  action: SignedActionJson;
  manifest?: Record<string, unknown> | null;
  details?: DetailsJson | null;
  attachments?: Array<string>;
  chainId?: number | null;
  ledger?: string | null;
}

export interface VetoRequest {
  changeId: string;
  signature: string;
}

/** One waiting act with its sealed bytes, base64. */
export interface WaitingAct {
  digest: string;
  tag: string;
  size: number;
  deadline: number;
  changedAt: number;
  sealed: string;
}

export interface WaitingAnswer {
  items: Array<WaitingJson>;
}

/** What the gateway knows of a waiting act. tag: for If-Match; size: bytes of what is sealed. */
export interface WaitingJson {
  digest: string;
  tag: string;
  size: number;
  deadline: number;
  changedAt: number;
}

/** PUT /v1/waiting/{digest}. sealed: HPKE to the party's own encryption key, base64; deadline: the act's; blobs:
 * SHA-256 of the sealed files that its content lists, uploaded before, 64 hex each. */
export interface WaitingRequest {
  sealed: string;
  deadline: number;
  blobs?: Array<string>;
}

/** A webhook. cursor: the newest event that was taken up; waiting, parked: deliveries that are not done.
 * 
 * secret: `whsec_` and base64, only in the answers that make it; previousUntil: unix seconds until which the secret
 * before the present one signs, too. */
export interface WebhookJson {
  id: string;
  url: string;
  types: Array<string>;
  createdAt: number;
  cursor: string;
  waiting: number;
  parked: number;
  previousUntil?: number | null;
  secret?: string | null;
}

/** POST /v1/webhooks. url: https; types: names of events, none = all; cursor: the event after which to begin.
 * 
 * By default it begins with what happens from now on; "0" = from the beginning. */
export interface WebhookRequest {
  url: string;
  types?: Array<string>;
  cursor?: string | null;
}

export interface WebhooksAnswer {
  items: Array<WebhookJson>;
}

export interface Operations {
  /** Which ledger this is, and what a client needs to sign for it */
  "GET /v1/ledger": { asks: {  }; gives: LedgerJson };
  /** The kinds of documents */
  "GET /v1/kinds": { asks: {  }; gives: KindsAnswer };
  /** One kind: its whole file */
  "GET /v1/kinds/{kind}": { asks: { path: { kind: string } }; gives: KindJson };
  /** A nonce for one sign-in */
  "POST /v1/sessions/nonce": { asks: {  }; gives: NonceAnswer };
  /** Sign in with a wallet (EIP-4361) */
  "POST /v1/sessions": { asks: { body: SessionRequest }; gives: SessionAnswer };
  /** The open sessions of your party */
  "GET /v1/sessions": { asks: {  }; gives: SessionsAnswer };
  /** End the session */
  "DELETE /v1/sessions/current": { asks: {  }; gives: undefined };
  /** Offer one signed act */
  "POST /v1/actions": { asks: { query?: { wait?: string; timeout?: number }; body: SubmitRequest }; gives: ActionStatus };
  /** Offer up to 1000 signed acts */
  "POST /v1/actions/batch": { asks: { query?: { wait?: string; timeout?: number }; body: BatchRequest }; gives: BatchAnswer };
  /** Where an act stands */
  "GET /v1/actions/{digest}": { asks: { path: { digest: string }; query?: { wait?: string; timeout?: number } }; gives: ActionStatus };
  /** Offer a party's act on itself */
  "POST /v1/party-acts": { asks: { body: PartyActRequest }; gives: ActionStatus };
  /** Veto a change of one's own party */
  "POST /v1/vetoes": { asks: { body: VetoRequest }; gives: ActionStatus };
  /** Enact a change after its delay */
  "POST /v1/enactments": { asks: { body: EnactRequest }; gives: ActionStatus };
  /** Upload sealed bytes under their SHA-256 */
  "PUT /v1/blobs/{sha256}": { asks: { path: { sha256: string }; body: Uint8Array }; gives: BlobAnswer };
  /** Fetch sealed bytes */
  "GET /v1/blobs/{sha256}": { asks: { path: { sha256: string } }; gives: Uint8Array };
  /** Upload up to 1000 sealed blobs in one request */
  "POST /v1/blobs": { asks: { body: Uint8Array }; gives: BlobsAnswer };
  /** Acts of your party that wait for signatures of its other officers; what ends first first */
  "GET /v1/waiting": { asks: {  }; gives: WaitingAnswer };
  /** One of them, sealed to your party */
  "GET /v1/waiting/{digest}": { asks: { path: { digest: string } }; gives: WaitingAct };
  /** Keep an act for your party's other officers, or a signature more */
  "PUT /v1/waiting/{digest}": { asks: { path: { digest: string }; body: WaitingRequest }; gives: WaitingJson };
  /** Let it wait no longer */
  "DELETE /v1/waiting/{digest}": { asks: { path: { digest: string }; query?: { submitted?: "true" | "false" } }; gives: undefined };
  /** The documents that your party is or was a party to */
  "GET /v1/documents": { asks: { query?: { party?: number; state?: string; kind?: number; progress?: "todo" | "processing" | "done" | "cancelled"; cursor?: string; limit?: number } }; gives: DocumentsPage };
  /** One document's record */
  "GET /v1/documents/{document}": { asks: { path: { document: string } }; gives: DocumentJson };
  /** Everything that happened to a document */
  "GET /v1/documents/{document}/history": { asks: { path: { document: string } }; gives: History };
  /** The manifest of a version */
  "GET /v1/documents/{document}/manifest": { asks: { path: { document: string }; query?: { version?: number } }; gives: ManifestJson };
  /** The grants to your party */
  "GET /v1/documents/{document}/grants": { asks: { path: { document: string } }; gives: GrantsAnswer };
  /** Leave grants for other parties */
  "POST /v1/documents/{document}/grants": { asks: { path: { document: string }; body: GrantsRequest }; gives: undefined };
  /** Who was given which dataset */
  "GET /v1/documents/{document}/disclosures": { asks: { path: { document: string } }; gives: DisclosuresAnswer };
  /** The evidence file of a document, nothing opened */
  "GET /v1/documents/{document}/evidence": { asks: { path: { document: string }; query?: { form?: "whole" | "suffix"; notes?: "all" | "own" | "hidden"; newest?: boolean; stamps?: string; also?: number } }; gives: EvidenceFile };
  /** All parties */
  "GET /v1/parties": { asks: { query?: { cursor?: string; limit?: number } }; gives: PartiesPage };
  /** One party: roles, accounts, open changes */
  "GET /v1/parties/{party}": { asks: { path: { party: number } }; gives: PartyJson };
  /** Everything that happened to a party */
  "GET /v1/parties/{party}/log": { asks: { path: { party: number } }; gives: PartyLog };
  /** The profile that the ledger names, as canonical JSON */
  "GET /v1/parties/{party}/profile": { asks: { path: { party: number } }; gives: Record<string, unknown> };
  /** Leave a new profile, ahead of the act that names its digest */
  "POST /v1/parties/{party}/profile": { asks: { path: { party: number }; body: Record<string, unknown> }; gives: undefined };
  /** The party's public encryption key */
  "GET /v1/parties/{party}/encryption-key": { asks: { path: { party: number } }; gives: EncryptionKeyJson };
  /** Leave a new encryption key, ahead of the act that names its digest */
  "POST /v1/parties/{party}/encryption-key": { asks: { path: { party: number }; body: EncryptionKeyRequest }; gives: undefined };
  /** Ask to be registered */
  "POST /v1/registrations": { asks: { body: RegistrationRequest }; gives: RegistrationStatus };
  /** Where a registration stands */
  "GET /v1/registrations/{request}": { asks: { path: { request: string } }; gives: RegistrationStatus };
  /** What happened to your documents, and to all parties */
  "GET /v1/events": { asks: { query?: { cursor?: string; type?: "portledger.document.acted" | "portledger.document.noted" | "portledger.document.frozen" | "portledger.document.unfrozen" | "portledger.party.changed"; document?: string } }; gives: EventsPage };
  /** Have your party's events sent to an address */
  "POST /v1/webhooks": { asks: { body: WebhookRequest }; gives: WebhookJson };
  /** The webhooks of your party */
  "GET /v1/webhooks": { asks: {  }; gives: WebhooksAnswer };
  /** One webhook */
  "GET /v1/webhooks/{webhook}": { asks: { path: { webhook: string } }; gives: WebhookJson };
  /** Have nothing sent to it any more */
  "DELETE /v1/webhooks/{webhook}": { asks: { path: { webhook: string } }; gives: undefined };
  /** Make a new secret */
  "POST /v1/webhooks/{webhook}/secret": { asks: { path: { webhook: string }; body: RotateRequest }; gives: WebhookJson };
  /** Have everything after an event sent once more */
  "POST /v1/webhooks/{webhook}/replay": { asks: { path: { webhook: string }; body: ReplayRequest }; gives: WebhookJson };
  /** Try what is parked once more */
  "POST /v1/webhooks/{webhook}/retry": { asks: { path: { webhook: string } }; gives: WebhookJson };
  /** What was sent, what was answered, and what is still to come; the newest first */
  "GET /v1/webhooks/{webhook}/deliveries": { asks: { path: { webhook: string }; query?: { state?: "waiting" | "delivered" | "parked"; cursor?: string; limit?: number } }; gives: DeliveriesPage };
  /** End one of your party's sessions */
  "DELETE /v1/sessions/{session}": { asks: { path: { session: string } }; gives: undefined };
  /** Make a key for a machine */
  "POST /v1/api-keys": { asks: { body: ApiKeyRequest }; gives: ApiKeyJson };
  /** The keys of your party, the newest first */
  "GET /v1/api-keys": { asks: {  }; gives: ApiKeysAnswer };
  /** Revoke a key */
  "DELETE /v1/api-keys/{key}": { asks: { path: { key: string } }; gives: undefined };
  /** The process runs */
  "GET /livez": { asks: {  }; gives: Record<string, unknown> };
  /** The gateway can serve */
  "GET /readyz": { asks: {  }; gives: Record<string, unknown> };
  /** What a problem's code means, and what to do */
  "GET /problems/{code}": { asks: { path: { code: string } }; gives: Record<string, unknown> };
  /** The page that verifies evidence files */
  "GET /verify": { asks: {  }; gives: Uint8Array };
}
