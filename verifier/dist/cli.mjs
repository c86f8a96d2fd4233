// <define:RELEASE_IMMUTABLES>
var define_RELEASE_IMMUTABLES_default = [[1430, 32, "salt"], [4695, 32, "salt"], [6555, 32, "CHAIN"], [6597, 32, "salt"], [6641, 32, "SEPARATOR"]];

// <define:RELEASE_KINDS>
var define_RELEASE_KINDS_default = ["d9f1ce0a12f039fb5738b41088a20a22b28647a4382c7518457d5b21c350ebec", "8b2737c2ae5db61455080ee17525ae48e21f806902369d11abf267c3867d21dd", "ea0127f24da5f5d99a2ffc7fd5b4a8a61bb23787bfda4071c92d9f3f19530224", "9fa5a8cbea91cdc5c4f7c04568ed7013e5f014af770979cd7ea9665b2e7f5d8b", "8922d4c1ae0f7933381eeb9f16ff18a4988a452b19f15db7c4ebd4e3829b5a71"];

// src/cli.ts
import { readFile } from "node:fs/promises";
import { inflateRawSync } from "node:zlib";

// src/core/faults.ts
var TITLES = [
  "the file's form",
  "block header and validators' seals",
  "the ledger's account and code",
  "the ledger's storage",
  "the kind file is the one the ledger sealed",
  "each act hashes to its digest and extends the one before",
  "the running hash ends in the ledger's head",
  "each act is signed by accounts of its actor",
  "each party was registered, free, in its epoch and role",
  "each act obeys the table and gives the recorded state",
  "the notes are complete and true to their time",
  "the document id comes from the creator's number",
  "the manifest is the one that was signed, for this ledger",
  "the opened datasets are the ones that were sealed",
  "the opened details are the ones that were signed",
  "result"
];
var REMEDIES = {
  malformed: "Ask for the file again: it was damaged, cut, or is something else.",
  invalid: "Do not rely on it: ask another source for the same history, and the issuer if none agrees.",
  "outside-policy": "Use a policy that names it, if you have one from a source that you trust."
};
var Failure = class _Failure extends Error {
  kind;
  step;
  /** The place: "act 3, OFFER", "party 7, entry 2", a JSON pointer; empty where the step speaks about the whole. */
  entry;
  found;
  expected;
  remedy;
  constructor(kind, step, found, expected, entry2 = "", remedy = "") {
    super(`step ${step}: found ${found}; expected ${expected}`);
    this.kind = kind;
    this.step = step;
    this.entry = entry2;
    this.found = found;
    this.expected = expected;
    this.remedy = remedy === "" ? REMEDIES[kind] : remedy;
  }
  /** The same failure, said of a place inside something larger. */
  within(place) {
    const entry2 = this.entry === "" ? place : `${place}, ${this.entry}`;
    return new _Failure(this.kind, this.step, this.found, this.expected, entry2, this.remedy);
  }
};
function malformed(at, found, expected) {
  return new Failure("malformed", 0, found, expected, at);
}
function invalid(step, found, expected, entry2 = "", remedy = "") {
  return new Failure("invalid", step, found, expected, entry2, remedy);
}
function outside(step, found, expected, entry2 = "") {
  return new Failure("outside-policy", step, found, expected, entry2);
}
function shown(value) {
  const text4 = JSON.stringify(value) ?? String(value);
  return text4.replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`).slice(0, 80);
}
function moment(seconds) {
  if (!(seconds >= 0 && seconds < 253402300800)) return String(seconds);
  return new Date(seconds * 1e3).toISOString().replace(".000Z", "Z");
}

// node_modules/smol-toml/dist/error.js
function getLineColFromPtr(string2, ptr) {
  let lines = string2.slice(0, ptr).split(/\r?\n/);
  return [lines.length, lines.pop().length + 1];
}
function makeCodeBlock(string2, line2, column) {
  let lines = string2.split(/\r?\n/);
  let codeblock = "";
  let numberLen = (Math.log10(line2 + 1) | 0) + 1;
  for (let i = line2 - 1; i <= line2 + 1; i++) {
    let l = lines[i - 1];
    if (!l)
      continue;
    codeblock += i.toString().padEnd(numberLen, " ");
    codeblock += ":  ";
    codeblock += l;
    codeblock += "\n";
    if (i === line2) {
      codeblock += " ".repeat(numberLen + column + 2);
      codeblock += "^\n";
    }
  }
  return codeblock;
}
var TomlError = class _TomlError extends Error {
  line;
  column;
  codeblock;
  constructor(message, options2) {
    const [line2, column] = getLineColFromPtr(options2.toml, options2.ptr);
    const codeblock = makeCodeBlock(options2.toml, line2, column);
    super(`Invalid TOML document: ${message}

${codeblock}`, options2);
    this.line = line2;
    this.column = column;
    this.codeblock = codeblock;
  }
  /** @internal */
  static x(message, ctx, ptr) {
    throw new _TomlError(message, { toml: ctx.s, ptr: ptr ?? ctx.p });
  }
};

// node_modules/smol-toml/dist/primitive.js
function parseString(ctx) {
  let startPtr = ctx.p;
  let c = ctx.s.charCodeAt(ctx.p++);
  let first = c;
  let isLiteral = c === 39;
  let isMultiline = c === ctx.s.charCodeAt(ctx.p) && c === ctx.s.charCodeAt(ctx.p + 1);
  if (isMultiline) {
    if ((c = ctx.s.charCodeAt(ctx.p += 2)) === 10)
      ctx.p++;
    else if (c === 13 && ctx.s.charCodeAt(ctx.p + 1) === 10)
      ctx.p += 2;
  }
  let parsed2 = "";
  let sliceStart = ctx.p;
  let state = 0;
  for (; ctx.p < ctx.s.length; ctx.p++) {
    c = ctx.s.charCodeAt(ctx.p);
    if (isMultiline && (c === 10 || c === 13 && ctx.s.charCodeAt(ctx.p + 1) === 10)) {
      state = state && 3;
    } else if (c < 32 && c !== 9 || c === 127) {
      TomlError.x("control characters are not allowed in strings", ctx);
    } else if ((!state || state === 3) && c === first && (!isMultiline || ctx.s.charCodeAt(ctx.p + 1) === first && ctx.s.charCodeAt(ctx.p + 2) === first)) {
      if (isMultiline) {
        if (ctx.s.charCodeAt(ctx.p + 3) === first)
          ctx.p++;
        if (ctx.s.charCodeAt(ctx.p + 3) === first)
          ctx.p++;
      }
      if (!state) {
        let s = ctx.s.slice(sliceStart, ctx.p);
        parsed2 = parsed2 ? parsed2 + s : s;
      }
      ctx.p += isMultiline ? 3 : 1;
      return parsed2;
    } else if (!state) {
      if (!isLiteral && c === 92) {
        parsed2 += ctx.s.slice(sliceStart, sliceStart = ctx.p);
        state = 1;
      }
    } else if (state === 1) {
      if (c === 120 || c === 117 || c === 85) {
        let errPtr = ctx.p++ - 1;
        let value = 0;
        let len = c === 120 ? 2 : c === 117 ? 4 : 8;
        for (let j = 0; j < len; j++, ctx.p++) {
          let hex = ctx.s.charCodeAt(ctx.p);
          let digit = (
            /* 0-9 */
            hex >= 48 && hex <= 57 ? hex - 48 : (
              /* A-F */
              hex >= 65 && hex <= 70 ? hex - 65 + 10 : (
                /* a-f */
                hex >= 97 && hex <= 102 ? hex - 97 + 10 : -1
              )
            )
          );
          if (digit < 0)
            TomlError.x("invalid non-hex character in unicode escape", ctx);
          value = value << 4 | digit;
        }
        if (value < 0 || value > 1114111 || value >= 55296 && value <= 57343) {
          TomlError.x("invalid unicode escape", ctx, errPtr);
        }
        parsed2 += String.fromCodePoint(value);
        sliceStart = ctx.p--;
        state = 0;
      } else if (isMultiline && (c === 32 || c === 9)) {
        state = 2;
      } else {
        if (c === 98)
          parsed2 += "\b";
        else if (c === 116)
          parsed2 += "	";
        else if (c === 110)
          parsed2 += "\n";
        else if (c === 102)
          parsed2 += "\f";
        else if (c === 114)
          parsed2 += "\r";
        else if (c === 101)
          parsed2 += "\x1B";
        else if (c === 34)
          parsed2 += '"';
        else if (c === 92)
          parsed2 += "\\";
        else
          TomlError.x("unrecognised escape sequence", ctx);
        sliceStart = ctx.p + 1;
        state = 0;
      }
    } else if (c !== 32 && c !== 9) {
      if (state === 2)
        TomlError.x("invalid escape: only line-ending whitespace may be escaped", ctx, sliceStart);
      state = !isLiteral && c === 92 ? 1 : 0;
      sliceStart = ctx.p;
    }
  }
  TomlError.x("unfinished string", ctx, startPtr);
}

// node_modules/smol-toml/dist/date.js
var DATE_TIME_RE = /^(\d{4}-\d{2}-\d{2})?[Tt ]?(?:(\d{2}):\d{2}(?::\d{2}(?:\.\d+)?)?)?(Z|z|[-+]\d{2}:\d{2})?$/i;
var TomlDate = class _TomlDate extends Date {
  #hasDate = false;
  #hasTime = false;
  #offset = null;
  constructor(date, fasttype, unsafeDelim) {
    let hasDate = true;
    let hasTime = true;
    let offset = "Z";
    let c;
    if (typeof date === "string") {
      if (fasttype)
        prep: {
          if (fasttype < 3) {
            if (+date.slice(11, 13) > 23) {
              date = "";
              break prep;
            }
            if (fasttype === 2) {
              offset = null;
              date += "Z";
            } else if ((c = date.charCodeAt(date.length - 1)) !== 90 && c !== 122) {
              offset = date.slice(date.length - 6);
            }
            if (unsafeDelim)
              date = date.slice(0, 10) + "T" + date.slice(11);
          } else if (fasttype === 4) {
            date = +date.slice(0, 2) > 23 ? "" : `0000-01-01T${date}Z`;
          }
          hasDate = fasttype !== 4;
          hasTime = fasttype !== 3;
        }
      else {
        let match = date.match(DATE_TIME_RE);
        if (match) {
          if (!match[1]) {
            hasDate = false;
            date = `0000-01-01T${date}`;
          }
          hasTime = !!match[2];
          hasTime && date[10] === " " && (date = date.replace(" ", "T"));
          if (match[2] && +match[2] > 23) {
            date = "";
          } else {
            offset = match[3] || null;
            if (!offset && hasTime)
              date += "Z";
          }
        } else {
          date = "";
        }
      }
    }
    super(date);
    if (!isNaN(this.getTime())) {
      this.#hasDate = hasDate;
      this.#hasTime = hasTime;
      this.#offset = offset;
    }
  }
  isDateTime() {
    return this.#hasDate && this.#hasTime;
  }
  isLocal() {
    return !this.#hasDate || !this.#hasTime || !this.#offset;
  }
  isDate() {
    return this.#hasDate && !this.#hasTime;
  }
  isTime() {
    return this.#hasTime && !this.#hasDate;
  }
  isValid() {
    return this.#hasDate || this.#hasTime;
  }
  toISOString() {
    let iso = super.toISOString();
    if (this.isDate())
      return iso.slice(0, 10);
    if (this.isTime())
      return iso.slice(11, 23);
    if (this.#offset === null)
      return iso.slice(0, -1);
    if (this.#offset === "Z" || this.#offset === "z")
      return iso;
    let offset = +this.#offset.slice(1, 3) * 60 + +this.#offset.slice(4, 6);
    offset = this.#offset[0] === "-" ? offset : -offset;
    let offsetDate = new Date(this.getTime() - offset * 6e4);
    return offsetDate.toISOString().slice(0, -1) + this.#offset;
  }
  static wrapAsOffsetDateTime(jsDate, offset = "Z") {
    let date = new _TomlDate(jsDate);
    date.#offset = offset;
    return date;
  }
  static wrapAsLocalDateTime(jsDate) {
    let date = new _TomlDate(jsDate);
    date.#offset = null;
    return date;
  }
  static wrapAsLocalDate(jsDate) {
    let date = new _TomlDate(jsDate);
    date.#hasTime = false;
    date.#offset = null;
    return date;
  }
  static wrapAsLocalTime(jsDate) {
    let date = new _TomlDate(jsDate);
    date.#hasDate = false;
    date.#offset = null;
    return date;
  }
};

// node_modules/smol-toml/dist/extract.js
function isDigit(char, base = 10) {
  return base === 16 ? char > 47 && char < 58 || char > 64 && char < 71 || char > 96 && char < 103 : char > 47 && char < 48 + base;
}
function isEndOfValue(char, delim) {
  return char === 32 || char === 9 || char === 10 || char === 13 || // Structure end or next value delimiter
  delim && (char === delim || char === 44) || // Comment
  char === 35;
}
function extractValue(ctx, end) {
  let errPtr = ctx.p;
  let c = ctx.s.charCodeAt(ctx.p);
  if (c === 91 || c === 123) {
    ctx.d-- || TomlError.x("document contains excessively nested structures. aborting.", ctx);
    let value = c === 91 ? parseArray(ctx) : parseInlineTable(ctx);
    ctx.d++;
    return value;
  }
  if (c === 34 || c === 39) {
    return parseString(ctx);
  }
  if (c === 116) {
    if (ctx.s.charCodeAt(++ctx.p) !== 114 || ctx.s.charCodeAt(++ctx.p) !== 117 || ctx.s.charCodeAt(++ctx.p) !== 101)
      TomlError.x("invalid value", ctx, errPtr);
    return ctx.p++, true;
  }
  if (c === 102) {
    if (ctx.s.charCodeAt(++ctx.p) !== 97 || ctx.s.charCodeAt(++ctx.p) !== 108 || ctx.s.charCodeAt(++ctx.p) !== 115 || ctx.s.charCodeAt(++ctx.p) !== 101)
      TomlError.x("invalid value", ctx, errPtr);
    return ctx.p++, false;
  }
  if (c === 43 || c === 45) {
    return parseNumber(ctx, ctx.p, ctx.s.charCodeAt(++ctx.p), 44 - c, end);
  }
  if (ctx.s.charCodeAt(ctx.p + 4) === 45 && ctx.s.charCodeAt(ctx.p + 7) === 45) {
    return parseDate(ctx, c, end);
  }
  if (ctx.s.charCodeAt(ctx.p + 2) === 58) {
    return parseTime(ctx, c, end);
  }
  return parseNumber(ctx, ctx.p, c, 0, end);
}
function parseNumber(ctx, startPtr, startChr, sign, endChr) {
  let c = startChr;
  let state = 0;
  let hasUnderscores = false;
  if (c === 105) {
    if (ctx.s.charCodeAt(++ctx.p) !== 110 || ctx.s.charCodeAt(++ctx.p) !== 102)
      TomlError.x("invalid value", ctx, startPtr);
    return ctx.p++, (sign || 1) / 0;
  }
  if (c === 110) {
    if (ctx.s.charCodeAt(++ctx.p) !== 97 || ctx.s.charCodeAt(++ctx.p) !== 110)
      TomlError.x("invalid value", ctx, startPtr);
    return ctx.p++, NaN;
  }
  if (c === 48) {
    if (++ctx.p >= ctx.s.length || isEndOfValue(c = ctx.s.charCodeAt(ctx.p), endChr))
      return ctx.bi === true ? 0n : 0;
    if (!sign) {
      if (c === 120)
        return parseIntegerBaseN(ctx, startPtr, 16, endChr);
      else if (c === 98)
        return parseIntegerBaseN(ctx, startPtr, 2, endChr);
      else if (c === 111)
        return parseIntegerBaseN(ctx, startPtr, 8, endChr);
    }
    if (c === 46)
      state = 2;
    else if (c === 101 || c === 69)
      state = 4;
    else
      TomlError.x("illegal leading zero", ctx, startPtr);
  } else if (!isDigit(c))
    TomlError.x("invalid value", ctx, startPtr);
  while (++ctx.p < ctx.s.length && (c = ctx.s.charCodeAt(ctx.p), !isEndOfValue(c, endChr))) {
    if (!state)
      state = 1;
    if (c === 95) {
      if (!(state & 1))
        TomlError.x("illegal underscore", ctx);
      state += 11;
      hasUnderscores = true;
    } else if (state === 1 && c === 46)
      state = 2;
    else if ((state === 1 || state === 3) && (c === 101 || c === 69))
      state = 4;
    else if (state === 4 && (c === 43 || c === 45)) {
      state = 6;
    } else if (!isDigit(c))
      TomlError.x(`illegal character in numeric literal`, ctx);
    else if (state > 9)
      state -= 11;
    else if (!(state & 1))
      state++;
  }
  if (!state) {
    let val = (startChr - 48) * (sign || 1);
    return ctx.bi === true ? BigInt(val) : val;
  }
  if (!(state & 1))
    TomlError.x("unfinished numeric value", ctx, startPtr);
  let str = ctx.s.slice(startPtr, ctx.p);
  if (hasUnderscores)
    str = str.replaceAll("_", "");
  return state > 1 ? parseFloat(str) : parseInteger(ctx, str, 10, startPtr);
}
function parseIntegerBaseN(ctx, startPtr, base, endChr) {
  let c, underscore = 1;
  while (++ctx.p < ctx.s.length && (c = ctx.s.charCodeAt(ctx.p), !isEndOfValue(c, endChr))) {
    if (c === 95) {
      if (underscore & 1)
        TomlError.x("illegal underscore", ctx);
      underscore = 3;
    } else if (!isDigit(c, base))
      TomlError.x(`illegal character in numeric literal`, ctx);
    else if (underscore & 1)
      underscore--;
  }
  if (underscore & 1)
    TomlError.x("unfinished numeric value", ctx);
  let str = ctx.s.slice(startPtr + 2, ctx.p);
  if (underscore)
    str = str.replaceAll("_", "");
  return parseInteger(ctx, str, base, startPtr);
}
function parseInteger(ctx, str, base, startPtr) {
  if (ctx.bi !== true)
    int: {
      let val = parseInt(str, base);
      if (!Number.isSafeInteger(val)) {
        if (ctx.bi)
          break int;
        TomlError.x("integer value cannot be represented losslessly", ctx, startPtr);
      }
      return val;
    }
  return base === 10 ? BigInt(str) : BigInt((base === 2 ? "0b" : base === 8 ? "0o" : "0x") + str);
}
function parseDate(ctx, c, endChr) {
  let startPtr = ctx.p++, unsafeSeparator;
  if (!isDigit(c) || !isDigit(ctx.s.charCodeAt(ctx.p++)) || !isDigit(ctx.s.charCodeAt(ctx.p++)) || !isDigit(ctx.s.charCodeAt(ctx.p++))) {
    return parseNumber(ctx, ctx.p = startPtr, c, 0, endChr);
  }
  ctx.p += 5;
  if (!isDigit(ctx.s.charCodeAt(ctx.p++)))
    TomlError.x("invalid date-time: date part is malformed", ctx, startPtr);
  if (ctx.p >= ctx.s.length || ((c = ctx.s.charCodeAt(ctx.p)) !== 32 || (unsafeSeparator = true, !isDigit(ctx.s.charCodeAt(ctx.p + 1)))) && c !== 84 && c !== 116) {
    let t2 = ctx.s.slice(startPtr, ctx.p);
    return readDate(ctx, t2, 3, false, startPtr);
  }
  if (ctx.s.charCodeAt(ctx.p += 3) !== 58)
    TomlError.x("invalid date-time: time part is malformed", ctx, startPtr);
  if (ctx.s.charCodeAt(ctx.p += 3) === 58)
    ctx.p += 3;
  if (ctx.s.charCodeAt(ctx.p) === 46)
    while (isDigit(ctx.s.charCodeAt(++ctx.p)))
      ;
  if (c = ctx.s.charCodeAt(ctx.p)) {
    if (c === 90 || c === 122) {
      let t2 = ctx.s.slice(startPtr, ++ctx.p);
      return readDate(ctx, t2, 1, unsafeSeparator, startPtr, "[+00:00]");
    }
    if (c === 43 || c === 45) {
      let t2 = ctx.s.slice(startPtr, ctx.p += 6);
      return readDate(ctx, t2, 1, unsafeSeparator, startPtr, !ctx.ld && "[" + ctx.s.slice(ctx.p - 6, ctx.p) + "]");
    }
  }
  let t = ctx.s.slice(startPtr, ctx.p);
  return readDate(ctx, t, 2, unsafeSeparator, startPtr);
}
function parseTime(ctx, c, endChr) {
  let start = ctx.p;
  if (!isDigit(c) || !isDigit(ctx.s.charCodeAt(++ctx.p))) {
    return parseNumber(ctx, --ctx.p, c, 0, endChr);
  }
  if (ctx.s.charCodeAt(ctx.p += 4) === 58)
    ctx.p += 3;
  if (ctx.s.charCodeAt(ctx.p) === 46)
    while (isDigit(ctx.s.charCodeAt(++ctx.p)))
      ;
  let t = ctx.s.slice(start, ctx.p);
  return readDate(ctx, t, 4, false, start);
}
function readDate(ctx, str, type, unsafeDelim, errPtr, temporalSuffix) {
  if (ctx.ld) {
    let date = new TomlDate(str, type, unsafeDelim);
    if (!date.isValid())
      TomlError.x("invalid date", ctx, errPtr);
    return date;
  }
  try {
    if (temporalSuffix)
      str += temporalSuffix;
    switch (type) {
      case 1:
        return Temporal.ZonedDateTime.from(str);
      case 2:
        return Temporal.PlainDateTime.from(str);
      case 3:
        return Temporal.PlainDate.from(str);
      case 4:
        return Temporal.PlainTime.from(str);
    }
  } catch (e) {
    TomlError.x(e instanceof Error ? e.message : "" + e, ctx, errPtr);
  }
}

// node_modules/smol-toml/dist/util.js
function skipComment(ctx) {
  for (; ctx.p < ctx.s.length; ctx.p++) {
    let c = ctx.s.charCodeAt(ctx.p);
    if (c === 10)
      break;
    if (c === 13 && ctx.s.charCodeAt(ctx.p + 1) === 10) {
      ctx.p++;
      break;
    }
    if (c < 32 && c !== 9 || c === 127) {
      TomlError.x("control characters are not allowed in comments", ctx);
    }
  }
}
function skipVoid(ctx, banNewLines, banComments) {
  let c;
  while (ctx.p < ctx.s.length) {
    while (ctx.p < ctx.s.length && ((c = ctx.s.charCodeAt(ctx.p)) === 32 || c === 9 || !banNewLines && (c === 10 || c === 13 && ctx.s.charCodeAt(ctx.p + 1) === 10)))
      ctx.p++;
    if (banComments || c !== 35)
      break;
    skipComment(ctx);
  }
}

// node_modules/smol-toml/dist/struct.js
function parseKey(ctx, end = 61) {
  let startPtr;
  let state = 0;
  let parsed2 = [];
  let sliceStart;
  let c = ctx.s.charCodeAt(startPtr = ctx.p);
  do {
    if (c === end) {
      if (!state)
        TomlError.x("unexpected end of key", ctx);
      if (state === 1)
        parsed2.push(ctx.s.slice(sliceStart, ctx.p));
      return ctx.p++, parsed2;
    } else if (c === 46) {
      if (!state)
        TomlError.x("illegal empty bare key", ctx);
      if (state === 1)
        parsed2.push(ctx.s.slice(sliceStart, ctx.p));
      state = 0;
    } else if (!state && (c === 34 || c === 39)) {
      if (c === ctx.s.charCodeAt(ctx.p + 1) && c === ctx.s.charCodeAt(ctx.p + 2))
        TomlError.x("illegal quoted key: multiline strings are not allowed", ctx);
      parsed2.push(parseString(ctx));
      state = 2;
      ctx.p--;
    } else if (c === 32 || c === 9) {
      if (state === 1) {
        parsed2.push(ctx.s.slice(sliceStart, ctx.p));
        state = 2;
      }
    } else if (state === 2 || c < 48 && c !== 45 || c > 57 && c < 65 || c > 90 && c < 97 && c !== 95 || c > 122) {
      TomlError.x("illegal character in key", ctx);
    } else if (!state) {
      state = 1;
      sliceStart = ctx.p;
    }
  } while (c = ctx.s.charCodeAt(++ctx.p));
  TomlError.x("incomplete key-value: cannot find end of key", ctx, startPtr);
}
function parseInlineTable(ctx) {
  let startPtr = ctx.p++;
  let res = /* @__PURE__ */ Object.create(null);
  let seen = /* @__PURE__ */ new Set();
  let c;
  while (ctx.p < ctx.s.length) {
    skipVoid(ctx);
    if ((c = ctx.s.charCodeAt(ctx.p)) === 125) {
      ctx.p++;
      return res;
    }
    let k;
    let t = res;
    let hasOwn = false;
    let errPtr = ctx.p;
    let key = parseKey(ctx);
    for (let i = 0; i < key.length; i++) {
      if (i)
        t = hasOwn ? t[k] : t[k] = /* @__PURE__ */ Object.create(null);
      k = key[i];
      if ((hasOwn = Object.hasOwn(t, k)) && (typeof t[k] !== "object" || seen.has(t[k]))) {
        TomlError.x("trying to redefine an already defined value", ctx, errPtr);
      }
      let unsafe = k === "__proto__";
      if (ctx.uk && (unsafe || k === "constructor")) {
        t = ctx.uk !== 1 && TomlError.x("document contains an unsafe property", ctx, errPtr);
        break;
      }
      if (!hasOwn && unsafe) {
        Object.defineProperty(t, k, { enumerable: true, configurable: true, writable: true });
      }
    }
    if (hasOwn) {
      TomlError.x("trying to redefine an already defined value", ctx, errPtr);
    }
    skipVoid(ctx, true, true);
    let value = extractValue(
      ctx,
      125
      /* } */
    );
    if (t && typeof (t[k] = value) === "object")
      seen.add(value);
    skipVoid(ctx);
    if ((c = ctx.s.charCodeAt(ctx.p++)) === 125) {
      return res;
    }
    if (c !== 44)
      TomlError.x("expected comma or end of structure", ctx, ctx.p - 1);
  }
  TomlError.x("unfinished table", ctx, startPtr);
}
function parseArray(ctx) {
  let startPtr = ctx.p++;
  let res = [];
  let c;
  while (ctx.p < ctx.s.length) {
    skipVoid(ctx);
    if ((c = ctx.s.charCodeAt(ctx.p)) === 93) {
      ctx.p++;
      return res;
    }
    res.push(extractValue(
      ctx,
      93
      /* ] */
    ));
    skipVoid(ctx);
    if ((c = ctx.s.charCodeAt(ctx.p++)) === 93) {
      return res;
    }
    if (c !== 44)
      TomlError.x("expected comma or end of structure", ctx, ctx.p - 1);
  }
  TomlError.x("unfinished array", ctx, startPtr);
}

// node_modules/smol-toml/dist/parse.js
function peekTable(ctx, key, table2, meta, type) {
  let t = table2;
  let m = meta;
  let k;
  let hasOwn = false;
  let state;
  for (let i = 0; i < key.length; i++) {
    if (i) {
      t = hasOwn ? t[k] : t[k] = /* @__PURE__ */ Object.create(null);
      m = (state = m[k]).c;
      if (type === 0 && (state.t === 1 || state.t === 2)) {
        return null;
      }
      if (state.t === 2) {
        let l = t.length - 1;
        t = t[l];
        m = m[l].c;
      }
    }
    k = key[i];
    if ((hasOwn = Object.hasOwn(t, k)) && m[k]?.t === 0 && m[k]?.d) {
      return null;
    }
    if (!hasOwn) {
      let unsafe = k === "__proto__";
      if (ctx.uk && (unsafe || k === "constructor"))
        return false;
      if (unsafe) {
        Object.defineProperty(t, k, { enumerable: true, configurable: true, writable: true });
        Object.defineProperty(m, k, { enumerable: true, configurable: true, writable: true });
      }
      m[k] = {
        t: i < key.length - 1 && type === 2 ? 3 : type,
        d: false,
        i: 0,
        c: /* @__PURE__ */ Object.create(null)
      };
    }
  }
  state = m[k];
  if (state.t !== type && !(type === 1 && state.t === 3)) {
    return null;
  }
  if (type === 2) {
    if (!state.d) {
      state.d = true;
      t[k] = [];
    }
    t[k].push(t = /* @__PURE__ */ Object.create(null));
    state.c[state.i++] = state = { t: 1, d: false, i: 0, c: /* @__PURE__ */ Object.create(null) };
  }
  if (state.d) {
    return null;
  }
  state.d = true;
  if (type === 1) {
    t = hasOwn ? t[k] : t[k] = /* @__PURE__ */ Object.create(null);
  } else if (type === 0 && hasOwn) {
    return null;
  }
  return [k, t, state.c];
}
function validateTablePeek(ctx, peek, ptr) {
  if (peek === null || ctx.uk === 2)
    TomlError.x(peek === null ? "trying to redefine an already defined table or value" : "document contains an unsafe property", ctx, ptr);
}
function parse(toml, options2 = {}) {
  let ctx = {
    s: toml,
    p: 0,
    d: options2.maxDepth ?? 1e3,
    bi: options2.integersAsBigInt ?? false,
    ld: options2.useLegacyDate ?? true,
    uk: options2.unsafeKeyBehaviour === "throw" ? 2 : options2.unsafeKeyBehaviour === "drop" ? 1 : 0
  };
  let res = /* @__PURE__ */ Object.create(null);
  let meta = /* @__PURE__ */ Object.create(null);
  let tmp;
  let skipping = false;
  let tbl = res;
  let m = meta;
  if (toml.charCodeAt(0) === 65279)
    ctx.p++;
  skipVoid(ctx);
  while (ctx.p < toml.length) {
    if (toml.charCodeAt(ctx.p) === 91) {
      let isTableArray = toml.charCodeAt(++ctx.p) === 91;
      tmp = ctx.p += +isTableArray;
      skipping = false;
      let k = parseKey(
        ctx,
        93
        /* ] */
      );
      if (isTableArray) {
        if (toml.charCodeAt(ctx.p) !== 93) {
          TomlError.x("expected end of table array declaration", ctx);
        }
        ctx.p++;
      }
      let p = peekTable(
        ctx,
        k,
        res,
        meta,
        isTableArray ? 2 : 1
        /* Type.EXPLICIT */
      );
      if (!p) {
        validateTablePeek(ctx, p, tmp);
        skipping = true;
      } else {
        m = p[2];
        tbl = p[1];
      }
    } else {
      tmp = ctx.p;
      let k = parseKey(ctx);
      let p = peekTable(
        ctx,
        k,
        tbl,
        m,
        0
        /* Type.DOTTED */
      );
      if (!p && !skipping)
        validateTablePeek(ctx, p, tmp);
      skipVoid(ctx, true, true);
      let v = extractValue(ctx, void 0);
      if (p && !skipping)
        p[1][p[0]] = v;
    }
    skipVoid(ctx, true);
    if (ctx.p < toml.length && (tmp = toml.charCodeAt(ctx.p)) !== 10 && (tmp !== 13 || toml.charCodeAt(ctx.p + 1) !== 10)) {
      TomlError.x("each key-value declaration must be followed by an end-of-line", ctx);
    }
    skipVoid(ctx);
  }
  return res;
}

// node_modules/smol-toml/dist/stringify.js
var HAS_WELLFORMED = !!"".isWellFormed;

// src/core/codes.ts
var WHO = {
  issuer: 1,
  possessor: 2,
  addressee: 4,
  titleholder: 8,
  offeree: 16,
  secured: 32,
  role: 64,
  anyone: 128,
  named_endorsee: 256
};
var EFFECT = {
  create: 1,
  issuer_is_counterparty: 2,
  offer: 4,
  take: 8,
  clear: 16,
  endorse: 32,
  to_issuer: 64,
  reserve_return: 128,
  new_content: 256,
  use: 512,
  claim: 1024,
  secure: 2048,
  release: 4096
};
var FLAG = { all: 1, note: 2, critical: 4, locked_too: 8 };
var COUNTERPARTY = { none: 0, party: 1, endorsee: 2, possessor: 3, not_issuer: 4, offeree: 5 };
var ENDORSEE = {
  none: 0,
  party: 1,
  bearer: 2,
  if_titleholder: 3,
  as_offered: 4,
  party_or_bearer: 5,
  possessor: 6,
  none_party_or_bearer: 7
};
var CONTENT = { none: 0, new: 1 };
var REFERENCE = { none: 0, set: 1 };
var DETAIL = { free: 0, must: 1 };
var QUANTITY = { zero: 0, grows: 1, shrinks: 3 };
var SCOPE = { filing: 1, issue: 2, title: 4, official: 8, admin: 128 };
var ROLES = [
  "carrier",
  "coastalFeeder",
  "shippingAgent",
  "roadTransport",
  "terminalOperator",
  "warehouseOperator",
  "customsBroker",
  "forwarder",
  "nvocc",
  "shipperOrConsignee",
  "bank",
  "insurer",
  "certifier",
  "customs",
  "auditor",
  "portAuthority",
  "platform",
  "vgmNotification",
  "vgmRegistration"
];
var PROGRESS = ["todo", "processing", "done", "cancelled"];
var RELATIONS = ["issuer", "possessor", "endorsee", "offeree"];
var PARTY_ACTS = [
  "",
  "ADD ACCOUNT",
  "REMOVE ACCOUNT",
  "SET THRESHOLD",
  "SET PROFILE",
  "ROTATE ENCRYPTION KEY",
  "BUMP EPOCH",
  "LOCK",
  "UNLOCK",
  "BAR RECOVERY",
  "UNBAR RECOVERY",
  "SET ROLES"
];
var GOVERNOR = 0;
var REGISTRAR = 1;
var GUARDIAN = 2;
function roleBit(name) {
  const bit = ROLES.indexOf(name);
  return bit < 0 ? void 0 : 1n << BigInt(bit);
}
function roleNames(mask2) {
  return ROLES.filter((_, bit) => mask2 >> BigInt(bit) & 1n);
}

// src/core/policy.ts
var DEFAULT = {
  ledgers: [{ chainId: 1337, engine: "none", address: null, salt: null, code: null, validators: [] }],
  kinds: /* @__PURE__ */ new Set(),
  sealed: false,
  stamped: false,
  greatestAge: 0,
  signedBy: [],
  audience: "",
  stamps: /* @__PURE__ */ new Set()
};
var PolicyError = class extends Error {
};
function ledgerRule(policy2, domain, engine) {
  const found = policy2.ledgers.find(
    (rule) => rule.chainId === domain.chainId && rule.engine === engine && (rule.address ?? domain.address) === domain.address && (rule.salt ?? domain.salt) === domain.salt
  );
  if (found !== void 0) return found;
  const known2 = policy2.ledgers.map((rule) => `chain ${rule.chainId} (${rule.engine})`).join(", ") || "none";
  throw outside(1, `ledger 0x${domain.address} on chain ${domain.chainId} (${engine})`, `a ledger of the policy: ${known2}`);
}
function readPolicy(text4) {
  let data;
  try {
    data = text4.trimStart().startsWith("{") ? JSON.parse(text4) : parse(text4);
  } catch (error) {
    throw new PolicyError(`the policy is neither TOML nor JSON: ${error instanceof Error ? error.message : ""}`);
  }
  const top = table(data, "policy", ["schema", "ledger"], ["kinds", "require", "stamp"]);
  if (top["schema"] !== "portledger/policy/1") throw refused("policy.schema", top["schema"], "portledger/policy/1");
  const require2 = table(top["require"] ?? {}, "require", [], ["sealed", "stamped", "greatest_age", "signed_by", "audience"]);
  const kinds = table(top["kinds"] ?? {}, "kinds", [], ["digests"]);
  return {
    ledgers: list(top["ledger"], "ledger").map((one, at) => ledgerOf(one, `ledger[${at}]`)),
    kinds: new Set(list(kinds["digests"] ?? [], "kinds.digests").map((one) => digest(one, "kinds.digests"))),
    sealed: flag(require2["sealed"], "require.sealed"),
    stamped: flag(require2["stamped"], "require.stamped"),
    greatestAge: integer(require2["greatest_age"] ?? 0, "require.greatest_age", 0),
    signedBy: list(require2["signed_by"] ?? [], "require.signed_by").map(role),
    audience: string(require2["audience"] ?? "", "require.audience"),
    stamps: new Set(list(top["stamp"] ?? [], "stamp").map((one) => digest(table(one, "stamp", ["certificate"], [])["certificate"], "stamp.certificate")))
  };
}
function ledgerOf(data, at) {
  const members = table(data, at, ["chain_id", "engine", "code"], ["address", "salt", "validators"]);
  const engine = members["engine"];
  if (engine !== "none" && engine !== "qbft" && engine !== "istanbul") throw refused(`${at}.engine`, engine, "none, qbft, istanbul");
  return {
    chainId: integer(members["chain_id"], `${at}.chain_id`, 1),
    engine,
    address: members["address"] === void 0 ? null : address(members["address"], `${at}.address`),
    salt: members["salt"] === void 0 ? null : digest(members["salt"], `${at}.salt`),
    code: members["code"] === "release" ? null : digest(members["code"], `${at}.code`),
    validators: list(members["validators"] ?? [], `${at}.validators`).map((one, number2) => trustOf(one, `${at}.validators[${number2}]`))
  };
}
function trustOf(data, at) {
  const members = table(data, at, ["height", "accounts"], []);
  const validators = list(members["accounts"], `${at}.accounts`).map((one) => address(one, `${at}.accounts`));
  if (validators.length === 0 || new Set(validators).size !== validators.length) {
    throw refused(`${at}.accounts`, validators.length, "at least one, each once");
  }
  return { height: integer(members["height"], `${at}.height`, 0), validators };
}
function table(data, at, needed2, allowed) {
  if (typeof data !== "object" || data === null || Array.isArray(data) || data instanceof Date) throw refused(at, data, "a table");
  const unknown = Object.keys(data).filter((name) => !needed2.includes(name) && !allowed.includes(name));
  const missing2 = needed2.filter((name) => !Object.hasOwn(data, name));
  if (unknown.length > 0 || missing2.length > 0) {
    const found = [...unknown.map((name) => `unknown ${name}`), ...missing2.map((name) => `no ${name}`)].join(", ");
    throw new PolicyError(`${at}: ${found}; allowed: ${[...needed2, ...allowed].join(", ")}`);
  }
  return Object.assign(/* @__PURE__ */ Object.create(null), data);
}
function list(value, at) {
  if (!Array.isArray(value)) throw refused(at, value, "a list");
  return value;
}
function flag(value, at) {
  if (value !== void 0 && typeof value !== "boolean") throw refused(at, value, "true or false");
  return value === true;
}
function integer(value, at, low) {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < low) throw refused(at, value, `an integer from ${low}`);
  return value;
}
function string(value, at) {
  if (typeof value !== "string") throw refused(at, value, "a string");
  return value;
}
function role(value) {
  const name = string(value, "require.signed_by");
  if (roleBit(name) === void 0) throw refused("require.signed_by", name, "a business role's name");
  return name;
}
function digest(value, at) {
  if (typeof value !== "string" || !/^[0-9a-f]{64}$/.test(value)) throw refused(at, value, "64 lower-case hex digits");
  return value;
}
function address(value, at) {
  if (typeof value !== "string" || !/^0x[0-9a-f]{40}$/.test(value)) throw refused(at, value, "0x and 40 lower-case hex digits");
  return value.slice(2);
}
function refused(at, found, allowed) {
  return new PolicyError(`${at}: found ${shown(found)}; allowed: ${allowed}`);
}

// src/core/canonical.ts
var MAX_DEPTH = 64;
var MAX_INTEGER = Number.MAX_SAFE_INTEGER;
var NotCanonical = class extends Error {
  found;
  allowed;
  constructor(found, allowed) {
    super(`found ${found}; allowed ${allowed}`);
    this.found = found;
    this.allowed = allowed;
  }
};
function decodeCanonical(bytes) {
  checkNesting(bytes);
  let text4;
  let value;
  try {
    text4 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text4);
  } catch {
    throw new NotCanonical("text that does not parse", "JSON in UTF-8 (RFC 8259)");
  }
  if (encode(value) !== text4) {
    throw new NotCanonical("bytes that differ from the canonical form", "the RFC 8785 bytes of the value");
  }
  return value;
}
function encode(value) {
  const parts = [];
  write(value, 0, parts);
  return parts.join("");
}
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
function member(value, name) {
  return Object.hasOwn(value, name) ? value[name] : void 0;
}
function checkText(text4) {
  if (/^[\x00-\x7f]*$/.test(text4)) return;
  if (/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text4)) {
    throw new NotCanonical("half of a surrogate pair", "whole characters");
  }
  if (text4.normalize("NFC") !== text4) throw new NotCanonical("text not in NFC", "Unicode NFC");
}
function write(value, depth, parts) {
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
function writeList(value, depth, parts) {
  parts.push("[");
  for (let at = 0; at < value.length; at++) {
    if (at > 0) parts.push(",");
    write(value[at], depth + 1, parts);
  }
  parts.push("]");
}
function writeObject(value, depth, parts) {
  parts.push("{");
  const names2 = Object.keys(value).sort();
  for (let at = 0; at < names2.length; at++) {
    const name = names2[at];
    checkText(name);
    parts.push(at > 0 ? "," : "", JSON.stringify(name), ":");
    write(value[name], depth + 1, parts);
  }
  parts.push("}");
}
function checkNesting(bytes) {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (inText) {
      if (byte === 92) at++;
      else if (byte === 34) inText = false;
    } else if (byte === 34) inText = true;
    else if (byte === 91 || byte === 123) {
      if (++depth > MAX_DEPTH) throw new NotCanonical("deeper nesting", `${MAX_DEPTH} levels`);
    } else if (byte === 93 || byte === 125) depth--;
  }
}

// node_modules/@noble/hashes/_u64.js
var U32_MASK64 = /* @__PURE__ */ (() => BigInt(2 ** 32 - 1))();
var _32n = /* @__PURE__ */ BigInt(32);
function fromBig(n, le = false) {
  if (le)
    return { h: Number(n & U32_MASK64), l: Number(n >> _32n & U32_MASK64) };
  return { h: Number(n >> _32n & U32_MASK64) | 0, l: Number(n & U32_MASK64) | 0 };
}
function split(lst, le = false) {
  const len = lst.length;
  let Ah = new Uint32Array(len);
  let Al = new Uint32Array(len);
  for (let i = 0; i < len; i++) {
    const { h, l } = fromBig(lst[i], le);
    [Ah[i], Al[i]] = [h, l];
  }
  return [Ah, Al];
}
var fromNumH = (n) => n / 2 ** 32 | 0;
var fromNumL = (n) => n >>> 0;
function setU64FromNum(view, byteOffset, n, isLE2) {
  const h = fromNumH(n);
  const l = fromNumL(n);
  view.setUint32(byteOffset, isLE2 ? l : h, isLE2);
  view.setUint32(byteOffset + 4, isLE2 ? h : l, isLE2);
}
var shrSH = (h, _l, s) => h >>> s;
var shrSL = (h, l, s) => h << 32 - s | l >>> s;
var rotrSH = (h, l, s) => h >>> s | l << 32 - s;
var rotrSL = (h, l, s) => h << 32 - s | l >>> s;
var rotrBH = (h, l, s) => h << 64 - s | l >>> s - 32;
var rotrBL = (h, l, s) => h >>> s - 32 | l << 64 - s;
function add(Ah, Al, Bh, Bl) {
  const l = (Al >>> 0) + (Bl >>> 0);
  return { h: Ah + Bh + (l / 2 ** 32 | 0) | 0, l: l | 0 };
}
var add3L = (Al, Bl, Cl) => (Al >>> 0) + (Bl >>> 0) + (Cl >>> 0);
var add3H = (low, Ah, Bh, Ch) => Ah + Bh + Ch + (low / 2 ** 32 | 0) | 0;
var add4L = (Al, Bl, Cl, Dl) => (Al >>> 0) + (Bl >>> 0) + (Cl >>> 0) + (Dl >>> 0);
var add4H = (low, Ah, Bh, Ch, Dh) => Ah + Bh + Ch + Dh + (low / 2 ** 32 | 0) | 0;
var add5L = (Al, Bl, Cl, Dl, El) => (Al >>> 0) + (Bl >>> 0) + (Cl >>> 0) + (Dl >>> 0) + (El >>> 0);
var add5H = (low, Ah, Bh, Ch, Dh, Eh) => Ah + Bh + Ch + Dh + Eh + (low / 2 ** 32 | 0) | 0;

// node_modules/@noble/hashes/utils.js
function isBytes(a) {
  return a instanceof Uint8Array || ArrayBuffer.isView(a) && a.constructor.name === "Uint8Array" && "BYTES_PER_ELEMENT" in a && a.BYTES_PER_ELEMENT === 1;
}
var atitle = (title) => title ? `"${title}" ` : "";
function anumber(n, title = "") {
  if (typeof n !== "number")
    throw new TypeError(atitle(title) + "expected number, got " + typeof n);
  if (!Number.isSafeInteger(n) || n < 0)
    throw new RangeError(atitle(title) + "expected integer >= 0, got " + n);
  return n;
}
function abool(value, title = "") {
  if (typeof value !== "boolean")
    throw new TypeError(atitle(title) + "expected boolean, got type=" + typeof value);
  return value;
}
function abytes(value, length, title = "") {
  if (isBytes(value) && (length === void 0 || value.length === length))
    return value;
  if (length !== void 0)
    anumber(length, "length");
  const bytes = isBytes(value);
  const ofLen = length !== void 0 ? ` of length ${length}` : "";
  const got = bytes ? `length=${value.length}` : `type=${typeof value}`;
  const message = atitle(title) + "expected Uint8Array" + ofLen + ", got " + got;
  if (!bytes)
    throw new TypeError(message);
  throw new RangeError(message);
}
function ahash(h) {
  if (typeof h !== "function" || typeof h.create !== "function")
    throw new TypeError("expected hash wrapped by utils.createHasher");
  anumber(h.outputLen);
  anumber(h.blockLen);
  if (h.outputLen < 1 || h.blockLen < 1)
    throw new Error("hash blockLen / outputLen must be >= 1");
}
var aobject = (value, label) => {
  if (value === null || typeof value !== "object" || Array.isArray(value))
    throw new TypeError((label === "object" ? "" : `"${label}" `) + "expected object, got type=" + typeof value);
};
var aopts = (value, label) => {
  aobject(value, label);
  const proto = Object.getPrototypeOf(value);
  if (proto !== Object.prototype && proto !== null)
    throw new TypeError(`"${label}" expected plain object`);
  if (Object.hasOwn(value, "__proto__"))
    throw new TypeError(`"${label}.__proto__" is not allowed`);
};
function aexists(instance, checkFinished = true) {
  if (instance.destroyed)
    throw new Error("hash was destroyed");
  if (checkFinished && instance.finished)
    throw new Error("digest() was already called");
}
function aoutput(out, instance) {
  abytes(out, void 0, "output");
  const min = instance.outputLen;
  if (!(out.length >= min)) {
    throw new RangeError('"output" expected length >= ' + min);
  }
}
function u32(arr) {
  return new Uint32Array(arr.buffer, arr.byteOffset, Math.floor(arr.byteLength / 4));
}
function clean(...arrays) {
  for (let i = 0; i < arrays.length; i++) {
    arrays[i].fill(0);
  }
}
function createView(arr) {
  return new DataView(arr.buffer, arr.byteOffset, arr.byteLength);
}
function rotr(word, shift) {
  return word << 32 - shift | word >>> shift;
}
var isLE = /* @__PURE__ */ (() => new Uint8Array(new Uint32Array([287454020]).buffer)[0] === 68)();
function byteSwap(word) {
  return word << 24 & 4278190080 | word << 8 & 16711680 | word >>> 8 & 65280 | word >>> 24 & 255;
}
function byteSwap32(arr) {
  for (let i = 0; i < arr.length; i++) {
    arr[i] = byteSwap(arr[i]);
  }
  return arr;
}
var swap32IfBE = isLE ? (u) => u : byteSwap32;
var hasHexBuiltin = /* @__PURE__ */ (() => (
  // @ts-ignore
  typeof Uint8Array.from([]).toHex === "function" && typeof Uint8Array.fromHex === "function"
))();
var hexes = /* @__PURE__ */ Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"));
function bytesToHex(bytes) {
  abytes(bytes);
  if (hasHexBuiltin)
    return bytes.toHex();
  let hex = "";
  for (let i = 0; i < bytes.length; i++) {
    hex += hexes[bytes[i]];
  }
  return hex;
}
function asciiToBase16(ch) {
  return ch >= 48 && ch <= 57 ? ch - 48 : ch >= 65 && ch <= 70 ? ch - (65 - 10) : ch >= 97 && ch <= 102 ? ch - (97 - 10) : void 0;
}
function hexToBytes(hex) {
  if (typeof hex !== "string")
    throw new TypeError("hex string expected, got " + typeof hex);
  if (hasHexBuiltin) {
    try {
      return Uint8Array.fromHex(hex);
    } catch (error) {
      if (error instanceof SyntaxError)
        throw new RangeError(error.message);
      throw error;
    }
  }
  const hl = hex.length;
  const al = hl / 2;
  if (hl % 2)
    throw new RangeError("hex string expected, got unpadded hex of length " + hl);
  const array = new Uint8Array(al);
  for (let ai = 0, hi = 0; ai < al; ai++, hi += 2) {
    const n1 = asciiToBase16(hex.charCodeAt(hi));
    const n2 = asciiToBase16(hex.charCodeAt(hi + 1));
    if (n1 === void 0 || n2 === void 0) {
      const char = hex[hi] + hex[hi + 1];
      throw new RangeError('hex string expected, got non-hex character "' + char + '" at index ' + hi);
    }
    array[ai] = n1 * 16 + n2;
  }
  return array;
}
function concatBytes(...arrays) {
  let sum = 0;
  for (let i = 0; i < arrays.length; i++) {
    const a = arrays[i];
    abytes(a);
    sum += a.length;
  }
  const res = new Uint8Array(sum);
  for (let i = 0, pad = 0; i < arrays.length; i++) {
    const a = arrays[i];
    res.set(a, pad);
    pad += a.length;
  }
  return res;
}
function checkOpts(defaults, opts, title = "opts") {
  aopts(defaults, "defaults");
  if (opts !== void 0)
    aopts(opts, title);
  const merged = Object.assign(/* @__PURE__ */ Object.create(null), defaults, opts);
  return merged;
}
function createHasher(hashCons, info = {}) {
  if (typeof hashCons !== "function")
    throw new TypeError('"hashCons" expected function, got type=' + typeof hashCons);
  info = checkOpts({}, info, "info");
  const hashC = (msg, opts) => hashCons(opts).update(msg).digest();
  const tmp = hashCons(void 0);
  hashC.outputLen = tmp.outputLen;
  hashC.blockLen = tmp.blockLen;
  hashC.canXOF = tmp.canXOF;
  hashC.create = (opts) => hashCons(opts);
  Object.assign(hashC, info);
  return Object.freeze(hashC);
}
function randomBytes(bytesLength = 32) {
  anumber(bytesLength, "bytesLength");
  const cr = typeof globalThis === "object" ? globalThis.crypto : null;
  if (typeof cr?.getRandomValues !== "function")
    throw new Error("crypto.getRandomValues must be defined");
  if (bytesLength > 65536)
    throw new RangeError(`"bytesLength" expected <= 65536, got ${bytesLength}`);
  return cr.getRandomValues(new Uint8Array(bytesLength));
}
var oidNist = (suffix) => ({
  // Current NIST hashAlgs suffixes used here fit in one DER subidentifier octet.
  // Larger suffix values would need base-128 OID encoding and a different length byte.
  oid: Uint8Array.from([6, 9, 96, 134, 72, 1, 101, 3, 4, 2, suffix])
});

// node_modules/@noble/hashes/_md.js
function Chi(a, b, c) {
  return a & b ^ ~a & c;
}
function Maj(a, b, c) {
  return a & b ^ a & c ^ b & c;
}
var HashMD = class {
  blockLen;
  outputLen;
  canXOF = false;
  padOffset;
  isLE;
  // For partial updates less than block size
  buffer;
  view;
  finished = false;
  length = 0;
  pos = 0;
  destroyed = false;
  constructor(blockLen, outputLen, padOffset, isLE2) {
    this.blockLen = blockLen;
    this.outputLen = outputLen;
    this.padOffset = padOffset;
    this.isLE = isLE2;
    this.buffer = new Uint8Array(blockLen);
    this.view = createView(this.buffer);
  }
  update(data) {
    aexists(this);
    abytes(data);
    const { view, buffer, blockLen } = this;
    const len = data.length;
    let processed = false;
    for (let pos = 0; pos < len; ) {
      const take = Math.min(blockLen - this.pos, len - pos);
      if (take === blockLen) {
        const dataView = createView(data);
        for (; blockLen <= len - pos; pos += blockLen)
          this.process(dataView, pos);
        processed = true;
        continue;
      }
      buffer.set(pos === 0 && take === len ? data : data.subarray(pos, pos + take), this.pos);
      this.pos += take;
      pos += take;
      if (this.pos === blockLen) {
        this.process(view, 0);
        this.pos = 0;
        processed = true;
      }
    }
    this.length += data.length;
    if (processed)
      this.roundClean();
    return this;
  }
  digestInto(out) {
    aexists(this);
    aoutput(out, this);
    this.finished = true;
    const { buffer, view, blockLen, isLE: isLE2 } = this;
    let { pos } = this;
    buffer[pos++] = 128;
    buffer.fill(0, pos);
    if (this.padOffset > blockLen - pos) {
      this.process(view, 0);
      buffer.fill(0);
    }
    setU64FromNum(view, blockLen - 8, this.length * 8, isLE2);
    this.process(view, 0);
    this.roundClean();
    const oview = out === buffer ? view : createView(out);
    const len = this.outputLen;
    const outLen = len / 4;
    const state = this.get();
    if (len % 4 || outLen > state.length)
      throw new Error("invalid outputLen");
    for (let i = 0; i < outLen; i++)
      oview.setUint32(4 * i, state[i], isLE2);
  }
  digest() {
    const { buffer, outputLen } = this;
    this.digestInto(buffer);
    const res = buffer.slice(0, outputLen);
    this.destroy();
    return res;
  }
  _cloneIntoMeta(to) {
    const { buffer, length, finished, destroyed, pos } = this;
    to.destroyed = destroyed;
    to.finished = finished;
    to.length = length;
    to.pos = pos;
    if (pos)
      to.buffer.set(buffer);
    return to;
  }
  clone() {
    return this._cloneInto();
  }
};
var SHA256_IV = /* @__PURE__ */ Uint32Array.from([
  1779033703,
  3144134277,
  1013904242,
  2773480762,
  1359893119,
  2600822924,
  528734635,
  1541459225
]);
var SHA384_IV = /* @__PURE__ */ Uint32Array.from([
  3418070365,
  3238371032,
  1654270250,
  914150663,
  2438529370,
  812702999,
  355462360,
  4144912697,
  1731405415,
  4290775857,
  2394180231,
  1750603025,
  3675008525,
  1694076839,
  1203062813,
  3204075428
]);
var SHA512_IV = /* @__PURE__ */ Uint32Array.from([
  1779033703,
  4089235720,
  3144134277,
  2227873595,
  1013904242,
  4271175723,
  2773480762,
  1595750129,
  1359893119,
  2917565137,
  2600822924,
  725511199,
  528734635,
  4215389547,
  1541459225,
  327033209
]);

// node_modules/@noble/hashes/sha2.js
var SHA256_K = /* @__PURE__ */ Uint32Array.from([
  1116352408,
  1899447441,
  3049323471,
  3921009573,
  961987163,
  1508970993,
  2453635748,
  2870763221,
  3624381080,
  310598401,
  607225278,
  1426881987,
  1925078388,
  2162078206,
  2614888103,
  3248222580,
  3835390401,
  4022224774,
  264347078,
  604807628,
  770255983,
  1249150122,
  1555081692,
  1996064986,
  2554220882,
  2821834349,
  2952996808,
  3210313671,
  3336571891,
  3584528711,
  113926993,
  338241895,
  666307205,
  773529912,
  1294757372,
  1396182291,
  1695183700,
  1986661051,
  2177026350,
  2456956037,
  2730485921,
  2820302411,
  3259730800,
  3345764771,
  3516065817,
  3600352804,
  4094571909,
  275423344,
  430227734,
  506948616,
  659060556,
  883997877,
  958139571,
  1322822218,
  1537002063,
  1747873779,
  1955562222,
  2024104815,
  2227730452,
  2361852424,
  2428436474,
  2756734187,
  3204031479,
  3329325298
]);
var SHA256_W = /* @__PURE__ */ new Uint32Array(64);
var SHA2_32B = class extends HashMD {
  // We cannot use array here since array allows indexing by variable
  // which means optimizer/compiler cannot use registers.
  // Numeric initializers matter: starting the fields as `undefined` changes
  // V8's field representation and makes sha256 3x slower (measured).
  A = 0;
  B = 0;
  C = 0;
  D = 0;
  E = 0;
  F = 0;
  G = 0;
  H = 0;
  constructor(outputLen, IV) {
    super(64, outputLen, 8, false);
    this.A = IV[0] | 0;
    this.B = IV[1] | 0;
    this.C = IV[2] | 0;
    this.D = IV[3] | 0;
    this.E = IV[4] | 0;
    this.F = IV[5] | 0;
    this.G = IV[6] | 0;
    this.H = IV[7] | 0;
  }
  get() {
    const { A, B: B2, C, D, E, F, G, H } = this;
    return [A, B2, C, D, E, F, G, H];
  }
  // prettier-ignore
  set(A, B2, C, D, E, F, G, H) {
    this.A = A | 0;
    this.B = B2 | 0;
    this.C = C | 0;
    this.D = D | 0;
    this.E = E | 0;
    this.F = F | 0;
    this.G = G | 0;
    this.H = H | 0;
  }
  _cloneInto(to) {
    (to ||= new this.constructor()).set(...this.get());
    return this._cloneIntoMeta(to);
  }
  process(view, offset) {
    for (let i = 0; i < 16; i++, offset += 4)
      SHA256_W[i] = view.getUint32(offset, false);
    for (let i = 16; i < 64; i++) {
      const W15 = SHA256_W[i - 15];
      const W2 = SHA256_W[i - 2];
      const s0 = rotr(W15, 7) ^ rotr(W15, 18) ^ W15 >>> 3;
      const s1 = rotr(W2, 17) ^ rotr(W2, 19) ^ W2 >>> 10;
      SHA256_W[i] = s1 + SHA256_W[i - 7] + s0 + SHA256_W[i - 16] | 0;
    }
    let { A, B: B2, C, D, E, F, G, H } = this;
    for (let i = 0; i < 64; i++) {
      const sigma1 = rotr(E, 6) ^ rotr(E, 11) ^ rotr(E, 25);
      const T1 = H + sigma1 + Chi(E, F, G) + SHA256_K[i] + SHA256_W[i] | 0;
      const sigma0 = rotr(A, 2) ^ rotr(A, 13) ^ rotr(A, 22);
      const T2 = sigma0 + Maj(A, B2, C) | 0;
      H = G;
      G = F;
      F = E;
      E = D + T1 | 0;
      D = C;
      C = B2;
      B2 = A;
      A = T1 + T2 | 0;
    }
    A = A + this.A | 0;
    B2 = B2 + this.B | 0;
    C = C + this.C | 0;
    D = D + this.D | 0;
    E = E + this.E | 0;
    F = F + this.F | 0;
    G = G + this.G | 0;
    H = H + this.H | 0;
    this.set(A, B2, C, D, E, F, G, H);
  }
  roundClean() {
    clean(SHA256_W);
  }
  destroy() {
    this.destroyed = true;
    this.set(0, 0, 0, 0, 0, 0, 0, 0);
    clean(this.buffer);
  }
};
var _SHA256 = class extends SHA2_32B {
  constructor() {
    super(32, SHA256_IV);
  }
};
var K512 = /* @__PURE__ */ (() => split([
  "0x428a2f98d728ae22",
  "0x7137449123ef65cd",
  "0xb5c0fbcfec4d3b2f",
  "0xe9b5dba58189dbbc",
  "0x3956c25bf348b538",
  "0x59f111f1b605d019",
  "0x923f82a4af194f9b",
  "0xab1c5ed5da6d8118",
  "0xd807aa98a3030242",
  "0x12835b0145706fbe",
  "0x243185be4ee4b28c",
  "0x550c7dc3d5ffb4e2",
  "0x72be5d74f27b896f",
  "0x80deb1fe3b1696b1",
  "0x9bdc06a725c71235",
  "0xc19bf174cf692694",
  "0xe49b69c19ef14ad2",
  "0xefbe4786384f25e3",
  "0x0fc19dc68b8cd5b5",
  "0x240ca1cc77ac9c65",
  "0x2de92c6f592b0275",
  "0x4a7484aa6ea6e483",
  "0x5cb0a9dcbd41fbd4",
  "0x76f988da831153b5",
  "0x983e5152ee66dfab",
  "0xa831c66d2db43210",
  "0xb00327c898fb213f",
  "0xbf597fc7beef0ee4",
  "0xc6e00bf33da88fc2",
  "0xd5a79147930aa725",
  "0x06ca6351e003826f",
  "0x142929670a0e6e70",
  "0x27b70a8546d22ffc",
  "0x2e1b21385c26c926",
  "0x4d2c6dfc5ac42aed",
  "0x53380d139d95b3df",
  "0x650a73548baf63de",
  "0x766a0abb3c77b2a8",
  "0x81c2c92e47edaee6",
  "0x92722c851482353b",
  "0xa2bfe8a14cf10364",
  "0xa81a664bbc423001",
  "0xc24b8b70d0f89791",
  "0xc76c51a30654be30",
  "0xd192e819d6ef5218",
  "0xd69906245565a910",
  "0xf40e35855771202a",
  "0x106aa07032bbd1b8",
  "0x19a4c116b8d2d0c8",
  "0x1e376c085141ab53",
  "0x2748774cdf8eeb99",
  "0x34b0bcb5e19b48a8",
  "0x391c0cb3c5c95a63",
  "0x4ed8aa4ae3418acb",
  "0x5b9cca4f7763e373",
  "0x682e6ff3d6b2b8a3",
  "0x748f82ee5defb2fc",
  "0x78a5636f43172f60",
  "0x84c87814a1f0ab72",
  "0x8cc702081a6439ec",
  "0x90befffa23631e28",
  "0xa4506cebde82bde9",
  "0xbef9a3f7b2c67915",
  "0xc67178f2e372532b",
  "0xca273eceea26619c",
  "0xd186b8c721c0c207",
  "0xeada7dd6cde0eb1e",
  "0xf57d4f7fee6ed178",
  "0x06f067aa72176fba",
  "0x0a637dc5a2c898a6",
  "0x113f9804bef90dae",
  "0x1b710b35131c471b",
  "0x28db77f523047d84",
  "0x32caab7b40c72493",
  "0x3c9ebe0a15c9bebc",
  "0x431d67c49c100d4c",
  "0x4cc5d4becb3e42b6",
  "0x597f299cfc657e2a",
  "0x5fcb6fab3ad6faec",
  "0x6c44198c4a475817"
].map((n) => BigInt(n))))();
var SHA512_Kh = /* @__PURE__ */ (() => K512[0])();
var SHA512_Kl = /* @__PURE__ */ (() => K512[1])();
var SHA512_W_H = /* @__PURE__ */ new Uint32Array(80);
var SHA512_W_L = /* @__PURE__ */ new Uint32Array(80);
var SHA2_64B = class extends HashMD {
  // We cannot use array here since array allows indexing by variable
  // which means optimizer/compiler cannot use registers.
  // h -- high 32 bits, l -- low 32 bits
  // Numeric initializers matter: starting the fields as `undefined` changes
  // V8's field representation and slows hashing down (measured on sha256).
  Ah = 0;
  Al = 0;
  Bh = 0;
  Bl = 0;
  Ch = 0;
  Cl = 0;
  Dh = 0;
  Dl = 0;
  Eh = 0;
  El = 0;
  Fh = 0;
  Fl = 0;
  Gh = 0;
  Gl = 0;
  Hh = 0;
  Hl = 0;
  constructor(outputLen, IV) {
    super(128, outputLen, 16, false);
    this.Ah = IV[0] | 0;
    this.Al = IV[1] | 0;
    this.Bh = IV[2] | 0;
    this.Bl = IV[3] | 0;
    this.Ch = IV[4] | 0;
    this.Cl = IV[5] | 0;
    this.Dh = IV[6] | 0;
    this.Dl = IV[7] | 0;
    this.Eh = IV[8] | 0;
    this.El = IV[9] | 0;
    this.Fh = IV[10] | 0;
    this.Fl = IV[11] | 0;
    this.Gh = IV[12] | 0;
    this.Gl = IV[13] | 0;
    this.Hh = IV[14] | 0;
    this.Hl = IV[15] | 0;
  }
  // prettier-ignore
  get() {
    const { Ah, Al, Bh, Bl, Ch, Cl, Dh, Dl, Eh, El, Fh, Fl, Gh, Gl, Hh, Hl } = this;
    return [Ah, Al, Bh, Bl, Ch, Cl, Dh, Dl, Eh, El, Fh, Fl, Gh, Gl, Hh, Hl];
  }
  // prettier-ignore
  set(Ah, Al, Bh, Bl, Ch, Cl, Dh, Dl, Eh, El, Fh, Fl, Gh, Gl, Hh, Hl) {
    this.Ah = Ah | 0;
    this.Al = Al | 0;
    this.Bh = Bh | 0;
    this.Bl = Bl | 0;
    this.Ch = Ch | 0;
    this.Cl = Cl | 0;
    this.Dh = Dh | 0;
    this.Dl = Dl | 0;
    this.Eh = Eh | 0;
    this.El = El | 0;
    this.Fh = Fh | 0;
    this.Fl = Fl | 0;
    this.Gh = Gh | 0;
    this.Gl = Gl | 0;
    this.Hh = Hh | 0;
    this.Hl = Hl | 0;
  }
  _cloneInto(to) {
    (to ||= new this.constructor()).set(...this.get());
    return this._cloneIntoMeta(to);
  }
  process(view, offset) {
    for (let i = 0; i < 16; i++, offset += 4) {
      SHA512_W_H[i] = view.getUint32(offset);
      SHA512_W_L[i] = view.getUint32(offset += 4);
    }
    for (let i = 16; i < 80; i++) {
      const W15h = SHA512_W_H[i - 15] | 0;
      const W15l = SHA512_W_L[i - 15] | 0;
      const s0h = rotrSH(W15h, W15l, 1) ^ rotrSH(W15h, W15l, 8) ^ shrSH(W15h, W15l, 7);
      const s0l = rotrSL(W15h, W15l, 1) ^ rotrSL(W15h, W15l, 8) ^ shrSL(W15h, W15l, 7);
      const W2h = SHA512_W_H[i - 2] | 0;
      const W2l = SHA512_W_L[i - 2] | 0;
      const s1h = rotrSH(W2h, W2l, 19) ^ rotrBH(W2h, W2l, 61) ^ shrSH(W2h, W2l, 6);
      const s1l = rotrSL(W2h, W2l, 19) ^ rotrBL(W2h, W2l, 61) ^ shrSL(W2h, W2l, 6);
      const SUMl = add4L(s0l, s1l, SHA512_W_L[i - 7], SHA512_W_L[i - 16]);
      const SUMh = add4H(SUMl, s0h, s1h, SHA512_W_H[i - 7], SHA512_W_H[i - 16]);
      SHA512_W_H[i] = SUMh | 0;
      SHA512_W_L[i] = SUMl | 0;
    }
    let { Ah, Al, Bh, Bl, Ch, Cl, Dh, Dl, Eh, El, Fh, Fl, Gh, Gl, Hh, Hl } = this;
    for (let i = 0; i < 80; i++) {
      const sigma1h = rotrSH(Eh, El, 14) ^ rotrSH(Eh, El, 18) ^ rotrBH(Eh, El, 41);
      const sigma1l = rotrSL(Eh, El, 14) ^ rotrSL(Eh, El, 18) ^ rotrBL(Eh, El, 41);
      const CHIh = Eh & Fh ^ ~Eh & Gh;
      const CHIl = El & Fl ^ ~El & Gl;
      const T1ll = add5L(Hl, sigma1l, CHIl, SHA512_Kl[i], SHA512_W_L[i]);
      const T1h = add5H(T1ll, Hh, sigma1h, CHIh, SHA512_Kh[i], SHA512_W_H[i]);
      const T1l = T1ll | 0;
      const sigma0h = rotrSH(Ah, Al, 28) ^ rotrBH(Ah, Al, 34) ^ rotrBH(Ah, Al, 39);
      const sigma0l = rotrSL(Ah, Al, 28) ^ rotrBL(Ah, Al, 34) ^ rotrBL(Ah, Al, 39);
      const MAJh = Ah & Bh ^ Ah & Ch ^ Bh & Ch;
      const MAJl = Al & Bl ^ Al & Cl ^ Bl & Cl;
      Hh = Gh | 0;
      Hl = Gl | 0;
      Gh = Fh | 0;
      Gl = Fl | 0;
      Fh = Eh | 0;
      Fl = El | 0;
      ({ h: Eh, l: El } = add(Dh | 0, Dl | 0, T1h | 0, T1l | 0));
      Dh = Ch | 0;
      Dl = Cl | 0;
      Ch = Bh | 0;
      Cl = Bl | 0;
      Bh = Ah | 0;
      Bl = Al | 0;
      const All = add3L(T1l, sigma0l, MAJl);
      Ah = add3H(All, T1h, sigma0h, MAJh);
      Al = All | 0;
    }
    ({ h: Ah, l: Al } = add(this.Ah | 0, this.Al | 0, Ah | 0, Al | 0));
    ({ h: Bh, l: Bl } = add(this.Bh | 0, this.Bl | 0, Bh | 0, Bl | 0));
    ({ h: Ch, l: Cl } = add(this.Ch | 0, this.Cl | 0, Ch | 0, Cl | 0));
    ({ h: Dh, l: Dl } = add(this.Dh | 0, this.Dl | 0, Dh | 0, Dl | 0));
    ({ h: Eh, l: El } = add(this.Eh | 0, this.El | 0, Eh | 0, El | 0));
    ({ h: Fh, l: Fl } = add(this.Fh | 0, this.Fl | 0, Fh | 0, Fl | 0));
    ({ h: Gh, l: Gl } = add(this.Gh | 0, this.Gl | 0, Gh | 0, Gl | 0));
    ({ h: Hh, l: Hl } = add(this.Hh | 0, this.Hl | 0, Hh | 0, Hl | 0));
    this.set(Ah, Al, Bh, Bl, Ch, Cl, Dh, Dl, Eh, El, Fh, Fl, Gh, Gl, Hh, Hl);
  }
  roundClean() {
    clean(SHA512_W_H, SHA512_W_L);
  }
  destroy() {
    this.destroyed = true;
    clean(this.buffer);
    this.set(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  }
};
var _SHA512 = class extends SHA2_64B {
  constructor() {
    super(64, SHA512_IV);
  }
};
var _SHA384 = class extends SHA2_64B {
  constructor() {
    super(48, SHA384_IV);
  }
};
var sha256 = /* @__PURE__ */ createHasher(
  () => new _SHA256(),
  /* @__PURE__ */ oidNist(1)
);
var sha512 = /* @__PURE__ */ createHasher(
  () => new _SHA512(),
  /* @__PURE__ */ oidNist(3)
);
var sha384 = /* @__PURE__ */ createHasher(
  () => new _SHA384(),
  /* @__PURE__ */ oidNist(2)
);

// src/core/bytes.ts
var ZERO = "0".repeat(64);
var NO_BYTES = new Uint8Array(0);
var fromHex = hexToBytes;
var toHex = bytesToHex;
function concat(...parts) {
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
function equal(left, right) {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}
function utf8(text4) {
  return new TextEncoder().encode(text4);
}
function wordHex(value) {
  const digits = typeof value === "string" ? value : value.toString(16);
  if (digits.length > 64) throw new RangeError(`${digits} does not fit a word`);
  return digits.padStart(64, "0");
}
function toBigInt(bytes) {
  return bytes.length === 0 ? 0n : BigInt("0x" + toHex(bytes));
}
function hexToBigInt(hex) {
  return hex === "" ? 0n : BigInt("0x" + hex);
}
function field(word, at, bits2) {
  return Number(BigInt.asUintN(bits2, word >> BigInt(at)));
}
function countBelow(ascending2, limit) {
  let low = 0;
  let high = ascending2.length;
  while (low < high) {
    const middle = low + high >> 1;
    if (ascending2[middle] < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

// src/core/der.ts
var TAG = {
  boolean: 1,
  integer: 2,
  bits: 3,
  octets: 4,
  object: 6,
  utcTime: 23,
  time: 24,
  sequence: 48,
  set: 49,
  plain1: 129,
  plain2: 130,
  tagged0: 160,
  tagged1: 161,
  tagged3: 163
};
var DerError = class extends Error {
};
var Element = class {
  tag;
  raw;
  body;
  constructor(tag, raw, body) {
    this.tag = tag;
    this.raw = raw;
    this.body = body;
  }
  parts() {
    return new Parts(this.body);
  }
  /** The one element inside. */
  inner(tag) {
    const parts = this.parts();
    const found = parts.take(tag);
    parts.end();
    return found;
  }
  /** All elements inside, whatever they are. */
  all() {
    const parts = this.parts();
    const found = [];
    while (parts.more) found.push(parts.any());
    return found;
  }
};
var Parts = class {
  #data;
  #at = 0;
  constructor(data) {
    this.#data = data;
  }
  get more() {
    return this.#at < this.#data.length;
  }
  any() {
    const found = elementAt(this.#data, this.#at);
    this.#at += found.raw.length;
    return found;
  }
  take(tag) {
    const found = this.any();
    if (found.tag !== tag) throw new DerError(`tag ${found.tag} instead of ${tag}`);
    return found;
  }
  /** The next element if it has this tag; else it stays the next. */
  maybe(tag) {
    return this.more && this.#data[this.#at] === tag ? this.take(tag) : null;
  }
  end() {
    if (this.more) throw new DerError(`${this.#data.length - this.#at} bytes more than expected`);
  }
};
function read(data, tag) {
  const parts = new Parts(data);
  const found = parts.take(tag);
  parts.end();
  return found;
}
function exactly(element, raw, what) {
  if (toHex(element.raw) !== raw) throw new DerError(`${toHex(element.raw.subarray(0, 32))} instead of ${what}`);
}
function natural(element) {
  const { body } = element;
  const [first, second] = body;
  if (first === void 0 || first >= 128 || second !== void 0 && first === 0 && second < 128) {
    throw new DerError("an integer that is negative, or not as short as possible");
  }
  return first === 0 ? body.subarray(1) : body;
}
function bits(element) {
  if (element.body[0] !== 0) throw new DerError("a bit string that ends within a byte");
  return element.body.subarray(1);
}
function algorithm(element) {
  const parts = element.parts();
  const name = toHex(parts.take(TAG.object).body);
  const parameters = parts.more ? parts.any() : null;
  parts.end();
  return { name, parameters: parameters !== null && toHex(parameters.raw) === "0500" ? null : parameters };
}
function objectId(dotted) {
  const [first, second, ...rest] = dotted.split(".").map(Number);
  return [first * 40 + second, ...rest].map(base128).join("");
}
function base128(number2) {
  const digits = [number2 % 128];
  for (let left = Math.floor(number2 / 128); left > 0; left = Math.floor(left / 128)) digits.unshift(left % 128 + 128);
  return toHex(Uint8Array.from(digits));
}
function elementAt(data, at) {
  const tag = data[at];
  const first = data[at + 1];
  if (tag === void 0 || first === void 0) throw new DerError("an element that is cut");
  if ((tag & 31) === 31) throw new DerError("a tag of several bytes");
  let length = first;
  let start = at + 2;
  if (first >= 128) {
    const count = first - 128;
    const digits = data.subarray(start, start + count);
    if (count === 0 || count > 4 || digits.length !== count || digits[0] === 0) throw new DerError("a length that is not in its shortest form");
    length = parseInt(toHex(digits), 16);
    if (length < 128) throw new DerError("a length that is not in its shortest form");
    start += count;
  }
  if (length > data.length - start) throw new DerError("an element that is cut");
  return new Element(tag, data.subarray(at, start + length), data.subarray(start, start + length));
}

// node_modules/@noble/hashes/hmac.js
var _HMAC = class {
  oHash;
  iHash;
  blockLen;
  outputLen;
  canXOF = false;
  finished = false;
  destroyed = false;
  constructor(hash, key) {
    ahash(hash);
    abytes(key, void 0, "key");
    this.iHash = hash.create();
    if (typeof this.iHash.update !== "function")
      throw new Error("expected Hash instance");
    this.blockLen = this.iHash.blockLen;
    this.outputLen = this.iHash.outputLen;
    const blockLen = this.blockLen;
    const pad = new Uint8Array(blockLen);
    pad.set(key.length > blockLen ? hash.create().update(key).digest() : key);
    for (let i = 0; i < pad.length; i++)
      pad[i] ^= 54;
    this.iHash.update(pad);
    this.oHash = hash.create();
    for (let i = 0; i < pad.length; i++)
      pad[i] ^= 54 ^ 92;
    this.oHash.update(pad);
    clean(pad);
  }
  update(buf) {
    aexists(this);
    this.iHash.update(buf);
    return this;
  }
  digestInto(out) {
    aexists(this);
    aoutput(out, this);
    this.finished = true;
    const buf = out.subarray(0, this.outputLen);
    this.iHash.digestInto(buf);
    this.oHash.update(buf);
    this.oHash.digestInto(buf);
    this.destroy();
  }
  digest() {
    const out = new Uint8Array(this.oHash.outputLen);
    this.digestInto(out);
    return out;
  }
  _cloneInto(to) {
    to ||= Object.create(Object.getPrototypeOf(this), {});
    const { oHash, iHash, finished, destroyed, blockLen, outputLen, canXOF } = this;
    to = to;
    to.finished = finished;
    to.destroyed = destroyed;
    to.blockLen = blockLen;
    to.outputLen = outputLen;
    to.canXOF = canXOF;
    to.oHash = oHash._cloneInto(to.oHash);
    to.iHash = iHash._cloneInto(to.iHash);
    return to;
  }
  clone() {
    return this._cloneInto();
  }
  destroy() {
    this.destroyed = true;
    this.oHash.destroy();
    this.iHash.destroy();
  }
};
var hmac = /* @__PURE__ */ (() => {
  const hmac_ = ((hash, key, message) => new _HMAC(hash, key).update(message).digest());
  hmac_.create = (hash, key) => new _HMAC(hash, key);
  return hmac_;
})();

// node_modules/@noble/hashes/sha3.js
var _0n = BigInt(0);
var _1n = BigInt(1);
var _2n = BigInt(2);
var _7n = BigInt(7);
var _256n = BigInt(256);
var _0x71n = BigInt(113);
var SHA3_PI = [];
var SHA3_ROTL = [];
var _SHA3_IOTA = [];
for (let round = 0, R = _1n, x = 1, y = 0; round < 24; round++) {
  [x, y] = [y, (2 * x + 3 * y) % 5];
  SHA3_PI.push(2 * (5 * y + x));
  SHA3_ROTL.push((round + 1) * (round + 2) / 2 % 64);
  let t = _0n;
  for (let j = 0; j < 7; j++) {
    R = (R << _1n ^ (R >> _7n) * _0x71n) % _256n;
    if (R & _2n)
      t ^= _1n << (_1n << BigInt(j)) - _1n;
  }
  _SHA3_IOTA.push(t);
}
var IOTAS = split(_SHA3_IOTA, true);
var SHA3_IOTA_H = IOTAS[0];
var SHA3_IOTA_L = IOTAS[1];
var rotlSH = (h, l, s) => h << s | l >>> 32 - s;
var rotlSL = (h, l, s) => l << s | h >>> 32 - s;
var rotlBH = (h, l, s) => l << s - 32 | h >>> 64 - s;
var rotlBL = (h, l, s) => h << s - 32 | l >>> 64 - s;
var rotlH = (h, l, s) => s > 32 ? rotlBH(h, l, s) : rotlSH(h, l, s);
var rotlL = (h, l, s) => s > 32 ? rotlBL(h, l, s) : rotlSL(h, l, s);
var B = new Uint32Array(5 * 2);
function keccakP(s, rounds = 24) {
  if (!(s instanceof Uint32Array))
    throw new TypeError('"s" expected Uint32Array(50), got type=' + typeof s);
  if (s.length !== 50)
    throw new RangeError('"s" expected Uint32Array(50), got length=' + s.length);
  anumber(rounds, "rounds");
  if (rounds < 1 || rounds > 24)
    throw new Error('"rounds" expected integer 1..24');
  for (let round = 24 - rounds; round < 24; round++) {
    for (let x = 0; x < 10; x++)
      B[x] = s[x] ^ s[x + 10] ^ s[x + 20] ^ s[x + 30] ^ s[x + 40];
    for (let x = 0; x < 10; x += 2) {
      const idx1 = (x + 8) % 10;
      const idx0 = (x + 2) % 10;
      const B0 = B[idx0];
      const B1 = B[idx0 + 1];
      const Th = rotlH(B0, B1, 1) ^ B[idx1];
      const Tl = rotlL(B0, B1, 1) ^ B[idx1 + 1];
      for (let y = 0; y < 50; y += 10) {
        s[x + y] ^= Th;
        s[x + y + 1] ^= Tl;
      }
    }
    let curH = s[2];
    let curL = s[3];
    for (let t = 0; t < 24; t++) {
      const shift = SHA3_ROTL[t];
      const Th = rotlH(curH, curL, shift);
      const Tl = rotlL(curH, curL, shift);
      const PI = SHA3_PI[t];
      curH = s[PI];
      curL = s[PI + 1];
      s[PI] = Th;
      s[PI + 1] = Tl;
    }
    for (let y = 0; y < 50; y += 10) {
      const b0 = s[y], b1 = s[y + 1], b2 = s[y + 2], b3 = s[y + 3];
      s[y] ^= ~s[y + 2] & s[y + 4];
      s[y + 1] ^= ~s[y + 3] & s[y + 5];
      s[y + 2] ^= ~s[y + 4] & s[y + 6];
      s[y + 3] ^= ~s[y + 5] & s[y + 7];
      s[y + 4] ^= ~s[y + 6] & s[y + 8];
      s[y + 5] ^= ~s[y + 7] & s[y + 9];
      s[y + 6] ^= ~s[y + 8] & b0;
      s[y + 7] ^= ~s[y + 9] & b1;
      s[y + 8] ^= ~b0 & b2;
      s[y + 9] ^= ~b1 & b3;
    }
    s[0] ^= SHA3_IOTA_H[round];
    s[1] ^= SHA3_IOTA_L[round];
  }
  clean(B);
}
var Keccak = class _Keccak {
  state;
  pos = 0;
  posOut = 0;
  finished = false;
  state32;
  destroyed = false;
  blockLen;
  suffix;
  outputLen;
  canXOF;
  enableXOF = false;
  rounds;
  // NOTE: we accept arguments in bytes instead of bits here.
  constructor(blockLen, suffix, outputLen, enableXOF = false, rounds = 24) {
    anumber(blockLen, "blockLen");
    anumber(suffix, "suffix");
    anumber(rounds, "rounds");
    abool(enableXOF, "enableXOF");
    this.blockLen = blockLen;
    this.suffix = suffix;
    this.outputLen = outputLen;
    this.enableXOF = enableXOF;
    this.canXOF = enableXOF;
    this.rounds = rounds;
    anumber(outputLen, "outputLen");
    if (!(0 < blockLen && blockLen < 200))
      throw new Error('"blockLen" must be 1..199');
    this.state = new Uint8Array(200);
    this.state32 = u32(this.state);
  }
  clone() {
    return this._cloneInto();
  }
  keccak() {
    swap32IfBE(this.state32);
    keccakP(this.state32, this.rounds);
    swap32IfBE(this.state32);
    this.posOut = 0;
    this.pos = 0;
  }
  update(data) {
    aexists(this);
    abytes(data);
    const { blockLen, state, state32 } = this;
    const len = data.length;
    const canUseU32 = blockLen % 4 === 0 && data.byteOffset % 4 === 0;
    const blockLen32 = blockLen / 4;
    const data32 = canUseU32 && len >= blockLen ? u32(data) : void 0;
    for (let pos = 0; pos < len; ) {
      if (data32 !== void 0 && this.pos === 0 && pos % 4 === 0 && len - pos >= blockLen) {
        for (let i = 0, o = pos / 4; i < blockLen32; i++)
          state32[i] ^= data32[o + i];
        pos += blockLen;
        this.pos = blockLen;
        this.keccak();
        continue;
      }
      const take = Math.min(blockLen - this.pos, len - pos);
      for (let i = 0; i < take; i++)
        state[this.pos++] ^= data[pos++];
      if (this.pos === blockLen)
        this.keccak();
    }
    return this;
  }
  finish() {
    if (this.finished)
      return;
    this.finished = true;
    const { state, suffix, pos, blockLen } = this;
    state[pos] ^= suffix;
    if ((suffix & 128) !== 0 && pos === blockLen - 1)
      this.keccak();
    state[blockLen - 1] ^= 128;
    this.keccak();
  }
  writeInto(out) {
    aexists(this, false);
    abytes(out);
    this.finish();
    const bufferOut = this.state;
    const { blockLen } = this;
    for (let pos = 0, len = out.length; pos < len; ) {
      if (this.posOut >= blockLen)
        this.keccak();
      const take = Math.min(blockLen - this.posOut, len - pos);
      out.set(bufferOut.subarray(this.posOut, this.posOut + take), pos);
      this.posOut += take;
      pos += take;
    }
    return out;
  }
  xofInto(out) {
    if (!this.enableXOF)
      throw new Error("XOF is not enabled");
    return this.writeInto(out);
  }
  xof(bytes) {
    anumber(bytes);
    return this.xofInto(new Uint8Array(bytes));
  }
  digestInto(out) {
    aoutput(out, this);
    if (this.finished)
      throw new Error("digest() was already called");
    this.writeInto(out.length === this.outputLen ? out : out.subarray(0, this.outputLen));
    this.destroy();
  }
  digest() {
    const out = new Uint8Array(this.outputLen);
    this.digestInto(out);
    return out;
  }
  destroy() {
    this.destroyed = true;
    clean(this.state);
  }
  _cloneInto(to) {
    const { blockLen, suffix, outputLen, rounds, enableXOF } = this;
    to ||= new _Keccak(blockLen, suffix, outputLen, enableXOF, rounds);
    to.blockLen = blockLen;
    to.state32.set(this.state32);
    to.pos = this.pos;
    to.posOut = this.posOut;
    to.finished = this.finished;
    to.rounds = rounds;
    to.suffix = suffix;
    to.outputLen = outputLen;
    to.enableXOF = enableXOF;
    to.canXOF = this.canXOF;
    to.destroyed = this.destroyed;
    return to;
  }
};
var genKeccak = (suffix, blockLen, outputLen, info = {}) => createHasher(() => new Keccak(blockLen, suffix, outputLen), info);
var keccak_256 = /* @__PURE__ */ genKeccak(1, 136, 32);

// src/core/hashing.ts
function keccak(...parts) {
  return toHex(keccak_256(parts.length === 1 ? parts[0] : concat(...parts)));
}
function keccakText(text4) {
  return keccak(utf8(text4));
}
function sha2562(...parts) {
  return toHex(sha256(parts.length === 1 ? parts[0] : concat(...parts)));
}
function hmacSha256(key, message) {
  return hmac(sha256, key, message);
}
function keccakWords(...values) {
  return keccak(fromHex(values.map(wordHex).join("")));
}
function entry(previous, digest3, result, signers, time) {
  return keccakWords(previous, digest3, result, signers, time);
}
function jsonDigest(value) {
  return sha2562(utf8(encode(value)));
}

// src/core/stamps.ts
var SIGNED_DATA = objectId("1.2.840.113549.1.7.2");
var TST_INFO = objectId("1.2.840.113549.1.9.16.1.4");
var CONTENT_TYPE = objectId("1.2.840.113549.1.9.3");
var MESSAGE_DIGEST = objectId("1.2.840.113549.1.9.4");
var SIGNING_CERTIFICATE = objectId("1.2.840.113549.1.9.16.2.47");
var KEY_USAGE = objectId("2.5.29.37");
var TIME_STAMPING = objectId("1.3.6.1.5.5.7.3.8");
var RSA_KEY = objectId("1.2.840.113549.1.1.1");
var EC_KEY = objectId("1.2.840.10045.2.1");
var FUNCTIONS = { "SHA-256": sha256, "SHA-384": sha384, "SHA-512": sha512 };
var HASHES = named(["2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.2", "2.16.840.1.101.3.4.2.3"]);
var RSA_WITH = named(["1.2.840.113549.1.1.11", "1.2.840.113549.1.1.12", "1.2.840.113549.1.1.13"]);
var ECDSA_WITH = named(["1.2.840.10045.4.3.2", "1.2.840.10045.4.3.3", "1.2.840.10045.4.3.4"]);
var CURVES = /* @__PURE__ */ new Map([
  [objectId("1.2.840.10045.3.1.7"), { name: "P-256", size: 32 }],
  [objectId("1.3.132.0.34"), { name: "P-384", size: 48 }]
]);
function named(identifiers) {
  const hashes = ["SHA-256", "SHA-384", "SHA-512"];
  return new Map(identifiers.map((dotted, at) => [objectId(dotted), hashes[at]]));
}
function imprint(domain, blockHash, ledgerHead2) {
  const stamped = { schema: "portledger/stamp/1", chainId: domain.chainId, ledger: `0x${domain.address}`, blockHash, ledgerHead: ledgerHead2 };
  return sha2562(utf8(encode(stamped)));
}
async function earliest(tokens, stamped, trusted) {
  let found = null;
  for (const [number2, raw] of tokens.entries()) {
    const time = await check(raw, stamped, trusted, `stamp ${number2}`);
    if (found === null || time < found) found = time;
  }
  return found;
}
async function check(raw, stamped, trusted, where) {
  const token = orInvalid("token", where, () => tokenOf(raw));
  if (token.imprintHash !== "SHA-256" || toHex(token.imprint) !== stamped) {
    throw invalid(15, `a time stamp of ${token.imprintHash} ${toHex(token.imprint)}`, `SHA-256 ${stamped}, of this block and its ledgerHead`, where);
  }
  const fingerprint = sha2562(token.certificate);
  if (!trusted.has(fingerprint)) throw outside(15, `a time stamp by certificate ${fingerprint}`, "a certificate that the policy names", where);
  const signer = orInvalid("certificate", where, () => certificateOf(token.certificate));
  if (!equal(signer.issued, token.issued)) throw invalid(15, "a signer that is not the token's certificate", "its issuer and serial number", where);
  if (token.time < signer.first || token.time > signer.last) {
    throw invalid(15, `a time stamp of ${moment(token.time)}`, `within the certificate's time, ${moment(signer.first)} to ${moment(signer.last)}`, where);
  }
  if (!equal(FUNCTIONS[token.hash](token.content), token.messageDigest)) throw invalid(15, "other content than was signed", "the signed digest", where);
  if (!await holds(token, signer.key)) throw invalid(15, "a signature that does not hold", "one by the token's certificate", where);
  return token.time;
}
function orInvalid(what, where, work) {
  try {
    return work();
  } catch (error) {
    throw error instanceof DerError ? invalid(15, `${error.message} of the ${what}`, "the form of a time-stamp token", where) : error;
  }
}
function tokenOf(raw) {
  const outer = read(raw, TAG.sequence).parts();
  expectName(outer.take(TAG.object), SIGNED_DATA, "signed data");
  const signed = outer.take(TAG.tagged0).inner(TAG.sequence).parts();
  outer.end();
  exactly(signed.take(TAG.integer), "020103", "version 3");
  signed.take(TAG.set);
  const content = contentOf(signed.take(TAG.sequence));
  const certificates = signed.take(TAG.tagged0).all().filter((one) => one.tag === TAG.sequence).map((one) => one.raw);
  signed.maybe(TAG.tagged1);
  const signer = signed.take(TAG.set).inner(TAG.sequence).parts();
  signed.end();
  exactly(signer.take(TAG.integer), "020101", "version 1");
  const issued = signer.take(TAG.sequence).body;
  const hash = hashOf(signer.take(TAG.sequence));
  const attributes = signer.take(TAG.tagged0);
  const scheme = schemeOf(signer.take(TAG.sequence), hash);
  const signature = signer.take(TAG.octets).body;
  signer.maybe(TAG.tagged1);
  signer.end();
  return {
    ...attributesOf(attributes, certificates),
    ...informationOf(content),
    content,
    hash,
    issued,
    scheme,
    signature,
    // Signed is the SET, although it stands in the token under another tag (RFC 5652 §5.4).
    attributes: concat(Uint8Array.of(TAG.set), attributes.raw.subarray(1))
  };
}
function contentOf(element) {
  const parts = element.parts();
  expectName(parts.take(TAG.object), TST_INFO, "time-stamp information");
  const content = parts.take(TAG.tagged0).inner(TAG.octets).body;
  parts.end();
  return content;
}
function schemeOf(element, hash) {
  const { name, parameters } = algorithm(element);
  if (parameters === null && (name === RSA_KEY || RSA_WITH.get(name) === hash)) return "rsa";
  if (parameters === null && ECDSA_WITH.get(name) === hash) return "ecdsa";
  throw new DerError(`algorithm ${name}`);
}
function attributesOf(element, certificates) {
  const found = /* @__PURE__ */ new Map();
  for (const one of element.all()) {
    if (one.tag !== TAG.sequence) throw new DerError(`tag ${one.tag} instead of an attribute`);
    const parts = one.parts();
    const name = toHex(parts.take(TAG.object).body);
    const values = parts.take(TAG.set);
    parts.end();
    if (found.has(name)) throw new DerError(`attribute ${name} twice`);
    found.set(name, values);
  }
  const [type, digest3, own] = [CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_CERTIFICATE].map((name) => found.get(name));
  if (type === void 0 || digest3 === void 0 || own === void 0) throw new DerError("a signed attribute that is missing");
  expectName(type.inner(TAG.object), TST_INFO, "time-stamp information");
  return { certificate: ownCertificate(own.inner(TAG.sequence), certificates), messageDigest: digest3.inner(TAG.octets).body };
}
function ownCertificate(element, certificates) {
  const parts = element.parts().take(TAG.sequence).parts().take(TAG.sequence).parts();
  const hashed = parts.maybe(TAG.sequence);
  const hash = hashed === null ? "SHA-256" : hashOf(hashed);
  const digest3 = parts.take(TAG.octets).body;
  const found = certificates.find((one) => equal(FUNCTIONS[hash](one), digest3));
  if (found === void 0) throw new DerError("a certificate that is not in the token");
  return found;
}
function informationOf(content) {
  const parts = read(content, TAG.sequence).parts();
  exactly(parts.take(TAG.integer), "020101", "version 1");
  parts.take(TAG.object);
  const stamped = parts.take(TAG.sequence).parts();
  const imprintHash = hashOf(stamped.take(TAG.sequence));
  const digest3 = stamped.take(TAG.octets).body;
  stamped.end();
  parts.take(TAG.integer);
  const time = timeOf(parts.take(TAG.time));
  parts.maybe(TAG.sequence);
  parts.maybe(TAG.boolean);
  parts.maybe(TAG.integer);
  parts.maybe(TAG.tagged0);
  const extensions = parts.maybe(TAG.tagged1);
  parts.end();
  if (extensions !== null && extensionsOf(extensions.all()).some((one) => one.critical)) throw new DerError("a critical extension");
  return { time, imprint: digest3, imprintHash };
}
function certificateOf(raw) {
  const outer = read(raw, TAG.sequence).parts();
  const parts = outer.take(TAG.sequence).parts();
  outer.take(TAG.sequence);
  outer.take(TAG.bits);
  outer.end();
  exactly(parts.take(TAG.tagged0).inner(TAG.integer), "020102", "version 3");
  const serial = parts.take(TAG.integer);
  parts.take(TAG.sequence);
  const issuer = parts.take(TAG.sequence);
  const times = parts.take(TAG.sequence).all();
  if (times.length !== 2) throw new DerError(`${times.length} times instead of two`);
  parts.take(TAG.sequence);
  const key = keyOf(parts.take(TAG.sequence));
  parts.maybe(TAG.plain1);
  parts.maybe(TAG.plain2);
  const extensions = parts.take(TAG.tagged3).inner(TAG.sequence);
  parts.end();
  checkUsage(extensions);
  return { issued: concat(issuer.raw, serial.raw), first: timeOf(times[0]), last: timeOf(times[1]), key };
}
function checkUsage(element) {
  const found = extensionsOf(element.all()).filter((one) => one.name === KEY_USAGE);
  if (found.length !== 1 || !found[0].critical) throw new DerError("no extended key usage that is critical and the only one");
  expectName(read(found[0].value, TAG.sequence).inner(TAG.object), TIME_STAMPING, "time stamping and nothing else");
}
function keyOf(element) {
  const parts = element.parts();
  const { name, parameters } = algorithm(parts.take(TAG.sequence));
  const value = bits(parts.take(TAG.bits));
  parts.end();
  if (name === RSA_KEY && parameters === null) return rsaKeyOf(value);
  const curve = parameters?.tag === TAG.object ? CURVES.get(toHex(parameters.body)) : void 0;
  if (name !== EC_KEY || curve === void 0) throw new DerError("a key that is neither RSA nor of P-256 or P-384");
  if (value[0] !== 4) throw new DerError("a point that is compressed");
  return { curve, point: value };
}
function rsaKeyOf(value) {
  const numbers = read(value, TAG.sequence).parts();
  const n = natural(numbers.take(TAG.integer));
  const e = natural(numbers.take(TAG.integer));
  numbers.end();
  const length = n.length * 8 - Math.clz32(n[0] ?? 0) + 24;
  if (length < 2048 || length > 8192 || toHex(e) !== "010001") throw new DerError("an RSA key of another size or exponent");
  return { n };
}
async function holds(token, key) {
  try {
    if ("n" in key) return token.scheme === "rsa" && await rsaHolds(token, key.n);
    return token.scheme === "ecdsa" && await ecdsaHolds(token, key.curve, key.point);
  } catch {
    return false;
  }
}
async function rsaHolds(token, n) {
  const modulus = btoa(String.fromCharCode(...n)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const jwk = { kty: "RSA", n: modulus, e: "AQAB", ext: true };
  const imported = await crypto.subtle.importKey("jwk", jwk, { name: "RSASSA-PKCS1-v1_5", hash: token.hash }, false, ["verify"]);
  return crypto.subtle.verify("RSASSA-PKCS1-v1_5", imported, token.signature, token.attributes);
}
async function ecdsaHolds(token, curve, point) {
  const numbers = read(token.signature, TAG.sequence).parts();
  const halves = [natural(numbers.take(TAG.integer)), natural(numbers.take(TAG.integer))];
  numbers.end();
  if (halves.some((half) => half.length > curve.size)) return false;
  const signature = concat(...halves.map((half) => concat(new Uint8Array(curve.size - half.length), half)));
  const imported = await crypto.subtle.importKey("raw", point, { name: "ECDSA", namedCurve: curve.name }, false, ["verify"]);
  return crypto.subtle.verify({ name: "ECDSA", hash: token.hash }, imported, signature, token.attributes);
}
function extensionsOf(elements) {
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
function hashOf(element) {
  const { name, parameters } = algorithm(element);
  const found = HASHES.get(name);
  if (found === void 0 || parameters !== null) throw new DerError(`hash ${name}`);
  return found;
}
function timeOf(element) {
  const text4 = String.fromCharCode(...element.body);
  const general = element.tag === TAG.time ? /^([0-9]{4})([0-9]{10})(?:\.[0-9]*[1-9])?Z$/.exec(text4) : null;
  const short = element.tag === TAG.utcTime ? /^([0-9]{2})([0-9]{10})Z$/.exec(text4) : null;
  const found = general ?? short;
  if (found === null) throw new DerError("a time in another form");
  const year = general ? Number(found[1]) : Number(found[1]) + (Number(found[1]) >= 50 ? 1900 : 2e3);
  const [month, day, hour, minute, second] = found[2].match(/../g).map(Number);
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  const written = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()];
  if (year < 1970 || [year, month, day, hour, minute, second].some((part, at) => part !== written[at])) throw new DerError("a time that is none");
  return date.getTime() / 1e3;
}
function expectName(element, wanted, what) {
  if (toHex(element.body) !== wanted) throw new DerError(`an object identifier other than ${what}`);
}

// src/core/conclude.ts
var CLOCK_SKEW = 300;
async function conclude(proven, policy2, now, progress) {
  const { bundle, header, facts } = proven;
  const stampedAt = await earliest(bundle.stamps, imprint(bundle.domain, header.hash, facts.ledgerHead), policy2.stamps);
  if (policy2.stamped && stampedAt === null) throw outside(15, "no outside time stamp", "stamped evidence");
  if (header.time > now + CLOCK_SKEW) throw invalid(15, `a block of ${moment(header.time)}`, `not after ${moment(now)}`);
  const age = now - header.time;
  if (policy2.greatestAge > 0 && age > policy2.greatestAge) throw outside(15, `evidence ${age} s old`, `at most ${policy2.greatestAge} s`);
  const held = rolesHeld(proven);
  for (const name of policy2.signedBy) {
    if (((roleBit(name) ?? 0n) & held) === 0n) throw outside(15, `no act signed by a party with role ${name}`, "one");
  }
  progress.passed(15, { block: header.number, time: header.time });
  return stampedAt;
}
function rolesHeld(proven) {
  const acts = [...proven.bundle.entries, ...proven.bundle.notes].filter((item) => item.type === "act" || item.type === "note");
  let held = 0n;
  for (const { action, time } of acts) {
    for (const party of proven.timelines.get(action.actor)?.at(time) ?? []) held |= party?.roles ?? 0n;
  }
  return held;
}

// src/core/typed_data.ts
var DOMAIN_TYPE = keccakText(
  "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
);
var ACTION_TYPE = keccakText(
  "Action(string intent,bytes32 document,bytes32 previous,bytes32 content,bytes32 documentReference,bytes32 detail,uint16 kind,uint8 verb,uint32 actor,uint32 epoch,uint32 counterparty,uint32 endorsee,uint24 quantity,uint40 deadline)"
);
var PARTY_ACTION_TYPE = keccakText(
  "PartyAction(string intent,uint32 party,uint32 nonce,uint8 what,bytes32 value,uint40 deadline)"
);
var VETO_TYPE = keccakText("Veto(string intent,uint32 party,bytes32 change)");
var CONSENT_TYPE = keccakText(
  "AccountConsent(string intent,uint32 party,address account,uint8 scope,bytes32 registration)"
);
var DISCLOSURE_TYPE = keccakText(
  "Disclosure(string intent,uint32 party,bytes32 document,bytes32 head,bytes32 disclosed,string audience,string purpose,uint40 createdAt,uint40 expiresAt)"
);
var NAME = keccakText("portledger");
var VERSION = keccakText("1");
var VETO_WORDS = keccakText("Party: VETO CHANGE");
var CONSENT_WORDS = keccakText("Party: CONSENT");
var DISCLOSE_WORDS = keccakText("Evidence: DISCLOSE");
var Domain = class {
  chainId;
  address;
  salt;
  separator;
  constructor(chainId, address2, salt) {
    this.chainId = chainId;
    this.address = address2;
    this.salt = salt;
    this.separator = keccakWords(DOMAIN_TYPE, NAME, VERSION, chainId, address2, salt);
  }
  digest(struct) {
    return keccak(fromHex("1901" + this.separator + struct));
  }
};
function actionDigest(domain, action, intent) {
  return domain.digest(
    keccak(
      fromHex(
        ACTION_TYPE + intent + action.document + action.previous + action.content + action.documentReference + action.detail + wordHex(action.kind) + wordHex(action.verb) + wordHex(action.actor) + wordHex(action.epoch) + wordHex(action.counterparty) + wordHex(action.endorsee) + wordHex(action.quantity) + wordHex(action.deadline)
      )
    )
  );
}
function partyActionDigest(domain, words, party, nonce, what, value, deadline) {
  return domain.digest(keccakWords(PARTY_ACTION_TYPE, words, party, nonce, what, value, deadline));
}
function vetoDigest(domain, party, change) {
  return domain.digest(keccakWords(VETO_TYPE, VETO_WORDS, party, change));
}
function consentDigest(domain, party, account3, scope, registration) {
  return domain.digest(keccakWords(CONSENT_TYPE, CONSENT_WORDS, party, account3, scope, registration));
}
function disclosureDigest(domain, one) {
  return domain.digest(
    keccakWords(
      DISCLOSURE_TYPE,
      DISCLOSE_WORDS,
      one.party,
      one.document,
      one.head,
      one.disclosed,
      keccakText(one.audience),
      keccakText(one.purpose),
      one.createdAt,
      one.expiresAt
    )
  );
}
function documentId(family, party, documentReference) {
  return keccakWords(family, party, documentReference);
}

// src/core/form.ts
var EVIDENCE_SCHEMA = "portledger/evidence/1";
var MAX_BYTES = 64 * 2 ** 20;
var MAX_PARTS = 2e6;
var MAX_KIND = 128 * 2 ** 10;
var U8 = 2 ** 8 - 1;
var U16 = 2 ** 16 - 1;
var U24 = 2 ** 24 - 1;
var U32 = 2 ** 32 - 1;
var U40 = 2 ** 40 - 1;
var MAX_SIGNATURES = 15 * 65;
var MAX_CALL = 8192;
function readJson(data) {
  if (data.length > MAX_BYTES) throw malformed("", `${data.length} bytes`, `at most ${MAX_BYTES}`);
  let parts = 0;
  for (const byte of data) if (byte === 44 || byte === 91 || byte === 123) parts++;
  if (parts > MAX_PARTS) throw malformed("", `${parts} commas and opening brackets`, `at most ${MAX_PARTS}`);
  const end = data[data.length - 1] === 10 ? data.length - 1 : data.length;
  try {
    return decodeCanonical(data.subarray(0, end));
  } catch (error) {
    if (error instanceof NotCanonical) throw malformed("", error.found, error.allowed);
    throw error;
  }
}
function parseBundle(value, at = "") {
  const read2 = new Members(value, at, [
    "schema",
    "ledger",
    "block",
    "proof",
    "kind",
    "document",
    "start",
    "entries",
    "notes",
    "consortium",
    "parties",
    "manifests",
    "opened",
    "details",
    "stamps"
  ]);
  if (read2.value("schema") !== EVIDENCE_SCHEMA) {
    throw malformed(`${at}/schema`, shown(read2.value("schema")), `${EVIDENCE_SCHEMA}, this version's`);
  }
  const ledger = read2.object("ledger", ["chainId", "address", "salt"]);
  const block = read2.object("block", ["engine", "header", "path"]);
  const engine = block.value("engine");
  if (engine !== "none" && engine !== "qbft" && engine !== "istanbul") {
    throw malformed(`${at}/block/engine`, shown(engine), "none, qbft, istanbul");
  }
  const document = read2.digest("document");
  const kind = objectOf(read2.value("kind"), `${at}/kind`);
  const size = utf8(encode(kind)).length;
  if (size > MAX_KIND) throw malformed(`${at}/kind`, `${size} bytes`, `at most ${MAX_KIND}`);
  const number2 = integerOf(member(kind, "number"), 0, U16, `${at}/kind/number`);
  const bundle = {
    domain: new Domain(ledger.integer("chainId", MAX_INTEGER, 1), ledger.address("address"), ledger.digest("salt")),
    engine,
    header: block.bytes("header", 32768),
    path: block.list("path", 1e3, (one, place) => bytesOf(one, 32768, place)),
    proof: read2.list("proof", 5e4, (one, place) => bytesOf(one, 2048, place)),
    kind,
    document,
    start: read2.value("start") === null ? null : startOf(read2.object("start", ["previous", "digest", "control", "signers", "time"])),
    entries: read2.list("entries", 1e5, (one, place) => entryOf(one, place, number2, document)),
    notes: read2.list("notes", 1e5, (one, place) => noteOf(one, place, number2, document)),
    consortium: read2.list("consortium", 1e4, powerOf),
    parties: read2.list("parties", 1e3, partyOf),
    manifests: read2.list("manifests", 1e3, objectOf),
    opened: read2.list("opened", 64, openedOf),
    details: detailsOf(read2),
    stamps: read2.list("stamps", 16, stampOf)
  };
  if (bundle.entries.length === 0) throw malformed(`${at}/entries`, "an empty list", "at least one item");
  ascending(bundle.parties.map((one) => one.party), `${at}/parties`);
  return bundle;
}
function startOf(read2) {
  const previous = read2.digest("previous");
  const digest3 = read2.digest("digest");
  const control2 = read2.word("control");
  const signers = read2.digest("signers");
  const time = read2.integer("time", U40);
  return { head: entry(previous, digest3, control2, signers, time), control: control2, time };
}
function entryOf(value, at, kind, document) {
  const type = member(objectOf(value, at), "type");
  if (type === "act") return actOf(value, at, type, kind, document);
  if (type === "freeze") return freezeOf(value, at);
  throw malformed(`${at}/type`, shown(type), "act or freeze");
}
function noteOf(value, at, kind, document) {
  const type = member(objectOf(value, at), "type");
  if (type === "note") return actOf(value, at, type, kind, document);
  if (type === "hidden") return hiddenOf(value, at);
  throw malformed(`${at}/type`, shown(type), "note or hidden");
}
function actOf(value, at, type, kind, document) {
  const read2 = new Members(value, at, [
    "type",
    "verb",
    "actor",
    "epoch",
    "counterparty",
    "endorsee",
    "quantity",
    "deadline",
    "previous",
    "content",
    "documentReference",
    "detail",
    "signatures",
    "digest",
    "head",
    "control",
    "time"
  ]);
  return {
    type,
    action: {
      kind,
      document,
      verb: read2.integer("verb", U8),
      previous: read2.digest("previous"),
      actor: read2.integer("actor", U32),
      epoch: read2.integer("epoch", U32),
      deadline: read2.integer("deadline", U40),
      content: read2.digest("content"),
      documentReference: read2.digest("documentReference"),
      detail: read2.digest("detail"),
      counterparty: read2.integer("counterparty", U32),
      endorsee: read2.integer("endorsee", U32),
      quantity: read2.integer("quantity", U24)
    },
    signatures: read2.bytes("signatures", MAX_SIGNATURES),
    digest: read2.digest("digest"),
    head: read2.digest("head"),
    control: read2.word("control"),
    time: read2.integer("time", U40)
  };
}
function freezeOf(value, at) {
  const read2 = new Members(value, at, ["type", "until", "reason", "sender", "head", "control", "time"]);
  return {
    type: "freeze",
    until: read2.integer("until", U40),
    reason: read2.digest("reason"),
    sender: read2.address("sender"),
    head: read2.digest("head"),
    control: read2.word("control"),
    time: read2.integer("time", U40)
  };
}
function hiddenOf(value, at) {
  const read2 = new Members(value, at, ["type", "digest", "result", "signers", "time"]);
  return {
    type: "hidden",
    digest: read2.digest("digest"),
    result: read2.digest("result"),
    signers: read2.digest("signers"),
    time: read2.integer("time", U40)
  };
}
function powerOf(value, at) {
  const read2 = new Members(value, at, ["digest", "governor", "registrar", "guardian", "kind", "kindDigest", "signers", "time"]);
  return {
    digest: read2.digest("digest"),
    holders: [read2.address("governor"), read2.address("registrar"), read2.address("guardian")],
    kind: read2.integer("kind", U16),
    kindDigest: read2.digest("kindDigest"),
    signers: read2.digest("signers"),
    time: read2.integer("time", U40)
  };
}
function partyOf(value, at) {
  const read2 = new Members(value, at, ["party", "log", "profile"]);
  const profile = read2.value("profile");
  return {
    party: read2.integer("party", U32 - 1, 1),
    log: read2.list("log", 1e4, changeOf),
    profile: profile === null ? null : objectOf(profile, `${at}/profile`)
  };
}
function changeOf(value, at) {
  const read2 = new Members(value, at, [
    "digest",
    "partyWord",
    "profile",
    "encryptionKey",
    "accountWord",
    "signers",
    "head",
    "call",
    "time"
  ]);
  return {
    digest: read2.digest("digest"),
    partyWord: read2.word("partyWord"),
    profile: read2.digest("profile"),
    encryptionKey: read2.digest("encryptionKey"),
    accountWord: read2.word("accountWord"),
    signers: read2.digest("signers"),
    head: read2.digest("head"),
    call: read2.bytes("call", MAX_CALL),
    time: read2.integer("time", U40)
  };
}
function openedOf(value, at) {
  const read2 = new Members(value, at, ["dataset", "key", "seed", "carried", "value"]);
  const carried = objectOf(read2.value("carried"), `${at}/carried`);
  return {
    dataset: read2.text("dataset", 64),
    key: read2.digest("key"),
    seed: read2.digest("seed"),
    carried: new Map(Object.keys(carried).map((path) => [path, saltOf(member(carried, path), `${at}/carried`)])),
    value: read2.value("value")
  };
}
function detailsOf(read2) {
  const pairs = read2.list("details", 2e5, (value, at) => {
    const one = new Members(value, at, ["act", "detail"]);
    return [one.digest("act"), objectOf(one.value("detail"), `${at}/detail`)];
  });
  ascending(pairs.map(([act]) => act), `${read2.at}/details`);
  return new Map(pairs);
}
var MAX_STAMP = 16 * 2 ** 10;
function stampOf(value, at) {
  const refused3 = malformed(at, shown(value), `the one base64 form of 1 to ${MAX_STAMP} bytes`);
  if (typeof value !== "string" || value === "" || value.length > 2 * MAX_STAMP) throw refused3;
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value)) throw refused3;
  const binary = atob(value);
  if (binary.length > MAX_STAMP || btoa(binary) !== value) throw refused3;
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}
var Members = class _Members {
  at;
  #object;
  constructor(value, at, names2) {
    this.at = at;
    this.#object = objectOf(value, at);
    const unknown = Object.keys(this.#object).filter((name) => !names2.includes(name));
    const missing2 = names2.filter((name) => !Object.hasOwn(this.#object, name));
    if (unknown.length > 0 || missing2.length > 0) {
      const found = [...unknown.map((name) => `unknown ${shown(name)}`), ...missing2.map((name) => `no ${name}`)];
      throw malformed(at, found.join(", ").slice(0, 200), names2.join(", "));
    }
  }
  value(name) {
    return this.#object[name];
  }
  object(name, names2) {
    return new _Members(this.value(name), `${this.at}/${name}`, names2);
  }
  integer(name, high, low = 0) {
    return integerOf(this.value(name), low, high, `${this.at}/${name}`);
  }
  digest(name) {
    return digestOf(this.value(name), `${this.at}/${name}`);
  }
  word(name) {
    return hexToBigInt(this.digest(name));
  }
  address(name) {
    const value = this.value(name);
    if (typeof value !== "string" || !/^0x[0-9a-f]{40}$/.test(value)) {
      throw malformed(`${this.at}/${name}`, shown(value), "0x and 40 lower-case hex digits");
    }
    return value.slice(2);
  }
  bytes(name, longest) {
    return bytesOf(this.value(name), longest, `${this.at}/${name}`);
  }
  /** A string of 1 to `longest` characters (not UTF-16 units). */
  text(name, longest) {
    const value = this.value(name);
    if (typeof value !== "string" || value === "" || value.length > 2 * longest || [...value].length > longest) {
      throw malformed(`${this.at}/${name}`, shown(value), `a string of 1 to ${longest} characters`);
    }
    return value;
  }
  list(name, most, read2) {
    return listOf(this.value(name), most, `${this.at}/${name}`, read2);
  }
};
function listOf(value, most, at, read2) {
  if (!Array.isArray(value)) throw malformed(at, shown(value), "a list");
  if (value.length > most) throw malformed(at, `${value.length} items`, `at most ${most}`);
  return value.map((one, number2) => read2(one, `${at}/${number2}`));
}
function objectOf(value, at) {
  if (!isObject(value)) throw malformed(at, shown(value), "an object");
  return value;
}
function integerOf(value, low, high, at) {
  if (typeof value !== "number" || value < low || value > high) throw malformed(at, shown(value), `an integer from ${low} to ${high}`);
  return value;
}
function digestOf(value, at) {
  if (typeof value !== "string" || !/^[0-9a-f]{64}$/.test(value)) throw malformed(at, shown(value), "64 lower-case hex digits");
  return value;
}
function saltOf(value, at) {
  if (typeof value !== "string" || !/^[0-9a-f]{32}$/.test(value)) throw malformed(at, shown(value), "32 lower-case hex digits");
  return value;
}
function bytesOf(value, longest, at) {
  if (typeof value !== "string" || value.length % 2 !== 0 || !/^[0-9a-f]*$/.test(value)) {
    throw malformed(at, shown(value), "lower-case hex digits");
  }
  if (value.length > 2 * longest) throw malformed(at, `${value.length / 2} bytes`, `at most ${longest}`);
  return fromHex(value);
}
function ascending(keys, at) {
  for (let number2 = 1; number2 < keys.length; number2++) {
    if (!(keys[number2 - 1] < keys[number2])) throw malformed(`${at}/${number2}`, "an item out of order, or twice", "ascending order, each once");
  }
}

// node_modules/@noble/curves/utils.js
function aarray(item, title, inner = () => {
}) {
  if (!Array.isArray(item))
    throw new TypeError(`"${title}" expected array, got type=${typeof item}`);
  for (let i = 0; i < item.length; i++)
    inner(item[i], `${title}[${i}]`);
  return item;
}
var abytes2 = (value, length, title) => abytes(value, length, title);
var anumber2 = anumber;
function astring(value, title = "") {
  if (typeof value !== "string") {
    const prefix2 = title && `"${title}" `;
    throw new TypeError(prefix2 + "expected string, got type=" + typeof value);
  }
  return value;
}
function aobject2(value, title = "object") {
  if (value === null || typeof value !== "object" || Array.isArray(value))
    throw new TypeError(title === "object" ? "expected valid options object" : `"${title}" expected object, got type=${typeof value}`);
  return value;
}
function afunction(value, title) {
  if (typeof value !== "function")
    throw new TypeError(`"${title}" is invalid: expected function, got ${typeof value}`);
  return value;
}
var bytesToHex2 = bytesToHex;
var concatBytes2 = (...arrays) => concatBytes(...arrays);
var hexToBytes2 = (hex) => hexToBytes(hex);
var isBytes2 = isBytes;
var randomBytes2 = (bytesLength) => randomBytes(bytesLength);
var _0n2 = /* @__PURE__ */ BigInt(0);
var _1n2 = /* @__PURE__ */ BigInt(1);
var atitle2 = (title) => title ? `"${title}" ` : "";
function abool2(value, title = "") {
  if (typeof value !== "boolean")
    throw new TypeError(atitle2(title) + "expected boolean, got type=" + typeof value);
  return value;
}
function abignumber(n) {
  if (typeof n === "bigint") {
    if (!isPosBig(n))
      throw new RangeError("positive bigint expected, got " + n);
  } else
    anumber2(n);
  return n;
}
function asafenumber(value, title = "") {
  if (typeof value !== "number") {
    const prefix2 = title && `"${title}" `;
    throw new TypeError(prefix2 + "expected number, got type=" + typeof value);
  }
  if (!Number.isSafeInteger(value)) {
    const prefix2 = title && `"${title}" `;
    throw new RangeError(prefix2 + "expected safe integer, got " + value);
  }
}
function numberToHexUnpadded(num) {
  const hex = abignumber(num).toString(16);
  return hex.length & 1 ? "0" + hex : hex;
}
function hexToNumber(hex) {
  if (typeof hex !== "string")
    throw new TypeError("hex string expected, got " + typeof hex);
  return hex === "" ? _0n2 : BigInt("0x" + hex);
}
function bytesToNumberBE(bytes) {
  return hexToNumber(bytesToHex(bytes));
}
function bytesToNumberLE(bytes) {
  return hexToNumber(bytesToHex(copyBytes(abytes(bytes)).reverse()));
}
function numberToBytesBE(n, len) {
  anumber(len);
  if (len === 0)
    throw new Error("zero output length is invalid");
  n = abignumber(n);
  const expectedLen = len * 2;
  const hex = n.toString(16);
  if (hex.length > expectedLen)
    throw new RangeError("number is too large");
  return hexToBytes(hex.padStart(expectedLen, "0"));
}
function numberToBytesLE(n, len) {
  return numberToBytesBE(n, len).reverse();
}
function copyBytes(bytes) {
  return Uint8Array.from(abytes2(bytes));
}
function isPosBig(n) {
  return typeof n === "bigint" && _0n2 <= n;
}
function inRange(n, min, max) {
  return isPosBig(n) && isPosBig(min) && isPosBig(max) && min <= n && n < max;
}
function aInRange(title, n, min, max) {
  if (!inRange(n, min, max))
    throw new RangeError("expected valid " + title + ": " + min + " <= n < " + max + ", got " + n);
}
function bitLen(n) {
  if (n < _0n2)
    throw new Error("expected non-negative bigint, got " + n);
  return n === _0n2 ? 0 : n.toString(2).length;
}
var bitMask = (n) => {
  asafenumber(n, "n");
  return (_1n2 << BigInt(n)) - _1n2;
};
function createHmacDrbg(hashLen, qByteLen, hmacFn) {
  anumber(hashLen, "hashLen");
  anumber(qByteLen, "qByteLen");
  if (typeof hmacFn !== "function")
    throw new TypeError("hmacFn must be a function");
  const u8n = (len) => new Uint8Array(len);
  const NULL = Uint8Array.of();
  const byte0 = Uint8Array.of(0);
  const byte1 = Uint8Array.of(1);
  const _maxDrbgIters = 1e3;
  let v = u8n(hashLen);
  let k = u8n(hashLen);
  let i = 0;
  const reset = () => {
    v.fill(1);
    k.fill(0);
    i = 0;
  };
  const h = (...msgs) => hmacFn(k, concatBytes2(v, ...msgs));
  const reseed = (seed = NULL) => {
    k = h(byte0, seed);
    v = h();
    if (seed.length === 0)
      return;
    k = h(byte1, seed);
    v = h();
  };
  const gen = () => {
    if (i++ >= _maxDrbgIters)
      throw new Error("drbg: tried max amount of iterations");
    let len = 0;
    const out = [];
    while (len < qByteLen) {
      v = h();
      const sl = v.slice();
      out.push(sl);
      len += v.length;
    }
    return concatBytes2(...out);
  };
  const genUntil = (seed, pred) => {
    reset();
    reseed(seed);
    let res = void 0;
    while ((res = pred(gen())) === void 0)
      reseed();
    reset();
    return res;
  };
  return genUntil;
}
function validateObject(object, fields = {}, optFields = {}, title = "object") {
  aobject2(object, title);
  aobject2(fields, "fields");
  aobject2(optFields, "optFields");
  function checkField(fieldName, expectedType, isOpt) {
    const label = title === "object" ? `param "${String(fieldName)}"` : `"${title}.${String(fieldName)}"`;
    const val = object[fieldName];
    if (!Object.hasOwn(object, fieldName) && (isOpt ? val !== void 0 : expectedType !== "function")) {
      throw new TypeError(`${label} is invalid: expected own property`);
    }
    if (isOpt && val === void 0)
      return;
    const current = typeof val;
    if (current !== expectedType || val === null)
      throw new TypeError(`${label} is invalid: expected ${expectedType}, got ${current}`);
  }
  const iter = (f, isOpt) => Object.entries(f).forEach(([k, v]) => checkField(k, v, isOpt));
  iter(fields, false);
  iter(optFields, true);
}

// node_modules/@noble/curves/abstract/modular.js
var _0n3 = /* @__PURE__ */ BigInt(0);
var _1n3 = /* @__PURE__ */ BigInt(1);
var _2n2 = /* @__PURE__ */ BigInt(2);
var _3n = /* @__PURE__ */ BigInt(3);
var _4n = /* @__PURE__ */ BigInt(4);
var _5n = /* @__PURE__ */ BigInt(5);
var _7n2 = /* @__PURE__ */ BigInt(7);
var _8n = /* @__PURE__ */ BigInt(8);
var _9n = /* @__PURE__ */ BigInt(9);
var _15n = /* @__PURE__ */ BigInt(15);
var _16n = /* @__PURE__ */ BigInt(16);
var POW_WINDOWED_MIN = /* @__PURE__ */ BigInt("0x10000000000000000");
function mod(a, b) {
  if (b <= _0n3)
    throw new Error("mod: expected positive modulus, got " + b);
  const result = a % b;
  return result >= _0n3 ? result : b + result;
}
function pow(num, power, modulo) {
  if (modulo <= _1n3)
    throw new Error("pow: expected modulus > 1, got " + modulo);
  if (typeof power !== "bigint")
    throw new TypeError("invalid exponent: expected bigint, got " + typeof power);
  if (power < _0n3)
    throw new Error("invalid exponent, negatives unsupported");
  if (power === _0n3)
    return _1n3;
  if (power === _1n3)
    return num;
  let d = num % modulo;
  if (d < _0n3)
    d += modulo;
  if (power < POW_WINDOWED_MIN) {
    let p2 = _1n3;
    while (power > _0n3) {
      if (power & _1n3)
        p2 = p2 * d % modulo;
      d = d * d % modulo;
      power >>= _1n3;
    }
    return p2;
  }
  const digits = [];
  while (power > _0n3) {
    digits.push(Number(power & _15n));
    power >>= _4n;
  }
  const table2 = new Array(16);
  table2[0] = _1n3;
  table2[1] = d;
  for (let i = 2; i < 16; i++)
    table2[i] = table2[i - 1] * d % modulo;
  let p = table2[digits[digits.length - 1]];
  for (let w = digits.length - 2; w >= 0; w--) {
    p = p * p % modulo;
    p = p * p % modulo;
    p = p * p % modulo;
    p = p * p % modulo;
    const digit = digits[w];
    if (digit !== 0)
      p = p * table2[digit] % modulo;
  }
  return p;
}
function pow2(x, power, modulo) {
  if (modulo <= _1n3)
    throw new Error("pow2: expected modulus > 1, got " + modulo);
  if (power < _0n3)
    throw new Error("pow2: expected non-negative exponent, got " + power);
  let res = x;
  while (power-- > _0n3) {
    res *= res;
    res %= modulo;
  }
  return res;
}
function invert(number2, modulo) {
  if (number2 === _0n3)
    throw new Error("invert: expected non-zero number");
  if (modulo <= _1n3)
    throw new Error("invert: expected modulus > 1, got " + modulo);
  let a = mod(number2, modulo);
  let b = modulo;
  let x = _0n3, u = _1n3;
  while (a !== _0n3) {
    const q = b / a;
    const r = b - a * q;
    const m = x - u * q;
    b = a, a = r, x = u, u = m;
  }
  const gcd = b;
  if (gcd !== _1n3)
    throw new Error("invert: does not exist");
  return mod(x, modulo);
}
function invertCt(a, prime) {
  if (prime <= _1n3)
    throw new Error("invertCt: expected prime modulus > 1, got " + prime);
  const an = mod(a, prime);
  if (an === _0n3)
    throw new Error("invertCt: expected non-zero number");
  const inverse = pow(an, prime - _2n2, prime);
  if (mod(an * inverse, prime) !== _1n3)
    throw new Error("invertCt: does not exist");
  return inverse;
}
function assertIsSquare(Fp, root, n) {
  const F = Fp;
  if (!F.eql(F.sqr(root), n))
    throw new Error("Cannot find square root");
}
function aoddModulus(order, fnName) {
  if ((order & _1n3) === _0n3)
    throw new Error(fnName + ": expected odd modulus, got " + order);
}
function sqrt3mod4(Fp, n) {
  const F = Fp;
  const p1div4 = (F.ORDER + _1n3) / _4n;
  const root = F.pow(n, p1div4);
  assertIsSquare(F, root, n);
  return root;
}
function sqrt5mod8(Fp, n) {
  const F = Fp;
  const p5div8 = (F.ORDER - _5n) / _8n;
  const n2 = F.mul(n, _2n2);
  const v = F.pow(n2, p5div8);
  const nv = F.mul(n, v);
  const i = F.mul(F.mul(nv, _2n2), v);
  const root = F.mul(nv, F.sub(i, F.ONE));
  assertIsSquare(F, root, n);
  return root;
}
function sqrt9mod16(P) {
  const Fp_ = Field(P);
  const tn = tonelliShanks(P);
  const c1 = tn(Fp_, Fp_.neg(Fp_.ONE));
  const c2 = tn(Fp_, c1);
  const c3 = tn(Fp_, Fp_.neg(c1));
  const c4 = (P + _7n2) / _16n;
  return ((Fp, n) => {
    const F = Fp;
    let tv1 = F.pow(n, c4);
    let tv2 = F.mul(tv1, c1);
    const tv3 = F.mul(tv1, c2);
    const tv4 = F.mul(tv1, c3);
    const e1 = F.eql(F.sqr(tv2), n);
    const e2 = F.eql(F.sqr(tv3), n);
    tv1 = F.cmov(tv1, tv2, e1);
    tv2 = F.cmov(tv4, tv3, e2);
    const e3 = F.eql(F.sqr(tv2), n);
    const root = F.cmov(tv1, tv2, e3);
    assertIsSquare(F, root, n);
    return root;
  });
}
function tonelliShanks(P) {
  if (P < _3n)
    throw new Error("sqrt is not defined for small field");
  aoddModulus(P, "tonelliShanks");
  let Q = P - _1n3;
  let S = 0;
  while (Q % _2n2 === _0n3) {
    Q /= _2n2;
    S++;
  }
  let Z = _2n2;
  const _Fp = Field(P);
  while (FpLegendre(_Fp, Z) === 1) {
    if (Z++ > 1e3)
      throw new Error("Cannot find square root: probably non-prime P");
  }
  if (S === 1)
    return sqrt3mod4;
  let cc = _Fp.pow(Z, Q);
  const Q1div2 = (Q + _1n3) / _2n2;
  return function tonelliSlow(Fp, n) {
    const F = Fp;
    if (F.is0(n))
      return n;
    if (FpLegendre(F, n) !== 1)
      throw new Error("Cannot find square root");
    let M = S;
    let c = F.mul(F.ONE, cc);
    let t = F.pow(n, Q);
    let R = F.pow(n, Q1div2);
    while (!F.eql(t, F.ONE)) {
      if (F.is0(t))
        throw new Error("Cannot find square root: probably non-prime P");
      let i = 1;
      let t_tmp = F.sqr(t);
      while (!F.eql(t_tmp, F.ONE)) {
        i++;
        t_tmp = F.sqr(t_tmp);
        if (i === M)
          throw new Error("Cannot find square root");
      }
      const exponent = _1n3 << BigInt(M - i - 1);
      const b = F.pow(c, exponent);
      M = i;
      c = F.sqr(b);
      t = F.mul(t, c);
      R = F.mul(R, b);
    }
    return R;
  };
}
function FpSqrt(P) {
  aoddModulus(P, "Fp.sqrt");
  if (P % _4n === _3n)
    return sqrt3mod4;
  if (P % _8n === _5n)
    return sqrt5mod8;
  if (P % _16n === _9n)
    return sqrt9mod16(P);
  return tonelliShanks(P);
}
var FIELD_FIELDS = [
  "create",
  "isValid",
  "is0",
  "neg",
  "inv",
  "sqrt",
  "sqr",
  "eql",
  "add",
  "sub",
  "mul",
  "pow",
  "div",
  "addN",
  "subN",
  "mulN",
  "sqrN"
];
function validateField(field2) {
  aobject2(field2, "field");
  if (typeof field2.ORDER !== "bigint")
    throw new TypeError('param "ORDER" is invalid: expected bigint, got ' + typeof field2.ORDER);
  asafenumber(field2.BYTES, "BYTES");
  asafenumber(field2.BITS, "BITS");
  for (const name of FIELD_FIELDS)
    afunction(field2[name], "field." + name);
  if (field2.BYTES < 1 || field2.BITS < 1)
    throw new Error("invalid field: expected BYTES/BITS > 0");
  if (field2.ORDER <= _1n3)
    throw new Error("invalid field: expected ORDER > 1, got " + field2.ORDER);
  return field2;
}
function FpInvertBatch(Fp, nums, passZero = false) {
  validateField(Fp);
  aarray(nums, "nums");
  abool2(passZero, "passZero");
  const F = Fp;
  const inverted = new Array(nums.length).fill(passZero ? F.ZERO : void 0);
  const multipliedAcc = nums.reduce((acc, num, i) => {
    if (F.is0(num))
      return acc;
    inverted[i] = acc;
    return F.mul(acc, num);
  }, F.ONE);
  const invertedAcc = F.inv(multipliedAcc);
  nums.reduceRight((acc, num, i) => {
    if (F.is0(num))
      return acc;
    inverted[i] = F.mul(acc, inverted[i]);
    return F.mul(acc, num);
  }, invertedAcc);
  return inverted;
}
function FpLegendre(Fp, n) {
  validateField(Fp);
  const F = Fp;
  aoddModulus(F.ORDER, "FpLegendre");
  const p1mod2 = (F.ORDER - _1n3) / _2n2;
  const powered = F.pow(n, p1mod2);
  const yes = F.eql(powered, F.ONE);
  const zero = F.eql(powered, F.ZERO);
  const no = F.eql(powered, F.neg(F.ONE));
  if (!yes && !zero && !no)
    throw new Error("invalid Legendre symbol result");
  return yes ? 1 : zero ? 0 : -1;
}
function nLength(n, nBitLength) {
  if (nBitLength !== void 0)
    anumber2(nBitLength);
  if (n <= _0n3)
    throw new Error("invalid n length: expected positive n, got " + n);
  if (nBitLength !== void 0 && nBitLength < 1)
    throw new Error("invalid n length: expected positive bit length, got " + nBitLength);
  const bits2 = bitLen(n);
  if (nBitLength !== void 0 && nBitLength < bits2)
    throw new Error(`invalid n length: expected nBitLength (${nBitLength}) >= bitLen(n) (${bits2})`);
  const _nBitLength = nBitLength !== void 0 ? nBitLength : bits2;
  const nByteLength = Math.ceil(_nBitLength / 8);
  return { nBitLength: _nBitLength, nByteLength };
}
var FIELD_SQRT = /* @__PURE__ */ new WeakMap();
var _Field = class {
  ORDER;
  BITS;
  BYTES;
  isLE;
  ZERO = _0n3;
  ONE = _1n3;
  _lengths;
  _mod;
  constructor(ORDER2, opts = {}) {
    if (ORDER2 <= _1n3)
      throw new Error("invalid field: expected ORDER > 1, got " + ORDER2);
    let _nbitLength = void 0;
    this.isLE = false;
    if (opts != null && typeof opts === "object") {
      if (typeof opts.BITS === "number")
        _nbitLength = opts.BITS;
      if (typeof opts.sqrt === "function")
        Object.defineProperty(this, "sqrt", { value: opts.sqrt, enumerable: true });
      if (typeof opts.isLE === "boolean")
        this.isLE = opts.isLE;
      if (opts.allowedLengths)
        this._lengths = Object.freeze(opts.allowedLengths.slice());
      if (typeof opts.modFromBytes === "boolean")
        this._mod = opts.modFromBytes;
    }
    const { nBitLength, nByteLength } = nLength(ORDER2, _nbitLength);
    if (nByteLength > 2048)
      throw new Error("invalid field: expected ORDER of <= 2048 bytes");
    this.ORDER = ORDER2;
    this.BITS = nBitLength;
    this.BYTES = nByteLength;
    Object.freeze(this);
  }
  create(num) {
    return mod(num, this.ORDER);
  }
  isValid(num) {
    if (typeof num !== "bigint")
      throw new TypeError("invalid field element: expected bigint, got " + typeof num);
    return _0n3 <= num && num < this.ORDER;
  }
  is0(num) {
    return num === _0n3;
  }
  // is valid and invertible
  isValidNot0(num) {
    return !this.is0(num) && this.isValid(num);
  }
  isOdd(num) {
    return (num & _1n3) === _1n3;
  }
  neg(num) {
    return mod(-num, this.ORDER);
  }
  eql(lhs, rhs) {
    return lhs === rhs;
  }
  sqr(num) {
    return mod(num * num, this.ORDER);
  }
  add(lhs, rhs) {
    return mod(lhs + rhs, this.ORDER);
  }
  sub(lhs, rhs) {
    return mod(lhs - rhs, this.ORDER);
  }
  mul(lhs, rhs) {
    return mod(lhs * rhs, this.ORDER);
  }
  pow(num, power) {
    return pow(num, power, this.ORDER);
  }
  div(lhs, rhs) {
    return mod(lhs * invert(rhs, this.ORDER), this.ORDER);
  }
  // Same as above, but doesn't normalize
  sqrN(num) {
    return num * num;
  }
  addN(lhs, rhs) {
    return lhs + rhs;
  }
  subN(lhs, rhs) {
    return lhs - rhs;
  }
  mulN(lhs, rhs) {
    return lhs * rhs;
  }
  inv(num) {
    return invert(num, this.ORDER);
  }
  sqrt(num) {
    let sqrt = FIELD_SQRT.get(this);
    if (!sqrt)
      FIELD_SQRT.set(this, sqrt = FpSqrt(this.ORDER));
    return sqrt(this, num);
  }
  toBytes(num) {
    return this.isLE ? numberToBytesLE(num, this.BYTES) : numberToBytesBE(num, this.BYTES);
  }
  fromBytes(bytes, skipValidation = false) {
    abytes2(bytes);
    const { _lengths: allowedLengths, BYTES, isLE: isLE2, ORDER: ORDER2, _mod: modFromBytes } = this;
    if (allowedLengths) {
      if (bytes.length < 1 || !allowedLengths.includes(bytes.length) || bytes.length > BYTES) {
        throw new Error("Field.fromBytes: expected " + allowedLengths + " bytes, got " + bytes.length);
      }
      const padded = new Uint8Array(BYTES);
      padded.set(bytes, isLE2 ? 0 : padded.length - bytes.length);
      bytes = padded;
    }
    if (bytes.length !== BYTES)
      throw new Error("Field.fromBytes: expected " + BYTES + " bytes, got " + bytes.length);
    let scalar = isLE2 ? bytesToNumberLE(bytes) : bytesToNumberBE(bytes);
    if (modFromBytes)
      scalar = mod(scalar, ORDER2);
    if (!skipValidation) {
      if (!this.isValid(scalar))
        throw new Error("invalid field element: outside of range 0..ORDER");
    }
    return scalar;
  }
  // TODO: we don't need it here, move out to separate fn
  invertBatch(lst) {
    return FpInvertBatch(this, lst, true);
  }
  // We can't move this out because Fp6, Fp12 implement it
  // and it's unclear what to return in there.
  cmov(a, b, condition) {
    abool2(condition, "condition");
    return condition ? b : a;
  }
};
function Field(ORDER2, opts = {}) {
  Object.freeze(_Field.prototype);
  return new _Field(ORDER2, opts);
}
function getFieldBytesLength(fieldOrder) {
  if (typeof fieldOrder !== "bigint")
    throw new Error("field order must be bigint");
  if (fieldOrder <= _1n3)
    throw new Error("field order must be greater than 1");
  const bitLength = bitLen(fieldOrder - _1n3);
  return Math.ceil(bitLength / 8);
}
function getMinHashLength(fieldOrder) {
  const length = getFieldBytesLength(fieldOrder);
  return length + Math.ceil(length / 2);
}
function mapHashToField(key, fieldOrder, isLE2 = false) {
  abytes2(key);
  const len = key.length;
  const fieldLen = getFieldBytesLength(fieldOrder);
  const minLen = Math.max(getMinHashLength(fieldOrder), 16);
  if (len < minLen || len > 1024)
    throw new Error("expected " + minLen + "-1024 bytes of input, got " + len);
  const num = isLE2 ? bytesToNumberLE(key) : bytesToNumberBE(key);
  const reduced = mod(num, fieldOrder - _1n3) + _1n3;
  return isLE2 ? numberToBytesLE(reduced, fieldLen) : numberToBytesBE(reduced, fieldLen);
}

// node_modules/@noble/curves/abstract/curve.js
var _0n4 = /* @__PURE__ */ BigInt(0);
var _1n4 = /* @__PURE__ */ BigInt(1);
var _4n2 = /* @__PURE__ */ BigInt(4);
var BLIND_BYTES = 16;
var BLIND_BITS = 128;
var FW_WINDOW = 5;
var TABLE_BYTES_MAX = /* @__PURE__ */ (() => 2 ** 31)();
function validatePointCons(Point) {
  const pc = Point;
  if (typeof pc !== "function")
    throw new TypeError('"Point" expected constructor, got type=' + typeof Point);
  afunction(pc.fromAffine, "Point.fromAffine");
  afunction(pc.fromBytes, "Point.fromBytes");
  afunction(pc.fromHex, "Point.fromHex");
  aobject2(pc.BASE, "Point.BASE");
  aobject2(pc.ZERO, "Point.ZERO");
  validateField(pc.Fp);
  validateField(pc.Fn);
}
function normalizeZ(c, points) {
  validatePointCons(c);
  validateMSMPoints(points, c);
  const invertedZs = FpInvertBatch(c.Fp, points.map((p) => p.Z));
  return points.map((p, i) => c.fromAffine(p.toAffine(invertedZs[i])));
}
function validateW(W, bits2, min = 1) {
  if (!Number.isSafeInteger(W) || W < min || W > bits2)
    throw new Error("invalid window size, expected [" + min + ".." + bits2 + "], got W=" + W);
}
function validateTableBytes(numPoints, fpBytes) {
  const bytes = numPoints * (4 * fpBytes + 128);
  if (bytes > TABLE_BYTES_MAX)
    throw new Error("invalid window size: table would need ~" + Math.ceil(bytes / 2 ** 20) + " MiB, max " + TABLE_BYTES_MAX / 2 ** 20 + " MiB");
}
function probeRandomBytes(randomBytes3, length) {
  if (randomBytes3 === void 0)
    return void 0;
  afunction(randomBytes3, "randomBytes");
  try {
    const probe = randomBytes3(length);
    if (!isBytes2(probe) || probe.length !== length)
      return void 0;
  } catch {
    return void 0;
  }
  return randomBytes3;
}
function validateMSMPoints(points, c) {
  aarray(points, "points");
  points.forEach((p, i) => {
    if (!(p instanceof c))
      throw new Error("invalid point at index " + i);
  });
}
function validateMSMScalars(scalars, field2, maxScalar) {
  if (!Array.isArray(scalars))
    throw new Error("array of scalars expected");
  scalars.forEach((s, i) => {
    const ok = maxScalar === void 0 ? field2.isValid(s) : isPosBig(s) && s < maxScalar;
    if (!ok)
      throw new Error("invalid scalar at index " + i);
  });
}
var pointWindowSizes = /* @__PURE__ */ new WeakMap();
function getWindowSize(P) {
  return pointWindowSizes.get(P) || 1;
}
function oddMultiples(p, size) {
  const dbl = p.double();
  const t = [p];
  for (let j = 1; j < size; j++)
    t.push(t[j - 1].add(dbl));
  return t;
}
function wnafDigits(n, W) {
  const size = 2 ** W;
  const half = size / 2;
  const mask2 = BigInt(size - 1);
  const d = [];
  while (n > _0n4) {
    let w = 0;
    if (n & _1n4) {
      w = Number(n & mask2);
      if (w >= half)
        w -= size;
      n -= BigInt(w);
    }
    d.push(w);
    n >>= _1n4;
  }
  return d;
}
function signedWindowDigits(n, W, windows) {
  const size = 2 ** W;
  const half = size / 2;
  const mask2 = BigInt(size - 1);
  const shiftBy = BigInt(W);
  const d = [];
  for (let w = 0; w < windows; w++) {
    let v = Number(n & mask2);
    n >>= shiftBy;
    if (v > half) {
      v -= size;
      n += _1n4;
    }
    d.push(v);
  }
  if (n !== _0n4)
    throw new Error("invalid wnaf");
  return d;
}
function wnafWalk(zero, tables2, digits) {
  let max = 0;
  for (const d of digits)
    max = Math.max(max, d.length);
  let acc = zero;
  for (let bit = max - 1; bit >= 0; bit--) {
    if (bit !== max - 1)
      acc = acc.double();
    for (let i = 0; i < digits.length; i++) {
      const w = digits[i][bit];
      if (w) {
        const item = tables2[i][Math.abs(w) - 1 >> 1];
        acc = acc.add(w < 0 ? item.negate() : item);
      }
    }
  }
  return acc;
}
var ScalarMultiplier = class {
  Point;
  BASE;
  ZERO;
  randomBytes;
  wnafPrecomputes = /* @__PURE__ */ new WeakMap();
  baseCanBeBlinded;
  bits;
  // Parametrized with a given Point class (not individual point)
  constructor(Point, randomBytes3) {
    validatePointCons(Point);
    this.randomBytes = probeRandomBytes(randomBytes3, BLIND_BYTES);
    this.Point = Point;
    this.BASE = Point.BASE;
    this.ZERO = Point.ZERO;
    this.bits = Point.Fn.BITS;
  }
  /**
   * Creates a signed fixed-window wNAF precomputation table: for every window w, the
   * multiples `[1..2^(W−1)]⋅2^(w⋅W)⋅P`, flattened. All doublings are baked into the table,
   * so cached multiplication is additions-only. `windows = ceil(bits/W) + 1`: the extra
   * window absorbs the final carry of signed-digit recoding.
   * For a 256-bit curve and W=6, the table is 44⋅32 = 1408 points.
   * @param point - Point instance
   * @param W - window size
   * @param bits - scalar bitlength the table must cover
   */
  buildWnafTable(point, W, bits2) {
    const windows = Math.ceil(bits2 / W) + 1;
    const half = 2 ** (W - 1);
    const comp = [];
    let base = point;
    for (let w = 0; w < windows; w++) {
      let acc = base;
      for (let i = 0; i < half; i++) {
        comp.push(acc);
        acc = acc.add(base);
      }
      base = comp[comp.length - 1].double();
    }
    return { W, bits: bits2, windows, comp };
  }
  /**
   * Implements ec multiplication using precomputed signed fixed-window wNAF tables.
   * Constant-time: fixed window count with one table addition per window — zero digits feed
   * the fake accumulator — and no doublings; the lookup scans the whole window slice.
   * Scalar bounds are validated by the public entry points ({@link ScalarMultiplier.mulCT},
   * {@link ScalarMultiplier.mulCTBlinded}, {@link ScalarMultiplier.mulUnsafe});
   * signedWindowDigits throws if `n` exceeds the table.
   * @returns real and fake (for const-time) points
   */
  wnafCachedCT(precomputes, n) {
    const { W, windows, comp } = precomputes;
    const half = 2 ** (W - 1);
    const digits = signedWindowDigits(n, W, windows);
    let p = this.ZERO;
    let f = this.BASE;
    for (let w = 0; w < windows; w++) {
      const digit = digits[w];
      const start = w * half;
      const idx = Math.abs(digit) - 1;
      let sel = comp[start];
      for (let i = 1; i < half; i++)
        sel = i === idx ? comp[start + i] : sel;
      const neg = sel.negate();
      if (digit === 0)
        f = f.add(comp[start]);
      else
        p = p.add(digit < 0 ? neg : sel);
    }
    return { p, f };
  }
  // Cache key is point identity plus (W, bits); at most two entries exist per point (public-width
  // `Fn.BITS` and blinded `Fn.BITS + BLIND_BITS`). Callers must not reuse the same point with
  // incompatible `transform(...)` layouts and expect a separate cache entry.
  getWnafPrecomputes(W, point, bits2, transform) {
    let entries = this.wnafPrecomputes.get(point);
    let comp = entries?.find((entry2) => entry2.W === W && entry2.bits === bits2);
    if (!comp) {
      comp = this.buildWnafTable(point, W, bits2);
      if (typeof transform === "function")
        comp = { ...comp, comp: transform(comp.comp) };
      if (!entries) {
        entries = [];
        this.wnafPrecomputes.set(point, entries);
      }
      entries.push(comp);
    }
    return comp;
  }
  assertPoint(point) {
    if (!(point instanceof this.Point))
      throw new TypeError('"point" expected Point instance, got type=' + typeof point);
  }
  // Shared prologue of the constant-time entry points. Rejects scalar 0: in key/signature-style
  // callers a zero scalar means broken upstream plumbing, and concrete Points already reject it.
  // Uses inRange instead of Fn.isValidNot0: validateField() only certifies the arithmetic subset.
  validateMulInput(point, scalar) {
    this.assertPoint(point);
    if (!inRange(scalar, _1n4, this.Point.Fn.ORDER))
      throw new Error("invalid scalar");
  }
  // Constant-time dispatch shared by mulCT / mulCTBlinded. Un-precomputed points (W===1, e.g.
  // ECDH peer keys) skip building a throwaway cached table in favor of a small fixed-window
  // multiply. `n` must be < 2^bits.
  runCT(point, n, bits2, transform) {
    const W = getWindowSize(point);
    if (W === 1)
      return this.fixedWindowCT(point, n, bits2);
    return this.wnafCachedCT(this.getWnafPrecomputes(W, point, bits2, transform), n);
  }
  mulCT(point, scalar, transform) {
    this.validateMulInput(point, scalar);
    return this.runCT(point, scalar, this.bits, transform);
  }
  mulCTBlinded(point, scalar, transform) {
    this.validateMulInput(point, scalar);
    if (this.randomBytes === void 0)
      throw new Error("randomBytes is required for scalar blinding");
    const bits2 = this.Point.Fn.BITS + BLIND_BITS;
    const blind = this.randomBytes(BLIND_BYTES);
    if (!isBytes2(blind) || blind.length !== BLIND_BYTES)
      throw new Error("randomBytes returned invalid byte array");
    blind[0] = blind[0] & 63 | 128;
    const n = scalar + bytesToNumberBE(blind) * this.Point.Fn.ORDER;
    return this.runCT(point, n, bits2, transform);
  }
  /**
   * Constant-time multiplication `n*point` for an un-precomputed point, via a small fixed window.
   * A cached wNAF table only pays off when reused; a flat 2^FW_WINDOW table (`size-1` adds) is
   * far cheaper to build for a single use. The point-operation sequence is independent of `n`:
   * build the table, then per window exactly FW_WINDOW doublings, a data-oblivious scan over
   * every table entry, and one addition (adds the identity when the window digit is 0 — never
   * skipped).
   *
   * `n` must be `< 2^bits`. Assumes complete addition (adding the identity costs the same as any
   * add), which holds for the Weierstrass/Edwards point types used here. The table is left in
   * projective form (no normalizeZ): normalizing this small a table costs more than the
   * mixed-add savings it would buy for a single multiply.
   * @returns real point `p`; `f` duplicates it only to match {@link wnafCachedCT}'s return shape
   * (this path needs no fake accumulator — its op-count is already scalar-independent).
   */
  fixedWindowCT(point, n, bits2) {
    const W = FW_WINDOW;
    const size = 1 << W;
    const mask2 = bitMask(W);
    const table2 = new Array(size);
    table2[0] = this.ZERO;
    for (let i = 1; i < size; i++)
      table2[i] = table2[i - 1].add(point);
    const windows = Math.ceil(bits2 / W);
    let acc = this.ZERO;
    for (let window = windows - 1; window >= 0; window--) {
      if (window !== windows - 1)
        for (let d = 0; d < W; d++)
          acc = acc.double();
      const digit = Number(n >> BigInt(window * W) & mask2);
      let sel = table2[0];
      for (let i = 1; i < size; i++)
        sel = i === digit ? table2[i] : sel;
      acc = acc.add(sel);
    }
    return { p: acc, f: acc };
  }
  shouldBlind(point, cofactor) {
    if (this.randomBytes === void 0)
      return false;
    if (cofactor === _1n4)
      return true;
    if (point !== this.BASE)
      return false;
    if (this.baseCanBeBlinded === void 0)
      this.baseCanBeBlinded = this.mulUnsafe(this.BASE, this.Point.Fn.ORDER).is0();
    return this.baseCanBeBlinded;
  }
  mulSecret(point, scalar, cofactor, transform) {
    return this.shouldBlind(point, cofactor) ? this.mulCTBlinded(point, scalar, transform) : this.mulCT(point, scalar, transform);
  }
  mulUnsafe(point, scalar, transform) {
    this.assertPoint(point);
    if (!isPosBig(scalar))
      throw new Error("invalid scalar");
    const W = getWindowSize(point);
    if (W === 1 || scalar >= this.Point.Fn.ORDER)
      return mulAddUnsafe(this.Point, [point], [scalar], true);
    const precomputes = this.getWnafPrecomputes(W, point, this.bits, transform);
    return this.wnafCachedCT(precomputes, scalar).p;
  }
  // Remembers the window size used for precomputed wNAF multiplication of the given point
  // and drops any previously built tables. Usually only the base point is precomputed.
  // W=1 resets the point to the un-precomputed (table-less) paths.
  // W is additionally capped so tables stay under ~2 GiB ({@link TABLE_BYTES_MAX}).
  setWindowSize(point, W) {
    this.assertPoint(point);
    validateW(W, this.bits);
    const windows = Math.ceil((this.bits + BLIND_BITS) / W) + 1;
    validateTableBytes(windows * 2 ** (W - 1), this.Point.Fp.BYTES);
    pointWindowSizes.set(point, W);
    this.wnafPrecomputes.delete(point);
  }
  // True when a window size is set: tables themselves are built lazily on first multiply.
  hasWindowSize(point) {
    return getWindowSize(point) !== 1;
  }
};
function mulAddUnsafe(c, points, scalars, allowOversized = false) {
  validatePointCons(c);
  validateMSMPoints(points, c);
  abool2(allowOversized, "allowOversized");
  validateMSMScalars(scalars, c.Fn, allowOversized ? c.Fn.ORDER ** _4n2 : void 0);
  if (points.length !== scalars.length)
    throw new Error("arrays of points and scalars must have equal length");
  const tables2 = points.map((p) => oddMultiples(p, 4));
  const digits = scalars.map((n) => wnafDigits(n, 4));
  return wnafWalk(c.ZERO, tables2, digits);
}
function createField(order, field2, isLE2) {
  if (field2) {
    if (field2.ORDER !== order)
      throw new Error("Field.ORDER must match order: Fp == p, Fn == n");
    validateField(field2);
    return field2;
  } else {
    return Field(order, { isLE: isLE2 });
  }
}
function createCurveFields(type, CURVE, curveOpts = {}, FpFnLE) {
  if (type !== "weierstrass" && type !== "edwards")
    throw new Error('expected curve type "weierstrass" or "edwards"');
  if (FpFnLE === void 0)
    FpFnLE = type === "edwards";
  if (!CURVE || typeof CURVE !== "object")
    throw new Error(`expected valid ${type} CURVE object`);
  validateObject(curveOpts);
  for (const p of ["p", "n", "h"]) {
    const val = CURVE[p];
    if (!(isPosBig(val) && val !== _0n4))
      throw new Error(`CURVE.${p} must be positive bigint`);
  }
  const Fp = createField(CURVE.p, curveOpts.Fp, FpFnLE);
  const Fn = createField(CURVE.n, curveOpts.Fn, FpFnLE);
  const _b = type === "weierstrass" ? "b" : "d";
  const params = ["Gx", "Gy", "a", _b];
  for (const p of params) {
    if (!Fp.isValid(CURVE[p]))
      throw new Error(`CURVE.${p} must be valid field element of CURVE.Fp`);
  }
  CURVE = Object.freeze(Object.assign({}, CURVE));
  return { CURVE, Fp, Fn };
}
function createKeygen(randomSecretKey, getPublicKey) {
  return function keygen(seed) {
    const secretKey = randomSecretKey(seed);
    return { secretKey, publicKey: getPublicKey(secretKey) };
  };
}

// node_modules/@noble/curves/abstract/der.js
var _0n5 = /* @__PURE__ */ BigInt(0);
var DERErr = class extends Error {
  constructor(m = "") {
    super(m);
  }
};
var _DER = {
  // asn.1 DER encoding utils
  Err: DERErr,
  // Basic building block is TLV (Tag-Length-Value)
  _tlv: {
    encode: (tag, data) => {
      const { Err: E } = _DER;
      asafenumber(tag, "tag");
      if (tag < 0 || tag > 255)
        throw new E("tlv.encode: wrong tag");
      astring(data, "data");
      if (data.length & 1)
        throw new E("tlv.encode: unpadded data");
      const dataLen = data.length / 2;
      const len = numberToHexUnpadded(dataLen);
      if (len.length / 2 & 128)
        throw new E("tlv.encode: long form length too big");
      const lenLen = dataLen > 127 ? numberToHexUnpadded(len.length / 2 | 128) : "";
      const t = numberToHexUnpadded(tag);
      return t + lenLen + len + data;
    },
    // v - value, l - left bytes (unparsed)
    decode(tag, data) {
      const { Err: E } = _DER;
      data = abytes2(data, void 0, "DER data");
      let pos = 0;
      if (tag < 0 || tag > 255)
        throw new E("tlv.decode: wrong tag");
      if (data.length < 2 || data[pos++] !== tag)
        throw new E("tlv.decode: wrong tlv");
      const first = data[pos++];
      const isLong = !!(first & 128);
      let length = 0;
      if (!isLong)
        length = first;
      else {
        const lenLen = first & 127;
        if (!lenLen)
          throw new E("tlv.decode(long): indefinite length not supported");
        if (lenLen > 4)
          throw new E("tlv.decode(long): byte length is too big");
        const lengthBytes = data.subarray(pos, pos + lenLen);
        if (lengthBytes.length !== lenLen)
          throw new E("tlv.decode: length bytes not complete");
        if (lengthBytes[0] === 0)
          throw new E("tlv.decode(long): zero leftmost byte");
        for (const b of lengthBytes)
          length = length << 8 | b;
        pos += lenLen;
        if (length < 128)
          throw new E("tlv.decode(long): not minimal encoding");
      }
      const v = data.subarray(pos, pos + length);
      if (v.length !== length)
        throw new E("tlv.decode: wrong value length");
      return { v, l: data.subarray(pos + length) };
    }
  },
  // https://crypto.stackexchange.com/a/57734 Leftmost bit of first byte is 'negative' flag,
  // since we always use positive integers here. It must always be empty:
  // - add zero byte if exists
  // - if next byte doesn't have a flag, leading zero is not allowed (minimal encoding)
  _int: {
    encode(num) {
      const { Err: E } = _DER;
      abignumber(num);
      if (num < _0n5)
        throw new E("integer: negative integers are not allowed");
      let hex = numberToHexUnpadded(num);
      if (Number.parseInt(hex[0], 16) & 8)
        hex = "00" + hex;
      if (hex.length & 1)
        throw new E("unexpected DER parsing assertion: unpadded hex");
      return hex;
    },
    decode(data) {
      const { Err: E } = _DER;
      if (data.length < 1)
        throw new E("invalid signature integer: empty");
      if (data[0] & 128)
        throw new E("invalid signature integer: negative");
      if (data.length > 1 && data[0] === 0 && !(data[1] & 128))
        throw new E("invalid signature integer: unnecessary leading zero");
      return bytesToNumberBE(data);
    }
  },
  toSig(bytes, maxScalarBytes) {
    const { Err: E, _int: int, _tlv: tlv } = _DER;
    if (maxScalarBytes !== void 0) {
      asafenumber(maxScalarBytes, "maxScalarBytes");
      if (maxScalarBytes < 1)
        throw new E("invalid signature: maxScalarBytes must be positive");
    }
    const data = abytes2(bytes, void 0, "signature");
    const { v: seqBytes, l: seqLeftBytes } = tlv.decode(48, data);
    if (seqLeftBytes.length)
      throw new E("invalid signature: left bytes after parsing");
    const { v: rBytes, l: rLeftBytes } = tlv.decode(2, seqBytes);
    const { v: sBytes, l: sLeftBytes } = tlv.decode(2, rLeftBytes);
    if (sLeftBytes.length)
      throw new E("invalid signature: left bytes after parsing");
    if (maxScalarBytes !== void 0 && (rBytes.length > maxScalarBytes || sBytes.length > maxScalarBytes))
      throw new E("invalid signature: integer too large");
    return { r: int.decode(rBytes), s: int.decode(sBytes) };
  },
  hexFromSig(sig) {
    const { _tlv: tlv, _int: int } = _DER;
    validateObject(sig, { r: "bigint", s: "bigint" }, {}, "sig");
    const rs = tlv.encode(2, int.encode(sig.r));
    const ss = tlv.encode(2, int.encode(sig.s));
    const seq = rs + ss;
    return tlv.encode(48, seq);
  }
};
var DER = /* @__PURE__ */ (() => {
  Object.freeze(_DER._tlv);
  Object.freeze(_DER._int);
  return Object.freeze(_DER);
})();

// node_modules/@noble/curves/abstract/weierstrass.js
var divNearest = (num, den) => (num + (num >= 0 ? den : -den) / _2n3) / den;
function _splitEndoScalar(k, basis, n) {
  aInRange("scalar", k, _0n6, n);
  const [[a1, b1], [a2, b2]] = basis;
  const c1 = divNearest(b2 * k, n);
  const c2 = divNearest(-b1 * k, n);
  let k1 = k - c1 * a1 - c2 * a2;
  let k2 = -c1 * b1 - c2 * b2;
  const k1neg = k1 < _0n6;
  const k2neg = k2 < _0n6;
  if (k1neg)
    k1 = -k1;
  if (k2neg)
    k2 = -k2;
  const MAX_NUM = bitMask(Math.ceil(bitLen(n) / 2)) + _1n5;
  if (k1 < _0n6 || k1 >= MAX_NUM || k2 < _0n6 || k2 >= MAX_NUM) {
    throw new Error("splitScalar (endomorphism): failed for k");
  }
  return { k1neg, k1, k2neg, k2 };
}
function validateSigFormat(format) {
  if (!["compact", "recovered", "der"].includes(format))
    throw new Error('Signature format must be "compact", "recovered", or "der"');
  return format;
}
function validateSigOpts(opts, def) {
  validateObject(opts);
  const optsn = {};
  for (let optName of Object.keys(def)) {
    optsn[optName] = opts[optName] === void 0 ? def[optName] : opts[optName];
  }
  abool2(optsn.lowS, "lowS");
  abool2(optsn.prehash, "prehash");
  if (optsn.format !== void 0)
    validateSigFormat(optsn.format);
  return optsn;
}
var _0n6 = /* @__PURE__ */ BigInt(0);
var _1n5 = /* @__PURE__ */ BigInt(1);
var _2n3 = /* @__PURE__ */ BigInt(2);
var _3n2 = /* @__PURE__ */ BigInt(3);
var _4n3 = /* @__PURE__ */ BigInt(4);
function weierstrass(params, extraOpts = {}) {
  const validated = createCurveFields("weierstrass", params, extraOpts);
  const Fp = validated.Fp;
  const Fn = validated.Fn;
  let CURVE = validated.CURVE;
  const { h: cofactor, n: CURVE_ORDER } = CURVE;
  validateObject(extraOpts, {}, {
    allowInfinityPoint: "boolean",
    clearCofactor: "function",
    isTorsionFree: "function",
    fromBytes: "function",
    toBytes: "function",
    endo: "object",
    randomBytes: "function"
  });
  const { endo: endoOpts, allowInfinityPoint, clearCofactor, isTorsionFree, fromBytes, toBytes } = extraOpts;
  const randomBytes3 = extraOpts.randomBytes === void 0 ? randomBytes2 : extraOpts.randomBytes;
  if (endoOpts) {
    if (!Fp.is0(CURVE.a) || typeof endoOpts.beta !== "bigint" || !Array.isArray(endoOpts.basises)) {
      throw new Error('invalid endo: expected "beta": bigint and "basises": array');
    }
  }
  const endo = endoOpts ? {
    beta: endoOpts.beta,
    basises: endoOpts.basises.map((basis) => [...basis])
  } : void 0;
  const lengths = getWLengths(Fp, Fn);
  function assertCompressionIsSupported() {
    if (!Fp.isOdd)
      throw new Error("compression is not supported: Field does not have .isOdd()");
  }
  function pointToBytes(_c, point, isCompressed) {
    if (point.is0()) {
      if (!allowInfinityPoint)
        throw new Error("bad point: ZERO");
      return Uint8Array.of(0);
    }
    const { x, y } = point.toAffine();
    const bx = Fp.toBytes(x);
    abool2(isCompressed, "isCompressed");
    if (isCompressed) {
      assertCompressionIsSupported();
      const hasEvenY = !Fp.isOdd(y);
      return concatBytes2(pprefix(hasEvenY), bx);
    } else {
      return concatBytes2(Uint8Array.of(4), bx, Fp.toBytes(y));
    }
  }
  function pointFromBytes(bytes) {
    abytes2(bytes, void 0, "Point");
    const { publicKey: comp, publicKeyUncompressed: uncomp } = lengths;
    const length = bytes.length;
    const head3 = bytes[0];
    const tail = bytes.subarray(1);
    if (allowInfinityPoint && length === 1 && head3 === 0)
      return { x: Fp.ZERO, y: Fp.ZERO };
    if (length === comp && (head3 === 2 || head3 === 3)) {
      const x = Fp.fromBytes(tail);
      if (!Fp.isValid(x))
        throw new Error("bad point: is not on curve, wrong x");
      const y2 = weierstrassEquation(x);
      let y;
      try {
        y = Fp.sqrt(y2);
      } catch (sqrtError) {
        const err = sqrtError instanceof Error ? ": " + sqrtError.message : "";
        throw new Error("bad point: is not on curve, sqrt error" + err);
      }
      assertCompressionIsSupported();
      const evenY = Fp.isOdd(y);
      const evenH = (head3 & 1) === 1;
      if (evenH !== evenY)
        y = Fp.neg(y);
      return { x, y };
    } else if (length === uncomp && head3 === 4) {
      const L = Fp.BYTES;
      const x = Fp.fromBytes(tail.subarray(0, L));
      const y = Fp.fromBytes(tail.subarray(L, L * 2));
      if (!isValidXY(x, y))
        throw new Error("bad point: is not on curve");
      return { x, y };
    } else {
      throw new Error(`bad point: got length ${length}, expected compressed=${comp} or uncompressed=${uncomp}`);
    }
  }
  const encodePoint = toBytes === void 0 ? pointToBytes : toBytes;
  const decodePoint = fromBytes === void 0 ? pointFromBytes : fromBytes;
  const b3 = Fp.mul(CURVE.b, _3n2);
  const mulA = Fp.is0(CURVE.a) ? (_) => Fp.ZERO : (x) => Fp.mul(CURVE.a, x);
  function weierstrassEquation(x) {
    const x2 = Fp.sqr(x);
    const x3 = Fp.mul(x2, x);
    return Fp.add(Fp.add(x3, Fp.mul(x, CURVE.a)), CURVE.b);
  }
  function isValidXY(x, y) {
    const left = Fp.sqr(y);
    const right = weierstrassEquation(x);
    return Fp.eql(left, right);
  }
  if (!isValidXY(CURVE.Gx, CURVE.Gy))
    throw new Error("bad curve params: generator point");
  const _4a3 = Fp.mul(Fp.pow(CURVE.a, _3n2), _4n3);
  const _27b2 = Fp.mul(Fp.sqr(CURVE.b), BigInt(27));
  if (Fp.is0(Fp.add(_4a3, _27b2)))
    throw new Error("bad curve params: a or b");
  function acoord(title, n, banZero = false) {
    if (!Fp.isValid(n) || banZero && Fp.is0(n))
      throw new Error(`bad point coordinate ${title}`);
    return typeof n === "object" && n !== null ? Fp.create(n) : n;
  }
  function aprjpoint(other) {
    if (!(other instanceof Point))
      throw new Error("Weierstrass Point expected");
  }
  function splitEndoScalarN(k) {
    if (!endo || !endo.basises)
      throw new Error("no endo");
    return _splitEndoScalar(k, endo.basises, Fn.ORDER);
  }
  function pushWnafPair(points, scalars, p, k) {
    if (!Fn.isValid(k))
      throw new RangeError("invalid scalar: out of range");
    if (endo) {
      const { k1neg, k1, k2neg, k2 } = splitEndoScalarN(k);
      const psi = new Point(Fp.mul(p.X, endo.beta), p.Y, p.Z);
      points.push(k1neg ? p.negate() : p, k2neg ? psi.negate() : psi);
      scalars.push(k1, k2);
    } else {
      points.push(p);
      scalars.push(k);
    }
  }
  const validityCache = /* @__PURE__ */ new WeakSet();
  class Point {
    static BASE = new Point(CURVE.Gx, CURVE.Gy, Fp.ONE);
    static ZERO = new Point(Fp.ZERO, Fp.ONE, Fp.ZERO);
    static Fp = Fp;
    static Fn = Fn;
    X;
    Y;
    Z;
    /** Does NOT validate if the point is valid. Use `.assertValidity()`. */
    constructor(X, Y, Z) {
      this.X = acoord("x", X);
      this.Y = acoord("y", Y, true);
      this.Z = acoord("z", Z);
      Object.freeze(this);
    }
    static CURVE() {
      return CURVE;
    }
    /** Does NOT validate if the point is valid. Use `.assertValidity()`. */
    static fromAffine(p) {
      const { x, y } = p || {};
      if (!p || !Fp.isValid(x) || !Fp.isValid(y))
        throw new Error("invalid affine point");
      if (p instanceof Point)
        throw new Error("projective point not allowed");
      if (Fp.is0(x) && Fp.is0(y))
        return Point.ZERO;
      return new Point(x, y, Fp.ONE);
    }
    static fromBytes(bytes) {
      const P = Point.fromAffine(decodePoint(abytes2(bytes, void 0, "point")));
      P.assertValidity();
      return P;
    }
    static fromHex(hex) {
      return Point.fromBytes(hexToBytes2(hex));
    }
    get x() {
      return this.toAffine().x;
    }
    get y() {
      return this.toAffine().y;
    }
    /**
     * @param isLazy - true will defer table computation until the first multiplication
     */
    precompute(windowSize = 6, isLazy = true) {
      wnaf.setWindowSize(this, windowSize);
      if (!isLazy)
        this.multiply(_3n2);
      return this;
    }
    // TODO: return `this`
    /** A point on curve is valid if it conforms to equation. */
    assertValidity() {
      const p = this;
      if (p.is0()) {
        if (allowInfinityPoint && Fp.is0(p.X) && Fp.eql(p.Y, Fp.ONE) && Fp.is0(p.Z))
          return;
        throw new Error("bad point: ZERO");
      }
      if (validityCache.has(p))
        return;
      const { x, y } = p.toAffine();
      if (!Fp.isValid(x) || !Fp.isValid(y))
        throw new Error("bad point: x or y not field elements");
      if (!isValidXY(x, y))
        throw new Error("bad point: equation left != right");
      if (!p.isTorsionFree())
        throw new Error("bad point: not in prime-order subgroup");
      validityCache.add(p);
    }
    hasEvenY() {
      const { y } = this.toAffine();
      if (!Fp.isOdd)
        throw new Error("Field doesn't support isOdd");
      return !Fp.isOdd(y);
    }
    /** Compare one point to another. */
    equals(other) {
      aprjpoint(other);
      const { X: X1, Y: Y1, Z: Z1 } = this;
      const { X: X2, Y: Y2, Z: Z2 } = other;
      const U1 = Fp.eql(Fp.mul(X1, Z2), Fp.mul(X2, Z1));
      const U2 = Fp.eql(Fp.mul(Y1, Z2), Fp.mul(Y2, Z1));
      return U1 && U2;
    }
    /** Flips point to one corresponding to (x, -y) in Affine coordinates. */
    negate() {
      return new Point(this.X, Fp.neg(this.Y), this.Z);
    }
    // Renes-Costello-Batina exception-free doubling formula.
    // There is 30% faster Jacobian formula, but it is not complete.
    // https://eprint.iacr.org/2015/1060, algorithm 3
    // Cost: 8M + 3S + 3*a + 2*b3 + 15add.
    double() {
      const { X: X1, Y: Y1, Z: Z1 } = this;
      let X3 = Fp.ZERO, Y3 = Fp.ZERO, Z3 = Fp.ZERO;
      let t0 = Fp.mul(X1, X1);
      let t1 = Fp.mul(Y1, Y1);
      let t2 = Fp.mul(Z1, Z1);
      let t3 = Fp.mul(X1, Y1);
      t3 = Fp.add(t3, t3);
      Z3 = Fp.mul(X1, Z1);
      Z3 = Fp.add(Z3, Z3);
      X3 = mulA(Z3);
      Y3 = Fp.mul(b3, t2);
      Y3 = Fp.add(X3, Y3);
      X3 = Fp.sub(t1, Y3);
      Y3 = Fp.add(t1, Y3);
      Y3 = Fp.mul(X3, Y3);
      X3 = Fp.mul(t3, X3);
      Z3 = Fp.mul(b3, Z3);
      t2 = mulA(t2);
      t3 = Fp.sub(t0, t2);
      t3 = mulA(t3);
      t3 = Fp.add(t3, Z3);
      Z3 = Fp.add(t0, t0);
      t0 = Fp.add(Z3, t0);
      t0 = Fp.add(t0, t2);
      t0 = Fp.mul(t0, t3);
      Y3 = Fp.add(Y3, t0);
      t2 = Fp.mul(Y1, Z1);
      t2 = Fp.add(t2, t2);
      t0 = Fp.mul(t2, t3);
      X3 = Fp.sub(X3, t0);
      Z3 = Fp.mul(t2, t1);
      Z3 = Fp.add(Z3, Z3);
      Z3 = Fp.add(Z3, Z3);
      return new Point(X3, Y3, Z3);
    }
    // Renes-Costello-Batina exception-free addition formula.
    // There is 30% faster Jacobian formula, but it is not complete.
    // https://eprint.iacr.org/2015/1060, algorithm 1
    // Cost: 12M + 0S + 3*a + 3*b3 + 23add.
    add(other) {
      aprjpoint(other);
      const { X: X1, Y: Y1, Z: Z1 } = this;
      const { X: X2, Y: Y2, Z: Z2 } = other;
      let X3 = Fp.ZERO, Y3 = Fp.ZERO, Z3 = Fp.ZERO;
      let t0 = Fp.mul(X1, X2);
      let t1 = Fp.mul(Y1, Y2);
      let t2 = Fp.mul(Z1, Z2);
      let t3 = Fp.add(X1, Y1);
      let t4 = Fp.add(X2, Y2);
      t3 = Fp.mul(t3, t4);
      t4 = Fp.add(t0, t1);
      t3 = Fp.sub(t3, t4);
      t4 = Fp.add(X1, Z1);
      let t5 = Fp.add(X2, Z2);
      t4 = Fp.mul(t4, t5);
      t5 = Fp.add(t0, t2);
      t4 = Fp.sub(t4, t5);
      t5 = Fp.add(Y1, Z1);
      X3 = Fp.add(Y2, Z2);
      t5 = Fp.mul(t5, X3);
      X3 = Fp.add(t1, t2);
      t5 = Fp.sub(t5, X3);
      Z3 = mulA(t4);
      X3 = Fp.mul(b3, t2);
      Z3 = Fp.add(X3, Z3);
      X3 = Fp.sub(t1, Z3);
      Z3 = Fp.add(t1, Z3);
      Y3 = Fp.mul(X3, Z3);
      t1 = Fp.add(t0, t0);
      t1 = Fp.add(t1, t0);
      t2 = mulA(t2);
      t4 = Fp.mul(b3, t4);
      t1 = Fp.add(t1, t2);
      t2 = Fp.sub(t0, t2);
      t2 = mulA(t2);
      t4 = Fp.add(t4, t2);
      t0 = Fp.mul(t1, t4);
      Y3 = Fp.add(Y3, t0);
      t0 = Fp.mul(t5, t4);
      X3 = Fp.mul(t3, X3);
      X3 = Fp.sub(X3, t0);
      t0 = Fp.mul(t3, t1);
      Z3 = Fp.mul(t5, Z3);
      Z3 = Fp.add(Z3, t0);
      return new Point(X3, Y3, Z3);
    }
    subtract(other) {
      aprjpoint(other);
      return this.add(other.negate());
    }
    is0() {
      return this.equals(Point.ZERO);
    }
    /**
     * Constant time multiplication.
     * Uses precomputed tables (signed fixed-window wNAF) when available.
     * Uses scalar blinding and avoids endomorphism splitting in the secret-scalar path.
     * @param scalar - by which the point would be multiplied
     * @returns New point
     */
    multiply(scalar) {
      if (!Fn.isValidNot0(scalar))
        throw new RangeError("invalid scalar: out of range");
      const { p, f } = wnaf.mulSecret(this, scalar, cofactor, normalize);
      return normalize([p, f])[0];
    }
    /**
     * Non-constant-time multiplication. Uses width-4 wNAF with GLV endomorphism splitting
     * when available (two half-width scalars sharing one halved doubling chain).
     * It's faster, but should only be used when you don't care about
     * an exposed secret key e.g. sig verification, which works over *public* keys.
     */
    multiplyUnsafe(scalar) {
      const p = this;
      const sc = scalar;
      if (!Fn.isValid(sc))
        throw new RangeError("invalid scalar: out of range");
      if (sc === _0n6 || p.is0())
        return Point.ZERO;
      if (sc === _1n5)
        return p;
      if (wnaf.hasWindowSize(this))
        return wnaf.mulUnsafe(p, sc, normalize);
      const points = [];
      const scalars = [];
      pushWnafPair(points, scalars, p, sc);
      return mulAddUnsafe(Point, points, scalars);
    }
    /**
     * Non-constant-time double-scalar multiplication `a⋅this + b⋅other` (Strauss–Shamir).
     * Both walks share one doubling chain via {@link mulAddUnsafe}, and GLV endomorphism
     * (when available) halves the chain again by splitting each scalar into two half-width
     * parts. Used by ECDSA verification and public-key recovery for `R = u1⋅G + u2⋅P`.
     * Only for public scalars.
     */
    mulAddUnsafe(a, other, b) {
      aprjpoint(other);
      const points = [];
      const scalars = [];
      pushWnafPair(points, scalars, this, a);
      pushWnafPair(points, scalars, other, b);
      return mulAddUnsafe(Point, points, scalars);
    }
    /**
     * Converts Projective point to affine (x, y) coordinates.
     * (X, Y, Z) ∋ (x=X/Z, y=Y/Z).
     * @param invertedZ - Z^-1 (inverted zero) - optional, precomputation is useful for invertBatch
     */
    toAffine(invertedZ) {
      const p = this;
      let iz = invertedZ;
      if (iz != null && !Fp.isValid(iz))
        throw new RangeError('"invertedZ" expected valid field element');
      const { X, Y, Z } = p;
      if (Fp.eql(Z, Fp.ONE))
        return { x: X, y: Y };
      const is0 = p.is0();
      if (iz == null)
        iz = is0 ? Fp.ONE : Fp.inv(Z);
      const x = Fp.mul(X, iz);
      const y = Fp.mul(Y, iz);
      const zz = Fp.mul(Z, iz);
      if (is0)
        return { x: Fp.ZERO, y: Fp.ZERO };
      if (!Fp.eql(zz, Fp.ONE))
        throw new Error("invZ was invalid");
      return { x, y };
    }
    /**
     * Checks whether Point is free of torsion elements (is in prime subgroup).
     * Always torsion-free for cofactor=1 curves.
     */
    isTorsionFree() {
      if (cofactor === _1n5)
        return true;
      if (isTorsionFree)
        return isTorsionFree(Point, this);
      return wnaf.mulUnsafe(this, CURVE_ORDER).is0();
    }
    clearCofactor() {
      if (cofactor === _1n5)
        return this;
      if (clearCofactor)
        return clearCofactor(Point, this);
      return this.multiplyUnsafe(cofactor);
    }
    isSmallOrder() {
      if (cofactor === _1n5)
        return this.is0();
      return this.clearCofactor().is0();
    }
    toBytes(isCompressed = true) {
      abool2(isCompressed, "isCompressed");
      this.assertValidity();
      return encodePoint(Point, this, isCompressed);
    }
    toHex(isCompressed = true) {
      return bytesToHex2(this.toBytes(isCompressed));
    }
    toString() {
      return `<Point ${this.is0() ? "ZERO" : this.toHex()}>`;
    }
  }
  const normalize = (points) => normalizeZ(Point, points);
  const wnaf = new ScalarMultiplier(Point, randomBytes3);
  if (wnaf.bits >= 6)
    Point.BASE.precompute(6);
  Object.freeze(Point.prototype);
  Object.freeze(Point);
  return Point;
}
function pprefix(hasEvenY) {
  return Uint8Array.of(hasEvenY ? 2 : 3);
}
function getWLengths(Fp, Fn) {
  return {
    secretKey: Fn.BYTES,
    publicKey: 1 + Fp.BYTES,
    publicKeyUncompressed: 1 + 2 * Fp.BYTES,
    publicKeyHasPrefix: true,
    // Raw compact `(r || s)` signature width; DER and recovered signatures use
    // different lengths outside this helper.
    signature: 2 * Fn.BYTES
  };
}
function ecdh(Point, ecdhOpts = {}) {
  validatePointCons(Point);
  const { Fn } = Point;
  const randomBytes_ = ecdhOpts.randomBytes === void 0 ? randomBytes2 : ecdhOpts.randomBytes;
  const lengths = Object.assign(getWLengths(Point.Fp, Fn), {
    seed: Math.max(getMinHashLength(Fn.ORDER), 16)
  });
  function isValidSecretKey(secretKey) {
    try {
      const num = Fn.fromBytes(secretKey);
      return Fn.isValidNot0(num);
    } catch (error) {
      return false;
    }
  }
  function isValidPublicKey(publicKey, isCompressed) {
    const { publicKey: comp, publicKeyUncompressed } = lengths;
    try {
      const l = publicKey.length;
      if (isCompressed === true && l !== comp)
        return false;
      if (isCompressed === false && l !== publicKeyUncompressed)
        return false;
      return !Point.fromBytes(publicKey).is0();
    } catch (error) {
      return false;
    }
  }
  function randomSecretKey(seed) {
    seed = seed === void 0 ? randomBytes_(lengths.seed) : seed;
    return mapHashToField(abytes2(seed, lengths.seed, "seed"), Fn.ORDER);
  }
  function getPublicKey(secretKey, isCompressed = true) {
    return Point.BASE.multiply(Fn.fromBytes(secretKey)).toBytes(isCompressed);
  }
  function isProbPub(item) {
    const { secretKey, publicKey, publicKeyUncompressed } = lengths;
    const allowedLengths = Fn._lengths;
    if (!isBytes2(item))
      return void 0;
    const l = abytes2(item, void 0, "key").length;
    const isPub = l === publicKey || l === publicKeyUncompressed;
    const isSec = l === secretKey || !!allowedLengths?.includes(l);
    if (isPub && isSec)
      return void 0;
    return isPub;
  }
  function getSharedSecret(secretKeyA, publicKeyB, isCompressed = true) {
    if (isProbPub(secretKeyA) === true)
      throw new Error("first arg must be private key");
    if (isProbPub(publicKeyB) === false)
      throw new Error("second arg must be public key");
    const s = Fn.fromBytes(secretKeyA);
    const b = Point.fromBytes(publicKeyB);
    if (b.is0())
      throw new Error("invalid public key: point at infinity");
    return b.multiply(s).toBytes(isCompressed);
  }
  const utils = {
    isValidSecretKey,
    isValidPublicKey,
    randomSecretKey
  };
  const keygen = createKeygen(randomSecretKey, getPublicKey);
  Object.freeze(utils);
  Object.freeze(lengths);
  return Object.freeze({ getPublicKey, getSharedSecret, keygen, Point, utils, lengths });
}
function ecdsa(Point, hash, ecdsaOpts = {}) {
  validatePointCons(Point);
  const hash_ = hash;
  ahash(hash_);
  validateObject(ecdsaOpts, {}, {
    hmac: "function",
    lowS: "boolean",
    randomBytes: "function",
    bits2int: "function",
    bits2int_modN: "function"
  });
  const opts = Object.assign({}, ecdsaOpts);
  const randomBytes3 = opts.randomBytes === void 0 ? randomBytes2 : opts.randomBytes;
  const hmac2 = opts.hmac === void 0 ? (key, msg) => hmac(hash_, key, msg) : opts.hmac;
  const { Fp, Fn } = Point;
  const { ORDER: CURVE_ORDER, BITS: fnBits } = Fn;
  const blindLength = getMinHashLength(CURVE_ORDER);
  const csprng = probeRandomBytes(randomBytes3, blindLength);
  const { keygen, getPublicKey, getSharedSecret, utils, lengths } = ecdh(Point, opts);
  const defaultSigOpts = {
    prehash: true,
    lowS: typeof opts.lowS === "boolean" ? opts.lowS : true,
    format: "compact",
    extraEntropy: false
  };
  const hasLargeRecoveryLifts = CURVE_ORDER * _2n3 + _1n5 < Fp.ORDER;
  function isBiggerThanHalfOrder(number2) {
    const HALF2 = CURVE_ORDER >> _1n5;
    return number2 > HALF2;
  }
  function validateRS(title, num) {
    if (!Fn.isValidNot0(num))
      throw new Error(`invalid signature ${title}: out of range 1..Point.Fn.ORDER`);
    return num;
  }
  function assertFieldSignIsSupported() {
    if (!Fp.isOdd)
      throw new Error("Field doesn't support isOdd");
  }
  function getRecoveryBit(x, y, r) {
    assertFieldSignIsSupported();
    return (x === r ? 0 : 2) | Number(Fp.isOdd(y));
  }
  function assertRecoverableCurve() {
    if (hasLargeRecoveryLifts)
      throw new Error('"recovered" sig type is not supported for cofactor >2 curves');
  }
  function validateSigLength(bytes, format) {
    validateSigFormat(format);
    const size = lengths.signature;
    const sizer = format === "compact" ? size : format === "recovered" ? size + 1 : void 0;
    return abytes2(bytes, sizer);
  }
  class Signature {
    r;
    s;
    recovery;
    constructor(r, s, recovery) {
      this.r = validateRS("r", r);
      this.s = validateRS("s", s);
      if (recovery != null) {
        assertRecoverableCurve();
        if (![0, 1, 2, 3].includes(recovery))
          throw new Error("invalid recovery id");
        this.recovery = recovery;
      }
      Object.freeze(this);
    }
    static fromBytes(bytes, format = defaultSigOpts.format) {
      validateSigLength(bytes, format);
      let recid;
      if (format === "der") {
        if (bytes.length > 2 * Fn.BYTES + 16)
          throw new DER.Err("invalid signature: DER signature too long");
        const { r: r2, s: s2 } = DER.toSig(abytes2(bytes), Fn.BYTES + 1);
        return new Signature(r2, s2);
      }
      if (format === "recovered") {
        recid = bytes[0];
        format = "compact";
        bytes = bytes.subarray(1);
      }
      const L = lengths.signature / 2;
      const r = bytes.subarray(0, L);
      const s = bytes.subarray(L, L * 2);
      return new Signature(Fn.fromBytes(r), Fn.fromBytes(s), recid);
    }
    static fromHex(hex, format) {
      return this.fromBytes(hexToBytes2(hex), format);
    }
    assertRecovery() {
      const { recovery } = this;
      if (recovery == null)
        throw new Error("invalid recovery id: must be present");
      return recovery;
    }
    addRecoveryBit(recovery) {
      return new Signature(this.r, this.s, recovery);
    }
    // Unlike the top-level helper below, this method expects a digest that has
    // already been hashed to the curve's message representative.
    recoverPublicKey(messageHash) {
      const { r, s } = this;
      const recovery = this.assertRecovery();
      const radj = recovery === 2 || recovery === 3 ? r + CURVE_ORDER : r;
      if (!Fp.isValid(radj))
        throw new Error("invalid recovery id: sig.r+curve.n != R.x");
      const x = Fp.toBytes(radj);
      const R = Point.fromBytes(concatBytes2(pprefix((recovery & 1) === 0), x));
      const ir = Fn.inv(radj);
      const h = bits2int_modN(abytes2(messageHash, void 0, "msgHash"));
      const u1 = Fn.create(-h * ir);
      const u2 = Fn.create(s * ir);
      const Q = Point.BASE.mulAddUnsafe(u1, R, u2);
      if (Q.is0())
        throw new Error("invalid recovery: point at infinify");
      Q.assertValidity();
      return Q;
    }
    // Signatures should be low-s, to prevent malleability.
    hasHighS() {
      return isBiggerThanHalfOrder(this.s);
    }
    toBytes(format = defaultSigOpts.format) {
      validateSigFormat(format);
      if (format === "der")
        return hexToBytes2(DER.hexFromSig(this));
      const { r, s } = this;
      const rb = Fn.toBytes(r);
      const sb = Fn.toBytes(s);
      if (format === "recovered") {
        assertRecoverableCurve();
        return concatBytes2(Uint8Array.of(this.assertRecovery()), rb, sb);
      }
      return concatBytes2(rb, sb);
    }
    toHex(format) {
      return bytesToHex2(this.toBytes(format));
    }
  }
  Object.freeze(Signature.prototype);
  Object.freeze(Signature);
  const bits2int = opts.bits2int === void 0 ? function bits2int_def(bytes) {
    if (bytes.length > 8192)
      throw new Error("input is too large");
    const num = bytesToNumberBE(bytes);
    const delta = bytes.length * 8 - fnBits;
    return delta > 0 ? num >> BigInt(delta) : num;
  } : opts.bits2int;
  const bits2int_modN = opts.bits2int_modN === void 0 ? function bits2int_modN_def(bytes) {
    return Fn.create(bits2int(bytes));
  } : opts.bits2int_modN;
  const ORDER_MASK = bitMask(fnBits);
  function int2octets(num) {
    aInRange("num < 2^" + fnBits, num, _0n6, ORDER_MASK);
    return Fn.toBytes(num);
  }
  function validateMsgAndHash(message, prehash) {
    abytes2(message, void 0, "message");
    return prehash ? abytes2(hash_(message), void 0, "prehashed message") : message;
  }
  function prepSig(message, secretKey, opts2) {
    const { lowS, prehash, extraEntropy } = validateSigOpts(opts2, defaultSigOpts);
    message = validateMsgAndHash(message, prehash);
    const h1int = bits2int_modN(message);
    const d = Fn.fromBytes(secretKey);
    if (!Fn.isValidNot0(d))
      throw new Error("invalid private key");
    const seedArgs = [int2octets(d), int2octets(h1int)];
    if (extraEntropy != null && extraEntropy !== false) {
      const e = extraEntropy === true ? randomBytes3(lengths.secretKey) : extraEntropy;
      seedArgs.push(abytes2(e, void 0, "extraEntropy"));
    }
    const seed = concatBytes2(...seedArgs);
    const m = h1int;
    function k2sig(kBytes) {
      const k = bits2int(kBytes);
      if (!Fn.isValidNot0(k))
        return;
      const q = Point.BASE.multiply(k).toAffine();
      const r = Fn.create(q.x);
      if (r === _0n6)
        return;
      let s;
      if (csprng !== void 0) {
        const b = bytesToNumberBE(mapHashToField(csprng(blindLength), CURVE_ORDER));
        const ibk = Fn.inv(Fn.mul(b, k));
        const bm = Fn.mul(b, m);
        const bd = Fn.mul(b, d);
        s = Fn.create(ibk * Fn.create(bm + bd * r));
      } else {
        const ik = invertCt(k, CURVE_ORDER);
        s = Fn.create(ik * Fn.create(m + r * d));
      }
      if (s === _0n6)
        return;
      let recovery = getRecoveryBit(q.x, q.y, r);
      let normS = s;
      if (lowS && isBiggerThanHalfOrder(s)) {
        normS = Fn.neg(s);
        recovery ^= 1;
      }
      return new Signature(r, normS, hasLargeRecoveryLifts ? void 0 : recovery);
    }
    return { seed, k2sig };
  }
  function sign(message, secretKey, opts2 = {}) {
    const { seed, k2sig } = prepSig(message, secretKey, opts2);
    const drbg = createHmacDrbg(hash_.outputLen, Fn.BYTES, hmac2);
    const sig = drbg(seed, k2sig);
    return sig.toBytes(opts2.format);
  }
  function verify(signature, message, publicKey, opts2 = {}) {
    const { lowS, prehash, format } = validateSigOpts(opts2, defaultSigOpts);
    publicKey = abytes2(publicKey, void 0, "publicKey");
    message = validateMsgAndHash(message, prehash);
    if (!isBytes2(signature)) {
      const end = signature instanceof Signature ? ", use sig.toBytes()" : "";
      throw new Error("verify expects Uint8Array signature" + end);
    }
    validateSigLength(signature, format);
    try {
      const sig = Signature.fromBytes(signature, format);
      const P = Point.fromBytes(publicKey);
      if (P.is0())
        return false;
      if (lowS && sig.hasHighS())
        return false;
      const { r, s } = sig;
      const h = bits2int_modN(message);
      const is = Fn.inv(s);
      const u1 = Fn.create(h * is);
      const u2 = Fn.create(r * is);
      const R = Point.BASE.mulAddUnsafe(u1, P, u2);
      if (R.is0())
        return false;
      const q = R.toAffine();
      const v = Fn.create(q.x);
      if (v !== r)
        return false;
      if (format === "recovered" && sig.recovery !== getRecoveryBit(q.x, q.y, r))
        return false;
      return true;
    } catch (e) {
      return false;
    }
  }
  function recoverPublicKey(signature, message, opts2 = {}) {
    const { prehash } = validateSigOpts(opts2, defaultSigOpts);
    message = validateMsgAndHash(message, prehash);
    return Signature.fromBytes(signature, "recovered").recoverPublicKey(message).toBytes();
  }
  return Object.freeze({
    keygen,
    getPublicKey,
    getSharedSecret,
    utils,
    lengths,
    Point,
    sign,
    verify,
    recoverPublicKey,
    Signature,
    hash: hash_
  });
}

// node_modules/@noble/curves/secp256k1.js
var secp256k1_CURVE = {
  p: BigInt("0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f"),
  n: BigInt("0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"),
  h: BigInt(1),
  a: BigInt(0),
  b: BigInt(7),
  Gx: BigInt("0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"),
  Gy: BigInt("0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8")
};
var secp256k1_ENDO = {
  beta: BigInt("0x7ae96a2b657c07106e64479eac3434e99cf0497512f58995c1396c28719501ee"),
  basises: [
    [BigInt("0x3086d221a7d46bcde86c90e49284eb15"), -BigInt("0xe4437ed6010e88286f547fa90abfe4c3")],
    [BigInt("0x114ca50f7a8e2f3f657c1108d9d44cfd8"), BigInt("0x3086d221a7d46bcde86c90e49284eb15")]
  ]
};
var _2n4 = /* @__PURE__ */ BigInt(2);
function sqrtMod(y) {
  const P = secp256k1_CURVE.p;
  const _3n3 = BigInt(3), _6n = BigInt(6), _11n = BigInt(11), _22n = BigInt(22);
  const _23n = BigInt(23), _44n = BigInt(44), _88n = BigInt(88);
  const b2 = y * y * y % P;
  const b3 = b2 * b2 * y % P;
  const b6 = pow2(b3, _3n3, P) * b3 % P;
  const b9 = pow2(b6, _3n3, P) * b3 % P;
  const b11 = pow2(b9, _2n4, P) * b2 % P;
  const b22 = pow2(b11, _11n, P) * b11 % P;
  const b44 = pow2(b22, _22n, P) * b22 % P;
  const b88 = pow2(b44, _44n, P) * b44 % P;
  const b176 = pow2(b88, _88n, P) * b88 % P;
  const b220 = pow2(b176, _44n, P) * b44 % P;
  const b223 = pow2(b220, _3n3, P) * b3 % P;
  const t1 = pow2(b223, _23n, P) * b22 % P;
  const t2 = pow2(t1, _6n, P) * b2 % P;
  const root = pow2(t2, _2n4, P);
  if (!Fpk1.eql(Fpk1.sqr(root), y))
    throw new Error("Cannot find square root");
  return root;
}
var Fpk1 = /* @__PURE__ */ Field(secp256k1_CURVE.p, { sqrt: sqrtMod });
var Pointk1 = /* @__PURE__ */ weierstrass(secp256k1_CURVE, {
  Fp: Fpk1,
  endo: secp256k1_ENDO
});
var secp256k1 = /* @__PURE__ */ ecdsa(Pointk1, sha256);

// src/core/signatures.ts
var LENGTH = 65;
var ORDER = secp256k1.Point.Fn.ORDER;
var HALF = ORDER >> 1n;
function recover(digest3, signature) {
  if (signature.length !== LENGTH) return null;
  const v = signature[64];
  const s = toBigInt(signature.subarray(32, 64));
  if (v !== 27 && v !== 28 || s > HALF) return null;
  return recoverFrom(digest3, toBigInt(signature.subarray(0, 32)), s, v - 27);
}
function recoverSeal(digest3, seal) {
  const v = seal[64];
  const s = toBigInt(seal.subarray(32, 64));
  if (seal.length !== LENGTH || v > 1) return null;
  return s > HALF ? recoverFrom(digest3, toBigInt(seal.subarray(0, 32)), ORDER - s, 1 - v) : recoverFrom(digest3, toBigInt(seal.subarray(0, 32)), s, v);
}
function recoverFrom(digest3, r, s, recovery) {
  try {
    const point = new secp256k1.Signature(r, s, recovery).recoverPublicKey(fromHex(digest3));
    return keccak(point.toBytes(false).subarray(1)).slice(24);
  } catch {
    return null;
  }
}
function split2(signatures) {
  const pieces = [];
  for (let at = 0; at < signatures.length; at += LENGTH) pieces.push(signatures.subarray(at, at + LENGTH));
  return pieces;
}
function signersWord(addresses) {
  return addresses.length === 1 ? wordHex(addresses[0]) : keccak(fromHex(addresses.join("")));
}

// src/core/tree.ts
var MAX_SIBLINGS = 256;
var MAX_POINTER = 1e3;
var MAX_LEAVES = 1e5;
var ProofError = class extends Error {
  found;
  expected;
  constructor(found, expected) {
    super(`found ${found}; expected ${expected}`);
    this.found = found;
    this.expected = expected;
  }
};
function checkPresence(tree, proof2) {
  checkLeaf(tree, proof2.path, valueHash(proof2.salt, proof2.value), proof2.siblings);
}
function checkAbsence(tree, proof2) {
  const at = position(proof2.path);
  if (proof2.other === null) return checkPath(tree, at, ZERO, proof2.siblings);
  const found = proof2.other.position;
  if (found === at) throw new ProofError("the leaf of this very path", "another leaf, or none");
  for (let depth = 0; depth < proof2.siblings.length; depth++) {
    if (bitOf(found, depth) !== bitOf(at, depth)) throw new ProofError("a leaf of another place", "one that agrees in all bits above it");
  }
  checkPath(tree, at, leafHash(tree.document, found, proof2.other.valueHash), proof2.siblings);
}
function checkEquality(tree, other, proof2) {
  checkLeaf(tree, proof2.path, proof2.valueHash, proof2.siblings);
  checkLeaf(other, proof2.otherPath, proof2.valueHash, proof2.otherSiblings);
}
function rootOf(document, aad, seed, carried, value) {
  const leaves = flatten(value);
  for (const path of carried.keys()) {
    if (!leaves.has(path)) throw new ProofError(`a carried salt for ${JSON.stringify(path)}`, "a leaf of the value");
  }
  const key = fromHex(seed);
  const rows = [...leaves].map(([path, leaf]) => {
    const salt = carried.get(path) ?? saltFrom(key, path);
    const at = position(path);
    return { at, hash: leafHash(document, at, valueHash(salt, leaf)) };
  });
  rows.sort((left, right) => left.at < right.at ? -1 : 1);
  return rootHash(aad, trieHash(rows, 0));
}
function flatten(value) {
  const leaves = /* @__PURE__ */ new Map();
  const walk2 = (path, at) => {
    if (path.length > MAX_POINTER && [...path].length > MAX_POINTER) throw new ProofError("a longer pointer", `at most ${MAX_POINTER} characters`);
    if (leaves.size >= MAX_LEAVES) throw new ProofError(`more than ${MAX_LEAVES} leaves`, `at most ${MAX_LEAVES}`);
    if (Array.isArray(at) && at.length > 0) at.forEach((item, index) => walk2(`${path}/${index}`, item));
    else if (isObject(at) && Object.keys(at).length > 0) {
      for (const name of Object.keys(at)) {
        if (/^(?:0|[1-9][0-9]*)$/.test(name)) throw new ProofError(`a member named ${name}, like an array index`, "other names");
        walk2(`${path}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`, member(at, name));
      }
    } else leaves.set(path, at);
  };
  walk2("", value);
  return leaves;
}
function trieHash(rows, depth) {
  if (rows.length === 0) return ZERO;
  if (rows.length === 1) return rows[0].hash;
  const first = rows.findIndex((row) => bitOf(row.at, depth) === 1);
  const middle = first < 0 ? rows.length : first;
  return nodeHash(trieHash(rows.slice(0, middle), depth + 1), trieHash(rows.slice(middle), depth + 1));
}
function checkLeaf(tree, path, hashed, siblings) {
  const at = position(path);
  checkPath(tree, at, leafHash(tree.document, at, hashed), siblings);
}
function checkPath(tree, at, leaf, siblings) {
  if (siblings.length > MAX_SIBLINGS) throw new ProofError(`${siblings.length} siblings`, `at most ${MAX_SIBLINGS}`);
  if (siblings[siblings.length - 1] === ZERO) throw new ProofError("an empty lowest sibling", "a leaf or a node beside the place");
  let found = leaf;
  for (let depth = siblings.length - 1; depth >= 0; depth--) {
    const sibling = siblings[depth];
    found = bitOf(at, depth) === 1 ? nodeHash(sibling, found) : nodeHash(found, sibling);
  }
  if (rootHash(tree.aad, found) !== tree.root) throw new ProofError("a proof that leads to another root", `root ${tree.root}`);
}
function bitOf(at, depth) {
  return parseInt(at[depth >> 2], 16) >> 3 - (depth & 3) & 1;
}
function position(path) {
  return sha2562(utf8(path));
}
function saltFrom(seed, path) {
  return toHex(hmacSha256(seed, utf8(path)).subarray(0, 16));
}
function valueHash(salt, value) {
  return sha2562(fromHex(salt), utf8(encode(value)));
}
function leafHash(document, at, hashed) {
  return sha2562(fromHex(`00${document}${at}${hashed}`));
}
function nodeHash(left, right) {
  return sha2562(fromHex(`01${left}${right}`));
}
function rootHash(aad, trie) {
  return sha2562(Uint8Array.of(2), aad, fromHex(trie));
}

// src/core/words.ts
var BEARER = 4294967295;
var DAY = 86400;
var FULL_SCOPE = 255;
var FROZEN = 1;
var SECURED = 2;
var CONTROL = [
  ["issuer", 0, 32],
  ["possessor", 32, 32],
  ["endorsee", 64, 32],
  ["offeree", 96, 32],
  ["offeredEndorsee", 128, 32],
  ["kind", 160, 16],
  ["state", 176, 8],
  ["flags", 184, 8],
  ["version", 192, 16],
  ["sequence", 208, 24],
  ["used", 232, 24]
];
var NOWHERE = unpackControl(0n);
function unpackControl(word) {
  const made = {};
  for (const [name, at, bits2] of CONTROL) made[name] = field(word, at, bits2);
  return made;
}
function packControl(control2) {
  let word = 0n;
  for (const [name, at] of CONTROL) word |= BigInt(control2[name]) << BigInt(at);
  return word;
}
function packParty(party) {
  return party.roles | BigInt(party.epoch) << 64n | BigInt(party.threshold) << 96n | BigInt(party.suspendedUntil) << 104n | BigInt(party.accounts) << 144n | (party.locked ? 1n << 160n : 0n) | (party.recoveryBarred ? 1n << 168n : 0n) | BigInt(party.unlocks) << 176n;
}
function unpackAccount(word) {
  if (word === 0n) return null;
  return { party: field(word, 0, 32), addedAt: field(word, 32, 40), removedAt: field(word, 72, 40), scope: field(word, 112, 8) };
}
function packAccount(account3) {
  return BigInt(account3.party) | BigInt(account3.addedAt) << 32n | BigInt(account3.removedAt) << 72n | BigInt(account3.scope) << 112n;
}
function activeAt(account3, time) {
  return account3.addedAt <= time && (account3.removedAt === 0 || time <= account3.removedAt);
}

// src/core/details.ts
var MILLION = 1000000n;
var NOTHING = { digits: 0n, places: 0 };
function checkDetails(details, entries, notes, kind, first, suffix, goods) {
  const acts = [...entries, ...notes].filter((item) => item.type === "act" || item.type === "note");
  const known2 = new Set(acts.map((item) => item.digest));
  for (const digest3 of details.keys()) if (!known2.has(digest3)) throw invalid(14, `a detail for act ${digest3}`, "an act of this history");
  for (const item of acts) {
    const detail = details.get(item.digest);
    if (detail === void 0) continue;
    const digest3 = jsonDigest(detail);
    if (digest3 !== item.action.detail) throw invalid(14, `detail ${digest3}`, item.action.detail, `act ${item.digest}`);
  }
  return addUp(details, entries, kind, first, suffix, itemsCertified(goods));
}
function addUp(details, entries, kind, first, suffix, goods) {
  let counted = 0;
  let state = first;
  const sums = new Sums(goods, !suffix);
  entries.forEach((item, at) => {
    const rule = item.type === "act" ? kind.rule(state, item.action.verb) : void 0;
    state = unpackControl(item.control).state;
    if (item.type !== "act" || rule === void 0 || rule.quantity === QUANTITY.zero) return;
    const detail = details.get(item.digest);
    if (detail === void 0) sums.forget();
    else {
      sums.add(detail, item.action.quantity, `act ${at}`);
      counted++;
    }
  });
  return counted;
}
var Sums = class {
  #goods;
  /** Whether every use so far was shown: then an item that none of them listed is unused, and none is unknown. */
  #complete;
  #known = /* @__PURE__ */ new Map();
  /** The greatest share, in parts per million rounded up, and whose it is. */
  #greatest = 0n;
  #holder = "";
  constructor(goods, complete) {
    this.#goods = goods;
    this.#complete = complete;
  }
  /** A use whose detail is closed may have used anything. */
  forget() {
    this.#known.clear();
    this.#complete = false;
    this.#greatest = 0n;
    this.#holder = "";
  }
  /** One use or correction. */
  add(detail, quantity, where) {
    const listed2 = /* @__PURE__ */ new Set();
    itemsOf(detail, where).forEach((item, place) => {
      const name = Object.hasOwn(item, "item") ? item["item"] : String(place);
      if (typeof name !== "string" || listed2.has(name)) throw invalid(14, `item ${shown(name)}`, "each item's number as a string, once", where);
      listed2.add(name);
      this.#item(name, item, where);
    });
    const share = this.#greatest;
    if (BigInt(quantity) < share || this.#complete && BigInt(quantity) !== share) {
      throw invalid(14, `quantity ${quantity}`, `${share} parts per million, by the detail`, where);
    }
  }
  #item(name, item, where) {
    const certified2 = decimal(item, "certified", where);
    const used = decimal(item, "used", where);
    const total = decimal(item, "total", where);
    if (total.digits < 0n || certified2.digits <= 0n || compare(total, certified2) > 0) {
      throw invalid(14, `item ${name}: total ${text(total)}`, `0 to ${text(certified2)}`, where);
    }
    const now = { certified: certified2, total, unit: unitOf(item) };
    const before = this.#known.get(name);
    for (const earlier of [before, this.#goods.get(name)]) {
      if (earlier !== void 0 && (compare(earlier.certified, certified2) !== 0 || earlier.unit !== now.unit)) {
        throw invalid(14, `item ${name}: certified ${text(certified2)}`, "what was certified", where);
      }
    }
    if (this.#goods.size > 0 && !this.#goods.has(name)) throw invalid(14, `item ${name}`, "an item of the certificate", where);
    const expected = before !== void 0 || this.#complete ? add2(before?.total ?? NOTHING, used) : null;
    if (expected !== null && compare(expected, total) !== 0) throw invalid(14, `item ${name}: total ${text(total)}`, "what was used before and now", where);
    this.#known.set(name, now);
    this.#rank(name, now);
  }
  /** Keeps the greatest share; only where its own item shrinks are all looked through again. */
  #rank(name, now) {
    const share = ceilingOfRatio(now.total, now.certified);
    if (share >= this.#greatest) {
      this.#greatest = share;
      this.#holder = name;
    } else if (name === this.#holder) {
      this.#greatest = -1n;
      for (const [other, item] of this.#known) {
        const held = ceilingOfRatio(item.total, item.certified);
        if (held > this.#greatest) [this.#greatest, this.#holder] = [held, other];
      }
    }
  }
};
function itemsCertified(goods) {
  const found = /* @__PURE__ */ new Map();
  const listed2 = isObject(goods) ? member(goods, "items") : void 0;
  for (const item of Array.isArray(listed2) ? listed2 : []) {
    const quantity = isObject(item) ? member(item, "quantity") : void 0;
    const number2 = isObject(item) ? member(item, "number") : void 0;
    if (!isObject(quantity) || typeof number2 !== "string" && typeof number2 !== "number") continue;
    const value = member(quantity, "value");
    const certified2 = typeof value === "string" || typeof value === "number" ? parsed(String(value)) : null;
    if (certified2 !== null) found.set(String(number2), { certified: certified2, total: NOTHING, unit: unitOf(quantity) });
  }
  return found;
}
function unitOf(value) {
  return encode(member(value, "unit") ?? null);
}
function itemsOf(detail, where) {
  const items = member(detail, "items");
  if (!Array.isArray(items) || !items.every(isObject)) throw invalid(14, "a use without a list of items", "items with certified, used, total", where);
  return items;
}
function decimal(item, name, where) {
  const value = member(item, name);
  const found = typeof value === "string" ? parsed(value) : null;
  if (found === null) throw invalid(14, `${name} ${shown(value)}`, "a decimal number as a string, such as 12.5", where);
  return found;
}
function parsed(text4) {
  if (!/^-?[0-9]{1,40}(?:\.[0-9]{1,40})?$/.test(text4)) return null;
  const [whole, part = ""] = text4.split(".");
  return { digits: BigInt(whole + part), places: part.length };
}
function scaled(value, places) {
  return value.digits * 10n ** BigInt(places - value.places);
}
function add2(left, right) {
  const places = Math.max(left.places, right.places);
  return { digits: scaled(left, places) + scaled(right, places), places };
}
function compare(left, right) {
  const places = Math.max(left.places, right.places);
  const difference = scaled(left, places) - scaled(right, places);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}
function ceilingOfRatio(part, whole) {
  const places = Math.max(part.places, whole.places);
  const [above, below] = [scaled(part, places) * MILLION, scaled(whole, places)];
  return (above + below - 1n) / below;
}
function text(value) {
  const digits = value.digits.toString().padStart(value.places + 1, "0");
  return value.places === 0 ? digits : `${digits.slice(0, -value.places)}.${digits.slice(-value.places)}`;
}
function lateUses(entries, kind, first, validUntil) {
  if (validUntil === null) return [];
  const last = typeof validUntil === "string" ? /^[0-9]{4}-[0-9]{2}-[0-9]{2}/.exec(validUntil)?.[0] ?? "" : "";
  const begun = Date.parse(`${last}T00:00:00Z`);
  if (Number.isNaN(begun) || new Date(begun).toISOString().slice(0, 10) !== last) return null;
  const end = begun / 1e3 + DAY;
  const late = [];
  let state = first;
  entries.forEach((item, entry2) => {
    const rule = item.type === "act" ? kind.rule(state, item.action.verb) : void 0;
    state = unpackControl(item.control).state;
    if (rule?.quantity === QUANTITY.grows && item.time >= end) late.push({ entry: entry2, time: item.time, last });
  });
  return late;
}

// src/core/kind.ts
var CHAIN_FIELD = "ext:/chainId";
var LEDGER_FIELD = "ext:/ledger";
var LAST_STATE = 63;
var Kind = class {
  number;
  id;
  title;
  datasets;
  /** Pointers whose first step is the dataset: what no presentation may hide. */
  mandatory;
  fileDigest;
  digest;
  rules;
  #states;
  #verbs;
  constructor(file, number2, id, title, states, verbs, rules, datasets, mandatory) {
    this.number = number2;
    this.id = id;
    this.title = title;
    this.#states = states;
    this.#verbs = verbs;
    this.rules = rules;
    this.datasets = datasets;
    this.mandatory = mandatory;
    this.fileDigest = jsonDigest(file);
    this.digest = tableDigest(this.fileDigest, rules, verbs);
  }
  get family() {
    return this.number >> 8;
  }
  rule(state, verb) {
    return this.rules.get(state << 8 | verb);
  }
  verb(number2) {
    return this.#verbs.get(number2);
  }
  verbName(number2) {
    return this.#verbs.get(number2)?.name ?? `verb ${number2}`;
  }
  state(number2) {
    return this.#states.get(number2);
  }
  stateName(number2) {
    return this.#states.get(number2)?.name ?? (number2 === 0 ? "NONE" : String(number2));
  }
  /** Whether any verb is listed in the state: a record there is live. */
  live(state) {
    for (const key of this.rules.keys()) if (key >> 8 === state) return true;
    return false;
  }
};
function tableDigest(fileDigest, rules, verbs) {
  const keys = [...rules.keys()].sort((left, right) => left - right);
  const numbers = [...verbs.keys()].sort((left, right) => left - right);
  const lists = [
    keys,
    keys.map((key) => ruleWord(rules.get(key))),
    numbers,
    numbers.map((verb) => verbs.get(verb).intentHash)
  ];
  let heads = "";
  let tail = "";
  for (const list2 of lists) {
    heads += wordHex(4 * 32 + tail.length / 2);
    tail += wordHex(list2.length) + list2.map(wordHex).join("");
  }
  return keccakWords(fileDigest, keccak(fromHex(heads + tail)));
}
function ruleWord(rule) {
  return BigInt(rule.next) | BigInt(rule.effects) << 8n | BigInt(rule.who) << 24n | BigInt(rule.flags) << 40n | rule.roles << 56n | rule.counterpartyRoles << 120n | BigInt(rule.counterparty) << 184n | BigInt(rule.endorsee) << 192n | BigInt(rule.content) << 200n | BigInt(rule.reference) << 208n | BigInt(rule.detail) << 216n | BigInt(rule.quantity) << 224n | BigInt(rule.scope) << 232n | 1n << 255n;
}
var NAME2 = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/;
var ITEM = /^[a-z][A-Za-z0-9]*$/;
var ID = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
var TOP = [
  "id",
  "number",
  "title",
  "standard",
  "uncefact",
  "form",
  "detail",
  "mandatory",
  "decimals",
  "states",
  "verbs",
  "rows",
  "datasets",
  "checks"
];
var MODES = {
  counterparty: COUNTERPARTY,
  endorsee: ENDORSEE,
  content: CONTENT,
  reference: REFERENCE,
  detail: DETAIL,
  quantity: QUANTITY
};
var CLASSES = { filing: SCOPE.filing, issue: SCOPE.issue, title: SCOPE.title, official: SCOPE.official };
var ROW = ["state", "verb", "next", "who", "roles", "effects", "counterparty_roles", "flags", "class", ...Object.keys(MODES)];
function wrong(where, found, allowed) {
  throw invalid(4, found, allowed, where === "" ? "kind" : `kind: ${where}`);
}
function parseKind(file) {
  known("", file, TOP);
  const id = text2("id", member(file, "id"), ID, "lower-case words joined by hyphens");
  const number2 = integer2("number", member(file, "number"), 256, 65535);
  const title = titleOf("title", member(file, "title"));
  const common = names("detail", member(file, "detail") ?? [], ITEM);
  const states = readStates(member(file, "states"));
  const verbs = readVerbs(member(file, "verbs"), common);
  const rules = readRows(member(file, "rows"), states, verbs);
  checkGraph(states, verbs, rules);
  const datasets = readDatasets(member(file, "datasets"), states);
  const mandatory = readMandatory(member(file, "mandatory"), datasets);
  pointers("decimals", member(file, "decimals") ?? []);
  readChecks(member(file, "checks") ?? {}, datasets);
  for (const name of ["standard", "uncefact", "form"]) {
    const value = member(file, name);
    if (value !== void 0 && typeof value !== "string") wrong(name, shown(value), "a text");
  }
  const byNumber = (things) => new Map([...things.values()].map((one) => [one.number, one]));
  return new Kind(file, number2, id, title, byNumber(states), byNumber(verbs), rules, datasets, mandatory);
}
function known(where, value, allowed) {
  for (const name of Object.keys(value)) if (!allowed.includes(name)) wrong(where, `unknown member ${shown(name)}`, allowed.join(", "));
}
function text2(where, value, pattern, allowed) {
  if (typeof value !== "string" || !pattern.test(value)) wrong(where, shown(value), allowed);
  return value;
}
function integer2(where, value, least, most) {
  if (typeof value !== "number" || value < least || value > most) wrong(where, shown(value), `an integer from ${least} to ${most}`);
  return value;
}
function flag2(where, value) {
  if (value !== void 0 && typeof value !== "boolean") wrong(where, shown(value), "true or false");
  return value === true;
}
function titleOf(where, value) {
  const en = isObject(value) ? member(value, "en") : void 0;
  const ja = isObject(value) ? member(value, "ja") : void 0;
  if (!isObject(value) || Object.keys(value).length !== 2 || typeof en !== "string" || typeof ja !== "string" || !en || !ja) {
    wrong(where, `title ${shown(value)}`, "{ en, ja }, both not empty");
  }
  return { en, ja };
}
function names(where, value, pattern) {
  if (!Array.isArray(value) || !value.every((one) => typeof one === "string" && pattern.test(one))) {
    wrong(where, shown(value), "a list of names");
  }
  if (new Set(value).size !== value.length) wrong(where, "a name that stands there twice", "every name once");
  return value;
}
function pointers(where, value) {
  if (!Array.isArray(value) || !value.every((one) => typeof one === "string" && one.startsWith("/"))) {
    wrong(where, shown(value), 'a list of RFC 6901 pointers, each beginning with "/"');
  }
  return value;
}
function tables(where, value) {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isObject)) wrong(where, shown(value), "a list of tables, not empty");
  return value.map((item, at) => [`${where}[${at + 1}]`, item]);
}
function once(where, name, number2, earlier) {
  if (earlier.has(name)) wrong(where, `the name ${name} a second time`, "every name once");
  for (const other of earlier.values()) if (other.number === number2) wrong(where, `number ${number2} a second time`, "a number of its own");
}
function readStates(value) {
  const states = /* @__PURE__ */ new Map();
  for (const [where, item] of tables("states", value)) {
    known(where, item, ["name", "number", "progress", "final", "title", "dcsa"]);
    const name = text2(where, member(item, "name"), NAME2, "a name in capitals, other than NONE");
    if (name === "NONE") wrong(where, "NONE", "a name other than NONE");
    const number2 = integer2(`${where} number`, member(item, "number"), 1, LAST_STATE);
    const progress = member(item, "progress");
    if (typeof progress !== "string" || !PROGRESS.includes(progress)) wrong(where, `progress ${shown(progress)}`, PROGRESS.join(", "));
    once(where, name, number2, states);
    states.set(name, { name, number: number2, progress, final: flag2(where, member(item, "final")), title: titleOf(where, member(item, "title")) });
  }
  return states;
}
function readVerbs(value, common) {
  const verbs = /* @__PURE__ */ new Map();
  const intents = /* @__PURE__ */ new Set();
  for (const [where, item] of tables("verbs", value)) {
    known(where, item, ["name", "number", "intent", "title", "detail", "required"]);
    const name = text2(where, member(item, "name"), NAME2, "a name in capitals");
    const number2 = integer2(`${where} number`, member(item, "number"), 1, 255);
    const detail = [...common, ...names(`${where} detail`, member(item, "detail") ?? [], ITEM)];
    for (const needed2 of names(`${where} required`, member(item, "required") ?? [], ITEM)) {
      if (!detail.includes(needed2)) wrong(where, `required ${needed2}`, "one of its detail members");
    }
    const intent = text2(where, member(item, "intent"), /^[\x20-\x7e]{1,80}$/, "the words a wallet shows: 1 to 80 printable ASCII characters");
    if (intents.has(intent)) wrong(where, `intent ${shown(intent)}, used twice`, "words of its own for every verb");
    intents.add(intent);
    once(where, name, number2, verbs);
    verbs.set(name, { name, number: number2, intent, intentHash: keccakText(intent), title: titleOf(where, member(item, "title")) });
  }
  return verbs;
}
function readRows(value, states, verbs) {
  const rules = /* @__PURE__ */ new Map();
  for (const [where, item] of tables("rows", value)) {
    known(where, item, ROW);
    const state = member(item, "state") === "NONE" ? 0 : named2(where, "state", item, states);
    const verb = named2(where, "verb", item, verbs);
    const rule = readRule(where, item, named2(where, "next", item, states));
    const key = state << 8 | verb;
    if (rules.has(key)) wrong(where, "a second row for this state and verb", "one row for a state and verb");
    checkRule(where, state, rule);
    rules.set(key, rule);
  }
  return rules;
}
function named2(where, column, item, things) {
  const name = member(item, column);
  const found = typeof name === "string" ? things.get(name) : void 0;
  if (found === void 0) wrong(where, `${column} ${shown(name)}`, [...things.keys()].join(", "));
  return found.number;
}
function readRule(where, item, next) {
  const scope = member(item, "class");
  if (typeof scope !== "string" || !Object.hasOwn(CLASSES, scope)) wrong(where, `class ${shown(scope)}`, Object.keys(CLASSES).join(", "));
  const who = mask(where, "who", item, WHO);
  if (who === 0) wrong(where, "nobody who may act", "at least one name in who");
  const mode = (column) => modeOf(where, column, item, MODES[column]);
  return {
    next,
    who,
    effects: mask(where, "effects", item, EFFECT),
    flags: mask(where, "flags", item, FLAG),
    roles: roleMask(where, "roles", item),
    counterpartyRoles: roleMask(where, "counterparty_roles", item),
    counterparty: mode("counterparty"),
    endorsee: mode("endorsee"),
    content: mode("content"),
    reference: mode("reference"),
    detail: mode("detail"),
    quantity: mode("quantity"),
    scope: CLASSES[scope]
  };
}
function modeOf(where, column, item, modes) {
  const name = member(item, column);
  if (name === void 0) return 0;
  if (typeof name !== "string" || !Object.hasOwn(modes, name)) wrong(where, `${column} ${shown(name)}`, Object.keys(modes).join(", "));
  return modes[name];
}
function listed(where, column, item) {
  const given = member(item, column) ?? [];
  if (!Array.isArray(given) || !given.every((one) => typeof one === "string") || new Set(given).size !== given.length) {
    wrong(where, `${column} ${shown(given)}`, "a list, every name once");
  }
  return given;
}
function mask(where, column, item, bits2) {
  let total = 0;
  for (const name of listed(where, column, item)) {
    if (!Object.hasOwn(bits2, name)) wrong(where, `${column} ${shown(name)}`, Object.keys(bits2).join(", "));
    total |= bits2[name];
  }
  return total;
}
function roleMask(where, column, item) {
  let total = 0n;
  for (const name of listed(where, column, item)) total |= roleBit(name) ?? wrong(where, `${column} ${shown(name)}`, "business roles");
  return total;
}
function checkRule(where, state, rule) {
  const creates = (rule.effects & EFFECT.create) !== 0;
  const writes = (rule.effects & (EFFECT.create | EFFECT.new_content)) !== 0;
  if (creates !== (state === 0)) wrong(where, "a creating row outside NONE, or another row in it", "effect create in state NONE, and only there");
  if (rule.flags & FLAG.note && (rule.effects !== 0 || rule.next !== state)) {
    wrong(where, "a note row with effects or with another next state", "a note without effects that stays in its state");
  }
  if (rule.who & WHO.role && rule.roles === 0n) wrong(where, "who = role without roles", "roles beside who = role");
  if (rule.content === CONTENT.new !== writes || creates && rule.reference !== REFERENCE.set) {
    wrong(where, "content, effects and reference that contradict each other", "new content exactly where it is written");
  }
}
function checkGraph(states, verbs, rules) {
  const following = /* @__PURE__ */ new Map();
  const backwards = /* @__PURE__ */ new Map();
  for (const [key, rule] of rules) {
    add3(following, key >> 8, rule.next);
    add3(backwards, rule.next, key >> 8);
  }
  const reached = closure([0], following);
  const ends = closure([...states.values()].filter((state) => state.final).map((state) => state.number), backwards);
  for (const state of states.values()) {
    if (!reached.has(state.number)) wrong(state.name, "a state that no row leads to", "a way from NONE");
    if (state.final && following.has(state.number)) wrong(state.name, "a row in a final state", "no row");
    if (!ends.has(state.number)) wrong(state.name, "no ending can be reached", "a way to a final state");
  }
  const used = new Set([...rules.keys()].map((key) => key & 255));
  for (const verb of verbs.values()) if (!used.has(verb.number)) wrong(verb.name, "a verb that no row uses", "at least one row");
}
function add3(edges, from, to) {
  const found = edges.get(from);
  if (found === void 0) edges.set(from, /* @__PURE__ */ new Set([to]));
  else found.add(to);
}
function closure(start, following) {
  const seen = new Set(start);
  const waiting = [...start];
  for (let at = waiting.pop(); at !== void 0; at = waiting.pop()) {
    for (const next of following.get(at) ?? []) {
      if (!seen.has(next)) {
        seen.add(next);
        waiting.push(next);
      }
    }
  }
  return seen;
}
function readDatasets(value, states) {
  if (!isObject(value) || Object.keys(value).length === 0) wrong("datasets", shown(value), "at least one dataset");
  let attachments = 0;
  const datasets = Object.keys(value).map((name) => {
    const where = `datasets.${name}`;
    text2(where, name, ITEM, "a name in camelCase");
    const item = member(value, name);
    if (!isObject(item)) wrong(where, shown(item), "a table");
    known(where, item, ["title", "fields", "readers", "attachments"]);
    if (flag2(where, member(item, "attachments"))) attachments++;
    readReaders(where, member(item, "readers"), states);
    return { name, title: titleOf(where, member(item, "title")), fields: readFields(where, member(item, "fields")) };
  });
  if (attachments > 1) wrong("datasets", "attachments in several", "at most one dataset with attachments");
  checkPartition(datasets);
  return datasets;
}
function readFields(where, value) {
  if (!isObject(value) || Object.keys(value).length === 0) wrong(where, `fields ${shown(value)}`, "at least one item = path");
  const fields = /* @__PURE__ */ new Map();
  for (const item of Object.keys(value)) {
    text2(`${where}.${item}`, item, ITEM, "an item name in camelCase");
    const path = member(value, item);
    const allowed = 'an RFC 6901 pointer to a member, `ext:` and a pointer, or ""';
    if (typeof path !== "string") wrong(`${where}.${item}`, shown(path), allowed);
    const pointer = path.startsWith("ext:") ? path.slice(4) : path;
    if (pointer === "" && path !== "" || !/^(\/[^/*]+)*$/.test(pointer)) wrong(`${where}.${item}`, shown(path), allowed);
    fields.set(item, path);
  }
  return fields;
}
function readReaders(where, value, states) {
  if (!isObject(value) || Object.keys(value).length === 0) wrong(where, `readers ${shown(value)}`, "at least one reader = first state");
  for (const reader of Object.keys(value)) {
    const state = member(value, reader);
    if (roleBit(reader) === void 0 && !RELATIONS.includes(reader)) wrong(where, `reader ${shown(reader)}`, "a role or relation");
    if (typeof state !== "string" || !states.has(state)) wrong(where, `first state ${shown(state)}`, [...states.keys()].join(", "));
  }
}
function checkPartition(datasets) {
  const items = /* @__PURE__ */ new Set();
  const paths = [];
  for (const dataset of datasets) {
    for (const [item, path] of dataset.fields) {
      const where = `datasets.${dataset.name}.${item}`;
      if (items.has(item)) wrong(where, `item ${item} twice`, "every item in one dataset");
      items.add(item);
      for (const other of paths) {
        if (path && other && (path === other || path.startsWith(`${other}/`) || other.startsWith(`${path}/`))) {
          wrong(where, `path ${path}, also elsewhere`, "every fact in one dataset");
        }
      }
      paths.push(path);
    }
  }
  if (paths.filter((path) => path === "").length !== 1) wrong("datasets", "not one field for the rest", 'exactly one field with the path ""');
  for (const needed2 of [CHAIN_FIELD, LEDGER_FIELD]) if (!paths.includes(needed2)) wrong("datasets", `no field for ${needed2}`, "the document names its ledger");
}
function readMandatory(value, datasets) {
  const found = pointers("mandatory", value);
  const items = new Map(
    datasets.flatMap((dataset) => [...dataset.fields].map(([item, path]) => [`/${dataset.name}/${item}`, path]))
  );
  for (const pointer of found) {
    if (!items.has(pointer.split("/").slice(0, 3).join("/"))) wrong("mandatory", `path ${shown(pointer)}, which does not exist`, "/dataset/item of a field");
  }
  for (const [item, path] of items) {
    if ((path === CHAIN_FIELD || path === LEDGER_FIELD) && !found.includes(item)) wrong("mandatory", `${item} may be hidden`, "the document names its ledger: it is mandatory");
  }
  return found;
}
function readChecks(value, datasets) {
  if (!isObject(value)) wrong("checks", shown(value), "tables");
  for (const name of Object.keys(value)) {
    const where = `checks.${name}`;
    const item = member(value, name);
    if (!isObject(item)) wrong(where, shown(item), "a table");
    text2(where, name, ITEM, "a name in camelCase");
    known(where, item, ["title", "needs", "cel"]);
    for (const needed2 of names(`${where} needs`, member(item, "needs"), ITEM)) {
      if (!datasets.some((dataset) => dataset.name === needed2)) wrong(where, `needs ${needed2}`, "datasets of the kind");
    }
    const cel = member(item, "cel");
    if (typeof cel !== "string" || cel === "") wrong(where, `cel ${shown(cel)}`, "an expression in CEL");
    titleOf(where, member(item, "title"));
  }
}

// src/core/manifest.ts
var Manifest = class {
  version;
  #place;
  #datasets;
  /** Reads the JSON form; anything else fails step 12. */
  constructor(value) {
    exactly2(value, ["chainId", "ledger", "document", "kind", "version", "datasets"], "manifest");
    this.#place = {
      chainId: integer3(value, "chainId", 1, MAX_INTEGER),
      ledger: text3(value, "ledger", /^0x[0-9a-f]{40}$/),
      document: text3(value, "document", DIGEST),
      kind: integer3(value, "kind", 1, 65535)
    };
    this.version = integer3(value, "version", 1, 65535);
    const rows = member(value, "datasets");
    if (!Array.isArray(rows) || rows.length === 0) throw wrong2("datasets: no list, or an empty one", "the kind's datasets");
    const entries = rows.map((row) => entryOf2(row, this.version));
    this.#datasets = new Map(entries.map((entry2) => [entry2.name, entry2]));
    if (this.#datasets.size !== entries.length) throw wrong2("datasets: a name twice", "each dataset once");
  }
  names() {
    return [...this.#datasets.keys()];
  }
  dataset(name) {
    return this.#datasets.get(name);
  }
  /** The members that every manifest of a document has; as they are compared with the ledger's. */
  place() {
    return this.#place;
  }
  /** JCS{chainId, ledger, document, kind, dataset, sealedVersion}. */
  aad(entry2) {
    return utf8(encode({ ...this.#place, dataset: entry2.name, sealedVersion: entry2.sealedVersion }));
  }
  root(entry2) {
    return { document: this.#place.document, aad: this.aad(entry2), root: entry2.root };
  }
};
var DIGEST = /^[0-9a-f]{64}$/;
function entryOf2(row, version) {
  if (!isObject(row)) throw wrong2(`dataset ${shown(row)}`, "an object");
  exactly2(row, ["name", "sealedVersion", "nonce", "size", "ciphertextSha256", "keyCommitment", "root"], "dataset");
  text3(row, "nonce", /^[0-9a-f]{24}$/);
  integer3(row, "size", 1, MAX_INTEGER);
  text3(row, "ciphertextSha256", DIGEST);
  return {
    name: text3(row, "name", /^[\x00-\x7f]{1,64}$/),
    sealedVersion: integer3(row, "sealedVersion", 1, version),
    keyCommitment: text3(row, "keyCommitment", DIGEST),
    root: text3(row, "root", DIGEST)
  };
}
function exactly2(value, names2, what) {
  const found = Object.keys(value);
  if (found.length !== names2.length || !names2.every((name) => Object.hasOwn(value, name))) {
    throw wrong2(`${what} with members ${found.join(", ").slice(0, 200)}`, names2.join(", "));
  }
}
function integer3(value, name, low, high) {
  const found = member(value, name);
  if (typeof found !== "number" || found < low || found > high) throw wrong2(`${name} ${shown(found)}`, `an integer from ${low} to ${high}`);
  return found;
}
function text3(value, name, pattern) {
  const found = member(value, name);
  if (typeof found !== "string" || !pattern.test(found)) throw wrong2(`${name} ${shown(found)}`, String(pattern));
  return found;
}
function wrong2(found, expected) {
  return invalid(12, found, expected);
}

// src/core/calls.ts
var CallError = class extends Error {
  found;
  allowed;
  constructor(found, allowed) {
    super(`found ${found}; allowed ${allowed}`);
    this.found = found;
    this.allowed = allowed;
  }
};
var NAMES = new Map(
  [
    ["register", "((bytes32,uint64,bytes32,uint8,bool,address[],uint8[],bytes[]))"],
    ["partyAct", "((uint32,uint8,bytes32,uint40,bytes,bytes))"],
    ["propose", "(uint32,uint8,bytes32)"],
    ["order", "(uint32,uint8,bytes32,bytes32)"],
    ["cancelOrder", "(bytes32)"],
    ["veto", "(bytes32,bytes)"],
    ["enact", "(bytes32,bytes)"],
    ["suspend", "(uint32,uint40)"],
    ["reinstate", "(uint32)"]
  ].map(([name, types]) => [keccakText(name + types).slice(0, 8), name])
);
var MAX_ITEMS = 64n;
function callDigest(call) {
  return keccak(fromHex(toHex(call.subarray(0, 4)).padEnd(64, "0") + keccak(call.subarray(4))));
}
function registrationDigest(one) {
  const accountsAt = 7 * 32;
  const scopesAt = accountsAt + 32 * (1 + one.accounts.length);
  const words = [
    one.profile,
    one.roles,
    one.encryptionKey,
    one.threshold,
    one.recoveryBarred ? 1 : 0,
    accountsAt,
    scopesAt,
    one.accounts.length,
    ...one.accounts,
    one.scopes.length,
    ...one.scopes
  ];
  return keccak(fromHex(words.map(wordHex).join("")));
}
function decodeCall(call) {
  const selector = toHex(call.subarray(0, 4));
  const name = NAMES.get(selector);
  const read2 = new Reader(call, 4);
  switch (name) {
    case "register":
      return { name, registration: registrationOf(read2.tail(0)) };
    case "partyAct": {
      const act = read2.tail(0);
      return {
        name,
        party: act.number(0, 32),
        what: act.number(1, 8),
        value: act.word(2),
        deadline: act.number(3, 40),
        signatures: act.bytes(4),
        consent: unused(act, 5)
      };
    }
    case "propose":
      return { name, party: read2.number(0, 32), what: read2.number(1, 8), value: read2.word(2) };
    case "order": {
      const order = { name, party: read2.number(0, 32), what: read2.number(1, 8), value: read2.word(2) };
      read2.word(3);
      return order;
    }
    case "cancelOrder":
      return { name, change: read2.word(0) };
    case "veto":
      return { name, change: read2.word(0), signature: read2.bytes(1) };
    case "enact":
      return { name, change: read2.word(0), consent: read2.bytes(1) };
    case "suspend":
      return { name, party: read2.number(0, 32), until: read2.number(1, 40) };
    case "reinstate":
      return { name, party: read2.number(0, 32) };
    case void 0:
      throw new CallError(`selector ${selector}`, "a function of the registry");
  }
}
function unused(read2, index) {
  try {
    return read2.bytes(index);
  } catch (error) {
    if (error instanceof CallError) return NO_BYTES;
    throw error;
  }
}
function registrationOf(read2) {
  return {
    profile: read2.word(0),
    roles: read2.integer(1, 64),
    encryptionKey: read2.word(2),
    threshold: read2.number(3, 8),
    recoveryBarred: read2.number(4, 1) === 1,
    accounts: read2.items(5, (one) => wordHex(one.integer(0, 160)).slice(24)),
    scopes: read2.items(6, (one) => one.number(0, 8)),
    consents: read2.bytesItems(7)
  };
}
var Reader = class _Reader {
  #call;
  #base;
  constructor(call, base) {
    this.#call = call;
    this.#base = base;
  }
  word(index) {
    const at = this.#base + 32 * index;
    if (at < 0 || at > this.#call.length - 32) {
      throw new CallError(`a word at byte ${at}`, `a place in a call of ${this.#call.length} bytes`);
    }
    return toHex(this.#call.subarray(at, at + 32));
  }
  integer(index, bits2) {
    const value = hexToBigInt(this.word(index));
    if (value >> BigInt(bits2)) throw new CallError(`${value} as word ${index}`, `an integer of ${bits2} bits`);
    return value;
  }
  /** bits: at most 53. */
  number(index, bits2) {
    return Number(this.integer(index, bits2));
  }
  /** Where the offset in this word points: a signed number for the contract's decoder, forwards or backwards. */
  tail(index) {
    const offset = BigInt.asIntN(256, hexToBigInt(this.word(index)));
    const base = BigInt(this.#base) + offset;
    if (base > BigInt(this.#call.length - 32)) throw new CallError(`offset ${offset} in word ${index}`, "a place in the call");
    return new _Reader(this.#call, Number(base < -(2n ** 50n) ? -(2n ** 50n) : base));
  }
  bytes(index) {
    const tail = this.tail(index);
    if (tail.#base < 0) return NO_BYTES;
    const length = tail.integer(0, 64);
    const start = tail.#base + 32;
    if (BigInt(start) + length > BigInt(this.#call.length)) throw new CallError(`${length} bytes announced`, `${this.#call.length - start} that follow`);
    return this.#call.subarray(start, start + Number(length));
  }
  items(index, read2) {
    const tail = this.tail(index);
    const count = tail.#count();
    return Array.from({ length: count }, (_, at) => read2(new _Reader(this.#call, tail.#base + 32 * (1 + at))));
  }
  bytesItems(index) {
    const tail = this.tail(index);
    const count = tail.#count();
    const inside = new _Reader(this.#call, tail.#base + 32);
    return Array.from({ length: count }, (_, at) => inside.bytes(at));
  }
  #count() {
    const count = this.integer(0, 64);
    if (count > MAX_ITEMS) throw new CallError(`a list of ${count}`, `at most ${MAX_ITEMS}`);
    return Number(count);
  }
};

// src/core/party_log.ts
var ADD_ACCOUNT = 1;
var REMOVE_ACCOUNT = 2;
var SET_THRESHOLD = 3;
var SET_PROFILE = 4;
var ROTATE_ENCRYPTION_KEY = 5;
var BUMP_EPOCH = 6;
var LOCK = 7;
var UNLOCK = 8;
var BAR_RECOVERY = 9;
var UNBAR_RECOVERY = 10;
var SET_ROLES = 11;
var ENACT_WINDOW = 14 * DAY;
var ORDER_DELAY = 30 * DAY;
var WORDS = PARTY_ACTS.map((name) => keccakText(`Party: ${name}`));
var Timeline = class {
  party;
  times = [];
  words = [];
  calls = [];
  accounts = /* @__PURE__ */ new Map();
  powers = [];
  profile = ZERO;
  encryptionKey = ZERO;
  head = ZERO;
  constructor(party) {
    this.party = party;
  }
  /** What the party may have been at a time: one answer, or several when entries fall into that very second. */
  at(time) {
    const from = countBelow(this.times, time);
    const end = countBelow(this.times, time + 1);
    return [from > 0 ? this.words[from - 1] : null, ...this.words.slice(from, end)];
  }
  get now() {
    return this.words[this.words.length - 1] ?? null;
  }
};
function replay(domain, party, log, head3) {
  const walk2 = new Walk(domain, new Timeline(party));
  log.forEach((item, number2) => {
    try {
      walk2.take(item);
    } catch (error) {
      const where = `party ${party}, entry ${number2}`;
      if (error instanceof CallError) throw invalid(8, error.found, error.allowed, where);
      throw error instanceof Failure ? error.within(where) : error;
    }
  });
  if (walk2.line.head !== head3) {
    throw invalid(
      8,
      `${walk2.line.head} after ${log.length} entries`,
      `${head3}, the ledger's partyHead`,
      `party ${party}`,
      "The log is incomplete or was altered: fetch it again, from the ledger's own events."
    );
  }
  return walk2.line;
}
function wrong3(what, found, expected) {
  return invalid(8, `${what}: ${String(found)}`, String(expected));
}
function want(what, found, expected) {
  if (found !== expected) throw wrong3(what, found, expected);
}
var Walk = class {
  line;
  #domain;
  #nonce = 0;
  #changes = /* @__PURE__ */ new Map();
  /** what -> the end of the last order's window, unless it was cancelled. */
  #ordered = /* @__PURE__ */ new Map();
  constructor(domain, line2) {
    this.#domain = domain;
    this.line = line2;
  }
  take(item) {
    const line2 = this.line;
    const last = line2.times[line2.times.length - 1];
    if (last !== void 0 && item.time < last) throw wrong3("times ascend", item.time, `${last} or later`);
    const call = decodeCall(item.call);
    const [party, account3] = this.#after(call, item);
    want("party word", wordHex(item.partyWord), wordHex(packParty(party)));
    want("account word", wordHex(item.accountWord), wordHex(account3));
    const result = keccakWords(item.partyWord, item.profile, item.encryptionKey, item.accountWord);
    const head3 = entry(line2.head, item.digest, result, item.signers, item.time);
    want("head of the entry", item.head, head3);
    line2.head = head3;
    line2.times.push(item.time);
    line2.words.push(party);
    line2.calls.push(call.name);
    line2.profile = item.profile;
    line2.encryptionKey = item.encryptionKey;
  }
  /** The party after the call, and the word of the account touched. */
  #after(call, item) {
    if (call.name === "register") return [this.#register(call, item), 0n];
    const now = this.line.now;
    if (now === null) throw wrong3("the log starts with register", call.name, "register");
    if ("party" in call) want("party of the call", call.party, this.line.party);
    switch (call.name) {
      case "partyAct":
        return this.#partyAct(call, item, now);
      case "veto":
        return [this.#veto(call, item, now), 0n];
      case "enact":
        return this.#enact(call, item, now);
      default:
        want("digest of the call", item.digest, callDigest(item.call));
        this.#byPower(call, item);
        this.#sameKeys(item);
        return [this.#power(call, item, now), 0n];
    }
  }
  /** Whether the sender held the power stands in log 0, which is compared later. */
  #byPower(call, item) {
    if (!item.signers.startsWith("0".repeat(24)) || item.signers === ZERO) throw wrong3("signers of a power", item.signers, "one account");
    this.line.powers.push({ entry: this.line.words.length, call: call.name, sender: item.signers.slice(24) });
  }
  #sameKeys(item, profile = true, key = true) {
    if (profile) want("profile unchanged", item.profile, this.line.profile);
    if (key) want("encryption key unchanged", item.encryptionKey, this.line.encryptionKey);
  }
  #register(call, item) {
    if (this.line.words.length > 0) throw wrong3("registered once", "a second registration", "none");
    const one = call.registration;
    want("digest of the call", item.digest, callDigest(item.call));
    want("profile of the registration", item.profile, one.profile);
    want("encryption key of the registration", item.encryptionKey, one.encryptionKey);
    this.#byPower(call, item);
    if (one.scopes.length !== one.accounts.length || one.consents.length !== one.accounts.length) {
      throw wrong3("lists of the registration", one.consents.length, `${one.accounts.length} of each`);
    }
    const whole = registrationDigest(one);
    one.accounts.forEach((account3, at) => {
      this.#consent(account3, one.scopes[at], whole, one.consents[at]);
      this.line.accounts.set(account3, { party: this.line.party, addedAt: item.time, removedAt: 0, scope: one.scopes[at] });
    });
    return {
      roles: one.roles,
      epoch: 1,
      threshold: one.threshold,
      suspendedUntil: 0,
      accounts: one.scopes.filter((scope) => scope === FULL_SCOPE).length,
      locked: false,
      recoveryBarred: one.recoveryBarred,
      unlocks: 0
    };
  }
  #partyAct(call, item, now) {
    const { what, value } = call;
    if (what < ADD_ACCOUNT || what > SET_ROLES) throw wrong3("what is changed", what, "1 to 11");
    const nonce = what === LOCK ? now.unlocks : this.#nonce;
    want("digest of the party's act", item.digest, partyActionDigest(this.#domain, WORDS[what], call.party, nonce, what, value, call.deadline));
    const signers = this.#signers(item.digest, call, item);
    this.#nonce++;
    const own = what === REMOVE_ACCOUNT && signers.length === 1 && signers[0] === accountIn(value);
    const delay = delayOf(what, signers.length, now, own);
    if (delay > 0) {
      this.#propose(what, "party", value, item.time, delay);
      this.#sameKeys(item);
      return [now, 0n];
    }
    if (what === SET_PROFILE) this.#endProposal(value);
    if (what === ADD_ACCOUNT) this.#consent(accountIn(value), scopeIn(value), item.digest, call.consent);
    const [after, account3] = this.#effect(what, value, item, now);
    if (what === UNLOCK) {
      for (const change of this.#changes.values()) if (change.what === UNLOCK) change.dead = true;
    }
    const raised = what === UNLOCK || what === SET_THRESHOLD;
    return [raised ? { ...after, epoch: after.epoch + 1 } : after, account3];
  }
  /** The accounts that signed: the party's own at that time, ascending, with the scope that it takes. */
  #signers(digest3, call, item) {
    const found = split2(call.signatures).map((piece) => this.#recovered(digest3, piece));
    want("signers of the entry", item.signers, found.length === 0 ? ZERO : signersWord(found));
    for (let at = 1; at < found.length; at++) if (found[at - 1] >= found[at]) throw wrong3("signers ascend", found[at], "each once, ascending");
    const own = call.what === REMOVE_ACCOUNT && found.length === 1 && found[0] === accountIn(call.value);
    const scopes = own ? FULL_SCOPE : call.what === LOCK ? SCOPE.title | SCOPE.admin : SCOPE.admin;
    for (const one of found) {
      const account3 = this.line.accounts.get(one);
      if (account3 === void 0 || !activeAt(account3, item.time) || (account3.scope & scopes) === 0) {
        throw wrong3("signer is the party's account", `0x${one}`, `an account with scope ${scopes}`);
      }
    }
    return found;
  }
  #recovered(digest3, signature) {
    const signer = recover(digest3, signature);
    if (signer === null) throw wrong3("signature", "one that fits no key", "65 bytes, low s, v 27 or 28");
    return signer;
  }
  /** The account itself agreed to belong to the party, with this scope and on this occasion. */
  #consent(account3, scope, registration, signature) {
    const signer = this.#recovered(consentDigest(this.#domain, this.line.party, account3, scope, registration), signature);
    if (signer !== account3) throw wrong3("consent of the account", `signed by 0x${signer}`, `signed by 0x${account3}`);
  }
  #veto(call, item, now) {
    const change = this.#change(call.change);
    const digest3 = vetoDigest(this.#domain, this.line.party, call.change);
    want("digest of the veto", item.digest, digest3);
    const signer = this.#recovered(digest3, call.signature);
    want("signers of the entry", item.signers, signersWord([signer]));
    const account3 = this.line.accounts.get(signer);
    if (account3 === void 0 || (account3.scope & (SCOPE.title | SCOPE.admin)) === 0 || !activeAt(account3, change.proposedAt) || change.source === "governor") {
      throw wrong3("who vetoed", `0x${signer}`, "an account of the time, with title or admin scope");
    }
    this.#sameKeys(item);
    change.dead = true;
    return now;
  }
  #enact(call, item, now) {
    const change = this.#change(call.change);
    want("digest of the call", item.digest, callDigest(item.call));
    want("signers of the entry", item.signers, ZERO);
    const latest = change.readyAt + ENACT_WINDOW;
    if (item.time < change.readyAt || item.time > latest) throw wrong3("enacted in time", item.time, `${change.readyAt} to ${latest}`);
    change.dead = true;
    if (change.what === ADD_ACCOUNT) this.#consent(accountIn(change.value), scopeIn(change.value), call.change, call.consent);
    const [after, account3] = this.#effect(change.what, change.value, item, now);
    return [{ ...after, epoch: after.epoch + 1 }, account3];
  }
  #power(call, item, now) {
    switch (call.name) {
      case "propose":
        this.#propose(call.what, "registrar", call.value, item.time, (call.what === SET_ROLES ? 7 : 14) * DAY);
        return now;
      case "order": {
        if (call.what === SET_ROLES) return { ...now, roles: rolesIn(call.value) };
        this.#propose(call.what, "governor", call.value, item.time, ORDER_DELAY);
        const end = item.time + ORDER_DELAY + ENACT_WINDOW;
        this.#ordered.set(call.what, end);
        return { ...now, suspendedUntil: Math.max(now.suspendedUntil, end) };
      }
      case "cancelOrder": {
        const change = this.#change(call.change);
        change.dead = true;
        this.#ordered.delete(change.what);
        if ([...this.#ordered.values()].some((end) => item.time <= end)) return now;
        return now.suspendedUntil > item.time ? { ...now, suspendedUntil: item.time } : now;
      }
      case "suspend":
        return { ...now, suspendedUntil: call.until };
      case "reinstate":
        return { ...now, suspendedUntil: item.time };
      default:
        throw wrong3("call of a power", call.name, "propose, order, cancelOrder, suspend, reinstate");
    }
  }
  /** The party and the touched account's word after a change takes effect. */
  #effect(what, value, item, now) {
    this.#sameKeys(item, what !== SET_PROFILE, what !== ROTATE_ENCRYPTION_KEY);
    switch (what) {
      case ADD_ACCOUNT: {
        const added = { party: this.line.party, addedAt: item.time, removedAt: 0, scope: scopeIn(value) };
        this.line.accounts.set(accountIn(value), added);
        return [{ ...now, accounts: now.accounts + (added.scope === FULL_SCOPE ? 1 : 0) }, packAccount(added)];
      }
      case REMOVE_ACCOUNT: {
        const known2 = this.line.accounts.get(accountIn(value));
        if (known2 === void 0 || known2.removedAt !== 0) throw wrong3("account removed", `0x${accountIn(value)}`, "an active account of the party");
        const removed = { ...known2, removedAt: item.time };
        this.line.accounts.set(accountIn(value), removed);
        return [{ ...now, accounts: now.accounts - (removed.scope === FULL_SCOPE ? 1 : 0) }, packAccount(removed)];
      }
      case SET_THRESHOLD:
        return [{ ...now, threshold: parseInt(value.slice(62), 16) }, 0n];
      case SET_PROFILE:
        want("profile of the change", item.profile, value);
        return [now, 0n];
      case ROTATE_ENCRYPTION_KEY:
        want("encryption key of the act", item.encryptionKey, value);
        return [now, 0n];
      case BUMP_EPOCH:
        return [{ ...now, epoch: now.epoch + 1 }, 0n];
      case LOCK:
        return [{ ...now, locked: true }, 0n];
      case UNLOCK:
        return [{ ...now, locked: false, unlocks: now.unlocks + 1 }, 0n];
      case BAR_RECOVERY:
        return [{ ...now, recoveryBarred: true }, 0n];
      case UNBAR_RECOVERY:
        return [{ ...now, recoveryBarred: false }, 0n];
      case SET_ROLES:
        return [{ ...now, roles: rolesIn(value) }, 0n];
      default:
        throw wrong3("what is changed", what, "1 to 11");
    }
  }
  // --- changes that wait ---------------------------------------------------------------------------------------------
  #propose(what, source, value, now, delay) {
    const name = keccakWords(this.line.party, what, value, this.line.head);
    this.#changes.set(name, { what, source, value, proposedAt: now, readyAt: now + delay, dead: false });
  }
  #change(name) {
    const change = this.#changes.get(name);
    if (change === void 0 || change.dead) throw wrong3("change is open", name, "a change that this log started and nothing ended");
    return change;
  }
  /** A profile is set at once only by taking up the registrar's open proposal of it. */
  #endProposal(profile) {
    for (const change of this.#changes.values()) {
      if (change.what === SET_PROFILE && change.value === profile && !change.dead) {
        change.dead = true;
        return;
      }
    }
    throw wrong3("profile was proposed", profile, "an open proposal of the registrar");
  }
};
function accountIn(value) {
  return value.slice(24);
}
function scopeIn(value) {
  return parseInt(value.slice(22, 24), 16);
}
function rolesIn(value) {
  const roles = hexToBigInt(value);
  if (roles >> 64n) throw wrong3("roles", value, "64 bits");
  return roles;
}
function delayOf(what, signatures, now, own) {
  let needed2 = now.threshold;
  let alone = 0;
  if (what <= SET_THRESHOLD) {
    needed2 = own ? 1 : Math.max(2, now.threshold);
    alone = own ? 0 : 7 * DAY;
  } else if (what === LOCK) needed2 = 1;
  else if (what === UNLOCK) {
    needed2 = Math.min(Math.max(2, now.threshold), now.accounts);
    alone = 2 * DAY;
  }
  if (signatures < needed2 && !(signatures === 1 && alone > 0)) throw wrong3("signatures of the party's act", signatures, `at least ${needed2}`);
  if (what === UNBAR_RECOVERY) return 7 * DAY;
  return signatures < needed2 ? alone : 0;
}

// src/core/powers.ts
var PAUSE = 90 * DAY;
var NAMES2 = ["governor", "registrar", "guardian"];
var MAY = {
  register: [REGISTRAR],
  propose: [REGISTRAR],
  order: [GOVERNOR],
  cancelOrder: [GOVERNOR],
  suspend: [REGISTRAR, GOVERNOR],
  reinstate: [REGISTRAR, GOVERNOR],
  freeze: [GUARDIAN],
  "freeze again": [GUARDIAN, GOVERNOR],
  unfreeze: [GUARDIAN, GOVERNOR]
};
var Powers = class {
  #times = [];
  #holders = [];
  /** Log 0 against partyHead(0). until: the block's time. */
  constructor(log, head3, until) {
    let running = ZERO;
    log.forEach((item, number2) => {
      const where = `consortium, entry ${number2}`;
      const last = this.#times[this.#times.length - 1] ?? 0;
      if (item.time < last || item.time > until) throw invalid(8, `time ${item.time}`, `times that ascend, up to ${until}`, where);
      checkChange(this.#holders[this.#holders.length - 1], item, where);
      running = entry(running, item.digest, keccakWords(...item.holders, item.kind, item.kindDigest), item.signers, item.time);
      this.#times.push(item.time);
      this.#holders.push(item.holders);
    });
    if (running !== head3) throw invalid(8, `head ${running} after ${log.length} entries`, `${head3}, the ledger's`, "consortium");
  }
  /** Whether the sender held one of the powers at that time; within one second either order counts. null: not shown. */
  held(sender, powers, time) {
    const before = countBelow(this.#times, time);
    const end = countBelow(this.#times, time + 1);
    const candidates = this.#holders.slice(Math.max(0, before - 1), end);
    if (candidates.some((holders) => powers.some((power) => holders[power] === sender))) return true;
    return before === 0 ? null : false;
  }
  /** False when it is not shown; a failure when the sender did not hold the power. */
  require(what, sender, time, where) {
    const powers = MAY[what];
    const found = this.held(sender, powers, time);
    if (found === false) {
      throw invalid(8, `${what} by 0x${sender}`, `the ${powers.map((power) => NAMES2[power]).join(" or ")} at ${moment(time)}`, where);
    }
    return found === true;
  }
};
function checkChange(before, item, where) {
  const sender = item.signers.slice(24);
  if (!item.signers.startsWith("0".repeat(24))) throw invalid(8, `signers ${item.signers}`, "one account", where);
  if (before === void 0) return;
  const changed = item.holders.filter((holder, power) => holder !== before[power]);
  if (changed.length === 0) {
    if (sender !== item.holders[GOVERNOR]) throw invalid(8, `0x${sender}`, `0x${item.holders[GOVERNOR]}, the governor`, where);
  } else if (changed.length > 1 || changed[0] !== sender || item.kind !== 0) {
    throw invalid(8, `${changed.length} powers changed by 0x${sender}`, "one, by who takes it over", where);
  }
}

// src/core/reference.ts
var NUMBER_ITEMS = { 1: "blNumber", 2: "applicationNumber", 3: "siNumber", 4: "invoiceNumber" };
var CERTIFICATE_FAMILY = 2;
var PROOFS = 8;
var LOW = 1n << 3071n;
var MAX_NUMBER = 200;
async function number(family, entries, suffix, header, profileOf, whole) {
  const acts = entries.flatMap((item) => item.type === "freeze" ? [] : [item.action]);
  let found = "";
  if (!suffix) {
    found = await created(family, acts[0], header, profileOf);
    if (whole && found === "") throw wrong4("a header without the number and its proof", "number, and referenceSignature or referenceSalt");
  }
  const certifying = acts.slice(suffix ? 0 : 1).filter((action) => action.documentReference !== ZERO).pop();
  if (certifying === void 0) return found;
  const given = await certified(certifying, header, profileOf);
  if (whole && given === "") throw wrong4("a header without the certificate's number and its proof", "certificateReferenceSignature");
  return given;
}
async function created(family, first, header, profileOf) {
  const item = NUMBER_ITEMS[family];
  if (item === void 0 || !Object.hasOwn(header, item)) return "";
  const named3 = textIn(header, item);
  const signature = member(header, "referenceSignature");
  if (signature !== void 0) {
    await checkSigned(family, first.actor, named3, signature, first.documentReference, profileOf);
    return named3;
  }
  const salt = member(header, "referenceSalt");
  if (salt === void 0) return "";
  if (typeof salt !== "string" || !/^[0-9a-f]{32}$/.test(salt)) throw wrong4(`referenceSalt ${shown(salt)}`, "32 lower-case hex digits");
  const expected = jsonDigest({ salt, family, party: first.actor, number: normalNumber(named3) });
  if (expected !== first.documentReference) throw wrong4(`reference ${expected}`, `${first.documentReference}, the ledger's`);
  return named3;
}
async function certified(act, header, profileOf) {
  const signature = member(header, "certificateReferenceSignature");
  if (signature === void 0 || !Object.hasOwn(header, "certificateNumber")) return "";
  const named3 = textIn(header, "certificateNumber");
  await checkSigned(CERTIFICATE_FAMILY, act.actor, named3, signature, act.documentReference, profileOf);
  return named3;
}
function textIn(header, item) {
  const value = member(header, item);
  if (typeof value !== "string") throw wrong4(`header.${item} ${shown(value)}`, "a string");
  return value;
}
async function checkSigned(family, party, named3, signature, reference, profileOf) {
  const profile = profileOf(party);
  if (profile === void 0) throw wrong4(`no profile of party ${party}`, "the profile with its reference key");
  const key = await referenceKey(member(profile, "referenceKey"));
  const made = signatureOf(signature, "reference signature");
  const message = `portledger/reference/1|${family}|${party}|${normalNumber(named3)}`;
  if (!await key(message, made)) throw wrong4("a reference signature that does not verify", "the issuer's own");
  const digest3 = sha2562(fromHex(made));
  if (digest3 !== reference) throw wrong4(`reference ${digest3}`, `${reference}, the ledger's`);
  checkPrefix(member(profile, "numberPrefixes") ?? [], normalNumber(named3));
}
async function referenceKey(value) {
  const n = isObject(value) ? member(value, "n") : void 0;
  const proofs = isObject(value) ? member(value, "proofs") : void 0;
  if (!isObject(value) || Object.keys(value).length !== 2 || typeof n !== "string" || !/^[0-9a-f]{768}$/.test(n)) {
    throw wrong4("no reference key", "n of 768 hex digits, and proofs");
  }
  if (!Array.isArray(proofs) || proofs.length !== PROOFS) throw wrong4("reference key with other proofs", `a list of ${PROOFS} signatures`);
  const modulus = BigInt(`0x${n}`);
  if (modulus <= LOW) throw wrong4("a modulus of fewer bits", "3072 bits");
  const verify = await rsa(n);
  const made = proofs.map((proof2, index) => signatureOf(proof2, `proof ${index} of the reference key`));
  const held = await Promise.all(made.map((proof2, index) => verify(`portledger/reference-key/1|${n}|${index}`, proof2)));
  if (!held.every(Boolean)) throw wrong4(`proof ${held.indexOf(false)} of the reference key, which does not verify`, "the key's own");
  return verify;
}
async function rsa(n) {
  const algorithm2 = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const jwk = { kty: "RSA", alg: "RS256", ext: true, e: "AQAB", n: base64Url(n) };
  let key;
  try {
    key = await crypto.subtle.importKey("jwk", jwk, algorithm2, false, ["verify"]);
  } catch {
    throw wrong4("a modulus that no RSA key has", "a proper RSA key");
  }
  return (message, signature) => crypto.subtle.verify(algorithm2, key, fromHex(signature), utf8(message)).catch(() => false);
}
function base64Url(hex) {
  return btoa(String.fromCharCode(...fromHex(hex))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
function signatureOf(value, what) {
  if (typeof value !== "string" || !/^[0-9a-f]{768}$/.test(value)) throw wrong4(`${what} ${shown(value)}`, "384 bytes, 768 lower-case hex digits");
  return value;
}
function normalNumber(text4) {
  const characters = text4.length <= 2 * MAX_NUMBER ? [...text4].length : Infinity;
  if (characters > MAX_NUMBER) throw wrong4(`number ${shown(text4)}`, `at most ${MAX_NUMBER} characters`);
  const normal = text4.normalize("NFKC").replaceAll(" ", "").replace(/[a-z]/g, (letter) => letter.toUpperCase());
  if (!/^[A-Z0-9./-]{1,35}$/.test(normal)) throw wrong4(`number ${shown(text4)}`, "1 to 35 of the characters A-Z 0-9 . / -");
  return normal;
}
function checkPrefix(prefixes, named3) {
  if (!Array.isArray(prefixes) || !prefixes.every((prefix2) => typeof prefix2 === "string")) {
    throw wrong4("numberPrefixes of another form", "a list of strings");
  }
  const wanted = prefixes.map((prefix2) => normalNumber(prefix2));
  if (wanted.length > 0 && !wanted.some((prefix2) => named3.startsWith(prefix2))) {
    throw wrong4(`number ${named3}`, `a number that begins with ${wanted.join(" or ")}`);
  }
}
function wrong4(found, expected) {
  return invalid(11, found, expected);
}

// src/core/release.ts
var SHIPPED_KINDS = new Set(define_RELEASE_KINDS_default);
function releaseCodeDigest(domain) {
  const code = fromHex("608060405234801561001057600080fd5b50600436106102695760003560e01c806384b0196e11610151578063d43fd977116100c3578063eff0f59211610087578063eff0f592146106ca578063f311bbfe146106ea578063f339e3b21461070a578063f698da251461072d578063f6f991d714610735578063fafea8e21461075557600080fd5b8063d43fd97714610631578063d467d21314610644578063e30c397b14610657578063ebc657ff1461068a578063efdcccb4146106aa57600080fd5b8063b2720a5a11610115578063b2720a5a14610571578063bfa0b13314610591578063c04c87b8146105b8578063c0b0e68e146105cb578063c6cc1f72146105eb578063c7fa030a1461060b57600080fd5b806384b0196e146104b2578063866eccdd146104cd5780638a5cde0a146104e057806398ed5340146105005780639957e7f11461055e57600080fd5b8063452a9320116101ea5780635ee9d901116101ae5780635ee9d9011461042a578063603884321461043d57806373b9aa91146104505780637489ec23146104795780637b79c38c1461048c5780637c9948961461049f57600080fd5b8063452a9320146103ab57806346a1a095146103be5780634df88a47146103de578063505760df146103f15780635c746ed01461041757600080fd5b80632072785811610231578063207278581461033d5780632139b2e314610352578063258e3fcf146103655780632b20e397146103855780633b6801911461039857600080fd5b80630443efb71461026e57806304d6ded4146102af5780630a6f0731146102dd5780630c340a241461030957806311be04f714610334575b600080fd5b61029561027c36600461543c565b6006602052600090815260409020805460019091015482565b604080519283526020830191909152015b60405180910390f35b6102cf6102bd36600461543c565b60106020526000908152604090205481565b6040519081526020016102a6565b600a546102f490600160a01b900463ffffffff1681565b60405163ffffffff90911681526020016102a6565b600a5461031c906001600160a01b031681565b6040516001600160a01b0390911681526020016102a6565b6102cf60095481565b61035061034b366004615455565b610768565b005b6103506103603660046154b4565b61095d565b6102cf61037336600461543c565b60076020526000908152604090205481565b600b5461031c906001600160a01b031681565b6102f46103a63660046154f1565b610a27565b600c5461031c906001600160a01b031681565b6102cf6103cc36600461543c565b60116020526000908152604090205481565b6103506103ec36600461552c565b610b43565b6102f46103ff366004615566565b60056020526000908152604090205463ffffffff1681565b610350610425366004615566565b610b81565b610350610438366004615581565b610c2d565b61035061044b3660046155c3565b610d4e565b6102cf61045e366004615656565b6001600160a01b031660009081526001602052604090205490565b61035061048736600461543c565b610e5d565b61035061049a3660046156ce565b610f45565b6103506104ad3660046157be565b6110e5565b6104ba61124a565b6040516102a69796959493929190615829565b6103506104db3660046158d6565b6112f4565b6102cf6104ee36600461543c565b60146020526000908152604090205481565b61053961050e3660046157be565b6008602052600090815260409020546001600160a01b03811690600160a01b900464ffffffffff1682565b604080516001600160a01b03909316835264ffffffffff9091166020830152016102a6565b61035061056c36600461543c565b6114a7565b6102cf61057f366004615566565b60036020526000908152604090205481565b6102cf7f000000000000000000000000000000000000000000000000000000000000000081565b6103506105c63660046155c3565b6115bf565b6102cf6105d93660046158fb565b60156020526000908152604090205481565b6102cf6105f9366004615566565b60026020526000908152604090205481565b6102cf610619366004615566565b63ffffffff1660009081526020819052604090205490565b61035061063f366004615916565b6117c3565b610350610652366004615949565b61187e565b61067a61066536600461543c565b600f6020526000908152604090205460ff1681565b60405190151581526020016102a6565b6102cf61069836600461543c565b6000908152600d602052604090205490565b6102cf6106b836600461543c565b600e6020526000908152604090205481565b6102cf6106d836600461543c565b60136020526000908152604090205481565b6102cf6106f83660046158fb565b60126020526000908152604090205481565b6102cf61071836600461543c565b6000908152600d602052604090206001015490565b6102cf611997565b6102cf610743366004615566565b60046020526000908152604090205481565b610350610763366004615973565b611a13565b60006107776020830183615566565b63ffffffff166000818152602081905260409020549091506107998382611b04565b60006107a58483611d69565b905060008060006107b7878686611e9f565b9250925092506000806107cc89888786611ffe565b63ffffffff808b166000908152600560205260408120805494965092945060019390916107fb918591166159ca565b92506101000a81548163ffffffff021916908363ffffffff1602179055506000821561091e57600461083360408c0160208d016157be565b60ff16036108645761086489600760006108508d60016004612114565b815260200190815260200160002054612129565b610897898961087960408e0160208f016157be565b60ff168d604001358b8f8060a0019061089291906159e6565b612175565b909850905060086108ae60408c0160208d016157be565b60ff16036108bf576108bf89612346565b60086108d160408c0160208d016157be565b60ff1614806108f2575060036108ed60408c0160208d016157be565b60ff16145b156109195761091661090f63ffffffff60408b901c166001615a2c565b8990612398565b97505b610944565b61094289600061093460408e0160208f016157be565b60ff168d60400135866123be565b505b610951898989848961251e565b50505050505050505050565b6109676002612647565b60006109788463ffffffff166126a3565b905060018360ff1614158015610992575060038360ff1614155b80156109a2575060048360ff1614155b80156109b25750600b8360ff1614155b156109c7576109c760148460ff1660006126c7565b6109dc8463ffffffff16828560ff16856126f3565b610a0d63ffffffff8516600160ff861685600b82146109fe5762127500610a03565b62093a805b62ffffff166123be565b50610a2163ffffffff851682600033612733565b50505050565b6000610a336002612647565b6000610a3e83612747565b600a54909150610a5c90600160a01b900463ffffffff1660016159ca565b600a805463ffffffff60a01b1916600160a01b63ffffffff841690810291909117909155909250610a8d90846128dc565b6000610b03610aa260a0860160808701615a3f565b610aad576000610ab0565b60015b60ff16610afd84610af7610aca60808a0160608b016157be565b60ff16610af16001610ae260408d0160208e01615a61565b6001600160401b031690612398565b90612ac8565b90612ae3565b90612b00565b63ffffffff84166000818152600260209081526040808320893590556003909152808220908801359055919250610b3c91839033612733565b5050919050565b610b4b6153d9565b610b65610b608383610b5b611997565b612b1b565b612ed6565b610b7a600954610b758484612ee8565b612fac565b6009555050565b600a546001600160a01b03163314610b9d57610b9d6002612647565b6000610bae8263ffffffff166126a3565b905042606882901c64ffffffffff1611610bd057610bd06017600060016126c7565b600a546001600160a01b03163314801590610bf55750610bf58263ffffffff16612fb8565b15610c0457610c046001612fd6565b610c298263ffffffff16610c214284612ffa90919063ffffffff16565b600033612733565b5050565b610c376001612647565b6000610c488563ffffffff166126a3565b905060018460ff1614158015610c62575060038460ff1614155b8015610c725750600b8460ff1614155b15610c8757610c8760148560ff1660006126c7565b610c948460ff168461301d565b6000829003610caa57610caa60186000806126c7565b600b8460ff1614610cca57610cca8563ffffffff16828660ff16866126f3565b600b8460ff1603610ce657610cdf81846130da565b9050610d34565b600062127500610d068763ffffffff1660028860ff168862278d006123be565b610d109190615a2c565b9050606882901c64ffffffffff16811115610d3257610d2f8282612ffa565b91505b505b610d4763ffffffff861682600033612733565b5050505050565b60008381526006602052604090208054600190910154610d6d826130f8565b1580610d835750605882901c64ffffffffff1642105b15610da157610da1605883901c64ffffffffff16613127565b613127565b63ffffffff82166000818152602081815260409091205460ff9185901c82169160a882901c1615801590610ddb575060ff602886901c1615155b8015610de85750600b8214155b15610dfb57610dfb6012600160006126c7565b610e0783828487613149565b610e118389612129565b6000610e22848385888d8d8d612175565b9092509050610e5284610e4a610e4363ffffffff604087901c166001615a2c565b8590612398565b836000612733565b505050505050505050565b610e676001612647565b6000818152600660205260409020546002602882901c60ff16141580610e935750610e91816130f8565b155b15610eac57610eac605882901c64ffffffffff16613127565b60008281526006602090815260408220600160801b8417905563ffffffff831691600791610ee490849060029087901c60ff16612114565b8152602080820192909252604090810160009081208190558381529182905290205442606882901c64ffffffffff16118015610f265750610f2482612fb8565b155b15610f3857610f358142612ffa565b90505b610a218282600033612733565b610f4f6001612647565b61ffff8a1660009081526012602052604090205415610f8b5760405162e30aa360e51b815261ffff8b1660048201526024015b60405180910390fd5b610f9b88888888888888886132ec565b60005b8381101561101457828282818110610fb857610fb8615a8a565b9050602002013560116000878785818110610fd557610fd5615a8a565b9050602002016020810190610fea91906157be565b60ff1660088f61ffff16901b17815260200190815260200160002081905550806001019050610f9e565b506110268a61ffff16898989896133f3565b600061106c8a60001c8a8a8a8a8a8a8a8a60405160200161104e989796959493929190615b14565b6040516020818303038152906040528051906020012060001c6134d6565b61ffff8c1660008181526012602052604090208290559091507f06544138e7993d02d773011015b57dec482754ae90156610373d55f2bd87bba0828c6110ba84836110b561350c565b613546565b336000366040516110d096959493929190615b9d565b60405180910390a25050505050505050505050565b60ff81166000908152600860209081526040918290208251808401909352546001600160a01b038116808452600160a01b90910464ffffffffff16918301919091523314611139576111398260ff16612fd6565b806020015164ffffffffff1642101561116057611160816020015164ffffffffff16613127565b611169336135f2565b60ff8216600081815260086020526040902080546001600160c81b0319169055600019016111a857600a80546001600160a01b031916331790556111dd565b60028260ff16036111ca57600b80546001600160a01b031916331790556111dd565b600c80546001600160a01b031916331790555b60ff82167f2d929b9dd5807d6fbbdfea9e8dbe7edd50ff5a3767aa7aab0851957d9560ed1333600061121281806110b561350c565b604080516001600160a01b03909416845264ffffffffff90921660208401529082015233606082015260800160405180910390a25050565b60006060808280808346307f0000000000000000000000000000000000000000000000000000000000000000846040519080825280602002602001820160405280156112a0578160200160208202803683370190505b50604080518082018252600a8152693837b93a3632b233b2b960b11b602080830191909152825180840190935260018352603160f81b90830152601f60f81b9d909c50909a50939850919650945092509050565b600083815260146020908152604082205464ffffffffff911c169081158015906113285750600a546001600160a01b031633145b905080611339576113396003612647565b6000858152600d6020526040902054801580611376575061ffff60a082901c1660009081526015602052604090205460ff60b083901c161c600116155b15611397576040516343c92f3960e11b815260048101879052602401610f82565b811580156113a457508215155b80156113bb57506113b86276a70084615a2c565b42105b156113d0576113d0610d9c6276a70085615a2c565b6113e18564ffffffffff1684613660565b6113f58160ff60b882901c1660011761369d565b905060008061142d7fe34516bfe3507913ffbb1060b18dc3260002b2d60a56130953b46f73fa5353948964ffffffffff8a16896136b2565b90506114428884838a64ffffffffff166136f8565b604080518281526020810184905264ffffffffff8b1681830152606081018a9052336080820152905192955090935089917fc3f9d1bf0c0d5e1893d815eac4cbfc7e642fbf85a7260bcc40ba7d3b923b953d9181900360a00190a25050505050505050565b600a546001600160a01b031633146114c3576114c36003612647565b6000818152600d6020526040902054806114f3576040516343c92f3960e11b815260048101839052602401610f82565b60b881901c6001161580611521575060008281526014602090815260409091205442911c64ffffffffff1611155b15611534576115346017600060016126c7565b60006115627f3f7bd8dd2af390472d43535fa1d059e8097f8609c9cd03bdea0e059fd777ff4b8483806136b2565b90506000611572848484426136f8565b60408051828152602081018490523381830152905192955090925085917fd23bd621739a26287fa3f6f1f91d82c317291a8a084cc97a391a83880344a4369181900360600190a250505050565b60008381526006602090815260408083205463ffffffff8116808552928490529220546115ed8684836137a2565b61160d5760405163030f561b60e61b815260048101879052602401610f82565b600061166361165e7f2b2691b99f7245d3e15218e2a87fdf3227ea0afd7bdb6d0bf1d6da012772dfc97f5fd2782d8df7efa2a74d01012dad8b358650fe5a76741940b118b7afedfea1f4868b6136b2565b613817565b9050600060418614611676576000611683565b611683828888600061382a565b6001600160a01b03811660008181526001602052604090205491925064ffffffffff603088901c169015806116be57508563ffffffff831614155b806116d3575080602083901c64ffffffffff16115b806116fd5750604882901c64ffffffffff16158015906116fd5750604882901c64ffffffffff1681115b1561170f5761170f866000600161385e565b6084607083901c81166000036117585760405163f7d5e39160e01b81526001600160a01b038516600482015260ff607085901c8116602483015282166044820152606401610f82565b60008b815260066020526040808220600160801b8b179055518c9163ffffffff8a16917f89c9677d249d6037b5602667366d9796551fb23d41a988240c858c79db77b4379190a36117b687878760006001600160a01b03891661251e565b5050505050505050505050565b600a546001600160a01b031633146117df576117df6002612647565b60006117f08363ffffffff166126a3565b90506000606882901c64ffffffffff16600a549091506001600160a01b0316331480159061181d57508015155b801561183457506118316276a70082615a2c565b42105b1561184957611849610d9c6276a70083615a2c565b61185a8364ffffffffff1682613660565b610a218463ffffffff16610c218564ffffffffff1685612ffa90919063ffffffff16565b6118886001612647565b60ff8216158061189b575060038260ff16115b156118b0576118b060148360ff1660036126c7565b6118b9816135f2565b60006118c84262093a80615a2c565b6040805180820182526001600160a01b03808616825264ffffffffff808516602080850191825260ff8a1660008181526008909252958120945185549251909316600160a01b026001600160c81b0319909216929093169190911717909155919250907f2d929b9dd5807d6fbbdfea9e8dbe7edd50ff5a3767aa7aab0851957d9560ed13908490849061195e90806110b561350c565b604080516001600160a01b03909416845264ffffffffff90921660208401529082015233606082015260800160405180910390a2505050565b60007f000000000000000000000000000000000000000000000000000000000000000046146119ee576119e97f000000000000000000000000000000000000000000000000000000000000000061388d565b905090565b507f000000000000000000000000000000000000000000000000000000000000000090565b6000611a1d611997565b600954909150611a2b6153d9565b60405160005b85811015611af9576000611a69888884818110611a5057611a50615a8a565b9050602002810190611a629190615bdd565b8588612b1b565b90508051600003611aac57611aa585610b758a8a86818110611a8d57611a8d615a8a565b9050602002810190611a9f9190615bdd565b87612ee8565b9450611aeb565b83608001517fef28fce74c22c8a433e379ed44e71624c87142e209f71cbabfb9eecfb3c7c5d78383604051611ae2929190615bfd565b60405180910390a25b506040829052600101611a31565b505050600955505050565b6000611b1660408401602085016157be565b60ff16905081611b3d57611b3d611b306020850185615566565b63ffffffff1660016138fd565b801580611b4a5750600a81115b15611b5c57611b5c601482600a6126c7565b42611b6d6080850160608601615c16565b64ffffffffff161015611bb357611b8a6080840160608501615c16565b60405163740a787f60e01b815264ffffffffff9091166004820152426024820152604401610f82565b6000611bc262278d0042615a2c565b905080611bd56080860160608701615c16565b64ffffffffff161115611c1c57611bf26080850160608601615c16565b604051632ed96b1960e01b815264ffffffffff909116600482015260248101829052604401610f82565b60078214158015611c2e575060088214155b8015611c3b575060068214155b8015611c48575060028214155b15611c7e576000611c5884613927565b90508015611c7c57611c7c611c706020870187615566565b63ffffffff16826138fd565b505b611c8c82856040013561301d565b611cae611c9c6020860186615566565b63ffffffff1684848760400135613149565b600782148015611cc4575060a083901c60ff1615155b15611ce657611ce6611cd96020860186615566565b63ffffffff1660036138fd565b60098203611d41576003609084901c61ffff161080611d0c57506002606084901c60ff16105b15611d2657611d266012609085901c61ffff1660036126c7565b60a883901c60ff1615611d4157611d416017600160006126c7565b60048203610a2157610a21611d596020860186615566565b63ffffffff16856040013561396c565b6000806007611d7e60408601602087016157be565b60ff1614611db65760056000611d976020870187615566565b63ffffffff908116825260208201929092526040016000205416611dc2565b60b083901c63ffffffff165b9050611e957f90a5a15b03582b8e73c67f8bcf38abff451ee23c0369fdba0b65eade6359ae71611e03611dfb60408801602089016157be565b60ff166139d1565b611e106020880188615566565b84611e2160408a0160208b016157be565b60408a0135611e3660808c0160608d01615c16565b60408051602081019890985287019590955263ffffffff9093166060860152608085019190915260ff1660a084015260c083015264ffffffffff1660e08201526101000160405160208183030381529060405280519060200120613817565b9150505b92915050565b6000808080611ec0611eb76040890160208a016157be565b60ff1687613ba1565b90506000611ed160808901896159e6565b9150611ee09050604182615c47565b9450841580611eef5750600f85115b80611f035750611f00604182615c5b565b15155b15611f2557611f25611f1860208a018a615566565b63ffffffff16868461385e565b60006007611f3960408b0160208c016157be565b60ff1614611f48576080611f4b565b60845b905060006002611f6160408c0160208d016157be565b60ff16148015611f715750866001145b611f7c576000611f82565b60408a01355b90506060611fe060405180608001604052808d6000016020810190611fa79190615566565b63ffffffff16815260208101889052604081018690526001600160a01b0385166060909101528a611fdb60808f018f6159e6565b613c1c565b90985096509050611ff081612ed6565b505050505093509350939050565b6000808061201260408801602089016157be565b60ff16905060006120238288613ba1565b90506002821480156120355750856001145b80156120595750876040013560001c6001600160a01b0316856001600160a01b0316145b1561206d576001600093509350505061210b565b80861061209e57600a8214612085576001600061208c565b600062093a805b90945062ffffff16925061210b915050565b8560011480156120af575060038211155b156120c557600062093a8093509350505061210b565b8560011480156120d55750600882145b156120eb5760006202a30093509350505061210b565b6121086120fb60208a018a615566565b63ffffffff16878361385e565b50505b94509492505050565b601083901b600883901b1781175b9392505050565b6000818152600660205260408082208054600160801b17905551829163ffffffff8516917feede305be1a4bbd60967b6401e493410a6a0c1972d2f843c86cbda6f623e8c759190a35050565b600080858060001989016121cd576121988b8260a085901c60ff168a8a8a613cd9565b925060ff607084901c8116036121c8576121c56121be61ffff60908d901c166001615a2c565b8b90612ae3565b99505b612336565b60028903612220576001600160a01b038116600090815260016020526040902080544260481b1790819055925060fe19607084901c60ff16016121c8576121c56121be600161ffff60908e901c16615c6f565b60038903612232576121c58a83612ac8565b600489036122575763ffffffff8b166000908152600260205260409020889055612336565b6005890361227c5763ffffffff8b166000908152600360205260409020889055612336565b600689036122a3576121c561229c63ffffffff60408d901c166001615a2c565b8b90612398565b600789036122b6576121c58a6001613e04565b60088903612303576121c56122d663ffffffff60b08d901c166001615a2c565b6122e18c6000613e04565b90600063ffffffff60b01b19831663ffffffff60b01b60b084901b1617612122565b60098903612316576121c58a6001612b00565b600a8903612329576121c58a6000612b00565b6123338a836130da565b99505b5097999098509650505050505050565b6000600760006123598460006008612114565b815260200190815260200160002054905061238960066000838152602001908152602001600020600001546130f8565b15610c2957610c298282612129565b600063ffffffff60401b1983166bffffffff0000000000000000604084901b1617612122565b6000806123cc878787612114565b600081815260076020908152604080832054808452600690925290912054919250906123f7816130f8565b156124305760405163456df44760e11b81526004810183905264ffffffffff605883901c81166212750001166024820152604401610f82565b63ffffffff8916600090815260046020526040902054612455908a90899089906136b2565b91506124618542615a2c565b60408051808201825260208a811b8d1760288d901b174260301b17605885901b1782528082018a81526000878152600683528481209351845590516001909301929092558682526007815290829020859055815160ff808c1682528c169181019190915280820189905264ffffffffff831660608201529051919550839163ffffffff8c16917f579d7582419edb75f9f642f7b7c2b8d6fe969b8e1122cff15329e91e961c70d2919081900360800190a350505095945050505050565b61100036111561254b57604051632b6393cf60e21b81523660048201526110006024820152604401610f82565b63ffffffff85166000908152600260209081526040808320546003909252822054612578918791866136b2565b63ffffffff87166000908152600460205260408120549192509061259e90868486613e1f565b6000888152602081815260408083208a905563ffffffff8b168352600490915290208190556009549091506125d39082612fac565b60095563ffffffff871660008181526002602090815260408083205460039092528083205490517f83bb0e285af706547cb0d31c4edd38bb242f746adc0207238a80b4b7e9c1c71f93612636938b938d93919290918c918c918b91903690615c82565b60405180910390a250505050505050565b60006001821461267b576002821461266a57600c546001600160a01b0316612688565b600b546001600160a01b0316612688565b600a546001600160a01b03165b9050336001600160a01b03821614610c2957610c2982612fd6565b600081815260208190526040902054806126c2576126c28260016138fd565b919050565b6040516359f4152d60e11b815260ff841660048201526024810183905260448101829052606401610f82565b6126fd828261301d565b60a883901c60ff1615158015612714575060038211155b15612727576127276012600160006126c7565b610a2184848484613149565b610a21848461274061350c565b858561251e565b60008061275760a0840184615cc2565b915050600f81111561278657604051632b6393cf60e21b815260048101829052600f6024820152604401610f82565b8061279460c0850185615cc2565b9050146127b5576127b560106127ad60c0860186615cc2565b9050836126c7565b806127c360e0850185615cc2565b9050146127dc576127dc60106127ad60e0860186615cc2565b60005b818110156128375760ff6127f660c0860186615cc2565b8381811061280657612806615a8a565b905060200201602081019061281b91906157be565b60ff160361282f5761282c83615d0b565b92505b6001016127df565b5061284860808401606085016157be565b60ff16158061286857508161286360808501606086016157be565b60ff16115b1561288b5761288b601161288260808601606087016157be565b60ff16846126c7565b61289b60a0840160808501615a3f565b80156128c3575060038210806128c3575060026128be60808501606086016157be565b60ff16105b156128d6576128d66012600160006126c7565b50919050565b600081356128f06040840160208501615a61565b604084013561290560808601606087016157be565b61291560a0870160808801615a3f565b61292260a0880188615cc2565b61292f60c08a018a615cc2565b60405160200161294799989796959493929190615d24565b60405160208183030381529060405280519060200120905060005b61296f60a0840184615cc2565b9050811015610a215761298560c0840184615cc2565b8281811061299557612995615a8a565b90506020020160208101906129aa91906157be565b60ff166000036129c1576129c160136000806126c7565b60006129d060a0850185615cc2565b838181106129e0576129e0615a8a565b90506020020160208101906129f59190615656565b6001600160a01b031603612a1f5760405163f74d69ef60e01b815260006004820152602401610f82565b612abf84612a3060a0860186615cc2565b84818110612a4057612a40615a8a565b9050602002016020810190612a559190615656565b612a6260c0870187615cc2565b85818110612a7257612a72615a8a565b9050602002016020810190612a8791906157be565b60ff1685612a9860e0890189615cc2565b87818110612aa857612aa8615a8a565b9050602002810190612aba91906159e6565b613cd9565b50600101612962565b600060ff60601b19831660ff60601b606084901b1617612122565b600061ffff60901b19831661ffff60901b609084901b1617612122565b600060ff60a81b19831660ff60a81b60a884901b1617612122565b82356000908152600d602052604080822060a0860135808652815492860192909252600181015460608681019190915260c0860193909352612b5e868386613e37565b60808601526001600160d81b03821115612b9657612b8d6359f4152d60e11b6000846001600160d81b03613f42565b92505050612122565b4260b083901c64ffffffffff161015612bc657612b8d63740a787f60e01b60b084901c64ffffffffff1642613f96565b612bd362278d0042615a2c565b60b083901c64ffffffffff161115612c0e57612b8d632ed96b1960e01b60b084901c64ffffffffff16612c0962278d0042615a2c565b613f96565b604085015115158015612c305750604085015160a01c61ffff1661ffff831614155b15612c5657612b8d63b7bfb54b60e01b61ffff8416604088015160a01c61ffff16613f96565b600060108184821c60ff16604089015160089060b01c60ff16901b601061ffff8816901b17178152602081019190915260400160002054905060ff81901c600114612cfc5761ffff83166000908152601260205260408120549003612cd457612cca63a548304f60e01b61ffff8516613fe3565b9350505050612122565b612cca6354c4612b60e11b61ffff8516604089015160b01c60ff16601087901c60ff16613f42565b60208601819052604086015160b81c60011615801590612d2157506002602882901c16155b15612d6b57863560009081526014602090815260409091205464ffffffffff911c1642811115612d6957612d5e63d24c357960e01b893583613f96565b945050505050612122565b505b600881901c60011615612dda576040805160ff600886901c1660208083019190915263ffffffff601887901c168284015260608a81013583820152835180840390910181526080909201909252805191012087358114612dd857612d5e6354d7670960e01b893583613f96565b505b612de587358761403f565b93508351600014612df857505050612122565b612e01866141d9565b93508351600014612e1457505050612122565b612e1d8661438a565b93508351600014612e3057505050612122565b612e3a8782614569565b93508351600014612e4d57505050612122565b612e56866145fc565b93508351600014612e6957505050612122565b8560600151876020013514612e98576060860151612cca906305a306fb60e11b9089359060208b013590613f42565b612eae612ea860c08901896159e6565b88614696565b93508351600014612ec157505050612122565b612ecb8787614751565b979650505050505050565b805115612ee557805160208201fd5b50565b602081015160009060281c60021615612f0c57612f0583836148d2565b9050611e99565b6000612f19843584614983565b9050612f3383606001518460800151838660a00151613e1f565b84356000908152600d602052604090208281556001810182905560c08501519193509015612f735760c08401516000908152601360205260409020853590555b612fa47fc9e2e7097bc2e2906400731d217bd2c5550bca62420711a1f40020c0462602708686608001518686614bbe565b505092915050565b600061212283836134d6565b6000612fc5826001614c30565b80611e995750611e99826003614c30565b6040516306a7b8c760e51b815260ff82166004820152336024820152604401610f82565b600064ffffffffff60681b19831664ffffffffff60681b606884901b1617612122565b80600080600019850161305d576001600160a01b03831615801590613048575060ff60a084901c1615155b8015613056575060a883901c155b90506130c9565b60028503613071575060a082901c156130c9565b600385036130945782158015906130895750600f8311155b600f925090506130c9565b60048514806130a35750600585145b156130b157508115156130c9565b600b85036130c55750604082901c156130c9565b5081155b80610d4757610d47601584846126c7565b600067ffffffffffffffff1983166001600160401b03831617612122565b60006131068260801c151590565b158015611e9957505064ffffffffff60589190911c16621275000142111590565b604051630a33705760e41b815264ffffffffff82166004820152602401610f82565b600182036131de576001600160a01b0381166000908152600160205260409020548190156131955760405163f74d69ef60e01b81526001600160a01b0382166004820152602401610f82565b60ff60a083901c81161480156131b4575060ff609085901c61ffff1610155b156131d8576131d860116131d161ffff609088901c166001615a2c565b60ff6126c7565b50610a21565b60028203613277576001600160a01b0381166000908152600160205260409020546132098186614c80565b61321a5761321a60158360006126c7565b60ff607082901c8116148015613248575060ff606085901c16613246600161ffff609088901c16615c6f565b105b156131d8576131d86011613265600161ffff609089901c16615c6f565b606087901c60ff166126c7565b6126c7565b600382036132a857609083901c61ffff168111156132a3576132a3601182609086901c61ffff166126c7565b610a21565b600882036132ca5760a083901c60ff166132a3576132a36017600060016126c7565b600a8203610a215760a883901c60ff16610a2157610a216017600060016126c7565b8615806132f95750848714155b1561330a5761330a60006001614caf565b60008060005b8981101561336b5760008b8b8381811061332c5761332c615a8a565b9050602002013590508381111580613345575061ffff81115b1561335557613355816001614caf565b9250600160ff841681901b929092179101613310565b5084831461337f5761337f60006002614caf565b6000915060005b858110156133e05760008787838181106133a2576133a2615a8a565b90506020020160208101906133b791906157be565b60ff1690508381116133ce576133ce816002614caf565b9250600180841b929092189101613386565b5080156109515761095160006002614caf565b6000805b848110156134b75761343986868381811061341457613414615a8a565b9050602002013585858481811061342d5761342d615a8a565b90506020020135614cd4565b83838281811061344b5761344b615a8a565b905060200201356010600088888581811061346857613468615a8a565b9050602002013560108b901b17815260200190815260200160002081905550600886868381811061349b5761349b615a8a565b90506020020135901c6001901b821791508060010190506133f7565b5061ffff90951660009081526015602052604090209490945550505050565b60408051602081018490529081018290526000906060015b60405160208183030381529060405280519060200120905092915050565b60006119e96001600160e01b031982351661352a3660048186615db9565b604051613538929190615de3565b6040519081900390206134d6565b600a54600b54600c546000928392613570926001600160a01b039283169291821691168888614d11565b6000805260046020527f17ef568e3e12ab5b9c7254a8d58478811de00f9e6eb34345acd53bf8fd09d3ec549091506135aa90848333613e1f565b6000805260046020527f17ef568e3e12ab5b9c7254a8d58478811de00f9e6eb34345acd53bf8fd09d3ec8190556009549092506135e79083612fac565b600955509392505050565b6001600160a01b03811615806136155750600a546001600160a01b038281169116145b8061362d5750600b546001600160a01b038281169116145b806136455750600c546001600160a01b038281169116145b15612ee557612ee56019826001600160a01b031660006126c7565b428211158061366f5750808211155b80613685575061368262278d0042615a2c565b82115b15610c2957610c2960168361327262278d0042615a2c565b600060ff60b81b19831660b883901b17612122565b6040805160208101869052908101849052606081018390526080810182905260009060a0016040516020818303038152906040528051906020012090505b949350505050565b60008062ffffff60d086901c81160361372e57604051630ccbb6b760e21b81526004810187905260016024820152604401610f82565b6000868152600d602052604090206001810154600160d01b969096019561375790868833613e1f565b868255600182018190556000888152601460209081526040909120805463ffffffff169187901b9190911790556009549092506137949083612fac565b600955509395939450505050565b60006137ad836130f8565b15806137c057506002602884901c60ff16145b156137cd57506000612122565b600b602084901c60ff161415806136f057506000848152600660205260409020600101546001600160401b0390191661380c836001600160401b031690565b161515949350505050565b6000611e99613824611997565b83614d57565b600060418202840180359060208101359060400135831a8361384e89838686614d7e565b50909a9950505050505050505050565b60405163365731cf60e01b815263ffffffff841660048201526024810183905260448101829052606401610f82565b6000611e997fd87cd6ef79d4e2b95e15ce8abf732db51ec771f1ca2edccf22a46c729ac564727f1be7bc3491ee952331c3c7269083837d1ec188393220c3c208cd7dc049ed80f17fc89efdaa54c0f20c7adf612882df0950f5a951637e0307cdcb4c672f298b8bc6463087614e49565b604051631bc94c9960e21b815263ffffffff8316600482015260ff82166024820152604401610f82565b60008161393657506001919050565b42606883901c64ffffffffff16111561395157506002919050565b60a082901c60ff16613964576000611e99565b600392915050565b600060066000600760006139838760016004612114565b815260200190815260200160002054815260200190815260200160002090508181600101541415806139bd575080546139bb906130f8565b155b156139cc576139cc6000613127565b505050565b600060018203613a0257507f2c5c529ecd8b89ce61507d86f117c9e470af0fda54d82b1bedd8b9f19ca8f31e919050565b60028203613a3157507f344631ea22a06749fa5200a1e0ebae3a6fd898723d8bca7b9280f631ffa3f9bd919050565b60038203613a6057507ff3b3f2eb562b034269771aa01469146d63da0a3ae93798ebdb16a1d9163eef43919050565b60048203613a8f57507f015c7e2992aa486229af6847717096c7e45058ece1a16687fe81f7b619d5924d919050565b60058203613abe57507f991d1aed82e8f25a27cf321ca6ed11e19772476c037d4f752b421e59086f86b2919050565b60068203613aed57507f56a0dfb5d8bf5808f8ffbb08ab7ea5f2c8b993ff790ab3365d424a15252d7784919050565b60078203613b1c57507f163c1447e3361d28e32ccec7817256a928b488019a511471e82d70716a948188919050565b60088203613b4b57507f5b2ae3d3d7490f4f2afe76249627a985d34b8a4a51f417c2c388d0a42015f0da919050565b60098203613b7a57507fe0b1bd0c77b16e712b6f72d805ca11bc6f67a82064078745cf11de6e290c5b3c919050565b507fb3b10277f4928ba202ef3d9022c9b96781de27dc29bc35ac4a66e725d63c7d7e919050565b600060ff606083901c166006198401613bbe576001915050611e99565b600060028210613bce5781613bd1565b60025b905060038511613be4579150611e999050565b60088503613c1457609084901c61ffff168110613c0957609084901c61ffff16613c0b565b805b92505050611e99565b509392505050565b606060008080613c2d604186615c47565b905080600103613c5e57613c4688888888600080614e94565b9094506001600160a01b03811693509150613ccf9050565b606060005b82811015613cc257613c798a8a8a8a8589614e94565b8151919750945015613c92575060009350613ccf915050565b818460601b604051602001613ca8929190615df3565b60408051601f198184030181529190529150600101613c63565b5080516020909101209250505b9450945094915050565b6001600160a01b03851660009081526001602052604081205415613d1b5760405163f74d69ef60e01b81526001600160a01b0387166004820152602401610f82565b6000613d7761165e7fff9566927f5122e9c39838163add986355b86ba7927c840398b12414ab039f577fead2fc17ad39b5d9e12072699a6ad4e13797463b41a1a7b75ca7785a284645a38b6001600160a01b038c168b8b614e49565b9050604183141580613da75750866001600160a01b0316613d9b828686600061382a565b6001600160a01b031614155b15613dd05760405163bfd7e39560e01b81526001600160a01b0388166004820152602401610f82565b4260201b8817607087901b176001600160a01b03909716600090815260016020526040902087905550949695505050505050565b600060ff60a01b19831660ff60a01b60a084901b1617612122565b6000613e2e8585858542614d11565b95945050505050565b6000613e4161541d565b7f57a44c8a7f80ba78feb960d2d6055a6e11af5e525ac54ff57e3b85f10ec29479815260ff601085901c16600885901b62ffff001681176000908152601160209081526040918290205481850152873582850152870135606080850191909152908701356080808501919091529087013560a084015286013560c083015261ffff851660e083015261010082015263ffffffff601885901c8116610120830152603885901c8116610140830152605885901c8116610160830152607885901c1661018082015262ffffff609885901c166101a082015264ffffffffff60b085901c166101c08201526101e08120613f388482614d57565b9695505050505050565b604080516024810194909452604484019290925260648084019190915281518084039091018152608490920190526020810180516001600160e01b03166001600160e01b0319939093169290921790915290565b6040805160248101939093526044808401929092528051808403909201825260649092019091526020810180516001600160e01b03166001600160e01b0319939093169290921790915290565b60608282604051602401613ff991815260200190565b60408051601f198184030181529190526020810180516001600160e01b03166001600160e01b031990931692909217909152905092915050565b60289190911c16151590565b805160609060009060181c63ffffffff16602080850151600083815291829052604082205460e08701819052929350919061407982613927565b9050801580159061409d575060038114801561409b5750602883901c60081615155b155b156140bf576140b4631bc94c9960e21b8583613f96565b945050505050611e99565b604082901c63ffffffff16865160381c63ffffffff16146141045785516140b4906302e0319560e51b90869060381c63ffffffff16604086901c63ffffffff16613f42565b603883901c6001600160401b03161580159061412d5750603883901c82166001600160401b0316155b15614151576140b4635cf6412760e11b85603886901c6001600160401b0316613f96565b604086015160009061ffff601886901c1690614170908a908884614f6e565b169050602884901c600116614186578015614193565b601884901c61ffff168114155b156141be576141b26345174add60e11b86601887901c61ffff16613f96565b95505050505050611e99565b50506040805160208101909152600081529695505050505050565b80516020820151604083015160609260581c63ffffffff169160b81c60ff1690600082900361421a57821561421557613e2e6001846000615064565b614333565b8160030361427657602081901c63ffffffff16831461424957613e2e600184602084901c63ffffffff16615064565b60008381526020819052604090205460a01c60ff161561421557613e2e631bc94c9960e21b846003613f96565b816005036142a557606081901c63ffffffff16831461421557613e2e600184606084901c63ffffffff16615064565b8160021480156142bf5750604081901c63ffffffff168314155b156142da57613e2e600184604084901c63ffffffff16615064565b845160181c63ffffffff16831480614305575081600114158015614305575061430285615079565b83145b1561431757613e2e6001846000615064565b614320836150ca565b9350835160001461433357505050919050565b602085015160781c6001600160401b0316801580159061436a575060008481526020819052604090205481166001600160401b0316155b1561438157613f38635cf6412760e11b8583613f96565b50505050919050565b80516020820151604083015160609260781c63ffffffff169160c01c60ff169060008290036143e45782156143cb576143c66002846000615064565b613e2e565b6040518060200160405280600081525095945050505050565b816002036144075763ffffffff83146143cb576143c660028463ffffffff615064565b8160040361443657608081901c63ffffffff1683146143cb576143c6600284608084901c63ffffffff16615064565b8215801561444e5750816003148061444e5750816007145b1561446b5750506040805160208101909152600081529392505050565b816003036144d157845160009060181c63ffffffff169050600081602084901c63ffffffff161480156144ba575081604084901c63ffffffff1614806144ba575063ffffffff604084901c8116145b9050806144ce57612ecb6002866000615064565b50505b8160061480156144eb5750602081901c63ffffffff168314155b1561450657613e2e600284602084901c63ffffffff16615064565b63ffffffff8314801561451a575081600114155b8015614527575081600614155b156145445750506040805160208101909152600081529392505050565b61454d85615079565b830361456057613e2e6002846000615064565b613e2e836150ca565b60606040830135151560c883901c60ff166001141461459357612f05600360408501356000615064565b6060830135151560d083901c60ff16600114146145bb57612f05600460608501356000615064565b60d882901c60ff1660011480156145d457506080830135155b156145e657612f056005600080615064565b5060408051602081019091526000815292915050565b805160609060009060981c62ffffff169050600061461e846040015160e81c90565b602085015190915060009060e01c60ff1690508060000361464c5782156143cb576143c66006846000615064565b8060030361466857818311156143cb576143c660068484615064565b8183101561467c57613e2e60068484615064565b620f42408311156143cb576143c6600684620f4240615064565b606060006146b26004846020015161403390919063ffffffff16565b6146bd5760016146c9565b60e083015160601c60ff165b835190915060181c63ffffffff166146e2604183615e27565b851461470557612b8d63365731cf60e01b826146ff604189615c47565b85613f42565b6040805160808101825282815260208082018590528601516147409282019060e81c60ff168152600060209091015260808601518888613c1c565b5060a0860152925050509392505050565b6020810151606090600881901c61040016156147e557825160408051600883901c60ff1660208083019190915260189390931c63ffffffff168183015260608781013581830152825180830390910181526080909101909152805191012060c0840181905260009081526013602052604090205480156147e35760c0840151613c0b9063d4b6883960e01b9083613f96565b505b602881901c600216156148415760808301516000908152600f602052604090205460ff166148225760405180602001604052806000815250614839565b60808301516148399063485e28c560e11b90613fe3565b915050611e99565b6000600882901c610100161515801561485f57506001600883901c16155b90508080156148795750604084015161ffff9060c01c8116145b1561489257613c0b630ccbb6b760e21b86356000613f96565b604084015162ffffff9060d01c8116036148ba57613c0b630ccbb6b760e21b86356001613f96565b50506040805160208101909152600081529392505050565b6000806148ea836060015160001c84604001516134d6565b84356000908152600e6020526040902054608085015160a0860151929350614913928490613e1f565b84356000908152600e602090815260408083208490556080870180518452600f90925291829020805460ff19166001179055519085015191935061497c917f6287565174ed026e9f5b05e77611c8b3753c8fb991f9155255d47cdb9416ff489187918690614bbe565b5092915050565b805160208201516040830151919060081c61ffff811690600116156149cd576149ca601883901c63ffffffff1661ffff841660a01b602082901b90911717600160c01b1790565b92505b60028116156149ed576149ea8363ffffffff605885901c1661511c565b92505b60ff19610101821601614a0457600160c01b830192505b6008811615614a5a57608083901c63ffffffff1615614a3657614a33608084901c63ffffffff165b849061512d565b92505b614a57600080614a508663ffffffff606082901c16615145565b919061515e565b92505b6010811615614a7257614a6f8360008061515e565b92505b6080811615614aa057614a9d602084901c63ffffffff16608085901c63ffffffff165b85919061515e565b92505b6004811615614aca57614ac7605883901c63ffffffff16607884901c63ffffffff16614a95565b92505b6020811615614ae957614ae6607883901c63ffffffff16614a2c565b92505b6040811615614b0557614b028363ffffffff8116615145565b92505b610200811615614b2557614b228362ffffff609885901c1661517f565b92505b610800811615614b6257614b3a83600261369d565b6000868152601460205260409020805463ffffffff191663ffffffff605886901c1617905592505b611000811615614b9357614b7783600061369d565b6000868152601460205260409020805463ffffffff1916905592505b613e2e614ba4856020015160ff1690565b849060b01b600160d01b176101ff60b01b19919091160190565b366000614bce60c08701876159e6565b915091506040518185825284602083015260a08801356040830152606060408901606084013760e060c08301528060e08301528084610100840137600081610100840101528688358a601f19601f8501166101000185a3505050505050505050565b60008060076000614c4386600287612114565b815260208082019290925260409081016000908120548152600690925290205464ffffffffff60589190911c166212750001421115949350505050565b60008163ffffffff8416148015614ca05750604883901c64ffffffffff16155b80156121225750821515612122565b60405163167f119b60e01b81526004810183905260ff82166024820152604401610f82565b6000614ce4600884901c83615196565b905080156139cc5760405163167f119b60e01b81526004810184905260ff82166024820152604401610f82565b60408051602080820197909752808201959095526060850193909352608084019190915260a0808401919091528151808403909101815260c09092019052805191012090565b60405161190160f01b602082015260228101839052604281018290526000906062016134ee565b600080807f7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0841115614db95750600091506003905082613ccf565b604080516000808252602082018084528a905260ff891692820192909252606081018790526080810186905260019060a0016020604051602081039080840390855afa158015614e0d573d6000803e3d6000fd5b5050604051601f1901519150506001600160a01b038116614e3957506000925060019150829050613ccf565b9760009750879650945050505050565b60408051602080820198909852808201969096526060860194909452608085019290925260a084015260c0808401919091528151808403909101815260e09092019052805191012090565b60606000614ea48787878761382a565b6001600160a01b03808216600081815260016020526040902054929350908516101580614edb57508851614ed9908290614c80565b155b15614f0257885160208a0151614efb9163365731cf60e01b918890613f42565b9250614f62565b6040890151607082901c60ff1616158015614f33575088606001516001600160a01b0316826001600160a01b031614155b15614f6257614f5f63f7d5e39160e01b6001600160a01b038416607084901c60ff168c60400151613f42565b92505b50965096945050505050565b60c083156136f05763ffffffff604085901c811680821491908514908616859003614f9a576001831792505b84602087901c63ffffffff1603614fb2576002831792505b8080614fbb5750815b15614fc7576004831792505b8015614fd557610100831792505b8080614fde5750815b8015614ff3575084602087901c63ffffffff16145b15614fff576008831792505b84606087901c63ffffffff1603615017576010831792505b602084161580159061502f575060b886901c60021615155b801561504e575060008781526014602052604090205463ffffffff1685145b1561505a576020831792505b5050949350505050565b60606136f06359f4152d60e11b858585613f42565b602081015160009060081c60011661509b57604082015163ffffffff16611e99565b602082015160081c6002166150ba57815160181c63ffffffff16611e99565b815160581c63ffffffff16611e99565b600081815260208190526040812054606091906150e690613927565b9050801561510557615100631bc94c9960e21b8483613f96565b612122565b604051806020016040528060008152509392505050565b600063ffffffff1983168217612122565b600063ffffffff60401b198316604083901b17612122565b600067ffffffff00000000198316602083901b17612122565b600067ffffffffffffffff60601b198416602083901b841760601b176136f0565b60006001600160e81b03831660e883901b17612122565b60006001600883901c811615159060ff84901c1415806151bd575060f083901c617fff1615155b806151d15750611fff600884901c61ffff16115b806151e557506101ff601884901c61ffff16115b806151f85750600f602884901c61ffff16115b15615207576003915050611e99565b83158115151461521b576004915050611e99565b60ff8316158061522e5750603f60ff8416115b1561523d576005915050611e99565b602883901c600216151580156152675750600883901c61ffff1615158061526757508360ff841614155b15615276576006915050611e99565b601883901c61ffff1615806152a75750601883901c604016158015906152a75750603883901c6001600160401b0316155b156152b6576007915050611e99565b600081806152cb5750600884901c6101001615155b905080151560c885901c60ff166001141415806152f857508180156152f8575060d084901c60ff16600114155b1561530857600892505050611e99565b600560b885901c60ff1611806153255750600760c085901c60ff16115b806153375750600160c885901c60ff16115b806153495750600160d085901c60ff16115b8061535b5750600160d885901c60ff16115b8061536d575060e084901c60ff166002145b8061537f5750600360e085901c60ff16115b1561538f57600992505050611e99565b60ff60e885901c16600060018214806153a85750600282145b806153b35750600482145b806153be5750600882145b9050806153cc57600a612ecb565b6000979650505050505050565b6040805161010081018252600080825260208201819052918101829052606081018290526080810182905260a0810182905260c0810182905260e081019190915290565b604051806101e00160405280600f906020820280368337509192915050565b60006020828403121561544e57600080fd5b5035919050565b60006020828403121561546757600080fd5b81356001600160401b0381111561547d57600080fd5b820160c0818503121561212257600080fd5b803563ffffffff811681146126c257600080fd5b803560ff811681146126c257600080fd5b6000806000606084860312156154c957600080fd5b6154d28461548f565b92506154e0602085016154a3565b929592945050506040919091013590565b60006020828403121561550357600080fd5b81356001600160401b0381111561551957600080fd5b8201610100818503121561212257600080fd5b60006020828403121561553e57600080fd5b81356001600160401b0381111561555457600080fd5b820160e0818503121561212257600080fd5b60006020828403121561557857600080fd5b6121228261548f565b6000806000806080858703121561559757600080fd5b6155a08561548f565b93506155ae602086016154a3565b93969395505050506040820135916060013590565b6000806000604084860312156155d857600080fd5b8335925060208401356001600160401b038111156155f557600080fd5b8401601f8101861361560657600080fd5b80356001600160401b0381111561561c57600080fd5b86602082840101111561562e57600080fd5b939660209190910195509293505050565b80356001600160a01b03811681146126c257600080fd5b60006020828403121561566857600080fd5b6121228261563f565b803561ffff811681146126c257600080fd5b60008083601f84011261569557600080fd5b5081356001600160401b038111156156ac57600080fd5b6020830191508360208260051b85010111156156c757600080fd5b9250929050565b60008060008060008060008060008060c08b8d0312156156ed57600080fd5b6156f68b615671565b995060208b0135985060408b01356001600160401b0381111561571857600080fd5b6157248d828e01615683565b90995097505060608b01356001600160401b0381111561574357600080fd5b61574f8d828e01615683565b90975095505060808b01356001600160401b0381111561576e57600080fd5b61577a8d828e01615683565b90955093505060a08b01356001600160401b0381111561579957600080fd5b6157a58d828e01615683565b915080935050809150509295989b9194979a5092959850565b6000602082840312156157d057600080fd5b612122826154a3565b60005b838110156157f45781810151838201526020016157dc565b50506000910152565b600081518084526158158160208601602086016157d9565b601f01601f19169290920160200192915050565b60ff60f81b8816815260e06020820152600061584860e08301896157fd565b828103604084015261585a81896157fd565b606084018890526001600160a01b038716608085015260a0840186905283810360c08501528451808252602080870193509091019060005b818110156158b0578351835260209384019390920191600101615892565b50909b9a5050505050505050505050565b803564ffffffffff811681146126c257600080fd5b6000806000606084860312156158eb57600080fd5b833592506154e0602085016158c1565b60006020828403121561590d57600080fd5b61212282615671565b6000806040838503121561592957600080fd5b6159328361548f565b9150615940602084016158c1565b90509250929050565b6000806040838503121561595c57600080fd5b615965836154a3565b91506159406020840161563f565b6000806020838503121561598657600080fd5b82356001600160401b0381111561599c57600080fd5b6159a885828601615683565b90969095509350505050565b634e487b7160e01b600052601160045260246000fd5b63ffffffff8181168382160190811115611e9957611e996159b4565b6000808335601e198436030181126159fd57600080fd5b8301803591506001600160401b03821115615a1757600080fd5b6020019150368190038213156156c757600080fd5b80820180821115611e9957611e996159b4565b600060208284031215615a5157600080fd5b8135801515811461212257600080fd5b600060208284031215615a7357600080fd5b81356001600160401b038116811461212257600080fd5b634e487b7160e01b600052603260045260246000fd5b81835260006001600160fb1b03831115615ab957600080fd5b8260051b80836020870137939093016020019392505050565b81835260208301925060008160005b84811015615b0a5760ff615af4836154a3565b1686526020958601959190910190600101615ae1565b5093949350505050565b608081526000615b28608083018a8c615aa0565b8281036020840152615b3b81898b615aa0565b90508281036040840152615b50818789615ad2565b90508281036060840152615b65818587615aa0565b9b9a5050505050505050505050565b81835281816020850137506000828201602090810191909152601f909101601f19169091010190565b86815285602082015284604082015260018060a01b038416606082015260a060808201526000615bd160a083018486615b74565b98975050505050505050565b6000823560de19833603018112615bf357600080fd5b9190910192915050565b8281526040602082015260006136f060408301846157fd565b600060208284031215615c2857600080fd5b612122826158c1565b634e487b7160e01b600052601260045260246000fd5b600082615c5657615c56615c31565b500490565b600082615c6a57615c6a615c31565b500690565b81810381811115611e9957611e996159b4565b8981528860208201528760408201528660608201528560808201528460a08201528360c082015261010060e08201526000615b6561010083018486615b74565b6000808335601e19843603018112615cd957600080fd5b8301803591506001600160401b03821115615cf357600080fd5b6020019150600581901b36038213156156c757600080fd5b600060018201615d1d57615d1d6159b4565b5060010190565b8981526001600160401b03891660208201526040810188905260ff87166060820152851515608082015260e060a0820181905281018490526000856101008301825b87811015615d94576001600160a01b03615d7f8461563f565b16825260209283019290910190600101615d66565b5083810360c0850152615da8818688615ad2565b9d9c50505050505050505050505050565b60008085851115615dc957600080fd5b83861115615dd657600080fd5b5050820193919092039150565b8183823760009101908152919050565b60008351615e058184602088016157d9565b6bffffffffffffffffffffffff19939093169190920190815260140192915050565b8082028115828204841417611e9957611e996159b456");
  const words = { salt: domain.salt, SEPARATOR: domain.separator, CHAIN: wordHex(domain.chainId) };
  for (const [offset, length, name] of define_RELEASE_IMMUTABLES_default) {
    const word = fromHex(words[name]);
    code.set(word.subarray(32 - length), offset);
  }
  return keccak(code);
}

// src/core/rlp.ts
var MAX_NESTING = 16;
var RlpError = class extends Error {
  found;
  allowed;
  constructor(found, allowed) {
    super(`found ${found}; allowed ${allowed}`);
    this.found = found;
    this.allowed = allowed;
  }
};
function decode(data, nesting = MAX_NESTING) {
  const [item, end] = readItem(data, 0, data.length, nesting);
  if (end !== data.length) throw new RlpError(`${data.length - end} bytes after the value`, "nothing after it");
  return item;
}
function encode2(item) {
  if (Array.isArray(item)) {
    const body = concat(...item.map(encode2));
    return concat(head(192, body.length), body);
  }
  if (item.length === 1 && item[0] < 128) return item;
  return concat(head(128, item.length), item);
}
function integer4(item, maxBytes = 32) {
  if (Array.isArray(item)) throw new RlpError("a list", "a number");
  if (item.length > maxBytes || item[0] === 0) {
    throw new RlpError(`0x${toHex(item.slice(0, 33))}`, `a number of at most ${maxBytes} bytes, without leading zeros`);
  }
  return toBigInt(item);
}
function integerBytes(value) {
  const bytes = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return bytes.length === 0 ? NO_BYTES : Uint8Array.from(bytes);
}
function isBytes3(item, length) {
  return item instanceof Uint8Array && (length === void 0 || item.length === length);
}
function head(offset, length) {
  if (length < 56) return Uint8Array.of(offset + length);
  const size = integerBytes(length);
  return concat(Uint8Array.of(offset + 55 + size.length), size);
}
function readItem(data, at, end, nesting) {
  if (at >= end) throw new RlpError("nothing", "a value");
  const first = data[at];
  if (first < 128) return [data.subarray(at, at + 1), at + 1];
  const isList = first >= 192;
  const [start, stop] = span(data, at, end, first - (isList ? 192 : 128));
  if (!isList) {
    if (stop - start === 1 && data[start] < 128) {
      throw new RlpError("a small byte with a length before it", "a byte below 0x80 as itself");
    }
    return [data.subarray(start, stop), stop];
  }
  if (nesting === 0) throw new RlpError("a list too deep inside lists", "fewer lists within lists");
  const items = [];
  for (let next = start; next < stop; ) {
    const [item, after] = readItem(data, next, stop, nesting - 1);
    items.push(item);
    next = after;
  }
  return [items, stop];
}
function span(data, at, end, code) {
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

// src/core/seals.ts
var ETHEREUM = {
  sizes: [32, 32, 20, 32, 32, 32, 256, 0, 0, 0, 0, 0, 0, 32, 8],
  most: 21,
  parent: 0,
  state: 3,
  number: 8,
  time: 11,
  extra: 12
};
var KAIA = {
  sizes: [32, 20, 32, 32, 32, 256, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  most: 19,
  parent: 0,
  state: 2,
  number: 7,
  time: 9,
  extra: 11
};
function checkBlock(engine, path, raw, trusted) {
  if (engine === "none") {
    if (path.length > 0) throw refused2(`a path of ${path.length} headers`, "none, since this engine has no validators");
    const fields = readFields2(ETHEREUM, raw);
    return { header: headerOf(ETHEREUM, fields, keccak(encode2(fields))), sealed: false, signers: [] };
  }
  const blocks = [...path, raw].map((one) => readBlock(engine, one));
  for (let at = 1; at < blocks.length; at++) {
    const [before, after] = [blocks[at - 1].header.number, blocks[at].header.number];
    if (after <= before) throw refused2(`header of block ${after} after that of ${before}`, "ascending headers");
  }
  const last = blocks[blocks.length - 1];
  const trust = trustFor(trusted, last.header.number);
  const force = new Force(trust);
  for (const block of blocks) if (block.header.number > trust.height) force.carry(block);
  force.end();
  return { header: last.header, sealed: true, signers: last.signers };
}
function quorum(members) {
  return Math.ceil(2 * members / 3);
}
function trustFor(trusted, number2) {
  const before = trusted.filter((trust) => trust.height < number2);
  if (before.length === 0) {
    const known2 = trusted.map((trust) => trust.height).sort((left, right) => left - right).join(", ") || "it names none";
    throw outside(1, `block ${number2}`, `a block after one whose validators the policy names (${known2})`);
  }
  return before.reduce((newest, trust) => trust.height > newest.height ? trust : newest);
}
var Force = class {
  #height;
  #members;
  /** A handover that is not complete yet: its newest block. */
  #open = null;
  #endorsers = /* @__PURE__ */ new Set();
  constructor(trust) {
    this.#height = trust.height;
    this.#members = new Set(trust.validators);
  }
  carry(block) {
    if (this.#open !== null && !(block.header.parentHash === this.#open.header.hash && sameSet(block.listed, this.#open.listed))) {
      throw this.#notHandedOver(this.#open);
    }
    if (sameSet(block.listed, this.#members)) return;
    this.#open = block;
    for (const signer of block.signers) if (this.#members.has(signer)) this.#endorsers.add(signer);
    if (this.#endorsers.size >= quorum(this.#members.size)) {
      this.#height = block.header.number;
      this.#members = block.listed;
      this.#open = null;
      this.#endorsers = /* @__PURE__ */ new Set();
    }
  }
  end() {
    if (this.#open !== null) throw this.#notHandedOver(this.#open);
  }
  #notHandedOver(open) {
    const members = this.#members.size;
    return outside(
      1,
      `block ${open.header.number}, sealed by other validators than those in force after block ${this.#height}, of whom ${this.#endorsers.size} of ${members} sealed the change`,
      `the set in force, or ${quorum(members)} of its ${members} members under the change`
    );
  }
};
function sameSet(left, right) {
  return left.size === right.size && [...left].every((one) => right.has(one));
}
function readBlock(engine, raw) {
  const layout = engine === "qbft" ? ETHEREUM : KAIA;
  const fields = readFields2(layout, raw);
  const sealing = (engine === "qbft" ? qbft : istanbul)(fields);
  const header = headerOf(layout, fields, sealing.hash);
  const name = `block ${header.number}`;
  if (sealing.validators.length === 0) throw refused2(`${name} lists no validators`, "the validators in the header");
  const listed2 = new Set(sealing.validators);
  if (listed2.size !== sealing.validators.length) throw refused2(`${name} lists a validator twice`, "each validator once");
  const signers = sealing.committed.map((seal) => signerOf(name, seal, listed2));
  if (new Set(signers).size !== signers.length) throw refused2(`${name} with two seals of one validator`, "one seal of each");
  if (signers.length < quorum(listed2.size)) {
    throw refused2(`${name} with ${signers.length} seals`, `${quorum(listed2.size)} of ${listed2.size} validators`);
  }
  if (sealing.proposer !== null) signerOf(name, sealing.proposer, listed2);
  return { header, listed: listed2, signers };
}
function signerOf(name, seal, members) {
  const signer = recoverSeal(seal.digest, seal.bytes);
  if (signer === null) throw refused2(`${name} with a seal that fits no key`, "65 bytes r, s, v");
  if (!members.has(signer)) throw refused2(`${name} with a seal of 0x${signer}`, "seals of the validators it lists");
  return signer;
}
function readFields2(layout, raw) {
  const item = decoded(raw, 1, "header");
  if (!Array.isArray(item) || item.length < layout.sizes.length || item.length > layout.most) {
    throw refused2("header: another value", `a list of ${layout.sizes.length} to ${layout.most} fields`);
  }
  return item.map((field2, at) => {
    if (!isBytes3(field2)) throw refused2("header: a list as a field", "bytes");
    const size = layout.sizes[at] ?? 0;
    if (size !== 0 && field2.length !== size) throw refused2(`header: field ${at} of ${field2.length} bytes`, `${size} bytes`);
    return field2;
  });
}
function headerOf(layout, fields, hash) {
  return {
    hash,
    parentHash: toHex(fields[layout.parent]),
    stateRoot: toHex(fields[layout.state]),
    number: numberIn(fields[layout.number]),
    time: numberIn(fields[layout.time])
  };
}
function numberIn(field2) {
  let value;
  try {
    value = integer4(field2, 8);
  } catch (error) {
    throw error instanceof RlpError ? refused2(`header: ${error.found}`, error.allowed) : error;
  }
  return Number(value);
}
function decoded(raw, nesting, what) {
  try {
    return decode(raw, nesting);
  } catch (error) {
    throw error instanceof RlpError ? refused2(`${what}: ${error.found}`, error.allowed) : error;
  }
}
function qbft(fields) {
  const extra = extraOf(fields[ETHEREUM.extra], 5);
  const [vanity, validators, vote, round, seals] = extra;
  if (!isBytes3(vanity, 32)) throw refused2("extraData: vanity of another length", "32 bytes");
  if (!Array.isArray(vote)) throw refused2("extraData: bytes as a vote", "a list, empty where nobody voted");
  try {
    integer4(round, 4);
  } catch (error) {
    throw error instanceof RlpError ? refused2(`extraData: round: ${error.found}`, error.allowed) : error;
  }
  const signed = (number2) => hashWith(fields, ETHEREUM.extra, encode2([vanity, validators, vote, number2, []]));
  const digest3 = signed(round);
  return {
    hash: signed(new Uint8Array(0)),
    validators: stringsOf(validators, 20, "validators").map(toHex),
    committed: stringsOf(seals, 65, "seals").map((bytes) => ({ digest: digest3, bytes })),
    proposer: null
  };
}
function istanbul(fields) {
  const data = fields[KAIA.extra];
  if (data.length < 32) throw refused2(`extraData of ${data.length} bytes`, "32 bytes of vanity, then a list of 3");
  const [validators, proposer, seals] = extraOf(data.subarray(32), 3);
  if (!isBytes3(proposer, 65)) throw refused2("extraData: a proposer's seal of another length", "65 bytes");
  const vanity = Uint8Array.from(data.subarray(0, 32));
  vanity[31] = 0;
  const signed = (seal) => hashWith(fields, KAIA.extra, concat(vanity, encode2([validators, seal, []])));
  const hash = signed(proposer);
  const committed = keccak(fromHex(hash), Uint8Array.of(2));
  return {
    hash,
    validators: stringsOf(validators, 20, "validators").map(toHex),
    committed: stringsOf(seals, 65, "seals").map((bytes) => ({ digest: committed, bytes })),
    proposer: { digest: keccak(fromHex(signed(new Uint8Array(0)))), bytes: proposer }
  };
}
function hashWith(fields, at, extra) {
  return keccak(encode2(fields.map((field2, place) => place === at ? extra : field2)));
}
function extraOf(data, members) {
  const item = decoded(data, 3, "extraData");
  if (!Array.isArray(item) || item.length !== members) throw refused2("extraData: another value", `a list of ${members}`);
  return item;
}
function stringsOf(item, size, what) {
  if (!Array.isArray(item)) throw refused2(`extraData: no list of ${what}`, `a list of ${what}, ${size} bytes each`);
  return item.map((one) => {
    if (!isBytes3(one, size)) throw refused2(`extraData: ${what} of another length`, `${size} bytes each`);
    return one;
  });
}
function refused2(found, expected) {
  return invalid(1, found, expected);
}

// src/core/slots.ts
var ACCOUNTS = 1;
var PARTY_HEADS = 4;
var RECORDS = 13;
var NOTES_HEADS = 14;
var KIND_DIGESTS = 18;
var CLAIMS = 19;
var EXTENSIONS = 20;
var ledgerHead = wordHex(9);
var account = (address2) => keccakWords(address2, ACCOUNTS);
var partyHead = (party) => keccakWords(party, PARTY_HEADS);
var control = (document) => keccakWords(document, RECORDS);
var head2 = (document) => wordHex(BigInt.asUintN(256, hexToBigInt(control(document)) + 1n));
var notesHead = (document) => keccakWords(document, NOTES_HEADS);
var kindDigest = (kind) => keccakWords(kind, KIND_DIGESTS);
var claim = (id) => keccakWords(id, CLAIMS);
var extension = (document) => keccakWords(document, EXTENSIONS);

// src/core/table.ts
var MILLION2 = 1e6;
var MAX_VERSION = 65535;
var MAX_SEQUENCE = 2 ** 24 - 1;
var MAX_STOP = 30 * DAY;
var BEFORE_ALL = { control: NOWHERE, head: ZERO, securedParty: 0, frozenUntil: 0 };
function exists(at) {
  return at.control.kind !== 0 || at.control.sequence !== 0;
}
var Refusal = class extends Error {
  step;
  found;
  expected;
  party;
  epoch;
  constructor(step, found, expected, party = null, epoch = null) {
    super(`found ${found}; expected ${expected}`);
    this.step = step;
    this.found = found;
    this.expected = expected;
    this.party = party;
    this.epoch = epoch;
  }
};
var Scene = class {
  kind;
  #timelines;
  #accounts;
  #time = -1;
  /** By party, which of several entries of this second is taken. */
  #chosen = /* @__PURE__ */ new Map();
  #answers = /* @__PURE__ */ new Map();
  #worked = /* @__PURE__ */ new Map();
  constructor(kind, timelines, accounts) {
    this.kind = kind;
    this.#timelines = timelines;
    this.#accounts = accounts;
  }
  /** asked: what of an act decides which of its parties' entries fit it. */
  moveTo(time, asked) {
    if (time !== this.#time) {
      this.#time = time;
      this.#answers.clear();
      this.#worked.clear();
    }
    this.#chosen = new Map(this.#worked.get(asked) ?? []);
  }
  passed(asked) {
    if (this.#chosen.size > 0) this.#worked.set(asked, this.#chosen);
  }
  #answersOf(number2) {
    const known2 = this.#answers.get(number2);
    if (known2 !== void 0) return known2;
    const found = this.#timelines.get(number2)?.at(this.#time) ?? [];
    this.#answers.set(number2, found);
    return found;
  }
  party(number2) {
    return this.#answersOf(number2)[this.#chosen.get(number2) ?? 0] ?? null;
  }
  /** The account as it was then: one that was removed later counts as there. */
  account(address2) {
    const found = this.#accounts.get(address2) ?? null;
    return found !== null && activeAt(found, this.#time) ? found : null;
  }
  /** Whether the party changed within this very second. */
  several(number2) {
    return this.#answersOf(number2).length > 1;
  }
  /** Take the next of the entries that a party's log has in this second, if there is one. epoch: the one that is sought. */
  otherOrder(party, epoch) {
    if (party === null) return false;
    const answers = this.#answersOf(party);
    let after = (this.#chosen.get(party) ?? 0) + 1;
    if (epoch !== null) while (after < answers.length && (answers[after]?.epoch ?? 0) < epoch) after++;
    if (after >= answers.length) return false;
    this.#chosen.set(party, after);
    return true;
  }
};
function run(scene, at, item, signers, where, step) {
  const { action } = item;
  const asked = [at.control.state, action.verb, action.actor, action.epoch, action.counterparty, action.endorsee, item.signatures.length].join();
  scene.moveTo(item.time, asked);
  let rule = null;
  while (rule === null) {
    try {
      rule = check2(item, at, scene, signers);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      if (scene.otherOrder(refusal.party, refusal.epoch)) continue;
      throw invalid(refusal.step ?? step, refusal.found, refusal.expected, where);
    }
  }
  scene.passed(asked);
  const ambiguous = [action.actor, ...namedParties(action)].some((party) => scene.several(party));
  if (rule.flags & FLAG.note) return [at, ambiguous];
  return [
    {
      control: effects(item.action, rule, at.control),
      head: item.head,
      securedParty: rule.effects & EFFECT.release ? 0 : rule.effects & EFFECT.secure ? item.action.counterparty : at.securedParty,
      frozenUntil: at.frozenUntil
    },
    ambiguous
  ];
}
function namedParties(action) {
  return [action.counterparty, action.endorsee].filter((party) => party !== 0 && party !== BEARER);
}
function freeze(kind, at, item, where) {
  const { control: control2, frozenUntil } = at;
  if (!exists(at) || item.until !== 0 && !kind.live(control2.state)) throw invalid(9, "a freeze of no live record", "a record that can still change", where);
  const now = item.time;
  if (item.until !== 0) {
    if (item.until <= Math.max(now, frozenUntil) || item.until > now + MAX_STOP) {
      throw invalid(9, `frozen until ${moment(item.until)}`, `after ${moment(Math.max(now, frozenUntil))}, up to ${moment(now + MAX_STOP)}`, where);
    }
  } else if (!(control2.flags & FROZEN) || frozenUntil <= now) throw invalid(9, "an unfreeze", "a record that is frozen", where);
  return {
    control: { ...control2, flags: control2.flags | FROZEN, sequence: control2.sequence + 1 },
    head: item.head,
    securedParty: at.securedParty,
    frozenUntil: item.until === 0 ? now : item.until
  };
}
function check2(item, at, scene, signers) {
  const { action, time } = item;
  const { control: control2 } = at;
  if (action.deadline < time) throw new Refusal(null, `deadline ${moment(action.deadline)}`, `${moment(time)} or later`);
  if (action.deadline > time + MAX_STOP) throw new Refusal(null, `deadline ${moment(action.deadline)}`, `at the latest ${moment(time + MAX_STOP)}`);
  if (exists(at) && action.kind !== control2.kind) throw new Refusal(5, `kind ${action.kind}`, `${control2.kind}, the record's`);
  const rule = action.kind === scene.kind.number ? scene.kind.rule(control2.state, action.verb) : void 0;
  if (rule === void 0) {
    throw new Refusal(null, `${scene.kind.verbName(action.verb)} in state ${scene.kind.stateName(control2.state)}`, "a verb that the table has there");
  }
  if (control2.flags & FROZEN && !(rule.flags & FLAG.note) && at.frozenUntil > time) {
    throw new Refusal(null, `an act on a record frozen until ${moment(at.frozenUntil)}`, "no act before that");
  }
  if (rule.effects & EFFECT.create) {
    const expected = documentId(action.kind >> 8, action.actor, action.documentReference);
    if (action.document !== expected) throw new Refusal(11, `document ${action.document}`, `${expected}, from creator and reference`);
  }
  const actor = active(action.actor, scene, time, (rule.flags & FLAG.locked_too) !== 0);
  if (action.epoch !== actor.epoch) throw new Refusal(8, `epoch ${action.epoch} of party ${action.actor}`, String(actor.epoch), action.actor, action.epoch);
  needRoles(action.actor, actor, rule.roles);
  checkWho(action, rule, at);
  const issuer = rule.effects & EFFECT.create ? rule.effects & EFFECT.issuer_is_counterparty ? action.counterparty : action.actor : control2.issuer;
  checkCounterparty(action, rule, control2, issuer, scene, time);
  checkEndorsee(action, rule, control2, issuer, scene, time);
  if (rule.content !== 0 !== (action.content !== ZERO)) throw new Refusal(null, `content ${action.content}`, "content exactly where the row writes it");
  if (rule.reference !== 0 !== (action.documentReference !== ZERO)) throw new Refusal(null, `reference ${action.documentReference}`, "a reference exactly where the row sets it");
  if (rule.detail !== 0 && action.detail === ZERO) throw new Refusal(null, "no detail", "a detail, which the row asks for");
  checkQuantity(action.quantity, rule.quantity, control2.used);
  if (action.previous !== at.head) throw new Refusal(5, `previous ${action.previous}`, `${at.head}, the head before it`);
  checkSignatures(item, rule, actor, scene, signers);
  if (!(rule.flags & FLAG.note)) {
    const renews = (rule.effects & (EFFECT.create | EFFECT.new_content)) === EFFECT.new_content;
    if (renews && control2.version === MAX_VERSION) throw new Refusal(null, "one version more", `at most ${MAX_VERSION}`);
    if (control2.sequence === MAX_SEQUENCE) throw new Refusal(null, "one act more", `at most ${MAX_SEQUENCE}`);
  }
  return rule;
}
function active(number2, scene, time, lockedToo = false) {
  const party = scene.party(number2);
  if (party === null) throw new Refusal(8, `party ${number2}, not registered`, "a registered party", number2);
  if (party.suspendedUntil > time) throw new Refusal(8, `party ${number2}, suspended until ${moment(party.suspendedUntil)}`, "a party that is free", number2);
  if (party.locked && !lockedToo) throw new Refusal(8, `party ${number2}, locked`, "a party that is not locked", number2);
  return party;
}
function needRoles(number2, party, needed2) {
  if (needed2 !== 0n && ((party?.roles ?? 0n) & needed2) === 0n) {
    throw new Refusal(8, `party ${number2} without such a role`, roleNames(needed2).join(" or "), number2);
  }
}
function standingBits(actor, at) {
  let bits2 = WHO.role | WHO.anyone;
  if (!exists(at)) return bits2;
  const { control: control2 } = at;
  const named3 = control2.endorsee === actor;
  const addressee = named3 || control2.endorsee === BEARER;
  if (control2.issuer === actor) bits2 |= WHO.issuer;
  if (control2.possessor === actor) bits2 |= WHO.possessor;
  if (control2.possessor === actor && addressee) bits2 |= WHO.titleholder;
  if (addressee) bits2 |= WHO.addressee;
  if (named3) bits2 |= WHO.named_endorsee;
  if (control2.offeree === actor) bits2 |= WHO.offeree;
  if (control2.flags & SECURED && at.securedParty === actor) bits2 |= WHO.secured;
  return bits2;
}
function checkWho(action, rule, at) {
  const held = standingBits(action.actor, at) & rule.who;
  if (rule.flags & FLAG.all ? held !== rule.who : held === 0) {
    const asked = Object.entries(WHO).filter(([, bit]) => rule.who & bit).map(([name]) => name);
    throw new Refusal(null, `party ${action.actor}, who is not`, asked.join(rule.flags & FLAG.all ? " and " : " or "), action.actor);
  }
}
function refuseParty(what, found, expected) {
  throw new Refusal(null, `${what} ${found}`, String(expected));
}
function checkCounterparty(action, rule, control2, issuer, scene, time) {
  const named3 = action.counterparty;
  switch (rule.counterparty) {
    case COUNTERPARTY.none:
      if (named3 !== 0) refuseParty("counterparty", named3, "none");
      break;
    case COUNTERPARTY.possessor:
      if (named3 !== control2.possessor) refuseParty("counterparty", named3, control2.possessor);
      if (scene.party(named3)?.locked) throw new Refusal(8, `party ${named3}, locked`, "a party that is not locked", named3);
      break;
    case COUNTERPARTY.offeree:
      if (named3 !== control2.offeree) refuseParty("counterparty", named3, control2.offeree);
      break;
    default:
      if (rule.counterparty === COUNTERPARTY.endorsee && named3 !== control2.endorsee) refuseParty("counterparty", named3, control2.endorsee);
      if (named3 === action.actor || rule.counterparty !== COUNTERPARTY.party && named3 === issuer) {
        refuseParty("counterparty", named3, "another party");
      }
      active(named3, scene, time);
  }
  if (rule.counterpartyRoles !== 0n) needRoles(named3, scene.party(named3), rule.counterpartyRoles);
}
function checkEndorsee(action, rule, control2, issuer, scene, time) {
  const named3 = action.endorsee;
  const mode = rule.endorsee;
  if (mode === ENDORSEE.none || mode === ENDORSEE.bearer || mode === ENDORSEE.as_offered) {
    const allowed = mode === ENDORSEE.none ? 0 : mode === ENDORSEE.bearer ? BEARER : control2.offeredEndorsee;
    if (named3 !== allowed) refuseParty("endorsee", named3, allowed);
    return;
  }
  if (named3 === 0 && (mode === ENDORSEE.if_titleholder || mode === ENDORSEE.none_party_or_bearer)) return;
  const titleholder = control2.possessor === action.actor && (control2.endorsee === action.actor || control2.endorsee === BEARER);
  if (mode === ENDORSEE.if_titleholder && !titleholder) refuseParty("endorsee", named3, "none, since the actor is not titleholder");
  if (mode === ENDORSEE.possessor && named3 !== control2.possessor) refuseParty("endorsee", named3, control2.possessor);
  if (named3 === BEARER && mode !== ENDORSEE.party && mode !== ENDORSEE.possessor) return;
  if (named3 === issuer) refuseParty("endorsee", named3, "anybody but the issuer");
  active(named3, scene, time);
}
function checkQuantity(quantity, mode, used) {
  const [low, high] = mode === QUANTITY.zero ? [0, 0] : mode === QUANTITY.shrinks ? [0, used] : [used, MILLION2];
  if (quantity < low || quantity > high) throw new Refusal(null, `quantity ${quantity}`, `${low} to ${high}`);
}
function checkSignatures(item, rule, actor, scene, signers) {
  const number2 = item.action.actor;
  const needed2 = rule.flags & FLAG.critical ? actor.threshold : 1;
  if (item.signatures.length !== needed2 * LENGTH) throw new Refusal(8, `${signers.length} signatures`, `exactly ${needed2}`, number2);
  for (const signer of signers) {
    const account3 = scene.account(signer);
    if (account3 === null || account3.party !== number2) throw new Refusal(8, `a signature of 0x${signer}`, `an account of party ${number2}`, number2);
    if ((account3.scope & rule.scope) === 0) throw new Refusal(7, `account 0x${signer} with scope ${account3.scope}`, `a scope that covers ${rule.scope}`);
  }
}
function effects(action, rule, before) {
  const does = (effect) => (rule.effects & effect) !== 0;
  let { issuer, possessor, endorsee, offeree, offeredEndorsee, kind, version, used } = before;
  let flags = before.flags & ~FROZEN;
  if (does(EFFECT.create)) {
    issuer = possessor = action.actor;
    kind = action.kind;
    version = 1;
  }
  if (does(EFFECT.issuer_is_counterparty)) issuer = action.counterparty;
  if (does(EFFECT.new_content) && !does(EFFECT.create)) version++;
  if (does(EFFECT.take)) {
    if (offeredEndorsee !== 0) endorsee = offeredEndorsee;
    possessor = offeree;
    offeree = offeredEndorsee = 0;
  }
  if (does(EFFECT.clear)) offeree = offeredEndorsee = 0;
  if (does(EFFECT.reserve_return)) offeree = possessor;
  if (does(EFFECT.offer)) {
    offeree = action.counterparty;
    offeredEndorsee = action.endorsee;
  }
  if (does(EFFECT.endorse)) endorsee = action.endorsee;
  if (does(EFFECT.to_issuer)) possessor = issuer;
  if (does(EFFECT.use)) used = action.quantity;
  if (does(EFFECT.secure)) flags |= SECURED;
  if (does(EFFECT.release)) flags &= ~SECURED;
  return { issuer, possessor, endorsee, offeree, offeredEndorsee, kind, state: rule.next, flags, version, sequence: before.sequence + 1, used };
}

// src/core/trie.ts
var EMPTY_ROOT = keccak(Uint8Array.of(128));
var REMEDY = "The proof is incomplete or damaged: make the evidence again.";
var KAIA_CONTRACT = 2;
var Nodes = class {
  #raw = /* @__PURE__ */ new Map();
  #read = /* @__PURE__ */ new Map();
  /** raw: RLP of each node, in any order, each once. */
  constructor(raw) {
    for (const node of raw) {
      const digest3 = keccak(node);
      if (this.#raw.has(digest3)) throw invalid(2, `node ${digest3} twice`, "each node of the proofs once", "", REMEDY);
      this.#raw.set(digest3, node);
    }
  }
  unused() {
    return this.#raw.size - this.#read.size;
  }
  get size() {
    return this.#raw.size;
  }
  /** The node with this hash, marked as used; undefined where the proof does not have it. */
  node(digest3, step) {
    const known2 = this.#read.get(digest3);
    if (known2 !== void 0) return known2;
    const raw = this.#raw.get(digest3);
    if (raw === void 0) return void 0;
    let item;
    try {
      item = decode(raw);
    } catch (error) {
      throw ofRlp(error, step, `node ${digest3}`);
    }
    const node = shaped(item, step);
    this.#read.set(digest3, node);
    return node;
  }
};
var Unproven = class extends Error {
  digest;
  constructor(digest3) {
    super(`no node ${digest3}`);
    this.digest = digest3;
  }
};
function walk(root, key, nodes, step) {
  if (root === EMPTY_ROOT) return null;
  const path = Array.from(key, (digit) => parseInt(digit, 16));
  let node = needed(nodes, root, step);
  let at = 0;
  for (; ; ) {
    let below;
    if (node.length === 17) {
      if (at === path.length) return valueOf(node[16], step);
      below = node[path[at]];
      at++;
    } else {
      const [part, leaf] = prefix(node[0], step);
      const fits = part.every((nibble, offset) => path[at + offset] === nibble);
      if (leaf) return fits && at + part.length === path.length ? valueOf(node[1], step) : null;
      if (!fits) return null;
      below = node[1];
      at += part.length;
    }
    if (isBytes3(below, 0)) return null;
    node = nodeBelow(below, nodes, step);
  }
}
function wholeWalk(root, key, nodes, step) {
  try {
    return walk(root, key, nodes, step);
  } catch (error) {
    if (error instanceof Unproven) throw missing(error, step);
    throw error;
  }
}
function missing(error, step) {
  return invalid(step, `no node ${error.digest}`, "every node from the root to the value", "", REMEDY);
}
function account2(root, address2, nodes, kaia) {
  const leaf = wholeWalk(root, keccak(fromHex(address2)), nodes, 2);
  if (leaf === null) throw invalid(2, `no account 0x${address2}`, "the ledger's account in the block's state", "", REMEDY);
  try {
    return kaia ? kaiaAccount(leaf) : ethereumAccount(decode(leaf));
  } catch (error) {
    throw ofRlp(error, 2, `account 0x${address2}`);
  }
}
function slotOrUnproven(root, slot2, nodes) {
  return slotValue(walk(root, keccak(fromHex(wordHex(slot2))), nodes, 3), slot2);
}
function slot(root, place, nodes) {
  return slotValue(wholeWalk(root, keccak(fromHex(wordHex(place))), nodes, 3), place);
}
function slotValue(leaf, place) {
  if (leaf === null) return 0n;
  let value;
  try {
    value = integer4(decode(leaf));
  } catch (error) {
    throw ofRlp(error, 3, `slot ${place}`);
  }
  if (value === 0n) throw invalid(3, `slot ${place}: a stored 0`, "no leaf where nothing is stored", "", REMEDY);
  return value;
}
function ethereumAccount(item) {
  if (!Array.isArray(item) || item.length !== 4) throw another("[nonce, balance, storageRoot, codeHash]");
  integer4(item[0], 8);
  integer4(item[1]);
  return { storageRoot: digest2(item[2]), codeHash: digest2(item[3]) };
}
function kaiaAccount(leaf) {
  if (leaf[0] !== KAIA_CONTRACT) throw new RlpError("another type of account", "0x02, a contract");
  const item = decode(leaf.subarray(1));
  const common = Array.isArray(item) ? item[0] : void 0;
  if (!Array.isArray(item) || item.length !== 4 || !Array.isArray(common) || common.length !== 5) {
    throw another("[[nonce, balance, …], storageRoot, codeHash, codeInfo]");
  }
  integer4(common[0], 8);
  integer4(common[1]);
  return { storageRoot: digest2(item[1]), codeHash: digest2(item[2]) };
}
function digest2(item) {
  if (!isBytes3(item, 32)) throw another("a hash of 32 bytes");
  return toHex(item);
}
function another(allowed) {
  return new RlpError("another value", allowed);
}
function needed(nodes, digest3, step) {
  const node = nodes.node(digest3, step);
  if (node === void 0) throw new Unproven(digest3);
  return node;
}
function nodeBelow(reference, nodes, step) {
  if (Array.isArray(reference)) {
    if (encode2(reference).length >= 32) throw misshapen(step, "a node of 32 bytes or more inside its parent", "its hash");
    return shaped(reference, step);
  }
  if (reference.length !== 32) throw misshapen(step, `a reference of ${reference.length} bytes`, "a hash of 32 bytes");
  return needed(nodes, toHex(reference), step);
}
function shaped(item, step) {
  if (Array.isArray(item) && (item.length === 2 || item.length === 17)) return item;
  throw misshapen(step, "a value that is no node", "a list of 2 or 17");
}
function prefix(encoded, step) {
  if (!isBytes3(encoded) || encoded.length === 0 || encoded[0] >> 4 > 3) {
    throw misshapen(step, "a path without its prefix", "prefix 0 to 3");
  }
  const halves = Array.from(encoded).flatMap((byte) => [byte >> 4, byte & 15]);
  const leaf = halves[0] >= 2;
  const odd = halves[0] % 2 === 1;
  if (!odd && halves[1] !== 0) throw misshapen(step, `an even path padded with ${halves[1]}`, "padding 0");
  const part = halves.slice(odd ? 1 : 2);
  if (!leaf && part.length === 0) throw misshapen(step, "an extension without a path", "at least one nibble");
  return [part, leaf];
}
function valueOf(item, step) {
  if (!isBytes3(item)) throw misshapen(step, "a list as a value", "bytes");
  return item.length === 0 ? null : item;
}
function misshapen(step, found, expected) {
  return invalid(step, found, expected, "", REMEDY);
}
function ofRlp(error, step, what) {
  if (!(error instanceof RlpError)) return error;
  return invalid(step, `${what}: ${error.found}`, error.allowed, "", REMEDY);
}

// src/core/verify.ts
var FREEZE = keccakText("FREEZE");
var UNFREEZE = keccakText("UNFREEZE");
var BETWEEN_PAUSES = 32;
var Progress = class {
  steps = [];
  remarks = [];
  pause;
  constructor(pause = null) {
    this.pause = pause;
  }
  passed(step, facts, checked = true) {
    this.steps.push({ step, checked, facts });
  }
};
async function prove(bundle, policy2, progress, header = null) {
  const rule = ledgerRule(policy2, bundle.domain, bundle.engine);
  const block = checkBlock(bundle.engine, bundle.path, bundle.header, rule.validators);
  if (policy2.sealed && !block.sealed) throw outside(1, "a block that nobody sealed", "sealed evidence");
  progress.passed(1, { block: block.header.number, time: block.header.time, chain: bundle.domain.chainId, seals: block.signers.length });
  const check3 = new Check(bundle, block, progress);
  const nodes = check3.account(rule);
  await check3.recover();
  const facts = check3.storage(nodes);
  const kind = check3.kind(policy2);
  return check3.history(kind, facts, header);
}
var Check = class {
  #bundle;
  #block;
  #progress;
  /** Who signed, by act; null where a signature fits no key. */
  #recovered = /* @__PURE__ */ new Map();
  #storageRoot = ZERO;
  #facts;
  #kind;
  #timelines = /* @__PURE__ */ new Map();
  #powers;
  #scene;
  constructor(bundle, block, progress) {
    this.#bundle = bundle;
    this.#block = block;
    this.#progress = progress;
  }
  /** The acts that are shown, of both tracks: first the control track's. */
  #acts() {
    return [...this.#bundle.entries, ...this.#bundle.notes].filter((item) => item.type === "act" || item.type === "note");
  }
  #named(at) {
    const item = this.#bundle.entries[at];
    return `act ${at}, ${item.type === "freeze" ? item.until === 0 ? "UNFREEZE" : "FREEZE" : this.#kind.verbName(item.action.verb)}`;
  }
  // --- 2 and 3: the ledger's account and storage ---------------------------------------------------------------------
  account(rule) {
    const bundle = this.#bundle;
    const nodes = new Nodes(bundle.proof);
    const account3 = account2(this.#block.header.stateRoot, bundle.domain.address, nodes, bundle.engine === "istanbul");
    const wanted = rule.code ?? releaseCodeDigest(bundle.domain);
    if (account3.codeHash !== wanted) throw outside(2, `code digest ${account3.codeHash}`, wanted);
    this.#progress.passed(2, { ledger: `0x${bundle.domain.address}`, code: account3.codeHash });
    this.#storageRoot = account3.storageRoot;
    return nodes;
  }
  /** Who signed: what takes the time of a verification. */
  async recover() {
    const acts = this.#acts();
    const all = acts.reduce((sum, item) => sum + Math.ceil(item.signatures.length / LENGTH), 0);
    let done = 0;
    for (const item of acts) {
      const pieces = split2(item.signatures);
      this.#recovered.set(item, pieces.map((piece) => recover(item.digest, piece)));
      const before = done;
      done += pieces.length;
      if (this.#progress.pause && Math.floor(before / BETWEEN_PAUSES) !== Math.floor(done / BETWEEN_PAUSES)) await this.#progress.pause(done, all);
    }
  }
  storage(nodes) {
    const bundle = this.#bundle;
    const root = this.#storageRoot;
    let count = 0;
    const word = (place) => {
      count++;
      return slot(root, place, nodes);
    };
    const digest3 = (place) => wordHex(word(place));
    const whereShown = (place) => {
      try {
        const found = slotOrUnproven(root, place, nodes);
        count++;
        return found;
      } catch (error) {
        if (error instanceof Unproven || error instanceof Failure) return null;
        throw error;
      }
    };
    const control2 = word(control(bundle.document));
    const extension2 = word(extension(bundle.document));
    const facts = {
      control: control2,
      securedParty: field(extension2, 0, 32),
      frozenUntil: field(extension2, 32, 40),
      head: digest3(head2(bundle.document)),
      notesHead: digest3(notesHead(bundle.document)),
      kindDigest: digest3(kindDigest(unpackControl(control2).kind)),
      partyHeads: new Map([0, ...bundle.parties.map((one) => one.party)].map((party) => [party, digest3(partyHead(party))])),
      ledgerHead: bundle.stamps.length > 0 ? digest3(ledgerHead) : ZERO,
      accounts: this.#accounts(whereShown),
      claims: this.#claims(whereShown)
    };
    if (nodes.unused() > 0) throw invalid(3, `${nodes.unused()} nodes that prove nothing`, "only nodes that are needed");
    if (control2 === 0n) {
      throw invalid(3, `no record ${bundle.document}`, "a record on this ledger", "", "Check the document id, and that the file speaks of the right ledger.");
    }
    this.#progress.passed(3, { words: count, nodes: nodes.size });
    this.#facts = facts;
    return facts;
  }
  #accounts(read2) {
    const found = /* @__PURE__ */ new Map();
    for (const item of this.#acts()) {
      for (const signer of this.#recovered.get(item)) {
        if (signer === null || found.has(signer)) continue;
        const word = read2(account(signer));
        if (word !== null) found.set(signer, unpackAccount(word));
      }
    }
    return found;
  }
  #claims(read2) {
    const found = /* @__PURE__ */ new Map();
    for (const { action } of this.#acts()) {
      if (action.documentReference === ZERO) continue;
      const claim2 = documentId(action.kind >> 8, action.actor, action.documentReference);
      const word = read2(claim(claim2));
      if (word !== null) found.set(claim2, wordHex(word));
    }
    return found;
  }
  // --- 4: the kind ---------------------------------------------------------------------------------------------------
  kind(policy2) {
    const kind = parseKind(this.#bundle.kind);
    const recorded = unpackControl(this.#facts.control).kind;
    if (kind.number !== recorded) throw invalid(4, `kind file of ${kind.number}`, `${recorded}, the record's`);
    if (kind.digest !== this.#facts.kindDigest) {
      throw invalid(
        4,
        `kind digest ${kind.digest} of ${kind.id}`,
        `${this.#facts.kindDigest}, sealed on the ledger`,
        "",
        "Use the kind file that was defined on this ledger; accept no other."
      );
    }
    const trusted = policy2.kinds.size > 0 ? policy2.kinds : SHIPPED_KINDS;
    if (!trusted.has(kind.digest)) throw outside(4, `kind digest ${kind.digest}`, "a kind that the policy trusts");
    this.#progress.passed(4, { kind: kind.id, digest: kind.digest });
    this.#kind = kind;
    return kind;
  }
  // --- 5 to 14 -------------------------------------------------------------------------------------------------------
  async history(kind, facts, shownHeader) {
    const bundle = this.#bundle;
    this.#checkEntries();
    this.#checkParties();
    this.#checkTable();
    this.#checkNotes();
    const header = bundle.opened.filter((one) => one.dataset === "header").pop();
    const whole = header !== void 0;
    const number2 = await this.#checkReference(whole ? isObject(header.value) ? header.value : {} : shownHeader ?? {}, whole);
    const newest = this.#checkManifests();
    const values = this.#checkDatasets(newest);
    this.#checkDetails(values);
    const control2 = unpackControl(facts.control);
    const state = kind.state(control2.state);
    if (state?.progress === "cancelled") {
      this.#progress.remarks.push({ about: "cancelled", facts: { state: state.name, en: state.title.en, ja: state.title.ja } });
    }
    return {
      bundle,
      header: this.#block.header,
      sealed: this.#block.sealed,
      facts,
      kind,
      control: control2,
      timelines: this.#timelines,
      number: number2,
      newest,
      values
    };
  }
  /** 5 digests, 7 signatures, 6 heads: every entry by itself, then where they end. */
  #checkEntries() {
    const { entries, start, document } = this.#bundle;
    let head3 = start?.head ?? ZERO;
    let time = start?.time ?? 0;
    let acts = 0;
    let signatures = 0;
    entries.forEach((item, at) => {
      const where = this.#named(at);
      if (item.time < time || item.time > this.#block.header.time) {
        throw invalid(6, `time ${moment(item.time)}`, `${moment(time)} to ${moment(this.#block.header.time)}: acts ascend in time`, where);
      }
      time = item.time;
      let digest3;
      let signers;
      if (item.type === "freeze") {
        digest3 = keccakWords(item.until === 0 ? UNFREEZE : FREEZE, document, item.until, item.reason);
        signers = wordHex(item.sender);
      } else {
        this.#checkDigest(item, head3, where, 5);
        digest3 = item.digest;
        const found = this.#checkSignatures(item, where, 7);
        signers = signersWord(found);
        acts++;
        signatures += found.length;
      }
      head3 = entry(head3, digest3, item.control, signers, item.time);
      if (head3 !== item.head) throw invalid(6, `head ${item.head}`, `${head3}, recomputed`, where);
    });
    if (head3 !== this.#facts.head) {
      throw invalid(
        6,
        `head ${head3} after ${entries.length} entries`,
        `${this.#facts.head}, the ledger's`,
        "",
        "The history is incomplete or old: fetch it again, from another source if need be."
      );
    }
    const shown2 = entries.length + (start === null ? 0 : unpackControl(start.control).sequence);
    const sequence = unpackControl(this.#facts.control).sequence;
    if (shown2 !== sequence) throw invalid(6, `${shown2} entries`, `${sequence}, the record's sequence`);
    this.#progress.passed(5, { acts });
    this.#progress.passed(7, { signatures });
    this.#progress.passed(6, { entries: entries.length, head: head3 });
  }
  /** The act builds on the head, and hashes with the kind's words to its digest. */
  #checkDigest(item, head3, where, step) {
    if (item.action.previous !== head3) {
      throw invalid(
        step,
        `previous ${item.action.previous}`,
        `${head3}, the head before it`,
        where,
        "An act is missing, doubled or out of order: fetch the whole history again."
      );
    }
    const verb = this.#kind.verb(item.action.verb);
    if (verb === void 0) throw invalid(step, `verb ${item.action.verb}`, `a verb of ${this.#kind.id}`, where);
    const digest3 = actionDigest(this.#bundle.domain, item.action, verb.intentHash);
    if (digest3 !== item.digest) throw invalid(step, `digest ${item.digest}`, `${digest3}, recomputed`, where);
  }
  /** The signers, each an account of the actor at the time of the act. */
  #checkSignatures(item, where, step) {
    const length = item.signatures.length;
    if (length === 0 || length % LENGTH !== 0) throw invalid(step, `${length} bytes of signatures`, "65 for each, at least one", where);
    const found = [];
    for (const signer of this.#recovered.get(item)) {
      if (signer === null) throw invalid(step, "a signature that fits no key", "65 bytes, low s, v 27 or 28", where);
      const last = found[found.length - 1];
      if (last !== void 0 && signer <= last) throw invalid(step, `signer 0x${signer} after 0x${last}`, "ascending signers", where);
      this.#checkAccount(signer, item, where, step);
      found.push(signer);
    }
    return found;
  }
  #checkAccount(signer, item, where, step) {
    const expected = `an account of party ${item.action.actor} at ${moment(item.time)}`;
    const account3 = this.#facts.accounts.get(signer);
    if (account3 === void 0) throw invalid(step, `0x${signer}, of which the ledger's word is not shown`, expected, where);
    if (account3 === null) throw invalid(step, `0x${signer}, nobody's account`, expected, where);
    if (account3.party !== item.action.actor) throw invalid(step, `0x${signer} of party ${account3.party}`, expected, where);
    if (!activeAt(account3, item.time)) {
      const removed = account3.removedAt === 0 ? "" : `, removed ${moment(account3.removedAt)}`;
      throw invalid(step, `0x${signer}, added ${moment(account3.addedAt)}${removed}`, expected, where);
    }
  }
  // --- 8: parties and powers -----------------------------------------------------------------------------------------
  #checkParties() {
    const bundle = this.#bundle;
    const logs = new Map(bundle.parties.map((one) => [one.party, one]));
    const concerned = new Set(this.#acts().flatMap((item) => [item.action.actor, ...namedParties(item.action)]));
    let entries = 0;
    for (const one of bundle.parties) {
      const line2 = replay(bundle.domain, one.party, one.log, this.#facts.partyHeads.get(one.party));
      this.#timelines.set(one.party, line2);
      entries += line2.times.length;
    }
    for (const party of [...concerned].sort((left, right) => left - right)) {
      if (!logs.has(party)) throw invalid(8, "no log", "its log from registration on", `party ${party}`);
    }
    for (const line2 of this.#timelines.values()) {
      for (const [address2, known2] of line2.accounts) {
        const stored = this.#facts.accounts.get(address2);
        if (stored !== void 0 && (stored === null || packAccount(stored) !== packAccount(known2))) {
          throw invalid(8, `account 0x${address2}`, "the word that follows from the party's log", `party ${line2.party}`);
        }
      }
    }
    for (const { party, profile } of bundle.parties) {
      if (profile === null) continue;
      const digest3 = jsonDigest(profile);
      const last = this.#timelines.get(party).profile;
      if (digest3 !== last) throw invalid(8, `profile ${digest3}`, last, `party ${party}`);
    }
    this.#checkPowers();
    this.#progress.passed(8, { parties: this.#timelines.size, entries });
    for (const [party, line2] of this.#timelines) {
      const now = line2.now;
      const why = now === null ? "not registered" : now.suspendedUntil > this.#block.header.time ? "suspended" : now.locked ? "locked" : null;
      if (why !== null) this.#progress.remarks.push({ about: "inactive", facts: { party, why } });
    }
  }
  #checkPowers() {
    this.#powers = new Powers(this.#bundle.consortium, this.#facts.partyHeads.get(0), this.#block.header.time);
    let unshown = 0;
    for (const [party, line2] of this.#timelines) {
      for (const used of line2.powers) {
        const where = `party ${party}, entry ${used.entry}`;
        if (!this.#powers.require(used.call, used.sender, line2.times[used.entry], where)) unshown++;
      }
    }
    if (unshown > 0) this.#progress.remarks.push({ about: "powers-not-shown", facts: { count: unshown } });
  }
  // --- 9: the table --------------------------------------------------------------------------------------------------
  #checkTable() {
    const { entries, start } = this.#bundle;
    const facts = this.#facts;
    let at = BEFORE_ALL;
    if (start !== null) {
      const control2 = unpackControl(start.control);
      if (control2.flags & SECURED) throw invalid(9, "a suffix of a secured record", "the whole history: the secured party is in it");
      at = { ...BEFORE_ALL, control: control2, head: start.head };
    }
    let frozen = false;
    entries.forEach((item, number2) => {
      const where = this.#named(number2);
      if (item.type === "freeze") {
        const before = at;
        at = freeze(this.#kind, at, item, where);
        this.#checkFreezer(item, before, start !== null && !frozen, where);
        frozen = true;
      } else {
        const after = this.#judge(item, at, where, 9);
        if (after === at) throw invalid(9, "a note", "an act of the control track", where);
        at = after;
      }
      const packed = packControl(at.control);
      if (packed !== item.control) throw invalid(9, `control ${wordHex(item.control)}`, `${wordHex(packed)}, computed`, where);
    });
    if (packControl(at.control) !== facts.control) {
      throw invalid(9, `control ${wordHex(packControl(at.control))}`, `${wordHex(facts.control)}, the ledger's`);
    }
    const untold = start !== null && !frozen && facts.frozenUntil <= entries[0].time;
    if (at.securedParty !== facts.securedParty || at.frozenUntil !== facts.frozenUntil && !untold) {
      throw invalid(
        9,
        `secured party ${at.securedParty}, frozen until ${at.frozenUntil}`,
        `${facts.securedParty}, ${facts.frozenUntil}, the ledger's extension`
      );
    }
    this.#progress.passed(9, { entries: entries.length, state: this.#kind.stateName(at.control.state) });
  }
  /** Whether the one who froze held the power, and waited before freezing again. untold: earlier freezes may be hidden. */
  #checkFreezer(item, before, untold, where) {
    const again = before.frozenUntil !== 0 || untold;
    const shown2 = this.#powers.require(item.until === 0 ? "unfreeze" : again ? "freeze again" : "freeze", item.sender, item.time, where);
    const early = item.until !== 0 && before.frozenUntil !== 0 && item.time < before.frozenUntil + PAUSE;
    if (shown2 && early && this.#powers.held(item.sender, [GOVERNOR], item.time) !== true) {
      throw invalid(8, "frozen again by the guardian", `not before ${moment(before.frozenUntil + PAUSE)}`, where);
    }
    const facts = { sender: `0x${item.sender}`, time: item.time, until: item.until, shown: shown2 ? 1 : 0 };
    this.#progress.remarks.push({ about: item.until === 0 ? "unfrozen" : "frozen", facts });
  }
  /** The record after the act, by the table and the parties as they were then; a note leaves it as it is. */
  #judge(item, at, where, step) {
    this.#scene ??= new Scene(this.#kind, this.#timelines, this.#facts.accounts);
    const signers = this.#recovered.get(item).filter((one) => one !== null);
    const [after, ambiguous] = run(this.#scene, at, item, signers, where, step);
    if (ambiguous) this.#progress.remarks.push({ about: "same-second", facts: { where } });
    return after;
  }
  // --- 10: notes -----------------------------------------------------------------------------------------------------
  #checkNotes() {
    const spans = this.#spans();
    const seen = /* @__PURE__ */ new Set();
    let head3 = ZERO;
    let time = 0;
    let hidden = 0;
    this.#bundle.notes.forEach((item, number2) => {
      const where = `note ${number2}${item.type === "note" ? `, ${this.#kind.verbName(item.action.verb)}` : ""}`;
      head3 = item.type === "hidden" ? this.#hiddenNote(item, head3, time, seen, where) : this.#note(item, head3, time, seen, spans, where);
      if (item.type === "hidden") hidden++;
      seen.add(item.digest);
      time = item.time;
    });
    if (head3 !== this.#facts.notesHead) throw invalid(10, `notes head ${head3}`, `${this.#facts.notesHead}, the ledger's`);
    this.#progress.passed(10, { notes: this.#bundle.notes.length, hidden });
  }
  #note(item, head3, since, seen, spans, where) {
    const span2 = spans.get(item.action.previous);
    if (span2 === void 0) throw invalid(10, `previous ${item.action.previous}`, "a head of the record", where);
    this.#checkDigest(item, item.action.previous, where, 10);
    const signers = this.#checkSignatures(item, where, 10);
    const earliest2 = Math.max(span2.since, since);
    if (item.time < earliest2 || item.time > span2.until) {
      throw invalid(10, `time ${moment(item.time)}`, `${moment(earliest2)} to ${moment(span2.until)}`, where);
    }
    if (item.control !== span2.control) throw invalid(10, `control ${wordHex(item.control)}`, `${wordHex(span2.control)}, at its head`, where);
    if (seen.has(item.digest)) throw invalid(10, `digest ${item.digest} again`, "each note once", where);
    const control2 = unpackControl(span2.control);
    const rule = this.#kind.rule(control2.state, item.action.verb);
    if (rule !== void 0 && !(rule.flags & FLAG.note)) throw invalid(10, "an act of the control track", "a note", where);
    this.#judge(item, { ...BEFORE_ALL, control: control2, head: item.action.previous }, where, 10);
    const next = entry(head3, item.digest, keccakWords(item.action.previous, item.control), signersWord(signers), item.time);
    if (next !== item.head) throw invalid(10, `notes head ${item.head}`, `${next}, recomputed`, where);
    return next;
  }
  #hiddenNote(item, head3, since, seen, where) {
    if (item.time < since || item.time > this.#block.header.time) {
      throw invalid(10, `time ${moment(item.time)}`, `${moment(since)} to ${moment(this.#block.header.time)}`, where);
    }
    if (seen.has(item.digest)) throw invalid(10, `digest ${item.digest} again`, "each note once", where);
    return entry(head3, item.digest, item.result, item.signers, item.time);
  }
  /** By head of the record: the control word, and from when until when it was the head. */
  #spans() {
    const { entries } = this.#bundle;
    return new Map(
      entries.map((item, at) => [
        item.head,
        { control: item.control, since: item.time, until: entries[at + 1]?.time ?? this.#block.header.time }
      ])
    );
  }
  // --- 11: the reference ---------------------------------------------------------------------------------------------
  /** The document id itself was recomputed by the table; here the claims, and the number where it is shown. */
  async #checkReference(header, whole) {
    const { entries, start, parties } = this.#bundle;
    let claims = 0;
    let state = this.#firstState();
    entries.forEach((item, at) => {
      const rule = item.type === "act" ? this.#kind.rule(state, item.action.verb) : void 0;
      state = unpackControl(item.control).state;
      if (item.type !== "act" || rule === void 0 || !(rule.effects & EFFECT.claim)) return;
      const claim2 = documentId(item.action.kind >> 8, item.action.actor, item.action.documentReference);
      const holder = this.#facts.claims.get(claim2) ?? ZERO;
      if (holder !== this.#bundle.document) {
        throw invalid(11, `claim ${claim2}: ${holder === ZERO ? "not proven" : holder}`, this.#bundle.document, this.#named(at));
      }
      claims++;
    });
    const profiles = (party) => parties.find((one) => one.party === party)?.profile ?? void 0;
    const any = Object.keys(header).length > 0;
    const number2 = any ? await number(this.#kind.family, entries, start !== null, header, profiles, whole) : "";
    const first = entries[0];
    const creator = start === null && first.type === "act" ? first.action.actor : 0;
    this.#progress.passed(11, { creator, claims, number: number2 }, start === null || claims > 0);
    return number2;
  }
  #firstState() {
    const { start } = this.#bundle;
    return start === null ? 0 : unpackControl(start.control).state;
  }
  // --- 12: manifests -------------------------------------------------------------------------------------------------
  /** The manifest of the present version, null where it is not shown. */
  #checkManifests() {
    const { manifests } = this.#bundle;
    const written = this.#written();
    const version = unpackControl(this.#facts.control).version;
    let newest = null;
    let before = 0;
    manifests.forEach((value) => {
      const named3 = member(value, "version");
      if (typeof named3 !== "number" || named3 <= before) throw invalid(12, `version ${String(named3)}`, `versions that ascend from ${before + 1}`);
      const manifest = this.#checkManifest(value, named3, written.get(named3));
      before = named3;
      if (named3 === version) newest = manifest;
    });
    this.#progress.passed(12, { manifests: manifests.length, newest: newest === null ? 0 : 1 }, manifests.length > 0);
    return newest;
  }
  #checkManifest(value, version, written) {
    const manifest = new Manifest(value);
    const digest3 = jsonDigest(value);
    if (digest3 !== written) {
      throw invalid(
        12,
        `manifest ${digest3}`,
        `${written ?? "none"}, the content that an act wrote as version ${version}`,
        "",
        "Fetch the manifest again; an older version has another digest."
      );
    }
    const { domain, document } = this.#bundle;
    const expected = {
      chainId: domain.chainId,
      ledger: `0x${domain.address}`,
      document,
      kind: unpackControl(this.#facts.control).kind
    };
    for (const [name, found] of Object.entries(manifest.place())) {
      if (found !== expected[name]) throw invalid(12, `${name} ${found}`, String(expected[name]));
    }
    const names2 = new Set(this.#kind.datasets.map((dataset) => dataset.name));
    if (manifest.names().length !== names2.size || !manifest.names().every((name) => names2.has(name))) {
      throw invalid(12, `datasets ${manifest.names().join(", ")}`, `${[...names2].join(", ")}, the kind's`);
    }
    return manifest;
  }
  /** By version, the content of the act that wrote it, as far as such acts are shown. */
  #written() {
    const found = /* @__PURE__ */ new Map();
    for (const item of this.#bundle.entries) {
      if (item.type === "freeze" || item.action.content === ZERO) continue;
      const { version } = unpackControl(item.control);
      if (!found.has(version)) found.set(version, item.action.content);
    }
    return found;
  }
  // --- 13: datasets --------------------------------------------------------------------------------------------------
  #checkDatasets(newest) {
    const { opened } = this.#bundle;
    const values = /* @__PURE__ */ new Map();
    const names2 = opened.map((one) => one.dataset);
    const ordered = (newest?.names() ?? []).filter((name) => names2.includes(name));
    if (names2.length !== ordered.length || !names2.every((name, at) => name === ordered[at])) {
      throw invalid(13, `datasets ${names2.join(", ").slice(0, 200)}`, "datasets of the newest manifest, in its order, once");
    }
    for (const one of opened) {
      const sealed = newest?.dataset(one.dataset);
      if (newest === null || sealed === void 0) throw invalid(13, `dataset ${one.dataset} without its manifest`, "a dataset of the newest manifest", one.dataset);
      this.#checkOpened(newest, sealed, one);
      values.set(one.dataset, one.value);
    }
    for (const [name, value] of values) {
      checkOwnLedger(this.#kind, this.#bundle, name, (item) => isObject(value) ? member(value, item) : void 0);
    }
    this.#progress.passed(13, { opened: values.size, datasets: newest?.names().length ?? 0 }, values.size > 0);
    return values;
  }
  /** Key commitment, then the root over everything that decides the plaintext: seed, carried salts, value. */
  #checkOpened(newest, sealed, one) {
    const aad = newest.aad(sealed);
    const commitment = hmacSha256(fromHex(one.key), concat(utf8("portledger/key/1\0"), aad));
    const found = toHex(commitment);
    if (found !== sealed.keyCommitment) throw invalid(13, `a key with commitment ${found}`, sealed.keyCommitment, one.dataset);
    let root;
    try {
      root = rootOf(this.#bundle.document, aad, one.seed, one.carried, one.value);
    } catch (error) {
      throw error instanceof ProofError ? invalid(13, error.found, error.expected, one.dataset) : error;
    }
    if (root !== sealed.root) throw invalid(13, `root ${root}`, sealed.root, one.dataset);
  }
  // --- 14: details ---------------------------------------------------------------------------------------------------
  #checkDetails(values) {
    const { details, entries, notes, start } = this.#bundle;
    const first = this.#firstState();
    const uses = checkDetails(details, entries, notes, this.#kind, first, start !== null, values.get("goods"));
    this.#progress.passed(14, { details: details.size, uses }, details.size > 0);
    const header = values.get("header");
    const validUntil = isObject(header) ? member(header, "validUntil") : void 0;
    const late = lateUses(entries, this.#kind, first, validUntil ?? null);
    if (late === null) this.#progress.remarks.push({ about: "no-date", facts: { text: shown(validUntil) } });
    for (const one of late ?? []) this.#progress.remarks.push({ about: "late-use", facts: { ...one, where: this.#named(one.entry) } });
  }
};
function checkOwnLedger(kind, bundle, dataset, valueOf2) {
  const own = { [CHAIN_FIELD]: bundle.domain.chainId, [LEDGER_FIELD]: `0x${bundle.domain.address}` };
  const fields = kind.datasets.find((one) => one.name === dataset)?.fields ?? /* @__PURE__ */ new Map();
  for (const [item, path] of fields) {
    if (!Object.hasOwn(own, path)) continue;
    const found = valueOf2(item);
    if (found !== own[path]) throw invalid(13, `${item} ${shown(found)}`, `${shown(own[path])}, this ledger`, dataset);
  }
}

// src/core/presentation.ts
var PRESENTATION_SCHEMA = "portledger/presentation/1";
var MAX_OTHERS = 8;
var MAX_PROOFS = 1e3;
var U402 = 2 ** 40 - 1;
function parsePresentation(value) {
  const read2 = new Members(value, "", [
    "schema",
    "evidence",
    "others",
    "fields",
    "absent",
    "equal",
    "audience",
    "purpose",
    "createdAt",
    "expiresAt",
    "party",
    "signature"
  ]);
  const evidence = closed(read2.value("evidence"), "/evidence");
  const others = read2.list("others", MAX_OTHERS, closed);
  const found = {
    evidence,
    others,
    fields: read2.list("fields", MAX_PROOFS, fieldOf),
    absent: read2.list("absent", MAX_PROOFS, absentOf),
    equal: read2.list("equal", MAX_PROOFS, equalOf),
    audience: read2.text("audience", 200),
    purpose: read2.text("purpose", 200),
    createdAt: read2.integer("createdAt", U402),
    expiresAt: read2.integer("expiresAt", U402),
    party: read2.integer("party", 2 ** 32 - 2, 1),
    signature: signatureOf2(read2.value("signature")),
    disclosed: disclosedOf(value, others)
  };
  if (found.fields.length + found.absent.length + found.equal.length > MAX_PROOFS) {
    throw malformed("", "more proofs", `at most ${MAX_PROOFS} fields, absences and equalities together`);
  }
  found.equal.forEach((one, number2) => {
    if (one.other >= others.length) throw malformed(`/equal/${number2}/other`, String(one.other), `below ${others.length}`);
  });
  return found;
}
function closed(value, at) {
  const found = parseBundle(value, at);
  if (found.opened.length > 0) throw malformed(`${at}/opened`, "opened datasets", "none: a presentation shows fields");
  return found;
}
function disclosedOf(value, others) {
  const heads = others.map((one) => ({ document: one.document, head: lastHead(one) }));
  return sha2562(utf8(encode({ fields: value["fields"], absent: value["absent"], equal: value["equal"], others: heads })));
}
function lastHead(bundle) {
  return bundle.entries[bundle.entries.length - 1].head;
}
function signatureOf2(value) {
  const found = bytesOf(value, 65, "/signature");
  if (found.length !== 65) throw malformed("/signature", `${found.length} bytes`, "65");
  return found;
}
function fieldOf(value, at) {
  const read2 = new Members(value, at, ["dataset", "path", "value", "salt", "siblings"]);
  const shown2 = read2.value("value");
  if (Array.isArray(shown2) && shown2.length > 0 || isObject(shown2) && Object.keys(shown2).length > 0) {
    throw malformed(`${at}/value`, "a value that is no leaf", "a scalar, {} or []");
  }
  return {
    value: shown2,
    salt: saltOf(read2.value("salt"), `${at}/salt`),
    dataset: read2.text("dataset", 64),
    path: pathOf(read2, "path"),
    siblings: siblingsOf(read2, "siblings")
  };
}
function absentOf(value, at) {
  const read2 = new Members(value, at, ["dataset", "path", "siblings", "other"]);
  const other = read2.value("other") === null ? null : read2.object("other", ["position", "valueHash"]);
  return {
    other: other === null ? null : { position: other.digest("position"), valueHash: other.digest("valueHash") },
    path: pathOf(read2, "path"),
    siblings: siblingsOf(read2, "siblings"),
    dataset: read2.text("dataset", 64)
  };
}
function equalOf(value, at) {
  const read2 = new Members(value, at, ["dataset", "path", "siblings", "other", "otherDataset", "otherPath", "otherSiblings", "valueHash"]);
  return {
    path: pathOf(read2, "path"),
    siblings: siblingsOf(read2, "siblings"),
    otherPath: pathOf(read2, "otherPath"),
    otherSiblings: siblingsOf(read2, "otherSiblings"),
    valueHash: read2.digest("valueHash"),
    dataset: read2.text("dataset", 64),
    other: read2.integer("other", MAX_OTHERS),
    otherDataset: read2.text("otherDataset", 64)
  };
}
function pathOf(read2, name) {
  if (read2.value(name) === "") return "";
  const path = read2.text(name, MAX_POINTER);
  if (!path.startsWith("/") || /~(?![01])/.test(path)) throw malformed(`${read2.at}/${name}`, shown(path), "an RFC 6901 pointer");
  return path;
}
function siblingsOf(read2, name) {
  return listOf(read2.value(name), MAX_SIBLINGS, `${read2.at}/${name}`, digestOf);
}
async function verifyPresentation(shown2, policy2, now, progress) {
  const proven = await prove(shown2.evidence, policy2, progress, headerOf2(shown2));
  const others = [];
  for (const [number2, one] of shown2.others.entries()) others.push(await proveOther(one, number2, policy2, progress.pause));
  checkProofs(shown2, proven, others);
  checkMandatory(shown2, proven);
  const values = new Map(shown2.fields.map((one) => [`/${one.dataset}${one.path}`, one.value]));
  for (const { name } of proven.kind.datasets) checkOwnLedger(proven.kind, proven.bundle, name, (item) => values.get(`/${name}/${item}`));
  const proofs = { fields: shown2.fields.length, absent: shown2.absent.length, equal: shown2.equal.length };
  const at = progress.steps.findIndex((one) => one.step === 13);
  progress.steps.splice(at, 1, { step: 13, checked: true, facts: proofs });
  const stampedAt = await conclude(proven, policy2, now, progress);
  checkDiscloser(shown2, proven, policy2, now);
  return { proven, stampedAt };
}
function headerOf2(shown2) {
  const fields = shown2.fields.filter((one) => one.dataset === "header" && one.path.startsWith("/"));
  return Object.fromEntries(fields.map((one) => [one.path.slice(1), one.value]));
}
async function proveOther(one, number2, policy2, pause) {
  try {
    return await prove(one, policy2, new Progress(pause));
  } catch (error) {
    throw error instanceof Failure ? error.within(`other ${number2}`) : error;
  }
}
function checkProofs(shown2, proven, others) {
  shown2.fields.forEach((one, number2) => proof(`field ${number2}`, () => checkPresence(rootIn(proven, one.dataset), one)));
  shown2.absent.forEach((one, number2) => proof(`absent ${number2}`, () => checkAbsence(rootIn(proven, one.dataset), one)));
  shown2.equal.forEach(
    (one, number2) => proof(`equal ${number2}`, () => checkEquality(rootIn(proven, one.dataset), rootIn(others[one.other], one.otherDataset), one))
  );
}
function proof(where, check3) {
  try {
    check3();
  } catch (error) {
    throw error instanceof ProofError ? invalid(13, error.found, error.expected, where) : error;
  }
}
function rootIn(proven, dataset) {
  if (proven.newest === null) throw invalid(12, "no manifest of the present version", "the newest manifest");
  const found = proven.newest.dataset(dataset);
  if (found === void 0) throw new ProofError(`dataset ${dataset}`, proven.newest.names().join(", "));
  return proven.newest.root(found);
}
function checkMandatory(shown2, proven) {
  const seen = new Set([...shown2.fields, ...shown2.absent].map((one) => `/${one.dataset}${one.path}`));
  for (const path of proven.kind.mandatory) {
    if (!seen.has(path)) throw invalid(13, `no ${path}`, "every mandatory path, shown or proven absent");
  }
}
function checkDiscloser(shown2, proven, policy2, now) {
  const step = 15;
  const { createdAt, expiresAt, party } = shown2;
  if (createdAt >= expiresAt) throw invalid(step, `made ${moment(createdAt)}, expires ${moment(expiresAt)}`, "later");
  if (now > expiresAt) throw invalid(step, `a presentation that expired ${moment(expiresAt)}`, "one that is still valid");
  if (createdAt > now + CLOCK_SKEW) throw invalid(step, `a presentation made ${moment(createdAt)}`, `not after ${moment(now)}`);
  const line2 = proven.timelines.get(party);
  if (line2 === void 0) throw invalid(step, `disclosed by party ${party}, whose log is not shown`, "a party of the evidence");
  const digest3 = disclosureDigest(proven.bundle.domain, {
    party,
    document: proven.bundle.document,
    head: lastHead(proven.bundle),
    disclosed: shown2.disclosed,
    audience: shown2.audience,
    purpose: shown2.purpose,
    createdAt,
    expiresAt
  });
  const signer = recover(digest3, shown2.signature);
  const account3 = signer === null ? void 0 : line2.accounts.get(signer);
  if (signer === null || account3 === void 0 || account3.removedAt !== 0) {
    throw invalid(step, `signed by ${signer === null ? "nobody" : `0x${signer}`}`, `an active account of party ${party}`, "disclosure");
  }
  if (policy2.audience !== "" && shown2.audience !== policy2.audience) {
    throw outside(step, `a presentation for ${JSON.stringify(shown2.audience)}`, JSON.stringify(policy2.audience));
  }
}

// src/core/verdict.ts
async function judge(data, policy2, now, pause = null) {
  const progress = new Progress(pause);
  let bundle = null;
  let presentation = null;
  try {
    const value = readJson(data);
    if (isObject(value) && member(value, "schema") === PRESENTATION_SCHEMA) {
      presentation = parsePresentation(value);
      bundle = presentation.evidence;
    } else bundle = parseBundle(value);
    progress.steps.push({ step: 0, checked: true, facts: { bytes: data.length } });
    const { proven, stampedAt } = presentation ? await verifyPresentation(presentation, policy2, now, progress) : await verifyBundle(bundle, policy2, now, progress);
    return { verdict: proven.sealed ? "valid" : "unsealed", proven, stampedAt, failure: null, bundle, presentation, progress };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { verdict: error.kind, proven: null, stampedAt: null, failure: error, bundle, presentation, progress };
  }
}
async function verifyBundle(bundle, policy2, now, progress) {
  const proven = await prove(bundle, policy2, progress);
  return { proven, stampedAt: await conclude(proven, policy2, now, progress) };
}
function toJson(one) {
  const { failure, proven } = one;
  return {
    schema: "portledger/verdict/1",
    verdict: one.verdict,
    step: failure?.step ?? null,
    entry: brief(failure?.entry),
    check: failure === null ? "" : TITLES[failure.step],
    found: brief(failure?.found),
    expected: brief(failure?.expected),
    remedy: brief(failure?.remedy),
    level: proven === null ? null : levelOf(proven),
    stampedAt: one.stampedAt,
    result: proven === null ? null : resultJson(proven, one)
  };
}
function brief(text4 = "") {
  const characters = text4.length <= LONGEST ? null : [...text4];
  return characters === null || characters.length <= LONGEST ? text4 : `${characters.slice(0, LONGEST - 1).join("")}…`;
}
var LONGEST = 500;
function levelOf(proven) {
  return proven.sealed ? "sealed" : "unsealed";
}
function resultJson(proven, one) {
  const { bundle, control: control2, kind, header, facts } = proven;
  const freezes = bundle.entries.filter((item) => item.type === "freeze").length;
  const state = kind.state(control2.state);
  return {
    document: bundle.document,
    verified: true,
    level: levelOf(proven),
    stampedAt: one.stampedAt,
    whole: bundle.start === null,
    number: proven.number,
    asOf: { block: header.number, time: header.time },
    kind: control2.kind,
    kindId: kind.id,
    state: kind.stateName(control2.state),
    final: state?.final ?? false,
    issuer: control2.issuer,
    possessor: control2.possessor,
    endorsee: control2.endorsee,
    offeree: control2.offeree,
    offeredEndorsee: control2.offeredEndorsee,
    version: control2.version,
    used: control2.used,
    frozenUntil: control2.flags & 1 ? facts.frozenUntil : 0,
    createdAt: bundle.start === null ? bundle.entries[0].time : 0,
    acts: bundle.entries.length - freezes,
    notes: bundle.notes.length,
    freezes,
    head: facts.head,
    steps: [...one.progress.steps].filter((step) => step.step > 0).sort((left, right) => left.step - right.step).map(stepJson),
    remarks: one.progress.remarks.map(remarkText)
  };
}
function stepJson(step) {
  const facts = Object.entries(step.facts).map(([name, value]) => `${name} ${value}`).join(", ");
  return { step: step.step, title: TITLES[step.step], status: step.checked ? "checked" : "not shown", checked: facts };
}
function remarkText(remark) {
  const { facts } = remark;
  switch (remark.about) {
    case "same-second":
      return `${facts["where"]}: a party changed within the same second; either order was accepted`;
    case "powers-not-shown":
      return `${facts["count"]} acts of powers came before the first entry of log 0: not shown who held them`;
    case "inactive":
      return `party ${facts["party"]} is ${facts["why"]} as of this block`;
    case "no-date":
      return `the last day of validity, ${facts["text"]}, is no date`;
    case "cancelled":
      return `the document is ${facts["state"]}: nobody may rely on it any more`;
    case "late-use":
      return `act ${facts["entry"]}: used at ${moment(Number(facts["time"]))}, after the last day of validity, ${facts["last"]}`;
    case "frozen":
    case "unfrozen": {
      const what = remark.about === "frozen" ? `frozen until ${moment(Number(facts["until"]))}` : "unfrozen";
      return `${what} by ${facts["sender"]} at ${moment(Number(facts["time"]))}${facts["shown"] ? "" : "; that it held the power is not shown here"}`;
    }
  }
}

// src/gzip.ts
async function unpack(data, inflate2) {
  if (data.length > MAX_BYTES) throw malformed("", `${data.length} bytes`, `at most ${MAX_BYTES}`);
  if (data[0] !== 31 || data[1] !== 139) return data;
  const body = data.subarray(headerLength(data), data.length - 8);
  let plain;
  try {
    plain = await inflate2(body, MAX_BYTES);
  } catch {
    throw malformed("", "a gzip stream that is damaged, too large or followed by more", `one whole gzip member of at most ${MAX_BYTES} bytes`);
  }
  const trailer = new DataView(data.buffer, data.byteOffset + data.length - 8, 8);
  if (trailer.getUint32(0, true) !== crc32(plain) || trailer.getUint32(4, true) !== plain.length) {
    throw malformed("", "a gzip member with another checksum or length", "one whole gzip member");
  }
  return plain;
}
function headerLength(data) {
  const cut = malformed("", "a gzip header that is cut or unknown", "a gzip file (RFC 1952)");
  const flags = data[3] ?? 255;
  if (data.length < 18 || data[2] !== 8 || flags & 224) throw cut;
  let at = 10;
  if (flags & 4) at += 2 + data[at] + 256 * data[at + 1];
  for (const flag3 of [8, 16]) {
    if (!(flags & flag3)) continue;
    const end = data.indexOf(0, at);
    if (end < 0) throw cut;
    at = end + 1;
  }
  if (flags & 2) {
    const expected = crc32(data.subarray(0, at)) & 65535;
    if (data[at] !== (expected & 255) || data[at + 1] !== expected >> 8) throw cut;
    at += 2;
  }
  if (at > data.length - 8) throw cut;
  return at;
}
var TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? value >>> 1 ^ 3988292384 : value >>> 1;
  return value;
});
function crc32(data) {
  let value = 4294967295;
  for (let at = 0; at < data.length; at++) value = TABLE[(value ^ data[at]) & 255] ^ value >>> 8;
  return (value ^ 4294967295) >>> 0;
}

// src/cli.ts
var EXIT = [
  ["valid", 0],
  ["unsealed", 10],
  ["outside-policy", 11],
  ["malformed", 3],
  ["invalid", 8]
];
var inflate = (stream, limit) => {
  const { buffer, engine } = inflateRawSync(stream, { maxOutputLength: limit, info: true });
  if (engine.bytesWritten !== stream.length) throw new RangeError("bytes after the stream");
  return Promise.resolve(buffer);
};
function options(args) {
  const files = [];
  let policy2 = null;
  let now = Math.floor(Date.now() / 1e3);
  let json = false;
  for (let at = 0; at < args.length; at++) {
    const arg = args[at];
    if (arg === "--json") json = true;
    else if (arg === "--policy") policy2 = args[++at] ?? fail("--policy needs a file");
    else if (arg === "--now") {
      now = Number(args[++at]);
      if (!Number.isSafeInteger(now)) fail("--now needs unix seconds");
    } else if (arg.startsWith("--")) fail(`unknown option ${arg}`);
    else files.push(arg);
  }
  if (files.length === 0) fail("usage: verify FILE… [--policy FILE] [--now SECONDS] [--json]");
  return { files, policy: policy2, now, json };
}
function fail(message) {
  process.stderr.write(`verify: ${message}
`);
  process.exit(2);
}
async function judged(data, policy2, now) {
  try {
    return await judge(await unpack(data, inflate), policy2, now);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { verdict: error.kind, proven: null, stampedAt: null, failure: error, bundle: null, presentation: null, progress: new Progress() };
  }
}
function line(file, verdict) {
  const { failure, proven } = verdict;
  if (failure === null) return `${file}: ${verdict.verdict}, as of block ${proven?.header.number}`;
  const where = failure.entry === "" ? "" : ` (${failure.entry})`;
  return `${file}: ${verdict.verdict} at step ${failure.step}${where}: found ${failure.found}; expected ${failure.expected}. ${failure.remedy}`;
}
var chosen = options(process.argv.slice(2));
var policy = DEFAULT;
if (chosen.policy !== null) {
  try {
    policy = readPolicy(await readFile(chosen.policy, "utf8"));
  } catch (error) {
    fail(error instanceof PolicyError ? error.message : `${chosen.policy} cannot be read`);
  }
}
var worst = 0;
for (const file of chosen.files) {
  const data = new Uint8Array(await readFile(file).catch(() => fail(`${file} cannot be read`)));
  const verdict = await judged(data, policy, chosen.now);
  worst = Math.max(worst, EXIT.findIndex(([name]) => name === verdict.verdict));
  process.stdout.write(`${chosen.json ? JSON.stringify(toJson(verdict)) : line(file, verdict)}
`);
}
process.exitCode = EXIT[worst][1];
