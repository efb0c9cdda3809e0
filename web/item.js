// What is known of an item, as a person reads it: its name, price, stock, pictures and facts.
const NAMES = ["title", "name", "product_name", "item_name"];
const PICTURES = ["image", "image_url", "images", "picture", "thumbnail"];
const STOCKS = ["availability", "in_stock", "stock", "stock_status", "quantity", "inventory"];
const HIDDEN = /^(title|name|product_name|item_name|description|image|image_url|images|picture|thumbnail|url|link|currency|price|sale_price|availability|in_stock|stock|stock_status|group|parent|parent_id|handle)$/;

const parser = new DOMParser();
const decoded = (text) => (text.includes("&") ? parser.parseFromString(text.replace(/</g, "&lt;"), "text/html").documentElement.textContent : text);

/** Text without the tags that descriptions of shops carry; the ends of blocks become line breaks. */
export function withoutTags(text) {
  if (!/<[a-z/!][^>]*>|&[a-z#0-9]+;/i.test(text)) return text;
  const broken = text.replace(/<(br|\/p|\/li|\/div|\/h\d|\/tr)\b[^>]*>/gi, "$&\n");
  const parsed = parser.parseFromString(broken, "text/html");
  for (const code of parsed.querySelectorAll("script, style")) code.remove();
  return parsed.documentElement.textContent.replace(/[ \t]+/g, " ").replace(/\s*\n\s*/g, "\n").trim();
}

/** The API's highlighted HTML as pieces of text that are marked or not. */
export function pieces(highlighted) {
  const clean = highlighted.replace(/&lt;\/?[a-z!].*?&gt;/gis, " ").replace(/&amp;(#?\w+;)/g, "&$1");
  return clean.split(/(<mark>.*?<\/mark>)/s).filter(Boolean).map((piece) => {
    const marked = piece.startsWith("<mark>");
    return { text: decoded(marked ? piece.slice(6, -7) : piece), marked };
  });
}

export function marked(parts) {
  return parts.map(({ text, marked: isMarked }) => {
    if (!isMarked) return document.createTextNode(text);
    const node = document.createElement("mark");
    node.textContent = text;
    return node;
  });
}

function cut(parts, from, to) {
  const kept = [];
  let at = 0;
  for (const part of parts) {
    const text = part.text.slice(Math.max(0, from - at), Math.max(0, to - at));
    if (text) kept.push({ ...part, text });
    at += part.text.length;
  }
  return kept;
}

const field = (item, names) => names.map((name) => item.metadata[name]).find((value) => value != null && value !== "");

function nameLength(text) {
  const end = text.slice(0, 90).search(/[.!?] |\n| [-–|] /);
  return end >= 3 ? end + (/[!?]/.test(text[end]) ? 1 : 0) : Math.min(text.length, 90);
}

export function nameOf(item) {
  const given = field(item, NAMES);
  if (given) return withoutTags(String(given));
  const text = withoutTags(item.text || "");
  const length = nameLength(text);
  return text ? text.slice(0, length) + (length === 90 && text.length > 90 ? "…" : "") : `Item ${item.id}`;
}

/** Name and the text after it, in marked pieces where the query's words were marked. */
export function wordsOf(item) {
  const name = nameOf(item);
  const all = item.highlights?.text ? pieces(item.highlights.text) : [{ text: withoutTags(item.text || ""), marked: false }];
  const text = all.map((part) => part.text).join("");
  const starts = text.startsWith(name.replace(/…$/, ""));
  const given = NAMES.find((key) => item.metadata[key]);
  const named = starts ? cut(all, 0, name.length) : pieces(item.highlights?.[given] || "");
  const length = starts ? name.replace(/…$/, "").length : 0;
  const lead = /^[\s.,;:–|-]*/.exec(text.slice(length))[0].length;
  return { name: named.length ? named : [{ text: name, marked: false }], rest: cut(all, length + lead, text.length) };
}

const LEAD = 20;

/** The pieces from shortly before the first marked one on: a card shows two lines. */
export function fromMark(all) {
  const first = all.findIndex((part) => part.marked);
  const text = all.map((part) => part.text).join("");
  const before = all.slice(0, Math.max(0, first)).reduce((sum, part) => sum + part.text.length, 0);
  const start = text.lastIndexOf(" ", before - LEAD) + 1;
  return start > 0 && before > 2 * LEAD ? [{ text: "…", marked: false }, ...cut(all, start, text.length)] : all;
}

export function descriptionOf(item) {
  const text = withoutTags(item.text || ""), name = nameOf(item);
  const told = withoutTags(String(item.metadata.description || ""));
  if (told && !text.includes(told.slice(0, 80))) return told;
  return text.startsWith(name) ? text.slice(name.length).replace(/^[\s.,;:–|-]+/, "") : text;
}

/** Addresses of pictures: http, https or relative ones; nothing else is asked for. */
export function picturesOf(item) {
  if (item.image) return [item.image];
  const given = PICTURES.flatMap((name) => item.metadata[name] ?? []).flatMap((value) => String(value).split(/\s*[|\n]\s*|,\s*(?=https?:)/));
  const usable = given.filter((address) => {
    try { return /^https?:$/.test(new URL(address, location.href).protocol) && /[./]/.test(address); } catch { return false; }
  });
  return [...new Set(usable)];
}

export function money(value, currency) {
  if (typeof value !== "number") return null;
  if (/^[A-Z]{3}$/.test(currency || "")) {
    try { return new Intl.NumberFormat(undefined, { style: "currency", currency }).format(value); } catch { /* not a currency */ }
  }
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  return value.toLocaleString(undefined, digits) + (currency ? ` ${currency}` : "");
}

export function priceOf(item) {
  const { price, sale_price: sale, currency } = item.metadata;
  const now = typeof sale === "number" && sale < price ? sale : price;
  return money(now, currency) ?? (typeof price === "string" ? price : null);
}

export function stockOf(item) {
  const value = field(item, STOCKS);
  if (value === undefined) return null;
  if (typeof value === "number") return value > 0 ? { text: value < 6 ? `Only ${value} left` : "In stock", out: false } : { text: "Out of stock", out: true };
  const word = String(value).split("/").pop().toLowerCase().replace(/[^a-z]/g, "");
  if (/^(false|no|outofstock|soldout|discontinued|unavailable|notavailable)$/.test(word)) return { text: "Out of stock", out: true };
  if (/^(preorder|backorder|presale)$/.test(word)) return { text: word === "backorder" ? "On back-order" : "Pre-order", out: false };
  if (/^(true|yes|instock|available|instoreonly|onlineonly|limitedavailability)$/.test(word)) return { text: "In stock", out: false };
  return { text: String(value), out: false };
}

export const plain = (value) => (Array.isArray(value) ? value.map(plain).join(", ")
  : value && typeof value === "object" ? JSON.stringify(value)
    : typeof value === "number" ? value.toLocaleString(undefined, { useGrouping: "min2" }) // 2024 may be a year
      : withoutTags(String(value)));

export const label = (name) => {
  const shouted = name.length > 4 && name === name.toUpperCase(); // else capitals are the shop's: SKU, and a German noun
  const words = (shouted ? name.toLowerCase() : name).replace(/[_.-]+/g, " ").replace(/([a-z])([A-Z])/g, (_, end, start) => `${end} ${start.toLowerCase()}`).trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
};

const CODE = /(^|[_ .-])(id|sku|ean|gtin|upc|isbn|mpn|barcode)$/i; // digits of which are no number

/** Fields with their values, but for those that are shown elsewhere. */
export const factsOf = (item) => Object.entries(item.metadata)
  .filter(([name, value]) => !HIDDEN.test(name) && value != null && value !== "" && plain(value).length < 300)
  .map(([name, value]) => [label(name), CODE.test(name) ? String(value) : plain(value)]);

export const kindOf = (item) => plain(item.metadata.category ?? item.metadata.department ?? item.metadata.brand ?? nameOf(item));
