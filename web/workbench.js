// For the merchandiser: why each hit stands where it does, what the modes find, rules, synonyms, other shoppers.
import { api, has } from "./api.js";
import { $, button, element, report, shortened } from "./dom.js";
import { descriptionOf, nameOf, plain } from "./item.js";

const COMPARED = 10;
const MODES = { hybrid: "Words and meaning", lexical: "Words alone", semantic: "Meaning alone" };
const ACTIONS = { pin: "Show first", boost: "Show higher", bury: "Show lower", exclude: "Do not show" };
let tab = "compare";

export async function showWorkbench(view, page) {
  const bench = $("workbench");
  bench.hidden = !view.workbench;
  if (!view.workbench) return bench.replaceChildren();
  const tabs = { compare: ["Compare modes", compare], rules: ["Rules", editRules], shopper: ["As a shopper", chooseShopper] };
  if (await has("/synonyms")) tabs.synonyms = ["Synonyms", editSynonyms];
  if (!(tab in tabs)) tab = "compare";
  const body = element("div", { id: "bench", role: "tabpanel", tabindex: 0, "aria-labelledby": `tab-${tab}` });
  const choosers = Object.entries(tabs).map(([name, [text]]) => button(text, () => { tab = name; showWorkbench(view, page).then(() => $(`tab-${name}`)?.focus()); },
    { role: "tab", id: `tab-${name}`, "aria-selected": String(name === tab), "aria-controls": "bench" }));
  bench.replaceChildren(element("div", {}, element("div", { class: "tabs", role: "tablist", "aria-label": "Workbench" }, ...choosers), body));
  try { await tabs[tab][1](body, view, page); } catch (error) { if (error.name !== "AbortError") body.replaceChildren(element("p", { class: "problem", text: error.message })); }
  return null;
}

const said = (text) => element("p", { class: "quiet", text });

function listOf(title, hits, others = []) {
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

async function compare(body, view) {
  if (!view.query) return body.replaceChildren(said("Search for something: here you see what words and meaning each find. Every card below shows the parts of its score."));
  const asked = { query: view.query, filters: view.filters, limit: COMPARED, ...(view.user ? { user_id: view.user } : {}) };
  const answers = await Promise.all(Object.keys(MODES).map((mode) => api("search", { body: { ...asked, mode } })));
  const lists = answers.map((answer) => answer.hits);
  const columns = Object.values(MODES).map((title, at) => listOf(`${title} (${answers[at].total.toLocaleString()})`, lists[at], lists.filter((_, other) => other !== at)));
  return body.replaceChildren(element("div", { class: "columns" }, ...columns));
}

const fieldOf = (text, node, wide = false) => element("label", { class: wide ? "wide" : "" }, element("span", { text }), node);
const told = (rule) => [rule.items && `items ${rule.items.join(", ")}`, rule.filters && JSON.stringify(rule.filters)].filter(Boolean).join(" and ");

async function editRules(body, view, { go }) {
  const stored = await api("rules");
  let rules = stored.rules;
  const output = element("div", { class: "preview", "aria-live": "polite" });

  const action = element("select", {}, ...Object.entries(ACTIONS).map(([value, text]) => new Option(text, value)));
  const items = element("input", { placeholder: "ids, with commas" });
  const filters = element("input", { placeholder: '{"brand": "Acme"}' });
  const queries = element("input", { placeholder: "any search; or words, with commas", value: view.query });
  const weight = element("input", { type: "number", min: 0, max: 10, step: 0.1, value: 0.5 });
  const listed = (input) => input.value.split(",").map((part) => part.trim()).filter(Boolean);

  function written() {
    const rule = { id: `rule ${Date.now().toString(36)}`, action: action.value };
    if (listed(items).length) rule.items = listed(items);
    if (filters.value.trim()) {
      try { rule.filters = JSON.parse(filters.value); } catch { throw new Error('The filter is not JSON: write it like {"brand": "Acme"}.'); }
    }
    if (listed(queries).length) rule.queries = listed(queries);
    if (/boost|bury/.test(rule.action)) rule.weight = Number(weight.value);
    if (!rule.items && !rule.filters) throw new Error("Say which items: their ids, or a filter.");
    return rule;
  }
  const guard = (work) => async () => { try { await work(); } catch (error) { output.replaceChildren(element("p", { class: "problem", role: "alert", text: error.message })); } };

  const preview = guard(async () => {
    const rule = written(), asked = { query: view.query, filters: view.filters, limit: COMPARED };
    const [before, after] = await Promise.all([api("search", { body: asked }), api("search", { body: { ...asked, rules: [rule] } })]);
    output.replaceChildren(element("div", { class: "columns" }, listOf("Now", before.hits), listOf("With this rule", after.hits, [before.hits])));
  });
  const save = (next) => guard(async () => {
    const changed = await api("rules", { method: "PUT", body: { rules: next(), version: stored.version } });
    stored.version = changed.version;
    rules = changed.rules;
    draw();
    output.replaceChildren(said(`Saved as version ${changed.version}. It applies within seconds.`));
    go({ item: "" }, { replace: true });
  });

  const table = element("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": "Stored rules" });
  function draw() {
    const rows = rules.map((rule) => element("tr", {},
      element("td", { text: ACTIONS[rule.action] + (rule.weight === undefined ? "" : ` (${rule.weight})`) }), element("td", { text: told(rule) }),
      element("td", { text: rule.queries ? rule.queries.join(", ") : "any search" }),
      element("td", {}, button("Remove", save(() => rules.filter((other) => other !== rule)), { "aria-label": `Remove rule ${rule.id}` }))));
    const head = element("tr", {}, ...["What", "Which items", "For searches with", ""].map((text) => element(text ? "th" : "td", text ? { text, scope: "col" } : {})));
    table.replaceChildren(rules.length ? element("table", { class: "rules" }, head, ...rows) : said("No rules yet."));
  }
  draw();
  body.replaceChildren(table,
    element("div", { class: "editor" }, fieldOf("What", action), fieldOf("Items", items, true), fieldOf("or a filter", filters, true),
      fieldOf("For searches with", queries, true), fieldOf("By how much", weight), button("Preview", preview), button("Save", save(() => [...rules, written()]), { class: "primary" })),
    output);
}

/** The synonyms whole, as the API has them: a text of JSON, so that every form it knows can be edited. */
async function editSynonyms(body) {
  const stored = await api("synonyms");
  const { version, ...content } = stored;
  const text = element("textarea", { "aria-label": "Synonyms", spellcheck: "false" });
  text.value = JSON.stringify(content, null, 2);
  const output = element("div", { "aria-live": "polite" });
  const save = button("Save", async () => {
    try {
      const written = await api("synonyms", { method: "PUT", body: { ...JSON.parse(text.value), version } });
      output.replaceChildren(said(`Saved as version ${written.version}. They apply within seconds.`));
    } catch (error) { output.replaceChildren(element("p", { class: "problem", role: "alert", text: error.message })); }
  }, { class: "primary" });
  body.replaceChildren(text, save, output);
}

async function chooseShopper(body, view, { go }) {
  const input = element("input", { value: view.user, placeholder: "user_id" });
  const choose = (user) => { go({ user, item: "" }); report(null); };
  body.replaceChildren(
    said("Search and recommendations as this shopper gets them, by what they did before. Nothing you open is recorded as theirs."),
    element("form", { class: "editor", onsubmit: (event) => { event.preventDefault(); choose(input.value.trim()); } },
      fieldOf("Shopper", input), element("button", { text: "Look", class: "primary" }), view.user ? button("Be yourself again", () => choose("")) : ""));
}
