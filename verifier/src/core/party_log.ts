// One party's log, replayed (docs/protocol §11; step 8): each entry must follow from its call, and the running hash must end
// in the ledger's partyHead. What comes out answers who the party was, and which accounts it had, at any time.

import { type Bytes, type Hex, ZERO, countBelow, hexToBigInt, wordHex } from "./bytes.ts";
import { type Call, CallError, callDigest, decodeCall, registrationDigest } from "./calls.ts";
import { PARTY_ACTS, SCOPE } from "./codes.ts";
import { Failure, invalid } from "./faults.ts";
import type { Change } from "./form.ts";
import { entry, keccakText, keccakWords } from "./hashing.ts";
import { recover, signersWord, split } from "./signatures.ts";
import { type Domain, consentDigest, partyActionDigest, vetoDigest } from "./typed_data.ts";
import { type Account, DAY, FULL_SCOPE, type Party, activeAt, packAccount, packParty } from "./words.ts";

const ADD_ACCOUNT = 1;
const REMOVE_ACCOUNT = 2;
const SET_THRESHOLD = 3;
const SET_PROFILE = 4;
const ROTATE_ENCRYPTION_KEY = 5;
const BUMP_EPOCH = 6;
const LOCK = 7;
const UNLOCK = 8;
const BAR_RECOVERY = 9;
const UNBAR_RECOVERY = 10;
const SET_ROLES = 11;

const ENACT_WINDOW = 14 * DAY;
const ORDER_DELAY = 30 * DAY;
const WORDS: readonly Hex[] = PARTY_ACTS.map((name) => keccakText(`Party: ${name}`));

type Source = "party" | "registrar" | "governor";
interface Pending {
  readonly what: number;
  readonly source: Source;
  readonly value: Hex;
  readonly proposedAt: number;
  readonly readyAt: number;
  dead: boolean;
}
/** What a power did to the party: in which entry, by which call, and who sent it. */
export interface PowerUsed {
  readonly entry: number;
  readonly call: Call["name"];
  readonly sender: Hex;
}

export class Timeline {
  readonly party: number;
  readonly times: number[] = [];
  readonly words: Party[] = [];
  readonly calls: Call["name"][] = [];
  readonly accounts = new Map<Hex, Account>();
  readonly powers: PowerUsed[] = [];
  profile: Hex = ZERO;
  encryptionKey: Hex = ZERO;
  head: Hex = ZERO;

  constructor(party: number) {
    this.party = party;
  }

  /** What the party may have been at a time: one answer, or several when entries fall into that very second. */
  at(time: number): (Party | null)[] {
    const from = countBelow(this.times, time);
    const end = countBelow(this.times, time + 1);
    return [from > 0 ? this.words[from - 1]! : null, ...this.words.slice(from, end)];
  }

  get now(): Party | null {
    return this.words[this.words.length - 1] ?? null;
  }
}

export function replay(domain: Domain, party: number, log: readonly Change[], head: Hex): Timeline {
  const walk = new Walk(domain, new Timeline(party));
  log.forEach((item, number) => {
    try {
      walk.take(item);
    } catch (error) {
      const where = `party ${party}, entry ${number}`;
      if (error instanceof CallError) throw invalid(8, error.found, error.allowed, where);
      throw error instanceof Failure ? error.within(where) : error;
    }
  });
  if (walk.line.head !== head) {
    throw invalid(
      8, `${walk.line.head} after ${log.length} entries`, `${head}, the ledger's partyHead`, `party ${party}`,
      "The log is incomplete or was altered: fetch it again, from the ledger's own events.",
    );
  }
  return walk.line;
}

function wrong(what: string, found: unknown, expected: unknown): Failure {
  return invalid(8, `${what}: ${String(found)}`, String(expected));
}

function want(what: string, found: unknown, expected: unknown): void {
  if (found !== expected) throw wrong(what, found, expected);
}

/** The replay's state: what the registry keeps in storage for one party. */
class Walk {
  readonly line: Timeline;
  readonly #domain: Domain;
  #nonce = 0;
  readonly #changes = new Map<Hex, Pending>();
  /** what -> the end of the last order's window, unless it was cancelled. */
  readonly #ordered = new Map<number, number>();

  constructor(domain: Domain, line: Timeline) {
    this.#domain = domain;
    this.line = line;
  }

  take(item: Change): void {
    const line = this.line;
    const last = line.times[line.times.length - 1];
    if (last !== undefined && item.time < last) throw wrong("times ascend", item.time, `${last} or later`);
    const call = decodeCall(item.call);
    const [party, account] = this.#after(call, item);
    want("party word", wordHex(item.partyWord), wordHex(packParty(party)));
    want("account word", wordHex(item.accountWord), wordHex(account));
    const result = keccakWords(item.partyWord, item.profile, item.encryptionKey, item.accountWord);
    const head = entry(line.head, item.digest, result, item.signers, item.time);
    want("head of the entry", item.head, head);
    line.head = head;
    line.times.push(item.time);
    line.words.push(party);
    line.calls.push(call.name);
    line.profile = item.profile;
    line.encryptionKey = item.encryptionKey;
  }

  /** The party after the call, and the word of the account touched. */
  #after(call: Call, item: Change): [Party, bigint] {
    if (call.name === "register") return [this.#register(call, item), 0n];
    const now = this.line.now;
    if (now === null) throw wrong("the log starts with register", call.name, "register");
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
  #byPower(call: Call, item: Change): void {
    if (!item.signers.startsWith("0".repeat(24)) || item.signers === ZERO) throw wrong("signers of a power", item.signers, "one account");
    this.line.powers.push({ entry: this.line.words.length, call: call.name, sender: item.signers.slice(24) });
  }

  #sameKeys(item: Change, profile = true, key = true): void {
    if (profile) want("profile unchanged", item.profile, this.line.profile);
    if (key) want("encryption key unchanged", item.encryptionKey, this.line.encryptionKey);
  }

  #register(call: Call & { name: "register" }, item: Change): Party {
    if (this.line.words.length > 0) throw wrong("registered once", "a second registration", "none");
    const one = call.registration;
    want("digest of the call", item.digest, callDigest(item.call));
    want("profile of the registration", item.profile, one.profile);
    want("encryption key of the registration", item.encryptionKey, one.encryptionKey);
    this.#byPower(call, item);
    if (one.scopes.length !== one.accounts.length || one.consents.length !== one.accounts.length) {
      throw wrong("lists of the registration", one.consents.length, `${one.accounts.length} of each`);
    }
    const whole = registrationDigest(one);
    one.accounts.forEach((account, at) => {
      this.#consent(account, one.scopes[at]!, whole, one.consents[at]!);
      this.line.accounts.set(account, { party: this.line.party, addedAt: item.time, removedAt: 0, scope: one.scopes[at]! });
    });
    return {
      roles: one.roles, epoch: 1, threshold: one.threshold, suspendedUntil: 0,
      accounts: one.scopes.filter((scope) => scope === FULL_SCOPE).length, locked: false,
      recoveryBarred: one.recoveryBarred, unlocks: 0,
    };
  }

  #partyAct(call: Call & { name: "partyAct" }, item: Change, now: Party): [Party, bigint] {
    const { what, value } = call;
    if (what < ADD_ACCOUNT || what > SET_ROLES) throw wrong("what is changed", what, "1 to 11");
    const nonce = what === LOCK ? now.unlocks : this.#nonce;
    want("digest of the party's act", item.digest, partyActionDigest(this.#domain, WORDS[what]!, call.party, nonce, what, value, call.deadline));
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
    const [after, account] = this.#effect(what, value, item, now);
    if (what === UNLOCK) for (const change of this.#changes.values()) if (change.what === UNLOCK) change.dead = true;
    const raised = what === UNLOCK || what === SET_THRESHOLD;
    return [raised ? { ...after, epoch: after.epoch + 1 } : after, account];
  }

  /** The accounts that signed: the party's own at that time, ascending, with the scope that it takes. */
  #signers(digest: Hex, call: Call & { name: "partyAct" }, item: Change): Hex[] {
    const found = split(call.signatures).map((piece) => this.#recovered(digest, piece));
    want("signers of the entry", item.signers, found.length === 0 ? ZERO : signersWord(found));
    for (let at = 1; at < found.length; at++) if (found[at - 1]! >= found[at]!) throw wrong("signers ascend", found[at], "each once, ascending");
    const own = call.what === REMOVE_ACCOUNT && found.length === 1 && found[0] === accountIn(call.value);
    const scopes = own ? FULL_SCOPE : call.what === LOCK ? SCOPE.title | SCOPE.admin : SCOPE.admin;
    for (const one of found) {
      const account = this.line.accounts.get(one);
      if (account === undefined || !activeAt(account, item.time) || (account.scope & scopes) === 0) {
        throw wrong("signer is the party's account", `0x${one}`, `an account with scope ${scopes}`);
      }
    }
    return found;
  }

  #recovered(digest: Hex, signature: Bytes): Hex {
    const signer = recover(digest, signature);
    if (signer === null) throw wrong("signature", "one that fits no key", "65 bytes, low s, v 27 or 28");
    return signer;
  }

  /** The account itself agreed to belong to the party, with this scope and on this occasion. */
  #consent(account: Hex, scope: number, registration: Hex, signature: Bytes): void {
    const signer = this.#recovered(consentDigest(this.#domain, this.line.party, account, scope, registration), signature);
    if (signer !== account) throw wrong("consent of the account", `signed by 0x${signer}`, `signed by 0x${account}`);
  }

  #veto(call: Call & { name: "veto" }, item: Change, now: Party): Party {
    const change = this.#change(call.change);
    const digest = vetoDigest(this.#domain, this.line.party, call.change);
    want("digest of the veto", item.digest, digest);
    const signer = this.#recovered(digest, call.signature);
    want("signers of the entry", item.signers, signersWord([signer]));
    const account = this.line.accounts.get(signer);
    if (
      account === undefined || (account.scope & (SCOPE.title | SCOPE.admin)) === 0 ||
      !activeAt(account, change.proposedAt) || change.source === "governor"
    ) {
      throw wrong("who vetoed", `0x${signer}`, "an account of the time, with title or admin scope");
    }
    this.#sameKeys(item);
    change.dead = true;
    return now;
  }

  #enact(call: Call & { name: "enact" }, item: Change, now: Party): [Party, bigint] {
    const change = this.#change(call.change);
    want("digest of the call", item.digest, callDigest(item.call));
    want("signers of the entry", item.signers, ZERO);
    const latest = change.readyAt + ENACT_WINDOW;
    if (item.time < change.readyAt || item.time > latest) throw wrong("enacted in time", item.time, `${change.readyAt} to ${latest}`);
    change.dead = true;
    if (change.what === ADD_ACCOUNT) this.#consent(accountIn(change.value), scopeIn(change.value), call.change, call.consent);
    const [after, account] = this.#effect(change.what, change.value, item, now);
    return [{ ...after, epoch: after.epoch + 1 }, account];
  }

  #power(call: Call, item: Change, now: Party): Party {
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
        throw wrong("call of a power", call.name, "propose, order, cancelOrder, suspend, reinstate");
    }
  }

  /** The party and the touched account's word after a change takes effect. */
  #effect(what: number, value: Hex, item: Change, now: Party): [Party, bigint] {
    this.#sameKeys(item, what !== SET_PROFILE, what !== ROTATE_ENCRYPTION_KEY);
    switch (what) {
      case ADD_ACCOUNT: {
        const added: Account = { party: this.line.party, addedAt: item.time, removedAt: 0, scope: scopeIn(value) };
        this.line.accounts.set(accountIn(value), added);
        return [{ ...now, accounts: now.accounts + (added.scope === FULL_SCOPE ? 1 : 0) }, packAccount(added)];
      }
      case REMOVE_ACCOUNT: {
        const known = this.line.accounts.get(accountIn(value));
        if (known === undefined || known.removedAt !== 0) throw wrong("account removed", `0x${accountIn(value)}`, "an active account of the party");
        const removed: Account = { ...known, removedAt: item.time };
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
        throw wrong("what is changed", what, "1 to 11");
    }
  }

  // --- changes that wait ---------------------------------------------------------------------------------------------

  #propose(what: number, source: Source, value: Hex, now: number, delay: number): void {
    const name = keccakWords(this.line.party, what, value, this.line.head);
    this.#changes.set(name, { what, source, value, proposedAt: now, readyAt: now + delay, dead: false });
  }

  #change(name: Hex): Pending {
    const change = this.#changes.get(name);
    if (change === undefined || change.dead) throw wrong("change is open", name, "a change that this log started and nothing ended");
    return change;
  }

  /** A profile is set at once only by taking up the registrar's open proposal of it. */
  #endProposal(profile: Hex): void {
    for (const change of this.#changes.values()) {
      if (change.what === SET_PROFILE && change.value === profile && !change.dead) {
        change.dead = true;
        return;
      }
    }
    throw wrong("profile was proposed", profile, "an open proposal of the registrar");
  }
}

function accountIn(value: Hex): Hex {
  return value.slice(24);
}

function scopeIn(value: Hex): number {
  return parseInt(value.slice(22, 24), 16);
}

function rolesIn(value: Hex): bigint {
  const roles = hexToBigInt(value);
  if (roles >> 64n) throw wrong("roles", value, "64 bits");
  return roles;
}

/** Seconds until a party's act takes effect, 0 = at once. */
function delayOf(what: number, signatures: number, now: Party, own: boolean): number {
  let needed = now.threshold;
  let alone = 0;
  if (what <= SET_THRESHOLD) {
    needed = own ? 1 : Math.max(2, now.threshold);
    alone = own ? 0 : 7 * DAY;
  } else if (what === LOCK) needed = 1;
  else if (what === UNLOCK) {
    needed = Math.min(Math.max(2, now.threshold), now.accounts);
    alone = 2 * DAY;
  }
  if (signatures < needed && !(signatures === 1 && alone > 0)) throw wrong("signatures of the party's act", signatures, `at least ${needed}`);
  if (what === UNBAR_RECOVERY) return 7 * DAY;
  return signatures < needed ? alone : 0;
}
