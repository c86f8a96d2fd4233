// The verify page: choose or drop a file, see the verdict. The file stays in this page.

import type { Bytes } from "../core/bytes.ts";
import { Failure, malformed } from "../core/faults.ts";
import { MAX_BYTES } from "../core/form.ts";
import { sha256 } from "../core/hashing.ts";
import { DEFAULT, type Policy, PolicyError, readPolicy } from "../core/policy.ts";
import { recover } from "../core/signatures.ts";
import { type Verdict, judge } from "../core/verdict.ts";
import { type Pause, Progress } from "../core/verify.ts";
import { type Inflate, unpack } from "../gzip.ts";
import { el } from "./dom.ts";
import { type Judged, report } from "./report.ts";
import { type Language, WORDS } from "./words.ts";

interface State {
  language: Language;
  policy: Policy;
  policyName: string;
  policyProblem: string;
  file: File | null;
  judged: Judged | null;
  /** What the browser said when the file could not be read to its end. */
  fileProblem: string;
  busy: boolean;
}

const state: State = {
  language: navigator.language.toLowerCase().startsWith("ja") ? "ja" : "en",
  policy: DEFAULT, policyName: "", policyProblem: "", file: null, judged: null, fileProblem: "", busy: false,
};
const page = document.getElementById("page")!;
/** Stays in the document while everything around it is drawn anew, so that screen readers hear what changes in it. */
const live = el("p", { class: "unseen", role: "status", "aria-live": "polite" });

/** One raw DEFLATE stream; the browser refuses damage and bytes after its end. */
const inflate: Inflate = async (stream, limit) => {
  const plain = new Blob([stream as BlobPart]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const parts: Bytes[] = [];
  let length = 0;
  for (const reader = plain.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > limit) {
      await reader.cancel();
      throw new RangeError("too much");
    }
    parts.push(value);
  }
  return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
};

/** Ends a check whose file or policy is no longer the one that was chosen. */
class Superseded extends Error {}

/** The newest check, and the newest choice of a policy: what was chosen last counts, whatever is still under way. */
let newestCheck = 0;
let newestPolicy = 0;

/** Shows how far a check is, and lets the browser draw and answer. */
function pauseOf(check: number): Pause {
  return async (done, all) => {
    const busy = document.querySelector(".busy");
    if (busy && check === newestCheck) busy.textContent = WORDS[state.language].checkingSignatures(done, all);
    await new Promise((resume) => setTimeout(resume));
    if (check !== newestCheck) throw new Superseded();
  };
}

async function judged(file: File, pause: Pause): Promise<Judged> {
  const now = Math.floor(Date.now() / 1000);
  const words = WORDS[state.language];
  // Beside the verdict stands the policy that it was made under, whatever is chosen meanwhile.
  const { policy, policyName } = state;
  // A file of any size may be dropped; one that is too large is not even read.
  const data = file.size > MAX_BYTES ? null : new Uint8Array(await file.arrayBuffer());
  let verdict: Verdict;
  try {
    if (data === null) throw malformed("", `${file.size} bytes, ${words.tooLarge}`, `at most ${MAX_BYTES}`);
    verdict = await judge(await unpack(data, inflate), policy, now, pause);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    verdict = { verdict: error.kind, proven: null, stampedAt: null, failure: error, bundle: null, presentation: null, progress: new Progress() };
  }
  return { verdict, now, name: file.name, size: file.size, digest: data === null ? "" : sha256(data), policyName };
}

async function check(file: File | null): Promise<void> {
  if (file === null) return;
  const mine = ++newestCheck;
  Object.assign(state, { file, busy: true, judged: null, fileProblem: "" });
  draw();
  live.textContent = WORDS[state.language].checking;
  // Let the browser show that before the work begins.
  await new Promise((resume) => setTimeout(resume, 30));
  if (mine !== newestCheck) return;
  try {
    const found = await judged(file, pauseOf(mine));
    if (mine !== newestCheck) return;
    state.judged = found;
  } catch (error) {
    if (mine !== newestCheck) return;
    // A file that is gone, or may not be read, gets no verdict; nor does one that finds a mistake of ours.
    state.fileProblem = error instanceof Error ? error.message : String(error);
  }
  state.busy = false;
  draw();
  const heading = document.getElementById("verdict");
  live.textContent = heading?.textContent ?? "";
  heading?.focus();
}

async function choosePolicy(file: File | null): Promise<void> {
  if (file === null) return;
  const mine = ++newestPolicy;
  let chosen: Partial<State>;
  try {
    if (file.size > 2 ** 20) throw new PolicyError("policy: more than 1 MiB");
    chosen = { policy: readPolicy(await file.text()), policyName: file.name, policyProblem: "" };
  } catch (error) {
    chosen = { policyProblem: error instanceof Error ? error.message : String(error) };
  }
  if (mine !== newestPolicy) return;
  Object.assign(state, chosen);
  draw();
  await check(state.file);
}

async function clearPolicy(): Promise<void> {
  newestPolicy++;
  Object.assign(state, { policy: DEFAULT, policyName: "", policyProblem: "" });
  draw();
  document.getElementById("policy")?.focus();
  await check(state.file);
}

// --- drawing ---------------------------------------------------------------------------------------------------------

function draw(): void {
  const words = WORDS[state.language];
  document.documentElement.lang = state.language;
  document.title = words.title;
  page.replaceChildren(
    header(),
    el(
      "main", {},
      chooser(),
      el("section", { class: "report", "aria-busy": state.busy ? "true" : "false" }, state.busy ? el("p", { class: "busy" }, words.checking) : null,
        state.fileProblem === "" ? null : unread(state.fileProblem),
        state.judged ? report(state.judged, words, state.language) : null),
      state.judged ? el("p", { class: "actions screen" }, printButton(), anotherButton()) : null,
    ),
    live,
  );
}

/** No verdict at all, which must look like none. */
function unread(problem: string): HTMLElement {
  const words = WORDS[state.language];
  return el("p", { class: "problem", role: "alert" }, `${words.unread(state.file?.name ?? "")} ${problem}`);
}

function header(): HTMLElement {
  const words = WORDS[state.language];
  const languages = (Object.keys(WORDS) as Language[]).map((language) => {
    const label = language === "en" ? "English" : "日本語";
    const button = el("button", { type: "button", lang: language, "aria-pressed": String(language === state.language), id: `language-${language}` }, label);
    button.addEventListener("click", () => {
      state.language = language;
      draw();
      document.getElementById(`language-${language}`)?.focus();
    });
    return button;
  });
  return el(
    "header", {},
    el("div", { class: "top" }, el("p", { class: "brand" }, "portledger"), el("div", { class: "languages screen", role: "group", "aria-label": words.language }, languages)),
    el("h1", {}, words.title),
    el("p", { class: "lead" }, words.lead),
  );
}

function chooser(): HTMLElement {
  const words = WORDS[state.language];
  const problem = state.policyProblem === "" ? null : el("p", { class: "problem", role: "alert" }, state.policyProblem);
  const chosen = el("p", { class: "chosen" }, state.policyName === "" ? words.policyDefault : state.policyName);
  let clear: HTMLElement | null = null;
  if (state.policyName !== "") {
    clear = el("button", { type: "button", class: "quiet" }, words.policyClear);
    clear.addEventListener("click", () => void clearPolicy());
  }
  return el(
    "section", { class: "chooser screen", "aria-label": words.choose },
    el("div", { class: "drop" }, picker("file", words.choose, "primary", (file) => void check(file)), el("p", {}, words.drop), el("p", { class: "offline" }, words.offline)),
    el(
      "div", { class: "policy" },
      el("h2", {}, words.policy), chosen, problem, el("p", { class: "hint", id: "policy-hint" }, words.policyHint),
      el("p", { class: "row" }, picker("policy", words.policyChoose, "quiet", (file) => void choosePolicy(file), "policy-hint"), clear),
    ),
  );
}

/** A file input that looks like a button and is one for keyboard and screen reader. */
function picker(id: string, label: string, look: string, chosen: (file: File | null) => void, described?: string): HTMLElement {
  const input = el("input", { type: "file", id, class: "unseen", "aria-describedby": described });
  input.addEventListener("change", () => {
    chosen(input.files?.[0] ?? null);
    input.value = "";
  });
  return el("span", { class: "picker" }, input, el("label", { for: id, class: look }, label));
}

function printButton(): HTMLElement {
  const button = el("button", { type: "button", class: "quiet" }, WORDS[state.language].print);
  button.addEventListener("click", () => window.print());
  return button;
}

function anotherButton(): HTMLElement {
  const button = el("button", { type: "button", class: "quiet" }, WORDS[state.language].another);
  button.addEventListener("click", () => {
    Object.assign(state, { file: null, judged: null, fileProblem: "" });
    draw();
    window.scrollTo(0, 0);
    document.getElementById("file")?.focus();
  });
  return button;
}

document.addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("dragging");
});
document.addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null) document.body.classList.remove("dragging");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("dragging");
  const file = event.dataTransfer?.files[0] ?? null;
  void (file !== null && /\.toml$/i.test(file.name) ? choosePolicy(file) : check(file));
});

/** The first signature costs more than all others of a file: what the curve needs is made while somebody looks for one. */
function warmUp(): void {
  for (let run = 1; run < 16; run++) recover("11".repeat(32), Uint8Array.from({ length: 65 }, (_, at) => (at === 64 ? 27 : (at * run) % 100)));
}
setTimeout(warmUp, 50);

// On paper nothing can be unfolded.
window.addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details")) folded.open = true;
});
draw();
