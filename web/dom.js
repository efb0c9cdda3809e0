// Small helpers to make elements. No text is ever read as HTML.
export const $ = (id) => document.getElementById(id);

export function element(tag, { text, html, ...properties } = {}, ...children) {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  for (const [name, value] of Object.entries(properties)) {
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

export const button = (text, onclick, properties = {}) => element("button", { type: "button", text, onclick, ...properties });

export const shortened = (text, length) => (text.length > length ? text.slice(0, length - 1).trimEnd() + "…" : text);

/** A plain click, which the page handles itself; any other opens a tab or a window. */
export const isPlainClick = (event) => event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);

export function report(error) {
  if (error && error.name === "AbortError") return;
  $("problem").textContent = error ? error.message : "";
  $("problem").hidden = !error;
}

export async function guarded(work) {
  try { await work(); report(null); } catch (error) { report(error); }
}

let up = null;
addEventListener("pointerdown", () => {
  up = new Promise((done) => {
    for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => setTimeout(done), { once: true });
  });
}, { capture: true });

/** Resolves once no pointer is pressed: a list that changed between a press and its release would swallow the click. */
export const released = () => up;
