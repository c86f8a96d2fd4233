// One gzip member (RFC 1952), read strictly: nothing before, between or after, header and trailer compared. What inflates
// the raw stream differs between a browser and Node and is handed in; it must take exactly the bytes it is given.

import type { Bytes } from "./core/bytes.ts";
import { malformed } from "./core/faults.ts";
import { MAX_BYTES } from "./core/form.ts";

/** Inflates a raw DEFLATE stream of at most `limit` bytes; throws for damage, for more, and for bytes after its end. */
export type Inflate = (stream: Bytes, limit: number) => Promise<Bytes>;

/** The bytes of a file that may be compressed. Never holds more than 64 MiB. */
export async function unpack(data: Bytes, inflate: Inflate): Promise<Bytes> {
  if (data.length > MAX_BYTES) throw malformed("", `${data.length} bytes`, `at most ${MAX_BYTES}`);
  if (data[0] !== 0x1f || data[1] !== 0x8b) return data;
  const body = data.subarray(headerLength(data), data.length - 8);
  let plain: Bytes;
  try {
    plain = await inflate(body, MAX_BYTES);
  } catch {
    throw malformed("", "a gzip stream that is damaged, too large or followed by more", `one whole gzip member of at most ${MAX_BYTES} bytes`);
  }
  const trailer = new DataView(data.buffer, data.byteOffset + data.length - 8, 8);
  if (trailer.getUint32(0, true) !== crc32(plain) || trailer.getUint32(4, true) !== plain.length) {
    throw malformed("", "a gzip member with another checksum or length", "one whole gzip member");
  }
  return plain;
}

function headerLength(data: Bytes): number {
  const cut = malformed("", "a gzip header that is cut or unknown", "a gzip file (RFC 1952)");
  const flags = data[3] ?? 0xff;
  if (data.length < 18 || data[2] !== 8 || flags & 0xe0) throw cut;
  let at = 10;
  if (flags & 4) at += 2 + data[at]! + 256 * data[at + 1]!;
  for (const flag of [8, 16]) {
    if (!(flags & flag)) continue;
    const end = data.indexOf(0, at);
    if (end < 0) throw cut;
    at = end + 1;
  }
  if (flags & 2) {
    const expected = crc32(data.subarray(0, at)) & 0xffff;
    if (data[at] !== (expected & 0xff) || data[at + 1] !== expected >> 8) throw cut;
    at += 2;
  }
  if (at > data.length - 8) throw cut;
  return at;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc32(data: Bytes): number {
  let value = 0xffffffff;
  for (let at = 0; at < data.length; at++) value = TABLE[(value ^ data[at]!) & 0xff]! ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}
