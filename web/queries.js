// What was searched in the last days: popular, without a result, without a click, and synonyms this suggests.
import { api } from "./api.js";
import { said, scroller } from "./bench.js";
import { button, element } from "./dom.js";

const SHOWN = 25;
const many = (count, one, several) => `${count.toLocaleString()} ${count === 1 ? one : several}`;

export async function showQueries(body, view, { go, tryOut }) {
  const report = await api("query-report");
  if (!report.until) return body.replaceChildren(said("No report yet: it is made once a day, of what at least two people searched for."));
  const day = (moment) => new Date(moment).toLocaleDateString();
  const share = report.followed ? `After ${Math.round((100 * report.clicks) / report.followed)} % of the searches of known shoppers something was taken.` : "Whether something was taken is not known: no search had a user_id.";
  const hidden = report.not_shown.asked_by_one + report.not_shown.too_long;

  const table = (title, rows, more) => [element("h2", { text: title }), rows.length ? scroller(title, ["Query", "People", "Searches", "Hits", "Clicks", ""], rows.slice(0, SHOWN).map((row) => element("tr", {},
    element("td", {}, button(row.query, () => go({ query: row.query, item: "", filters: {} }), { class: "link" })),
    element("td", { text: row.people }), element("td", { text: row.searches }), element("td", { text: row.hits ?? "" }), element("td", { text: row.clicks ?? "" }),
    element("td", {}, more ? button("Add a synonym", () => tryOut({ query: [row.query], finds: [] }), { "aria-label": `Add a synonym for ${row.query}` }) : "")))) : said("None.")];

  const suggested = report.suggestions.map(({ synonym, people, why }) => element("tr", {},
    element("td", { text: synonym.query.join(", ") }), element("td", { text: synonym.finds.join(", ") }), element("td", { text: why }), element("td", { text: people || "" }),
    element("td", {}, button("Try", () => tryOut(synonym), { "aria-label": `Try the synonym for ${synonym.query.join(", ")}` }))));

  return body.replaceChildren(
    said(`${day(report.since)} to ${day(report.until)}: ${many(report.searches, "search", "searches")} for ${many(report.queries, "query", "queries")}. ${share} ${many(hidden, "search is", "searches are")} not shown: one person alone asked, or the text was long.`),
    ...table("Found nothing with their words", report.without_hits, true),
    ...table("Nobody took a hit", report.without_clicks, true),
    ...table("Popular", report.popular, false),
    element("h2", { text: "Suggested synonyms" }),
    suggested.length ? scroller("Suggested synonyms", ["Who asks for", "finds", "Why", "People", ""], suggested) : said("None."));
}
