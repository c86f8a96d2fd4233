// A verdict as people read it: what it is, what failed and what to do, the document, its story, who, what is shown, the
// checks, and what all this does not say.

import { ROLES } from "../core/codes.ts";
import { type Json, type JsonObject, isObject, member } from "../core/canonical.ts";
import type { Step } from "../core/faults.ts";
import type { Act, Bundle, Freeze, Hidden } from "../core/form.ts";
import type { Timeline } from "../core/party_log.ts";
import type { Presentation } from "../core/presentation.ts";
import { VERSION } from "../core/release.ts";
import { type Verdict, type VerdictClass, brief } from "../core/verdict.ts";
import type { Proven } from "../core/verify.ts";
import { BEARER, unpackControl } from "../core/words.ts";
import { type Child, el, facts, table } from "./dom.ts";
import type { Language, Status, Words } from "./words.ts";

declare const RELEASE_ROLES: Readonly<Record<string, { readonly en: string; readonly ja: string }>>;

/** A verdict with what the reader should keep beside it. size: bytes; digest: SHA-256 of the file. */
export interface Judged {
  readonly verdict: Verdict;
  readonly now: number;
  readonly name: string;
  readonly size: number;
  readonly digest: string;
  readonly policyName: string;
}

/** Rows of one list on the page; the verdict is over all of them. */
const MOST = 1_000;

const MARKS: Readonly<Record<VerdictClass, string>> = { valid: "✓", unsealed: "✓", invalid: "✕", malformed: "?", "outside-policy": "!" };

export function report(judged: Judged, words: Words, language: Language): HTMLElement {
  return new Report(judged, words, language).draw();
}

class Report {
  readonly #judged: Judged;
  readonly #words: Words;
  readonly #language: Language;

  constructor(judged: Judged, words: Words, language: Language) {
    this.#judged = judged;
    this.#words = words;
    this.#language = language;
  }

  draw(): HTMLElement {
    const { verdict } = this.#judged;
    const { proven, presentation } = verdict;
    return el(
      "article", {},
      this.#banner(),
      verdict.failure ? this.#failure() : null,
      proven && presentation ? this.#presented(presentation) : null,
      proven ? this.#document(proven) : null,
      // Who was shown a few fields wants to see them first; a whole content is long, and stands after the story.
      proven && presentation ? this.#disclosed(proven, presentation) : null,
      proven ? this.#story(proven) : null,
      proven ? this.#parties(proven) : null,
      proven && !presentation ? this.#disclosed(proven, null) : null,
      this.#steps(),
      proven ? this.#limits(proven, presentation) : null,
      this.#technical(),
    );
  }

  // --- verdict -------------------------------------------------------------------------------------------------------

  #banner(): HTMLElement {
    const { verdict, proven, stampedAt } = this.#judged.verdict;
    const words = this.#words;
    const says = words.verdict[verdict];
    const details: Child[] = [];
    if (proven) {
      details.push(el("li", {}, words.asOf(this.#number(proven.header.number), this.#time(proven.header.time))));
      details.push(el("li", {}, proven.sealed ? words.sealed(this.#sealCount()) : words.unsealed));
      if (stampedAt !== null) details.push(el("li", {}, words.stamped(this.#time(stampedAt))));
    }
    return el(
      "section", { class: `banner ${verdict}` },
      el("span", { class: "mark", "aria-hidden": "true" }, MARKS[verdict]),
      el(
        "div", {},
        el("h2", { id: "verdict", tabindex: "-1" }, says.head),
        el("p", { class: "file" }, this.#judged.name),
        el("p", {}, says.says),
        details.length > 0 ? el("ul", { class: "line" }, details) : null,
        proven && says.todo.length > 0 ? says.todo.map((one) => el("p", {}, one)) : null,
      ),
    );
  }

  #sealCount(): number {
    const block = this.#judged.verdict.progress.steps.find((step) => step.step === 1);
    return Number(block?.facts["seals"] ?? 0);
  }

  #failure(): HTMLElement {
    const words = this.#words;
    const failure = this.#judged.verdict.failure!;
    const title = `${words.failedAt(failure.step)}: ${words.stepTitle[failure.step]}`;
    return this.#section(
      title, "failure",
      el("p", { class: "strong" }, words.stepMeaning[failure.step]!),
      facts([
        ...(failure.entry === "" ? [] : [[words.where, code(brief(failure.entry))] as const]),
        [words.found, code(brief(failure.found))],
        [words.expected, code(brief(failure.expected))],
      ]),
      el("h3", {}, words.todo),
      el("ul", {}, words.verdict[failure.kind].todo.map((one) => el("li", {}, one)), this.#language === "en" ? el("li", {}, failure.remedy) : null),
    );
  }

  // --- the document --------------------------------------------------------------------------------------------------

  #document(proven: Proven): HTMLElement {
    const words = this.#words;
    const { control, kind, bundle } = proven;
    const state = kind.state(control.state);
    const rows: [string, Child][] = [
      [words.kind, kind.title[this.#language]],
      [words.number, proven.number === "" ? words.numberHidden : el("strong", {}, proven.number)],
      [words.state, `${state?.title[this.#language] ?? kind.stateName(control.state)}${state?.final ? ` (${words.final})` : ""}`],
      [words.holder, this.#party(control.possessor)],
      [words.endorsee, this.#party(control.endorsee)],
      [words.issuer, this.#party(control.issuer)],
    ];
    if (control.offeree !== 0) rows.push([words.offeredTo, this.#party(control.offeree)]);
    rows.push([words.version, String(control.version)]);
    if (control.used > 0) rows.push([words.used, percent(control.used)]);
    if (control.flags & 1 && proven.facts.frozenUntil > proven.header.time) rows.push([words.frozen, this.#time(proven.facts.frozenUntil)]);
    rows.push([words.created, bundle.start === null ? this.#time(bundle.entries[0]!.time) : words.createdHidden]);
    return this.#section(words.document, "document", facts(rows));
  }

  #presented(one: Presentation): HTMLElement {
    const words = this.#words;
    return this.#section(
      words.presented, "presented",
      facts([
        [words.audience, el("strong", {}, one.audience)], [words.purpose, one.purpose], [words.presenter, this.#party(one.party)],
        [words.madeAt, this.#time(one.createdAt)], [words.expires, this.#time(one.expiresAt)],
      ]),
    );
  }

  // --- content -------------------------------------------------------------------------------------------------------

  #disclosed(proven: Proven, presentation: Presentation | null): HTMLElement {
    const words = this.#words;
    const heads = [words.dataset, words.item, words.value];
    const title = (name: string): string => proven.kind.datasets.find((one) => one.name === name)?.title[this.#language] ?? name;
    const rows: Child[][] = presentation
      ? presentation.fields.map((one) => [title(one.dataset), code(one.path), shownValue(one.value)])
      : [...proven.values].flatMap(([name, value]) => leaves(value).map(([path, leaf]) => [title(name), code(path), shownValue(leaf)]));
    const parts: Child[] = [
      rows.length > 0 ? table("values", words.disclosed, heads, rows.slice(0, MOST)) : el("p", {}, words.disclosedNothing), this.#more(rows.length),
    ];
    if (presentation && presentation.absent.length > 0) {
      parts.push(el("h3", {}, words.absent), el("p", {}, words.absentLead));
      parts.push(table("values", words.absent, [words.dataset, words.item], presentation.absent.map((one) => [title(one.dataset), code(one.path)])));
    }
    if (presentation && presentation.equal.length > 0) {
      parts.push(el("h3", {}, words.equal));
      const equal = presentation.equal.map((one): Child[] => [
        title(one.dataset), code(one.path), words.equalTo(one.otherDataset, one.otherPath, short(presentation.others[one.other]!.document)),
      ]);
      parts.push(table("values", words.equal, heads, equal));
    }
    return this.#section(words.disclosed, "disclosed", ...parts);
  }

  // --- story ---------------------------------------------------------------------------------------------------------

  #story(proven: Proven): HTMLElement {
    const words = this.#words;
    const { bundle } = proven;
    // Notes stand where their time puts them, after the act that they speak about.
    const items = [...bundle.entries, ...bundle.notes].map((item, place) => ({ item, place })).sort((left, right) => left.item.time - right.item.time || left.place - right.place);
    const acts = bundle.entries.filter((item) => item.type === "act").length;
    return this.#section(
      words.story, "story",
      el("p", {}, words.storyLead(acts, bundle.notes.length)),
      bundle.start === null ? null : el("p", { class: "aside" }, words.storySuffix),
      el("ol", { class: "timeline" }, items.slice(0, MOST).map(({ item }) => el("li", { class: item.type }, this.#event(item, proven)))),
      this.#more(items.length),
    );
  }

  #event(item: Act | Freeze | Hidden, proven: Proven): HTMLElement {
    const words = this.#words;
    const time = el("time", { datetime: new Date(item.time * 1000).toISOString() }, this.#time(item.time));
    if (item.type === "hidden") return el("div", {}, time, el("p", { class: "what" }, words.hiddenNote));
    if (item.type === "freeze") {
      const what = item.until === 0 ? words.unfreeze : words.freeze(this.#time(item.until));
      return el("div", {}, time, el("p", { class: "what" }, what), el("p", {}, `${words.by} `, code(`0x${item.sender}`)));
    }
    return el("div", {}, time, ...this.#act(item, proven));
  }

  #act(item: Act, { kind, bundle }: Proven): Child[] {
    const words = this.#words;
    const { action } = item;
    const verb = kind.verb(action.verb)!;
    const state = kind.state(unpackControl(item.control).state);
    const what = el(
      "p", { class: "what" }, verb.title[this.#language],
      item.type === "note" ? el("span", { class: "tag" }, words.note) : el("span", { class: "after" }, ` → ${state?.title[this.#language] ?? ""}`),
    );
    const who = el(
      "p", {}, `${words.by} `, el("strong", {}, this.#party(action.actor)),
      action.counterparty === 0 ? null : ` · ${words.counterparty} ${this.#party(action.counterparty)}`,
      action.endorsee === 0 ? null : ` · ${words.endorsee.toLowerCase()} ${this.#party(action.endorsee)}`,
    );
    const more = [`“${verb.intent}”`, words.signatures(item.signatures.length / 65)];
    if (/[^0]/.test(action.content)) more.push(words.newContent);
    if (action.quantity > 0) more.push(words.quantity(percent(action.quantity)));
    const detail = bundle.details.get(item.digest);
    return [what, who, el("p", { class: "small" }, more.join(" · ")), detail ? this.#detail(detail) : null];
  }

  #detail(detail: JsonObject): HTMLElement {
    const rows = leaves(detail).slice(0, MOST).filter(([path]) => path !== "/salt" && path !== "/schema").map(([path, value]) => [code(path), shownValue(value)] as Child[]);
    return el("details", {}, el("summary", {}, this.#words.detail), table("values", this.#words.detail, [this.#words.item, this.#words.value], rows));
  }

  // --- who -----------------------------------------------------------------------------------------------------------

  #parties(proven: Proven): HTMLElement {
    const words = this.#words;
    const rows = proven.bundle.parties.slice(0, MOST).map(({ party, profile }): Child[] => {
      const line = proven.timelines.get(party)!;
      return [
        String(party), profile === null ? el("span", { class: "aside" }, words.profileHidden) : textOf(profile, "name"),
        profile === null ? "" : textOf(profile, "country"), this.#roles(line), this.#standing(line, proven.header.time),
      ];
    });
    return this.#section(words.parties, "parties", table("people", words.parties, ["№", words.name, words.country, words.roles, words.standing], rows));
  }

  #roles(line: Timeline): string {
    const roles = line.now?.roles ?? 0n;
    return ROLES.filter((_, bit) => (roles >> BigInt(bit)) & 1n).map((name) => RELEASE_ROLES[name]?.[this.#language] ?? name).join(this.#language === "ja" ? "、" : ", ");
  }

  #standing(line: Timeline, time: number): string {
    const words = this.#words;
    const now = line.now;
    if (now === null) return words.inactive["not registered"]!;
    if (now.suspendedUntil > time) return words.inactive["suspended"]!;
    return now.locked ? words.inactive["locked"]! : words.active;
  }

  /** A party by its name where its profile is shown. */
  #party(number: number): string {
    const words = this.#words;
    if (number === 0) return words.nobody;
    if (number === BEARER) return words.bearer;
    const profile = this.#bundle()?.parties.find((one) => one.party === number)?.profile ?? null;
    const name = profile === null ? "" : textOf(profile, "name");
    return name === "" ? words.party(number) : `${name} (${words.party(number)})`;
  }

  #bundle(): Bundle | null {
    return this.#judged.verdict.bundle;
  }

  // --- checks, limits, record ----------------------------------------------------------------------------------------

  #steps(): HTMLElement {
    const words = this.#words;
    const { progress, failure } = this.#judged.verdict;
    const rows = words.stepTitle.map((title, number): HTMLElement => {
      const step = number as Step;
      const found = progress.steps.find((one) => one.step === step);
      const status: Status = failure?.step === step ? "failed" : found === undefined ? "not-reached" : found.checked ? "checked" : "not-shown";
      const detail = found === undefined || status === "failed" ? "" : words.stepFacts(step, found.facts);
      return el(
        "li", { class: status },
        el("span", { class: "step" }, String(number)), el("span", { class: "name" }, title),
        el("span", { class: "status" }, words.status[status]), el("span", { class: "small" }, detail),
      );
    });
    const remarks = progress.remarks.map((one) => el("li", {}, words.remark(one, (seconds) => this.#time(seconds))));
    return this.#section(
      words.steps, "steps", el("p", {}, words.stepsLead), el("ol", { start: "0" }, rows),
      remarks.length > 0 ? el("h3", {}, words.remarks) : null, remarks.length > 0 ? el("ul", {}, remarks) : null,
    );
  }

  #limits(proven: Proven, presentation: Presentation | null): HTMLElement {
    const { limit, limits } = this.#words;
    const said = [limit.asOf];
    if (!proven.sealed) said.push(limit.unsealed);
    if (proven.bundle.start !== null) said.push(limit.suffix);
    else said.push(limit.sole);
    said.push(limit.hidden);
    if (presentation) said.push(limit.presentation);
    if (this.#judged.verdict.progress.remarks.some((one) => one.about === "powers-not-shown")) said.push(limit.powers);
    said.push(limit.policy);
    return this.#section(limits, "limits", el("ul", {}, said.map((one) => el("li", {}, one))));
  }

  #technical(): HTMLElement {
    const words = this.#words;
    const { verdict, name, size, digest, policyName, now } = this.#judged;
    const rows: [string, Child][] = [[words.file, `${name}, ${words.bytes(this.#number(size))}`]];
    if (digest !== "") rows.push(["SHA-256", code(digest)]);
    const bundle = verdict.bundle;
    if (bundle) {
      rows.push([words.document, code(bundle.document)], [words.ledger, code(`0x${bundle.domain.address}`)], [words.chain, String(bundle.domain.chainId)]);
    }
    if (verdict.proven) {
      rows.push([words.blockHash, code(verdict.proven.header.hash)], [words.head, code(verdict.proven.facts.head)], [words.kindDigest, code(verdict.proven.kind.digest)]);
    }
    rows.push([words.policy, policyName === "" ? words.policyDefault : policyName], [words.checkedAt, this.#time(now)], [words.verifier, `portledger ${VERSION}`]);
    return this.#section(words.technical, "technical", facts(rows));
  }

  /** What a long list leaves out. */
  #more(count: number): HTMLElement | null {
    return count <= MOST ? null : el("p", { class: "aside" }, this.#words.more(this.#number(count - MOST)));
  }

  #section(title: string, name: string, ...children: Child[]): HTMLElement {
    return el("section", { class: name, "aria-labelledby": `title-${name}` }, el("h2", { id: `title-${name}` }, title), ...children);
  }

  #time(seconds: number): string {
    if (seconds >= 253_402_300_800) return String(seconds);
    const format = new Intl.DateTimeFormat(this.#language === "ja" ? "ja-JP" : "en-GB", { dateStyle: "medium", timeStyle: "medium", timeZone: "UTC" });
    return `${format.format(new Date(seconds * 1000))} UTC`;
  }

  #number(value: number): string {
    return new Intl.NumberFormat(this.#language).format(value);
  }
}

/** Every leaf with its pointer, whatever its members are called. */
function leaves(value: Json, path = ""): [string, Json][] {
  if (Array.isArray(value) && value.length > 0) return value.flatMap((item, at) => leaves(item, `${path}/${at}`));
  if (!isObject(value) || Object.keys(value).length === 0) return [[path, value]];
  return Object.keys(value).flatMap((name) => leaves(value[name]!, `${path}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`));
}

function code(text: string): HTMLElement {
  return el("code", {}, text);
}

function short(digest: string): string {
  return `${digest.slice(0, 12)}…`;
}

function percent(millionths: number): string {
  return `${millionths / 10_000} %`;
}

/** Long values, such as signatures, stay folded. */
function shownValue(value: Json): Child {
  if (typeof value !== "string") return code(JSON.stringify(value));
  return value.length <= 200 ? value : el("details", {}, el("summary", {}, `${value.slice(0, 32)}…`), code(value));
}

function textOf(value: JsonObject, name: string): string {
  const found = member(value, name);
  return typeof found === "string" ? found : isObject(found) || found === undefined ? "" : String(found);
}
