// What the tabs of the workbench share.
import { element, shortened } from "./dom.js";
import { descriptionOf, nameOf, plain } from "./item.js";

export const COMPARED = 10;

export const said = (text) => element("p", { class: "quiet", text });
export const problem = (error) => element("p", { class: "problem", role: "alert", text: error.message });
export const fieldOf = (text, node, wide = false) => element("label", { class: wide ? "wide" : "" }, element("span", { text }), node);
export const listed = (input) => input.value.split(",").map((part) => part.trim()).filter(Boolean);

/** A table in a box of its own, which the keyboard can scroll. */
export function scroller(name, head, rows) {
  const titles = head.map((text) => element(text ? "th" : "td", text ? { text, scope: "col" } : {}));
  const table = element("table", { class: "rules" }, element("thead", {}, element("tr", {}, ...titles)), element("tbody", {}, ...rows));
  return element("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": name }, table);
}

/** Runs something when a button is pressed, once at a time; what goes wrong is said in `output`. */
export function guard(output, work) {
  let busy = false;
  return async () => {
    if (busy) return;
    busy = true;
    try { await work(); } catch (error) { output.replaceChildren(problem(error)); } finally { busy = false; }
  };
}

/** A list of hits. What none of the others has is marked; beside one other, how far each has moved. */
export function listOf(title, hits, others = []) {
  const entries = hits.map((hit, place) => {
    const node = element("li", { text: "" });
    node.append(element("span", { text: shortened(`${nameOf(hit)} · ${plain(descriptionOf(hit))}`.replace(/ · $/, ""), 70) }));
    if (others.length && !others.some((list) => list.some((other) => other.id === hit.id))) node.append(element("span", { class: "only", text: "only here" }));
    const before = others.length === 1 ? others[0].findIndex((other) => other.id === hit.id) : -1;
    if (before >= 0 && before !== place) node.append(element("span", { class: "moved", text: before > place ? `up ${before - place}` : `down ${place - before}` }));
    return node;
  });
  return element("div", {}, element("h2", { text: title }), entries.length ? element("ol", {}, ...entries) : said("Nothing found."));
}
