// Canonical JSON (RFC 8785) of strict values: no floats, integers below 2^53, strings in NFC, at most 64 levels.
//
// A text is read by JSON.parse, checked, written again and compared: whatever JSON.parse lets pass (a member twice, white
// space, 1e2 for 100, a number too large to be exact) gives another text.

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type JsonObject = { [name: string]: Json };

export const MAX_DEPTH = 64;
export const MAX_INTEGER = Number.MAX_SAFE_INTEGER;

export class NotCanonical extends Error {
  readonly found: string;
  readonly allowed: string;

  constructor(found: string, allowed: string) {
    super(`found ${found}; allowed ${allowed}`);
    this.found = found;
    this.allowed = allowed;
  }
}

/** The value of a text that is its own canonical form, to the byte. */
export function decodeCanonical(bytes: Uint8Array): Json {
  checkNesting(bytes);
  let text: string;
  let value: Json;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text) as Json;
  } catch {
    throw new NotCanonical("text that does not parse", "JSON in UTF-8 (RFC 8259)");
  }
  if (encode(value) !== text) {
    throw new NotCanonical("bytes that differ from the canonical form", "the RFC 8785 bytes of the value");
  }
  return value;
}

/** The canonical text of a value. Throws NotCanonical where the value is not strict. */
export function encode(value: Json): string {
  const parts: string[] = [];
  write(value, 0, parts);
  return parts.join("");
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A member of an object; undefined where it has none. Never what the language itself puts on objects. */
export function member(value: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

export function checkText(text: string): void {
  // ASCII needs no look; everything else must be whole characters, in Unicode's composed form.
  if (/^[\x00-\x7f]*$/.test(text)) return;
  if (/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text)) {
    throw new NotCanonical("half of a surrogate pair", "whole characters");
  }
  if (text.normalize("NFC") !== text) throw new NotCanonical("text not in NFC", "Unicode NFC");
}

function write(value: Json, depth: number, parts: string[]): void {
  if (typeof value === "string") {
    checkText(value);
    parts.push(JSON.stringify(value));
  } else if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new NotCanonical(`the number ${value}`, "an integer below 2^53 in size");
    parts.push(String(value));
  } else if (value === null || typeof value === "boolean") {
    parts.push(String(value));
  } else {
    if (depth >= MAX_DEPTH) throw new NotCanonical("deeper nesting", `${MAX_DEPTH} levels`);
    if (Array.isArray(value)) writeList(value, depth, parts);
    else writeObject(value, depth, parts);
  }
}

function writeList(value: Json[], depth: number, parts: string[]): void {
  parts.push("[");
  for (let at = 0; at < value.length; at++) {
    if (at > 0) parts.push(",");
    write(value[at]!, depth + 1, parts);
  }
  parts.push("]");
}

function writeObject(value: JsonObject, depth: number, parts: string[]): void {
  parts.push("{");
  // The language's own order of strings is that of UTF-16 units, which RFC 8785 asks for.
  const names = Object.keys(value).sort();
  for (let at = 0; at < names.length; at++) {
    const name = names[at]!;
    checkText(name);
    parts.push(at > 0 ? "," : "", JSON.stringify(name), ":");
    write(value[name]!, depth + 1, parts);
  }
  parts.push("}");
}

/** Refuses deep nesting before a parser meets it: an unlimited one would cost memory. */
function checkNesting(bytes: Uint8Array): void {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (inText) {
      if (byte === 0x5c) at++;
      else if (byte === 0x22) inText = false;
    } else if (byte === 0x22) inText = true;
    else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > MAX_DEPTH) throw new NotCanonical("deeper nesting", `${MAX_DEPTH} levels`);
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
}
