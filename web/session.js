// The shopper of this tab: what they looked at, kept over a reload, and the events that tell the API of it.
import { api } from "./api.js";
import { nameOf } from "./item.js";

const KEY = "shopper", KEPT = 200;
const random = () => crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(16)).join("-");

const fresh = () => `session-${random()}`;

function load() {
  try {
    const stored = JSON.parse(sessionStorage.getItem(KEY));
    if (stored?.user && Array.isArray(stored.history)) return stored;
  } catch { /* storage is off, or not ours: a new session */ }
  return { user: fresh(), history: [] };
}

export const shopper = load();

function keep() {
  try { sessionStorage.setItem(KEY, JSON.stringify(shopper)); } catch { /* then it lasts until a reload */ }
}

export const historyIds = () => shopper.history.map((seen) => seen.id);

/** Who searches, so that a click counts for the search it follows; what the API was not told of them goes along. */
export async function searcher() {
  const user_id = (await window.signedInAs) || shopper.user; // with a sign-in, only one's own id is taken
  return { user_id, history: shopper.history.filter((seen) => !seen.told).map((seen) => seen.id) };
}

export const lastSeen = () => [...new Map(shopper.history.map((seen) => [seen.id, seen])).values()].reverse();

/** Remembers what was done and tells the API; `silent`: somebody only looks through another shopper's eyes. */
export async function did(item, type, { silent = false } = {}) {
  const seen = { id: item.id, name: nameOf(item) };
  shopper.history = [...shopper.history, seen].slice(-KEPT);
  keep();
  if (silent) return;
  const { user_id } = await searcher();
  await api("events", { body: { events: [{ event_id: random(), user_id, item_id: item.id, event_type: type }] } });
  seen.told = true;
  keep();
}

export function forget(id) {
  shopper.user = fresh(); // the API knows the old one's items: the new one brings along what is left
  shopper.history = id === undefined ? [] : shopper.history.filter((seen) => seen.id !== id).map((seen) => ({ ...seen, told: false }));
  keep();
}
