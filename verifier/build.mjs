// Builds dist/cli.mjs and dist/verify.html from the sources. The same sources give the same bytes: no date, no path, no
// source map goes in. `node build.mjs --check` compares with what is there instead of writing.

import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";
import { parse } from "smol-toml";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..");

/** The kind digests of this release come from the verifier's own packing, which the build therefore runs first. */
async function bundle(entry, format, platform, define, minify) {
  const made = await build({
    entryPoints: [join(here, entry)], bundle: true, write: false, format, platform, target: "es2022", charset: "utf8",
    legalComments: "none", minify, define, absWorkingDir: here, sourcemap: false, treeShaking: true,
  });
  return made.outputFiles[0].text;
}

async function kindDigests() {
  const code = await bundle("src/core/kind.ts", "esm", "neutral", {}, false);
  const { parseKind } = await import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`);
  const folder = join(root, "protocol", "kinds");
  const names = (await readdir(folder)).filter((name) => name.endsWith(".toml")).sort();
  return Promise.all(names.map(async (name) => parseKind(parse(await readFile(join(folder, name), "utf8"))).digest));
}

/** What a page calls the business roles. */
async function roleTitles() {
  const roles = parse(await readFile(join(root, "protocol", "roles.toml"), "utf8"));
  return Object.fromEntries(Object.entries(roles).map(([name, role]) => [name, role.title]));
}

/** What the sources know of the release, as constants for esbuild. */
export async function release() {
  const artifact = JSON.parse(await readFile(join(root, "src/portledger/chain/artifacts/DocumentLedger.json"), "utf8"));
  const version = /^version = "(.+)"$/m.exec(await readFile(join(root, "pyproject.toml"), "utf8"))[1];
  return {
    RELEASE_RUNTIME: JSON.stringify(artifact.runtime.replace(/^0x/, "")),
    RELEASE_IMMUTABLES: JSON.stringify(artifact.immutables),
    RELEASE_KINDS: JSON.stringify(await kindDigests()),
    RELEASE_ROLES: JSON.stringify(await roleTitles()),
    RELEASE_VERSION: JSON.stringify(version),
  };
}

const sha256 = (text) => `'sha256-${createHash("sha256").update(text, "utf8").digest("base64")}'`;

async function page(define) {
  const script = (await bundle("src/page/main.ts", "iife", "browser", define, true)).trim();
  const style = (await readFile(join(here, "src/page/style.css"), "utf8")).trim();
  const template = await readFile(join(here, "src/page/page.html"), "utf8");
  if (/<\/script/i.test(script)) throw new Error("the script would end its own element");
  const policy = `default-src 'none'; script-src ${sha256(script)}; style-src ${sha256(style)}; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'`;
  return template.replace("%POLICY%", () => policy).replace("%STYLE%", () => style).replace("%SCRIPT%", () => script);
}

async function main() {
  const define = await release();
  const made = new Map([
    ["cli.mjs", await bundle("src/cli.ts", "esm", "node", define, false)],
    ["verify.html", await page(define)],
  ]);
  if (process.argv.includes("--check")) {
    for (const [name, text] of made) {
      const there = await readFile(join(here, "dist", name), "utf8").catch(() => "");
      if (there !== text) {
        process.stderr.write(`verifier/dist/${name} is not what its sources give: run scripts/build_verifier and commit it\n`);
        process.exitCode = 1;
      }
    }
  } else {
    await mkdir(join(here, "dist"), { recursive: true });
    for (const [name, text] of made) await writeFile(join(here, "dist", name), text);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
