// Merkle-Patricia proofs: what an account or a storage slot holds under a root, or that it holds nothing.
//
// The proof is one set of nodes, each known by its hash; a walk from the root finds its own way through it. Keys are hashed
// by the caller (Ethereum's "secure" tries).

import { type Bytes, type Hex, fromHex, toHex, wordHex } from "./bytes.ts";
import { type Step, invalid } from "./faults.ts";
import { keccak } from "./hashing.ts";
import * as rlp from "./rlp.ts";

export const EMPTY_ROOT: Hex = keccak(Uint8Array.of(0x80));
const REMEDY = "The proof is incomplete or damaged: make the evidence again.";
/** First byte of a contract's leaf on Kaia. */
const KAIA_CONTRACT = 2;

type Node = rlp.Item[];

export class Nodes {
  readonly #raw = new Map<Hex, Bytes>();
  readonly #read = new Map<Hex, Node>();

  /** raw: RLP of each node, in any order, each once. */
  constructor(raw: readonly Bytes[]) {
    for (const node of raw) {
      const digest = keccak(node);
      if (this.#raw.has(digest)) throw invalid(2, `node ${digest} twice`, "each node of the proofs once", "", REMEDY);
      this.#raw.set(digest, node);
    }
  }

  unused(): number {
    return this.#raw.size - this.#read.size;
  }

  get size(): number {
    return this.#raw.size;
  }

  /** The node with this hash, marked as used; undefined where the proof does not have it. */
  node(digest: Hex, step: Step): Node | undefined {
    const known = this.#read.get(digest);
    if (known !== undefined) return known;
    const raw = this.#raw.get(digest);
    if (raw === undefined) return undefined;
    let item: rlp.Item;
    try {
      item = rlp.decode(raw);
    } catch (error) {
      throw ofRlp(error, step, `node ${digest}`);
    }
    const node = shaped(item, step);
    this.#read.set(digest, node);
    return node;
  }
}

/** Thrown by a walk that the proof does not carry to its end: it proves neither a value nor that there is none. */
export class Unproven extends Error {
  readonly digest: Hex;

  constructor(digest: Hex) {
    super(`no node ${digest}`);
    this.digest = digest;
  }
}

/** The value under a key (32 bytes), null when the nodes prove that there is none. Throws Unproven where one is missing. */
export function walk(root: Hex, key: Hex, nodes: Nodes, step: Step): Bytes | null {
  if (root === EMPTY_ROOT) return null;
  const path = Array.from(key, (digit) => parseInt(digit, 16));
  let node = needed(nodes, root, step);
  let at = 0;
  for (;;) {
    let below: rlp.Item;
    if (node.length === 17) {
      if (at === path.length) return valueOf(node[16]!, step);
      below = node[path[at]!]!;
      at++;
    } else {
      const [part, leaf] = prefix(node[0]!, step);
      const fits = part.every((nibble, offset) => path[at + offset] === nibble);
      if (leaf) return fits && at + part.length === path.length ? valueOf(node[1]!, step) : null;
      if (!fits) return null;
      below = node[1]!;
      at += part.length;
    }
    if (rlp.isBytes(below, 0)) return null;
    node = nodeBelow(below, nodes, step);
  }
}

/** As `walk`, but a missing node is a failure of the step. */
function wholeWalk(root: Hex, key: Hex, nodes: Nodes, step: Step): Bytes | null {
  try {
    return walk(root, key, nodes, step);
  } catch (error) {
    if (error instanceof Unproven) throw missing(error, step);
    throw error;
  }
}

export function missing(error: Unproven, step: Step): Error {
  return invalid(step, `no node ${error.digest}`, "every node from the root to the value", "", REMEDY);
}

export interface Account {
  readonly storageRoot: Hex;
  readonly codeHash: Hex;
}

/** The account of a contract under a state root. kaia: its leaves differ from Ethereum's. */
export function account(root: Hex, address: Hex, nodes: Nodes, kaia: boolean): Account {
  const leaf = wholeWalk(root, keccak(fromHex(address)), nodes, 2);
  if (leaf === null) throw invalid(2, `no account 0x${address}`, "the ledger's account in the block's state", "", REMEDY);
  try {
    return kaia ? kaiaAccount(leaf) : ethereumAccount(rlp.decode(leaf));
  } catch (error) {
    throw ofRlp(error, 2, `account 0x${address}`);
  }
}

/** The word in a storage slot, 0 when the nodes prove that none is stored. Throws Unproven where a node is missing. */
export function slotOrUnproven(root: Hex, slot: Hex, nodes: Nodes): bigint {
  return slotValue(walk(root, keccak(fromHex(wordHex(slot))), nodes, 3), slot);
}

/** The same; a missing node is a failure of step 3. */
export function slot(root: Hex, place: Hex, nodes: Nodes): bigint {
  return slotValue(wholeWalk(root, keccak(fromHex(wordHex(place))), nodes, 3), place);
}

function slotValue(leaf: Bytes | null, place: Hex): bigint {
  if (leaf === null) return 0n;
  let value: bigint;
  try {
    value = rlp.integer(rlp.decode(leaf));
  } catch (error) {
    throw ofRlp(error, 3, `slot ${place}`);
  }
  if (value === 0n) throw invalid(3, `slot ${place}: a stored 0`, "no leaf where nothing is stored", "", REMEDY);
  return value;
}

function ethereumAccount(item: rlp.Item): Account {
  if (!Array.isArray(item) || item.length !== 4) throw another("[nonce, balance, storageRoot, codeHash]");
  rlp.integer(item[0]!, 8);
  rlp.integer(item[1]!);
  return { storageRoot: digest(item[2]!), codeHash: digest(item[3]!) };
}

/** 02 | RLP[[nonce, balance, humanReadable, keyType, key], storageRoot, codeHash, codeInfo] */
function kaiaAccount(leaf: Bytes): Account {
  if (leaf[0] !== KAIA_CONTRACT) throw new rlp.RlpError("another type of account", "0x02, a contract");
  const item = rlp.decode(leaf.subarray(1));
  const common = Array.isArray(item) ? item[0] : undefined;
  if (!Array.isArray(item) || item.length !== 4 || !Array.isArray(common) || common.length !== 5) {
    throw another("[[nonce, balance, …], storageRoot, codeHash, codeInfo]");
  }
  rlp.integer(common[0]!, 8);
  rlp.integer(common[1]!);
  return { storageRoot: digest(item[1]!), codeHash: digest(item[2]!) };
}

function digest(item: rlp.Item): Hex {
  if (!rlp.isBytes(item, 32)) throw another("a hash of 32 bytes");
  return toHex(item);
}

function another(allowed: string): rlp.RlpError {
  return new rlp.RlpError("another value", allowed);
}

function needed(nodes: Nodes, digest: Hex, step: Step): Node {
  const node = nodes.node(digest, step);
  if (node === undefined) throw new Unproven(digest);
  return node;
}

/** The node that a parent names: by its hash, or itself where its RLP is shorter than one. */
function nodeBelow(reference: rlp.Item, nodes: Nodes, step: Step): Node {
  if (Array.isArray(reference)) {
    if (rlp.encode(reference).length >= 32) throw misshapen(step, "a node of 32 bytes or more inside its parent", "its hash");
    return shaped(reference, step);
  }
  if (reference.length !== 32) throw misshapen(step, `a reference of ${reference.length} bytes`, "a hash of 32 bytes");
  return needed(nodes, toHex(reference), step);
}

/** A node is a branch of 16 places and a value, or a path with what follows. */
function shaped(item: rlp.Item, step: Step): Node {
  if (Array.isArray(item) && (item.length === 2 || item.length === 17)) return item;
  throw misshapen(step, "a value that is no node", "a list of 2 or 17");
}

/** The nibbles of a path and whether it ends in a leaf. */
function prefix(encoded: rlp.Item, step: Step): [number[], boolean] {
  if (!rlp.isBytes(encoded) || encoded.length === 0 || encoded[0]! >> 4 > 3) {
    throw misshapen(step, "a path without its prefix", "prefix 0 to 3");
  }
  const halves = Array.from(encoded).flatMap((byte) => [byte >> 4, byte & 15]);
  const leaf = halves[0]! >= 2;
  const odd = halves[0]! % 2 === 1;
  if (!odd && halves[1] !== 0) throw misshapen(step, `an even path padded with ${halves[1]}`, "padding 0");
  const part = halves.slice(odd ? 1 : 2);
  if (!leaf && part.length === 0) throw misshapen(step, "an extension without a path", "at least one nibble");
  return [part, leaf];
}

function valueOf(item: rlp.Item, step: Step): Bytes | null {
  if (!rlp.isBytes(item)) throw misshapen(step, "a list as a value", "bytes");
  return item.length === 0 ? null : item;
}

function misshapen(step: Step, found: string, expected: string): Error {
  return invalid(step, found, expected, "", REMEDY);
}

function ofRlp(error: unknown, step: Step, what: string): unknown {
  if (!(error instanceof rlp.RlpError)) return error;
  return invalid(step, `${what}: ${error.found}`, error.allowed, "", REMEDY);
}

