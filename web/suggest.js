// Suggestions while typing: the names of items that have the words so far. A combobox as in
// https://www.w3.org/WAI/ARIA/apg/patterns/combobox/
import { api } from "./api.js";
import { element } from "./dom.js";
import { kindOf, marked, nameOf, wordsOf } from "./item.js";

const SHOWN = 6;

export function suggestions(input, list, { search, open }) {
  let entries = [], at = -1, asked = null;

  const close = () => { list.hidden = true; at = -1; asked = null; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };

  function choose(entry) {
    close();
    if (entry.item) open(entry.item);
    else search(entry.text);
  }

  function point(to) {
    at = (to + entries.length + 1) % (entries.length + 1);
    [...list.children].forEach((node, place) => node.setAttribute("aria-selected", place === at));
    if (at < entries.length) input.setAttribute("aria-activedescendant", list.children[at].id);
    else { at = -1; input.removeAttribute("aria-activedescendant"); }
  }

  /** Asks for what the text may become. */
  async function about(text) {
    const query = text.trim();
    if (query.length < 2 || document.activeElement !== input) return close();
    asked = query;
    const { hits } = await api("search", { body: { query, prefix: true, limit: SHOWN * 2, highlight: true } }).catch(() => ({ hits: [] }));
    if (asked !== query) return null; // more was typed, or the field was left
    const byName = new Map(hits.map((item) => [nameOf(item).toLowerCase(), item]));
    entries = [...byName.values()].slice(0, SHOWN).map((item) => ({ item }));
    if (!entries.length) return close();
    list.replaceChildren(...entries.map(({ item }, place) => {
      const node = element("li", { id: `suggestion-${place}`, role: "option", "aria-selected": "false", onpointerdown: (event) => { event.preventDefault(); if (event.button === 0) choose({ item }); } });
      node.append(...marked(wordsOf(item).name));
      const kind = kindOf(item);
      if (kind !== nameOf(item)) node.append(element("span", { class: "quiet", text: kind }));
      return node;
    }));
    at = -1;
    list.hidden = false;
    return input.setAttribute("aria-expanded", "true");
  }

  input.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown") { event.preventDefault(); point(at + 1); }
    else if (event.key === "ArrowUp") { event.preventDefault(); point(at < 0 ? entries.length - 1 : at === 0 ? entries.length : at - 1); }
    else if (event.key === "Escape") { event.preventDefault(); close(); }
    else if (event.key === "Enter" && at >= 0) { event.preventDefault(); choose(entries[at]); }
  });
  input.addEventListener("blur", close);
  return { about, close };
}
