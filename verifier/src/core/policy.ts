// What a verifier trusts (docs/protocol/evidence.md, "The policy"). A check throws; none answers false.

import { parse as parseToml } from "smol-toml";

import type { Hex } from "./bytes.ts";
import { roleBit } from "./codes.ts";
import { outside, shown } from "./faults.ts";
import type { Engine } from "./form.ts";
import type { Trust } from "./seals.ts";
import type { Domain } from "./typed_data.ts";

export interface LedgerRule {
  readonly chainId: number;
  readonly engine: Engine;
  /** null: any. */
  readonly address: Hex | null;
  readonly salt: Hex | null;
  /** null: this release's contract. */
  readonly code: Hex | null;
  readonly validators: readonly Trust[];
}

export interface Policy {
  readonly ledgers: readonly LedgerRule[];
  /** Empty: the kinds that come with the verifier. */
  readonly kinds: ReadonlySet<Hex>;
  readonly sealed: boolean;
  readonly stamped: boolean;
  /** Seconds from the block to now; 0 = any. */
  readonly greatestAge: number;
  readonly signedBy: readonly string[];
  readonly audience: string;
  /** SHA-256 of certificates of time-stamping authorities. */
  readonly stamps: ReadonlySet<Hex>;
}

/** The embedded ledger, this release's contract and kinds; nothing else. */
export const DEFAULT: Policy = {
  ledgers: [{ chainId: 1337, engine: "none", address: null, salt: null, code: null, validators: [] }],
  kinds: new Set(), sealed: false, stamped: false, greatestAge: 0, signedBy: [], audience: "", stamps: new Set(),
};

/** A policy file cannot be used; it says where. */
export class PolicyError extends Error {}

export function ledgerRule(policy: Policy, domain: Domain, engine: Engine): LedgerRule {
  const found = policy.ledgers.find(
    (rule) =>
      rule.chainId === domain.chainId && rule.engine === engine && (rule.address ?? domain.address) === domain.address &&
      (rule.salt ?? domain.salt) === domain.salt,
  );
  if (found !== undefined) return found;
  const known = policy.ledgers.map((rule) => `chain ${rule.chainId} (${rule.engine})`).join(", ") || "none";
  throw outside(1, `ledger 0x${domain.address} on chain ${domain.chainId} (${engine})`, `a ledger of the policy: ${known}`);
}

/** A policy from TOML, or from the same members as JSON. */
export function readPolicy(text: string): Policy {
  let data: unknown;
  try {
    data = text.trimStart().startsWith("{") ? JSON.parse(text) : parseToml(text);
  } catch (error) {
    throw new PolicyError(`the policy is neither TOML nor JSON: ${error instanceof Error ? error.message : ""}`);
  }
  const top = table(data, "policy", ["schema", "ledger"], ["kinds", "require", "stamp"]);
  if (top["schema"] !== "portledger/policy/1") throw refused("policy.schema", top["schema"], "portledger/policy/1");
  const require = table(top["require"] ?? {}, "require", [], ["sealed", "stamped", "greatest_age", "signed_by", "audience"]);
  const kinds = table(top["kinds"] ?? {}, "kinds", [], ["digests"]);
  return {
    ledgers: list(top["ledger"], "ledger").map((one, at) => ledgerOf(one, `ledger[${at}]`)),
    kinds: new Set(list(kinds["digests"] ?? [], "kinds.digests").map((one) => digest(one, "kinds.digests"))),
    sealed: flag(require["sealed"], "require.sealed"),
    stamped: flag(require["stamped"], "require.stamped"),
    greatestAge: integer(require["greatest_age"] ?? 0, "require.greatest_age", 0),
    signedBy: list(require["signed_by"] ?? [], "require.signed_by").map(role),
    audience: string(require["audience"] ?? "", "require.audience"),
    stamps: new Set(list(top["stamp"] ?? [], "stamp").map((one) => digest(table(one, "stamp", ["certificate"], [])["certificate"], "stamp.certificate"))),
  };
}

function ledgerOf(data: unknown, at: string): LedgerRule {
  const members = table(data, at, ["chain_id", "engine", "code"], ["address", "salt", "validators"]);
  const engine = members["engine"];
  if (engine !== "none" && engine !== "qbft" && engine !== "istanbul") throw refused(`${at}.engine`, engine, "none, qbft, istanbul");
  return {
    chainId: integer(members["chain_id"], `${at}.chain_id`, 1), engine,
    address: members["address"] === undefined ? null : address(members["address"], `${at}.address`),
    salt: members["salt"] === undefined ? null : digest(members["salt"], `${at}.salt`),
    code: members["code"] === "release" ? null : digest(members["code"], `${at}.code`),
    validators: list(members["validators"] ?? [], `${at}.validators`).map((one, number) => trustOf(one, `${at}.validators[${number}]`)),
  };
}

function trustOf(data: unknown, at: string): Trust {
  const members = table(data, at, ["height", "accounts"], []);
  const validators = list(members["accounts"], `${at}.accounts`).map((one) => address(one, `${at}.accounts`));
  if (validators.length === 0 || new Set(validators).size !== validators.length) {
    throw refused(`${at}.accounts`, validators.length, "at least one, each once");
  }
  return { height: integer(members["height"], `${at}.height`, 0), validators };
}

type Table = Record<string, unknown>;

function table(data: unknown, at: string, needed: readonly string[], allowed: readonly string[]): Table {
  if (typeof data !== "object" || data === null || Array.isArray(data) || data instanceof Date) throw refused(at, data, "a table");
  const unknown = Object.keys(data).filter((name) => !needed.includes(name) && !allowed.includes(name));
  const missing = needed.filter((name) => !Object.hasOwn(data, name));
  if (unknown.length > 0 || missing.length > 0) {
    const found = [...unknown.map((name) => `unknown ${name}`), ...missing.map((name) => `no ${name}`)].join(", ");
    throw new PolicyError(`${at}: ${found}; allowed: ${[...needed, ...allowed].join(", ")}`);
  }
  // Only own members: a table may well leave out what every object inherits.
  return Object.assign(Object.create(null) as Table, data);
}

function list(value: unknown, at: string): unknown[] {
  if (!Array.isArray(value)) throw refused(at, value, "a list");
  return value;
}

function flag(value: unknown, at: string): boolean {
  if (value !== undefined && typeof value !== "boolean") throw refused(at, value, "true or false");
  return value === true;
}

function integer(value: unknown, at: string, low: number): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < low) throw refused(at, value, `an integer from ${low}`);
  return value;
}

function string(value: unknown, at: string): string {
  if (typeof value !== "string") throw refused(at, value, "a string");
  return value;
}

function role(value: unknown): string {
  const name = string(value, "require.signed_by");
  if (roleBit(name) === undefined) throw refused("require.signed_by", name, "a business role's name");
  return name;
}

function digest(value: unknown, at: string): Hex {
  if (typeof value !== "string" || !/^[0-9a-f]{64}$/.test(value)) throw refused(at, value, "64 lower-case hex digits");
  return value;
}

function address(value: unknown, at: string): Hex {
  if (typeof value !== "string" || !/^0x[0-9a-f]{40}$/.test(value)) throw refused(at, value, "0x and 40 lower-case hex digits");
  return value.slice(2);
}

function refused(at: string, found: unknown, allowed: string): PolicyError {
  return new PolicyError(`${at}: found ${shown(found)}; allowed: ${allowed}`);
}
