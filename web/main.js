// The page: what its address says is what it shows.
import { read, sameList, write } from "./address.js";
import { api, itemPath } from "./api.js";
import { changed, show } from "./cards.js";
import { $, button, element, guarded, released, replaced, report, shortened } from "./dom.js";
import { chipsOf, facet, findFields } from "./facets.js";
import { watchForPictures } from "./look.js";
import { closeProduct, openProduct } from "./product.js";
import { did, forget, historyIds, lastSeen, searcher } from "./session.js";
import { suggestions } from "./suggest.js";
import { showWorkbench } from "./workbench.js";

const PAUSE_MS = 200, PAGE = 24, RAIL = 6, CHIPS = 12, HEALTH_MS = 15000, BEHIND_MS = 1500;
const main = document.querySelector("main");
const FIRST = "first-result"; // in the browser's timeline: when there is something to choose from
const NARROW = matchMedia("(max-width: 48rem)");
let look = null; // a picture to search with, as a data URL; it is in no address
let view = read(), shown = null, asked = null, fields = null, asking = null, prefix = false, answered = null, pause = 0, rails = 0, leaving = false;

const link = { href: (item) => write({ ...view, item: item.id }), open: (item) => go({ item: item.id }, { from: item }) };

/** Goes to another view. `replace` takes the place of the present one in the history. */
function go(change, { replace = false, from = null } = {}) {
  keepPlace();
  const next = { ...view, ...change };
  const address = write(next);
  if (replace || address === write(view)) history.replaceState(history.state, "", address);
  else history.pushState({ depth: (history.state?.depth || 0) + 1, from: from?.id }, "", address);
  return render(next, { item: from });
}

function keepPlace() {
  const at = document.activeElement, focus = at?.closest?.("[data-id]")?.dataset.id ?? (at?.matches?.("button, #query") ? at.id : undefined);
  history.replaceState({ ...history.state, scroll: scrollY, focus }, "");
}

/** The workbench, once it has its height; where it takes too long, a room of fixed height, so that it moves nothing when it comes. */
async function bench() {
  let timer = 0;
  const box = $("workbench"), late = new Promise((done) => { timer = setTimeout(() => done("late"), BEHIND_MS); });
  box.classList.remove("late");
  const first = await Promise.race([showWorkbench(view, { go, link, again: () => guarded(search) }).catch(report), late]);
  clearTimeout(timer);
  box.classList.toggle("late", first === "late" && main.classList.contains("behind"));
  main.classList.remove("behind");
}

/** The columns of the view: a list with its filters, or one item. */
function arrange() {
  $("list").hidden = !!view.item;
  main.classList.toggle("one", !!view.item);
}

/** Shows a view; `place` is where one was in it before. */
async function render(next, { item = null, place = null } = {}) {
  const before = view, list = !(sameList(shown, next) && sameList(asked, next));
  view = next;
  leaving = false;
  clearTimeout(pause);
  if (document.activeElement !== $("query")) $("query").value = view.query;
  $("sort").value = view.sort;
  $("switch").setAttribute("aria-pressed", !!view.workbench);
  $("home").href = write({ ...view, query: "", item: "", filters: {}, sort: "", exact: false });
  document.title = (view.query ? `${shortened(view.query, 60)} – ` : "") + "Search and recommendations";
  const wasOpen = !$("product").hidden;
  arrange();
  const above = list || before.workbench !== next.workbench || before.user !== next.user ? bench() : null;
  if (before.user !== next.user) recommend().catch(report);
  await guarded(() => Promise.all([next.item ? openItem(next.item, item) : closeProduct(), list && search()]));
  await above;
  if (view !== next) return; // one is elsewhere by now
  if (view.item) return scrollTo(0, place?.scroll ?? 0);
  if (place) returnTo(place);
  else if (wasOpen && !list) $("results").focus({ preventScroll: true });
}

function returnTo(place) {
  const opener = place.focus && [...$("results").children].find((entry) => entry.dataset.id === place.focus);
  (opener?.querySelector("a.name") ?? $(place.focus))?.focus({ preventScroll: true });
  scrollTo(0, place.scroll ?? 0);
}

async function openItem(id, known) {
  const item = known?.metadata ? known : await api(itemPath(id));
  if (view.item !== id) return;
  document.title = `${openProduct(item, { link, close, didCart: () => saw(item, "cart") })} – Search and recommendations`;
  if (known || !historyIds().includes(id)) await saw(item, "view"); // a reload or a way back is no new look
}

async function saw(item, type) {
  did(item, type, { silent: !!view.user }).catch((error) => { $("footer").textContent = `Events are not recorded: ${error.message}`; });
  showViewed();
  if (view.user) return; // the list is another shopper's
  recommend(`Updated: you ${type === "cart" ? "put in the basket" : "looked at"} “${shortened(lastSeen()[0].name, 50)}”.`).catch(report);
}

function close() {
  if (leaving) return;
  leaving = !!history.state?.depth;
  if (leaving) history.back();
  else go({ item: "" });
}

async function searchBody(view) {
  const body = { query: view.query, correct: !view.exact, prefix, filters: view.filters, facets: fields?.fields ?? [], limit: PAGE, highlight: true };
  if (look) body.image = look;
  if (view.user) body.user_id = view.user;
  else if (view.query) Object.assign(body, await searcher());
  if (fields?.group) body.distinct = fields.group;
  if (view.sort) body.sort = view.sort;
  if (view.workbench) body.explain = true;
  return body;
}

/** Searches with a picture, beside the words that are there; null: without one. A picture that is refused is put away. */
function searchWith(image) {
  const before = look;
  look = image;
  return guarded(async () => {
    if (view.item) await go({ item: "" });
    try { await search(); } catch (error) { look = error.name === "AbortError" ? look : before; throw error; }
  });
}

async function search() {
  asking?.abort(); // only the newest search is answered
  const mine = asking = new AbortController(), wanted = asked = view;
  const ask = (path, body) => api(path, { body, signal: mine.signal });
  let body = await searchBody(wanted), answer;
  try { answer = await ask("search", body); } catch (error) {
    if (mine === asking) showRefused(error);
    throw error;
  }
  if (!answer.total && body.prefix) { // no word begins so: misspelt words are corrected in whole queries only
    body = { ...body, prefix: false };
    answer = await ask("search", body);
  }
  const filtered = Object.keys(view.filters).length > 0;
  const hits = answer.total || filtered ? answer.hits : (await ask("recommendations", { strategy: "popular", limit: 8 })).hits;
  await released();
  if (mine !== asking) return null;
  shown = wanted;
  answered = { body, cursor: answer.next_cursor, count: answer.hits.length, total: answer.total };
  show($("results"), hits, link);
  if (!performance.getEntriesByName(FIRST).length) performance.mark(FIRST);
  showStatus(answer, filtered);
  showCorrected(answer);
  $("notes").replaceChildren(...answer.notes.map((note) => element("li", { text: note[0].toUpperCase() + note.slice(1) + "." })));
  offerMore();
  showFilters(answer.facets);
  return answer;
}

function showStatus({ total, corrected, hits }, filtered) {
  const all = anyTaken(hits) ? "in the catalogue, popular ones first" : "in the catalogue";
  const alike = look && !view.query ? "by how they look, most alike first" : all;
  const one = fields?.group ? "product" : "item"; // its variants are one
  const what = view.query ? `for “${shortened(corrected || view.query, 80)}”` : alike;
  const advice = filtered ? "Take away a filter, or try other words." : "Try fewer or other words; below is what others like.";
  $("status").textContent = total ? `${total.toLocaleString()} ${total === 1 ? one : `${one}s`} ${what}` : `Nothing found ${what}. ${advice}`;
}

/** A first search that failed has no list; filters of its address that the shop does not know can be taken away. */
function showRefused({ status }) {
  if (!shown) $("status").textContent = "Nothing to show.";
  if (status === 400) showChips();
}

function showCorrected({ corrected }) {
  $("corrected").hidden = !corrected;
  if (!corrected) return;
  const instead = button(`Search for “${shortened(view.query, 60)}” instead`, () => go({ exact: true }), { class: "link" });
  $("corrected").replaceChildren(`Showing results for “${corrected}”. `, instead);
}

function offerMore() {
  $("more").hidden = !answered.cursor;
  $("more").textContent = `Show more (${answered.count.toLocaleString()} of ${answered.total.toLocaleString()})`;
}

async function more() {
  const mine = asking, { cursor } = answered;
  let answer;
  try {
    answer = await api("search", { body: { ...answered.body, facets: [], cursor } });
  } catch (error) {
    if ([400, 409].includes(error.status)) return search(); // the index or the release of the API changed: start at the first page
    throw error;
  }
  if (mine !== asking || cursor !== answered.cursor) return null; // another list, or this page is there already
  const entries = element("ol");
  show(entries, answer.hits, link);
  const first = entries.firstElementChild;
  $("results").append(...entries.children);
  answered = { ...answered, cursor: answer.next_cursor, count: answered.count + answer.hits.length };
  offerMore();
  return first?.querySelector("a.name").focus();
}

const filterBy = (field) => (filter) => {
  const filters = { ...view.filters, [field]: filter };
  if (filter === null) delete filters[field];
  go({ filters, item: "" });
};

function showFilters(facets) {
  const focused = document.activeElement?.id;
  const useful = (fields?.fields ?? []).filter((field) => facets[field]?.length > 1 || field in view.filters);
  $("facets").replaceChildren(...useful.map((field) => facet(field, facets[field] ?? [], view.filters[field], filterBy(field), fields.ends.get(field))));
  $("filters").hidden = useful.length === 0;
  showChips();
  if (focused) document.getElementById(focused)?.focus();
}

function showChips() {
  const chips = chipsOf(view.filters);
  const nodes = chips.map(({ text, without, field }) => button(`${text} ×`, () => filterBy(field)(without(view.filters[field])), { "aria-label": `Remove filter ${text}` }));
  if (look) nodes.unshift(button("", () => searchWith(null), { "aria-label": "Remove picture", class: "look" }));
  if (look) nodes[0].append(element("img", { src: look, alt: "Your picture", height: 32 }), " ×");
  if (chips.length > 1) nodes.push(button("Clear all ×", () => go({ filters: {} })));
  replaced($("chips"), nodes, $("results"));
  $("chips").hidden = nodes.length === 0;
}

async function recommend(note) {
  const mine = ++rails;
  const shaped = view.user ? { user_id: view.user } : { history: historyIds() }; // another shopper has not seen what you opened
  const body = { ...shaped, seen: "exclude", limit: RAIL, diversity: 0.3 }; // what was just looked at is shown above
  const answer = await api("recommendations", { body });
  await released();
  if (mine !== rails) return; // what was done since is in a newer answer
  show($("session-items"), answer.hits, link);
  const seen = new Set(historyIds()).size;
  const plain = answer.strategy === "popular" && view.user ? `Nothing is known of ${view.user}${anyTaken(answer.hits) ? ": these are popular items" : ""}.`
    : answer.strategy === "popular" ? `${anyTaken(answer.hits) ? "Popular right now. " : ""}Open an item and this list follows you.`
    : view.user ? `From what ${view.user} did before.` : `From the ${seen === 1 ? "item" : `${seen} items`} you looked at.`;
  $("session-note").textContent = note || plain;
  if (note) changed($("session-rail"));
}

/** Whether a list by popularity is one: before the first event nothing is. */
const anyTaken = (hits) => hits.some((hit) => hit.score > 0);

async function showTrending() {
  const { hits } = await api("recommendations", { body: { strategy: "trending", limit: RAIL } });
  show($("trending"), hits, link);
  $("trending-rail").hidden = !anyTaken(hits);
}

function showViewed() {
  const seen = lastSeen().slice(0, CHIPS);
  replaced($("viewed"), seen.map(({ id, name }) => button(`${shortened(name, 24)} ×`, () => {
    forget(id);
    showViewed();
    guarded(() => recommend("Updated: you took an item out."));
  }, { "aria-label": `Forget ${name}` })), $("query"));
  $("viewed-rail").hidden = seen.length === 0;
}

async function showHealth() {
  const { status, problem, model, index } = await api("health");
  const parts = [status === "ok" ? "Everything works" : `State: ${status}${problem ? ` (${problem})` : ""}`];
  if (model) parts.push(`model ${model.version}${model.kind === "seed" ? " (seed, not trained yet)" : ""}`);
  if (index) parts.push(`${index.items.toLocaleString()} ${index.items === 1 ? "item" : "items"}`);
  $("footer").textContent = parts.join(" · ");
}

/** A new text. While somebody types, the view's address is replaced; with Enter it becomes a place to go back to. */
function searchFor(typed, unfinished) {
  prefix = unfinished;
  const query = typed.trim();
  const change = { query, filters: {}, exact: false, item: "", sort: view.sort };
  if (write({ ...view, ...change }) === write(view) && !unfinished) return guarded(search);
  return go(change, { replace: unfinished && view.query !== "" && !view.item });
}

function typing(event) {
  clearTimeout(pause);
  const typed = $("query").value;
  if (event.isComposing || typed.trim() === view.query) return; // an input method is still at work, or nothing is new
  pause = setTimeout(() => {
    searchFor(typed, /\S$/.test(typed)); // after a space the word is finished
    suggest.about(typed);
  }, PAUSE_MS);
}

const suggest = suggestions($("query"), $("suggestions"), {
  search: (text) => { $("query").value = text; searchFor(text, false); },
  open: (item) => go({ item: item.id }, { from: item }),
});

$("query").addEventListener("input", typing);
$("query").addEventListener("compositionend", typing);
$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  suggest.close();
  searchFor($("query").value, false);
});
$("more").addEventListener("click", () => guarded(more));
$("sort").addEventListener("change", () => go({ sort: $("sort").value, item: "" }));
$("switch").addEventListener("click", () => go({ workbench: view.workbench ? "" : "compare", user: view.workbench ? "" : view.user }));
$("home").addEventListener("click", (event) => { event.preventDefault(); $("query").value = ""; [look, shown] = [null, null]; go({ query: "", item: "", filters: {}, sort: "", exact: false }); });
$("skip").addEventListener("click", (event) => {
  event.preventDefault();
  const target = view.item ? $("product") : $("results").querySelector("a.name") ?? $("results");
  target.focus();
});
$("forget").addEventListener("click", () => { forget(); showViewed(); $("query").focus(); guarded(() => recommend()); });
addEventListener("keydown", (event) => { if (event.key === "Escape" && view.item && !event.defaultPrevented) close(); });
addEventListener("popstate", (event) => {
  prefix = false;
  const next = read();
  $("query").value = next.query; // also where somebody is in it
  render(next, { place: event.state ?? {} });
});
watchForPictures(searchWith, report);
for (const end of ["beforeunload", "pagehide"]) addEventListener(end, keepPlace); // what is kept at pagehide is lost in a reload

history.scrollRestoration = "manual";
$("filters").open = !NARROW.matches;
const place = history.state;
view = { ...view, workbench: "" }; // so that the first rendering shows the workbench of the address
arrange();
main.classList.toggle("behind", !!read().workbench);
showViewed();

async function start() {
  const [found] = await Promise.all([findFields(), showHealth()]);
  fields = found;
  $("sort").replaceChildren(...fields.orders.map(([value, text]) => new Option(text, value)));
  $("sort").hidden = fields.orders.length < 2;
  await Promise.all([render(read(), { place }), recommend().catch(report), showTrending().catch(report)]);
  main.classList.remove("waiting");
}

async function keepUp() {
  if (fields) await showHealth().catch((error) => { $("footer").textContent = error.message; });
  else await guarded(start); // again, where the server was not ready
  setTimeout(keepUp, HEALTH_MS);
}
keepUp();
