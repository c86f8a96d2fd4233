// Step 0: the one form of an evidence file (docs/protocol/evidence.md, "The file"). Nothing else is looked at before all of
// it holds; every failure is Malformed and names the place as a JSON pointer.

import { type Bytes, type Hex, fromHex, hexToBigInt, utf8 } from "./bytes.ts";
import { type Json, type JsonObject, MAX_INTEGER, NotCanonical, decodeCanonical, encode, isObject, member } from "./canonical.ts";
import { malformed, shown } from "./faults.ts";
import { Domain, type Action } from "./typed_data.ts";
import { entry } from "./hashing.ts";

export const EVIDENCE_SCHEMA = "portledger/evidence/1";
export const MAX_BYTES = 64 * 2 ** 20;
/** Commas and opening brackets of a text: parsed values take many times the memory of what they are parsed from. */
const MAX_PARTS = 2_000_000;
/** Bytes of a kind file as canonical JSON. */
const MAX_KIND = 128 * 2 ** 10;
export type Engine = "none" | "qbft" | "istanbul";

const U8 = 2 ** 8 - 1;
const U16 = 2 ** 16 - 1;
const U24 = 2 ** 24 - 1;
const U32 = 2 ** 32 - 1;
const U40 = 2 ** 40 - 1;
const MAX_SIGNATURES = 15 * 65;
const MAX_CALL = 8_192;

/** An act, or a note: what was signed and what the log says of it. control: the packed word after it. */
export interface Act {
  readonly type: "act" | "note";
  readonly action: Action;
  readonly signatures: Bytes;
  readonly digest: Hex;
  readonly head: Hex;
  readonly control: bigint;
  readonly time: number;
}
/** until 0: an unfreeze. */
export interface Freeze {
  readonly type: "freeze";
  readonly until: number;
  readonly reason: Hex;
  readonly sender: Hex;
  readonly head: Hex;
  readonly control: bigint;
  readonly time: number;
}
export interface Hidden {
  readonly type: "hidden";
  readonly digest: Hex;
  readonly result: Hex;
  readonly signers: Hex;
  readonly time: number;
}
/** What came before a suffix: it opens the head that the first entry extends. */
export interface Start {
  readonly head: Hex;
  readonly control: bigint;
  readonly time: number;
}
/** One entry of log 0. holders: governor, registrar, guardian after it. */
export interface PowerEntry {
  readonly digest: Hex;
  readonly holders: readonly [Hex, Hex, Hex];
  readonly kind: number;
  readonly kindDigest: Hex;
  readonly signers: Hex;
  readonly time: number;
}
export interface Change {
  readonly digest: Hex;
  readonly partyWord: bigint;
  readonly profile: Hex;
  readonly encryptionKey: Hex;
  readonly accountWord: bigint;
  readonly signers: Hex;
  readonly head: Hex;
  readonly call: Bytes;
  readonly time: number;
}
export interface PartyRecord {
  readonly party: number;
  readonly log: readonly Change[];
  readonly profile: JsonObject | null;
}
export interface Opened {
  readonly dataset: string;
  readonly key: Hex;
  readonly seed: Hex;
  readonly carried: ReadonlyMap<string, Hex>;
  readonly value: Json;
}
export interface Bundle {
  readonly domain: Domain;
  readonly engine: Engine;
  readonly header: Bytes;
  readonly path: readonly Bytes[];
  readonly proof: readonly Bytes[];
  readonly kind: JsonObject;
  readonly document: Hex;
  readonly start: Start | null;
  readonly entries: readonly (Act | Freeze)[];
  readonly notes: readonly (Act | Hidden)[];
  readonly consortium: readonly PowerEntry[];
  readonly parties: readonly PartyRecord[];
  readonly manifests: readonly JsonObject[];
  readonly opened: readonly Opened[];
  /** By the digest of the act. */
  readonly details: ReadonlyMap<Hex, JsonObject>;
  /** RFC 3161 tokens, DER. */
  readonly stamps: readonly Bytes[];
}

/** The value in a file's bytes (already inflated): canonical JSON, one line feed may follow. */
export function readJson(data: Bytes): Json {
  if (data.length > MAX_BYTES) throw malformed("", `${data.length} bytes`, `at most ${MAX_BYTES}`);
  let parts = 0;
  for (const byte of data) if (byte === 0x2c || byte === 0x5b || byte === 0x7b) parts++;
  if (parts > MAX_PARTS) throw malformed("", `${parts} commas and opening brackets`, `at most ${MAX_PARTS}`);
  const end = data[data.length - 1] === 0x0a ? data.length - 1 : data.length;
  try {
    return decodeCanonical(data.subarray(0, end));
  } catch (error) {
    if (error instanceof NotCanonical) throw malformed("", error.found, error.allowed);
    throw error;
  }
}

export function parseBundle(value: Json, at = ""): Bundle {
  const read = new Members(value, at, [
    "schema", "ledger", "block", "proof", "kind", "document", "start", "entries", "notes", "consortium", "parties",
    "manifests", "opened", "details", "stamps",
  ]);
  if (read.value("schema") !== EVIDENCE_SCHEMA) {
    throw malformed(`${at}/schema`, shown(read.value("schema")), `${EVIDENCE_SCHEMA}, this version's`);
  }
  const ledger = read.object("ledger", ["chainId", "address", "salt"]);
  const block = read.object("block", ["engine", "header", "path"]);
  const engine = block.value("engine");
  if (engine !== "none" && engine !== "qbft" && engine !== "istanbul") {
    throw malformed(`${at}/block/engine`, shown(engine), "none, qbft, istanbul");
  }
  const document = read.digest("document");
  const kind = objectOf(read.value("kind"), `${at}/kind`);
  const size = utf8(encode(kind)).length;
  if (size > MAX_KIND) throw malformed(`${at}/kind`, `${size} bytes`, `at most ${MAX_KIND}`);
  const number = integerOf(member(kind, "number"), 0, U16, `${at}/kind/number`);
  const bundle: Bundle = {
    domain: new Domain(ledger.integer("chainId", MAX_INTEGER, 1), ledger.address("address"), ledger.digest("salt")),
    engine,
    header: block.bytes("header", 32_768),
    path: block.list("path", 1_000, (one, place) => bytesOf(one, 32_768, place)),
    proof: read.list("proof", 50_000, (one, place) => bytesOf(one, 2_048, place)),
    kind,
    document,
    start: read.value("start") === null ? null : startOf(read.object("start", ["previous", "digest", "control", "signers", "time"])),
    entries: read.list("entries", 100_000, (one, place) => entryOf(one, place, number, document)),
    notes: read.list("notes", 100_000, (one, place) => noteOf(one, place, number, document)),
    consortium: read.list("consortium", 10_000, powerOf),
    parties: read.list("parties", 1_000, partyOf),
    manifests: read.list("manifests", 1_000, objectOf),
    opened: read.list("opened", 64, openedOf),
    details: detailsOf(read),
    stamps: read.list("stamps", 16, stampOf),
  };
  if (bundle.entries.length === 0) throw malformed(`${at}/entries`, "an empty list", "at least one item");
  ascending(bundle.parties.map((one) => one.party), `${at}/parties`);
  return bundle;
}

// --- elements --------------------------------------------------------------------------------------------------------

function startOf(read: Members): Start {
  const previous = read.digest("previous");
  const digest = read.digest("digest");
  const control = read.word("control");
  const signers = read.digest("signers");
  const time = read.integer("time", U40);
  return { head: entry(previous, digest, control, signers, time), control, time };
}

function entryOf(value: Json, at: string, kind: number, document: Hex): Act | Freeze {
  const type = member(objectOf(value, at), "type");
  if (type === "act") return actOf(value, at, type, kind, document);
  if (type === "freeze") return freezeOf(value, at);
  throw malformed(`${at}/type`, shown(type), "act or freeze");
}

function noteOf(value: Json, at: string, kind: number, document: Hex): Act | Hidden {
  const type = member(objectOf(value, at), "type");
  if (type === "note") return actOf(value, at, type, kind, document);
  if (type === "hidden") return hiddenOf(value, at);
  throw malformed(`${at}/type`, shown(type), "note or hidden");
}

function actOf(value: Json, at: string, type: "act" | "note", kind: number, document: Hex): Act {
  const read = new Members(value, at, [
    "type", "verb", "actor", "epoch", "counterparty", "endorsee", "quantity", "deadline", "previous", "content",
    "documentReference", "detail", "signatures", "digest", "head", "control", "time",
  ]);
  return {
    type,
    action: {
      kind, document,
      verb: read.integer("verb", U8),
      previous: read.digest("previous"),
      actor: read.integer("actor", U32),
      epoch: read.integer("epoch", U32),
      deadline: read.integer("deadline", U40),
      content: read.digest("content"),
      documentReference: read.digest("documentReference"),
      detail: read.digest("detail"),
      counterparty: read.integer("counterparty", U32),
      endorsee: read.integer("endorsee", U32),
      quantity: read.integer("quantity", U24),
    },
    signatures: read.bytes("signatures", MAX_SIGNATURES),
    digest: read.digest("digest"),
    head: read.digest("head"),
    control: read.word("control"),
    time: read.integer("time", U40),
  };
}

function freezeOf(value: Json, at: string): Freeze {
  const read = new Members(value, at, ["type", "until", "reason", "sender", "head", "control", "time"]);
  return {
    type: "freeze", until: read.integer("until", U40), reason: read.digest("reason"), sender: read.address("sender"),
    head: read.digest("head"), control: read.word("control"), time: read.integer("time", U40),
  };
}

function hiddenOf(value: Json, at: string): Hidden {
  const read = new Members(value, at, ["type", "digest", "result", "signers", "time"]);
  return {
    type: "hidden", digest: read.digest("digest"), result: read.digest("result"), signers: read.digest("signers"),
    time: read.integer("time", U40),
  };
}

function powerOf(value: Json, at: string): PowerEntry {
  const read = new Members(value, at, ["digest", "governor", "registrar", "guardian", "kind", "kindDigest", "signers", "time"]);
  return {
    digest: read.digest("digest"), holders: [read.address("governor"), read.address("registrar"), read.address("guardian")],
    kind: read.integer("kind", U16), kindDigest: read.digest("kindDigest"), signers: read.digest("signers"),
    time: read.integer("time", U40),
  };
}

function partyOf(value: Json, at: string): PartyRecord {
  const read = new Members(value, at, ["party", "log", "profile"]);
  const profile = read.value("profile");
  return {
    party: read.integer("party", U32 - 1, 1), log: read.list("log", 10_000, changeOf),
    profile: profile === null ? null : objectOf(profile, `${at}/profile`),
  };
}

function changeOf(value: Json, at: string): Change {
  const read = new Members(value, at, [
    "digest", "partyWord", "profile", "encryptionKey", "accountWord", "signers", "head", "call", "time",
  ]);
  return {
    digest: read.digest("digest"), partyWord: read.word("partyWord"), profile: read.digest("profile"),
    encryptionKey: read.digest("encryptionKey"), accountWord: read.word("accountWord"), signers: read.digest("signers"),
    head: read.digest("head"), call: read.bytes("call", MAX_CALL), time: read.integer("time", U40),
  };
}

function openedOf(value: Json, at: string): Opened {
  const read = new Members(value, at, ["dataset", "key", "seed", "carried", "value"]);
  const carried = objectOf(read.value("carried"), `${at}/carried`);
  return {
    dataset: read.text("dataset", 64), key: read.digest("key"), seed: read.digest("seed"),
    carried: new Map(Object.keys(carried).map((path) => [path, saltOf(member(carried, path), `${at}/carried`)])),
    value: read.value("value"),
  };
}

function detailsOf(read: Members): Map<Hex, JsonObject> {
  const pairs = read.list("details", 200_000, (value, at) => {
    const one = new Members(value, at, ["act", "detail"]);
    return [one.digest("act"), objectOf(one.value("detail"), `${at}/detail`)] as const;
  });
  ascending(pairs.map(([act]) => act), `${read.at}/details`);
  return new Map(pairs);
}

const MAX_STAMP = 16 * 2 ** 10;

function stampOf(value: Json, at: string): Bytes {
  const refused = malformed(at, shown(value), `the one base64 form of 1 to ${MAX_STAMP} bytes`);
  if (typeof value !== "string" || value === "" || value.length > 2 * MAX_STAMP) throw refused;
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value)) throw refused;
  const binary = atob(value);
  // Bits that padding leaves over must be zero: one spelling for each token.
  if (binary.length > MAX_STAMP || btoa(binary) !== value) throw refused;
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

// --- values ----------------------------------------------------------------------------------------------------------

/** An object with exactly these members, read one by one. */
export class Members {
  readonly at: string;
  readonly #object: JsonObject;

  constructor(value: Json, at: string, names: readonly string[]) {
    this.at = at;
    this.#object = objectOf(value, at);
    const unknown = Object.keys(this.#object).filter((name) => !names.includes(name));
    const missing = names.filter((name) => !Object.hasOwn(this.#object, name));
    if (unknown.length > 0 || missing.length > 0) {
      const found = [...unknown.map((name) => `unknown ${shown(name)}`), ...missing.map((name) => `no ${name}`)];
      throw malformed(at, found.join(", ").slice(0, 200), names.join(", "));
    }
  }

  value(name: string): Json {
    return this.#object[name]!;
  }

  object(name: string, names: readonly string[]): Members {
    return new Members(this.value(name), `${this.at}/${name}`, names);
  }

  integer(name: string, high: number, low = 0): number {
    return integerOf(this.value(name), low, high, `${this.at}/${name}`);
  }

  digest(name: string): Hex {
    return digestOf(this.value(name), `${this.at}/${name}`);
  }

  word(name: string): bigint {
    return hexToBigInt(this.digest(name));
  }

  address(name: string): Hex {
    const value = this.value(name);
    if (typeof value !== "string" || !/^0x[0-9a-f]{40}$/.test(value)) {
      throw malformed(`${this.at}/${name}`, shown(value), "0x and 40 lower-case hex digits");
    }
    return value.slice(2);
  }

  bytes(name: string, longest: number): Bytes {
    return bytesOf(this.value(name), longest, `${this.at}/${name}`);
  }

  /** A string of 1 to `longest` characters (not UTF-16 units). */
  text(name: string, longest: number): string {
    const value = this.value(name);
    if (typeof value !== "string" || value === "" || value.length > 2 * longest || [...value].length > longest) {
      throw malformed(`${this.at}/${name}`, shown(value), `a string of 1 to ${longest} characters`);
    }
    return value;
  }

  list<T>(name: string, most: number, read: (one: Json, at: string) => T): T[] {
    return listOf(this.value(name), most, `${this.at}/${name}`, read);
  }
}

export function listOf<T>(value: Json, most: number, at: string, read: (one: Json, at: string) => T): T[] {
  if (!Array.isArray(value)) throw malformed(at, shown(value), "a list");
  if (value.length > most) throw malformed(at, `${value.length} items`, `at most ${most}`);
  return value.map((one, number) => read(one, `${at}/${number}`));
}

export function objectOf(value: Json | undefined, at: string): JsonObject {
  if (!isObject(value)) throw malformed(at, shown(value), "an object");
  return value;
}

function integerOf(value: Json | undefined, low: number, high: number, at: string): number {
  if (typeof value !== "number" || value < low || value > high) throw malformed(at, shown(value), `an integer from ${low} to ${high}`);
  return value;
}

export function digestOf(value: Json | undefined, at: string): Hex {
  if (typeof value !== "string" || !/^[0-9a-f]{64}$/.test(value)) throw malformed(at, shown(value), "64 lower-case hex digits");
  return value;
}

export function saltOf(value: Json | undefined, at: string): Hex {
  if (typeof value !== "string" || !/^[0-9a-f]{32}$/.test(value)) throw malformed(at, shown(value), "32 lower-case hex digits");
  return value;
}

export function bytesOf(value: Json, longest: number, at: string): Bytes {
  if (typeof value !== "string" || value.length % 2 !== 0 || !/^[0-9a-f]*$/.test(value)) {
    throw malformed(at, shown(value), "lower-case hex digits");
  }
  if (value.length > 2 * longest) throw malformed(at, `${value.length / 2} bytes`, `at most ${longest}`);
  return fromHex(value);
}

export function ascending(keys: readonly (string | number)[], at: string): void {
  for (let number = 1; number < keys.length; number++) {
    if (!(keys[number - 1]! < keys[number]!)) throw malformed(`${at}/${number}`, "an item out of order, or twice", "ascending order, each once");
  }
}
