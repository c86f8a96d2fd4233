// Presentations: chosen fields of one document, proven, for one audience (docs/protocol/evidence.md).

import { type Bytes, type Hex, utf8 } from "./bytes.ts";
import { type Json, type JsonObject, encode, isObject } from "./canonical.ts";
import { type Step, Failure, invalid, malformed, moment, outside, shown as brief } from "./faults.ts";
import { type Bundle, Members, bytesOf, digestOf, listOf, parseBundle, saltOf } from "./form.ts";
import { sha256 } from "./hashing.ts";
import { CLOCK_SKEW, conclude } from "./conclude.ts";
import type { Policy } from "./policy.ts";
import { recover } from "./signatures.ts";
import {
  type Absence, type Equality, MAX_POINTER, MAX_SIBLINGS, type Presence, ProofError, type Root, checkAbsence, checkEquality, checkPresence,
} from "./tree.ts";
import { disclosureDigest } from "./typed_data.ts";
import { type Pause, Progress, type Proven, checkOwnLedger, prove } from "./verify.ts";

export const PRESENTATION_SCHEMA = "portledger/presentation/1";
const MAX_OTHERS = 8;
const MAX_PROOFS = 1_000;
const U40 = 2 ** 40 - 1;

export type Field = Presence & { readonly dataset: string };
export type Absent = Absence & { readonly dataset: string };
export type Equal = Equality & { readonly dataset: string; readonly other: number; readonly otherDataset: string };

export interface Presentation {
  readonly evidence: Bundle;
  readonly others: readonly Bundle[];
  readonly fields: readonly Field[];
  readonly absent: readonly Absent[];
  readonly equal: readonly Equal[];
  readonly audience: string;
  readonly purpose: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly party: number;
  readonly signature: Bytes;
  /** What the signature binds of the contents. */
  readonly disclosed: Hex;
}

// --- step 0 ----------------------------------------------------------------------------------------------------------

export function parsePresentation(value: Json): Presentation {
  const read = new Members(value, "", [
    "schema", "evidence", "others", "fields", "absent", "equal", "audience", "purpose", "createdAt", "expiresAt", "party",
    "signature",
  ]);
  const evidence = closed(read.value("evidence"), "/evidence");
  const others = read.list("others", MAX_OTHERS, closed);
  const found: Presentation = {
    evidence, others,
    fields: read.list("fields", MAX_PROOFS, fieldOf),
    absent: read.list("absent", MAX_PROOFS, absentOf),
    equal: read.list("equal", MAX_PROOFS, equalOf),
    audience: read.text("audience", 200),
    purpose: read.text("purpose", 200),
    createdAt: read.integer("createdAt", U40),
    expiresAt: read.integer("expiresAt", U40),
    party: read.integer("party", 2 ** 32 - 2, 1),
    signature: signatureOf(read.value("signature")),
    disclosed: disclosedOf(value as JsonObject, others),
  };
  if (found.fields.length + found.absent.length + found.equal.length > MAX_PROOFS) {
    throw malformed("", "more proofs", `at most ${MAX_PROOFS} fields, absences and equalities together`);
  }
  found.equal.forEach((one, number) => {
    if (one.other >= others.length) throw malformed(`/equal/${number}/other`, String(one.other), `below ${others.length}`);
  });
  return found;
}

function closed(value: Json, at: string): Bundle {
  const found = parseBundle(value, at);
  if (found.opened.length > 0) throw malformed(`${at}/opened`, "opened datasets", "none: a presentation shows fields");
  return found;
}

/** SHA-256 of the canonical JSON of the proofs as they stand in the file, and of the others' heads. */
function disclosedOf(value: JsonObject, others: readonly Bundle[]): Hex {
  const heads = others.map((one) => ({ document: one.document, head: lastHead(one) }));
  return sha256(utf8(encode({ fields: value["fields"]!, absent: value["absent"]!, equal: value["equal"]!, others: heads })));
}

export function lastHead(bundle: Bundle): Hex {
  return bundle.entries[bundle.entries.length - 1]!.head;
}

function signatureOf(value: Json): Bytes {
  const found = bytesOf(value, 65, "/signature");
  if (found.length !== 65) throw malformed("/signature", `${found.length} bytes`, "65");
  return found;
}

function fieldOf(value: Json, at: string): Field {
  const read = new Members(value, at, ["dataset", "path", "value", "salt", "siblings"]);
  const shown = read.value("value");
  if ((Array.isArray(shown) && shown.length > 0) || (isObject(shown) && Object.keys(shown).length > 0)) {
    throw malformed(`${at}/value`, "a value that is no leaf", "a scalar, {} or []");
  }
  return {
    value: shown, salt: saltOf(read.value("salt"), `${at}/salt`), dataset: read.text("dataset", 64), path: pathOf(read, "path"),
    siblings: siblingsOf(read, "siblings"),
  };
}

function absentOf(value: Json, at: string): Absent {
  const read = new Members(value, at, ["dataset", "path", "siblings", "other"]);
  const other = read.value("other") === null ? null : read.object("other", ["position", "valueHash"]);
  return {
    other: other === null ? null : { position: other.digest("position"), valueHash: other.digest("valueHash") },
    path: pathOf(read, "path"), siblings: siblingsOf(read, "siblings"), dataset: read.text("dataset", 64),
  };
}

function equalOf(value: Json, at: string): Equal {
  const read = new Members(value, at, ["dataset", "path", "siblings", "other", "otherDataset", "otherPath", "otherSiblings", "valueHash"]);
  return {
    path: pathOf(read, "path"), siblings: siblingsOf(read, "siblings"), otherPath: pathOf(read, "otherPath"),
    otherSiblings: siblingsOf(read, "otherSiblings"), valueHash: read.digest("valueHash"), dataset: read.text("dataset", 64),
    other: read.integer("other", MAX_OTHERS), otherDataset: read.text("otherDataset", 64),
  };
}

/** An RFC 6901 pointer. */
function pathOf(read: Members, name: string): string {
  if (read.value(name) === "") return "";
  const path = read.text(name, MAX_POINTER);
  if (!path.startsWith("/") || /~(?![01])/.test(path)) throw malformed(`${read.at}/${name}`, brief(path), "an RFC 6901 pointer");
  return path;
}

function siblingsOf(read: Members, name: string): Hex[] {
  return listOf(read.value(name), MAX_SIBLINGS, `${read.at}/${name}`, digestOf);
}

// --- steps 1 to 15 ---------------------------------------------------------------------------------------------------

export async function verifyPresentation(
  shown: Presentation, policy: Policy, now: number, progress: Progress,
): Promise<{ proven: Proven; stampedAt: number | null }> {
  const proven = await prove(shown.evidence, policy, progress, headerOf(shown));
  const others: Proven[] = [];
  for (const [number, one] of shown.others.entries()) others.push(await proveOther(one, number, policy, progress.pause));
  checkProofs(shown, proven, others);
  checkMandatory(shown, proven);
  const values = new Map(shown.fields.map((one) => [`/${one.dataset}${one.path}`, one.value]));
  for (const { name } of proven.kind.datasets) checkOwnLedger(proven.kind, proven.bundle, name, (item) => values.get(`/${name}/${item}`));
  const proofs = { fields: shown.fields.length, absent: shown.absent.length, equal: shown.equal.length };
  const at = progress.steps.findIndex((one) => one.step === 13);
  progress.steps.splice(at, 1, { step: 13, checked: true, facts: proofs });
  const stampedAt = await conclude(proven, policy, now, progress);
  checkDiscloser(shown, proven, policy, now);
  return { proven, stampedAt };
}

/** The shown fields of the dataset `header`, by item: what step 11 looks at. */
function headerOf(shown: Presentation): JsonObject {
  const fields = shown.fields.filter((one) => one.dataset === "header" && one.path.startsWith("/"));
  return Object.fromEntries(fields.map((one) => [one.path.slice(1), one.value]));
}

async function proveOther(one: Bundle, number: number, policy: Policy, pause: Pause | null): Promise<Proven> {
  try {
    return await prove(one, policy, new Progress(pause));
  } catch (error) {
    throw error instanceof Failure ? error.within(`other ${number}`) : error;
  }
}

/** Every proof against the roots of the newest manifests. */
function checkProofs(shown: Presentation, proven: Proven, others: readonly Proven[]): void {
  shown.fields.forEach((one, number) => proof(`field ${number}`, () => checkPresence(rootIn(proven, one.dataset), one)));
  shown.absent.forEach((one, number) => proof(`absent ${number}`, () => checkAbsence(rootIn(proven, one.dataset), one)));
  shown.equal.forEach((one, number) =>
    proof(`equal ${number}`, () => checkEquality(rootIn(proven, one.dataset), rootIn(others[one.other]!, one.otherDataset), one)),
  );
}

function proof(where: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    throw error instanceof ProofError ? invalid(13, error.found, error.expected, where) : error;
  }
}

function rootIn(proven: Proven, dataset: string): Root {
  if (proven.newest === null) throw invalid(12, "no manifest of the present version", "the newest manifest");
  const found = proven.newest.dataset(dataset);
  if (found === undefined) throw new ProofError(`dataset ${dataset}`, proven.newest.names().join(", "));
  return proven.newest.root(found);
}

/** No presentation hides what the kind makes mandatory: each path is shown, or proven not to be there. */
function checkMandatory(shown: Presentation, proven: Proven): void {
  const seen = new Set([...shown.fields, ...shown.absent].map((one) => `/${one.dataset}${one.path}`));
  for (const path of proven.kind.mandatory) {
    if (!seen.has(path)) throw invalid(13, `no ${path}`, "every mandatory path, shown or proven absent");
  }
}

/** Who discloses, for whom, until when. */
function checkDiscloser(shown: Presentation, proven: Proven, policy: Policy, now: number): void {
  const step: Step = 15;
  const { createdAt, expiresAt, party } = shown;
  if (createdAt >= expiresAt) throw invalid(step, `made ${moment(createdAt)}, expires ${moment(expiresAt)}`, "later");
  if (now > expiresAt) throw invalid(step, `a presentation that expired ${moment(expiresAt)}`, "one that is still valid");
  if (createdAt > now + CLOCK_SKEW) throw invalid(step, `a presentation made ${moment(createdAt)}`, `not after ${moment(now)}`);
  const line = proven.timelines.get(party);
  if (line === undefined) throw invalid(step, `disclosed by party ${party}, whose log is not shown`, "a party of the evidence");
  const digest = disclosureDigest(proven.bundle.domain, {
    party, document: proven.bundle.document, head: lastHead(proven.bundle), disclosed: shown.disclosed, audience: shown.audience,
    purpose: shown.purpose, createdAt, expiresAt,
  });
  const signer = recover(digest, shown.signature);
  const account = signer === null ? undefined : line.accounts.get(signer);
  if (signer === null || account === undefined || account.removedAt !== 0) {
    throw invalid(step, `signed by ${signer === null ? "nobody" : `0x${signer}`}`, `an active account of party ${party}`, "disclosure");
  }
  if (policy.audience !== "" && shown.audience !== policy.audience) {
    throw outside(step, `a presentation for ${JSON.stringify(shown.audience)}`, JSON.stringify(policy.audience));
  }
}
