// What benchmarks/verifier.py measures: from a file's bytes to a verdict, in Node and in a browser. Not part of the page.

import { readPolicy } from "./core/policy.ts";
import { judge } from "./core/verdict.ts";

/** Milliseconds of each of several verifications in one process; the first pays for what the engine compiles. */
async function times(text: string, policyText: string, now: number, count: number): Promise<number[]> {
  const data = new TextEncoder().encode(text);
  const policy = readPolicy(policyText);
  const found: number[] = [];
  for (let run = 0; run < count; run++) {
    const begun = performance.now();
    const { verdict, failure } = await judge(data, policy, now);
    found.push(performance.now() - begun);
    if (verdict !== "valid") throw new Error(`${verdict}: ${failure?.message ?? ""}`);
  }
  return found;
}

Object.assign(globalThis, { times });
