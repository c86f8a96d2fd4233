// node bench.mjs FILE POLICY NOW [BROWSER]: prints {node: [ms, …], browser: [ms, …] | null} of one file, verified again and again.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { runInThisContext } from "node:vm";

import { build } from "esbuild";

import { release } from "./build.mjs";

const RUNS = 30;
const here = dirname(fileURLToPath(import.meta.url));
const [file, policy, now, browser] = process.argv.slice(2);
const made = await build({
  entryPoints: [join(here, "src/bench.ts")], bundle: true, write: false, format: "iife", platform: "browser", target: "es2022",
  minify: true, define: await release(),
});
const code = made.outputFiles[0].text;
const given = [readFileSync(file, "utf8"), readFileSync(policy, "utf8"), Number(now), RUNS];
runInThisContext(code);
const found = { node: await globalThis.times(...given), browser: null };
if (browser) {
  const { chromium } = await import("playwright-core");
  const running = await chromium.launch({ executablePath: browser, args: ["--no-sandbox"] });
  // The page itself, since WebCrypto exists only where a page is trusted; its policy would keep the measuring code out.
  const page = await (await running.newContext({ bypassCSP: true })).newPage();
  await page.goto(pathToFileURL(join(here, "dist", "verify.html")).href);
  await page.waitForTimeout(500); // the page's own warming up, which the measurement must not meet
  await page.evaluate(code);
  found.browser = await page.evaluate((all) => globalThis.times(...all), given);
  await running.close();
}
process.stdout.write(`${JSON.stringify(found)}\n`);
