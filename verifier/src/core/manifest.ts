// Manifests (docs/protocol §8; step 12): what the digest on the ledger covers.

import { type Bytes, type Hex, utf8 } from "./bytes.ts";
import { type Json, type JsonObject, MAX_INTEGER, encode, isObject, member } from "./canonical.ts";
import { invalid, shown } from "./faults.ts";
import type { Root } from "./tree.ts";

export interface DatasetEntry {
  readonly name: string;
  readonly sealedVersion: number;
  readonly keyCommitment: Hex;
  readonly root: Hex;
}

export class Manifest {
  readonly version: number;
  readonly #place: { chainId: number; ledger: string; document: Hex; kind: number };
  readonly #datasets: ReadonlyMap<string, DatasetEntry>;

  /** Reads the JSON form; anything else fails step 12. */
  constructor(value: JsonObject) {
    exactly(value, ["chainId", "ledger", "document", "kind", "version", "datasets"], "manifest");
    this.#place = {
      chainId: integer(value, "chainId", 1, MAX_INTEGER), ledger: text(value, "ledger", /^0x[0-9a-f]{40}$/),
      document: text(value, "document", DIGEST), kind: integer(value, "kind", 1, 0xffff),
    };
    this.version = integer(value, "version", 1, 0xffff);
    const rows = member(value, "datasets");
    if (!Array.isArray(rows) || rows.length === 0) throw wrong("datasets: no list, or an empty one", "the kind's datasets");
    const entries = rows.map((row) => entryOf(row, this.version));
    this.#datasets = new Map(entries.map((entry) => [entry.name, entry]));
    if (this.#datasets.size !== entries.length) throw wrong("datasets: a name twice", "each dataset once");
  }

  names(): string[] {
    return [...this.#datasets.keys()];
  }

  dataset(name: string): DatasetEntry | undefined {
    return this.#datasets.get(name);
  }

  /** The members that every manifest of a document has; as they are compared with the ledger's. */
  place(): Readonly<Record<string, string | number>> {
    return this.#place;
  }

  /** JCS{chainId, ledger, document, kind, dataset, sealedVersion}. */
  aad(entry: DatasetEntry): Bytes {
    return utf8(encode({ ...this.#place, dataset: entry.name, sealedVersion: entry.sealedVersion }));
  }

  root(entry: DatasetEntry): Root {
    return { document: this.#place.document, aad: this.aad(entry), root: entry.root };
  }
}

const DIGEST = /^[0-9a-f]{64}$/;

function entryOf(row: Json, version: number): DatasetEntry {
  if (!isObject(row)) throw wrong(`dataset ${shown(row)}`, "an object");
  exactly(row, ["name", "sealedVersion", "nonce", "size", "ciphertextSha256", "keyCommitment", "root"], "dataset");
  text(row, "nonce", /^[0-9a-f]{24}$/);
  integer(row, "size", 1, MAX_INTEGER);
  text(row, "ciphertextSha256", DIGEST);
  return {
    name: text(row, "name", /^[\x00-\x7f]{1,64}$/), sealedVersion: integer(row, "sealedVersion", 1, version),
    keyCommitment: text(row, "keyCommitment", DIGEST), root: text(row, "root", DIGEST),
  };
}

function exactly(value: JsonObject, names: readonly string[], what: string): void {
  const found = Object.keys(value);
  if (found.length !== names.length || !names.every((name) => Object.hasOwn(value, name))) {
    throw wrong(`${what} with members ${found.join(", ").slice(0, 200)}`, names.join(", "));
  }
}

function integer(value: JsonObject, name: string, low: number, high: number): number {
  const found = member(value, name);
  if (typeof found !== "number" || found < low || found > high) throw wrong(`${name} ${shown(found)}`, `an integer from ${low} to ${high}`);
  return found;
}

function text(value: JsonObject, name: string, pattern: RegExp): string {
  const found = member(value, name);
  if (typeof found !== "string" || !pattern.test(found)) throw wrong(`${name} ${shown(found)}`, String(pattern));
  return found;
}

function wrong(found: string, expected: string): Error {
  return invalid(12, found, expected);
}
