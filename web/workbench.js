// For the merchandiser: why each hit stands where it does, comparisons, queries in vain, rules, synonyms, shoppers.
import { api, has } from "./api.js";
import { fieldOf, problem, said } from "./bench.js";
import { compareModes, compareReleases } from "./compare.js";
import { $, button, element, report } from "./dom.js";
import { showQueries } from "./queries.js";
import { editRules } from "./rules.js";
import { editSynonyms } from "./synonyms.js";

let draft = null; // what the tab begins with

/** The tabs that this deployment has routes for. */
async function tabsHere() {
  const tabs = { compare: ["Compare modes", compareModes], releases: ["Live and before", compareReleases] };
  if (await has("/query-report")) tabs.queries = ["What was searched", showQueries];
  tabs.rules = ["Rules", editRules];
  if (await has("/synonyms")) tabs.synonyms = ["Synonyms", editSynonyms];
  tabs.shopper = ["As a shopper", chooseShopper];
  return tabs;
}

export async function showWorkbench(view, page) {
  const bench = $("workbench");
  bench.hidden = !view.workbench;
  if (!view.workbench) return bench.replaceChildren();
  const tabs = await tabsHere();
  const tab = Object.hasOwn(tabs, view.workbench) ? view.workbench : "compare";
  const open = async (name, entry = null) => {
    draft = entry;
    if (name === tab) await showWorkbench(view, page);
    else await page.go({ workbench: name }, { replace: true });
    $(`tab-${name}`)?.focus();
  };
  const tryOut = (entry) => open("synonyms", entry);
  const body = element("div", { id: "bench", role: "tabpanel", tabindex: 0, "aria-labelledby": `tab-${tab}` }, said("Loading…"));
  const choosers = Object.entries(tabs).map(([name, [text]]) => button(text, () => open(name), {
    role: "tab", id: `tab-${name}`, "aria-selected": String(name === tab), "aria-controls": "bench", tabindex: name === tab ? 0 : -1,
  }));
  const list = element("div", { class: "tabs", role: "tablist", "aria-label": "Workbench", onkeydown: (event) => moved(event, Object.keys(tabs), tab, open) }, ...choosers);
  bench.replaceChildren(element("div", {}, list, body));
  try {
    await tabs[tab][1](body, view, { ...page, tryOut, draft });
  } catch (error) {
    if (error.name !== "AbortError") body.replaceChildren(problem(error));
  }
  return null;
}

/** Arrows go from tab to tab, as in https://www.w3.org/WAI/ARIA/apg/patterns/tabs/ */
function moved(event, names, tab, open) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  open(names[(names.indexOf(tab) + step + names.length) % names.length]);
}

async function chooseShopper(body, view, { go }) {
  const input = element("input", { value: view.user, placeholder: "user_id" });
  const choose = (user) => { go({ user, item: "" }); report(null); };
  const known = view.user ? await historyOf(view.user) : "";
  body.replaceChildren(
    said("Search and recommendations as this shopper gets them, by what they did before. Nothing you open is recorded as theirs."),
    element("form", { class: "editor", onsubmit: (event) => { event.preventDefault(); choose(input.value.trim()); } },
      fieldOf("Shopper", input), element("button", { text: "Look", class: "primary" }), view.user ? button("Be yourself again", () => choose("")) : ""),
    known && said(known));
}

/** Whether anything is known of a shopper, in a sentence. */
async function historyOf(user) {
  const { strategy, notes } = await api("recommendations", { body: { user_id: user, limit: 1 } });
  return strategy === "popular" ? `Nothing is known of ${user}: ${notes.join("; ")}.` : `What ${user} did before shapes the list below.`;
}
