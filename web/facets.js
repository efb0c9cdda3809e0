// Which fields are worth a filter, and the filters themselves.
import { api } from "./api.js";
import { button, element } from "./dom.js";
import { label, plain } from "./item.js";

const SHOWN = 6, FIND_FROM = 12, MOST_FIELDS = 8, MOST_CANDIDATES = 20;
const LIKED = ["category", "department", "genre", "genres", "brand", "type", "price", "currency", "color", "colour", "size", "rating", "stars", "availability"];
const NEVER = /(^|_)(id|ids|sku|url|uri|link|href|image|images|picture|thumbnail|handle|gtin|ean|isbn|mpn|barcode|slug|title|name|description|text|body|group|parent|language|created|updated|modified)(_|$|\d)/i;
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
    const shared = numbers.includes(field) || counts[Math.floor(counts.length / 2)] > 1 || counts.length <= 4; // a value is of several items; a number has a slider
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
  const boxes = [];
  const ticked = () => all.filter((_, place) => boxes[place].checked).map((entry) => entry.value);
  const entries = all.map((entry) => {
    const name = plain(entry.value);
    const box = element("input", { type: "checkbox", id: `facet ${field} ${name}`, onchange: () => choose(ticked().length ? ticked() : null) });
    box.checked = isChosen(entry);
    boxes.push(box);
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

const STEPS = 100, BEND = 3; // most prices are low: the lower half of the slider has an eighth of the range

/** A slider with both ends, and the same two numbers to type. */
function range(field, [lowest, highest], chosen, choose) {
  const name = label(field), digits = highest - lowest > 50 ? 0 : 2;
  const valueAt = (step) => (step <= 0 ? lowest : step >= STEPS ? highest : Number((lowest + (highest - lowest) * (step / STEPS) ** BEND).toFixed(digits)));
  const stepOf = (value) => Math.round(STEPS * (Math.min(Math.max((value - lowest) / (highest - lowest || 1), 0), 1) ** (1 / BEND)));
  const typed = (key, end, hint) => element("input", { type: "number", step: "any", id: `facet ${field} ${key}`, placeholder: plain(hint), "aria-label": `${name} ${end}`, value: chosen?.[key] ?? "" });
  const slid = (key, end, step) => {
    const slider = element("input", { type: "range", min: 0, max: STEPS, id: `slide ${field} ${key}`, "aria-label": `${name} ${end}, slider` });
    slider.value = step;
    return slider;
  };
  const from = typed("gte", "from", lowest), to = typed("lte", "to", highest);
  const low = slid("gte", "from", chosen?.gte === undefined ? 0 : stepOf(chosen.gte)), high = slid("lte", "to", chosen?.lte === undefined ? STEPS : stepOf(chosen.lte));
  const slider = element("div", { class: "slider" }, low, high);

  function apply() {
    const filter = {};
    if (from.value !== "") filter.gte = Number(from.value);
    if (to.value !== "") filter.lte = Number(to.value);
    choose(Object.keys(filter).length ? filter : null);
  }
  function follow(moved) {
    if (Number(low.value) > Number(high.value)) moved.value = moved === low ? high.value : low.value; // the ends do not cross
    from.value = Number(low.value) <= 0 ? "" : valueAt(Number(low.value));
    to.value = Number(high.value) >= STEPS ? "" : valueAt(Number(high.value));
    for (const [end, step] of [[low, low.value], [high, high.value]]) end.setAttribute("aria-valuetext", plain(valueAt(Number(step))));
    paint();
  }
  function paint() {
    slider.style.setProperty("--from", `${(100 * low.value) / STEPS}%`);
    slider.style.setProperty("--to", `${(100 * high.value) / STEPS}%`);
    low.classList.toggle("above", Number(low.value) >= STEPS); // else the other end would hide it
  }
  for (const end of [low, high]) {
    end.addEventListener("input", () => follow(end));
    end.addEventListener("change", apply);
    end.setAttribute("aria-valuetext", plain(valueAt(Number(end.value))));
  }
  for (const field of [from, to]) field.addEventListener("change", apply);
  paint();
  return element("div", { class: "range" }, slider, element("div", { class: "ends" }, from, element("span", { text: "to" }), to));
}

/** A filter as words on a chip: one chip a value. `without` makes of the field's filter the one that lacks it, or null. */
export function chipsOf(filters) {
  return Object.entries(filters).flatMap(([field, filter]) => {
    if (Array.isArray(filter)) {
      return filter.map((value) => ({ field, text: plain(value), without: (now) => {
        const left = [now].flat().filter((other) => !same(other, value));
        return left.length && now !== undefined ? left : null;
      } }));
    }
    const { gte, lte } = filter ?? {};
    const words = gte === undefined && lte === undefined ? JSON.stringify(filter) : gte === undefined ? `up to ${plain(lte)}` : lte === undefined ? `from ${plain(gte)}` : `${plain(gte)} to ${plain(lte)}`;
    return [{ field, text: `${label(field)} ${words}`, without: () => null }];
  });
}
