// Calls to the registry, read back from the msg.data that a party's log carries (docs/protocol §12, docs/adr/0011).
//
// Whoever carried a call chose its layout, so this reads as the contract's own decoder does, neither stricter nor laxer:
// offsets may point backwards, bytes may overlap or follow, and a consent that the act does not use may point nowhere.

import { type Bytes, type Hex, NO_BYTES, fromHex, hexToBigInt, toHex, wordHex } from "./bytes.ts";
import { keccak, keccakText } from "./hashing.ts";

export class CallError extends Error {
  readonly found: string;
  readonly allowed: string;

  constructor(found: string, allowed: string) {
    super(`found ${found}; allowed ${allowed}`);
    this.found = found;
    this.allowed = allowed;
  }
}

export interface Registration {
  readonly profile: Hex;
  readonly roles: bigint;
  readonly encryptionKey: Hex;
  readonly threshold: number;
  readonly recoveryBarred: boolean;
  readonly accounts: readonly Hex[];
  readonly scopes: readonly number[];
  readonly consents: readonly Bytes[];
}

export type Call =
  | { readonly name: "register"; readonly registration: Registration }
  | {
      readonly name: "partyAct"; readonly party: number; readonly what: number; readonly value: Hex;
      readonly deadline: number; readonly signatures: Bytes; readonly consent: Bytes;
    }
  | { readonly name: "propose"; readonly party: number; readonly what: number; readonly value: Hex }
  | { readonly name: "order"; readonly party: number; readonly what: number; readonly value: Hex }
  | { readonly name: "cancelOrder"; readonly change: Hex }
  | { readonly name: "veto"; readonly change: Hex; readonly signature: Bytes }
  | { readonly name: "enact"; readonly change: Hex; readonly consent: Bytes }
  | { readonly name: "suspend"; readonly party: number; readonly until: number }
  | { readonly name: "reinstate"; readonly party: number };

const NAMES = new Map<Hex, Call["name"]>(
  (
    [
      ["register", "((bytes32,uint64,bytes32,uint8,bool,address[],uint8[],bytes[]))"],
      ["partyAct", "((uint32,uint8,bytes32,uint40,bytes,bytes))"],
      ["propose", "(uint32,uint8,bytes32)"],
      ["order", "(uint32,uint8,bytes32,bytes32)"],
      ["cancelOrder", "(bytes32)"],
      ["veto", "(bytes32,bytes)"],
      ["enact", "(bytes32,bytes)"],
      ["suspend", "(uint32,uint40)"],
      ["reinstate", "(uint32)"],
    ] as const
  ).map(([name, types]) => [keccakText(name + types).slice(0, 8), name]),
);
/** Items of a list in a call; the registry itself takes at most 15. */
const MAX_ITEMS = 64n;

/** `digest` of a log entry that nobody signed: keccak256(abi.encode(msg.sig, keccak256(msg.data[4:]))). */
export function callDigest(call: Bytes): Hex {
  return keccak(fromHex(toHex(call.subarray(0, 4)).padEnd(64, "0") + keccak(call.subarray(4))));
}

/** keccak256(abi.encode(profile, roles, encryptionKey, threshold, recoveryBarred, accounts, scopes)). */
export function registrationDigest(one: Registration): Hex {
  const accountsAt = 7 * 32;
  const scopesAt = accountsAt + 32 * (1 + one.accounts.length);
  const words = [
    one.profile, one.roles, one.encryptionKey, one.threshold, one.recoveryBarred ? 1 : 0, accountsAt, scopesAt,
    one.accounts.length, ...one.accounts, one.scopes.length, ...one.scopes,
  ];
  return keccak(fromHex(words.map(wordHex).join("")));
}

export function decodeCall(call: Bytes): Call {
  const selector = toHex(call.subarray(0, 4));
  const name = NAMES.get(selector);
  const read = new Reader(call, 4);
  switch (name) {
    case "register":
      return { name, registration: registrationOf(read.tail(0)) };
    case "partyAct": {
      const act = read.tail(0);
      return {
        name, party: act.number(0, 32), what: act.number(1, 8), value: act.word(2), deadline: act.number(3, 40),
        signatures: act.bytes(4), consent: unused(act, 5),
      };
    }
    case "propose":
      return { name, party: read.number(0, 32), what: read.number(1, 8), value: read.word(2) };
    case "order": {
      const order = { name, party: read.number(0, 32), what: read.number(1, 8), value: read.word(2) };
      read.word(3);
      return order;
    }
    case "cancelOrder":
      return { name, change: read.word(0) };
    case "veto":
      return { name, change: read.word(0), signature: read.bytes(1) };
    case "enact":
      return { name, change: read.word(0), consent: read.bytes(1) };
    case "suspend":
      return { name, party: read.number(0, 32), until: read.number(1, 40) };
    case "reinstate":
      return { name, party: read.number(0, 32) };
    case undefined:
      throw new CallError(`selector ${selector}`, "a function of the registry");
  }
}

/** Bytes that the contract may not have looked at. */
function unused(read: Reader, index: number): Bytes {
  try {
    return read.bytes(index);
  } catch (error) {
    if (error instanceof CallError) return NO_BYTES;
    throw error;
  }
}

function registrationOf(read: Reader): Registration {
  return {
    profile: read.word(0), roles: read.integer(1, 64), encryptionKey: read.word(2), threshold: read.number(3, 8),
    recoveryBarred: read.number(4, 1) === 1, accounts: read.items(5, (one) => wordHex(one.integer(0, 160)).slice(24)),
    scopes: read.items(6, (one) => one.number(0, 8)), consents: read.bytesItems(7),
  };
}

/** ABI words of a call from one place on; offsets count from there. */
class Reader {
  readonly #call: Bytes;
  readonly #base: number;

  constructor(call: Bytes, base: number) {
    this.#call = call;
    this.#base = base;
  }

  word(index: number): Hex {
    const at = this.#base + 32 * index;
    if (at < 0 || at > this.#call.length - 32) {
      throw new CallError(`a word at byte ${at}`, `a place in a call of ${this.#call.length} bytes`);
    }
    return toHex(this.#call.subarray(at, at + 32));
  }

  integer(index: number, bits: number): bigint {
    const value = hexToBigInt(this.word(index));
    if (value >> BigInt(bits)) throw new CallError(`${value} as word ${index}`, `an integer of ${bits} bits`);
    return value;
  }

  /** bits: at most 53. */
  number(index: number, bits: number): number {
    return Number(this.integer(index, bits));
  }

  /** Where the offset in this word points: a signed number for the contract's decoder, forwards or backwards. */
  tail(index: number): Reader {
    const offset = BigInt.asIntN(256, hexToBigInt(this.word(index)));
    const base = BigInt(this.#base) + offset;
    if (base > BigInt(this.#call.length - 32)) throw new CallError(`offset ${offset} in word ${index}`, "a place in the call");
    // Far before the call is as good as just before it: the words there are refused, or read as no bytes.
    return new Reader(this.#call, Number(base < -(2n ** 50n) ? -(2n ** 50n) : base));
  }

  bytes(index: number): Bytes {
    const tail = this.tail(index);
    if (tail.#base < 0) return NO_BYTES; // before the call, where the EVM reads zeros
    const length = tail.integer(0, 64);
    const start = tail.#base + 32;
    if (BigInt(start) + length > BigInt(this.#call.length)) throw new CallError(`${length} bytes announced`, `${this.#call.length - start} that follow`);
    return this.#call.subarray(start, start + Number(length));
  }

  items<T>(index: number, read: (one: Reader) => T): T[] {
    const tail = this.tail(index);
    const count = tail.#count();
    return Array.from({ length: count }, (_, at) => read(new Reader(this.#call, tail.#base + 32 * (1 + at))));
  }

  bytesItems(index: number): Bytes[] {
    const tail = this.tail(index);
    const count = tail.#count();
    const inside = new Reader(this.#call, tail.#base + 32);
    return Array.from({ length: count }, (_, at) => inside.bytes(at));
  }

  #count(): number {
    const count = this.integer(0, 64);
    if (count > MAX_ITEMS) throw new CallError(`a list of ${count}`, `at most ${MAX_ITEMS}`);
    return Number(count);
  }
}
