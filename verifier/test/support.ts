// What the tests share: the repository's vectors, and files of it.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { Hex } from "../src/core/bytes.ts";
import { Failure } from "../src/core/faults.ts";

/** The repository, by the runner (test.mjs). */
export const ROOT: string = process.env["PORTLEDGER_ROOT"] ?? "..";

// The vectors' shapes are written down where they are made (scripts/write_vectors.py).
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export function vectors(name: string): any {
  return JSON.parse(readFileSync(join(ROOT, "protocol", "vectors", `${name}.json`), "utf8"));
}

/** A file of the recorded networks, null where they do not lie beside the repository. */
export function recorded(path: string): string | null {
  const file = join(process.env["PORTLEDGER_SHARED_DATA"] ?? join(ROOT, "..", "shared", "data"), path);
  return existsSync(file) ? readFileSync(file, "utf8") : null;
}

export function bare(hex: string): Hex {
  return hex.replace(/^0x/, "").toLowerCase();
}

/** For assert.throws: a failure of this class and step. */
export function fails(kind: Failure["kind"], step: number): (error: unknown) => boolean {
  return (error) => error instanceof Failure && error.kind === kind && error.step === step;
}
