// Synonyms, in the workbench.
import { fieldOf, listed } from "./bench.js";
import { element } from "./dom.js";
import { editEntries } from "./editor.js";

const KINDS = { words: "All mean the same", finds: "One way: who asks for … finds …" };

/** `page.draft` is an entry to begin with: of a suggestion, or of a query that found nothing. */
export function editSynonyms(body, view, page) {
  const { draft } = page;
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

  return editEntries(body, page, {
    name: "synonyms", one: "synonym", head: ["Who asks for", "finds", "Language"], written,
    cells: (entry) => [(entry.words ?? entry.query).join(", "), entry.words ? "the same" : entry.finds.join(", "), entry.language ?? "any language"],
    fields: [fieldOf("Kind", kind), fieldOf("Who asks for", asked, true), fieldOf("finds", finds, true), fieldOf("Language", language)],
    question: (entry) => ({ query: listed(asked)[0], ...(entry.language ? { language: entry.language } : {}) }),
  });
}
