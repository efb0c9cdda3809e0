// The API, asked from the page's own address.
export const base = location.pathname.replace(/[^/]*$/, "");

export async function api(path, { body, method = body ? "POST" : "GET", signal } = {}) {
  const options = { method, signal };
  if (body) Object.assign(options, { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const answer = await fetch(base + path, options).catch((error) => {
    throw error.name === "AbortError" ? error : new Error("The server does not answer. Are you online?");
  });
  const content = await answer.json().catch(() => null);
  if (answer.ok && content) return content;
  const message = content?.detail || content?.title || (answer.ok ? "The server's answer cannot be read" : `The server answered ${answer.status}`);
  throw Object.assign(new Error(message), { status: answer.status, kind: content?.type?.split(":").pop() });
}

let contract;

/** Whether the deployment has a route: what an older one lacks is not shown. */
export async function has(path) {
  contract ??= api("openapi.json").catch(() => ({ paths: {} }));
  return path in ((await contract).paths || {});
}

export const itemPath = (id, rest = "") => `items/${encodeURIComponent(id)}${rest}`;
