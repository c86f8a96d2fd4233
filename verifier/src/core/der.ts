// DER (X.690), as far as time-stamp tokens need it: elements are taken one after the other by the tag that is expected
// next, and what nobody asks for is passed over whole (docs/protocol/evidence.md, "Stamps").

import { type Bytes, type Hex, toHex } from "./bytes.ts";

export const TAG = {
  boolean: 0x01, integer: 0x02, bits: 0x03, octets: 0x04, object: 0x06, utcTime: 0x17, time: 0x18, sequence: 0x30, set: 0x31,
  plain1: 0x81, plain2: 0x82, tagged0: 0xa0, tagged1: 0xa1, tagged3: 0xa3,
} as const;

export class DerError extends Error {}

/** raw: the whole of it; body: what its length counts. */
export class Element {
  readonly tag: number;
  readonly raw: Bytes;
  readonly body: Bytes;

  constructor(tag: number, raw: Bytes, body: Bytes) {
    this.tag = tag;
    this.raw = raw;
    this.body = body;
  }

  parts(): Parts {
    return new Parts(this.body);
  }

  /** The one element inside. */
  inner(tag: number): Element {
    const parts = this.parts();
    const found = parts.take(tag);
    parts.end();
    return found;
  }

  /** All elements inside, whatever they are. */
  all(): Element[] {
    const parts = this.parts();
    const found: Element[] = [];
    while (parts.more) found.push(parts.any());
    return found;
  }
}

/** Elements side by side, taken in their order. */
export class Parts {
  readonly #data: Bytes;
  #at = 0;

  constructor(data: Bytes) {
    this.#data = data;
  }

  get more(): boolean {
    return this.#at < this.#data.length;
  }

  any(): Element {
    const found = elementAt(this.#data, this.#at);
    this.#at += found.raw.length;
    return found;
  }

  take(tag: number): Element {
    const found = this.any();
    if (found.tag !== tag) throw new DerError(`tag ${found.tag} instead of ${tag}`);
    return found;
  }

  /** The next element if it has this tag; else it stays the next. */
  maybe(tag: number): Element | null {
    return this.more && this.#data[this.#at] === tag ? this.take(tag) : null;
  }

  end(): void {
    if (this.more) throw new DerError(`${this.#data.length - this.#at} bytes more than expected`);
  }
}

/** The one element that these bytes are. */
export function read(data: Bytes, tag: number): Element {
  const parts = new Parts(data);
  const found = parts.take(tag);
  parts.end();
  return found;
}

/** The element must be these bytes. */
export function exactly(element: Element, raw: Hex, what: string): void {
  if (toHex(element.raw) !== raw) throw new DerError(`${toHex(element.raw.subarray(0, 32))} instead of ${what}`);
}

/** The digits of an INTEGER that is not negative, without the zero that keeps it so. */
export function natural(element: Element): Bytes {
  const { body } = element;
  const [first, second] = body;
  if (first === undefined || first >= 0x80 || (second !== undefined && first === 0 && second < 0x80)) {
    throw new DerError("an integer that is negative, or not as short as possible");
  }
  return first === 0 ? body.subarray(1) : body;
}

/** The bytes in a BIT STRING of whole bytes. */
export function bits(element: Element): Bytes {
  if (element.body[0] !== 0) throw new DerError("a bit string that ends within a byte");
  return element.body.subarray(1);
}

/** Name (body of the object identifier, hex) and parameters of an AlgorithmIdentifier; a NULL counts as none. */
export function algorithm(element: Element): { name: Hex; parameters: Element | null } {
  const parts = element.parts();
  const name = toHex(parts.take(TAG.object).body);
  const parameters = parts.more ? parts.any() : null;
  parts.end();
  return { name, parameters: parameters !== null && toHex(parameters.raw) === "0500" ? null : parameters };
}

/** The body of an object identifier, in hex. */
export function objectId(dotted: string): Hex {
  const [first, second, ...rest] = dotted.split(".").map(Number) as [number, number, ...number[]];
  return [first * 40 + second, ...rest].map(base128).join("");
}

function base128(number: number): Hex {
  const digits = [number % 128];
  for (let left = Math.floor(number / 128); left > 0; left = Math.floor(left / 128)) digits.unshift((left % 128) + 128);
  return toHex(Uint8Array.from(digits));
}

function elementAt(data: Bytes, at: number): Element {
  const tag = data[at];
  const first = data[at + 1];
  if (tag === undefined || first === undefined) throw new DerError("an element that is cut");
  if ((tag & 0x1f) === 0x1f) throw new DerError("a tag of several bytes");
  let length: number = first;
  let start = at + 2;
  if (first >= 0x80) {
    const count = first - 0x80;
    const digits = data.subarray(start, start + count);
    if (count === 0 || count > 4 || digits.length !== count || digits[0] === 0) throw new DerError("a length that is not in its shortest form");
    length = parseInt(toHex(digits), 16);
    if (length < 0x80) throw new DerError("a length that is not in its shortest form");
    start += count;
  }
  if (length > data.length - start) throw new DerError("an element that is cut");
  return new Element(tag, data.subarray(at, start + length), data.subarray(start, start + length));
}
