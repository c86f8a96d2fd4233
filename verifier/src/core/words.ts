// The ledger's packed words, read (docs/protocol §2). Low to high, as the contract's types draw them.

import { field } from "./bytes.ts";

export const BEARER = 0xffff_ffff;
export const DAY = 86_400;
export const FULL_SCOPE = 0xff;
export const FROZEN = 1;
export const SECURED = 2;

/** A record's state. used: parts per million. */
export interface Control {
  readonly issuer: number;
  readonly possessor: number;
  readonly endorsee: number;
  readonly offeree: number;
  readonly offeredEndorsee: number;
  readonly kind: number;
  readonly state: number;
  readonly flags: number;
  readonly version: number;
  readonly sequence: number;
  readonly used: number;
}

const CONTROL: readonly (readonly [keyof Control, number, number])[] = [
  ["issuer", 0, 32], ["possessor", 32, 32], ["endorsee", 64, 32], ["offeree", 96, 32], ["offeredEndorsee", 128, 32],
  ["kind", 160, 16], ["state", 176, 8], ["flags", 184, 8], ["version", 192, 16], ["sequence", 208, 24], ["used", 232, 24],
];

export const NOWHERE: Control = unpackControl(0n);

export function unpackControl(word: bigint): Control {
  const made: Partial<Record<keyof Control, number>> = {};
  for (const [name, at, bits] of CONTROL) made[name] = field(word, at, bits);
  return made as Control;
}

export function packControl(control: Control): bigint {
  let word = 0n;
  for (const [name, at] of CONTROL) word |= BigInt(control[name]) << BigInt(at);
  return word;
}

/** A party as of one entry of its log. roles: 64 bits; epoch counts from 1; accounts: full ones; unlocks: LOCK's nonce. */
export interface Party {
  readonly roles: bigint;
  readonly epoch: number;
  readonly threshold: number;
  readonly suspendedUntil: number;
  readonly accounts: number;
  readonly locked: boolean;
  readonly recoveryBarred: boolean;
  readonly unlocks: number;
}

export function packParty(party: Party): bigint {
  return (
    party.roles | (BigInt(party.epoch) << 64n) | (BigInt(party.threshold) << 96n) |
    (BigInt(party.suspendedUntil) << 104n) | (BigInt(party.accounts) << 144n) | (party.locked ? 1n << 160n : 0n) |
    (party.recoveryBarred ? 1n << 168n : 0n) | (BigInt(party.unlocks) << 176n)
  );
}

/** One party for ever, one interval, one scope. Times: unix seconds; removedAt 0 = still there. */
export interface Account {
  readonly party: number;
  readonly addedAt: number;
  readonly removedAt: number;
  readonly scope: number;
}

/** null for 0: nobody's account. */
export function unpackAccount(word: bigint): Account | null {
  if (word === 0n) return null;
  return { party: field(word, 0, 32), addedAt: field(word, 32, 40), removedAt: field(word, 72, 40), scope: field(word, 112, 8) };
}

export function packAccount(account: Account): bigint {
  return (
    BigInt(account.party) | (BigInt(account.addedAt) << 32n) | (BigInt(account.removedAt) << 72n) |
    (BigInt(account.scope) << 112n)
  );
}

export function activeAt(account: Account, time: number): boolean {
  return account.addedAt <= time && (account.removedAt === 0 || time <= account.removedAt);
}
