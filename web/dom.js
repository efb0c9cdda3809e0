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

/** Does what somebody asked for; what went wrong before is no longer shown. */
export async function guarded(work) {
  report(null);
  try { await work(); } catch (error) { report(error); }
}

/** Replaces a node's children. Who was at one of them stays at the same place, or comes to `otherwise`. */
export function replaced(node, children, otherwise = node) {
  const at = [...node.children].findIndex((child) => child.contains(document.activeElement));
  node.replaceChildren(...children);
  if (at < 0) return;
  const now = node.children[Math.min(at, node.children.length - 1)];
  (now?.matches("a, button") ? now : now?.querySelector("a, button") ?? otherwise).focus({ preventScroll: true });
}

const TAP_MS = 100; // a finger's click comes some time after it has left
const PRESS_MS = 1000; // some releases never reach the page: outside the window, or over a menu
let up = null;
addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return; // no click comes of it
  up = new Promise((done) => {
    setTimeout(done, PRESS_MS);
    for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => setTimeout(done, TAP_MS), { once: true, capture: true });
  });
}, { capture: true });

/** Resolves once a press is over and has been a click, or has taken too long: a list that changed meanwhile would swallow it. */
export const released = () => up;
