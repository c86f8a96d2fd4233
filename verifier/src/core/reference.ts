// Step 11: a document's number, the signature that gives its reference, and the key behind it (docs/protocol §10).

import { type Hex, ZERO, fromHex, utf8 } from "./bytes.ts";
import { type Json, type JsonObject, isObject, member } from "./canonical.ts";
import { invalid, shown } from "./faults.ts";
import type { Act, Freeze } from "./form.ts";
import { jsonDigest, sha256 } from "./hashing.ts";
import type { Action } from "./typed_data.ts";

/** family -> the item of `header` that holds the number of the creating act's reference. */
const NUMBER_ITEMS: Readonly<Record<number, string>> = { 1: "blNumber", 2: "applicationNumber", 3: "siNumber", 4: "invoiceNumber" };
const CERTIFICATE_FAMILY = 2;
const PROOFS = 8;
const LOW = 1n << 3071n;
/** Characters of a number before it is normalised. */
const MAX_NUMBER = 200;

/** The profile of a party, already compared with the ledger's digest; undefined where it is not shown. */
export type ProfileOf = (party: number) => JsonObject | undefined;

/**
 * The document's number, proven: a certificate's own once it is certified, else the one it was created under. header: what
 * is shown of that dataset; whole: all of it is, so that number and proof must be there. Empty where they are not shown.
 */
export async function number(
  family: number, entries: readonly (Act | Freeze)[], suffix: boolean, header: JsonObject, profileOf: ProfileOf, whole: boolean,
): Promise<string> {
  const acts = entries.flatMap((item) => (item.type === "freeze" ? [] : [item.action]));
  let found = "";
  if (!suffix) {
    found = await created(family, acts[0]!, header, profileOf);
    if (whole && found === "") throw wrong("a header without the number and its proof", "number, and referenceSignature or referenceSalt");
  }
  const certifying = acts.slice(suffix ? 0 : 1).filter((action) => action.documentReference !== ZERO).pop();
  if (certifying === undefined) return found;
  const given = await certified(certifying, header, profileOf);
  if (whole && given === "") throw wrong("a header without the certificate's number and its proof", "certificateReferenceSignature");
  // An exporter may apply under a number that another certificate has: it is never told as a certificate's own.
  return given;
}

async function created(family: number, first: Action, header: JsonObject, profileOf: ProfileOf): Promise<string> {
  const item = NUMBER_ITEMS[family];
  if (item === undefined || !Object.hasOwn(header, item)) return "";
  const named = textIn(header, item);
  const signature = member(header, "referenceSignature");
  if (signature !== undefined) {
    await checkSigned(family, first.actor, named, signature, first.documentReference, profileOf);
    return named;
  }
  const salt = member(header, "referenceSalt");
  if (salt === undefined) return "";
  if (typeof salt !== "string" || !/^[0-9a-f]{32}$/.test(salt)) throw wrong(`referenceSalt ${shown(salt)}`, "32 lower-case hex digits");
  const expected = jsonDigest({ salt, family, party: first.actor, number: normalNumber(named) });
  if (expected !== first.documentReference) throw wrong(`reference ${expected}`, `${first.documentReference}, the ledger's`);
  return named;
}

async function certified(act: Action, header: JsonObject, profileOf: ProfileOf): Promise<string> {
  const signature = member(header, "certificateReferenceSignature");
  if (signature === undefined || !Object.hasOwn(header, "certificateNumber")) return "";
  const named = textIn(header, "certificateNumber");
  await checkSigned(CERTIFICATE_FAMILY, act.actor, named, signature, act.documentReference, profileOf);
  return named;
}

function textIn(header: JsonObject, item: string): string {
  const value = member(header, item);
  if (typeof value !== "string") throw wrong(`header.${item} ${shown(value)}`, "a string");
  return value;
}

/** The number under the party's own reference key, whose proofs lie in its profile. */
async function checkSigned(
  family: number, party: number, named: string, signature: Json, reference: Hex, profileOf: ProfileOf,
): Promise<void> {
  const profile = profileOf(party);
  if (profile === undefined) throw wrong(`no profile of party ${party}`, "the profile with its reference key");
  const key = await referenceKey(member(profile, "referenceKey"));
  const made = signatureOf(signature, "reference signature");
  const message = `portledger/reference/1|${family}|${party}|${normalNumber(named)}`;
  if (!(await key(message, made))) throw wrong("a reference signature that does not verify", "the issuer's own");
  const digest = sha256(fromHex(made));
  if (digest !== reference) throw wrong(`reference ${digest}`, `${reference}, the ledger's`);
  checkPrefix(member(profile, "numberPrefixes") ?? [], normalNumber(named));
}

type Verify = (message: string, signature: Hex) => Promise<boolean>;

/** A proper key: RSA-3072 with e = 65537 whose owner could make the eight proofs, so that a number has one reference. */
async function referenceKey(value: Json | undefined): Promise<Verify> {
  const n = isObject(value) ? member(value, "n") : undefined;
  const proofs = isObject(value) ? member(value, "proofs") : undefined;
  if (!isObject(value) || Object.keys(value).length !== 2 || typeof n !== "string" || !/^[0-9a-f]{768}$/.test(n)) {
    throw wrong("no reference key", "n of 768 hex digits, and proofs");
  }
  if (!Array.isArray(proofs) || proofs.length !== PROOFS) throw wrong("reference key with other proofs", `a list of ${PROOFS} signatures`);
  const modulus = BigInt(`0x${n}`);
  if (modulus <= LOW) throw wrong("a modulus of fewer bits", "3072 bits");
  const verify = await rsa(n);
  const made = proofs.map((proof, index) => signatureOf(proof, `proof ${index} of the reference key`));
  const held = await Promise.all(made.map((proof, index) => verify(`portledger/reference-key/1|${n}|${index}`, proof)));
  if (!held.every(Boolean)) throw wrong(`proof ${held.indexOf(false)} of the reference key, which does not verify`, "the key's own");
  return verify;
}

async function rsa(n: Hex): Promise<Verify> {
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const jwk = { kty: "RSA", alg: "RS256", ext: true, e: "AQAB", n: base64Url(n) };
  let key: CryptoKey;
  try {
    key = await crypto.subtle.importKey("jwk", jwk, algorithm, false, ["verify"]);
  } catch {
    throw wrong("a modulus that no RSA key has", "a proper RSA key");
  }
  return (message, signature) =>
    crypto.subtle.verify(algorithm, key, fromHex(signature) as BufferSource, utf8(message) as BufferSource).catch(() => false);
}

function base64Url(hex: Hex): string {
  return btoa(String.fromCharCode(...fromHex(hex))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function signatureOf(value: Json, what: string): Hex {
  if (typeof value !== "string" || !/^[0-9a-f]{768}$/.test(value)) throw wrong(`${what} ${shown(value)}`, "384 bytes, 768 lower-case hex digits");
  return value;
}

/** NFKC, spaces removed, ASCII upper case, then 1 to 35 of A-Z 0-9 . / -. */
function normalNumber(text: string): string {
  // NFKC makes up to eighteen characters of one.
  const characters = text.length <= 2 * MAX_NUMBER ? [...text].length : Infinity;
  if (characters > MAX_NUMBER) throw wrong(`number ${shown(text)}`, `at most ${MAX_NUMBER} characters`);
  const normal = text.normalize("NFKC").replaceAll(" ", "").replace(/[a-z]/g, (letter) => letter.toUpperCase());
  if (!/^[A-Z0-9./-]{1,35}$/.test(normal)) throw wrong(`number ${shown(text)}`, "1 to 35 of the characters A-Z 0-9 . / -");
  return normal;
}

function checkPrefix(prefixes: Json, named: string): void {
  if (!Array.isArray(prefixes) || !prefixes.every((prefix) => typeof prefix === "string")) {
    throw wrong("numberPrefixes of another form", "a list of strings");
  }
  const wanted = prefixes.map((prefix) => normalNumber(prefix as string));
  if (wanted.length > 0 && !wanted.some((prefix) => named.startsWith(prefix))) {
    throw wrong(`number ${named}`, `a number that begins with ${wanted.join(" or ")}`);
  }
}

function wrong(found: string, expected: string): Error {
  return invalid(11, found, expected);
}
