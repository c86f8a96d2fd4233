// The page in a real Chromium. tests/verifier/test_page.py makes the files and runs this with Node's own runner.
//
// PORTLEDGER_PAGE_FILES: folder with the files named below, policy.json and now; CHROMIUM: the browser; SCREENSHOTS: a
// folder for pictures, if somebody wants to look.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

import { chromium } from "playwright-core";

const files = process.env.PORTLEDGER_PAGE_FILES;
const pictures = process.env.SCREENSHOTS;
const url = pathToFileURL(join(dirname(fileURLToPath(import.meta.url)), "..", "dist", "verify.html")).href;
const file = (name) => join(files, name);
const now = Number(readFileSync(file("now"), "utf8"));

let browser;
before(async () => {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
});
after(async () => browser?.close());

/** The page, from disk, at the corpus's time. Whatever it asks for or complains about is noted. */
async function open({ locale = "en-GB", width = 1200 } = {}) {
  const context = await browser.newContext({ locale, viewport: { width, height: 900 } });
  const seen = { requests: [], complaints: [] };
  context.on("request", (request) => seen.requests.push(request.url()));
  const page = await context.newPage();
  page.on("console", (message) => seen.complaints.push(message.text()));
  page.on("pageerror", (error) => seen.complaints.push(error.message));
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
  });
  await page.clock.setFixedTime(new Date(now * 1000));
  await page.goto(url);
  return { page, seen, close: () => context.close() };
}

async function judged(page, name, policy = "policy.json") {
  if (policy) await page.setInputFiles("#policy", file(policy));
  await page.setInputFiles("#file", file(name));
  await page.waitForFunction((wanted) => document.querySelector(".banner .file")?.textContent === wanted, name);
  return page.textContent("#verdict");
}

async function picture(page, name) {
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}

const statuses = (page) => page.$$eval(".steps ol li", (rows) => rows.map((row) => row.className));

test("a whole verification asks the network for nothing and breaks no rule of its own policy", async () => {
  const { page, seen, close } = await open();
  assert.equal(await judged(page, "presentation.json"), "Valid");
  await page.click("#language-ja");
  assert.deepEqual(seen.requests, [url]);
  assert.deepEqual(seen.complaints, []);
  assert.deepEqual(await page.evaluate(() => window.violations), []);
  await close();
});

test("the content security policy lets nothing out and nothing in", async () => {
  const { page, seen, close } = await open();
  const tried = await page.evaluate(async () => {
    const refused = async (work) => {
      try {
        await work();
        return false;
      } catch {
        return true;
      }
    };
    const loaded = (element) => new Promise((resolve, reject) => {
      element.onload = resolve;
      element.onerror = () => reject(new Error("refused"));
      document.body.append(element);
      setTimeout(() => reject(new Error("nothing came")), 500);
    });
    const image = document.createElement("img");
    image.src = "data:image/gif;base64,R0lGODlhAQABAAAAACw=";
    const frame = document.createElement("iframe");
    frame.src = "https://example.invalid/";
    document.body.append(frame);
    const inline = document.createElement("div");
    inline.setAttribute("style", "position: fixed");
    document.body.append(inline);
    navigator.sendBeacon("https://example.invalid/", "secret"); // answers true even where it is blocked
    return {
      fetch: await refused(() => fetch("https://example.invalid/")),
      socket: await refused(() => new Promise((resolve, reject) => {
        const socket = new WebSocket("wss://example.invalid/");
        socket.onopen = resolve;
        socket.onerror = reject;
      })),
      image: await refused(() => loaded(image)),
      worker: await refused(() => new Promise((resolve, reject) => {
        const worker = new Worker("data:text/javascript,postMessage(1)");
        worker.onmessage = resolve;
        worker.onerror = reject;
      })),
      markup: await refused(async () => {
        document.body.innerHTML = "<b>markup</b>";
      }),
      evaluated: await refused(async () => new Function("return 1")()),
      style: getComputedStyle(inline).position !== "fixed",
    };
  });
  assert.deepEqual(tried, { fetch: true, socket: true, image: true, worker: true, markup: true, evaluated: true, style: true });
  const violated = await page.evaluate(() => window.violations);
  for (const directive of ["connect-src", "img-src", "frame-src", "require-trusted-types-for"]) assert.ok(violated.includes(directive), directive);
  assert.deepEqual(seen.requests.filter((one) => !one.startsWith("data:") && one !== url), []);
  await close();
});

test("a presentation shows verdict, audience, fields, story, parties and every check, in both languages", async () => {
  const { page, close } = await open();
  assert.equal(await judged(page, "presentation.json"), "Valid");
  const text = await page.innerText("main");
  for (const part of [
    "For whom this was made", "Example customs 名古屋税関", "release of goods", "EXMU1234567", "Bill of lading, negotiable", "/field17",
    "value 17 of version 2", "Proven to be absent", "/freight", "Proven to be equal", "Surrender for amendment",
    "“Bill of lading: ISSUE”", "Example shipper", "Sealed by 3 validators", "What this does not say", "portledger fresh",
  ]) assert.ok(text.includes(part), part);
  assert.deepEqual(await statuses(page), Array(16).fill("checked"));
  await picture(page, "presentation-en");
  await page.click("#language-ja");
  assert.equal(await page.getAttribute("html", "lang"), "ja");
  assert.equal(await page.title(), "貿易書類を検証する");
  const japanese = await page.innerText("main");
  for (const part of ["有効", "提示の相手と目的", "船荷証券", "存在しないことが証明された項目", "発行", "検証者 3 名が封印"]) assert.ok(japanese.includes(part), part);
  assert.equal(await page.evaluate(() => document.activeElement.id), "language-ja");
  await picture(page, "presentation-ja");
  await close();
});

test("a browser that speaks Japanese is spoken to in Japanese", async () => {
  const { page, close } = await open({ locale: "ja-JP" });
  assert.equal(await judged(page, "unsealed.json"), "有効（封印なし）");
  await close();
});

test("a file that fails says at which check, what that means and what to do", async () => {
  const { page, close } = await open();
  assert.equal(await judged(page, "invalid.json"), "Invalid: do not rely on it");
  const failure = await page.innerText(".failure");
  for (const part of ["Step 6 failed", "act 2", "What to do", "Do not release goods"]) assert.ok(failure.includes(part), part);
  const marks = await statuses(page);
  assert.equal(marks[4], "checked");
  assert.equal(marks[6], "failed");
  assert.equal(marks[9], "not-reached");
  assert.equal(await page.innerText("[aria-live]"), "Invalid: do not rely on it");
  assert.equal(await page.evaluate(() => document.activeElement.id), "verdict");
  await picture(page, "invalid-en");
  await close();
});

test("without a policy only the embedded ledger is trusted; a policy can be chosen, refused and removed", async () => {
  const { page, close } = await open();
  assert.equal(await judged(page, "presentation.json", null), "Not trusted by your policy");
  await page.setInputFiles("#policy", file("policy.toml"));
  await page.waitForFunction(() => document.querySelector("#verdict")?.textContent === "Valid");
  await page.setInputFiles("#policy", file("invalid.json"));
  const problem = await page.waitForSelector(".problem");
  assert.match(await problem.innerText(), /unknown/);
  assert.match(await page.innerText(".chosen"), /policy\.toml/);
  await page.click("text=Remove the policy");
  await page.waitForFunction(() => document.querySelector("#verdict")?.textContent === "Not trusted by your policy");
  await close();
});

test("what was chosen last is what the verdict speaks of, however fast the choices came", async () => {
  const { page, close } = await open();
  assert.equal(await judged(page, "presentation.json"), "Valid");
  const texts = Object.fromEntries(["presentation.json", "invalid.json", "policy.toml"].map((name) => [name, readFileSync(file(name), "utf8")]));
  /** All within one turn of the page, so that nothing is finished in between; then what it says in the end. */
  const hurried = async (choices) => {
    await page.evaluate(([wanted, contents]) => {
      for (const one of wanted) {
        if (one === "no policy") {
          document.querySelector(".policy button").click();
          continue;
        }
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([contents[one]], one));
        document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
      }
    }, [choices, texts]);
    await page.waitForFunction(() => document.querySelector("#verdict") && !document.querySelector(".busy"));
    return page.textContent("#verdict");
  };
  assert.equal(await hurried(["presentation.json", "invalid.json"]), "Invalid: do not rely on it");
  assert.ok((await page.innerText(".banner")).includes("invalid.json"));
  assert.equal(await hurried(["invalid.json", "presentation.json"]), "Valid");
  assert.equal(await hurried(["presentation.json", "no policy"]), "Not trusted by your policy");
  await hurried(["policy.toml", "presentation.json"]);
  await page.waitForFunction(() => document.querySelector("#verdict")?.textContent === "Valid");
  assert.ok((await page.innerText(".technical")).includes("policy.toml"));
  await close();
});

test("a file that cannot be read gets no verdict, and says so", async () => {
  const { page, close } = await open();
  await page.evaluate(() => {
    File.prototype.arrayBuffer = async () => {
      throw new Error("the disk is gone");
    };
  });
  await page.setInputFiles("#file", file("opened.json"));
  const told = await page.waitForSelector(".report .problem");
  assert.match(await told.innerText(), /No verdict: opened\.json.*the disk is gone/s);
  assert.equal(await page.$("#verdict"), null);
  assert.equal(await page.$(".busy"), null);
  await close();
});

test("packed files are read; bombs, floods, cut and foreign files are told apart from evidence at once", async () => {
  const { page, close } = await open();
  assert.equal(await judged(page, "packed.json.gz"), "Valid");
  for (const name of ["bomb.json.gz", "flood.json", "deep.json", "cut.json", "twice.json.gz", "empty.json"]) {
    const begun = Date.now();
    assert.equal(await judged(page, name, null), "Not an evidence file", name);
    assert.ok(Date.now() - begun < 60_000, name);
  }
  await close();
});

test("what a file says of itself is text and never markup", async () => {
  const { page, seen, close } = await open();
  assert.equal(await judged(page, "hostile.json"), "Valid");
  assert.ok((await page.innerText("main")).includes("<img src=x onerror=alert(1)>"));
  assert.equal(await page.$$eval("main img, main script, main iframe, main a", (found) => found.length), 0);
  assert.deepEqual(seen.complaints, []);
  await close();
});

test("everything can be reached and read with a keyboard and a screen reader", async () => {
  const { page, close } = await open();
  assert.equal(await judged(page, "presentation.json"), "Valid");
  const problems = await page.evaluate(() => {
    const named = (element) => element.getAttribute("aria-label") || element.textContent.trim() || element.labels?.[0]?.textContent.trim();
    const found = [];
    for (const element of document.querySelectorAll("button, input, summary, [role=region]")) if (!named(element)) found.push(element.outerHTML);
    const levels = [...document.querySelectorAll("h1, h2, h3")].map((heading) => Number(heading.tagName[1]));
    if (levels.filter((level) => level === 1).length !== 1) found.push("not one h1");
    levels.forEach((level, at) => { if (at > 0 && level > levels[at - 1] + 1) found.push(`a heading of level ${level} after ${levels[at - 1]}`); });
    if (!document.querySelector("main") || !document.querySelector("[role=status][aria-live=polite]")) found.push("no main, or nothing live");
    for (const th of document.querySelectorAll("th")) if (!th.scope) found.push("a heading cell without scope");
    return found;
  });
  assert.deepEqual(problems, []);
  await page.focus("#language-en");
  const reached = [];
  for (let step = 0; step < 4; step++) {
    await page.keyboard.press("Tab");
    reached.push(await page.evaluate(() => document.activeElement.id || document.activeElement.textContent));
  }
  assert.deepEqual(reached, ["language-ja", "file", "policy", "Remove the policy"]);
  const ring = await page.evaluate(() => {
    document.getElementById("file").focus();
    return getComputedStyle(document.querySelector("label[for=file]")).outlineStyle;
  });
  assert.equal(ring, "solid");
  await close();
});

test("text stands out from its ground by at least 4.5 to 1", async () => {
  const { page, close } = await open();
  for (const name of ["presentation.json", "unsealed.json", "invalid.json"]) {
    await judged(page, name);
    const faint = await page.evaluate(() => {
      const channel = (value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
      const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
      const colour = (text) => text.match(/[\d.]+/g).map(Number);
      const ground = (element) => {
        for (let at = element; at; at = at.parentElement) {
          const [r, g, b, a = 1] = colour(getComputedStyle(at).backgroundColor);
          if (a === 1) return [r, g, b];
        }
        return [255, 255, 255];
      };
      const found = new Set();
      for (const element of document.querySelectorAll("#page *")) {
        if (![...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()) || !element.checkVisibility()) continue;
        const [a, b] = [light(colour(getComputedStyle(element).color)), light(ground(element))].sort((left, right) => right - left);
        const ratio = (a + 0.05) / (b + 0.05);
        if (ratio < 4.5) found.add(`${element.tagName}.${element.className} ${ratio.toFixed(2)}`);
      }
      return [...found];
    });
    assert.deepEqual(faint, [], name);
  }
  await close();
});

test("a file can be dropped anywhere on the page", async () => {
  const { page, close } = await open();
  await page.setInputFiles("#policy", file("policy.json"));
  const text = readFileSync(file("unsealed.json"), "utf8");
  const transfer = await page.evaluateHandle((data) => {
    const made = new DataTransfer();
    made.items.add(new File([data], "dropped.evidence.json"));
    return made;
  }, text);
  await page.dispatchEvent("body", "drop", { dataTransfer: transfer });
  await page.waitForSelector("#verdict");
  assert.equal(await page.textContent("#verdict"), "Valid, but unsealed");
  assert.ok((await page.innerText(".technical")).includes("dropped.evidence.json"));
  await close();
});

test("on a phone nothing runs over the edge, in either language", async () => {
  for (const locale of ["en-GB", "ja-JP"]) {
    const { page, close } = await open({ locale, width: 360 });
    for (const name of ["presentation.json", "opened.json", "invalid.json"]) {
      await judged(page, name);
      const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(over <= 0, `${name} ${locale}: ${over} pixels too wide`);
      await picture(page, `phone-${name}-${locale}`);
    }
    await close();
  }
});

test("on paper stands the verdict with everything unfolded, and nothing to press", async () => {
  const { page, close } = await open();
  await judged(page, "presentation.json");
  await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.isVisible("#verdict"), true);
  assert.deepEqual(await page.$$eval("button, .chooser", (found) => found.filter((one) => one.checkVisibility()).length), 0);
  assert.equal(await page.$$eval("details:not([open])", (found) => found.length), 0);
  await picture(page, "print-en");
  const paper = await page.pdf({ format: "A4" });
  assert.ok(paper.length > 10_000);
  await close();
});
