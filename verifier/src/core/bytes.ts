// Bytes and their hex form. Digests (32 bytes) and addresses (20 bytes) travel as lower-case hex without 0x, so that they
// compare with === and serve as keys; whatever is hashed is bytes.

import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";

export type Bytes = Uint8Array;
/** Lower-case hex digits without 0x. */
export type Hex = string;

export const ZERO: Hex = "0".repeat(64);
export const NO_BYTES: Bytes = new Uint8Array(0);

export const fromHex: (hex: Hex) => Bytes = hexToBytes;
export const toHex: (bytes: Bytes) => Hex = bytesToHex;

export function concat(...parts: Bytes[]): Bytes {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

export function equal(left: Bytes, right: Bytes): boolean {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}

export function utf8(text: string): Bytes {
  return new TextEncoder().encode(text);
}

/** A word of 32 bytes as 64 hex digits; an address or a shorter hex value is padded on the left. */
export function wordHex(value: Hex | bigint | number): Hex {
  const digits = typeof value === "string" ? value : value.toString(16);
  if (digits.length > 64) throw new RangeError(`${digits} does not fit a word`);
  return digits.padStart(64, "0");
}

export function toBigInt(bytes: Bytes): bigint {
  return bytes.length === 0 ? 0n : BigInt("0x" + toHex(bytes));
}

export function hexToBigInt(hex: Hex): bigint {
  return hex === "" ? 0n : BigInt("0x" + hex);
}

/** The number in `bits` bits of a packed word, `at` bits above its low end. */
export function field(word: bigint, at: number, bits: number): number {
  return Number(BigInt.asUintN(bits, word >> BigInt(at)));
}

/** How many of some ascending numbers lie below a limit. */
export function countBelow(ascending: readonly number[], limit: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
