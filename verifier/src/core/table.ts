// The kind's table, run on one entry with the parties as they were at its time: the numbered checks of docs/protocol §1, in
// their order, and what an applied act does (steps 7 to 9).
//
// A refusal knows the step of docs/protocol §7 that it belongs to; what is the table's own has none and fails in the step
// that asked (9 for acts, 10 for notes).

import { type Hex, ZERO } from "./bytes.ts";
import { COUNTERPARTY, EFFECT, ENDORSEE, FLAG, QUANTITY, WHO, roleNames } from "./codes.ts";
import { type Step, invalid, moment } from "./faults.ts";
import type { Act, Freeze } from "./form.ts";
import type { Kind, Rule } from "./kind.ts";
import type { Timeline } from "./party_log.ts";
import { LENGTH } from "./signatures.ts";
import { type Action, documentId } from "./typed_data.ts";
import { type Account, BEARER, type Control, DAY, FROZEN, NOWHERE, type Party, SECURED, activeAt } from "./words.ts";

const MILLION = 1_000_000;
const MAX_VERSION = 65_535;
const MAX_SEQUENCE = 2 ** 24 - 1;
const MAX_STOP = 30 * DAY;

/** What the ledger holds of one document before an entry. frozenUntil: unix seconds. */
export interface Standing {
  readonly control: Control;
  readonly head: Hex;
  readonly securedParty: number;
  readonly frozenUntil: number;
}

export const BEFORE_ALL: Standing = { control: NOWHERE, head: ZERO, securedParty: 0, frozenUntil: 0 };

export function exists(at: Standing): boolean {
  return at.control.kind !== 0 || at.control.sequence !== 0;
}

/** A check that refuses. party: whom it speaks about, where the log of that party decides; epoch: the act's, where it passed. */
class Refusal extends Error {
  readonly step: Step | null;
  readonly found: string;
  readonly expected: string;
  readonly party: number | null;
  readonly epoch: number | null;

  constructor(step: Step | null, found: string, expected: string, party: number | null = null, epoch: number | null = null) {
    super(`found ${found}; expected ${expected}`);
    this.step = step;
    this.found = found;
    this.expected = expected;
    this.party = party;
    this.epoch = epoch;
  }
}

type Answers = readonly (Party | null)[];

/**
 * The ledger at one moment, as far as the logs tell it. accounts: packed words as of the block, read.
 *
 * Where a party's log has several entries in this very second, the next of them is taken when a check refuses that party.
 * What was worked out for an act serves the next one that asks the same in this second: thousands of entries of one second
 * would else be tried for every act.
 */
export class Scene {
  readonly kind: Kind;
  readonly #timelines: ReadonlyMap<number, Timeline>;
  readonly #accounts: ReadonlyMap<Hex, Account | null>;
  #time = -1;
  /** By party, which of several entries of this second is taken. */
  #chosen = new Map<number, number>();
  readonly #answers = new Map<number, Answers>();
  readonly #worked = new Map<string, ReadonlyMap<number, number>>();

  constructor(kind: Kind, timelines: ReadonlyMap<number, Timeline>, accounts: ReadonlyMap<Hex, Account | null>) {
    this.kind = kind;
    this.#timelines = timelines;
    this.#accounts = accounts;
  }

  /** asked: what of an act decides which of its parties' entries fit it. */
  moveTo(time: number, asked: string): void {
    if (time !== this.#time) {
      this.#time = time;
      this.#answers.clear();
      this.#worked.clear();
    }
    this.#chosen = new Map(this.#worked.get(asked) ?? []);
  }

  passed(asked: string): void {
    if (this.#chosen.size > 0) this.#worked.set(asked, this.#chosen);
  }

  #answersOf(number: number): Answers {
    const known = this.#answers.get(number);
    if (known !== undefined) return known;
    const found = this.#timelines.get(number)?.at(this.#time) ?? [];
    this.#answers.set(number, found);
    return found;
  }

  party(number: number): Party | null {
    return this.#answersOf(number)[this.#chosen.get(number) ?? 0] ?? null;
  }

  /** The account as it was then: one that was removed later counts as there. */
  account(address: Hex): Account | null {
    const found = this.#accounts.get(address) ?? null;
    return found !== null && activeAt(found, this.#time) ? found : null;
  }

  /** Whether the party changed within this very second. */
  several(number: number): boolean {
    return this.#answersOf(number).length > 1;
  }

  /** Take the next of the entries that a party's log has in this second, if there is one. epoch: the one that is sought. */
  otherOrder(party: number | null, epoch: number | null): boolean {
    if (party === null) return false;
    const answers = this.#answersOf(party);
    let after = (this.#chosen.get(party) ?? 0) + 1;
    // Epochs only ascend: entries of others need not be tried one by one.
    if (epoch !== null) while (after < answers.length && (answers[after]?.epoch ?? 0) < epoch) after++;
    if (after >= answers.length) return false;
    this.#chosen.set(party, after);
    return true;
  }
}

/** What the record is after an act, and whether a party changed in the same second. A note leaves it as it is. */
export function run(scene: Scene, at: Standing, item: Act, signers: readonly Hex[], where: string, step: Step): [Standing, boolean] {
  const { action } = item;
  const asked = [at.control.state, action.verb, action.actor, action.epoch, action.counterparty, action.endorsee, item.signatures.length].join();
  scene.moveTo(item.time, asked);
  let rule: Rule | null = null;
  while (rule === null) {
    try {
      rule = check(item, at, scene, signers);
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
      frozenUntil: at.frozenUntil,
    },
    ambiguous,
  ];
}

/** The parties that an act names beside its actor. */
export function namedParties(action: Action): number[] {
  return [action.counterparty, action.endorsee].filter((party) => party !== 0 && party !== BEARER);
}

/** What the record is after a freeze or an unfreeze: the bit, the time, one more in sequence; nothing moves. */
export function freeze(kind: Kind, at: Standing, item: Freeze, where: string): Standing {
  const { control, frozenUntil } = at;
  if (!exists(at) || (item.until !== 0 && !kind.live(control.state))) throw invalid(9, "a freeze of no live record", "a record that can still change", where);
  const now = item.time;
  if (item.until !== 0) {
    if (item.until <= Math.max(now, frozenUntil) || item.until > now + MAX_STOP) {
      throw invalid(9, `frozen until ${moment(item.until)}`, `after ${moment(Math.max(now, frozenUntil))}, up to ${moment(now + MAX_STOP)}`, where);
    }
  } else if (!(control.flags & FROZEN) || frozenUntil <= now) throw invalid(9, "an unfreeze", "a record that is frozen", where);
  return {
    control: { ...control, flags: control.flags | FROZEN, sequence: control.sequence + 1 },
    head: item.head, securedParty: at.securedParty, frozenUntil: item.until === 0 ? now : item.until,
  };
}

// --- the numbered checks ---------------------------------------------------------------------------------------------

/** Checks 2 to 15 of docs/protocol §1; the row that the act followed. */
function check(item: Act, at: Standing, scene: Scene, signers: readonly Hex[]): Rule {
  const { action, time } = item;
  const { control } = at;
  // 2 deadline
  if (action.deadline < time) throw new Refusal(null, `deadline ${moment(action.deadline)}`, `${moment(time)} or later`);
  if (action.deadline > time + MAX_STOP) throw new Refusal(null, `deadline ${moment(action.deadline)}`, `at the latest ${moment(time + MAX_STOP)}`);
  // 3 kind equal to the record's
  if (exists(at) && action.kind !== control.kind) throw new Refusal(5, `kind ${action.kind}`, `${control.kind}, the record's`);
  // 4 the rule exists
  const rule = action.kind === scene.kind.number ? scene.kind.rule(control.state, action.verb) : undefined;
  if (rule === undefined) {
    throw new Refusal(null, `${scene.kind.verbName(action.verb)} in state ${scene.kind.stateName(control.state)}`, "a verb that the table has there");
  }
  // 5 not frozen
  if (control.flags & FROZEN && !(rule.flags & FLAG.note) && at.frozenUntil > time) {
    throw new Refusal(null, `an act on a record frozen until ${moment(at.frozenUntil)}`, "no act before that");
  }
  // 6 document id
  if (rule.effects & EFFECT.create) {
    const expected = documentId(action.kind >> 8, action.actor, action.documentReference);
    if (action.document !== expected) throw new Refusal(11, `document ${action.document}`, `${expected}, from creator and reference`);
  }
  // 7 to 9 the actor: active, epoch, roles
  const actor = active(action.actor, scene, time, (rule.flags & FLAG.locked_too) !== 0);
  if (action.epoch !== actor.epoch) throw new Refusal(8, `epoch ${action.epoch} of party ${action.actor}`, String(actor.epoch), action.actor, action.epoch);
  needRoles(action.actor, actor, rule.roles);
  // 10 who
  checkWho(action, rule, at);
  // 11 parameters by mode
  const issuer = rule.effects & EFFECT.create ? (rule.effects & EFFECT.issuer_is_counterparty ? action.counterparty : action.actor) : control.issuer;
  checkCounterparty(action, rule, control, issuer, scene, time);
  checkEndorsee(action, rule, control, issuer, scene, time);
  if ((rule.content !== 0) !== (action.content !== ZERO)) throw new Refusal(null, `content ${action.content}`, "content exactly where the row writes it");
  if ((rule.reference !== 0) !== (action.documentReference !== ZERO)) throw new Refusal(null, `reference ${action.documentReference}`, "a reference exactly where the row sets it");
  if (rule.detail !== 0 && action.detail === ZERO) throw new Refusal(null, "no detail", "a detail, which the row asks for");
  checkQuantity(action.quantity, rule.quantity, control.used);
  // 12 previous
  if (action.previous !== at.head) throw new Refusal(5, `previous ${action.previous}`, `${at.head}, the head before it`);
  // 13 signatures
  checkSignatures(item, rule, actor, scene, signers);
  // 14 is the ledger's own: claims are looked up in step 11, notes told apart in step 10. 15 counters
  if (!(rule.flags & FLAG.note)) {
    const renews = (rule.effects & (EFFECT.create | EFFECT.new_content)) === EFFECT.new_content;
    if (renews && control.version === MAX_VERSION) throw new Refusal(null, "one version more", `at most ${MAX_VERSION}`);
    if (control.sequence === MAX_SEQUENCE) throw new Refusal(null, "one act more", `at most ${MAX_SEQUENCE}`);
  }
  return rule;
}

/** Registered, not suspended, not locked (or locked, where the row allows it). */
function active(number: number, scene: Scene, time: number, lockedToo = false): Party {
  const party = scene.party(number);
  if (party === null) throw new Refusal(8, `party ${number}, not registered`, "a registered party", number);
  if (party.suspendedUntil > time) throw new Refusal(8, `party ${number}, suspended until ${moment(party.suspendedUntil)}`, "a party that is free", number);
  if (party.locked && !lockedToo) throw new Refusal(8, `party ${number}, locked`, "a party that is not locked", number);
  return party;
}

/** 0 = no condition; a party that is not registered has no roles. */
function needRoles(number: number, party: Party | null, needed: bigint): void {
  if (needed !== 0n && ((party?.roles ?? 0n) & needed) === 0n) {
    throw new Refusal(8, `party ${number} without such a role`, roleNames(needed).join(" or "), number);
  }
}

/** All that a party is to a record, as bits of WHO. */
function standingBits(actor: number, at: Standing): number {
  let bits = WHO.role | WHO.anyone;
  if (!exists(at)) return bits;
  const { control } = at;
  const named = control.endorsee === actor;
  const addressee = named || control.endorsee === BEARER;
  if (control.issuer === actor) bits |= WHO.issuer;
  if (control.possessor === actor) bits |= WHO.possessor;
  if (control.possessor === actor && addressee) bits |= WHO.titleholder;
  if (addressee) bits |= WHO.addressee;
  if (named) bits |= WHO.named_endorsee;
  if (control.offeree === actor) bits |= WHO.offeree;
  if (control.flags & SECURED && at.securedParty === actor) bits |= WHO.secured;
  return bits;
}

function checkWho(action: Action, rule: Rule, at: Standing): void {
  const held = standingBits(action.actor, at) & rule.who;
  if (rule.flags & FLAG.all ? held !== rule.who : held === 0) {
    const asked = Object.entries(WHO).filter(([, bit]) => rule.who & bit).map(([name]) => name);
    throw new Refusal(null, `party ${action.actor}, who is not`, asked.join(rule.flags & FLAG.all ? " and " : " or "), action.actor);
  }
}

function refuseParty(what: string, found: number, expected: number | string): never {
  throw new Refusal(null, `${what} ${found}`, String(expected));
}

function checkCounterparty(action: Action, rule: Rule, control: Control, issuer: number, scene: Scene, time: number): void {
  const named = action.counterparty;
  switch (rule.counterparty) {
    case COUNTERPARTY.none:
      if (named !== 0) refuseParty("counterparty", named, "none");
      break;
    case COUNTERPARTY.possessor:
      if (named !== control.possessor) refuseParty("counterparty", named, control.possessor);
      if (scene.party(named)?.locked) throw new Refusal(8, `party ${named}, locked`, "a party that is not locked", named);
      break;
    case COUNTERPARTY.offeree:
      if (named !== control.offeree) refuseParty("counterparty", named, control.offeree);
      break;
    default:
      if (rule.counterparty === COUNTERPARTY.endorsee && named !== control.endorsee) refuseParty("counterparty", named, control.endorsee);
      if (named === action.actor || (rule.counterparty !== COUNTERPARTY.party && named === issuer)) {
        refuseParty("counterparty", named, "another party");
      }
      active(named, scene, time);
  }
  if (rule.counterpartyRoles !== 0n) needRoles(named, scene.party(named), rule.counterpartyRoles);
}

function checkEndorsee(action: Action, rule: Rule, control: Control, issuer: number, scene: Scene, time: number): void {
  const named = action.endorsee;
  const mode = rule.endorsee;
  if (mode === ENDORSEE.none || mode === ENDORSEE.bearer || mode === ENDORSEE.as_offered) {
    const allowed = mode === ENDORSEE.none ? 0 : mode === ENDORSEE.bearer ? BEARER : control.offeredEndorsee;
    if (named !== allowed) refuseParty("endorsee", named, allowed);
    return;
  }
  if (named === 0 && (mode === ENDORSEE.if_titleholder || mode === ENDORSEE.none_party_or_bearer)) return;
  const titleholder = control.possessor === action.actor && (control.endorsee === action.actor || control.endorsee === BEARER);
  if (mode === ENDORSEE.if_titleholder && !titleholder) refuseParty("endorsee", named, "none, since the actor is not titleholder");
  if (mode === ENDORSEE.possessor && named !== control.possessor) refuseParty("endorsee", named, control.possessor);
  if (named === BEARER && mode !== ENDORSEE.party && mode !== ENDORSEE.possessor) return;
  if (named === issuer) refuseParty("endorsee", named, "anybody but the issuer");
  active(named, scene, time);
}

/** Parts per million of what was certified. */
function checkQuantity(quantity: number, mode: number, used: number): void {
  const [low, high] = mode === QUANTITY.zero ? [0, 0] : mode === QUANTITY.shrinks ? [0, used] : [used, MILLION];
  if (quantity < low || quantity > high) throw new Refusal(null, `quantity ${quantity}`, `${low} to ${high}`);
}

/** Exactly as many as the row needs, all of accounts whose scope covers the row's class. */
function checkSignatures(item: Act, rule: Rule, actor: Party, scene: Scene, signers: readonly Hex[]): void {
  const number = item.action.actor;
  const needed = rule.flags & FLAG.critical ? actor.threshold : 1;
  if (item.signatures.length !== needed * LENGTH) throw new Refusal(8, `${signers.length} signatures`, `exactly ${needed}`, number);
  for (const signer of signers) {
    const account = scene.account(signer);
    if (account === null || account.party !== number) throw new Refusal(8, `a signature of 0x${signer}`, `an account of party ${number}`, number);
    if ((account.scope & rule.scope) === 0) throw new Refusal(7, `account 0x${signer} with scope ${account.scope}`, `a scope that covers ${rule.scope}`);
  }
}

/** The record after an applied act: the row's effects in the order of docs/protocol §3. */
function effects(action: Action, rule: Rule, before: Control): Control {
  const does = (effect: number) => (rule.effects & effect) !== 0;
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
