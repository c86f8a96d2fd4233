// The verdict on a file: valid, unsealed, invalid, malformed or outside the policy (docs/protocol/evidence.md).

import type { Bytes } from "./bytes.ts";
import { isObject, member, type Json } from "./canonical.ts";
import { conclude } from "./conclude.ts";
import { Failure, TITLES, moment } from "./faults.ts";
import { type Bundle, parseBundle, readJson } from "./form.ts";
import type { Policy } from "./policy.ts";
import { PRESENTATION_SCHEMA, type Presentation, parsePresentation, verifyPresentation } from "./presentation.ts";
import { type Pause, Progress, type Proven, type Remark, type StepReport, prove } from "./verify.ts";

export type VerdictClass = "valid" | "unsealed" | "invalid" | "malformed" | "outside-policy";

/** proven: what holds, where all steps do; failure: why not, where one does not; the file's content, once it was read. */
export interface Verdict {
  readonly verdict: VerdictClass;
  readonly proven: Proven | null;
  readonly stampedAt: number | null;
  readonly failure: Failure | null;
  readonly bundle: Bundle | null;
  readonly presentation: Presentation | null;
  readonly progress: Progress;
}

/** Judges a file's bytes, already inflated. now: unix seconds of whoever verifies. Nothing in a file makes it throw. */
export async function judge(data: Bytes, policy: Policy, now: number, pause: Pause | null = null): Promise<Verdict> {
  const progress = new Progress(pause);
  let bundle: Bundle | null = null;
  let presentation: Presentation | null = null;
  try {
    const value = readJson(data);
    if (isObject(value) && member(value, "schema") === PRESENTATION_SCHEMA) {
      presentation = parsePresentation(value);
      bundle = presentation.evidence;
    } else bundle = parseBundle(value);
    progress.steps.push({ step: 0, checked: true, facts: { bytes: data.length } });
    const { proven, stampedAt } = presentation
      ? await verifyPresentation(presentation, policy, now, progress)
      : await verifyBundle(bundle, policy, now, progress);
    return { verdict: proven.sealed ? "valid" : "unsealed", proven, stampedAt, failure: null, bundle, presentation, progress };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { verdict: error.kind, proven: null, stampedAt: null, failure: error, bundle, presentation, progress };
  }
}

async function verifyBundle(bundle: Bundle, policy: Policy, now: number, progress: Progress): Promise<{ proven: Proven; stampedAt: number | null }> {
  const proven = await prove(bundle, policy, progress);
  return { proven, stampedAt: await conclude(proven, policy, now, progress) };
}

/** The verdict as JSON, as `portledger verify FILE --json` prints it. */
export function toJson(one: Verdict): Json {
  const { failure, proven } = one;
  return {
    schema: "portledger/verdict/1",
    verdict: one.verdict,
    step: failure?.step ?? null,
    entry: brief(failure?.entry),
    check: failure === null ? "" : TITLES[failure.step]!,
    found: brief(failure?.found),
    expected: brief(failure?.expected),
    remedy: brief(failure?.remedy),
    level: proven === null ? null : levelOf(proven),
    stampedAt: one.stampedAt,
    result: proven === null ? null : resultJson(proven, one),
  };
}

/** At most 500 characters of a text: a file may hold what fills a screen for hours. */
export function brief(text = ""): string {
  const characters = text.length <= LONGEST ? null : [...text];
  return characters === null || characters.length <= LONGEST ? text : `${characters.slice(0, LONGEST - 1).join("")}…`;
}

const LONGEST = 500;

function levelOf(proven: Proven): string {
  return proven.sealed ? "sealed" : "unsealed";
}

function resultJson(proven: Proven, one: Verdict): Json {
  const { bundle, control, kind, header, facts } = proven;
  const freezes = bundle.entries.filter((item) => item.type === "freeze").length;
  const state = kind.state(control.state);
  return {
    document: bundle.document,
    verified: true,
    level: levelOf(proven),
    stampedAt: one.stampedAt,
    whole: bundle.start === null,
    number: proven.number,
    asOf: { block: header.number, time: header.time },
    kind: control.kind,
    kindId: kind.id,
    state: kind.stateName(control.state),
    final: state?.final ?? false,
    issuer: control.issuer,
    possessor: control.possessor,
    endorsee: control.endorsee,
    offeree: control.offeree,
    offeredEndorsee: control.offeredEndorsee,
    version: control.version,
    used: control.used,
    frozenUntil: control.flags & 1 ? facts.frozenUntil : 0,
    createdAt: bundle.start === null ? bundle.entries[0]!.time : 0,
    acts: bundle.entries.length - freezes,
    notes: bundle.notes.length,
    freezes,
    head: facts.head,
    steps: [...one.progress.steps].filter((step) => step.step > 0).sort((left, right) => left.step - right.step).map(stepJson),
    remarks: one.progress.remarks.map(remarkText),
  };
}

function stepJson(step: StepReport): Json {
  const facts = Object.entries(step.facts).map(([name, value]) => `${name} ${value}`).join(", ");
  return { step: step.step, title: TITLES[step.step]!, status: step.checked ? "checked" : "not shown", checked: facts };
}

export function remarkText(remark: Remark): string {
  const { facts } = remark;
  switch (remark.about) {
    case "same-second":
      return `${facts["where"]}: a party changed within the same second; either order was accepted`;
    case "powers-not-shown":
      return `${facts["count"]} acts of powers came before the first entry of log 0: not shown who held them`;
    case "inactive":
      return `party ${facts["party"]} is ${facts["why"]} as of this block`;
    case "no-date":
      return `the last day of validity, ${facts["text"]}, is no date`;
    case "cancelled":
      return `the document is ${facts["state"]}: nobody may rely on it any more`;
    case "late-use":
      return `act ${facts["entry"]}: used at ${moment(Number(facts["time"]))}, after the last day of validity, ${facts["last"]}`;
    case "frozen":
    case "unfrozen": {
      const what = remark.about === "frozen" ? `frozen until ${moment(Number(facts["until"]))}` : "unfrozen";
      return `${what} by ${facts["sender"]} at ${moment(Number(facts["time"]))}${facts["shown"] ? "" : "; that it held the power is not shown here"}`;
    }
  }
}

