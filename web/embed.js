/* Search and recommendations for a page of your shop: two elements, no dependency, no build.

   <script defer src="/embed.js" data-api="https://…/v1/storefront" data-key="the publishable key"></script>
   <shop-search link="/products/{id}"></shop-search>
   <shop-items of="similar" item="T-100" heading="Alternatives" link="/products/{id}"></shop-items>

   `distinct` of shop-search: a field that the variants of one product share; they are one result.
   Its texts are in the page's language (lang of <html>), where that is in TEXTS below. Your own: `placeholder`, `found` ("{count} products"), `nothing` ("No {query} here"), `failed`.
   `of`: session (what fits what was looked at), popular, trending, similar, bought-together.
   Colours, corners and font: the variables --shop-accent, --shop-line, --shop-quiet, --shop-radius, --shop-font.
   What people open here is told to the shop under an id that this browser made up; nothing else is. */
(() => {
  "use strict";
  const { api = "", key = "" } = document.currentScript.dataset;
  const LANGUAGE = document.documentElement.lang || navigator.language;
  const TEXTS = {
    en: { placeholder: "What are you looking for?", one: "1 result", found: "{count} results", nothing: "Nothing found for “{query}”.", heading: "You may like" },
    de: { placeholder: "Wonach suchen Sie?", one: "1 Treffer", found: "{count} Treffer", nothing: "Nichts gefunden für „{query}“.", failed: "Die Suche antwortet gerade nicht.", heading: "Das könnte Ihnen gefallen" },
    fr: { placeholder: "Que cherchez-vous ?", one: "1 résultat", found: "{count} résultats", nothing: "Aucun résultat pour « {query} ».", failed: "La recherche ne répond pas pour le moment.", heading: "Vous aimerez peut-être" },
    es: { placeholder: "¿Qué busca?", one: "1 resultado", found: "{count} resultados", nothing: "No hay resultados para «{query}».", failed: "La búsqueda no responde en este momento.", heading: "Le puede gustar" },
    it: { placeholder: "Che cosa cerca?", one: "1 risultato", found: "{count} risultati", nothing: "Nessun risultato per «{query}».", failed: "La ricerca al momento non risponde.", heading: "Potrebbe piacerle" },
    nl: { placeholder: "Waar bent u naar op zoek?", one: "1 resultaat", found: "{count} resultaten", nothing: "Niets gevonden voor ‘{query}’.", failed: "De zoekfunctie reageert nu niet.", heading: "Misschien ook iets voor u" },
  };
  const SAID = TEXTS[LANGUAGE.toLowerCase().split("-")[0]] ?? TEXTS.en;
  const KEPT = "shop-session", TYPING = 200, TAP = 100, PRESS = 1000, MOST = 12, LONGEST = 90;

  const session = (() => {
    const fresh = `session-${crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
    try {
      if (!localStorage[KEPT]) localStorage[KEPT] = fresh;
      return localStorage[KEPT];
    } catch { return fresh; } // no storage allowed: a session of this page alone
  })();

  async function ask(path, body, more = {}) {
    const headers = { ...(key && { "x-api-key": key }), ...(body && { "content-type": "application/json" }) };
    const answer = await fetch(api + path, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), ...more })
      .catch(() => { throw new Error("The shop's search does not answer. Are you online?"); });
    const content = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(content.detail || content.title || `The shop's search answers ${answer.status}`);
    return content;
  }

  const tell = (item, type) => ask("/events", { events: [{ event_id: `${session}-${Date.now()}-${item}`.slice(0, 200), user_id: session, item_id: item, event_type: type }] }, { keepalive: true }).catch(() => {});

  const product = document.querySelector("[data-shop-item]"); // the script is deferred: the page is there
  const told = product && tell(product.dataset.shopItem, "view");

  function node(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  const STYLE = `:host{display:block;font:var(--shop-font,inherit);color:inherit}:host([hidden]){display:none}
    input{font:inherit;width:100%;box-sizing:border-box;padding:.6em .8em;border:1px solid var(--shop-line,#8a8f98);border-radius:var(--shop-radius,.5em)}
    input:focus-visible,a:focus-visible{outline:3px solid var(--shop-accent,#0b6b4f);outline-offset:2px}
    h2{font-size:1.1em;margin:1em 0 .5em}p{color:var(--shop-quiet,#555e6b);margin:.6em 0}
    ol{list-style:none;margin:0;padding:0;display:grid;gap:.8em;grid-template-columns:repeat(auto-fill,minmax(9.5em,1fr))}
    .rail{grid-template-columns:none;grid-auto-flow:column;grid-auto-columns:minmax(8.5em,1fr);overflow-x:auto;margin:0 -3px;padding:3px}
    a{display:block;height:100%;box-sizing:border-box;color:inherit;text-decoration:none;border:1px solid var(--shop-line,#d5d9e0);border-radius:var(--shop-radius,.5em);overflow:hidden}
    a:hover{border-color:var(--shop-accent,#0b6b4f)}img{display:block;width:100%;aspect-ratio:1;object-fit:cover;background:#f1f3f5}
    span{display:block;padding:.5em .7em 0;overflow-wrap:anywhere;unicode-bidi:plaintext}span:last-child{padding-bottom:.6em}.price{font-weight:600}
    .more{padding-top:0;font-size:.85em;color:var(--shop-quiet,#555e6b);white-space:nowrap;overflow:hidden;text-overflow:ellipsis}`;

  function picture(item) { // what was uploaded to uploads/images/, or else an address in the catalogue
    const uploaded = item.thumbnail ?? item.image;
    if (uploaded) return new URL(uploaded, new URL(api, location.href)).href;
    return [item.metadata.image ?? item.metadata.images ?? item.metadata.image_url ?? []].flat().find((address) => /^(https?:)?\/\//.test(address));
  }
  const NAMES = ["title", "name", "product_name", "item_name"]; // as on the page for trying a shop out
  const words = ({ id, text, metadata }) => String(NAMES.map((field) => metadata[field]).find(Boolean) || text || id).split(/\s[-–|]\s|\n/);
  const shortened = (name) => (name.length > LONGEST ? `${name.slice(0, LONGEST - 1).trimEnd()}…` : name);
  function price({ metadata: { price: amount, currency } }) {
    if (typeof amount !== "number") return "";
    const money = /^[A-Z]{3}$/.test(currency || "") ? { style: "currency", currency } : { minimumFractionDigits: 2, maximumFractionDigits: 2 };
    return amount.toLocaleString(LANGUAGE, money);
  }

  class ShopElement extends HTMLElement {
    connectedCallback() {
      if (this.shadowRoot) return;
      const sheet = new CSSStyleSheet(); // allowed by a strict content policy, as a <style> is not
      sheet.replaceSync(STYLE);
      this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet];
      this.shadowRoot.addEventListener("pointerdown", (event) => { // a list that changed before the click would swallow it
        if (event.button !== 0) return; // no click comes of it
        this.released = new Promise((done) => {
          setTimeout(done, PRESS); // some releases never reach the page
          for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => setTimeout(done, TAP), { once: true, capture: true });
        });
      });
      this.start();
    }

    text(name, otherwise) { return this.getAttribute(name) ?? otherwise; }

    get limit() { return Math.min(Number(this.getAttribute("limit")) || MOST, 100); }

    card(item) {
      const link = node("a", { href: (this.getAttribute("link") || "#{id}").replace("{id}", encodeURIComponent(item.id)) });
      const shown = picture(item);
      if (shown) link.append(node("img", { src: shown, alt: "", loading: "lazy" }));
      const [name, ...more] = words(item); // what tells products of one name apart
      link.append(node("span", {}, shortened(name)));
      if (more.length) link.append(node("span", { class: "more" }, more.join(" · ")));
      link.append(node("span", { class: "price" }, price(item)));
      link.addEventListener("click", () => {
        tell(item.id, "click");
        document.dispatchEvent(new CustomEvent("shop-opened", { detail: item.id }));
      });
      return node("li", {}, link);
    }
  }

  class ShopSearch extends ShopElement {
    start() {
      const words = this.getAttribute("placeholder") || SAID.placeholder;
      this.input = node("input", { type: "search", placeholder: words, "aria-label": words, autocomplete: "off", dir: "auto" });
      this.said = node("p", { role: "status" });
      this.list = node("ol");
      this.shadowRoot.append(this.input, this.said, this.list);
      this.input.addEventListener("input", () => {
        clearTimeout(this.waiting);
        this.waiting = setTimeout(() => this.search(true), TYPING);
      });
      this.input.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" || event.isComposing) return;
        clearTimeout(this.waiting);
        this.search(false); // the words are whole
      });
    }

    async search(typing) {
      const query = this.input.value.trim(), distinct = this.getAttribute("distinct"), asked = (this.asked = (this.asked || 0) + 1);
      if (!query) { this.list.replaceChildren(); this.said.textContent = ""; return; }
      try {
        const found = (prefix) => ask("/search", { query, prefix, limit: this.limit, user_id: session, ...(distinct && { distinct }) });
        let answer = await found(typing);
        if (typing && !answer.total) answer = await found(false); // misspelt words are corrected in whole queries only
        await this.released;
        if (asked !== this.asked) return; // a newer search is on its way
        this.list.replaceChildren(...answer.hits.map((item) => this.card(item)));
        this.said.textContent = answer.hits.length ? this.text("found", answer.total === 1 ? SAID.one : SAID.found).replace("{count}", () => answer.total.toLocaleString(LANGUAGE))
          : this.text("nothing", SAID.nothing).replace("{query}", () => query);
      } catch (error) {
        if (asked === this.asked) this.said.textContent = this.text("failed", SAID.failed ?? error.message);
      }
    }
  }

  class ShopItems extends ShopElement {
    static observedAttributes = ["item", "of"];

    attributeChangedCallback() { if (this.list) this.load(); }

    start() {
      this.list = node("ol", { class: "rail" });
      this.shadowRoot.append(node("h2", {}, this.getAttribute("heading") || SAID.heading), this.list);
      if (this.getAttribute("of") === "session") document.addEventListener("shop-opened", () => setTimeout(() => this.load(), 300));
      this.load();
    }

    async load() {
      const asked = (this.asked = (this.asked || 0) + 1);
      const of = this.getAttribute("of") || "session";
      if (of === "session") await told; // what this page shows counts for its own list
      const item = this.getAttribute("item"), limit = this.limit;
      const list = /similar|bought-together/.test(of) ? ask(`/items/${encodeURIComponent(item || "")}/${of}?limit=${limit}`)
        : ask("/recommendations", { limit, ...(of === "session" ? { user_id: session } : { strategy: of }) });
      try {
        const answer = await list, hits = of !== "trending" || answer.hits.some((hit) => hit.score > 0) ? answer.hits : []; // before the first event nothing is
        await this.released;
        if (asked !== this.asked) return; // meanwhile it is about another item
        this.list.replaceChildren(...hits.map((hit) => this.card(hit)));
        this.hidden = !hits.length; // a rail with nothing in it is no rail
      } catch (error) {
        this.hidden ||= asked === this.asked;
        console.warn(`shop-items: ${error.message}`);
      }
    }
  }

  customElements.define("shop-search", ShopSearch);
  customElements.define("shop-items", ShopItems);
})();
