// Headers, seals and proofs that real networks made (shared data beside the repository; skipped where it is not there).

import assert from "node:assert/strict";
import { test } from "node:test";

import { fromHex, hexToBigInt, toHex, wordHex } from "../src/core/bytes.ts";
import type { Engine } from "../src/core/form.ts";
import { checkBlock, parseHeader, quorum } from "../src/core/seals.ts";
import { Nodes, account, slot } from "../src/core/trie.ts";
import { bare, fails, recorded } from "./support.ts";

const NETWORKS: readonly (readonly [Engine, string])[] = [["qbft", "consensus/goquorum-qbft"], ["istanbul", "consensus/kaia-istanbul"]];

interface Row {
  readonly number: number;
  readonly hash: string;
  readonly headerRlp: string;
  readonly validatorsInHeader: string[];
}

for (const [engine, folder] of NETWORKS) {
  const text = recorded(`${folder}/headers.jsonl`);
  const skip = text === null ? "no recorded networks beside the repository" : false;
  const rows = (text ?? "").split("\n").filter(Boolean).map((line) => JSON.parse(line) as Row);
  const raw = (row: Row) => fromHex(bare(row.headerRlp));
  const set = (row: Row) => row.validatorsInHeader.map(bare);

  test(`${engine}: every recorded header has its hash and a quorum of its own validators' seals`, { skip }, () => {
    assert.ok(rows.length > 200);
    for (const row of rows.slice(1)) {
      assert.equal(parseHeader(engine, raw(row)).hash, bare(row.hash));
      const found = checkBlock(engine, [], raw(row), [{ height: row.number - 1, validators: set(row) }]);
      assert.equal(found.header.number, row.number);
      assert.ok(found.signers.length >= quorum(row.validatorsInHeader.length));
      assert.equal(new Set(found.signers).size, found.signers.length);
    }
  });

  test(`${engine}: another set, a changed byte or a missing set is no seal`, { skip }, () => {
    for (const row of [rows[1]!, rows[126]!, rows[rows.length - 1]!]) {
      const trust = [{ height: 0, validators: set(row) }];
      const stranger = [{ height: 0, validators: ["11".repeat(20)] }];
      assert.throws(() => checkBlock(engine, [], raw(row), stranger), fails("outside-policy", 1));
      assert.throws(() => checkBlock(engine, [], raw(row), [{ height: row.number, validators: set(row) }]), fails("outside-policy", 1));
      assert.throws(() => checkBlock(engine, [], raw(row), []), fails("outside-policy", 1));
      const whole = raw(row);
      // Somewhere in the last seal: the header still parses, and says something that nobody signed.
      const at = whole.lastIndexOf(0x41) > 0 ? toHex(whole).lastIndexOf("b841") / 2 + 10 : 0;
      const bent = whole.map((byte, place) => (place === at ? byte ^ 1 : byte));
      assert.throws(() => checkBlock(engine, [], bent, trust), fails("invalid", 1));
      assert.throws(() => checkBlock("none", [], whole.subarray(0, -1), trust), fails("invalid", 1));
      assert.throws(() => checkBlock(engine, [whole], whole, trust), fails("invalid", 1));
    }
  });

  test(`${engine}: where the set changed, the old one hands over to the new one`, { skip }, () => {
    const changes = rows.filter((row, at) => at > 1 && set(row).join() !== set(rows[at - 1]!).join());
    assert.ok(changes.length >= 2);
    const first = changes[0]!;
    const old = [{ height: 0, validators: set(rows[first.number - 1]!) }];
    // The first block of the new set, and those right after it, until a quorum of the old set has sealed one of them.
    const needed = [1, 2, 3, 4, 5].find((count) => {
      const path = rows.slice(first.number, first.number + count).map(raw);
      try {
        return checkBlock(engine, path, raw(rows[first.number + count]!), old).sealed;
      } catch (error) {
        assert.ok(fails("outside-policy", 1)(error));
        return false;
      }
    });
    assert.ok(needed !== undefined);
    // With a block between left out the handover breaks off.
    const gap = [raw(first), raw(rows[first.number + 2]!)];
    if (needed > 1) assert.throws(() => checkBlock(engine, gap, raw(rows[first.number + 3]!), old), fails("outside-policy", 1));
    assert.throws(() => checkBlock(engine, [raw(rows[first.number + 1]!), raw(first)], raw(rows[first.number + 5]!), old), fails("invalid", 1));
  });

  test(`${engine}: recorded proofs lead to what the node said, and none of their nodes is idle`, { skip }, () => {
    const blocks = JSON.parse(recorded(`${folder}/blocks.json`)!) as Record<string, { proof: RecordedProof }>;
    let proven = 0;
    for (const [number, { proof }] of Object.entries(blocks)) {
      if (proof.accountProof === undefined || proof.accountProof.length === 0 || proof.codeHash === EMPTY_CODE) continue;
      const raws = new Set([...proof.accountProof, ...proof.storageProof.flatMap((one) => one.proof)].map(bare));
      const nodes = new Nodes([...raws].map(fromHex));
      const root = parseHeader(engine, raw(rows[Number(number)]!)).stateRoot;
      const found = account(root, bare(proof.address), nodes, engine === "istanbul");
      assert.deepEqual([found.storageRoot, found.codeHash], [bare(proof.storageHash), bare(proof.codeHash)]);
      for (const one of proof.storageProof) {
        assert.equal(slot(found.storageRoot, wordHex(hexToBigInt(bare(one.key))), nodes), BigInt(one.value));
        proven++;
      }
      assert.equal(nodes.unused(), 0);
      assert.throws(() => account(root, bare(proof.address), new Nodes([]), engine === "istanbul"), fails("invalid", 2));
      assert.throws(() => new Nodes([...raws, [...raws][0]!].map(fromHex)), fails("invalid", 2));
    }
    assert.ok(proven > 3);
  });
}

const EMPTY_CODE = "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470";

interface RecordedProof {
  readonly address: string;
  readonly accountProof?: string[];
  readonly storageHash: string;
  readonly codeHash: string;
  readonly storageProof: { readonly key: string; readonly value: string; readonly proof: string[] }[];
}
