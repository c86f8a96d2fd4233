// Runs the unit tests: bundles each with what it imports, then hands them to Node's own runner.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

import { release } from "./build.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "portledger-verifier-"));
try {
  const entries = readdirSync(join(here, "test")).filter((name) => name.endsWith(".test.ts"));
  await build({
    entryPoints: entries.map((name) => join(here, "test", name)), outdir: folder, outExtension: { ".js": ".mjs" }, bundle: true,
    format: "esm", platform: "node", target: "es2022", charset: "utf8", define: await release(), logLevel: "warning",
  });
  const files = entries.map((name) => join(folder, name.replace(/\.ts$/, ".mjs")));
  const env = { ...process.env, PORTLEDGER_ROOT: join(here, "..") };
  process.exitCode = spawnSync(process.execPath, ["--test", ...files], { stdio: "inherit", env }).status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
