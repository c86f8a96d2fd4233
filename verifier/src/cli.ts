// verify FILE… [--policy FILE] [--now SECONDS] [--json]: one verdict on each line.
//
// Meant for tests and for whoever has Node and no browser. The exit code is that of the worst file, as the classes of
// `portledger verify` have it; a policy that cannot be read is 2.

import { readFile } from "node:fs/promises";
import { inflateRawSync } from "node:zlib";

import type { Bytes } from "./core/bytes.ts";
import { Failure } from "./core/faults.ts";
import { DEFAULT, PolicyError, readPolicy } from "./core/policy.ts";
import { type Verdict, type VerdictClass, judge, toJson } from "./core/verdict.ts";
import { Progress } from "./core/verify.ts";
import { type Inflate, unpack } from "./gzip.ts";

/** Worst last: what is invalid must not be covered by what is merely malformed. */
const EXIT: readonly (readonly [VerdictClass, number])[] = [
  ["valid", 0], ["unsealed", 10], ["outside-policy", 11], ["malformed", 3], ["invalid", 8],
];

const inflate: Inflate = (stream, limit) => {
  const { buffer, engine } = inflateRawSync(stream, { maxOutputLength: limit, info: true }) as unknown as {
    buffer: Uint8Array; engine: { bytesWritten: number };
  };
  if (engine.bytesWritten !== stream.length) throw new RangeError("bytes after the stream");
  return Promise.resolve(buffer);
};

interface Options {
  readonly files: string[];
  readonly policy: string | null;
  readonly now: number;
  readonly json: boolean;
}

function options(args: readonly string[]): Options {
  const files: string[] = [];
  let policy: string | null = null;
  let now = Math.floor(Date.now() / 1000);
  let json = false;
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (arg === "--json") json = true;
    else if (arg === "--policy") policy = args[++at] ?? fail("--policy needs a file");
    else if (arg === "--now") {
      now = Number(args[++at]);
      if (!Number.isSafeInteger(now)) fail("--now needs unix seconds");
    } else if (arg.startsWith("--")) fail(`unknown option ${arg}`);
    else files.push(arg);
  }
  if (files.length === 0) fail("usage: verify FILE… [--policy FILE] [--now SECONDS] [--json]");
  return { files, policy, now, json };
}

function fail(message: string): never {
  process.stderr.write(`verify: ${message}\n`);
  process.exit(2);
}

async function judged(data: Bytes, policy: typeof DEFAULT, now: number): Promise<Verdict> {
  try {
    return await judge(await unpack(data, inflate), policy, now);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { verdict: error.kind, proven: null, stampedAt: null, failure: error, bundle: null, presentation: null, progress: new Progress() };
  }
}

function line(file: string, verdict: Verdict): string {
  const { failure, proven } = verdict;
  if (failure === null) return `${file}: ${verdict.verdict}, as of block ${proven?.header.number}`;
  const where = failure.entry === "" ? "" : ` (${failure.entry})`;
  return `${file}: ${verdict.verdict} at step ${failure.step}${where}: found ${failure.found}; expected ${failure.expected}. ${failure.remedy}`;
}

const chosen = options(process.argv.slice(2));
let policy = DEFAULT;
if (chosen.policy !== null) {
  try {
    policy = readPolicy(await readFile(chosen.policy, "utf8"));
  } catch (error) {
    fail(error instanceof PolicyError ? error.message : `${chosen.policy} cannot be read`);
  }
}
let worst = 0;
for (const file of chosen.files) {
  const data = new Uint8Array(await readFile(file).catch(() => fail(`${file} cannot be read`)));
  const verdict = await judged(data, policy, chosen.now);
  worst = Math.max(worst, EXIT.findIndex(([name]) => name === verdict.verdict));
  process.stdout.write(`${chosen.json ? JSON.stringify(toJson(verdict)) : line(file, verdict)}\n`);
}
process.exitCode = EXIT[worst]![1];
