// RLP, the encoding of block headers and trie nodes (Ethereum's yellow paper, appendix B). Strict: one value, one encoding.

import { type Bytes, NO_BYTES, concat, toBigInt, toHex } from "./bytes.ts";

export type Item = Bytes | Item[];

const MAX_NESTING = 16;

export class RlpError extends Error {
  readonly found: string;
  readonly allowed: string;

  constructor(found: string, allowed: string) {
    super(`found ${found}; allowed ${allowed}`);
    this.found = found;
    this.allowed = allowed;
  }
}

/** The one value that these bytes encode; lists within lists up to `nesting`. */
export function decode(data: Bytes, nesting = MAX_NESTING): Item {
  const [item, end] = readItem(data, 0, data.length, nesting);
  if (end !== data.length) throw new RlpError(`${data.length - end} bytes after the value`, "nothing after it");
  return item;
}

export function encode(item: Item): Bytes {
  if (Array.isArray(item)) {
    const body = concat(...item.map(encode));
    return concat(head(0xc0, body.length), body);
  }
  if (item.length === 1 && item[0]! < 0x80) return item;
  return concat(head(0x80, item.length), item);
}

/** The number that an item stands for. */
export function integer(item: Item, maxBytes = 32): bigint {
  if (Array.isArray(item)) throw new RlpError("a list", "a number");
  if (item.length > maxBytes || item[0] === 0) {
    throw new RlpError(`0x${toHex(item.slice(0, 33))}`, `a number of at most ${maxBytes} bytes, without leading zeros`);
  }
  return toBigInt(item);
}

/** A number's bytes as RLP carries them: big-endian, no leading zero, 0 = no byte. */
export function integerBytes(value: number): Bytes {
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return bytes.length === 0 ? NO_BYTES : Uint8Array.from(bytes);
}

export function isBytes(item: Item | undefined, length?: number): item is Bytes {
  return item instanceof Uint8Array && (length === undefined || item.length === length);
}

function head(offset: number, length: number): Bytes {
  if (length < 56) return Uint8Array.of(offset + length);
  const size = integerBytes(length);
  return concat(Uint8Array.of(offset + 55 + size.length), size);
}

function readItem(data: Bytes, at: number, end: number, nesting: number): [Item, number] {
  if (at >= end) throw new RlpError("nothing", "a value");
  const first = data[at]!;
  if (first < 0x80) return [data.subarray(at, at + 1), at + 1];
  const isList = first >= 0xc0;
  const [start, stop] = span(data, at, end, first - (isList ? 0xc0 : 0x80));
  if (!isList) {
    if (stop - start === 1 && data[start]! < 0x80) {
      throw new RlpError("a small byte with a length before it", "a byte below 0x80 as itself");
    }
    return [data.subarray(start, stop), stop];
  }
  if (nesting === 0) throw new RlpError("a list too deep inside lists", "fewer lists within lists");
  const items: Item[] = [];
  for (let next = start; next < stop; ) {
    const [item, after] = readItem(data, next, stop, nesting - 1);
    items.push(item);
    next = after;
  }
  return [items, stop];
}

/** Where the body of the value at a place begins and ends; code: its first byte without the offset. */
function span(data: Bytes, at: number, end: number, code: number): [number, number] {
  let start = at + 1;
  let length = code;
  if (code > 55) {
    const size = code - 55;
    const digits = data.subarray(start, Math.min(start + size, end));
    start += size;
    length = Number(toBigInt(digits));
    if (digits.length !== size || digits[0] === 0 || length < 56) {
      throw new RlpError(`length 0x${toHex(digits)}`, `a length of ${size} bytes, above 55, as short as possible`);
    }
  }
  if (length > end - start) throw new RlpError(`a length of ${length} bytes`, `${Math.max(0, end - start)} that are left`);
  return [start, start + length];
}
