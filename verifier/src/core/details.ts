// Step 14: opened details are the ones that were signed; a certificate's quantities add up (docs/protocol §9).
//
// Quantities are decimal strings and are computed exactly, as integers over a power of ten.

import type { Hex } from "./bytes.ts";
import { type Json, type JsonObject, encode, isObject, member } from "./canonical.ts";
import { QUANTITY } from "./codes.ts";
import { invalid, shown } from "./faults.ts";
import type { Act, Freeze, Hidden } from "./form.ts";
import { jsonDigest } from "./hashing.ts";
import type { Kind } from "./kind.ts";
import { DAY, unpackControl } from "./words.ts";

const MILLION = 1_000_000n;

/** digits / 10^places */
interface Decimal {
  readonly digits: bigint;
  readonly places: number;
}
const NOTHING: Decimal = { digits: 0n, places: 0 };

/** What is known of one item of a certificate. unit: as canonical JSON. */
interface Item {
  readonly certified: Decimal;
  readonly total: Decimal;
  readonly unit: string;
}

/** How many uses with opened details were added up. first: the state before the entries; goods: that dataset, where it is opened. */
export function checkDetails(
  details: ReadonlyMap<Hex, JsonObject>, entries: readonly (Act | Freeze)[], notes: readonly (Act | Hidden)[], kind: Kind,
  first: number, suffix: boolean, goods: Json | undefined,
): number {
  const acts = [...entries, ...notes].filter((item): item is Act => item.type === "act" || item.type === "note");
  const known = new Set(acts.map((item) => item.digest));
  for (const digest of details.keys()) if (!known.has(digest)) throw invalid(14, `a detail for act ${digest}`, "an act of this history");
  for (const item of acts) {
    const detail = details.get(item.digest);
    if (detail === undefined) continue;
    const digest = jsonDigest(detail);
    if (digest !== item.action.detail) throw invalid(14, `detail ${digest}`, item.action.detail, `act ${item.digest}`);
  }
  return addUp(details, entries, kind, first, suffix, itemsCertified(goods));
}

function addUp(
  details: ReadonlyMap<Hex, JsonObject>, entries: readonly (Act | Freeze)[], kind: Kind, first: number, suffix: boolean,
  goods: ReadonlyMap<string, Item>,
): number {
  let counted = 0;
  let state = first;
  const sums = new Sums(goods, !suffix);
  entries.forEach((item, at) => {
    const rule = item.type === "act" ? kind.rule(state, item.action.verb) : undefined;
    state = unpackControl(item.control).state;
    if (item.type !== "act" || rule === undefined || rule.quantity === QUANTITY.zero) return;
    const detail = details.get(item.digest);
    if (detail === undefined) sums.forget();
    else {
      sums.add(detail, item.action.quantity, `act ${at}`);
      counted++;
    }
  });
  return counted;
}

/** The items of a certificate as the uses leave them; an item that a use does not list keeps its total. */
class Sums {
  readonly #goods: ReadonlyMap<string, Item>;
  /** Whether every use so far was shown: then an item that none of them listed is unused, and none is unknown. */
  #complete: boolean;
  readonly #known = new Map<string, Item>();
  /** The greatest share, in parts per million rounded up, and whose it is. */
  #greatest = 0n;
  #holder = "";

  constructor(goods: ReadonlyMap<string, Item>, complete: boolean) {
    this.#goods = goods;
    this.#complete = complete;
  }

  /** A use whose detail is closed may have used anything. */
  forget(): void {
    this.#known.clear();
    this.#complete = false;
    this.#greatest = 0n;
    this.#holder = "";
  }

  /** One use or correction. */
  add(detail: JsonObject, quantity: number, where: string): void {
    const listed = new Set<string>();
    itemsOf(detail, where).forEach((item, place) => {
      const name = Object.hasOwn(item, "item") ? item["item"] : String(place);
      if (typeof name !== "string" || listed.has(name)) throw invalid(14, `item ${shown(name)}`, "each item's number as a string, once", where);
      listed.add(name);
      this.#item(name, item, where);
    });
    const share = this.#greatest;
    if (BigInt(quantity) < share || (this.#complete && BigInt(quantity) !== share)) {
      throw invalid(14, `quantity ${quantity}`, `${share} parts per million, by the detail`, where);
    }
  }

  #item(name: string, item: JsonObject, where: string): void {
    const certified = decimal(item, "certified", where);
    const used = decimal(item, "used", where);
    const total = decimal(item, "total", where);
    if (total.digits < 0n || certified.digits <= 0n || compare(total, certified) > 0) {
      throw invalid(14, `item ${name}: total ${text(total)}`, `0 to ${text(certified)}`, where);
    }
    const now: Item = { certified, total, unit: unitOf(item) };
    const before = this.#known.get(name);
    for (const earlier of [before, this.#goods.get(name)]) {
      if (earlier !== undefined && (compare(earlier.certified, certified) !== 0 || earlier.unit !== now.unit)) {
        throw invalid(14, `item ${name}: certified ${text(certified)}`, "what was certified", where);
      }
    }
    if (this.#goods.size > 0 && !this.#goods.has(name)) throw invalid(14, `item ${name}`, "an item of the certificate", where);
    const expected = before !== undefined || this.#complete ? add(before?.total ?? NOTHING, used) : null;
    if (expected !== null && compare(expected, total) !== 0) throw invalid(14, `item ${name}: total ${text(total)}`, "what was used before and now", where);
    this.#known.set(name, now);
    this.#rank(name, now);
  }

  /** Keeps the greatest share; only where its own item shrinks are all looked through again. */
  #rank(name: string, now: Item): void {
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
}

/** The items of an opened certificate, as far as they have number, quantity and unit. */
function itemsCertified(goods: Json | undefined): Map<string, Item> {
  const found = new Map<string, Item>();
  const listed = isObject(goods) ? member(goods, "items") : undefined;
  for (const item of Array.isArray(listed) ? listed : []) {
    const quantity = isObject(item) ? member(item, "quantity") : undefined;
    const number = isObject(item) ? member(item, "number") : undefined;
    if (!isObject(quantity) || (typeof number !== "string" && typeof number !== "number")) continue;
    const value = member(quantity, "value");
    const certified = typeof value === "string" || typeof value === "number" ? parsed(String(value)) : null;
    if (certified !== null) found.set(String(number), { certified, total: NOTHING, unit: unitOf(quantity) });
  }
  return found;
}

function unitOf(value: JsonObject): string {
  return encode(member(value, "unit") ?? null);
}

function itemsOf(detail: JsonObject, where: string): JsonObject[] {
  const items = member(detail, "items");
  if (!Array.isArray(items) || !items.every(isObject)) throw invalid(14, "a use without a list of items", "items with certified, used, total", where);
  return items;
}

function decimal(item: JsonObject, name: string, where: string): Decimal {
  const value = member(item, name);
  const found = typeof value === "string" ? parsed(value) : null;
  if (found === null) throw invalid(14, `${name} ${shown(value)}`, "a decimal number as a string, such as 12.5", where);
  return found;
}

function parsed(text: string): Decimal | null {
  if (!/^-?[0-9]{1,40}(?:\.[0-9]{1,40})?$/.test(text)) return null;
  const [whole, part = ""] = text.split(".");
  return { digits: BigInt(whole! + part), places: part.length };
}

function scaled(value: Decimal, places: number): bigint {
  return value.digits * 10n ** BigInt(places - value.places);
}

function add(left: Decimal, right: Decimal): Decimal {
  const places = Math.max(left.places, right.places);
  return { digits: scaled(left, places) + scaled(right, places), places };
}

function compare(left: Decimal, right: Decimal): number {
  const places = Math.max(left.places, right.places);
  const difference = scaled(left, places) - scaled(right, places);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** ceil(10^6 · part / whole), part >= 0, whole > 0. */
function ceilingOfRatio(part: Decimal, whole: Decimal): bigint {
  const places = Math.max(part.places, whole.places);
  const [above, below] = [scaled(part, places) * MILLION, scaled(whole, places)];
  return (above + below - 1n) / below;
}

function text(value: Decimal): string {
  const digits = value.digits.toString().padStart(value.places + 1, "0");
  return value.places === 0 ? digits : `${digits.slice(0, -value.places)}.${digits.slice(-value.places)}`;
}

/** Uses after the last day of validity: the ledger has no calendar, so they are named here (docs/protocol §5). null: no date. */
export function lateUses(
  entries: readonly (Act | Freeze)[], kind: Kind, first: number, validUntil: Json,
): { entry: number; time: number; last: string }[] | null {
  if (validUntil === null) return [];
  const last = typeof validUntil === "string" ? (/^[0-9]{4}-[0-9]{2}-[0-9]{2}/.exec(validUntil)?.[0] ?? "") : "";
  const begun = Date.parse(`${last}T00:00:00Z`);
  if (Number.isNaN(begun) || new Date(begun).toISOString().slice(0, 10) !== last) return null;
  const end = begun / 1000 + DAY;
  const late: { entry: number; time: number; last: string }[] = [];
  let state = first;
  entries.forEach((item, entry) => {
    const rule = item.type === "act" ? kind.rule(state, item.action.verb) : undefined;
    state = unpackControl(item.control).state;
    if (rule?.quantity === QUANTITY.grows && item.time >= end) late.push({ entry, time: item.time, last });
  });
  return late;
}
