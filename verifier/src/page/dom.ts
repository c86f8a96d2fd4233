// Elements, made of text and elements only: nothing from a file is ever read as markup.

export type Child = Node | string | null | undefined | false;
type Attributes = Readonly<Record<string, string | boolean | undefined>>;

export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K, attributes: Attributes = {}, ...children: readonly (Child | readonly Child[])[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (typeof value === "string") made.setAttribute(name, value);
  }
  for (const child of children.flat() as Child[]) if (child || child === "") made.append(child);
  return made;
}

/** A table with a heading for each column; the first cell of a row is its heading. look: a class. */
export function table(look: string, caption: string, heads: readonly string[], rows: readonly (readonly Child[])[]): HTMLElement {
  return el(
    "div", { class: `scroll ${look}`, tabindex: "0", role: "region", "aria-label": caption },
    el(
      "table", {},
      el("caption", { class: "unseen" }, caption),
      el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))),
      el(
        "tbody", {},
        rows.map((row) => el("tr", {}, row.map((cell, at) => (at === 0 ? el("th", { scope: "row" }, cell) : el("td", { "data-head": heads[at] }, cell))))),
      ),
    ),
  );
}

export function facts(rows: readonly (readonly [name: string, value: Child])[]): HTMLElement {
  return el("dl", { class: "facts" }, rows.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}
