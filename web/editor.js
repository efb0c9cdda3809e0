// The editor of entries that are stored as one list with a version: what there is, and a form for another one.
import { api } from "./api.js";
import { COMPARED, guard, listOf, said, scroller } from "./bench.js";
import { button, element } from "./dom.js";

/** `name` is the route and the list in it, `cells` what a row shows of an entry, `fields` the form. `written`
 *  reads the form, or throws a sentence; `question` makes of its entry the search that the preview compares. */
export async function editEntries(body, { go, again }, { name, one, head, cells, fields, written, question }) {
  const stored = await api(name);
  let entries = stored[name];
  const output = element("div", { class: "preview", "aria-live": "polite" }), table = element("div");

  const preview = guard(output, async () => {
    const entry = written(), asked = { ...question(entry), limit: COMPARED };
    const [before, after] = await Promise.all([api("search", { body: asked }), api("search", { body: { ...asked, [name]: [entry] } })]);
    output.replaceChildren(said(asked.query ? `Searches for “${asked.query}”:` : "Without a query:"),
      element("div", { class: "columns two" }, listOf("Now", before.hits), listOf(`With this ${one}`, after.hits, [before.hits])));
  });
  const save = (next) => guard(output, async () => {
    const changed = await api(name, { method: "PUT", body: { [name]: next(), version: stored.version } });
    stored.version = changed.version;
    entries = changed[name];
    draw();
    output.replaceChildren(said(`Saved as version ${changed.version}. It applies within seconds.`));
    await go({ item: "" }, { replace: true });
    await again();
  });

  function draw() {
    const rows = entries.map((entry) => element("tr", {}, ...cells(entry).map((text) => element("td", { text })),
      element("td", {}, button("Remove", save(() => entries.filter((other) => other !== entry)), { "aria-label": `Remove ${one} ${entry.id}` }))));
    table.replaceChildren(entries.length ? scroller(`Stored ${name}`, [...head, ""], rows) : said(`No ${name} yet.`));
  }
  draw();
  body.replaceChildren(table,
    element("div", { class: "editor" }, ...fields, button("Preview", preview), button("Save", save(() => [...entries, written()]), { class: "primary" })),
    output);
}
