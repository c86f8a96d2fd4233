// The salted tree over a dataset's fields (docs/protocol §8): a binary trie in which a leaf stands at SHA-256 of its path.
// Every check throws; none answers false. Hashes are 64 hex digits.

import { type Bytes, type Hex, ZERO, fromHex, toHex, utf8 } from "./bytes.ts";
import { type Json, encode, isObject, member } from "./canonical.ts";
import { hmacSha256, sha256 } from "./hashing.ts";

export const MAX_SIBLINGS = 256;
export const MAX_POINTER = 1_000;
const MAX_LEAVES = 100_000;

export class ProofError extends Error {
  readonly found: string;
  readonly expected: string;

  constructor(found: string, expected: string) {
    super(`found ${found}; expected ${expected}`);
    this.found = found;
    this.expected = expected;
  }
}

/** What a manifest says about one dataset's fields. aad: canonical JSON of the dataset's place. */
export interface Root {
  readonly document: Hex;
  readonly aad: Bytes;
  readonly root: Hex;
}

export interface Presence {
  readonly path: string;
  readonly value: Json;
  readonly salt: Hex;
  readonly siblings: readonly Hex[];
}
export interface Absence {
  readonly path: string;
  readonly siblings: readonly Hex[];
  readonly other: { readonly position: Hex; readonly valueHash: Hex } | null;
}
export interface Equality {
  readonly path: string;
  readonly siblings: readonly Hex[];
  readonly otherPath: string;
  readonly otherSiblings: readonly Hex[];
  readonly valueHash: Hex;
}

export function checkPresence(tree: Root, proof: Presence): void {
  checkLeaf(tree, proof.path, valueHash(proof.salt, proof.value), proof.siblings);
}

export function checkAbsence(tree: Root, proof: Absence): void {
  const at = position(proof.path);
  if (proof.other === null) return checkPath(tree, at, ZERO, proof.siblings);
  const found = proof.other.position;
  if (found === at) throw new ProofError("the leaf of this very path", "another leaf, or none");
  for (let depth = 0; depth < proof.siblings.length; depth++) {
    if (bitOf(found, depth) !== bitOf(at, depth)) throw new ProofError("a leaf of another place", "one that agrees in all bits above it");
  }
  checkPath(tree, at, leafHash(tree.document, found, proof.other.valueHash), proof.siblings);
}

export function checkEquality(tree: Root, other: Root, proof: Equality): void {
  checkLeaf(tree, proof.path, proof.valueHash, proof.siblings);
  checkLeaf(other, proof.otherPath, proof.valueHash, proof.otherSiblings);
}

/** The root over a whole value. carried: salts taken over from another document, by path; each must be a leaf's. */
export function rootOf(document: Hex, aad: Bytes, seed: Hex, carried: ReadonlyMap<string, Hex>, value: Json): Hex {
  const leaves = flatten(value);
  for (const path of carried.keys()) {
    if (!leaves.has(path)) throw new ProofError(`a carried salt for ${JSON.stringify(path)}`, "a leaf of the value");
  }
  const key = fromHex(seed);
  const rows = [...leaves].map(([path, leaf]) => {
    const salt = carried.get(path) ?? saltFrom(key, path);
    const at = position(path);
    return { at, hash: leafHash(document, at, valueHash(salt, leaf)) };
  });
  rows.sort((left, right) => (left.at < right.at ? -1 : 1));
  return rootHash(aad, trieHash(rows, 0));
}

/** Every leaf with its pointer. A member named like an array index would read like an item of a list, and is refused. */
export function flatten(value: Json): Map<string, Json> {
  const leaves = new Map<string, Json>();
  const walk = (path: string, at: Json): void => {
    if (path.length > MAX_POINTER && [...path].length > MAX_POINTER) throw new ProofError("a longer pointer", `at most ${MAX_POINTER} characters`);
    if (leaves.size >= MAX_LEAVES) throw new ProofError(`more than ${MAX_LEAVES} leaves`, `at most ${MAX_LEAVES}`);
    if (Array.isArray(at) && at.length > 0) at.forEach((item, index) => walk(`${path}/${index}`, item));
    else if (isObject(at) && Object.keys(at).length > 0) {
      for (const name of Object.keys(at)) {
        if (/^(?:0|[1-9][0-9]*)$/.test(name)) throw new ProofError(`a member named ${name}, like an array index`, "other names");
        walk(`${path}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`, member(at, name)!);
      }
    } else leaves.set(path, at);
  };
  walk("", value);
  return leaves;
}

interface Row {
  readonly at: Hex;
  readonly hash: Hex;
}

/** Hash of the subtree over leaves that agree in all bits above `depth`; sorted by position. */
function trieHash(rows: readonly Row[], depth: number): Hex {
  if (rows.length === 0) return ZERO;
  if (rows.length === 1) return rows[0]!.hash;
  const first = rows.findIndex((row) => bitOf(row.at, depth) === 1);
  const middle = first < 0 ? rows.length : first;
  return nodeHash(trieHash(rows.slice(0, middle), depth + 1), trieHash(rows.slice(middle), depth + 1));
}

function checkLeaf(tree: Root, path: string, hashed: Hex, siblings: readonly Hex[]): void {
  const at = position(path);
  checkPath(tree, at, leafHash(tree.document, at, hashed), siblings);
}

function checkPath(tree: Root, at: Hex, leaf: Hex, siblings: readonly Hex[]): void {
  if (siblings.length > MAX_SIBLINGS) throw new ProofError(`${siblings.length} siblings`, `at most ${MAX_SIBLINGS}`);
  // A node with an empty child and a leaf or another empty child is no valid node.
  if (siblings[siblings.length - 1] === ZERO) throw new ProofError("an empty lowest sibling", "a leaf or a node beside the place");
  let found = leaf;
  for (let depth = siblings.length - 1; depth >= 0; depth--) {
    const sibling = siblings[depth]!;
    found = bitOf(at, depth) === 1 ? nodeHash(sibling, found) : nodeHash(found, sibling);
  }
  if (rootHash(tree.aad, found) !== tree.root) throw new ProofError("a proof that leads to another root", `root ${tree.root}`);
}

/** Bit `depth` of a position, most significant first. */
function bitOf(at: Hex, depth: number): number {
  return (parseInt(at[depth >> 2]!, 16) >> (3 - (depth & 3))) & 1;
}

function position(path: string): Hex {
  return sha256(utf8(path));
}

function saltFrom(seed: Bytes, path: string): Hex {
  return toHex(hmacSha256(seed, utf8(path)).subarray(0, 16));
}

function valueHash(salt: Hex, value: Json): Hex {
  return sha256(fromHex(salt), utf8(encode(value)));
}

function leafHash(document: Hex, at: Hex, hashed: Hex): Hex {
  return sha256(fromHex(`00${document}${at}${hashed}`));
}

function nodeHash(left: Hex, right: Hex): Hex {
  return sha256(fromHex(`01${left}${right}`));
}

function rootHash(aad: Bytes, trie: Hex): Hex {
  return sha256(Uint8Array.of(2), aad, fromHex(trie));
}
