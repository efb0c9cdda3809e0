// Cards and rails of items.
import { element, isPlainClick, replaced } from "./dom.js";
import { fromMark, kindOf, marked, nameOf, picturesOf, plain, priceOf, stockOf, wordsOf } from "./item.js";

const SHOWN_FACTS = ["brand", "category", "size", "color"];
const GOLDEN_ANGLE = 137.5; // neighbouring numbers get colours far apart

/** A tile of the item's kind, where there is no picture: the same kind has the same colour. */
function drawn(item) {
  const kind = kindOf(item), words = kind.match(/[\p{L}\p{N}]+/gu) || ["·"];
  const letters = words.slice(0, 2).map((word) => [...word][0].toUpperCase()).join("");
  const tile = element("div", { class: "picture drawn", text: letters, "aria-hidden": "true" });
  const sum = [...kind].reduce((total, letter) => total + letter.codePointAt(0), 0);
  tile.style.setProperty("--hue", Math.round((sum * GOLDEN_ANGLE) % 360));
  return tile;
}

export function picture(item, { alt = "", address = item.thumbnail ?? picturesOf(item)[0], lazy = true } = {}) {
  if (!address) return drawn(item);
  const image = element("img", { src: address, alt, loading: lazy ? "lazy" : "eager", decoding: "async", referrerpolicy: "no-referrer", width: 300, height: 300 });
  const frame = element("div", { class: "picture" }, image);
  image.addEventListener("error", () => frame.replaceWith(drawn(item)), { once: true });
  return frame;
}

export function stock(item) {
  const state = stockOf(item);
  return state && element("span", { class: state.out ? "stock out" : "stock", text: state.text });
}

function explained(parts) {
  const most = Math.max(...Object.values(parts).map(Math.abs), 1e-9);
  const rows = Object.entries(parts).sort(([, one], [, other]) => other - one).flatMap(([name, value]) => [
    element("span", { text: name }),
    element("meter", { min: 0, max: most, value: Math.max(0, value), "aria-label": name }),
    element("span", { text: value.toFixed(3) }),
  ]);
  return element("div", { class: "explain" }, ...rows);
}

/** A list entry; `open` is called with the item on a plain click on it. */
export function card(item, { href, open }) {
  const { name, rest } = wordsOf(item);
  const link = element("a", { class: "name", href: href(item), onclick: (event) => {
    if (!isPlainClick(event)) return;
    event.preventDefault();
    open(item);
  } }, ...marked(name));
  const facts = SHOWN_FACTS.filter((field) => item.metadata[field] != null).map((field) => element("span", { text: plain(item.metadata[field]) }));
  const words = element("div", { class: "words" }, link);
  if (rest.length) words.append(element("p", { class: "snippet" }, ...marked(fromMark(rest))));
  if (facts.length) words.append(element("div", { class: "facts" }, ...facts));
  const price = priceOf(item), foot = element("div", { class: "foot" });
  if (price) foot.append(element("span", { class: "price", text: price }));
  foot.append(...[stock(item)].filter(Boolean));
  if (item.variants > 1) foot.append(element("span", { class: "count", text: `${item.variants} variants` }));
  words.append(foot);
  if (item.explain) words.append(explained(item.explain));
  const entry = element("li", { class: stockOf(item)?.out ? "card gone" : "card" });
  entry.dataset.id = item.id;
  entry.append(picture(item, { alt: "" }), words);
  return entry;
}

export function show(list, items, options) {
  replaced(list, items.map((item) => card(item, options)));
  list.classList.toggle("pictureless", !items.some((item) => picturesOf(item).length));
}

/** A rail that changed says so for a moment. */
export function changed(rail) {
  rail.classList.remove("changed");
  void rail.offsetWidth; // so that the animation begins again
  rail.classList.add("changed");
}

export { nameOf };
