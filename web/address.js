// What is shown, in the page's address: so that Back, a reload and a shared link give the same again.
const EMPTY = { query: "", item: "", sort: "", filters: {}, exact: false, workbench: "", user: "" };

export function read() {
  const given = new URLSearchParams(location.search);
  let told = null;
  try { told = JSON.parse(given.get("filters")); } catch { /* a link that was cut: no filters */ }
  const filters = Object.prototype.toString.call(told) === "[object Object]" ? told : {};
  return {
    ...EMPTY, query: given.get("q") || "", item: given.get("item") || "", sort: given.get("sort") || "", filters,
    exact: given.has("exact"), workbench: given.get("workbench") || "", user: given.get("user") || "",
  };
}

export function write(view) {
  const told = new URLSearchParams();
  if (view.query) told.set("q", view.query);
  if (Object.keys(view.filters).length) told.set("filters", JSON.stringify(view.filters));
  if (view.sort) told.set("sort", view.sort);
  if (view.exact) told.set("exact", "1");
  if (view.item) told.set("item", view.item);
  if (view.workbench) told.set("workbench", view.workbench);
  if (view.user) told.set("user", view.user);
  return location.pathname + (told.size ? `?${told}` : "");
}

const listOf = (view) => write({ ...view, item: "", workbench: view.workbench && "open" });

/** Two views with the same list: then an item opened or closed, or another tab of the workbench, asks for nothing again. */
export const sameList = (one, other) => one && listOf(one) === listOf(other);
