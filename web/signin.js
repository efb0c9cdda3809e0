// Signs a person in at Cognito's managed page (authorization code with PKCE) and sends their access token with
// every request to this API. The page is served with it, and with <meta name="sign-in"> of {host, client, scope},
// under auth=jwt.
// https://docs.aws.amazon.com/cognito/latest/developerguide/using-pkce-in-authorization-code.html
"use strict";
(() => {
  const SIGN_IN = JSON.parse(document.querySelector("meta[name=sign-in]").content);
  const HERE = location.origin + location.pathname;
  const plainFetch = window.fetch.bind(window);
  const base64url = (bytes) =>
    btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

  async function leaveToSignIn() {
    const verifier = random(), state = random();
    sessionStorage.setItem("pending", JSON.stringify({ verifier, state, search: location.search }));
    const hashed = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
    const query = new URLSearchParams({
      response_type: "code", client_id: SIGN_IN.client, redirect_uri: HERE, scope: SIGN_IN.scope,
      state, code_challenge: base64url(hashed), code_challenge_method: "S256",
    });
    location.assign(`${SIGN_IN.host}/oauth2/authorize?${query}`);
    return new Promise(() => {}); // the browser leaves this page
  }

  async function comeBack(code, state) {
    const pending = JSON.parse(sessionStorage.getItem("pending") || "{}");
    sessionStorage.removeItem("pending");
    if (!pending.state || pending.state !== state) return leaveToSignIn(); // not the answer to our question
    history.replaceState(null, "", HERE + (pending.search || ""));
    return tokens({ grant_type: "authorization_code", code, code_verifier: pending.verifier, redirect_uri: HERE });
  }

  async function tokens(grant) {
    const body = new URLSearchParams({ client_id: SIGN_IN.client, ...grant });
    const answer = await plainFetch(`${SIGN_IN.host}/oauth2/token`, { method: "POST", body });
    if (!answer.ok) return leaveToSignIn();
    const { access_token, refresh_token = grant.refresh_token, expires_in } = await answer.json();
    const session = { access_token, refresh_token, until: Date.now() + (expires_in - 60) * 1000 };
    sessionStorage.setItem("session", JSON.stringify(session));
    return session;
  }

  async function signedIn() {
    const query = new URLSearchParams(location.search);
    if (query.has("code")) return comeBack(query.get("code"), query.get("state"));
    const session = JSON.parse(sessionStorage.getItem("session") || "null");
    if (!session) return leaveToSignIn();
    if (Date.now() < session.until) return session;
    return tokens({ grant_type: "refresh_token", refresh_token: session.refresh_token });
  }

  const ownerOf = ({ access_token }) => {
    try {
      return JSON.parse(atob(access_token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).sub;
    } catch {
      return undefined; // the API says what is wrong with the token
    }
  };

  let session = signedIn();
  window.signedInAs = session.then(ownerOf);
  window.fetch = async (resource, options = {}) => {
    if (new URL(resource, location.href).origin !== location.origin) return plainFetch(resource, options);
    const held = session;
    if (Date.now() >= (await held).until && session === held) session = signedIn(); // once, however many ask
    const headers = new Headers(options.headers);
    headers.set("Authorization", `Bearer ${(await session).access_token}`);
    return plainFetch(resource, { ...options, headers });
  };
})();
