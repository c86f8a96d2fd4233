// Outside time stamps of the ledger (RFC 3161; docs/protocol/evidence.md, "Stamps"; step 15).
//
// A token is CMS SignedData over a TSTInfo. What is trusted is one certificate, by the SHA-256 of its DER: no chain is built
// and no name compared. WebCrypto verifies the signature.

import { type Bytes, type Hex, concat, equal, toHex, utf8 } from "./bytes.ts";
import { encode } from "./canonical.ts";
import { type Der, DerError, TAG, expect, inside, oid, read } from "./der.ts";
import { invalid, outside, shown } from "./faults.ts";
import { sha256 } from "./hashing.ts";
import type { Domain } from "./typed_data.ts";

const SIGNED_DATA = "1.2.840.113549.1.7.2";
const TST_INFO = "1.2.840.113549.1.9.16.1.4";
const CONTENT_TYPE = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
const HASHES: Readonly<Record<string, string>> = {
  "2.16.840.1.101.3.4.2.1": "SHA-256", "2.16.840.1.101.3.4.2.2": "SHA-384", "2.16.840.1.101.3.4.2.3": "SHA-512",
};
const RSA = "1.2.840.113549.1.1.1";
const RSA_WITH: Readonly<Record<string, string>> = {
  "1.2.840.113549.1.1.11": "SHA-256", "1.2.840.113549.1.1.12": "SHA-384", "1.2.840.113549.1.1.13": "SHA-512",
};
const RSA_PSS = "1.2.840.113549.1.1.10";
const EC_KEY = "1.2.840.10045.2.1";
const ECDSA_WITH: Readonly<Record<string, string>> = {
  "1.2.840.10045.4.3.2": "SHA-256", "1.2.840.10045.4.3.3": "SHA-384", "1.2.840.10045.4.3.4": "SHA-512",
};
const CURVES: Readonly<Record<string, { name: string; size: number }>> = {
  "1.2.840.10045.3.1.7": { name: "P-256", size: 32 }, "1.3.132.0.34": { name: "P-384", size: 48 },
};

/** What a token stamps: SHA-256 of the canonical JSON of chain, ledger, block hash and ledgerHead. */
export function imprint(domain: Domain, blockHash: Hex, ledgerHead: Hex): Hex {
  const stamped = { schema: "portledger/stamp/1", chainId: domain.chainId, ledger: `0x${domain.address}`, blockHash, ledgerHead };
  return sha256(utf8(encode(stamped)));
}

/** The time of the earliest token, unix seconds; null without any. Every token must hold. trusted: certificates by SHA-256. */
export async function earliest(tokens: readonly Bytes[], stamped: Hex, trusted: ReadonlySet<Hex>): Promise<number | null> {
  let found: number | null = null;
  for (const [number, token] of tokens.entries()) {
    const time = await check(token, stamped, trusted, `stamp ${number}`);
    if (found === null || time < found) found = time;
  }
  return found;
}

async function check(der: Bytes, stamped: Hex, trusted: ReadonlySet<Hex>, where: string): Promise<number> {
  let token: Token;
  try {
    token = parse(der);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw invalid(15, `a token that does not parse (${error.message})`, "a time-stamp token (RFC 3161)", where);
  }
  if (token.hash !== "SHA-256" || toHex(token.imprint) !== stamped) {
    throw invalid(15, `imprint ${toHex(token.imprint)}`, `${stamped}, this block and ledgerHead`, where);
  }
  const certificates = token.certificates.filter((one) => trusted.has(sha256(one)));
  if (certificates.length === 0) {
    const known = token.certificates.map((one) => sha256(one)).join(", ") || "none";
    throw outside(15, `a token with certificates ${known}`, "a certificate that the policy names", where);
  }
  for (const certificate of certificates) if (await verify(token, certificate)) return token.time;
  throw invalid(15, "a token whose signature does not hold", "the authority's signature", where);
}

interface Token {
  readonly time: number;
  readonly hash: string;
  readonly imprint: Bytes;
  readonly certificates: readonly Bytes[];
  readonly content: Bytes;
  /** DER of the signed attributes as a SET: what the signature covers. */
  readonly attributes: Bytes;
  readonly messageDigest: Bytes;
  readonly digest: string;
  readonly algorithm: readonly Der[];
  readonly signature: Bytes;
}

function parse(der: Bytes): Token {
  const info = inside(read(der), TAG.sequence);
  if (oid(expect(info, 0, TAG.oid)) !== SIGNED_DATA) throw new DerError("no signed data");
  const signed = inside(only(expect(info, 1, TAG.context0)), TAG.sequence);
  const encapsulated = inside(expect(signed, 2, TAG.sequence));
  if (oid(expect(encapsulated, 0, TAG.oid)) !== TST_INFO) throw new DerError("no time-stamp information");
  const octets = only(expect(encapsulated, 1, TAG.context0));
  if (octets.tag !== TAG.octetString) throw new DerError("content of another form");
  const certificates = signed.filter((one) => one.tag === TAG.context0).flatMap((one) => inside(one)).map((one) => one.bytes);
  const signers = inside(expect(signed, signed.length - 1, TAG.set));
  if (signers.length !== 1) throw new DerError(`${signers.length} signers`);
  return { ...stampOf(octets.body), certificates, content: octets.body, ...signerOf(signers[0]!) };
}

/** TSTInfo: version, policy, messageImprint {algorithm, digest}, serial, genTime … */
function stampOf(content: Bytes): { time: number; hash: string; imprint: Bytes } {
  const info = inside(read(content), TAG.sequence);
  const [algorithm, digest] = inside(expect(info, 2, TAG.sequence)) as [Der?, Der?];
  if (algorithm === undefined || digest?.tag !== TAG.octetString) throw new DerError("an imprint of another form");
  const hash = HASHES[oid(expect(inside(algorithm, TAG.sequence), 0, TAG.oid))] ?? "another hash";
  return { time: timeOf(expect(info, 4, TAG.generalizedTime)), hash, imprint: digest.body };
}

/** SignerInfo: version, sid, digestAlgorithm, [0] signedAttrs, signatureAlgorithm, signature … */
function signerOf(signer: Der): Pick<Token, "attributes" | "messageDigest" | "digest" | "algorithm" | "signature"> {
  const parts = inside(signer, TAG.sequence);
  const digest = HASHES[oid(expect(inside(expect(parts, 2, TAG.sequence)), 0, TAG.oid))];
  if (digest === undefined) throw new DerError("a digest other than SHA-256, SHA-384, SHA-512");
  const attributes = expect(parts, 3, TAG.context0);
  const named = new Map(
    inside(attributes).map((one) => {
      const [type, values] = inside(one, TAG.sequence) as [Der?, Der?];
      if (type === undefined || values?.tag !== TAG.set) throw new DerError("an attribute of another form");
      return [oid(type), values] as const;
    }),
  );
  if (named.size !== inside(attributes).length) throw new DerError("an attribute twice");
  const contentType = named.get(CONTENT_TYPE);
  const messageDigest = named.get(MESSAGE_DIGEST);
  if (contentType === undefined || oid(only(contentType)) !== TST_INFO) throw new DerError("another content type was signed");
  if (messageDigest === undefined || only(messageDigest).tag !== TAG.octetString) throw new DerError("no digest was signed");
  return {
    // Signed is the SET, although it stands in the token under another tag (RFC 5652 §5.4).
    attributes: concat(Uint8Array.of(TAG.set), attributes.bytes.subarray(1)),
    messageDigest: only(messageDigest).body, digest,
    algorithm: inside(expect(parts, 4, TAG.sequence)), signature: expect(parts, 5, TAG.octetString).body,
  };
}

function only(value: Der): Der {
  const found = inside(value);
  if (found.length !== 1) throw new DerError(`${found.length} values instead of one`);
  return found[0]!;
}

/** GeneralizedTime in UTC; fractions of a second are cut. */
function timeOf(value: Der): number {
  const text = String.fromCharCode(...value.body);
  const parts = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\.\d+)?Z$/.exec(text);
  if (parts === null) throw new DerError(`time ${shown(text)}`);
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [number, number, number, number, number, number];
  const time = Date.UTC(year, month - 1, day, hour, minute, second);
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 19).replace(/\D/g, "") !== text.slice(0, 14)) throw new DerError(`time ${shown(text)}`);
  return time / 1000;
}

async function verify(token: Token, certificate: Bytes): Promise<boolean> {
  const content = new Uint8Array(await crypto.subtle.digest(token.digest, token.content as BufferSource));
  if (!equal(content, token.messageDigest)) return false;
  try {
    const spki = publicKeyOf(certificate);
    const key = algorithmOf(token, spki);
    if (key === null) return false;
    const imported = await crypto.subtle.importKey("spki", spki.bytes as BufferSource, key.forImport, false, ["verify"]);
    return await crypto.subtle.verify(key.forVerify, imported, key.signature as BufferSource, token.attributes as BufferSource);
  } catch {
    return false; // a key or signature that WebCrypto does not take holds nothing
  }
}

/** SubjectPublicKeyInfo of a certificate: the sequence after serial, algorithm, issuer, validity and subject. */
function publicKeyOf(certificate: Bytes): Der {
  const body = inside(expect(inside(read(certificate), TAG.sequence), 0, TAG.sequence));
  const versioned = body[0]?.tag === TAG.context0 ? 1 : 0;
  return expect(body, versioned + 5, TAG.sequence);
}

interface Algorithm {
  readonly forImport: RsaHashedImportParams | EcKeyImportParams;
  readonly forVerify: AlgorithmIdentifier | RsaPssParams | EcdsaParams;
  readonly signature: Bytes;
}

function algorithmOf(token: Token, spki: Der): Algorithm | null {
  const [named] = inside(spki);
  if (named === undefined) return null;
  const kind = inside(named, TAG.sequence);
  const keyType = oid(expect(kind, 0, TAG.oid));
  const signed = oid(expect(token.algorithm, 0, TAG.oid));
  if (keyType === RSA && (signed === RSA || Object.hasOwn(RSA_WITH, signed))) {
    const hash = signed === RSA ? token.digest : RSA_WITH[signed]!;
    return { forImport: { name: "RSASSA-PKCS1-v1_5", hash }, forVerify: "RSASSA-PKCS1-v1_5", signature: token.signature };
  }
  if (keyType === RSA && signed === RSA_PSS) {
    const { hash, saltLength } = pssOf(token.algorithm[1]);
    return { forImport: { name: "RSA-PSS", hash }, forVerify: { name: "RSA-PSS", saltLength }, signature: token.signature };
  }
  const curve = keyType === EC_KEY ? CURVES[oid(expect(kind, 1, TAG.oid))] : undefined;
  const hash = ECDSA_WITH[signed];
  if (curve === undefined || hash === undefined) return null;
  return {
    forImport: { name: "ECDSA", namedCurve: curve.name }, forVerify: { name: "ECDSA", hash },
    signature: flat(token.signature, curve.size),
  };
}

/** RSASSA-PSS-params: [0] hash, [1] mask (of the same hash), [2] length of the salt. */
function pssOf(parameters: Der | undefined): { hash: string; saltLength: number } {
  const parts = parameters === undefined ? [] : inside(parameters, TAG.sequence);
  const hashPart = parts.find((one) => one.tag === TAG.context0);
  const saltPart = parts.find((one) => one.tag === 0xa2);
  const hash = hashPart === undefined ? undefined : HASHES[oid(expect(inside(only(hashPart), TAG.sequence), 0, TAG.oid))];
  if (hash === undefined) throw new DerError("PSS with another hash");
  const saltLength = saltPart === undefined ? 20 : parseInt(toHex(only(saltPart).body), 16);
  return { hash, saltLength };
}

/** An ECDSA signature as r | s of the curve's size, from SEQUENCE {r, s}. */
function flat(signature: Bytes, size: number): Bytes {
  const numbers = inside(read(signature), TAG.sequence);
  if (numbers.length !== 2) throw new DerError("a signature of another form");
  return concat(
    ...numbers.map((number) => {
      if (number.tag !== TAG.integer) throw new DerError("a signature of another form");
      const digits = number.body[0] === 0 ? number.body.subarray(1) : number.body;
      if (digits.length > size) throw new DerError("a signature of another form");
      return concat(new Uint8Array(size - digits.length), digits);
    }),
  );
}
