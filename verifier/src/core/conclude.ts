// Step 15: outside time stamps and the policy's demands.

import { roleBit } from "./codes.ts";
import { invalid, moment, outside } from "./faults.ts";
import type { Act } from "./form.ts";
import type { Policy } from "./policy.ts";
import { earliest, imprint } from "./stamps.ts";
import type { Progress, Proven } from "./verify.ts";

/** Seconds by which a block or a presentation may come from the future: clocks differ. */
export const CLOCK_SKEW = 300;

/** The time of the earliest stamp, unix seconds; null without any. now: of whoever verifies. */
export async function conclude(proven: Proven, policy: Policy, now: number, progress: Progress): Promise<number | null> {
  const { bundle, header, facts } = proven;
  const stampedAt = await earliest(bundle.stamps, imprint(bundle.domain, header.hash, facts.ledgerHead), policy.stamps);
  if (policy.stamped && stampedAt === null) throw outside(15, "no outside time stamp", "stamped evidence");
  if (header.time > now + CLOCK_SKEW) throw invalid(15, `a block of ${moment(header.time)}`, `not after ${moment(now)}`);
  const age = now - header.time;
  if (policy.greatestAge > 0 && age > policy.greatestAge) throw outside(15, `evidence ${age} s old`, `at most ${policy.greatestAge} s`);
  const held = rolesHeld(proven);
  for (const name of policy.signedBy) {
    if (((roleBit(name) ?? 0n) & held) === 0n) throw outside(15, `no act signed by a party with role ${name}`, "one");
  }
  progress.passed(15, { block: header.number, time: header.time });
  return stampedAt;
}

/** The roles that signers of acts held when they signed, all together. */
function rolesHeld(proven: Proven): bigint {
  const acts = [...proven.bundle.entries, ...proven.bundle.notes].filter((item): item is Act => item.type === "act" || item.type === "note");
  let held = 0n;
  for (const { action, time } of acts) {
    for (const party of proven.timelines.get(action.actor)?.at(time) ?? []) held |= party?.roles ?? 0n;
  }
  return held;
}
