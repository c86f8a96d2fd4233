// The vectors that Python, Solidity and this verifier share (protocol/vectors).

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { parse as parseToml } from "smol-toml";

import { fromHex, hexToBigInt, toHex, utf8, wordHex, type Hex } from "../src/core/bytes.ts";
import { callDigest } from "../src/core/calls.ts";
import { type JsonObject, encode } from "../src/core/canonical.ts";
import { PARTY_ACTS } from "../src/core/codes.ts";
import type { Change, PowerEntry } from "../src/core/form.ts";
import { entry, hmacSha256, jsonDigest, keccak, keccakText, keccakWords } from "../src/core/hashing.ts";
import { parseKind, ruleWord } from "../src/core/kind.ts";
import { Manifest } from "../src/core/manifest.ts";
import { replay } from "../src/core/party_log.ts";
import { Powers } from "../src/core/powers.ts";
import { SHIPPED_KINDS } from "../src/core/release.ts";
import { recover, signersWord } from "../src/core/signatures.ts";
import { ProofError, checkAbsence, checkPresence, rootOf } from "../src/core/tree.ts";
import {
  Domain, actionDigest, consentDigest, disclosureDigest, documentId, partyActionDigest, vetoDigest,
} from "../src/core/typed_data.ts";
import { ROOT, bare, fails, vectors } from "./support.ts";

test("every typed-data digest is the vectors', and its signature recovers to the signer", () => {
  const { cases: all, signer } = vectors("typed_data");
  // Evidence files hold integers below 2^53; the contract's domain takes larger chain ids.
  const cases = all.filter((one: { domain: { chainId: number } }) => Number.isSafeInteger(one.domain.chainId));
  assert.ok(cases.length >= all.length / 2);
  const seen = new Set<string>();
  for (const one of cases) {
    const domain = new Domain(one.domain.chainId, bare(one.domain.ledger), bare(one.domain.salt));
    assert.equal(domain.separator, bare(one.domainSeparator));
    const digest = digestOf(domain, one.primaryType, one.message);
    assert.equal(digest, bare(one.digest), one.primaryType);
    assert.equal(recover(digest, fromHex(bare(one.signature))), bare(signer));
    seen.add(one.primaryType);
  }
  assert.deepEqual([...seen].sort(), ["AccountConsent", "Action", "Disclosure", "PartyAction", "Veto"]);
});

// eslint-disable-next-line @typescript-eslint/no-explicit-any
function digestOf(domain: Domain, type: string, message: any): Hex {
  const hex = Object.fromEntries(Object.entries(message).map(([name, value]) => [name, /^0x/.test(String(value)) ? bare(String(value)) : value])) as typeof message;
  switch (type) {
    case "Action":
      return actionDigest(domain, hex, keccakText(message.intent));
    case "PartyAction":
      assert.equal(message.intent, `Party: ${PARTY_ACTS[message.what]}`);
      return partyActionDigest(domain, keccakText(message.intent), message.party, message.nonce, message.what, hex.value, message.deadline);
    case "Veto":
      return vetoDigest(domain, message.party, hex.change);
    case "AccountConsent":
      return consentDigest(domain, message.party, hex.account, message.scope, hex.registration);
    case "Disclosure":
      return disclosureDigest(domain, hex);
    default:
      throw new Error(`no digest for ${type}`);
  }
}

test("each kind file packs into the vectors' words and digest, and they are the ones that ship", () => {
  for (const one of vectors("kinds").kinds) {
    const kind = parseKind(parseToml(readFileSync(join(ROOT, "protocol", "kinds", one.file), "utf8")) as JsonObject);
    assert.equal(kind.fileDigest, one.fileDigest);
    const keys = [...kind.rules.keys()].sort((left, right) => left - right);
    assert.deepEqual(keys, one.keys);
    assert.deepEqual(keys.map((key) => wordHex(ruleWord(kind.rules.get(key)!))), one.words);
    assert.deepEqual(one.verbs.map((verb: number) => kind.verb(verb)?.intentHash), one.intentHashes);
    assert.equal(kind.digest, one.kindDigest);
    assert.ok(SHIPPED_KINDS.has(kind.digest));
  }
});

test("heads, signers, notes, freezes and calls hash as the vectors say", () => {
  const found = vectors("heads");
  let ledgerHead = wordHex(0);
  for (const one of found.entries) {
    assert.equal(entry(one.previous, one.digest, one.result, one.signers, one.time), one.head);
    ledgerHead = keccakWords(ledgerHead, one.head);
    assert.equal(ledgerHead, one.ledgerHead);
  }
  const accounts: Hex[] = found.accounts.map(bare);
  assert.equal(signersWord(accounts.slice(0, 1)), found.signersOfOne);
  assert.equal(signersWord(accounts), found.signersOfSeveral);
  assert.equal(keccakWords(found.noteResult.head, found.noteResult.control), found.noteResult.result);
  const { freeze, unfreeze, call } = found;
  assert.equal(keccakWords(keccakText("FREEZE"), freeze.document, freeze.until, freeze.reason), freeze.digest);
  assert.equal(keccakWords(keccakText("UNFREEZE"), unfreeze.document, 0, wordHex(0)), unfreeze.digest);
  assert.equal(callDigest(fromHex(call.data)), call.digest);
});

test("document ids and claims come from family, party and reference", () => {
  for (const one of vectors("document_ids").cases) {
    assert.equal(documentId(one.kind >> 8, one.creator, one.documentReference), one.document);
    assert.equal(documentId(one.kind >> 8, one.creator, one.documentReference), one.claim);
  }
});

test("field trees have the vectors' roots, and their proofs hold for their own value and place only", () => {
  for (const one of vectors("trees")) {
    const aad = utf8(one.aad);
    const carried = new Map<string, Hex>(Object.entries(one.carried as Record<string, Hex>));
    assert.equal(rootOf(one.document, aad, one.seed, carried, one.value), one.root);
    const tree = { document: one.document, aad, root: one.root };
    for (const proof of one.presences) {
      checkPresence(tree, proof);
      assert.throws(() => checkPresence(tree, { ...proof, value: "another" }), ProofError);
      assert.throws(() => checkPresence(tree, { ...proof, path: `${proof.path}x` }), ProofError);
      assert.throws(() => checkAbsence(tree, { path: proof.path, siblings: proof.siblings, other: null }), ProofError);
    }
    for (const proof of one.absences) {
      checkAbsence(tree, proof);
      const wrong = { ...proof, siblings: [...proof.siblings, wordHex(0)] };
      assert.throws(() => checkAbsence(tree, wrong), ProofError);
    }
  }
});

test("manifests hash to the vectors' digest, and their key commitments hold", () => {
  for (const one of vectors("manifests")) {
    assert.equal(encode(one.manifest), one.bytes);
    assert.equal(jsonDigest(one.manifest), one.digest);
    const manifest = new Manifest(one.manifest);
    for (const sealed of one.datasets) {
      const entryOf = manifest.dataset(sealed.name)!;
      const label = Uint8Array.from([...utf8("portledger/key/1"), 0, ...manifest.aad(entryOf)]);
      assert.equal(toHex(hmacSha256(fromHex(sealed.key), label)), entryOf.keyCommitment);
    }
    assert.throws(() => new Manifest({ ...one.manifest, version: 0 }), fails("invalid", 12));
    assert.throws(() => new Manifest({ ...one.manifest, more: 1 }), fails("invalid", 12));
  }
});

// eslint-disable-next-line @typescript-eslint/no-explicit-any
function changeOf(one: any): Change {
  return {
    digest: one.digest, partyWord: hexToBigInt(one.partyWord), profile: one.profile, encryptionKey: one.encryptionKey,
    accountWord: hexToBigInt(one.accountWord), signers: one.signers, head: one.head, call: fromHex(one.call), time: one.time,
  };
}

test("each party's log is replayed from its calls to the vectors' head, and none with a changed entry", () => {
  const found = vectors("party_logs");
  const domain = new Domain(found.chainId, bare(found.ledger), bare(found.salt));
  for (const [party, head] of Object.entries(found.partyHeads as Record<string, Hex>)) {
    if (party === "0") continue;
    const log = found.entries.filter((one: { party: number }) => one.party === Number(party)).map(changeOf) as Change[];
    const line = replay(domain, Number(party), log, head);
    assert.equal(line.head, head);
    assert.equal(line.words.length, log.length);
    log.forEach((one, at) => {
      const changed = (part: Partial<Change>) => [...log.slice(0, at), { ...one, ...part }, ...log.slice(at + 1)];
      assert.throws(() => replay(domain, Number(party), changed({ partyWord: one.partyWord ^ 1n }), head), fails("invalid", 8));
      assert.throws(() => replay(domain, Number(party), changed({ signers: wordHex(7) }), head), fails("invalid", 8));
      assert.throws(() => replay(domain, Number(party), changed({ call: one.call.subarray(0, 3) }), head), fails("invalid", 8));
      assert.throws(() => replay(domain, Number(party), [...log.slice(0, at), ...log.slice(at + 1)], head), fails("invalid", 8));
    });
  }
});

test("log 0 is followed to the vectors' head, and who held a power is known from its first entry on", () => {
  const found = vectors("party_logs");
  const told = found.entries.filter((one: { party: number }) => one.party === 0);
  assert.deepEqual(told.map((one: { about: string }) => one.about), ["a kind defined", "a guardian appointed", "and accepts"]);
  const [defined, appointed, accepted] = told;
  const before: PowerEntry["holders"] = [bare(found.powers.governor), bare(found.powers.registrar), bare(found.powers.guardian)];
  const after: PowerEntry["holders"] = [before[0], before[1], accepted.signers.slice(24)];
  // defineKind(kind, fileDigest, keys, words, verbs, intents): what the ledger makes of it.
  const words = defined.call.slice(8).match(/.{64}/g) as Hex[];
  const lists = words.slice(6).join("");
  const heads = words.slice(2, 6).map((word) => wordHex(hexToBigInt(word) - 2n * 32n)).join("");
  const kindDigest = keccakWords(words[1]!, keccak(fromHex(heads + lists)));
  const none = { kind: 0, kindDigest: wordHex(0) };
  const log: PowerEntry[] = [
    { ...defined, holders: before, kind: Number(hexToBigInt(words[0]!)), kindDigest }, { ...appointed, holders: before, ...none },
    { ...accepted, holders: after, ...none },
  ];
  const head = found.partyHeads["0"];
  const last = log[log.length - 1]!;
  const powers = new Powers(log, head, last.time);
  assert.equal(powers.held(last.holders[1], [1], last.time), true);
  assert.equal(powers.held(last.holders[1], [0], last.time), false);
  assert.equal(powers.held(last.holders[1], [1], log[0]!.time - 1), null);
  assert.throws(() => new Powers(log, head, last.time - 1), fails("invalid", 8));
  assert.throws(() => new Powers(log.slice(0, -1), head, last.time), fails("invalid", 8));
  assert.throws(() => new Powers([...log.slice(0, -1), { ...last, holders: before }], head, last.time), fails("invalid", 8));
});
