// Quick entry: what is typed waits in this browser (IndexedDB) until the server has said what became
// of it. Each entry has an id of its own, so sending one twice does no harm.
const form = document.getElementById('entry');
const list = document.getElementById('waiting');
const state = document.getElementById('entry-state');
const said = form.dataset;
const who = document.body.dataset.who;
const FIELDS = ['name', 'phone', 'email', 'amount', 'bought', 'number'];
const EVERY = 20000; // milliseconds between two tries
let sending = false;
let shown = []; // what the list shows
let mending = ''; // the entry that is in the form again; it stays kept until it is sent anew

const opened = new Promise((then, fail) => {
  const asked = indexedDB.open('zhiyin-entry', 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore('waiting', { keyPath: 'id' });
  asked.onsuccess = () => then(asked.result);
  asked.onerror = () => fail(asked.error);
});

async function store(mode, act) {
  const base = await opened;
  return new Promise((then, fail) => {
    const turn = base.transaction('waiting', mode, { durability: 'strict' });
    const asked = act(turn.objectStore('waiting'));
    turn.oncomplete = () => then(asked?.result);
    turn.onabort = turn.onerror = () => fail(turn.error);
  });
}

const all = () => store('readonly', (table) => table.getAll());
const keep = (entry) => store('readwrite', (table) => table.put(entry));
const drop = (id) => store('readwrite', (table) => table.delete(id));

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const text = [...bytes].map((one) => one.toString(16).padStart(2, '0')).join('');
  return text.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

const cookie = (name) => document.cookie.split('; ')
  .find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';

function tell(text, tone = '') {
  state.textContent = text;
  state.className = `en-state ${tone}`;
}

function line(entry) {
  const row = document.createElement('li');
  const name = document.createElement('b');
  name.textContent = entry.name || entry.phone || entry.email;
  const more = document.createElement('span');
  more.className = 'meta';
  more.textContent = entry.problem || said.waits;
  row.append(name, more);
  if (entry.problem) {
    row.className = 'bad';
    for (const [act, word] of [['mend', said.mend], ['discard', said.discard]]) {
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'btn btn-outline btn-sm';
      button.textContent = word;
      button.dataset.act = act;
      button.dataset.id = entry.id;
      row.append(button);
    }
  }
  return row;
}

async function show() {
  const waiting = await all();
  const mine = waiting.filter((one) => one.who === who);
  shown = mine;
  list.replaceChildren(...mine.map(line));
  list.parentElement.hidden = !mine.length;
  const open = mine.filter((one) => !one.problem).length;
  if (open) tell(said.kept.replace('{n}', open), 'warn');
  return mine;
}

async function send() {
  if (sending) return;
  sending = true;
  try {
    const ready = (await all()).filter((one) => one.who === who && !one.problem).slice(0, 50);
    if (!ready.length) return;
    const entries = ready.map(({ who: _, ...entry }) => entry);
    const answer = await fetch(said.send, {
      method: 'POST', redirect: 'manual',
      headers: { 'content-type': 'application/json', 'x-csrftoken': cookie('csrftoken') },
      body: JSON.stringify({ entries }),
    });
    if (answer.type === 'opaqueredirect' || answer.status === 401 || answer.status === 403) {
      tell(said.signIn, 'warn');
      return;
    }
    if (!answer.ok) return;
    let kept = 0;
    for (const one of (await answer.json()).entries) {
      const entry = ready.find((known) => known.id === one.id);
      if (!entry) continue;
      if (one.became === 'refused') await keep({ ...entry, problem: one.why });
      else { await drop(one.id); kept += 1; }
    }
    if (kept) tell(said.sent.replace('{n}', kept), 'good');
    await show();
  } catch {
    await show(); // no line: they wait
  } finally {
    sending = false;
  }
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const typed = Object.fromEntries(FIELDS.map((name) => [name, form.elements[name].value.trim()]));
  if (!typed.phone && !typed.email) {
    form.elements.phone.setCustomValidity(said.needed);
    form.reportValidity();
    return;
  }
  const entry = { ...typed, id: mending || newId(), who, at: new Date().toISOString(),
    consent: form.elements.consent.checked };
  await keep(entry);
  mending = '';
  form.reset();
  form.elements.name.focus();
  await show();
  send();
});

form.addEventListener('input', () => form.elements.phone.setCustomValidity(''));

list.addEventListener('click', (event) => {
  const { act, id } = event.target.dataset;
  const entry = shown.find((one) => one.id === id);
  if (!act || !entry) return;
  if (act === 'discard') { drop(id).then(show); return; }
  mending = id;
  for (const name of FIELDS) form.elements[name].value = entry[name];
  form.elements.consent.checked = entry.consent;
  form.querySelector('details').open = Boolean(entry.amount);
  form.elements.phone.focus();
});

addEventListener('online', send);
document.addEventListener('visibilitychange', () => { if (!document.hidden) send(); });
setInterval(send, EVERY);
navigator.serviceWorker?.register(said.worker, { scope: '/entry/' }).catch(() => {});
show().then(send);
