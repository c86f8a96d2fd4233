// One form for everything: what another spelling would say is refused.

import assert from "node:assert/strict";
import { deflateRawSync, gzipSync, inflateRawSync } from "node:zlib";
import { test } from "node:test";

import { concat, fromHex, toHex, utf8 } from "../src/core/bytes.ts";
import { NotCanonical, decodeCanonical, encode } from "../src/core/canonical.ts";
import { MAX_BYTES, parseBundle, readJson } from "../src/core/form.ts";
import { PolicyError, readPolicy } from "../src/core/policy.ts";
import * as rlp from "../src/core/rlp.ts";
import { ProofError, flatten } from "../src/core/tree.ts";
import { type Inflate, unpack } from "../src/gzip.ts";
import { fails } from "./support.ts";

test("canonical JSON has one text for each value, and values that are not strict have none", () => {
  for (const text of ["{}", "[]", "null", "0", "-1", '"\\u001f"', '{"a":1,"b":[true,false,""]}', '{"__proto__":1}', '"四日市"', '{"\u{10000}":1,"\uff5e":2}']) {
    assert.equal(encode(decodeCanonical(utf8(text))), text);
  }
  const wrong = [
    "", " 1", "1 ", "01", "1.0", "1.5", "1e2", "-0", "9007199254740992", '{"b":1,"a":2}', '{"a":1,"a":1}', '{"a": 1}', "[1,]", "nul",
    '"\\u0041"', '"\\/"', '"e\u0301"', '"\\ud800"', '{"e\u0301":1}', "[1]\n", "\ufeff1", '"\u0001"',
  ];
  for (const text of wrong) assert.throws(() => decodeCanonical(utf8(text)), NotCanonical, JSON.stringify(text));
  assert.throws(() => decodeCanonical(Uint8Array.of(0x22, 0xff, 0x22)), NotCanonical);
  assert.equal(encode(decodeCanonical(utf8("[".repeat(64) + "]".repeat(64)))).length, 128);
  assert.throws(() => decodeCanonical(utf8("[".repeat(65) + "]".repeat(65))), NotCanonical);
  assert.throws(() => decodeCanonical(new Uint8Array(10_000_000).fill(0x5b)), NotCanonical);
});

test("one line feed may follow a file, and no more", () => {
  assert.deepEqual(readJson(utf8("{}\n")), {});
  assert.throws(() => readJson(utf8("{}\n\n")), fails("malformed", 0));
  assert.throws(() => readJson(new Uint8Array(MAX_BYTES + 1)), fails("malformed", 0));
});

test("an evidence file has exactly its members", () => {
  assert.throws(() => parseBundle({}), fails("malformed", 0));
  assert.throws(() => parseBundle([]), fails("malformed", 0));
  assert.throws(() => parseBundle({ schema: "portledger/evidence/2" }), fails("malformed", 0));
});

test("RLP is read in its one encoding only", () => {
  const good = ["80", "00", "7f", "8180", "c0", "c20102", "b838" + "11".repeat(56), "f838" + "01".repeat(56)];
  for (const hex of good) assert.equal(toHex(rlp.encode(rlp.decode(fromHex(hex)))), hex);
  const wrong = ["", "8101", "b80101", "b90038" + "11".repeat(56), "81", "c1", "c20181", "8000", "bf" + "ff".repeat(8), "b8", "f801"];
  for (const hex of wrong) assert.throws(() => rlp.decode(fromHex(hex)), rlp.RlpError, hex);
  assert.throws(() => rlp.decode(fromHex("c1c1c1c0"), 2), rlp.RlpError);
  assert.throws(() => rlp.integer(fromHex("0001")), rlp.RlpError);
});

test("a field tree has one leaf for each path", () => {
  assert.deepEqual([...flatten({ a: [], "b/c": { "~": 1 }, d: [2, {}] }).entries()], [["/a", []], ["/b~1c/~0", 1], ["/d/0", 2], ["/d/1", {}]]);
  assert.throws(() => flatten({ "0": 1 }), ProofError);
  assert.throws(() => flatten({ a: { "12": 1 } }), ProofError);
  assert.equal(flatten({ "01": 1, "1a": 2 }).size, 2);
});

const inflate: Inflate = async (stream, limit) => {
  const { buffer, engine } = inflateRawSync(stream, { maxOutputLength: limit, info: true }) as unknown as { buffer: Uint8Array; engine: { bytesWritten: number } };
  if (engine.bytesWritten !== stream.length) throw new RangeError("bytes after the stream");
  return buffer;
};

test("a packed file is one whole gzip member of at most 64 MiB", async () => {
  const plain = utf8("{}");
  const packed = new Uint8Array(gzipSync(plain));
  assert.deepEqual(new Uint8Array(await unpack(packed, inflate)), plain);
  assert.deepEqual(await unpack(plain, inflate), plain);
  const named = concat(packed.subarray(0, 3), Uint8Array.of(8), packed.subarray(4, 10), utf8("name\0"), packed.subarray(10));
  assert.deepEqual(new Uint8Array(await unpack(named, inflate)), plain);
  const refused = [
    packed.subarray(0, -1), concat(packed, packed), concat(packed, Uint8Array.of(0)), packed.map((byte, at) => (at === packed.length - 6 ? byte ^ 1 : byte)),
    packed.map((byte, at) => (at === 2 ? 7 : byte)), packed.map((byte, at) => (at === 3 ? 0x20 : byte)), packed.subarray(0, 12),
    new Uint8Array(gzipSync(new Uint8Array(MAX_BYTES + 1))),
    concat(packed.subarray(0, 10), new Uint8Array(deflateRawSync(utf8("{ }"))), packed.subarray(-8)),
  ];
  for (const [number, data] of refused.entries()) await assert.rejects(unpack(data, inflate), fails("malformed", 0), String(number));
});

test("a policy says what it trusts, and nothing else", () => {
  const policy = readPolicy('schema = "portledger/policy/1"\n[[ledger]]\nchain_id = 5\nengine = "none"\ncode = "release"\n');
  assert.equal(policy.ledgers[0]?.code, null);
  assert.deepEqual([policy.kinds.size, policy.sealed, policy.greatestAge, policy.audience], [0, false, 0, ""]);
  const base = { schema: "portledger/policy/1", ledger: [{ chain_id: 5, engine: "none", code: "release" }] };
  assert.equal(readPolicy(JSON.stringify({ ...base, require: { sealed: true } })).sealed, true);
  const wrong = [
    {}, [], { ...base, more: 1 }, { ...base, schema: "portledger/policy/2" }, { ...base, ledger: {} }, { ...base, ledger: [{ chain_id: 0, engine: "none", code: "release" }] },
    { ...base, ledger: [{ chain_id: 5, engine: "raft", code: "release" }] }, { ...base, ledger: [{ chain_id: 5, engine: "none" }] },
    { ...base, require: { sealed: 1 } }, { ...base, require: { signed_by: ["king"] } }, { ...base, require: { greatest_age: -1 } },
    { ...base, kinds: { digests: ["AB"] } }, { ...base, stamp: [{ certificate: "00" }] },
    { ...base, ledger: [{ chain_id: 5, engine: "qbft", code: "release", validators: [{ height: 0, accounts: [] }] }] },
    { ...base, ledger: [{ chain_id: 5, engine: "none", code: "release", address: `0x${"AA".repeat(20)}` }] },
  ];
  for (const one of wrong) assert.throws(() => readPolicy(JSON.stringify(one)), PolicyError, JSON.stringify(one));
  assert.throws(() => readPolicy("schema ="), PolicyError);
});
