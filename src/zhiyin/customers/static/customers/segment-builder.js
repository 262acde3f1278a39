// The builder: holds the rule, draws it, and asks the server what it comes to after each change.
// The server decides what is right; a browser that is wrong is told so in place.
import { drawTree, tellTree } from './segment-rows.js';
import { add, at, carry, copy, double, home, key, pathOf, remove, shift } from './segment-tree.js';
import { h } from './segment-parts.js';

const WAIT = 300; // milliseconds without typing before the server is asked
const form = document.getElementById('builder');
const state = JSON.parse(document.getElementById('segment-state').textContent);
const offered = JSON.parse(document.getElementById('segment-offered').textContent);
const { words } = offered;
const find = (name) => document.querySelector(`[data-${name}]`);
const drafts = `zhiyin-segment:${state.person}:${state.id || 'new'}`;

let tree = copy(state.tree);
let asking = null;
let waiting = 0;
let advice = {};
let count = null;

// ---- drawing ----
function draw(focus) {
  const rows = find('tree');
  rows.replaceChildren(drawTree(tree, offered, act));
  if (!state.may_change) {
    rows.querySelectorAll('select, input, button').forEach((one) => { one.disabled = true; });
    rows.querySelectorAll('.zy-menu.end, .sg-gf, .sg-grip').forEach((one) => one.remove());
  } else if (window.Sortable) {
    rows.querySelectorAll('ul[data-group]').forEach((list) => window.Sortable.create(list, {
      group: 'rule', handle: '.sg-grip', animation: 120, ghostClass: 'sg-ghost', draggable: 'li[data-path]',
      onEnd: ({ from, to, oldDraggableIndex, newDraggableIndex }) => changed(() => carry(tree, pathOf(from.dataset.group), oldDraggableIndex, pathOf(to.dataset.group), newDraggableIndex)),
    }));
  }
  if (focus) rows.querySelector(`li[data-path="${key(focus.path)}"] [data-part="${focus.part}"]`)?.focus();
}

function changed(change, focus, redraw = true) {
  const before = JSON.stringify(tree);
  const result = change();
  if (redraw) draw(typeof focus === 'function' ? focus(result) : focus);
  if (JSON.stringify(tree) === before) return;
  keepDraft();
  askSoon();
}

const focused = () => document.activeElement?.closest('[data-part]')?.dataset.part;
const act = {
  edit: (path, change, redraw = false) => changed(change, { path, part: focused() }, redraw),
  replace: (path, node) => changed(() => { home(tree, path).items[path.at(-1)] = node; }, { path, part: 'subject' }),
  add: (path, node) => changed(() => add(tree, path, node), (where) => ({ path: node.type === 'group' ? [...where, 0] : where, part: 'subject' })),
  remove: (path) => changed(() => remove(tree, path), { path: path.at(-1) ? [...path.slice(0, -1), path.at(-1) - 1] : path, part: 'menu' }),
  double: (path) => changed(() => double(tree, path), (where) => ({ path: where, part: 'subject' })),
  shift: (path, step) => changed(() => shift(tree, path, step), (where) => ({ path: where, part: 'menu' })),
};

// ---- asking ----
async function ask(url, signal) {
  const asked = new URL(url, location.href);
  if (state.id) asked.searchParams.set('segment', state.id);
  const answer = await fetch(asked, { method: 'POST', signal, body: JSON.stringify(tree), headers: { 'Content-Type': 'application/json', 'X-CSRFToken': document.body.dataset.csrf } });
  if (answer.redirected) { location.reload(); return null; }
  const told = await answer.json().catch(() => null);
  if (told?.error || !answer.ok) throw new Error(told?.error ?? words.unreachable);
  return told;
}

function askSoon() {
  clearTimeout(waiting);
  waiting = setTimeout(askNow, WAIT);
}

async function askNow() {
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  const late = setTimeout(() => { find('busy').hidden = false; find('count').classList.add('sg-stale'); }, WAIT);
  try {
    const told = await ask(form.dataset.live, signal);
    if (!told) return;
    find('sentence').replaceChildren(...parsed(told.sentence));
    find('count').replaceChildren(...parsed(told.head));
    tellTree(find('tree'), told, words);
    fail('');
    count = told.count;
    await people(0, signal);
  } catch (error) {
    if (error.name === 'AbortError') return;
    fail(error instanceof TypeError ? words.unreachable : error.message);
    find('count').classList.add('sg-stale');
    return;
  } finally {
    clearTimeout(late);
    if (!signal.aborted) find('busy').hidden = true;
  }
  find('count').classList.remove('sg-stale');
}

async function people(drawn, signal) {
  const told = await ask(`${form.dataset.people}?draw=${drawn}`, signal);
  if (!told) return;
  const nodes = parsed(told.html);
  const sample = nodes.find((node) => node.matches?.('template'));
  find('reach').replaceChildren(...nodes.filter((node) => node !== sample));
  find('people-sample').replaceChildren(...(sample ? sample.content.childNodes : []));
  advice = told.advice;
  hold();
}

const parsed = (html) => [...new DOMParser().parseFromString(html, 'text/html').body.childNodes];

function fail(text) {
  find('failure-text').textContent = text;
  find('failure').hidden = !text;
}

function hold() {
  const share = form.elements.holdout.value;
  const [number, sentence, tone] = advice[share] ?? [];
  find('hold').textContent = number === undefined ? `${share}%` : `${share}%${words.comma}${number} ${words.people}`;
  find('advice').textContent = sentence ?? '';
  find('advice').className = `sg-hint ${tone ?? ''}`;
  find('advice').hidden = !sentence || !count;
}

// ---- the draft: in this browser only, and said so ----
function keepDraft() {
  if (!state.may_change) return;
  const now = new Date();
  try {
    localStorage.setItem(drafts, JSON.stringify({ tree, version: state.version, at: now.toISOString() }));
    sayDraft(now);
  } catch { /* no storage: the draft lives as long as the page */ }
}

function sayDraft(when) {
  find('draft-said').textContent = words.draft.replace('{time}', when.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hour12: false }));
  find('draft-drop').hidden = false;
}

function openDraft() {
  let draft = null;
  try { draft = JSON.parse(localStorage.getItem(drafts)); } catch { /* none, or not ours */ }
  const fresh = draft?.tree?.root && draft.version === state.version && !state.unsaved;
  const example = !state.id && state.tree.root.items.length;
  if (fresh && !example && JSON.stringify(draft.tree) !== JSON.stringify(tree)) {
    tree = draft.tree;
    sayDraft(new Date(draft.at));
  } else if (!example) localStorage.removeItem(drafts);
}

// ---- what people do ----
document.addEventListener('click', (event) => {
  const again = event.target.closest('[data-draw]');
  if (again) people(again.dataset.draw, asking?.signal).catch((error) => fail(error.message));
  if (event.target.closest('[data-draft-drop]')) {
    localStorage.removeItem(drafts);
    location.reload();
  }
  if (event.target.closest('button[data-sql]')) showStatement();
});

async function showStatement() {
  try {
    const told = await ask(form.dataset.sql);
    find('sql-text').textContent = told.sql;
    find('sql-values').replaceChildren(...Object.entries(told.values).map(([name, value]) => h('tr', {}, h('td', {}, name), h('td', {}, value))));
    document.getElementById('segment-sql').showModal();
  } catch (error) { fail(error.message); }
}

form.elements.holdout.addEventListener('input', hold);
form.addEventListener('submit', () => {
  find('tree-field').value = JSON.stringify(tree);
  try { localStorage.removeItem(drafts); } catch { /* no storage */ }
});
document.addEventListener('keydown', (event) => {
  if ((event.metaKey || event.ctrlKey) && event.key === 'Enter') {
    if (!event.target.closest?.('form') && state.may_change) form.requestSubmit();
    return;
  }
  const here = event.target.closest?.('[data-tree] li[data-path]');
  if (!here) return;
  if (event.key === 'Enter' && event.target.matches('input') && !event.isComposing) event.preventDefault();
  if (event.altKey && event.shiftKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
    event.preventDefault();
    act.shift(pathOf(here.dataset.path), event.key === 'ArrowUp' ? -1 : 1);
  }
});

openDraft();
draw();
askNow();
