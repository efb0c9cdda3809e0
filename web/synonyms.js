// Synonyms: what there is, and a form for another one with a preview.
import { api } from "./api.js";
import { COMPARED, fieldOf, guard, listed, listOf, said, scroller } from "./bench.js";
import { button, element } from "./dom.js";

const KINDS = { words: "All mean the same", finds: "One way: who asks for … finds …" };

/** `draft` is an entry to begin with: of a suggestion, or of a query that found nothing. */
export async function editSynonyms(body, view, { go, draft }) {
  const stored = await api("synonyms");
  let entries = stored.synonyms;
  const output = element("div", { class: "preview", "aria-live": "polite" }), table = element("div");

  const kind = element("select", {}, ...Object.entries(KINDS).map(([value, text]) => new Option(text, value)));
  const asked = element("input", { placeholder: "words, with commas", value: (draft?.query ?? (view.query ? [view.query] : [])).join(", ") });
  const finds = element("input", { placeholder: "words, with commas", value: (draft?.finds ?? []).join(", ") });
  const language = element("input", { placeholder: "any", size: 5, maxlength: 12 });
  kind.value = draft ? "finds" : "words";

  function written() {
    const entry = { id: draft?.id ?? `synonym ${Date.now().toString(36)}` };
    if (kind.value === "words") entry.words = [...listed(asked), ...listed(finds)];
    else Object.assign(entry, { query: listed(asked), finds: listed(finds) });
    if (language.value.trim()) entry.language = language.value.trim();
    if (!listed(finds).length || !listed(asked).length) throw new Error("Say both: what people ask for, and what the catalogue calls it.");
    return entry;
  }

  const preview = guard(output, async () => {
    const entry = written(), question = { query: listed(asked)[0], limit: COMPARED, ...(entry.language ? { language: entry.language } : {}) };
    const [before, after] = await Promise.all([api("search", { body: question }), api("search", { body: { ...question, synonyms: [entry] } })]);
    output.replaceChildren(said(`Searches for “${question.query}”:`),
      element("div", { class: "columns two" }, listOf("Now", before.hits), listOf("With this synonym", after.hits, [before.hits])));
  });
  const save = (next) => guard(output, async () => {
    const changed = await api("synonyms", { method: "PUT", body: { synonyms: next(), version: stored.version } });
    stored.version = changed.version;
    entries = changed.synonyms;
    draw();
    output.replaceChildren(said(`Saved as version ${changed.version}. It applies within seconds.`));
    go({ item: "" }, { replace: true });
  });

  function draw() {
    const rows = entries.map((entry) => element("tr", {},
      element("td", { text: (entry.words ?? entry.query).join(", ") }), element("td", { text: entry.words ? "the same" : entry.finds.join(", ") }),
      element("td", { text: entry.language ?? "any language" }),
      element("td", {}, button("Remove", save(() => entries.filter((other) => other !== entry)), { "aria-label": `Remove synonym ${entry.id}` }))));
    table.replaceChildren(entries.length ? scroller("Stored synonyms", ["Who asks for", "finds", "Language", ""], rows) : said("No synonyms yet."));
  }
  draw();
  body.replaceChildren(table,
    element("div", { class: "editor" }, fieldOf("Kind", kind), fieldOf("Who asks for", asked, true), fieldOf("finds", finds, true), fieldOf("Language", language),
      button("Preview", preview), button("Save", save(() => [...entries, written()]), { class: "primary" })),
    output);
}
