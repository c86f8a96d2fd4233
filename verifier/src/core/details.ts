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
import { unpackControl } from "./words.ts";

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

/** A use whose detail is closed makes what came before unknown; so does a suffix. */
function addUp(
  details: ReadonlyMap<Hex, JsonObject>, entries: readonly (Act | Freeze)[], kind: Kind, first: number, suffix: boolean,
  goods: ReadonlyMap<string, Item>,
): number {
  let counted = 0;
  let state = first;
  let before: Map<string, Item> | null = suffix ? null : new Map();
  entries.forEach((item, at) => {
    const rule = item.type === "act" ? kind.rule(state, item.action.verb) : undefined;
    state = unpackControl(item.control).state;
    if (item.type !== "act" || rule === undefined || rule.quantity === QUANTITY.zero) return;
    const detail = details.get(item.digest);
    if (detail === undefined) {
      before = null;
      return;
    }
    before = use(detail, item.action.quantity, before, goods, `act ${at}`);
    counted++;
  });
  return counted;
}

/** The items after one use or correction; an item that it does not list keeps its total. before: null where it is not known. */
function use(
  detail: JsonObject, quantity: number, before: Map<string, Item> | null, goods: ReadonlyMap<string, Item>, where: string,
): Map<string, Item> {
  const after = new Map(before ?? []);
  itemsOf(detail, where).forEach((item, place) => {
    const name = member(item, "item") ?? (Object.hasOwn(item, "item") ? null : String(place));
    if (typeof name !== "string") throw invalid(14, `item ${shown(name)}`, "an item's number as a string", where);
    const certified = decimal(item, "certified", where);
    const used = decimal(item, "used", where);
    const total = decimal(item, "total", where);
    if (total.digits < 0n || certified.digits <= 0n || compare(total, certified) > 0) {
      throw invalid(14, `item ${name}: total ${text(total)}`, `0 to ${text(certified)}`, where);
    }
    const now: Item = { certified, total, unit: unitOf(item) };
    for (const earlier of [after.get(name), goods.get(name)]) {
      if (earlier !== undefined && (compare(earlier.certified, certified) !== 0 || earlier.unit !== now.unit)) {
        throw invalid(14, `item ${name}: certified ${text(certified)}`, "what was certified", where);
      }
    }
    if (goods.size > 0 && !goods.has(name)) throw invalid(14, `item ${name}`, `an item of the certificate: ${[...goods.keys()].join(", ")}`, where);
    if (before !== null && compare(add(before.get(name)?.total ?? NOTHING, used), total) !== 0) {
      throw invalid(14, `item ${name}: total ${text(total)}`, "what was used before and now", where);
    }
    after.set(name, now);
  });
  let parts = 0n;
  for (const item of after.values()) {
    const share = ceilingOfRatio(item.total, item.certified);
    if (share > parts) parts = share;
  }
  if (BigInt(quantity) !== parts) throw invalid(14, `quantity ${quantity}`, `${parts} parts per million, by the detail`, where);
  return after;
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

/** Uses after the last day of validity: the ledger has no calendar, so they are named here (docs/protocol §5). */
export function lateUses(
  entries: readonly (Act | Freeze)[], kind: Kind, first: number, validUntil: Json | undefined,
): { entry: number; time: number; last: string }[] {
  if (typeof validUntil !== "string" || !/^\d{4}-\d{2}-\d{2}/.test(validUntil)) return [];
  const last = validUntil.slice(0, 10);
  const late: { entry: number; time: number; last: string }[] = [];
  let state = first;
  entries.forEach((item, entry) => {
    const rule = item.type === "act" ? kind.rule(state, item.action.verb) : undefined;
    state = unpackControl(item.control).state;
    if (rule?.quantity !== QUANTITY.grows) return;
    if (new Date(item.time * 1000).toISOString().slice(0, 10) > last) late.push({ entry, time: item.time, last });
  });
  return late;
}
