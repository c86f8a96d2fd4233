// Log 0, the consortium's (docs/protocol §2, §11; step 8): who held which power when, and whether what was done in a
// power's name was theirs to do.

import { type Hex, ZERO, countBelow } from "./bytes.ts";
import { GOVERNOR, GUARDIAN, REGISTRAR } from "./codes.ts";
import { invalid, moment } from "./faults.ts";
import type { PowerEntry } from "./form.ts";
import { entry, keccakWords } from "./hashing.ts";
import { DAY } from "./words.ts";

/** A guardian freezes the same record again only so long after the last freeze's end. */
export const PAUSE = 90 * DAY;
const NAMES = ["governor", "registrar", "guardian"];

const MAY: Readonly<Record<string, readonly number[]>> = {
  register: [REGISTRAR],
  propose: [REGISTRAR],
  order: [GOVERNOR],
  cancelOrder: [GOVERNOR],
  suspend: [REGISTRAR, GOVERNOR],
  reinstate: [REGISTRAR, GOVERNOR],
  freeze: [GUARDIAN],
  "freeze again": [GUARDIAN, GOVERNOR],
  unfreeze: [GUARDIAN, GOVERNOR],
};

type Holders = PowerEntry["holders"];

export class Powers {
  readonly #times: number[] = [];
  readonly #holders: Holders[] = [];

  /** Log 0 against partyHead(0). until: the block's time. */
  constructor(log: readonly PowerEntry[], head: Hex, until: number) {
    let running = ZERO;
    log.forEach((item, number) => {
      const where = `consortium, entry ${number}`;
      const last = this.#times[this.#times.length - 1] ?? 0;
      if (item.time < last || item.time > until) throw invalid(8, `time ${item.time}`, `times that ascend, up to ${until}`, where);
      checkChange(this.#holders[this.#holders.length - 1], item, where);
      running = entry(running, item.digest, keccakWords(...item.holders, item.kind, item.kindDigest), item.signers, item.time);
      this.#times.push(item.time);
      this.#holders.push(item.holders);
    });
    if (running !== head) throw invalid(8, `head ${running} after ${log.length} entries`, `${head}, the ledger's`, "consortium");
  }

  /** Whether the sender held one of the powers at that time; within one second either order counts. null: not shown. */
  held(sender: Hex, powers: readonly number[], time: number): boolean | null {
    const before = countBelow(this.#times, time);
    const end = countBelow(this.#times, time + 1);
    const candidates = this.#holders.slice(Math.max(0, before - 1), end);
    if (candidates.some((holders) => powers.some((power) => holders[power] === sender))) return true;
    return before === 0 ? null : false;
  }

  /** False when it is not shown; a failure when the sender did not hold the power. */
  require(what: string, sender: Hex, time: number, where: string): boolean {
    const powers = MAY[what]!;
    const found = this.held(sender, powers, time);
    if (found === false) {
      throw invalid(8, `${what} by 0x${sender}`, `the ${powers.map((power) => NAMES[power]).join(" or ")} at ${moment(time)}`, where);
    }
    return found === true;
  }
}

/** A kind is defined, or somebody is appointed, by the governor; or one who was appointed takes a power over. */
function checkChange(before: Holders | undefined, item: PowerEntry, where: string): void {
  const sender = item.signers.slice(24);
  if (!item.signers.startsWith("0".repeat(24))) throw invalid(8, `signers ${item.signers}`, "one account", where);
  if (before === undefined) return;
  const changed = item.holders.filter((holder, power) => holder !== before[power]);
  if (changed.length === 0) {
    if (sender !== item.holders[GOVERNOR]) throw invalid(8, `0x${sender}`, `0x${item.holders[GOVERNOR]}, the governor`, where);
  } else if (changed.length > 1 || changed[0] !== sender || item.kind !== 0) {
    throw invalid(8, `${changed.length} powers changed by 0x${sender}`, "one, by who takes it over", where);
  }
}
