// Loads a script as a browser would, with the few objects it needs and an authorisation server that answers:
// a first visit, the return with a code, a return that nobody asked for, and requests with a token that has run out.
// Prints what happened as JSON.
const { createHash, webcrypto } = require("node:crypto");
const { readFileSync } = require("node:fs");

const [path, settings] = process.argv.slice(2);
const script = readFileSync(path, "utf8");
const page = "https://api.example.com/v1/";
const calls = [], left = [], stored = new Map();
let hasLeft = () => {};
let search = "";

const sessionStorage = {
  getItem: (key) => stored.get(key) ?? null,
  setItem: (key, value) => stored.set(key, value),
  removeItem: (key) => stored.delete(key),
};
const location = {
  origin: "https://api.example.com", pathname: "/v1/", href: page,
  get search() { return search; },
  assign: (url) => { left.push(new URL(url)); hasLeft(); },
};
const document = { querySelector: () => ({ content: settings }) };
const history = { replaceState: (_state, _title, url) => { search = new URL(url).search; } };
const token = { access_token: "token-1", refresh_token: "r", expires_in: 3600 };

async function fetch(url, options) {
  const authorization = new Headers(options.headers).get("authorization");
  calls.push({ path: new URL(url, page).pathname, body: String(options.body ?? ""), authorization });
  return { ok: true, json: async () => token };
}

function load() {
  const window = { fetch };
  const names = ["window", "location", "history", "sessionStorage", "crypto", "document"];
  new Function(...names, script)(window, location, history, sessionStorage, webcrypto, document);
  return window;
}

/** Loads the page, which then leaves for the sign-in. */
const loadAndLeave = () => new Promise((resolve) => { hasLeft = resolve; load(); });

(async () => {
  await loadAndLeave();
  const asked = Object.fromEntries(left[0].searchParams);
  search = `?code=code-1&state=${asked.state}`;
  await load().fetch("health");
  search = "?code=stolen&state=other";
  await loadAndLeave();
  search = "";
  stored.set("session", JSON.stringify({ ...token, until: 0 }));
  token.expires_in = 0;
  const before = calls.length, late = load();
  await Promise.all(["health", "search", "events"].map((path) => late.fetch(path)));
  const refreshed = calls.slice(before).filter((call) => call.body.includes("refresh_token")).length;
  const verifier = new URLSearchParams(calls[0].body).get("code_verifier");
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  const to = left[0].origin + left[0].pathname;
  console.log(JSON.stringify({ to, asked, challenge, calls: calls.slice(0, before), leftAgain: left.length, refreshed }));
})();
