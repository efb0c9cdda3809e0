// One query answered in several ways, side by side: by the modes, or by the live release and the one before.
import { api } from "./api.js";
import { COMPARED, listOf, problem, said } from "./bench.js";
import { element } from "./dom.js";

const MODES = { hybrid: "Words and meaning", lexical: "Words alone", semantic: "Meaning alone" };

const asked = (view) => ({ query: view.query, filters: view.filters, limit: COMPARED, ...(view.user ? { user_id: view.user } : {}) });
const counted = (title, answer) => `${title} (${answer.total.toLocaleString()})`;

export async function compareModes(body, view) {
  if (!view.query) return body.replaceChildren(said("Search for something: here you see what words and meaning each find. Every card below shows the parts of its score."));
  const answers = await Promise.all(Object.keys(MODES).map((mode) => api("search", { body: { ...asked(view), mode } })));
  const lists = answers.map((answer) => answer.hits);
  const columns = Object.values(MODES).map((title, at) => listOf(counted(title, answers[at]), lists[at], lists.filter((_, other) => other !== at)));
  return body.replaceChildren(element("div", { class: "columns" }, ...columns));
}

export async function compareReleases(body, view) {
  const report = element("p", { class: "quiet" }, "What each model measured: ", element("a", { href: "report", text: "the model report" }), " (locally; in AWS it lies in the bucket).");
  if (!view.query) return body.replaceChildren(said("Search for something: here you see what the live release and the one before it answer, both with today's items, rules and synonyms."), report);
  body.replaceChildren(said("The first comparison loads the release before; this takes some seconds."));
  const ask = (release) => api("search", { body: { ...asked(view), release } });
  try {
    const [before, now] = await Promise.all([ask("previous"), ask("live")]);
    body.replaceChildren(
      element("div", { class: "columns two" },
        listOf(counted("Before", before), before.hits, [now.hits]), listOf(counted("Live", now), now.hits, [before.hits])),
      said(`Before: ${before.model_version}. Live: ${now.model_version}.`), report);
  } catch (error) {
    if (error.kind === "no-previous-release") body.replaceChildren(said("Only one model has been live so far: the next one that is released can be compared with it."), report);
    else if (error.name !== "AbortError") body.replaceChildren(problem(error), report);
  }
}
