// A kind's rules, from the file that the evidence carries (docs/protocol §3): read, checked, packed into the words that the
// ledger stores, and hashed into the digest that it sealed. Every finding of the check is a failure of step 4.

import { type Hex, fromHex, wordHex } from "./bytes.ts";
import { type Json, type JsonObject, isObject, member } from "./canonical.ts";
import {
  CONTENT, COUNTERPARTY, DETAIL, EFFECT, ENDORSEE, FLAG, PROGRESS, QUANTITY, REFERENCE, RELATIONS, SCOPE, WHO, roleBit,
} from "./codes.ts";
import { invalid, shown } from "./faults.ts";
import { jsonDigest, keccak, keccakText, keccakWords } from "./hashing.ts";

export interface Rule {
  readonly next: number;
  readonly effects: number;
  readonly who: number;
  readonly flags: number;
  readonly roles: bigint;
  readonly counterpartyRoles: bigint;
  readonly counterparty: number;
  readonly endorsee: number;
  readonly content: number;
  readonly reference: number;
  readonly detail: number;
  readonly quantity: number;
  readonly scope: number;
}

export type Title = { readonly en: string; readonly ja: string };
export interface State {
  readonly name: string;
  readonly number: number;
  readonly final: boolean;
  readonly progress: string;
  readonly title: Title;
}
export interface Verb {
  readonly name: string;
  readonly number: number;
  readonly intent: string;
  /** keccak256 of the words that a wallet shows. */
  readonly intentHash: Hex;
  readonly title: Title;
}
export interface Dataset {
  readonly name: string;
  readonly title: Title;
  /** item -> path in the outside standard. */
  readonly fields: ReadonlyMap<string, string>;
}

/** Where every document names its ledger; always mandatory. */
export const CHAIN_FIELD = "ext:/chainId";
export const LEDGER_FIELD = "ext:/ledger";
const LAST_STATE = 63;

export class Kind {
  readonly number: number;
  readonly id: string;
  readonly title: Title;
  readonly datasets: readonly Dataset[];
  /** Pointers whose first step is the dataset: what no presentation may hide. */
  readonly mandatory: readonly string[];
  readonly fileDigest: Hex;
  readonly digest: Hex;
  readonly rules: ReadonlyMap<number, Rule>;
  readonly #states: ReadonlyMap<number, State>;
  readonly #verbs: ReadonlyMap<number, Verb>;

  constructor(
    file: JsonObject, number: number, id: string, title: Title, states: ReadonlyMap<number, State>,
    verbs: ReadonlyMap<number, Verb>, rules: ReadonlyMap<number, Rule>, datasets: readonly Dataset[], mandatory: readonly string[],
  ) {
    this.number = number;
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

  get family(): number {
    return this.number >> 8;
  }

  rule(state: number, verb: number): Rule | undefined {
    return this.rules.get((state << 8) | verb);
  }

  verb(number: number): Verb | undefined {
    return this.#verbs.get(number);
  }

  verbName(number: number): string {
    return this.#verbs.get(number)?.name ?? `verb ${number}`;
  }

  state(number: number): State | undefined {
    return this.#states.get(number);
  }

  stateName(number: number): string {
    return this.#states.get(number)?.name ?? (number === 0 ? "NONE" : String(number));
  }

  /** Whether any verb is listed in the state: a record there is live. */
  live(state: number): boolean {
    for (const key of this.rules.keys()) if (key >> 8 === state) return true;
    return false;
  }
}

/** keccak256(abi.encode(fileDigest, keccak256(abi.encode(keys, words, verbs, intentHashes)))), as on the chain. */
function tableDigest(fileDigest: Hex, rules: ReadonlyMap<number, Rule>, verbs: ReadonlyMap<number, Verb>): Hex {
  const keys = [...rules.keys()].sort((left, right) => left - right);
  const numbers = [...verbs.keys()].sort((left, right) => left - right);
  const lists: (Hex | bigint | number)[][] = [
    keys, keys.map((key) => ruleWord(rules.get(key)!)), numbers, numbers.map((verb) => verbs.get(verb)!.intentHash),
  ];
  let heads = "";
  let tail = "";
  for (const list of lists) {
    heads += wordHex(4 * 32 + tail.length / 2);
    tail += wordHex(list.length) + list.map(wordHex).join("");
  }
  return keccakWords(fileDigest, keccak(fromHex(heads + tail)));
}

export function ruleWord(rule: Rule): bigint {
  return (
    BigInt(rule.next) | (BigInt(rule.effects) << 8n) | (BigInt(rule.who) << 24n) | (BigInt(rule.flags) << 40n) |
    (rule.roles << 56n) | (rule.counterpartyRoles << 120n) | (BigInt(rule.counterparty) << 184n) |
    (BigInt(rule.endorsee) << 192n) | (BigInt(rule.content) << 200n) | (BigInt(rule.reference) << 208n) |
    (BigInt(rule.detail) << 216n) | (BigInt(rule.quantity) << 224n) | (BigInt(rule.scope) << 232n) | (1n << 255n)
  );
}

// --- reading and checking -------------------------------------------------------------------------------------------

const NAME = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/;
const ITEM = /^[a-z][A-Za-z0-9]*$/;
const ID = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const TOP = [
  "id", "number", "title", "standard", "uncefact", "form", "detail", "mandatory", "decimals", "states", "verbs", "rows",
  "datasets", "checks",
];
const MODES = {
  counterparty: COUNTERPARTY, endorsee: ENDORSEE, content: CONTENT, reference: REFERENCE, detail: DETAIL, quantity: QUANTITY,
} as const;
const CLASSES: Record<string, number> = { filing: SCOPE.filing, issue: SCOPE.issue, title: SCOPE.title, official: SCOPE.official };
const ROW = ["state", "verb", "next", "who", "roles", "effects", "counterparty_roles", "flags", "class", ...Object.keys(MODES)];

function wrong(where: string, found: string, allowed: string): never {
  throw invalid(4, found, allowed, where === "" ? "kind" : `kind: ${where}`);
}

export function parseKind(file: JsonObject): Kind {
  known("", file, TOP);
  const id = text("id", member(file, "id"), ID, "lower-case words joined by hyphens");
  const number = integer("number", member(file, "number"), 0x0100, 0xffff);
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
    if (value !== undefined && typeof value !== "string") wrong(name, shown(value), "a text");
  }
  const byNumber = <T extends { number: number }>(things: Map<string, T>) => new Map([...things.values()].map((one) => [one.number, one]));
  return new Kind(file, number, id, title, byNumber(states), byNumber(verbs), rules, datasets, mandatory);
}

function known(where: string, value: JsonObject, allowed: readonly string[]): void {
  for (const name of Object.keys(value)) if (!allowed.includes(name)) wrong(where, `unknown member ${shown(name)}`, allowed.join(", "));
}

function text(where: string, value: Json | undefined, pattern: RegExp, allowed: string): string {
  if (typeof value !== "string" || !pattern.test(value)) wrong(where, shown(value), allowed);
  return value;
}

function integer(where: string, value: Json | undefined, least: number, most: number): number {
  if (typeof value !== "number" || value < least || value > most) wrong(where, shown(value), `an integer from ${least} to ${most}`);
  return value;
}

function flag(where: string, value: Json | undefined): boolean {
  if (value !== undefined && typeof value !== "boolean") wrong(where, shown(value), "true or false");
  return value === true;
}

function titleOf(where: string, value: Json | undefined): Title {
  const en = isObject(value) ? member(value, "en") : undefined;
  const ja = isObject(value) ? member(value, "ja") : undefined;
  if (!isObject(value) || Object.keys(value).length !== 2 || typeof en !== "string" || typeof ja !== "string" || !en || !ja) {
    wrong(where, `title ${shown(value)}`, "{ en, ja }, both not empty");
  }
  return { en, ja };
}

function names(where: string, value: Json | undefined, pattern: RegExp): string[] {
  if (!Array.isArray(value) || !value.every((one) => typeof one === "string" && pattern.test(one))) {
    wrong(where, shown(value), "a list of names");
  }
  if (new Set(value).size !== value.length) wrong(where, "a name that stands there twice", "every name once");
  return value as string[];
}

function pointers(where: string, value: Json | undefined): string[] {
  if (!Array.isArray(value) || !value.every((one) => typeof one === "string" && one.startsWith("/"))) {
    wrong(where, shown(value), 'a list of RFC 6901 pointers, each beginning with "/"');
  }
  return value as string[];
}

function tables(where: string, value: Json | undefined): [string, JsonObject][] {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isObject)) wrong(where, shown(value), "a list of tables, not empty");
  return (value as JsonObject[]).map((item, at) => [`${where}[${at + 1}]`, item]);
}

function once(where: string, name: string, number: number, earlier: Map<string, { number: number }>): void {
  if (earlier.has(name)) wrong(where, `the name ${name} a second time`, "every name once");
  for (const other of earlier.values()) if (other.number === number) wrong(where, `number ${number} a second time`, "a number of its own");
}

function readStates(value: Json | undefined): Map<string, State> {
  const states = new Map<string, State>();
  for (const [where, item] of tables("states", value)) {
    known(where, item, ["name", "number", "progress", "final", "title", "dcsa"]);
    const name = text(where, member(item, "name"), NAME, "a name in capitals, other than NONE");
    if (name === "NONE") wrong(where, "NONE", "a name other than NONE");
    const number = integer(`${where} number`, member(item, "number"), 1, LAST_STATE);
    const progress = member(item, "progress");
    if (typeof progress !== "string" || !(PROGRESS as readonly string[]).includes(progress)) wrong(where, `progress ${shown(progress)}`, PROGRESS.join(", "));
    once(where, name, number, states);
    states.set(name, { name, number, progress, final: flag(where, member(item, "final")), title: titleOf(where, member(item, "title")) });
  }
  return states;
}

function readVerbs(value: Json | undefined, common: readonly string[]): Map<string, Verb> {
  const verbs = new Map<string, Verb>();
  const intents = new Set<string>();
  for (const [where, item] of tables("verbs", value)) {
    known(where, item, ["name", "number", "intent", "title", "detail", "required"]);
    const name = text(where, member(item, "name"), NAME, "a name in capitals");
    const number = integer(`${where} number`, member(item, "number"), 1, 255);
    const detail = [...common, ...names(`${where} detail`, member(item, "detail") ?? [], ITEM)];
    for (const needed of names(`${where} required`, member(item, "required") ?? [], ITEM)) {
      if (!detail.includes(needed)) wrong(where, `required ${needed}`, "one of its detail members");
    }
    const intent = text(where, member(item, "intent"), /^[\x20-\x7e]{1,80}$/, "the words a wallet shows: 1 to 80 printable ASCII characters");
    if (intents.has(intent)) wrong(where, `intent ${shown(intent)}, used twice`, "words of its own for every verb");
    intents.add(intent);
    once(where, name, number, verbs);
    verbs.set(name, { name, number, intent, intentHash: keccakText(intent), title: titleOf(where, member(item, "title")) });
  }
  return verbs;
}

function readRows(value: Json | undefined, states: Map<string, State>, verbs: Map<string, Verb>): Map<number, Rule> {
  const rules = new Map<number, Rule>();
  for (const [where, item] of tables("rows", value)) {
    known(where, item, ROW);
    const state = member(item, "state") === "NONE" ? 0 : named(where, "state", item, states);
    const verb = named(where, "verb", item, verbs);
    const rule = readRule(where, item, named(where, "next", item, states));
    const key = (state << 8) | verb;
    if (rules.has(key)) wrong(where, "a second row for this state and verb", "one row for a state and verb");
    checkRule(where, state, rule);
    rules.set(key, rule);
  }
  return rules;
}

function named(where: string, column: string, item: JsonObject, things: Map<string, { number: number }>): number {
  const name = member(item, column);
  const found = typeof name === "string" ? things.get(name) : undefined;
  if (found === undefined) wrong(where, `${column} ${shown(name)}`, [...things.keys()].join(", "));
  return found.number;
}

function readRule(where: string, item: JsonObject, next: number): Rule {
  const scope = member(item, "class");
  if (typeof scope !== "string" || !Object.hasOwn(CLASSES, scope)) wrong(where, `class ${shown(scope)}`, Object.keys(CLASSES).join(", "));
  const who = mask(where, "who", item, WHO);
  if (who === 0) wrong(where, "nobody who may act", "at least one name in who");
  const mode = (column: keyof typeof MODES) => modeOf(where, column, item, MODES[column]);
  return {
    next, who, effects: mask(where, "effects", item, EFFECT), flags: mask(where, "flags", item, FLAG),
    roles: roleMask(where, "roles", item), counterpartyRoles: roleMask(where, "counterparty_roles", item),
    counterparty: mode("counterparty"), endorsee: mode("endorsee"), content: mode("content"), reference: mode("reference"),
    detail: mode("detail"), quantity: mode("quantity"), scope: CLASSES[scope]!,
  };
}

function modeOf(where: string, column: string, item: JsonObject, modes: Readonly<Record<string, number>>): number {
  const name = member(item, column);
  if (name === undefined) return 0;
  if (typeof name !== "string" || !Object.hasOwn(modes, name)) wrong(where, `${column} ${shown(name)}`, Object.keys(modes).join(", "));
  return modes[name]!;
}

function listed(where: string, column: string, item: JsonObject): string[] {
  const given = member(item, column) ?? [];
  if (!Array.isArray(given) || !given.every((one) => typeof one === "string") || new Set(given).size !== given.length) {
    wrong(where, `${column} ${shown(given)}`, "a list, every name once");
  }
  return given as string[];
}

function mask(where: string, column: string, item: JsonObject, bits: Readonly<Record<string, number>>): number {
  let total = 0;
  for (const name of listed(where, column, item)) {
    if (!Object.hasOwn(bits, name)) wrong(where, `${column} ${shown(name)}`, Object.keys(bits).join(", "));
    total |= bits[name]!;
  }
  return total;
}

function roleMask(where: string, column: string, item: JsonObject): bigint {
  let total = 0n;
  for (const name of listed(where, column, item)) total |= roleBit(name) ?? wrong(where, `${column} ${shown(name)}`, "business roles");
  return total;
}

/** The rules of defineKind that names can break. */
function checkRule(where: string, state: number, rule: Rule): void {
  const creates = (rule.effects & EFFECT.create) !== 0;
  const writes = (rule.effects & (EFFECT.create | EFFECT.new_content)) !== 0;
  if (creates !== (state === 0)) wrong(where, "a creating row outside NONE, or another row in it", "effect create in state NONE, and only there");
  if (rule.flags & FLAG.note && (rule.effects !== 0 || rule.next !== state)) {
    wrong(where, "a note row with effects or with another next state", "a note without effects that stays in its state");
  }
  if (rule.who & WHO.role && rule.roles === 0n) wrong(where, "who = role without roles", "roles beside who = role");
  if ((rule.content === CONTENT.new) !== writes || (creates && rule.reference !== REFERENCE.set)) {
    wrong(where, "content, effects and reference that contradict each other", "new content exactly where it is written");
  }
}

/** Every state is reached, from each an ending can be, endings have no way out, verbs are used. */
function checkGraph(states: Map<string, State>, verbs: Map<string, Verb>, rules: Map<number, Rule>): void {
  const following = new Map<number, Set<number>>();
  const backwards = new Map<number, Set<number>>();
  for (const [key, rule] of rules) {
    add(following, key >> 8, rule.next);
    add(backwards, rule.next, key >> 8);
  }
  const reached = closure([0], following);
  const ends = closure([...states.values()].filter((state) => state.final).map((state) => state.number), backwards);
  for (const state of states.values()) {
    if (!reached.has(state.number)) wrong(state.name, "a state that no row leads to", "a way from NONE");
    if (state.final && following.has(state.number)) wrong(state.name, "a row in a final state", "no row");
    if (!ends.has(state.number)) wrong(state.name, "no ending can be reached", "a way to a final state");
  }
  const used = new Set([...rules.keys()].map((key) => key & 0xff));
  for (const verb of verbs.values()) if (!used.has(verb.number)) wrong(verb.name, "a verb that no row uses", "at least one row");
}

function add(edges: Map<number, Set<number>>, from: number, to: number): void {
  const found = edges.get(from);
  if (found === undefined) edges.set(from, new Set([to]));
  else found.add(to);
}

function closure(start: readonly number[], following: Map<number, Set<number>>): Set<number> {
  const seen = new Set(start);
  const waiting = [...start];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const next of following.get(at) ?? []) {
      if (!seen.has(next)) {
        seen.add(next);
        waiting.push(next);
      }
    }
  }
  return seen;
}

function readDatasets(value: Json | undefined, states: Map<string, State>): Dataset[] {
  if (!isObject(value) || Object.keys(value).length === 0) wrong("datasets", shown(value), "at least one dataset");
  let attachments = 0;
  const datasets = Object.keys(value).map((name) => {
    const where = `datasets.${name}`;
    text(where, name, ITEM, "a name in camelCase");
    const item = member(value, name);
    if (!isObject(item)) wrong(where, shown(item), "a table");
    known(where, item, ["title", "fields", "readers", "attachments"]);
    if (flag(where, member(item, "attachments"))) attachments++;
    readReaders(where, member(item, "readers"), states);
    return { name, title: titleOf(where, member(item, "title")), fields: readFields(where, member(item, "fields")) };
  });
  if (attachments > 1) wrong("datasets", "attachments in several", "at most one dataset with attachments");
  checkPartition(datasets);
  return datasets;
}

function readFields(where: string, value: Json | undefined): Map<string, string> {
  if (!isObject(value) || Object.keys(value).length === 0) wrong(where, `fields ${shown(value)}`, "at least one item = path");
  const fields = new Map<string, string>();
  for (const item of Object.keys(value)) {
    text(`${where}.${item}`, item, ITEM, "an item name in camelCase");
    const path = member(value, item);
    const allowed = 'an RFC 6901 pointer to a member, `ext:` and a pointer, or ""';
    if (typeof path !== "string") wrong(`${where}.${item}`, shown(path), allowed);
    const pointer = path.startsWith("ext:") ? path.slice(4) : path;
    if ((pointer === "" && path !== "") || !/^(\/[^/*]+)*$/.test(pointer)) wrong(`${where}.${item}`, shown(path), allowed);
    fields.set(item, path);
  }
  return fields;
}

function readReaders(where: string, value: Json | undefined, states: Map<string, State>): void {
  if (!isObject(value) || Object.keys(value).length === 0) wrong(where, `readers ${shown(value)}`, "at least one reader = first state");
  for (const reader of Object.keys(value)) {
    const state = member(value, reader);
    if (roleBit(reader) === undefined && !(RELATIONS as readonly string[]).includes(reader)) wrong(where, `reader ${shown(reader)}`, "a role or relation");
    if (typeof state !== "string" || !states.has(state)) wrong(where, `first state ${shown(state)}`, [...states.keys()].join(", "));
  }
}

/** Every fact of the outside document lands in exactly one dataset, and every item has one. */
function checkPartition(datasets: readonly Dataset[]): void {
  const items = new Set<string>();
  const paths: string[] = [];
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
  for (const needed of [CHAIN_FIELD, LEDGER_FIELD]) if (!paths.includes(needed)) wrong("datasets", `no field for ${needed}`, "the document names its ledger");
}

function readMandatory(value: Json | undefined, datasets: readonly Dataset[]): string[] {
  const found = pointers("mandatory", value);
  const items = new Map<string, string>(
    datasets.flatMap((dataset) => [...dataset.fields].map(([item, path]): [string, string] => [`/${dataset.name}/${item}`, path])),
  );
  for (const pointer of found) {
    if (!items.has(pointer.split("/").slice(0, 3).join("/"))) wrong("mandatory", `path ${shown(pointer)}, which does not exist`, "/dataset/item of a field");
  }
  for (const [item, path] of items) {
    if ((path === CHAIN_FIELD || path === LEDGER_FIELD) && !found.includes(item)) wrong("mandatory", `${item} may be hidden`, "the document names its ledger: it is mandatory");
  }
  return found;
}

function readChecks(value: Json | undefined, datasets: readonly Dataset[]): void {
  if (!isObject(value)) wrong("checks", shown(value), "tables");
  for (const name of Object.keys(value)) {
    const where = `checks.${name}`;
    const item = member(value, name);
    if (!isObject(item)) wrong(where, shown(item), "a table");
    text(where, name, ITEM, "a name in camelCase");
    known(where, item, ["title", "needs", "cel"]);
    for (const needed of names(`${where} needs`, member(item, "needs"), ITEM)) {
      if (!datasets.some((dataset) => dataset.name === needed)) wrong(where, `needs ${needed}`, "datasets of the kind");
    }
    const cel = member(item, "cel");
    if (typeof cel !== "string" || cel === "") wrong(where, `cel ${shown(cel)}`, "an expression in CEL");
    titleOf(where, member(item, "title"));
  }
}
