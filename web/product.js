// One item at an address of its own: pictures, facts, alternatives, what is bought with it.
import { api, has, itemPath } from "./api.js";
import { picture, show, stock } from "./cards.js";
import { $, button, element } from "./dom.js";
import { descriptionOf, factsOf, nameOf, picturesOf, priceOf } from "./item.js";

const RAIL = 6;

export function closeProduct() {
  $("product").hidden = true;
}

/** Shows the item; gives its name. */
export function openProduct(item, { link, close, didCart }) {
  const panel = $("product"), name = nameOf(item), { id } = item;
  const together = rail("Bought together", "together"), similar = rail("Alternatives", "similar");
  panel.replaceChildren(
    element("div", { class: "row" }, button("← Back", close, { id: "close" })),
    element("div", { class: "product" }, gallery(item, name), told(item, name, didCart)),
    similar, together,
  );
  panel.hidden = false;
  panel.focus({ preventScroll: true });
  fill(similar, itemPath(id, `/similar?limit=${RAIL}&diversity=0.3`), link);
  has("/items/{item_id}/bought-together").then((there) => there && fill(together, itemPath(id, `/bought-together?limit=${RAIL}`), link));
  return name;
}

function gallery(item, name) {
  const addresses = picturesOf(item);
  const main = element("div", {}, picture(item, { alt: name, address: addresses[0], lazy: false }));
  if (addresses.length < 2) return main;
  const thumbs = addresses.slice(0, 8).map((address, place) => button("", () => main.firstChild.replaceWith(picture(item, { alt: name, address, lazy: false })), { "aria-label": `Picture ${place + 1}` }));
  thumbs.forEach((thumb, place) => thumb.append(element("img", { src: addresses[place], alt: "", loading: "lazy", referrerpolicy: "no-referrer" })));
  main.append(element("div", { class: "thumbs" }, ...thumbs));
  return main;
}

function told(item, name, didCart) {
  const price = priceOf(item), description = descriptionOf(item);
  const basket = element("button", { type: "button", class: "primary", text: "Add to basket" });
  basket.onclick = () => {
    basket.onclick = null; // pressed twice, it is still one
    basket.textContent = "In the basket ✓";
    didCart();
  };
  return element("div", {},
    element("h2", { id: "product-title", class: "title", text: name }),
    element("div", { class: "foot" }, price && element("span", { class: "price", text: price }), stock(item)),
    description && element("p", { class: "description", text: description }),
    basket,
    element("dl", {}, ...[...factsOf(item), ["Id", item.id]].flatMap(([key, value]) => [element("dt", { text: key }), element("dd", { text: value })])),
  );
}

const rail = (title, id) => element("section", { id: `${id}-rail`, "aria-labelledby": `${id}-title`, hidden: true },
  element("h2", { id: `${id}-title`, text: title }), element("ol", { class: "rail across" }));

/** A rail that has nothing to show, or whose route an older deployment lacks, stays hidden. */
async function fill(section, path, link) {
  try {
    const { hits } = await api(path);
    show(section.lastChild, hits, link);
    section.hidden = hits.length === 0;
  } catch (error) {
    if (error.status === 404) return;
    section.hidden = false;
    section.append(element("p", { class: "quiet", text: error.message }));
  }
}
