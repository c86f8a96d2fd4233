// Signatures in the one accepted form: 65 bytes r | s | v, s in the lower half, v 27 or 28 (docs/protocol §1).

import { secp256k1 } from "@noble/curves/secp256k1.js";

import { type Bytes, type Hex, fromHex, toBigInt, wordHex } from "./bytes.ts";
import { keccak } from "./hashing.ts";

export const LENGTH = 65;
const ORDER = secp256k1.Point.Fn.ORDER;
const HALF = ORDER >> 1n;

/** The address that made the signature; null where the bytes are not in the accepted form or fit no key. */
export function recover(digest: Hex, signature: Bytes): Hex | null {
  if (signature.length !== LENGTH) return null;
  const v = signature[64]!;
  const s = toBigInt(signature.subarray(32, 64));
  if ((v !== 27 && v !== 28) || s > HALF) return null;
  return recoverFrom(digest, toBigInt(signature.subarray(0, 32)), s, v - 27);
}

/** The same for a seal of a consensus engine: v 0 or 1, s in either half. */
export function recoverSeal(digest: Hex, seal: Bytes): Hex | null {
  const v = seal[64]!;
  const s = toBigInt(seal.subarray(32, 64));
  if (seal.length !== LENGTH || v > 1) return null;
  return s > HALF ? recoverFrom(digest, toBigInt(seal.subarray(0, 32)), ORDER - s, 1 - v) : recoverFrom(digest, toBigInt(seal.subarray(0, 32)), s, v);
}

function recoverFrom(digest: Hex, r: bigint, s: bigint, recovery: number): Hex | null {
  try {
    const point = new secp256k1.Signature(r, s, recovery).recoverPublicKey(fromHex(digest));
    return keccak(point.toBytes(false).subarray(1)).slice(24);
  } catch {
    return null; // r or s out of range, r no point of the curve, or the point at infinity
  }
}

/** Joined signatures, cut into pieces of 65 bytes; a shorter last piece stays, so that it is refused later. */
export function split(signatures: Bytes): Bytes[] {
  const pieces: Bytes[] = [];
  for (let at = 0; at < signatures.length; at += LENGTH) pieces.push(signatures.subarray(at, at + LENGTH));
  return pieces;
}

/** `signers` of a log entry: the address itself when there is one, else a hash over all (docs/protocol §2). */
export function signersWord(addresses: readonly Hex[]): Hex {
  return addresses.length === 1 ? wordHex(addresses[0]!) : keccak(fromHex(addresses.join("")));
}
