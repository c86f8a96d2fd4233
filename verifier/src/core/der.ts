// DER (X.690), as far as time-stamp tokens need it: definite lengths, shortest form, nothing after the value.

import { type Bytes, toHex } from "./bytes.ts";

export const TAG = {
  integer: 0x02, bitString: 0x03, octetString: 0x04, oid: 0x06, generalizedTime: 0x18, sequence: 0x30, set: 0x31,
  context0: 0xa0, context1: 0xa1,
} as const;

export class DerError extends Error {}

/** One value. bytes: tag, length and all; body: what the length counts. */
export interface Der {
  readonly tag: number;
  readonly bytes: Bytes;
  readonly body: Bytes;
}

export function read(data: Bytes): Der {
  const [value, end] = readAt(data, 0);
  if (end !== data.length) throw new DerError(`${data.length - end} bytes after the value`);
  return value;
}

/** The values inside a constructed one. */
export function inside(value: Der, tag?: number): Der[] {
  if (tag !== undefined && value.tag !== tag) throw new DerError(`tag ${value.tag} instead of ${tag}`);
  const found: Der[] = [];
  for (let at = 0; at < value.body.length; ) {
    const [one, end] = readAt(value.body, at);
    found.push(one);
    at = end;
  }
  return found;
}

/** The value at a place, which must be there and have the tag. */
export function expect(values: readonly Der[], at: number, tag: number): Der {
  const value = values[at];
  if (value?.tag !== tag) throw new DerError(`tag ${value?.tag ?? "of nothing"} instead of ${tag}`);
  return value;
}

/** An object identifier as its dotted text. */
export function oid(value: Der): string {
  if (value.tag !== TAG.oid || value.body.length === 0) throw new DerError("no object identifier");
  const numbers: bigint[] = [];
  let running = 0n;
  value.body.forEach((byte) => {
    running = (running << 7n) | BigInt(byte & 0x7f);
    if (byte < 0x80) {
      numbers.push(running);
      running = 0n;
    }
  });
  const first = numbers.shift() ?? 0n;
  const top = first < 80n ? first / 40n : 2n;
  return [top, first - top * 40n, ...numbers].join(".");
}

function readAt(data: Bytes, at: number): [Der, number] {
  const tag = data[at];
  const first = data[at + 1];
  if (tag === undefined || first === undefined) throw new DerError("a value that is cut");
  if ((tag & 0x1f) === 0x1f) throw new DerError("a tag of several bytes");
  let length = first;
  let start = at + 2;
  if (first >= 0x80) {
    const count = first & 0x7f;
    const digits = data.subarray(start, start + count);
    if (count === 0 || count > 4 || digits.length !== count || digits[0] === 0) throw new DerError("a length that is not in its shortest form");
    length = parseInt(toHex(digits), 16);
    if (length < 0x80) throw new DerError("a length that is not in its shortest form");
    start += count;
  }
  const end = start + length;
  if (end > data.length) throw new DerError("a value that is cut");
  return [{ tag, bytes: data.subarray(at, end), body: data.subarray(start, end) }, end];
}
