// Outside time stamps of the ledger (RFC 3161; docs/protocol/evidence.md, "Stamps"; step 15).
//
// A token is read by that page's grammar and no further. What is trusted is one certificate, the signer's, by its SHA-256: no
// chain is built and no name compared. WebCrypto verifies the signature.

import { sha256 as hash256, sha384 as hash384, sha512 as hash512 } from "@noble/hashes/sha2.js";

import { type Bytes, type Hex, concat, equal, toHex, utf8 } from "./bytes.ts";
import { encode } from "./canonical.ts";
import { DerError, type Element, TAG, algorithm, bits, exactly, natural, objectId, read } from "./der.ts";
import { invalid, moment, outside } from "./faults.ts";
import { sha256 } from "./hashing.ts";
import type { Domain } from "./typed_data.ts";

const SIGNED_DATA = objectId("1.2.840.113549.1.7.2");
const TST_INFO = objectId("1.2.840.113549.1.9.16.1.4");
const CONTENT_TYPE = objectId("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST = objectId("1.2.840.113549.1.9.4");
const SIGNING_CERTIFICATE = objectId("1.2.840.113549.1.9.16.2.47");
const KEY_USAGE = objectId("2.5.29.37");
const TIME_STAMPING = objectId("1.3.6.1.5.5.7.3.8");
const RSA_KEY = objectId("1.2.840.113549.1.1.1");
const EC_KEY = objectId("1.2.840.10045.2.1");

type Hash = "SHA-256" | "SHA-384" | "SHA-512";
const FUNCTIONS: Readonly<Record<Hash, (data: Bytes) => Bytes>> = { "SHA-256": hash256, "SHA-384": hash384, "SHA-512": hash512 };
const HASHES = named(["2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.2", "2.16.840.1.101.3.4.2.3"]);
const RSA_WITH = named(["1.2.840.113549.1.1.11", "1.2.840.113549.1.1.12", "1.2.840.113549.1.1.13"]);
const ECDSA_WITH = named(["1.2.840.10045.4.3.2", "1.2.840.10045.4.3.3", "1.2.840.10045.4.3.4"]);
const CURVES = new Map([
  [objectId("1.2.840.10045.3.1.7"), { name: "P-256", size: 32 }], [objectId("1.3.132.0.34"), { name: "P-384", size: 48 }],
]);

function named(identifiers: readonly [string, string, string]): ReadonlyMap<Hex, Hash> {
  const hashes: readonly Hash[] = ["SHA-256", "SHA-384", "SHA-512"];
  return new Map(identifiers.map((dotted, at) => [objectId(dotted), hashes[at]!]));
}

/** What a token stamps: SHA-256 of the canonical JSON of chain, ledger, block hash and ledgerHead. */
export function imprint(domain: Domain, blockHash: Hex, ledgerHead: Hex): Hex {
  const stamped = { schema: "portledger/stamp/1", chainId: domain.chainId, ledger: `0x${domain.address}`, blockHash, ledgerHead };
  return sha256(utf8(encode(stamped)));
}

/** The time of the earliest token, unix seconds; null without any. Every token must hold. trusted: certificates by SHA-256. */
export async function earliest(tokens: readonly Bytes[], stamped: Hex, trusted: ReadonlySet<Hex>): Promise<number | null> {
  let found: number | null = null;
  for (const [number, raw] of tokens.entries()) {
    const time = await check(raw, stamped, trusted, `stamp ${number}`);
    if (found === null || time < found) found = time;
  }
  return found;
}

/** One token, in the order of the specification: form, imprint, named, certificate, signature. */
async function check(raw: Bytes, stamped: Hex, trusted: ReadonlySet<Hex>, where: string): Promise<number> {
  const token = orInvalid("token", where, () => tokenOf(raw));
  if (token.imprintHash !== "SHA-256" || toHex(token.imprint) !== stamped) {
    throw invalid(15, `a time stamp of ${token.imprintHash} ${toHex(token.imprint)}`, `SHA-256 ${stamped}, of this block and its ledgerHead`, where);
  }
  const fingerprint = sha256(token.certificate);
  if (!trusted.has(fingerprint)) throw outside(15, `a time stamp by certificate ${fingerprint}`, "a certificate that the policy names", where);
  const signer = orInvalid("certificate", where, () => certificateOf(token.certificate));
  if (!equal(signer.issued, token.issued)) throw invalid(15, "a signer that is not the token's certificate", "its issuer and serial number", where);
  if (token.time < signer.first || token.time > signer.last) {
    throw invalid(15, `a time stamp of ${moment(token.time)}`, `within the certificate's time, ${moment(signer.first)} to ${moment(signer.last)}`, where);
  }
  if (!equal(FUNCTIONS[token.hash](token.content), token.messageDigest)) throw invalid(15, "other content than was signed", "the signed digest", where);
  if (!(await holds(token, signer.key))) throw invalid(15, "a signature that does not hold", "one by the token's certificate", where);
  return token.time;
}

function orInvalid<T>(what: string, where: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof DerError ? invalid(15, `${error.message} of the ${what}`, "the form of a time-stamp token", where) : error;
  }
}

// --- the token -------------------------------------------------------------------------------------------------------

interface Token {
  readonly time: number;
  readonly imprintHash: Hash;
  readonly imprint: Bytes;
  /** The signer's, DER. */
  readonly certificate: Bytes;
  readonly content: Bytes;
  /** The hash of all that is signed. */
  readonly hash: Hash;
  readonly messageDigest: Bytes;
  /** The signed attributes as a SET: what the signature covers. */
  readonly attributes: Bytes;
  /** Issuer and serial number by which the signer is named. */
  readonly issued: Bytes;
  readonly scheme: "rsa" | "ecdsa";
  readonly signature: Bytes;
}

function tokenOf(raw: Bytes): Token {
  const outer = read(raw, TAG.sequence).parts();
  expectName(outer.take(TAG.object), SIGNED_DATA, "signed data");
  const signed = outer.take(TAG.tagged0).inner(TAG.sequence).parts();
  outer.end();
  exactly(signed.take(TAG.integer), "020103", "version 3");
  signed.take(TAG.set); // the hashes that the signers use: each names its own again
  const content = contentOf(signed.take(TAG.sequence));
  const certificates = signed.take(TAG.tagged0).all().filter((one) => one.tag === TAG.sequence).map((one) => one.raw);
  signed.maybe(TAG.tagged1); // lists of revoked certificates
  const signer = signed.take(TAG.set).inner(TAG.sequence).parts();
  signed.end();

  exactly(signer.take(TAG.integer), "020101", "version 1");
  const issued = signer.take(TAG.sequence).body;
  const hash = hashOf(signer.take(TAG.sequence));
  const attributes = signer.take(TAG.tagged0);
  const scheme = schemeOf(signer.take(TAG.sequence), hash);
  const signature = signer.take(TAG.octets).body;
  signer.maybe(TAG.tagged1); // what others added later, unsigned
  signer.end();
  return {
    ...attributesOf(attributes, certificates), ...informationOf(content), content, hash, issued, scheme, signature,
    // Signed is the SET, although it stands in the token under another tag (RFC 5652 §5.4).
    attributes: concat(Uint8Array.of(TAG.set), attributes.raw.subarray(1)),
  };
}

function contentOf(element: Element): Bytes {
  const parts = element.parts();
  expectName(parts.take(TAG.object), TST_INFO, "time-stamp information");
  const content = parts.take(TAG.tagged0).inner(TAG.octets).body;
  parts.end();
  return content;
}

/** rsa or ecdsa; the hash that the name may hold is the signer's own. */
function schemeOf(element: Element, hash: Hash): "rsa" | "ecdsa" {
  const { name, parameters } = algorithm(element);
  if (parameters === null && (name === RSA_KEY || RSA_WITH.get(name) === hash)) return "rsa";
  if (parameters === null && ECDSA_WITH.get(name) === hash) return "ecdsa";
  throw new DerError(`algorithm ${name}`);
}

/** The digest of the content that was signed, and the certificate that signed names itself. */
function attributesOf(element: Element, certificates: readonly Bytes[]): Pick<Token, "messageDigest" | "certificate"> {
  const found = new Map<Hex, Element>();
  for (const one of element.all()) {
    if (one.tag !== TAG.sequence) throw new DerError(`tag ${one.tag} instead of an attribute`);
    const parts = one.parts();
    const name = toHex(parts.take(TAG.object).body);
    const values = parts.take(TAG.set);
    parts.end();
    if (found.has(name)) throw new DerError(`attribute ${name} twice`);
    found.set(name, values);
  }
  const [type, digest, own] = [CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_CERTIFICATE].map((name) => found.get(name));
  if (type === undefined || digest === undefined || own === undefined) throw new DerError("a signed attribute that is missing");
  expectName(type.inner(TAG.object), TST_INFO, "time-stamp information");
  return { certificate: ownCertificate(own.inner(TAG.sequence), certificates), messageDigest: digest.inner(TAG.octets).body };
}

/** The certificate whose hash stands first in SigningCertificateV2 (RFC 5035). */
function ownCertificate(element: Element, certificates: readonly Bytes[]): Bytes {
  const parts = element.parts().take(TAG.sequence).parts().take(TAG.sequence).parts();
  const hashed = parts.maybe(TAG.sequence);
  const hash = hashed === null ? "SHA-256" : hashOf(hashed);
  const digest = parts.take(TAG.octets).body;
  const found = certificates.find((one) => equal(FUNCTIONS[hash](one), digest));
  if (found === undefined) throw new DerError("a certificate that is not in the token");
  return found;
}

/** TSTInfo: time and imprint. */
function informationOf(content: Bytes): Pick<Token, "time" | "imprint" | "imprintHash"> {
  const parts = read(content, TAG.sequence).parts();
  exactly(parts.take(TAG.integer), "020101", "version 1");
  parts.take(TAG.object); // under which rules the authority works
  const stamped = parts.take(TAG.sequence).parts();
  const imprintHash = hashOf(stamped.take(TAG.sequence));
  const digest = stamped.take(TAG.octets).body;
  stamped.end();
  parts.take(TAG.integer); // the token's number
  const time = timeOf(parts.take(TAG.time));
  parts.maybe(TAG.sequence); // how exact
  parts.maybe(TAG.boolean); // whether its tokens are in order
  parts.maybe(TAG.integer); // the nonce of the request
  parts.maybe(TAG.tagged0); // what the authority calls itself
  const extensions = parts.maybe(TAG.tagged1);
  parts.end();
  if (extensions !== null && extensionsOf(extensions.all()).some((one) => one.critical)) throw new DerError("a critical extension");
  return { time, imprint: digest, imprintHash };
}

// --- the certificate -------------------------------------------------------------------------------------------------

type Key = { readonly n: Bytes } | { readonly curve: { name: string; size: number }; readonly point: Bytes };

/** A certificate for stamping and nothing else. */
function certificateOf(raw: Bytes): { issued: Bytes; first: number; last: number; key: Key } {
  const outer = read(raw, TAG.sequence).parts();
  const parts = outer.take(TAG.sequence).parts();
  outer.take(TAG.sequence);
  outer.take(TAG.bits);
  outer.end();
  exactly(parts.take(TAG.tagged0).inner(TAG.integer), "020102", "version 3");
  const serial = parts.take(TAG.integer);
  parts.take(TAG.sequence); // how the issuer signed it
  const issuer = parts.take(TAG.sequence);
  const times = parts.take(TAG.sequence).all();
  if (times.length !== 2) throw new DerError(`${times.length} times instead of two`);
  parts.take(TAG.sequence); // whose it is
  const key = keyOf(parts.take(TAG.sequence));
  parts.maybe(TAG.plain1);
  parts.maybe(TAG.plain2);
  const extensions = parts.take(TAG.tagged3).inner(TAG.sequence);
  parts.end();
  checkUsage(extensions);
  return { issued: concat(issuer.raw, serial.raw), first: timeOf(times[0]!), last: timeOf(times[1]!), key };
}

/** The extended key usage is critical, and time stamping alone (RFC 3161 §2.3). */
function checkUsage(element: Element): void {
  const found = extensionsOf(element.all()).filter((one) => one.name === KEY_USAGE);
  if (found.length !== 1 || !found[0]!.critical) throw new DerError("no extended key usage that is critical and the only one");
  expectName(read(found[0]!.value, TAG.sequence).inner(TAG.object), TIME_STAMPING, "time stamping and nothing else");
}

function keyOf(element: Element): Key {
  const parts = element.parts();
  const { name, parameters } = algorithm(parts.take(TAG.sequence));
  const value = bits(parts.take(TAG.bits));
  parts.end();
  if (name === RSA_KEY && parameters === null) return rsaKeyOf(value);
  const curve = parameters?.tag === TAG.object ? CURVES.get(toHex(parameters.body)) : undefined;
  if (name !== EC_KEY || curve === undefined) throw new DerError("a key that is neither RSA nor of P-256 or P-384");
  if (value[0] !== 4) throw new DerError("a point that is compressed");
  return { curve, point: value };
}

function rsaKeyOf(value: Bytes): Key {
  const numbers = read(value, TAG.sequence).parts();
  const n = natural(numbers.take(TAG.integer));
  const e = natural(numbers.take(TAG.integer));
  numbers.end();
  const length = n.length * 8 - Math.clz32(n[0] ?? 0) + 24;
  if (length < 2048 || length > 8192 || toHex(e) !== "010001") throw new DerError("an RSA key of another size or exponent");
  return { n };
}

async function holds(token: Token, key: Key): Promise<boolean> {
  try {
    if ("n" in key) return token.scheme === "rsa" && (await rsaHolds(token, key.n));
    return token.scheme === "ecdsa" && (await ecdsaHolds(token, key.curve, key.point));
  } catch {
    return false; // what WebCrypto takes for no key or no signature holds nothing
  }
}

async function rsaHolds(token: Token, n: Bytes): Promise<boolean> {
  const modulus = btoa(String.fromCharCode(...n)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const jwk = { kty: "RSA", n: modulus, e: "AQAB", ext: true };
  const imported = await crypto.subtle.importKey("jwk", jwk, { name: "RSASSA-PKCS1-v1_5", hash: token.hash }, false, ["verify"]);
  return crypto.subtle.verify("RSASSA-PKCS1-v1_5", imported, token.signature as BufferSource, token.attributes as BufferSource);
}

async function ecdsaHolds(token: Token, curve: { name: string; size: number }, point: Bytes): Promise<boolean> {
  const numbers = read(token.signature, TAG.sequence).parts();
  const halves = [natural(numbers.take(TAG.integer)), natural(numbers.take(TAG.integer))];
  numbers.end();
  if (halves.some((half) => half.length > curve.size)) return false;
  const signature = concat(...halves.map((half) => concat(new Uint8Array(curve.size - half.length), half)));
  const imported = await crypto.subtle.importKey("raw", point as BufferSource, { name: "ECDSA", namedCurve: curve.name }, false, ["verify"]);
  return crypto.subtle.verify({ name: "ECDSA", hash: token.hash }, imported, signature as BufferSource, token.attributes as BufferSource);
}

// --- what both are made of -------------------------------------------------------------------------------------------

function extensionsOf(elements: readonly Element[]): { name: Hex; critical: boolean; value: Bytes }[] {
  return elements.map((one) => {
    if (one.tag !== TAG.sequence) throw new DerError(`tag ${one.tag} instead of an extension`);
    const parts = one.parts();
    const name = toHex(parts.take(TAG.object).body);
    const critical = parts.maybe(TAG.boolean);
    if (critical !== null) exactly(critical, "0101ff", "true, or nothing");
    const value = parts.take(TAG.octets).body;
    parts.end();
    return { name, critical: critical !== null, value };
  });
}

function hashOf(element: Element): Hash {
  const { name, parameters } = algorithm(element);
  const found = HASHES.get(name);
  if (found === undefined || parameters !== null) throw new DerError(`hash ${name}`);
  return found;
}

/** Unix seconds of a GeneralizedTime or UTCTime in UTC; fractions of a second are cut. */
function timeOf(element: Element): number {
  const text = String.fromCharCode(...element.body);
  const general = element.tag === TAG.time ? /^([0-9]{4})([0-9]{10})(?:\.[0-9]*[1-9])?Z$/.exec(text) : null;
  const short = element.tag === TAG.utcTime ? /^([0-9]{2})([0-9]{10})Z$/.exec(text) : null;
  const found = general ?? short;
  if (found === null) throw new DerError("a time in another form");
  const year = general ? Number(found[1]) : Number(found[1]) + (Number(found[1]) >= 50 ? 1900 : 2000);
  const [month, day, hour, minute, second] = found[2]!.match(/../g)!.map(Number) as [number, number, number, number, number];
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  const written = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()];
  if (year < 1970 || [year, month, day, hour, minute, second].some((part, at) => part !== written[at])) throw new DerError("a time that is none");
  return date.getTime() / 1000;
}

function expectName(element: Element, wanted: Hex, what: string): void {
  if (toHex(element.body) !== wanted) throw new DerError(`an object identifier other than ${what}`);
}
