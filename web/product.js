// One item at an address of its own: pictures, facts, alternatives, what is bought with it.
import { api, has, itemPath } from "./api.js";
import { picture, show, stock } from "./cards.js";
import { $, button, element } from "./dom.js";
import { descriptionOf, factsOf, nameOf, picturesOf, priceOf } from "./item.js";

const RAIL = 6, MAX_VIEWS = 8;

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

/** The first picture, and a button for each where there are several. A hit has the address of its first uploaded picture alone. */
function gallery(item, name) {
  const frame = element("div", {});
  fillGallery(frame, item, name, item.images ?? picturesOf(item).map((image) => ({ image, thumbnail: image })));
  if (item.image && !item.images) {
    api(itemPath(item.id)).then(({ images }) => images?.length > 1 && fillGallery(frame, item, name, images), () => {});
  }
  return frame;
}

function fillGallery(frame, item, name, views) {
  const shown = views.slice(0, MAX_VIEWS);
  const main = (place) => picture(item, { alt: shown.length > 1 ? `${name}, picture ${place + 1} of ${shown.length}` : name, address: shown[place]?.image, lazy: false });
  const choose = (place) => {
    frame.firstChild.replaceWith(main(place));
    thumbs.forEach((thumb, other) => thumb.setAttribute("aria-pressed", String(other === place)));
  };
  const thumbs = shown.map(({ thumbnail }, place) => {
    const thumb = button("", () => choose(place), { "aria-label": `Picture ${place + 1}`, "aria-pressed": String(place === 0) });
    thumb.append(element("img", { src: thumbnail, alt: "", loading: "lazy", referrerpolicy: "no-referrer" }));
    return thumb;
  });
  frame.replaceChildren(main(0));
  if (thumbs.length > 1) frame.append(element("div", { class: "thumbs", role: "group", "aria-label": "Pictures" }, ...thumbs));
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
