// Which fields are worth a filter, and the filters themselves.
import { api } from "./api.js";
import { button, element } from "./dom.js";
import { label, plain } from "./item.js";

const SHOWN = 6, FIND_FROM = 12, MOST_FIELDS = 8, MOST_CANDIDATES = 20;
const LIKED = ["category", "department", "genre", "genres", "brand", "type", "price", "color", "colour", "size", "rating", "stars", "availability"];
const NEVER = /(^|_)(id|ids|sku|url|uri|link|href|image|images|picture|thumbnail|handle|gtin|ean|isbn|mpn|barcode|slug|title|name|description|text|body|group|parent|currency|language|created|updated|modified)(_|$|\d)/i;
const GROUPS = ["group", "item_group_id", "parent", "parent_id"]; // variants of one product
const rank = (field) => (LIKED.includes(field) ? LIKED.indexOf(field) : LIKED.length);
const isAddress = (value) => /^(https?:)?\/\/|^\/|\.(jpe?g|png|webp|gif|svg)$/i.test(value);
const isDate = (value) => typeof value === "string" && /^\d{4}-\d\d-\d\d/.test(value);

/** The fields that tell items apart and that several items share, and the fields to sort by. */
export async function findFields() {
  const { hits, total } = await api("search", { body: { limit: 100 } });
  const samples = new Map();
  for (const hit of hits) for (const [field, value] of Object.entries(hit.metadata)) {
    const values = Array.isArray(value) ? value : [value];
    if (NEVER.test(field) || !values.length || typeof values[0] === "object" || values[0] === "") continue;
    samples.set(field, [...(samples.get(field) || []), ...values]);
  }
  const texts = ([, values]) => values.every((value) => typeof value !== "string" || (value.length <= 60 && !isAddress(value)));
  const usable = [...samples].filter(texts).sort(([one], [other]) => rank(one) - rank(other)).slice(0, MOST_CANDIDATES);
  const numbers = usable.filter(([, values]) => values.every((value) => typeof value === "number")).map(([field]) => field);
  const dates = [...samples].filter(([, values]) => values.every(isDate)).map(([field]) => field);
  if (!usable.length) return { fields: [], ends: new Map(), group: null, orders: orders([], dates) };
  const { facets } = await api("search", { body: { limit: 1, facets: usable.map(([field]) => field) } });
  const tells = (field) => {
    const counts = (facets[field] || []).map((value) => value.count).sort((one, other) => one - other);
    if (counts.length < 2 || dates.includes(field)) return false;
    const shared = counts[Math.floor(counts.length / 2)] > 1 || counts.length <= 4; // a value is of several items
    return shared && counts[counts.length - 1] < total && counts.reduce((sum, count) => sum + count, 0) >= total / 50;
  };
  const fields = usable.map(([field]) => field).filter(tells).slice(0, MOST_FIELDS);
  const ends = await Promise.all(numbers.filter((field) => fields.includes(field)).map(async (field) => [field, await endsOf(field)]));
  const group = GROUPS.find((field) => hits.some((hit) => hit.metadata[field] != null)) ?? null;
  return { fields, ends: new Map(ends), group, orders: orders(numbers, dates) };
}

/** The lowest and the highest number of a field. */
async function endsOf(field) {
  const answers = await Promise.all([field, `-${field}`].map((sort) => api("search", { body: { sort, limit: 1 } })));
  return answers.map(({ hits }) => hits[0]?.metadata[field]);
}

function orders(numbers, dates) {
  const named = numbers.flatMap((field) => {
    if (/rating|stars|score/i.test(field)) return [[`-${field}`, `Best ${label(field).toLowerCase()}`]];
    if (/review|popular|sold|votes/i.test(field)) return [[`-${field}`, `Most ${label(field).toLowerCase()}`]];
    return [[field, `${label(field)}: low to high`], [`-${field}`, `${label(field)}: high to low`]];
  });
  return [["", "Best match"], ...named, ...dates.map((field) => [`-${field}`, `Newest (${label(field).toLowerCase()})`])];
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** The group of one field; `choose` is called with its filter, or with null to have none. */
export function facet(field, values, chosen, choose, ends) {
  const group = element("fieldset", {}, element("legend", { text: label(field) }));
  group.append(ends ? range(field, ends, chosen, choose) : valueList(field, values, chosen, choose));
  return group;
}

function valueList(field, values, chosen, choose) {
  const selected = chosen === undefined ? [] : Array.isArray(chosen) ? chosen : [chosen];
  const missing = selected.filter((value) => !values.some((entry) => same(entry.value, value)));
  const all = [...values, ...missing.map((value) => ({ value, count: 0 }))];
  const isChosen = (entry) => selected.some((value) => same(value, entry.value));
  const list = element("div", { class: "values" });
  const entries = all.map((entry) => {
    const name = plain(entry.value);
    const box = element("input", { type: "checkbox", id: `facet ${field} ${name}`, onchange: () => {
      const now = box.checked ? [...selected, entry.value] : selected.filter((value) => !same(value, entry.value));
      choose(now.length ? now : null);
    } });
    box.checked = isChosen(entry);
    return element("label", { class: "value" }, box, element("span", { text: name }), element("span", { class: "count", text: entry.count.toLocaleString() }));
  });
  list.append(...entries);
  if (all.length <= SHOWN) return list;
  const narrow = (wanted, every) => entries.forEach((node, place) => {
    const name = plain(all[place].value).toLowerCase();
    node.hidden = wanted ? !name.includes(wanted) : !every && place >= SHOWN && !isChosen(all[place]);
  });
  narrow("", false);
  let every = false;
  const more = button(`All ${all.length}`, () => {
    every = !every;
    more.textContent = every ? "Fewer" : `All ${all.length}`;
    more.setAttribute("aria-expanded", every);
    narrow("", every);
  }, { class: "link", "aria-expanded": "false", "aria-label": `All ${all.length} of ${label(field)}` });
  const parts = [list, more];
  if (all.length >= FIND_FROM) {
    parts.unshift(element("input", { type: "search", class: "find", placeholder: `Find in ${label(field).toLowerCase()}`, "aria-label": `Find in ${label(field)}`, oninput: (event) => {
      const wanted = event.target.value.trim().toLowerCase();
      more.hidden = !!wanted;
      narrow(wanted, every);
    } }));
  }
  return element("div", {}, ...parts);
}

function range(field, [lowest, highest], chosen, choose) {
  const bound = (name, key, hint) => element("input", { type: "number", step: "any", id: `facet ${field} ${key}`, placeholder: hint ?? "", "aria-label": `${label(field)} ${name}`, value: chosen?.[key] ?? "" });
  const from = bound("from", "gte", lowest), to = bound("to", "lte", highest);
  const apply = () => {
    const filter = {};
    if (from.value !== "") filter.gte = Number(from.value);
    if (to.value !== "") filter.lte = Number(to.value);
    choose(Object.keys(filter).length ? filter : null);
  };
  const enter = (event) => { if (event.key === "Enter") apply(); };
  from.addEventListener("keydown", enter);
  to.addEventListener("keydown", enter);
  return element("div", { class: "range" }, from, element("span", { text: "to" }), to, button("Go", apply, { "aria-label": `Apply ${label(field)}` }));
}

/** A filter as words on a chip: one chip a value. */
export function chipsOf(filters) {
  return Object.entries(filters).flatMap(([field, filter]) => {
    if (Array.isArray(filter)) {
      return filter.map((value) => ({ text: plain(value), without: filter.length > 1 ? filter.filter((other) => !same(other, value)) : null, field }));
    }
    const { gte, lte } = filter ?? {};
    const words = gte === undefined && lte === undefined ? JSON.stringify(filter) : gte === undefined ? `up to ${plain(lte)}` : lte === undefined ? `from ${plain(gte)}` : `${plain(gte)} to ${plain(lte)}`;
    return [{ text: `${label(field)} ${words}`, without: null, field }];
  });
}
