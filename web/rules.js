// Merchandising rules, in the workbench.
import { fieldOf, listed } from "./bench.js";
import { element } from "./dom.js";
import { editEntries } from "./editor.js";

const ACTIONS = { pin: "Show first", boost: "Show higher", bury: "Show lower", exclude: "Do not show" };

const told = (rule) => [rule.items && `items ${rule.items.join(", ")}`, rule.filters && JSON.stringify(rule.filters)].filter(Boolean).join(" and ");

export function editRules(body, view, page) {
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

  return editEntries(body, page, {
    name: "rules", one: "rule", head: ["What", "Which items", "For searches with"], written,
    cells: (rule) => [ACTIONS[rule.action] + (rule.weight === undefined ? "" : ` (${rule.weight})`), told(rule), rule.queries ? rule.queries.join(", ") : "any search"],
    fields: [fieldOf("What", action), fieldOf("Items", items, true), fieldOf("or a filter", filters, true), fieldOf("For searches with", queries, true), fieldOf("By how much", weight)],
    question: () => ({ query: view.query, filters: view.filters }),
  });
}
