// Merchandising rules: what there is, and a form for another one with a preview.
import { api } from "./api.js";
import { COMPARED, fieldOf, guard, listed, listOf, said, scroller } from "./bench.js";
import { button, element } from "./dom.js";

const ACTIONS = { pin: "Show first", boost: "Show higher", bury: "Show lower", exclude: "Do not show" };

const told = (rule) => [rule.items && `items ${rule.items.join(", ")}`, rule.filters && JSON.stringify(rule.filters)].filter(Boolean).join(" and ");

export async function editRules(body, view, { go }) {
  const stored = await api("rules");
  let rules = stored.rules;
  const output = element("div", { class: "preview", "aria-live": "polite" }), table = element("div");

  const action = element("select", {}, ...Object.entries(ACTIONS).map(([value, text]) => new Option(text, value)));
  const items = element("input", { placeholder: "ids, with commas" });
  const filters = element("input", { placeholder: '{"brand": "Acme"}' });
  const queries = element("input", { placeholder: "any search; or words, with commas", value: view.query });
  const weight = element("input", { type: "number", min: 0, max: 10, step: 0.1, value: 0.5 });

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

  const preview = guard(output, async () => {
    const rule = written(), asked = { query: view.query, filters: view.filters, limit: COMPARED };
    const [before, after] = await Promise.all([api("search", { body: asked }), api("search", { body: { ...asked, rules: [rule] } })]);
    output.replaceChildren(element("div", { class: "columns two" }, listOf("Now", before.hits), listOf("With this rule", after.hits, [before.hits])));
  });
  const save = (next) => guard(output, async () => {
    const changed = await api("rules", { method: "PUT", body: { rules: next(), version: stored.version } });
    stored.version = changed.version;
    rules = changed.rules;
    draw();
    output.replaceChildren(said(`Saved as version ${changed.version}. It applies within seconds.`));
    go({ item: "" }, { replace: true });
  });

  function draw() {
    const rows = rules.map((rule) => element("tr", {},
      element("td", { text: ACTIONS[rule.action] + (rule.weight === undefined ? "" : ` (${rule.weight})`) }), element("td", { text: told(rule) }),
      element("td", { text: rule.queries ? rule.queries.join(", ") : "any search" }),
      element("td", {}, button("Remove", save(() => rules.filter((other) => other !== rule)), { "aria-label": `Remove rule ${rule.id}` }))));
    table.replaceChildren(rules.length ? scroller("Stored rules", ["What", "Which items", "For searches with", ""], rows) : said("No rules yet."));
  }
  draw();
  body.replaceChildren(table,
    element("div", { class: "editor" }, fieldOf("What", action), fieldOf("Items", items, true), fieldOf("or a filter", filters, true),
      fieldOf("For searches with", queries, true), fieldOf("By how much", weight), button("Preview", preview), button("Save", save(() => [...rules, written()]), { class: "primary" })),
    output);
}
