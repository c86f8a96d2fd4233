// Steps 1 to 14 on an evidence file whose form was read, in the order of docs/protocol/evidence.md.
//
// Each method is one step and carries its number. What passed is noted in `Progress`, which the caller keeps: after a failure
// it still tells how far the file held.

import { type Hex, ZERO, concat, field, fromHex, toHex, utf8, wordHex } from "./bytes.ts";
import { type Json, type JsonObject, isObject, member } from "./canonical.ts";
import { EFFECT, FLAG, GOVERNOR } from "./codes.ts";
import { checkDetails, lateUses } from "./details.ts";
import { Failure, type Step, invalid, moment, outside, shown } from "./faults.ts";
import type { Act, Bundle, Freeze, Hidden } from "./form.ts";
import { entry, hmacSha256, jsonDigest, keccakText, keccakWords } from "./hashing.ts";
import { CHAIN_FIELD, Kind, LEDGER_FIELD, parseKind } from "./kind.ts";
import { type DatasetEntry, Manifest } from "./manifest.ts";
import { type Timeline, replay } from "./party_log.ts";
import { type Policy, type LedgerRule, ledgerRule } from "./policy.ts";
import { PAUSE, Powers } from "./powers.ts";
import { number as numberOf } from "./reference.ts";
import { SHIPPED_KINDS, releaseCodeDigest } from "./release.ts";
import { type Header, type SealedHeader, checkBlock } from "./seals.ts";
import { LENGTH, recover, signersWord, split } from "./signatures.ts";
import * as slots from "./slots.ts";
import { BEFORE_ALL, Scene, type Standing, freeze, namedParties, run } from "./table.ts";
import { ProofError, rootOf } from "./tree.ts";
import { Nodes, Unproven, account as accountAt, slot, slotOrUnproven } from "./trie.ts";
import { actionDigest, documentId } from "./typed_data.ts";
import { type Account, type Control, activeAt, packAccount, packControl, unpackAccount, unpackControl, SECURED } from "./words.ts";

const FREEZE = keccakText("FREEZE");
const UNFREEZE = keccakText("UNFREEZE");

/** From when until when a head was the record's, and the control word with it. */
interface Span {
  readonly control: bigint;
  readonly since: number;
  readonly until: number;
}

/** What a step looked at. facts: its figures, for a reader of any language. */
export interface StepReport {
  readonly step: Step;
  readonly checked: boolean;
  readonly facts: Readonly<Record<string, string | number>>;
}

/** What a reader should know although nothing is wrong. */
export interface Remark {
  readonly about: "same-second" | "powers-not-shown" | "inactive" | "frozen" | "unfrozen" | "late-use" | "no-date" | "cancelled";
  readonly facts: Readonly<Record<string, string | number>>;
}

/** Called now and then in long work: signatures looked at, of how many. A page draws and answers meanwhile. */
export type Pause = (done: number, all: number) => Promise<void>;
/** Signatures between two pauses: some twenty milliseconds. */
const BETWEEN_PAUSES = 32;

/** How far a verification came. */
export class Progress {
  readonly steps: StepReport[] = [];
  readonly remarks: Remark[] = [];
  readonly pause: Pause | null;

  constructor(pause: Pause | null = null) {
    this.pause = pause;
  }

  passed(step: Step, facts: StepReport["facts"], checked = true): void {
    this.steps.push({ step, checked, facts });
  }
}

/** What the ledger holds at the block, every word proven. accounts, claims: only those whose proof is in the file. */
export interface Facts {
  readonly control: bigint;
  readonly head: Hex;
  readonly notesHead: Hex;
  readonly kindDigest: Hex;
  readonly partyHeads: ReadonlyMap<number, Hex>;
  readonly securedParty: number;
  readonly frozenUntil: number;
  readonly ledgerHead: Hex;
  readonly accounts: ReadonlyMap<Hex, Account | null>;
  readonly claims: ReadonlyMap<Hex, Hex>;
}

/** A file whose history and content hold, before the policy's last demands. */
export interface Proven {
  readonly bundle: Bundle;
  readonly header: Header;
  readonly sealed: boolean;
  readonly facts: Facts;
  readonly kind: Kind;
  readonly control: Control;
  readonly timelines: ReadonlyMap<number, Timeline>;
  readonly number: string;
  /** The manifest of the present version, where it is shown. */
  readonly newest: Manifest | null;
  readonly values: ReadonlyMap<string, Json>;
}

/** Steps 1 to 14. header: fields of the dataset `header` that a presentation shows, by item, for step 11. */
export async function prove(bundle: Bundle, policy: Policy, progress: Progress, header: JsonObject | null = null): Promise<Proven> {
  const rule = ledgerRule(policy, bundle.domain, bundle.engine);
  const block = checkBlock(bundle.engine, bundle.path, bundle.header, rule.validators);
  if (policy.sealed && !block.sealed) throw outside(1, "a block that nobody sealed", "sealed evidence");
  progress.passed(1, { block: block.header.number, time: block.header.time, chain: bundle.domain.chainId, seals: block.signers.length });
  const check = new Check(bundle, block, progress);
  const nodes = check.account(rule);
  await check.recover();
  const facts = check.storage(nodes);
  const kind = check.kind(policy);
  return check.history(kind, facts, header);
}

class Check {
  readonly #bundle: Bundle;
  readonly #block: SealedHeader;
  readonly #progress: Progress;
  /** Who signed, by act; null where a signature fits no key. */
  readonly #recovered = new Map<Act, (Hex | null)[]>();
  #storageRoot: Hex = ZERO;
  #facts!: Facts;
  #kind!: Kind;
  #timelines = new Map<number, Timeline>();
  #powers!: Powers;
  #scene: Scene | undefined;

  constructor(bundle: Bundle, block: SealedHeader, progress: Progress) {
    this.#bundle = bundle;
    this.#block = block;
    this.#progress = progress;
  }

  /** The acts that are shown, of both tracks: first the control track's. */
  #acts(): Act[] {
    return [...this.#bundle.entries, ...this.#bundle.notes].filter((item): item is Act => item.type === "act" || item.type === "note");
  }

  #named(at: number): string {
    const item = this.#bundle.entries[at]!;
    return `act ${at}, ${item.type === "freeze" ? (item.until === 0 ? "UNFREEZE" : "FREEZE") : this.#kind.verbName(item.action.verb)}`;
  }

  // --- 2 and 3: the ledger's account and storage ---------------------------------------------------------------------

  account(rule: LedgerRule): Nodes {
    const bundle = this.#bundle;
    const nodes = new Nodes(bundle.proof);
    const account = accountAt(this.#block.header.stateRoot, bundle.domain.address, nodes, bundle.engine === "istanbul");
    const wanted = rule.code ?? releaseCodeDigest(bundle.domain);
    if (account.codeHash !== wanted) throw outside(2, `code digest ${account.codeHash}`, wanted);
    this.#progress.passed(2, { ledger: `0x${bundle.domain.address}`, code: account.codeHash });
    this.#storageRoot = account.storageRoot;
    return nodes;
  }

  /** Who signed: what takes the time of a verification. */
  async recover(): Promise<void> {
    const acts = this.#acts();
    const all = acts.reduce((sum, item) => sum + Math.ceil(item.signatures.length / LENGTH), 0);
    let done = 0;
    for (const item of acts) {
      const pieces = split(item.signatures);
      this.#recovered.set(item, pieces.map((piece) => recover(item.digest, piece)));
      const before = done;
      done += pieces.length;
      if (this.#progress.pause && Math.floor(before / BETWEEN_PAUSES) !== Math.floor(done / BETWEEN_PAUSES)) await this.#progress.pause(done, all);
    }
  }

  storage(nodes: Nodes): Facts {
    const bundle = this.#bundle;
    const root = this.#storageRoot;
    let count = 0;
    const word = (place: Hex): bigint => {
      count++;
      return slot(root, place, nodes);
    };
    const digest = (place: Hex): Hex => wordHex(word(place));
    const whereShown = (place: Hex): bigint | null => {
      try {
        const found = slotOrUnproven(root, place, nodes);
        count++;
        return found;
      } catch (error) {
        // Not proven is no failure here: the step that needs the word says so.
        if (error instanceof Unproven || error instanceof Failure) return null;
        throw error;
      }
    };
    const control = word(slots.control(bundle.document));
    const extension = word(slots.extension(bundle.document));
    const facts: Facts = {
      control,
      securedParty: field(extension, 0, 32),
      frozenUntil: field(extension, 32, 40),
      head: digest(slots.head(bundle.document)),
      notesHead: digest(slots.notesHead(bundle.document)),
      kindDigest: digest(slots.kindDigest(unpackControl(control).kind)),
      partyHeads: new Map([0, ...bundle.parties.map((one) => one.party)].map((party) => [party, digest(slots.partyHead(party))])),
      ledgerHead: bundle.stamps.length > 0 ? digest(slots.ledgerHead) : ZERO,
      accounts: this.#accounts(whereShown),
      claims: this.#claims(whereShown),
    };
    if (nodes.unused() > 0) throw invalid(3, `${nodes.unused()} nodes that prove nothing`, "only nodes that are needed");
    if (control === 0n) {
      throw invalid(3, `no record ${bundle.document}`, "a record on this ledger", "", "Check the document id, and that the file speaks of the right ledger.");
    }
    this.#progress.passed(3, { words: count, nodes: nodes.size });
    this.#facts = facts;
    return facts;
  }

  #accounts(read: (place: Hex) => bigint | null): Map<Hex, Account | null> {
    const found = new Map<Hex, Account | null>();
    for (const item of this.#acts()) {
      for (const signer of this.#recovered.get(item)!) {
        if (signer === null || found.has(signer)) continue;
        const word = read(slots.account(signer));
        if (word !== null) found.set(signer, unpackAccount(word));
      }
    }
    return found;
  }

  #claims(read: (place: Hex) => bigint | null): Map<Hex, Hex> {
    const found = new Map<Hex, Hex>();
    for (const { action } of this.#acts()) {
      if (action.documentReference === ZERO) continue;
      const claim = documentId(action.kind >> 8, action.actor, action.documentReference);
      const word = read(slots.claim(claim));
      if (word !== null) found.set(claim, wordHex(word));
    }
    return found;
  }

  // --- 4: the kind ---------------------------------------------------------------------------------------------------

  kind(policy: Policy): Kind {
    const kind = parseKind(this.#bundle.kind);
    const recorded = unpackControl(this.#facts.control).kind;
    if (kind.number !== recorded) throw invalid(4, `kind file of ${kind.number}`, `${recorded}, the record's`);
    if (kind.digest !== this.#facts.kindDigest) {
      throw invalid(
        4, `kind digest ${kind.digest} of ${kind.id}`, `${this.#facts.kindDigest}, sealed on the ledger`, "",
        "Use the kind file that was defined on this ledger; accept no other.",
      );
    }
    const trusted = policy.kinds.size > 0 ? policy.kinds : SHIPPED_KINDS;
    if (!trusted.has(kind.digest)) throw outside(4, `kind digest ${kind.digest}`, "a kind that the policy trusts");
    this.#progress.passed(4, { kind: kind.id, digest: kind.digest });
    this.#kind = kind;
    return kind;
  }

  // --- 5 to 14 -------------------------------------------------------------------------------------------------------

  async history(kind: Kind, facts: Facts, shownHeader: JsonObject | null): Promise<Proven> {
    const bundle = this.#bundle;
    this.#checkEntries();
    this.#checkParties();
    this.#checkTable();
    this.#checkNotes();
    const header = bundle.opened.filter((one) => one.dataset === "header").pop();
    const whole = header !== undefined;
    const number = await this.#checkReference(whole ? (isObject(header.value) ? header.value : {}) : (shownHeader ?? {}), whole);
    const newest = this.#checkManifests();
    const values = this.#checkDatasets(newest);
    this.#checkDetails(values);
    const control = unpackControl(facts.control);
    const state = kind.state(control.state);
    if (state?.progress === "cancelled") {
      this.#progress.remarks.push({ about: "cancelled", facts: { state: state.name, en: state.title.en, ja: state.title.ja } });
    }
    return {
      bundle, header: this.#block.header, sealed: this.#block.sealed, facts, kind, control,
      timelines: this.#timelines, number, newest, values,
    };
  }

  /** 5 digests, 7 signatures, 6 heads: every entry by itself, then where they end. */
  #checkEntries(): void {
    const { entries, start, document } = this.#bundle;
    let head = start?.head ?? ZERO;
    let time = start?.time ?? 0;
    let acts = 0;
    let signatures = 0;
    entries.forEach((item, at) => {
      const where = this.#named(at);
      if (item.time < time || item.time > this.#block.header.time) {
        throw invalid(6, `time ${moment(item.time)}`, `${moment(time)} to ${moment(this.#block.header.time)}: acts ascend in time`, where);
      }
      time = item.time;
      let digest: Hex;
      let signers: Hex;
      if (item.type === "freeze") {
        digest = keccakWords(item.until === 0 ? UNFREEZE : FREEZE, document, item.until, item.reason);
        signers = wordHex(item.sender);
      } else {
        this.#checkDigest(item, head, where, 5);
        digest = item.digest;
        const found = this.#checkSignatures(item, where, 7);
        signers = signersWord(found);
        acts++;
        signatures += found.length;
      }
      head = entry(head, digest, item.control, signers, item.time);
      if (head !== item.head) throw invalid(6, `head ${item.head}`, `${head}, recomputed`, where);
    });
    if (head !== this.#facts.head) {
      throw invalid(
        6, `head ${head} after ${entries.length} entries`, `${this.#facts.head}, the ledger's`, "",
        "The history is incomplete or old: fetch it again, from another source if need be.",
      );
    }
    const shown = entries.length + (start === null ? 0 : unpackControl(start.control).sequence);
    const sequence = unpackControl(this.#facts.control).sequence;
    if (shown !== sequence) throw invalid(6, `${shown} entries`, `${sequence}, the record's sequence`);
    this.#progress.passed(5, { acts });
    this.#progress.passed(7, { signatures });
    this.#progress.passed(6, { entries: entries.length, head });
  }

  /** The act builds on the head, and hashes with the kind's words to its digest. */
  #checkDigest(item: Act, head: Hex, where: string, step: Step): void {
    if (item.action.previous !== head) {
      throw invalid(
        step, `previous ${item.action.previous}`, `${head}, the head before it`, where,
        "An act is missing, doubled or out of order: fetch the whole history again.",
      );
    }
    const verb = this.#kind.verb(item.action.verb);
    if (verb === undefined) throw invalid(step, `verb ${item.action.verb}`, `a verb of ${this.#kind.id}`, where);
    const digest = actionDigest(this.#bundle.domain, item.action, verb.intentHash);
    if (digest !== item.digest) throw invalid(step, `digest ${item.digest}`, `${digest}, recomputed`, where);
  }

  /** The signers, each an account of the actor at the time of the act. */
  #checkSignatures(item: Act, where: string, step: Step): Hex[] {
    const length = item.signatures.length;
    if (length === 0 || length % LENGTH !== 0) throw invalid(step, `${length} bytes of signatures`, "65 for each, at least one", where);
    const found: Hex[] = [];
    for (const signer of this.#recovered.get(item)!) {
      if (signer === null) throw invalid(step, "a signature that fits no key", "65 bytes, low s, v 27 or 28", where);
      const last = found[found.length - 1];
      if (last !== undefined && signer <= last) throw invalid(step, `signer 0x${signer} after 0x${last}`, "ascending signers", where);
      this.#checkAccount(signer, item, where, step);
      found.push(signer);
    }
    return found;
  }

  #checkAccount(signer: Hex, item: Act, where: string, step: Step): void {
    const expected = `an account of party ${item.action.actor} at ${moment(item.time)}`;
    const account = this.#facts.accounts.get(signer);
    if (account === undefined) throw invalid(step, `0x${signer}, of which the ledger's word is not shown`, expected, where);
    if (account === null) throw invalid(step, `0x${signer}, nobody's account`, expected, where);
    if (account.party !== item.action.actor) throw invalid(step, `0x${signer} of party ${account.party}`, expected, where);
    if (!activeAt(account, item.time)) {
      const removed = account.removedAt === 0 ? "" : `, removed ${moment(account.removedAt)}`;
      throw invalid(step, `0x${signer}, added ${moment(account.addedAt)}${removed}`, expected, where);
    }
  }

  // --- 8: parties and powers -----------------------------------------------------------------------------------------

  #checkParties(): void {
    const bundle = this.#bundle;
    const logs = new Map(bundle.parties.map((one) => [one.party, one]));
    const concerned = new Set(this.#acts().flatMap((item) => [item.action.actor, ...namedParties(item.action)]));
    let entries = 0;
    for (const one of bundle.parties) {
      const line = replay(bundle.domain, one.party, one.log, this.#facts.partyHeads.get(one.party)!);
      this.#timelines.set(one.party, line);
      entries += line.times.length;
    }
    for (const party of [...concerned].sort((left, right) => left - right)) {
      if (!logs.has(party)) throw invalid(8, "no log", "its log from registration on", `party ${party}`);
    }
    for (const line of this.#timelines.values()) {
      for (const [address, known] of line.accounts) {
        const stored = this.#facts.accounts.get(address);
        if (stored !== undefined && (stored === null || packAccount(stored) !== packAccount(known))) {
          throw invalid(8, `account 0x${address}`, "the word that follows from the party's log", `party ${line.party}`);
        }
      }
    }
    for (const { party, profile } of bundle.parties) {
      if (profile === null) continue;
      const digest = jsonDigest(profile);
      const last = this.#timelines.get(party)!.profile;
      if (digest !== last) throw invalid(8, `profile ${digest}`, last, `party ${party}`);
    }
    this.#checkPowers();
    this.#progress.passed(8, { parties: this.#timelines.size, entries });
    for (const [party, line] of this.#timelines) {
      const now = line.now;
      const why = now === null ? "not registered" : now.suspendedUntil > this.#block.header.time ? "suspended" : now.locked ? "locked" : null;
      if (why !== null) this.#progress.remarks.push({ about: "inactive", facts: { party, why } });
    }
  }

  #checkPowers(): void {
    this.#powers = new Powers(this.#bundle.consortium, this.#facts.partyHeads.get(0)!, this.#block.header.time);
    let unshown = 0;
    for (const [party, line] of this.#timelines) {
      for (const used of line.powers) {
        const where = `party ${party}, entry ${used.entry}`;
        if (!this.#powers.require(used.call, used.sender, line.times[used.entry]!, where)) unshown++;
      }
    }
    if (unshown > 0) this.#progress.remarks.push({ about: "powers-not-shown", facts: { count: unshown } });
  }

  // --- 9: the table --------------------------------------------------------------------------------------------------

  #checkTable(): void {
    const { entries, start } = this.#bundle;
    const facts = this.#facts;
    let at: Standing = BEFORE_ALL;
    if (start !== null) {
      const control = unpackControl(start.control);
      if (control.flags & SECURED) throw invalid(9, "a suffix of a secured record", "the whole history: the secured party is in it");
      at = { ...BEFORE_ALL, control, head: start.head };
    }
    let frozen = false;
    entries.forEach((item, number) => {
      const where = this.#named(number);
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
    // A suffix without a freeze does not tell of an earlier one, which was over before the first act that is shown.
    const untold = start !== null && !frozen && facts.frozenUntil <= entries[0]!.time;
    if (at.securedParty !== facts.securedParty || (at.frozenUntil !== facts.frozenUntil && !untold)) {
      throw invalid(
        9, `secured party ${at.securedParty}, frozen until ${at.frozenUntil}`,
        `${facts.securedParty}, ${facts.frozenUntil}, the ledger's extension`,
      );
    }
    this.#progress.passed(9, { entries: entries.length, state: this.#kind.stateName(at.control.state) });
  }

  /** Whether the one who froze held the power, and waited before freezing again. untold: earlier freezes may be hidden. */
  #checkFreezer(item: Freeze, before: Standing, untold: boolean, where: string): void {
    const again = before.frozenUntil !== 0 || untold;
    const shown = this.#powers.require(item.until === 0 ? "unfreeze" : again ? "freeze again" : "freeze", item.sender, item.time, where);
    const early = item.until !== 0 && before.frozenUntil !== 0 && item.time < before.frozenUntil + PAUSE;
    if (shown && early && this.#powers.held(item.sender, [GOVERNOR], item.time) !== true) {
      throw invalid(8, "frozen again by the guardian", `not before ${moment(before.frozenUntil + PAUSE)}`, where);
    }
    const facts = { sender: `0x${item.sender}`, time: item.time, until: item.until, shown: shown ? 1 : 0 };
    this.#progress.remarks.push({ about: item.until === 0 ? "unfrozen" : "frozen", facts });
  }

  /** The record after the act, by the table and the parties as they were then; a note leaves it as it is. */
  #judge(item: Act, at: Standing, where: string, step: Step): Standing {
    this.#scene ??= new Scene(this.#kind, this.#timelines, this.#facts.accounts);
    const signers = this.#recovered.get(item)!.filter((one) => one !== null);
    const [after, ambiguous] = run(this.#scene, at, item, signers, where, step);
    if (ambiguous) this.#progress.remarks.push({ about: "same-second", facts: { where } });
    return after;
  }

  // --- 10: notes -----------------------------------------------------------------------------------------------------

  #checkNotes(): void {
    const spans = this.#spans();
    const seen = new Set<Hex>();
    let head = ZERO;
    let time = 0;
    let hidden = 0;
    this.#bundle.notes.forEach((item, number) => {
      const where = `note ${number}${item.type === "note" ? `, ${this.#kind.verbName(item.action.verb)}` : ""}`;
      head = item.type === "hidden" ? this.#hiddenNote(item, head, time, seen, where) : this.#note(item, head, time, seen, spans, where);
      if (item.type === "hidden") hidden++;
      seen.add(item.digest);
      time = item.time;
    });
    if (head !== this.#facts.notesHead) throw invalid(10, `notes head ${head}`, `${this.#facts.notesHead}, the ledger's`);
    this.#progress.passed(10, { notes: this.#bundle.notes.length, hidden });
  }

  #note(item: Act, head: Hex, since: number, seen: ReadonlySet<Hex>, spans: ReadonlyMap<Hex, Span>, where: string): Hex {
    const span = spans.get(item.action.previous);
    if (span === undefined) throw invalid(10, `previous ${item.action.previous}`, "a head of the record", where);
    this.#checkDigest(item, item.action.previous, where, 10);
    const signers = this.#checkSignatures(item, where, 10);
    const earliest = Math.max(span.since, since);
    if (item.time < earliest || item.time > span.until) {
      throw invalid(10, `time ${moment(item.time)}`, `${moment(earliest)} to ${moment(span.until)}`, where);
    }
    if (item.control !== span.control) throw invalid(10, `control ${wordHex(item.control)}`, `${wordHex(span.control)}, at its head`, where);
    if (seen.has(item.digest)) throw invalid(10, `digest ${item.digest} again`, "each note once", where);
    const control = unpackControl(span.control);
    const rule = this.#kind.rule(control.state, item.action.verb);
    if (rule !== undefined && !(rule.flags & FLAG.note)) throw invalid(10, "an act of the control track", "a note", where);
    this.#judge(item, { ...BEFORE_ALL, control, head: item.action.previous }, where, 10);
    const next = entry(head, item.digest, keccakWords(item.action.previous, item.control), signersWord(signers), item.time);
    if (next !== item.head) throw invalid(10, `notes head ${item.head}`, `${next}, recomputed`, where);
    return next;
  }

  #hiddenNote(item: Hidden, head: Hex, since: number, seen: ReadonlySet<Hex>, where: string): Hex {
    if (item.time < since || item.time > this.#block.header.time) {
      throw invalid(10, `time ${moment(item.time)}`, `${moment(since)} to ${moment(this.#block.header.time)}`, where);
    }
    if (seen.has(item.digest)) throw invalid(10, `digest ${item.digest} again`, "each note once", where);
    return entry(head, item.digest, item.result, item.signers, item.time);
  }

  /** By head of the record: the control word, and from when until when it was the head. */
  #spans(): Map<Hex, Span> {
    const { entries } = this.#bundle;
    return new Map(
      entries.map((item, at) => [
        item.head, { control: item.control, since: item.time, until: entries[at + 1]?.time ?? this.#block.header.time },
      ]),
    );
  }

  // --- 11: the reference ---------------------------------------------------------------------------------------------

  /** The document id itself was recomputed by the table; here the claims, and the number where it is shown. */
  async #checkReference(header: JsonObject, whole: boolean): Promise<string> {
    const { entries, start, parties } = this.#bundle;
    let claims = 0;
    let state = this.#firstState();
    entries.forEach((item, at) => {
      const rule = item.type === "act" ? this.#kind.rule(state, item.action.verb) : undefined;
      state = unpackControl(item.control).state;
      if (item.type !== "act" || rule === undefined || !(rule.effects & EFFECT.claim)) return;
      const claim = documentId(item.action.kind >> 8, item.action.actor, item.action.documentReference);
      const holder = this.#facts.claims.get(claim) ?? ZERO;
      if (holder !== this.#bundle.document) {
        throw invalid(11, `claim ${claim}: ${holder === ZERO ? "not proven" : holder}`, this.#bundle.document, this.#named(at));
      }
      claims++;
    });
    const profiles = (party: number): JsonObject | undefined => parties.find((one) => one.party === party)?.profile ?? undefined;
    const any = Object.keys(header).length > 0;
    const number = any ? await numberOf(this.#kind.family, entries, start !== null, header, profiles, whole) : "";
    const first = entries[0]!;
    const creator = start === null && first.type === "act" ? first.action.actor : 0;
    this.#progress.passed(11, { creator, claims, number }, start === null || claims > 0);
    return number;
  }

  #firstState(): number {
    const { start } = this.#bundle;
    return start === null ? 0 : unpackControl(start.control).state;
  }

  // --- 12: manifests -------------------------------------------------------------------------------------------------

  /** The manifest of the present version, null where it is not shown. */
  #checkManifests(): Manifest | null {
    const { manifests } = this.#bundle;
    const written = this.#written();
    const version = unpackControl(this.#facts.control).version;
    let newest: Manifest | null = null;
    let before = 0;
    manifests.forEach((value) => {
      const named = member(value, "version");
      if (typeof named !== "number" || named <= before) throw invalid(12, `version ${String(named)}`, `versions that ascend from ${before + 1}`);
      const manifest = this.#checkManifest(value, named, written.get(named));
      before = named;
      if (named === version) newest = manifest;
    });
    this.#progress.passed(12, { manifests: manifests.length, newest: newest === null ? 0 : 1 }, manifests.length > 0);
    return newest;
  }

  #checkManifest(value: JsonObject, version: number, written: Hex | undefined): Manifest {
    const manifest = new Manifest(value);
    const digest = jsonDigest(value);
    if (digest !== written) {
      throw invalid(
        12, `manifest ${digest}`, `${written ?? "none"}, the content that an act wrote as version ${version}`, "",
        "Fetch the manifest again; an older version has another digest.",
      );
    }
    const { domain, document } = this.#bundle;
    const expected: Record<string, string | number> = {
      chainId: domain.chainId, ledger: `0x${domain.address}`, document, kind: unpackControl(this.#facts.control).kind,
    };
    for (const [name, found] of Object.entries(manifest.place())) {
      if (found !== expected[name]) throw invalid(12, `${name} ${found}`, String(expected[name]));
    }
    // As sets: the kind file has its datasets in the order that canonical JSON gives them, not in its own.
    const names = new Set(this.#kind.datasets.map((dataset) => dataset.name));
    if (manifest.names().length !== names.size || !manifest.names().every((name) => names.has(name))) {
      throw invalid(12, `datasets ${manifest.names().join(", ")}`, `${[...names].join(", ")}, the kind's`);
    }
    return manifest;
  }

  /** By version, the content of the act that wrote it, as far as such acts are shown. */
  #written(): Map<number, Hex> {
    const found = new Map<number, Hex>();
    for (const item of this.#bundle.entries) {
      if (item.type === "freeze" || item.action.content === ZERO) continue;
      const { version } = unpackControl(item.control);
      if (!found.has(version)) found.set(version, item.action.content);
    }
    return found;
  }

  // --- 13: datasets --------------------------------------------------------------------------------------------------

  #checkDatasets(newest: Manifest | null): Map<string, Json> {
    const { opened } = this.#bundle;
    const values = new Map<string, Json>();
    const names = opened.map((one) => one.dataset);
    const ordered = (newest?.names() ?? []).filter((name) => names.includes(name));
    if (names.length !== ordered.length || !names.every((name, at) => name === ordered[at])) {
      throw invalid(13, `datasets ${names.join(", ").slice(0, 200)}`, "datasets of the newest manifest, in its order, once");
    }
    for (const one of opened) {
      const sealed = newest?.dataset(one.dataset);
      if (newest === null || sealed === undefined) throw invalid(13, `dataset ${one.dataset} without its manifest`, "a dataset of the newest manifest", one.dataset);
      this.#checkOpened(newest, sealed, one);
      values.set(one.dataset, one.value);
    }
    for (const [name, value] of values) {
      checkOwnLedger(this.#kind, this.#bundle, name, (item) => (isObject(value) ? member(value, item) : undefined));
    }
    this.#progress.passed(13, { opened: values.size, datasets: newest?.names().length ?? 0 }, values.size > 0);
    return values;
  }

  /** Key commitment, then the root over everything that decides the plaintext: seed, carried salts, value. */
  #checkOpened(newest: Manifest, sealed: DatasetEntry, one: Bundle["opened"][number]): void {
    const aad = newest.aad(sealed);
    const commitment = hmacSha256(fromHex(one.key), concat(utf8("portledger/key/1\0"), aad));
    const found = toHex(commitment);
    if (found !== sealed.keyCommitment) throw invalid(13, `a key with commitment ${found}`, sealed.keyCommitment, one.dataset);
    let root: Hex;
    try {
      root = rootOf(this.#bundle.document, aad, one.seed, one.carried, one.value);
    } catch (error) {
      throw error instanceof ProofError ? invalid(13, error.found, error.expected, one.dataset) : error;
    }
    if (root !== sealed.root) throw invalid(13, `root ${root}`, sealed.root, one.dataset);
  }

  // --- 14: details ---------------------------------------------------------------------------------------------------

  #checkDetails(values: ReadonlyMap<string, Json>): void {
    const { details, entries, notes, start } = this.#bundle;
    const first = this.#firstState();
    const uses = checkDetails(details, entries, notes, this.#kind, first, start !== null, values.get("goods"));
    this.#progress.passed(14, { details: details.size, uses }, details.size > 0);
    const header = values.get("header");
    const validUntil = isObject(header) ? member(header, "validUntil") : undefined;
    const late = lateUses(entries, this.#kind, first, validUntil ?? null);
    if (late === null) this.#progress.remarks.push({ about: "no-date", facts: { text: shown(validUntil) } });
    for (const one of late ?? []) this.#progress.remarks.push({ about: "late-use", facts: { ...one, where: this.#named(one.entry) } });
  }
}

/** The document itself names the ledger that it lives on: half of what makes it the sole original. */
export function checkOwnLedger(kind: Kind, bundle: Bundle, dataset: string, valueOf: (item: string) => Json | undefined): void {
  const own: Record<string, Json> = { [CHAIN_FIELD]: bundle.domain.chainId, [LEDGER_FIELD]: `0x${bundle.domain.address}` };
  const fields = kind.datasets.find((one) => one.name === dataset)?.fields ?? new Map<string, string>();
  for (const [item, path] of fields) {
    if (!Object.hasOwn(own, path)) continue;
    const found = valueOf(item);
    if (found !== own[path]) throw invalid(13, `${item} ${shown(found)}`, `${shown(own[path])}, this ledger`, dataset);
  }
}

