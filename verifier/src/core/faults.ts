// How a verification ends when it does not end well: three classes, each with the step, what was found, what was expected.

export type Step = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15;
export type FailureKind = "malformed" | "invalid" | "outside-policy";

/** What each step looks at (docs/protocol §7); the same words as the Python verifier's. */
export const TITLES: readonly string[] = [
  "the file's form",
  "block header and validators' seals",
  "the ledger's account and code",
  "the ledger's storage",
  "the kind file is the one the ledger sealed",
  "each act hashes to its digest and extends the one before",
  "the running hash ends in the ledger's head",
  "each act is signed by accounts of its actor",
  "each party was registered, free, in its epoch and role",
  "each act obeys the table and gives the recorded state",
  "the notes are complete and true to their time",
  "the document id comes from the creator's number",
  "the manifest is the one that was signed, for this ledger",
  "the opened datasets are the ones that were sealed",
  "the opened details are the ones that were signed",
  "result",
];

const REMEDIES: Record<FailureKind, string> = {
  malformed: "Ask for the file again: it was damaged, cut, or is something else.",
  invalid: "Do not rely on it: ask another source for the same history, and the issuer if none agrees.",
  "outside-policy": "Use a policy that names it, if you have one from a source that you trust.",
};

export class Failure extends Error {
  readonly kind: FailureKind;
  readonly step: Step;
  /** The place: "act 3, OFFER", "party 7, entry 2", a JSON pointer; empty where the step speaks about the whole. */
  readonly entry: string;
  readonly found: string;
  readonly expected: string;
  readonly remedy: string;

  constructor(kind: FailureKind, step: Step, found: string, expected: string, entry = "", remedy = "") {
    super(`step ${step}: found ${found}; expected ${expected}`);
    this.kind = kind;
    this.step = step;
    this.entry = entry;
    this.found = found;
    this.expected = expected;
    this.remedy = remedy === "" ? REMEDIES[kind] : remedy;
  }

  /** The same failure, said of a place inside something larger. */
  within(place: string): Failure {
    const entry = this.entry === "" ? place : `${place}, ${this.entry}`;
    return new Failure(this.kind, this.step, this.found, this.expected, entry, this.remedy);
  }
}

export function malformed(at: string, found: string, expected: string): Failure {
  return new Failure("malformed", 0, found, expected, at);
}

export function invalid(step: Step, found: string, expected: string, entry = "", remedy = ""): Failure {
  return new Failure("invalid", step, found, expected, entry, remedy);
}

export function outside(step: Step, found: string, expected: string, entry = ""): Failure {
  return new Failure("outside-policy", step, found, expected, entry);
}

/** A value as messages show it: short, and ASCII, whatever it holds. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`).slice(0, 80);
}

/** Unix seconds as ISO 8601 in UTC; what lies beyond year 9999 stays a number. */
export function moment(seconds: number): string {
  if (!(seconds >= 0 && seconds < 253_402_300_800)) return String(seconds);
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}
