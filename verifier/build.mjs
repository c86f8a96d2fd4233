// Builds dist/cli.mjs from the sources. The same sources give the same bytes: no date, no path, no
// source map goes in. `node build.mjs --check` compares with what is there instead of writing.

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

async function release() {
  const artifact = JSON.parse(await readFile(join(root, "src/portledger/chain/artifacts/DocumentLedger.json"), "utf8"));
  const version = /^version = "(.+)"$/m.exec(await readFile(join(root, "pyproject.toml"), "utf8"))[1];
  return {
    RELEASE_RUNTIME: JSON.stringify(artifact.runtime.replace(/^0x/, "")),
    RELEASE_IMMUTABLES: JSON.stringify(artifact.immutables),
    RELEASE_KINDS: JSON.stringify(await kindDigests()),
    RELEASE_VERSION: JSON.stringify(version),
  };
}

const define = await release();
const made = new Map([
  ["cli.mjs", await bundle("src/cli.ts", "esm", "node", define, false)],
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
