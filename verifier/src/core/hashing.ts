// The protocol's hashes: Keccak-256 over ABI words for the ledger, SHA-256 over canonical JSON for everything else.

import { hmac } from "@noble/hashes/hmac.js";
import { sha256 as sha256OfBytes } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";

import { type Bytes, type Hex, concat, fromHex, toHex, utf8, wordHex } from "./bytes.ts";
import { type Json, encode } from "./canonical.ts";

export function keccak(...parts: Bytes[]): Hex {
  return toHex(keccak_256(parts.length === 1 ? parts[0]! : concat(...parts)));
}

export function keccakText(text: string): Hex {
  return keccak(utf8(text));
}

export function sha256(...parts: Bytes[]): Hex {
  return toHex(sha256OfBytes(parts.length === 1 ? parts[0]! : concat(...parts)));
}

export function hmacSha256(key: Bytes, message: Bytes): Bytes {
  return hmac(sha256OfBytes, key, message);
}

/** keccak256(abi.encode(…)) of static values: numbers as uint256, hex of 40 digits as address, of 64 as bytes32. */
export function keccakWords(...values: (Hex | bigint | number)[]): Hex {
  return keccak(fromHex(values.map(wordHex).join("")));
}

/** The next head of any log (docs/protocol §2): the one formula of the ledger. time: unix seconds. */
export function entry(previous: Hex, digest: Hex, result: Hex | bigint, signers: Hex, time: number): Hex {
  return keccakWords(previous, digest, result, signers, time);
}

/** SHA-256 of the canonical JSON of a value. */
export function jsonDigest(value: Json): Hex {
  return sha256(utf8(encode(value)));
}
