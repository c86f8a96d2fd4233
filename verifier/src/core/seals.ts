// Step 1: the block's header, and who put their names under it (docs/protocol/seals.md).
//
// A header lists the set that sealed it. Its seals must be of members of that list, all different, at least ceil(2N/3) of
// them. Whether that list is the right one is decided by the set in force: the one that the policy names, until enough of
// its members seal a chain of blocks that lists another.

import { type Bytes, type Hex, concat, fromHex, toHex } from "./bytes.ts";
import { Failure, invalid, outside } from "./faults.ts";
import type { Engine } from "./form.ts";
import { keccak } from "./hashing.ts";
import * as rlp from "./rlp.ts";
import { recoverSeal } from "./signatures.ts";

export interface Header {
  readonly hash: Hex;
  readonly parentHash: Hex;
  readonly stateRoot: Hex;
  readonly number: number;
  readonly time: number;
}

/** A set of validators that the policy trusts to seal the blocks after `height`. */
export interface Trust {
  readonly height: number;
  readonly validators: readonly Hex[];
}

export interface SealedHeader {
  readonly header: Header;
  readonly sealed: boolean;
  readonly signers: readonly Hex[];
}

/** Where what stands in a header. sizes: bytes of each field that every header has, 0 = any; most: fields at most. */
interface Layout {
  readonly sizes: readonly number[];
  readonly most: number;
  readonly parent: number;
  readonly state: number;
  readonly number: number;
  readonly time: number;
  readonly extra: number;
}

const ETHEREUM: Layout = {
  sizes: [32, 32, 20, 32, 32, 32, 256, 0, 0, 0, 0, 0, 0, 32, 8], most: 21, parent: 0, state: 3, number: 8, time: 11, extra: 12,
};
const KAIA: Layout = {
  sizes: [32, 20, 32, 32, 32, 256, 0, 0, 0, 0, 0, 0, 0, 0, 0], most: 19, parent: 0, state: 2, number: 7, time: 9, extra: 11,
};

interface Seal {
  readonly digest: Hex;
  readonly bytes: Bytes;
}
/** validators: the set that seals this very block; proposer: the proposer's own seal, where the engine has one. */
interface Sealing {
  readonly hash: Hex;
  readonly validators: readonly Hex[];
  readonly committed: readonly Seal[];
  readonly proposer: Seal | null;
}

interface Block {
  readonly header: Header;
  readonly listed: ReadonlySet<Hex>;
  readonly signers: readonly Hex[];
}

/** The header of the block, once it is shown that validators whom the policy trusts sealed it. */
export function checkBlock(engine: Engine, path: readonly Bytes[], raw: Bytes, trusted: readonly Trust[]): SealedHeader {
  if (engine === "none") {
    if (path.length > 0) throw refused(`a path of ${path.length} headers`, "none, since this engine has no validators");
    const fields = readFields(ETHEREUM, raw);
    return { header: headerOf(ETHEREUM, fields, keccak(rlp.encode(fields))), sealed: false, signers: [] };
  }
  const blocks = [...path, raw].map((one) => readBlock(engine, one));
  for (let at = 1; at < blocks.length; at++) {
    const [before, after] = [blocks[at - 1]!.header.number, blocks[at]!.header.number];
    if (after <= before) throw refused(`header of block ${after} after that of ${before}`, "ascending headers");
  }
  const last = blocks[blocks.length - 1]!;
  const trust = trustFor(trusted, last.header.number);
  const force = new Force(trust);
  for (const block of blocks) if (block.header.number > trust.height) force.carry(block);
  force.end();
  return { header: last.header, sealed: true, signers: last.signers };
}

export function quorum(members: number): number {
  return Math.ceil((2 * members) / 3);
}

/** The header of a block, seals not looked at. */
export function parseHeader(engine: Engine, raw: Bytes): Header {
  if (engine === "none") {
    const fields = readFields(ETHEREUM, raw);
    return headerOf(ETHEREUM, fields, keccak(rlp.encode(fields)));
  }
  const layout = engine === "qbft" ? ETHEREUM : KAIA;
  const fields = readFields(layout, raw);
  return headerOf(layout, fields, (engine === "qbft" ? qbft : istanbul)(fields).hash);
}

// --- the set in force ------------------------------------------------------------------------------------------------

/** The newest set that was trusted before the block. */
function trustFor(trusted: readonly Trust[], number: number): Trust {
  const before = trusted.filter((trust) => trust.height < number);
  if (before.length === 0) {
    const known = trusted.map((trust) => trust.height).sort((left, right) => left - right).join(", ") || "it names none";
    throw outside(1, `block ${number}`, `a block after one whose validators the policy names (${known})`);
  }
  return before.reduce((newest, trust) => (trust.height > newest.height ? trust : newest));
}

class Force {
  #height: number;
  #members: ReadonlySet<Hex>;
  /** A handover that is not complete yet: its newest block. */
  #open: Block | null = null;
  #endorsers = new Set<Hex>();

  constructor(trust: Trust) {
    this.#height = trust.height;
    this.#members = new Set(trust.validators);
  }

  carry(block: Block): void {
    if (this.#open !== null && !(block.header.parentHash === this.#open.header.hash && sameSet(block.listed, this.#open.listed))) {
      throw this.#notHandedOver(this.#open);
    }
    if (sameSet(block.listed, this.#members)) return;
    this.#open = block;
    for (const signer of block.signers) if (this.#members.has(signer)) this.#endorsers.add(signer);
    if (this.#endorsers.size >= quorum(this.#members.size)) {
      this.#height = block.header.number;
      this.#members = block.listed;
      this.#open = null;
      this.#endorsers = new Set();
    }
  }

  end(): void {
    if (this.#open !== null) throw this.#notHandedOver(this.#open);
  }

  #notHandedOver(open: Block): Failure {
    const members = this.#members.size;
    return outside(
      1,
      `block ${open.header.number}, sealed by other validators than those in force after block ${this.#height}, of whom ` +
        `${this.#endorsers.size} of ${members} sealed the change`,
      `the set in force, or ${quorum(members)} of its ${members} members under the change`,
    );
  }
}

function sameSet(left: ReadonlySet<Hex>, right: ReadonlySet<Hex>): boolean {
  return left.size === right.size && [...left].every((one) => right.has(one));
}

// --- one header ------------------------------------------------------------------------------------------------------

function readBlock(engine: "qbft" | "istanbul", raw: Bytes): Block {
  const layout = engine === "qbft" ? ETHEREUM : KAIA;
  const fields = readFields(layout, raw);
  const sealing = (engine === "qbft" ? qbft : istanbul)(fields);
  const header = headerOf(layout, fields, sealing.hash);
  const name = `block ${header.number}`;
  if (sealing.validators.length === 0) throw refused(`${name} lists no validators`, "the validators in the header");
  const listed = new Set(sealing.validators);
  if (listed.size !== sealing.validators.length) throw refused(`${name} lists a validator twice`, "each validator once");
  const signers = sealing.committed.map((seal) => signerOf(name, seal, listed));
  if (new Set(signers).size !== signers.length) throw refused(`${name} with two seals of one validator`, "one seal of each");
  if (signers.length < quorum(listed.size)) {
    throw refused(`${name} with ${signers.length} seals`, `${quorum(listed.size)} of ${listed.size} validators`);
  }
  if (sealing.proposer !== null) signerOf(name, sealing.proposer, listed);
  return { header, listed, signers };
}

function signerOf(name: string, seal: Seal, members: ReadonlySet<Hex>): Hex {
  const signer = recoverSeal(seal.digest, seal.bytes);
  if (signer === null) throw refused(`${name} with a seal that fits no key`, "65 bytes r, s, v");
  if (!members.has(signer)) throw refused(`${name} with a seal of 0x${signer}`, "seals of the validators it lists");
  return signer;
}

function readFields(layout: Layout, raw: Bytes): Bytes[] {
  const item = decoded(raw, 1, "header");
  if (!Array.isArray(item) || item.length < layout.sizes.length || item.length > layout.most) {
    throw refused("header: another value", `a list of ${layout.sizes.length} to ${layout.most} fields`);
  }
  return item.map((field, at) => {
    if (!rlp.isBytes(field)) throw refused("header: a list as a field", "bytes");
    const size = layout.sizes[at] ?? 0;
    if (size !== 0 && field.length !== size) throw refused(`header: field ${at} of ${field.length} bytes`, `${size} bytes`);
    return field;
  });
}

function headerOf(layout: Layout, fields: readonly Bytes[], hash: Hex): Header {
  return {
    hash, parentHash: toHex(fields[layout.parent]!), stateRoot: toHex(fields[layout.state]!),
    number: numberIn(fields[layout.number]!), time: numberIn(fields[layout.time]!),
  };
}

function numberIn(field: Bytes): number {
  let value: bigint;
  try {
    value = rlp.integer(field, 8);
  } catch (error) {
    throw error instanceof rlp.RlpError ? refused(`header: ${error.found}`, error.allowed) : error;
  }
  // Above 2^53 nothing that the evidence holds can be at or before it and still be told apart: no such block exists.
  return Number(value);
}

function decoded(raw: Bytes, nesting: number, what: string): rlp.Item {
  try {
    return rlp.decode(raw, nesting);
  } catch (error) {
    throw error instanceof rlp.RlpError ? refused(`${what}: ${error.found}`, error.allowed) : error;
  }
}

/** extraData = RLP[vanity, [validator …], vote, round, [seal …]]; seals sign the header with its round, without the seals. */
function qbft(fields: readonly Bytes[]): Sealing {
  const extra = extraOf(fields[ETHEREUM.extra]!, 5);
  const [vanity, validators, vote, round, seals] = extra as [rlp.Item, rlp.Item, rlp.Item, rlp.Item, rlp.Item];
  if (!rlp.isBytes(vanity, 32)) throw refused("extraData: vanity of another length", "32 bytes");
  if (!Array.isArray(vote)) throw refused("extraData: bytes as a vote", "a list, empty where nobody voted");
  try {
    rlp.integer(round, 4);
  } catch (error) {
    throw error instanceof rlp.RlpError ? refused(`extraData: round: ${error.found}`, error.allowed) : error;
  }
  const signed = (number: rlp.Item) => hashWith(fields, ETHEREUM.extra, rlp.encode([vanity, validators, vote, number, []]));
  const digest = signed(round);
  return {
    hash: signed(new Uint8Array(0)), validators: stringsOf(validators, 20, "validators").map(toHex),
    committed: stringsOf(seals, 65, "seals").map((bytes) => ({ digest, bytes })), proposer: null,
  };
}

/** extraData = 32 bytes vanity, the last of them the round | RLP[[validator …], proposerSeal, [seal …]]. */
function istanbul(fields: readonly Bytes[]): Sealing {
  const data = fields[KAIA.extra]!;
  if (data.length < 32) throw refused(`extraData of ${data.length} bytes`, "32 bytes of vanity, then a list of 3");
  const [validators, proposer, seals] = extraOf(data.subarray(32), 3) as [rlp.Item, rlp.Item, rlp.Item];
  if (!rlp.isBytes(proposer, 65)) throw refused("extraData: a proposer's seal of another length", "65 bytes");
  const vanity = Uint8Array.from(data.subarray(0, 32));
  vanity[31] = 0;
  const signed = (seal: Bytes) => hashWith(fields, KAIA.extra, concat(vanity, rlp.encode([validators, seal, []])));
  const hash = signed(proposer);
  const committed = keccak(fromHex(hash), Uint8Array.of(2));
  return {
    hash, validators: stringsOf(validators, 20, "validators").map(toHex),
    committed: stringsOf(seals, 65, "seals").map((bytes) => ({ digest: committed, bytes })),
    proposer: { digest: keccak(fromHex(signed(new Uint8Array(0)))), bytes: proposer },
  };
}

function hashWith(fields: readonly Bytes[], at: number, extra: Bytes): Hex {
  return keccak(rlp.encode(fields.map((field, place) => (place === at ? extra : field))));
}

function extraOf(data: Bytes, members: number): rlp.Item[] {
  const item = decoded(data, 3, "extraData");
  if (!Array.isArray(item) || item.length !== members) throw refused("extraData: another value", `a list of ${members}`);
  return item;
}

function stringsOf(item: rlp.Item, size: number, what: string): Bytes[] {
  if (!Array.isArray(item)) throw refused(`extraData: no list of ${what}`, `a list of ${what}, ${size} bytes each`);
  return item.map((one) => {
    if (!rlp.isBytes(one, size)) throw refused(`extraData: ${what} of another length`, `${size} bytes each`);
    return one;
  });
}

function refused(found: string, expected: string): Failure {
  return invalid(1, found, expected);
}
