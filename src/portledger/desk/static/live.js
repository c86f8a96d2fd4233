// Listens for news and shows the parts of the page that changed, in place. Whoever is in the middle of something is told
// instead, and asks for it by a button. It keeps nothing, sends nothing, and touches nothing that can be typed into.
"use strict";
(() => {
  const live = document.getElementById("live");
  if (!live || !window.EventSource) return;
  const status = document.getElementById("live-said");
  const button = document.getElementById("live-show");
  const FIRST = 2_000, LONGEST = 60_000;
  const parts = [...document.querySelectorAll("[data-part]")];
  const shown = new Map(parts.map((part) => [part, part.cloneNode(true)]));
  const { party, document: own } = live.dataset;
  let { number } = live.dataset;
  let source = null, timer = 0, pause = FIRST, out = false, looking = null;

  const say = (what) => {
    const at = what === "fresh" ? ` (${new Date().toISOString().slice(11, 19)} UTC)` : "";
    const text = what ? live.dataset[what] + at : "";
    if (status.textContent !== text) status.textContent = text;
  };

  const offer = () => {
    button.hidden = false;
    if (!out) say("news");
  };

  const typed = (one) => one.value !== one.defaultValue || one.checked !== one.defaultChecked;

  function busy(part) {
    const selection = document.getSelection();
    const focused = document.activeElement;
    return (focused !== part && part.contains(focused)) || part.querySelector("details[open]") !== null
      || [...part.querySelectorAll("input, textarea")].some(typed)
      || (!selection.isCollapsed && selection.containsNode(part, true));
  }

  // What a person ticked and chose stays; a line that comes new is ticked by nobody.
  function keep(part, fresh) {
    for (const box of fresh.querySelectorAll("input[type=checkbox]")) {
      box.checked = part.querySelector(`input[name="${CSS.escape(box.name)}"]`)?.checked ?? false;
    }
    for (const choice of fresh.querySelectorAll("select")) {
      const before = part.querySelector(`select[id="${CSS.escape(choice.id)}"]`)?.value;
      if ([...choice.options].some((one) => one.value === before)) choice.value = before;
    }
  }

  // asked: a person pressed the button; else nobody used the desk, and it may lock.
  async function look(asked) {
    const answer = await fetch(location.pathname, { headers: asked ? {} : { "X-Desk-Live": "1" } });
    if (answer.redirected) return location.reload(); // locked: what is on the screen must go
    if (!answer.ok) return offer();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = (part) => page.querySelector(`[data-part="${part.dataset.part}"]`);
    if (parts.some((part) => next(part) === null)) return offer();
    const changed = parts.filter((part) => !next(part).isEqualNode(shown.get(part)));
    if (!asked && changed.some(busy)) return offer();
    for (const part of changed) {
      const fresh = next(part);
      shown.set(part, fresh.cloneNode(true));
      keep(part, fresh);
      part.replaceChildren(...fresh.childNodes);
    }
    if (changed.length) say("fresh");
    else if (!button.hidden) say("");
    if (asked || document.activeElement === button) {
      const part = changed.at(-1) ?? parts.at(-1);
      part.tabIndex = -1; // the button goes, and must not take the keyboard's place with it
      part.focus();
    }
    button.hidden = true;
  }

  // One after the other: an answer that was overtaken would show what was.
  function anew(asked) {
    const before = looking;
    looking = (before ?? Promise.resolve()).then(() => look(asked)).catch(offer);
  }

  function heard(event) {
    number = event.lastEventId;
    const what = event.data.split(" ");
    if (!own || what.includes(own) || what.includes("party") || what.includes("all")) anew(false);
  }

  function lost(what) {
    out = true;
    say(what);
  }

  // A browser keeps few connections to one address: windows that nobody sees give theirs back.
  function silent() {
    clearTimeout(timer);
    if (source !== null) source.close();
    source = null;
  }

  function listen() {
    if (document.hidden || source !== null) return;
    clearTimeout(timer);
    source = new EventSource(`/as/${encodeURIComponent(party)}/live/${number}`);
    source.addEventListener("ready", () => {
      pause = FIRST;
      if (out) say("back");
      out = false;
    });
    source.addEventListener("changed", heard);
    source.addEventListener("lost", () => lost("lost"));
    source.addEventListener("locked", () => { silent(); location.reload(); });
    source.addEventListener("error", () => {
      silent();
      lost("deaf");
      timer = setTimeout(listen, pause);
      pause = Math.min(2 * pause, LONGEST);
    });
  }

  button.addEventListener("click", () => anew(true));
  document.addEventListener("visibilitychange", () => (document.hidden ? silent() : listen()));
  window.addEventListener("pagehide", silent);
  window.addEventListener("pageshow", listen);
  listen();
})();
