// Step 14: opened details are the ones that were signed; a certificate's quantities add up (docs/protocol §9).
//
// Quantities are decimal strings and are computed exactly, as integers over a power of ten.

import type { Hex } from "./bytes.ts";
import { type Json, type JsonObject, isObject, member } from "./canonical.ts";
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

/** How many uses with opened details were added up. first: the state before the entries. */
export function checkDetails(
  details: ReadonlyMap<Hex, JsonObject>, entries: readonly (Act | Freeze)[], notes: readonly (Act | Hidden)[], kind: Kind,
  first: number, suffix: boolean,
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
  return addUp(details, entries, kind, first, suffix);
}

/** A use whose detail is closed breaks the chain of totals; so does a suffix, which does not say what was used before. */
function addUp(
  details: ReadonlyMap<Hex, JsonObject>, entries: readonly (Act | Freeze)[], kind: Kind, first: number, suffix: boolean,
): number {
  let counted = 0;
  let state = first;
  let totals: Map<string, Decimal> | null = suffix ? null : new Map();
  entries.forEach((item, at) => {
    const rule = item.type === "act" ? kind.rule(state, item.action.verb) : undefined;
    state = unpackControl(item.control).state;
    if (item.type !== "act" || rule === undefined || rule.quantity === QUANTITY.zero) return;
    const detail = details.get(item.digest);
    if (detail === undefined) {
      totals = null;
      return;
    }
    totals = use(detail, item.action.quantity, totals, `act ${at}`, rule.quantity === QUANTITY.grows);
    counted++;
  });
  return counted;
}

/** The totals after one use. */
function use(
  detail: JsonObject, quantity: number, before: Map<string, Decimal> | null, where: string, grows: boolean,
): Map<string, Decimal> {
  const totals = new Map(before ?? []);
  let parts = 0n;
  itemsOf(detail, where).forEach((item, place) => {
    const name = nameOf(member(item, "item"), place);
    const certified = decimal(item, "certified", where);
    const used = decimal(item, "used", where);
    const total = decimal(item, "total", where);
    if (total.digits < 0n || certified.digits <= 0n || compare(total, certified) > 0) {
      throw invalid(14, `item ${name}: total ${text(total)}`, `0 to ${text(certified)}, what was certified`, where);
    }
    if (before !== null && grows) {
      const expected = add(before.get(name) ?? NOTHING, used);
      if (compare(expected, total) !== 0) {
        throw invalid(14, `item ${name}: total ${text(total)}`, `${text(expected)}, what was used before and now`, where);
      }
    }
    totals.set(name, total);
    const share = ceilingOfRatio(total, certified);
    if (share > parts) parts = share;
  });
  if (BigInt(quantity) !== parts) throw invalid(14, `quantity ${quantity}`, `${parts} parts per million, by the detail`, where);
  return totals;
}

function itemsOf(detail: JsonObject, where: string): JsonObject[] {
  const items = member(detail, "items");
  if (!Array.isArray(items) || !items.every(isObject)) throw invalid(14, "a use without a list of items", "items with certified, used, total", where);
  return items;
}

function nameOf(item: Json | undefined, place: number): string {
  return item === undefined ? String(place) : typeof item === "string" ? item : JSON.stringify(item);
}

/** At most 40 characters: digits, perhaps a point between digits, perhaps a minus before them. */
function decimal(item: JsonObject, name: string, where: string): Decimal {
  const value = member(item, name);
  if (typeof value !== "string" || value.length > 40 || !/^-?[0-9]+(\.[0-9]+)?$/.test(value)) {
    throw invalid(14, `${name} ${shown(value)}`, "a decimal number as a string", where);
  }
  const [whole, part = ""] = value.split(".");
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
