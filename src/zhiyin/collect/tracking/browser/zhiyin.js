// Zhiyin's own browser library: calls in the words of Segment, kept while there is no network, sent
// only with consent where the page asks for that.
//
//   <script>window.zhiyin = window.zhiyin || function () { (zhiyin.q = zhiyin.q || []).push(arguments) }</script>
//   <script async src="https://crm.example/v1/zhiyin.js" data-key="KEY"></script>
//   <script>zhiyin("track", "Product Viewed", { sku: "T-1" })</script>
//
// data-consent="required" stores and sends nothing before zhiyin("consent", { analytics: true }).
// data-pages="manual" does not tell of pages by itself.
(() => {
  "use strict";
  const tag = document.currentScript;
  const key = tag.dataset.key;
  const home = tag.dataset.host || new URL(tag.src).origin;
  const mustAsk = tag.dataset.consent === "required";
  const EVERY = 2000, AT_ONCE = 50, MOST = 500, LONGEST_WAIT = 60000;
  const QUEUE = "zhiyin.queue.", WHO = "zhiyin.who", SAID = "zhiyin.consent";
  const memory = {};

  const store = {
    get: (name) => {
      try { return JSON.parse(localStorage.getItem(name)); } catch { return memory[name] ?? null; }
    },
    set: (name, value) => {
      memory[name] = value;
      try { localStorage.setItem(name, JSON.stringify(value)); } catch { /* full, or forbidden */ }
    },
    drop: (name) => {
      delete memory[name];
      try { localStorage.removeItem(name); } catch { /* forbidden */ }
    },
  };
  const id = () => (crypto.randomUUID ? crypto.randomUUID()
    : [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join(""));

  // What may be: said by the person, else what the browser says for them, else what the page is set to.
  let said = store.get(SAID);
  const allowed = () => (said ? said.analytics === true : !mustAsk && !navigator.globalPrivacyControl);
  const refused = () => (said ? said.analytics === false : !mustAsk && !!navigator.globalPrivacyControl);

  let who = (allowed() && store.get(WHO)) || { anonymousId: id(), userId: null };
  const mine = QUEUE + id();
  let queue = [], sending = false, wait = 0, timer = null;

  const keep = () => {
    if (!allowed()) return;
    store.set(WHO, who);
    if (queue.length) store.set(mine, queue); else store.drop(mine);
  };

  const around = () => {
    const asked = new URLSearchParams(location.search), campaign = {};
    asked.forEach((value, name) => {
      if (name.startsWith("utm_")) campaign[name.slice(4).replace(/^campaign$/, "name")] = value;
    });
    return {
      library: { name: "zhiyin.js", version: "1" },
      page: { path: location.pathname, referrer: document.referrer, search: location.search,
              title: document.title, url: location.href },
      locale: navigator.language,
      timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      ...(Object.keys(campaign).length ? { campaign } : {}),
      ...(said ? { consent: { categoryPreferences: said } } : {}),
    };
  };

  const tell = (type, more) => {
    if (refused()) return;
    queue.push({ type, messageId: `zhiyin-${id()}`, timestamp: new Date().toISOString(), ...who,
                 context: around(), ...more });
    if (queue.length > MOST) queue.splice(0, queue.length - MOST); // the newest tell most
    keep();
    soon();
  };

  const soon = () => { timer ??= setTimeout(send, wait || EVERY); };

  async function send() {
    timer = null;
    if (sending || !queue.length || !allowed()) return;
    if (navigator.onLine === false) return; // "online" wakes us
    sending = true;
    const batch = queue.slice(0, AT_ONCE);
    const body = JSON.stringify({ batch, writeKey: key, sentAt: new Date().toISOString() });
    try {
      const answer = await fetch(`${home}/v1/batch`, {
        method: "POST", body, credentials: "omit", headers: { "Content-Type": "text/plain" },
        keepalive: body.length < 60000, // what outlives its page may hold 64 kB
      });
      if (answer.status === 429 || answer.status >= 500) {
        wait = 1000 * (+answer.headers.get("Retry-After") || 0) || again();
      } else {
        done(batch); // taken, or refused for good
        wait = 0;
      }
    } catch { wait = again(); } // no network
    sending = false;
    if (queue.length) soon();
  }
  const again = () => Math.min(LONGEST_WAIT, (wait || 500) * 2) * (0.5 + Math.random() / 2);
  const done = (batch) => {
    const sent = new Set(batch.map((one) => one.messageId));
    queue = queue.filter((one) => !sent.has(one.messageId));
    keep();
  };

  // What other pages could not send any more. Two that take the same do no harm: ids are known.
  const adopt = () => {
    try {
      for (const name of Object.keys(localStorage).filter((n) => n.startsWith(QUEUE) && n !== mine)) {
        queue.unshift(...(store.get(name) || []));
        store.drop(name);
      }
    } catch { /* forbidden */ }
    if (queue.length) { keep(); soon(); }
  };

  const leave = () => {
    if (!queue.length || !allowed()) return;
    const body = JSON.stringify({ batch: queue.slice(0, AT_ONCE), writeKey: key,
                                  sentAt: new Date().toISOString() });
    // Stays in the queue: whether it arrived, nobody says, and twice is once.
    navigator.sendBeacon(`${home}/beacon/v1/batch?writeKey=${key}`, body);
  };

  const calls = {
    track: (event, properties = {}) => tell("track", { event, properties }),
    page: (name, properties = {}) => tell("page", { name: name || document.title, properties }),
    group: (groupId, traits = {}) => tell("group", { groupId, traits }),
    identify: (userId, traits = {}) => {
      who = { ...who, userId: userId == null ? who.userId : String(userId) };
      tell("identify", { traits });
    },
    reset: () => { who = { anonymousId: id(), userId: null }; keep(); },
    consent: (purposes) => {
      said = { ...said, ...purposes };
      store.set(SAID, said);
      if (allowed()) { keep(); adopt(); soon(); }
      if (refused()) { queue = []; store.drop(mine); store.drop(WHO); }
    },
    flush: send,
  };

  const earlier = (window.zhiyin && window.zhiyin.q) || [];
  window.zhiyin = (name, ...given) => calls[name] && calls[name](...given);
  Object.assign(window.zhiyin, calls);
  for (const [name, ...given] of earlier) window.zhiyin(name, ...given);

  if (tag.dataset.pages !== "manual") {
    let last = null;
    const seen = () => { if (location.href !== last) { last = location.href; calls.page(); } };
    for (const name of ["pushState", "replaceState"]) {
      const original = history[name];
      history[name] = function (...given) { original.apply(this, given); setTimeout(seen); };
    }
    addEventListener("popstate", () => setTimeout(seen));
    seen();
  }
  if (allowed()) adopt();
  addEventListener("online", () => { wait = 0; send(); });
  addEventListener("pagehide", leave);
})();
