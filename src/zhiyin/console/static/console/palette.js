// ⌘K: asks the server for people and actions, walks them with the arrows, opens one with Enter.
// A listbox may hold options and groups only, so the count, which is read aloud, stands outside it.
import { ask } from './ask.js';

const QUIET_MS = 90; // a pause in typing after which it is worth asking
const sheet = document.getElementById('palette');
const input = sheet?.querySelector('input');
const list = sheet?.querySelector('[role="listbox"]');
const count = sheet?.querySelector('[role="status"]');
let asking = new AbortController();
let answered = null; // the question whose answer is shown
let timer = 0;

const options = () => [...list.querySelectorAll('[role="option"]')];
const chosen = () => options().findIndex((option) => option.getAttribute('aria-selected') === 'true');

function choose(index) {
  const all = options();
  if (!all.length) return input.removeAttribute('aria-activedescendant');
  const at = (index + all.length) % all.length;
  all.forEach((option, i) => option.setAttribute('aria-selected', String(i === at)));
  input.setAttribute('aria-activedescendant', all[at].id);
  all[at].scrollIntoView({ block: 'nearest' });
}

async function search() {
  clearTimeout(timer);
  asking.abort(); // the answer to an older question is of no use any more
  const mine = (asking = new AbortController());
  const question = input.value;
  try {
    const text = await ask(`${sheet.dataset.url}?q=${encodeURIComponent(question)}`, mine.signal);
    if (mine.signal.aborted) return;
    list.innerHTML = text;
    const told = list.querySelector('[data-count]');
    count.textContent = told?.textContent ?? '';
    told?.remove();
    answered = question;
    input.setAttribute('aria-expanded', String(options().length > 0));
    choose(0);
  } catch (error) {
    if (error.name !== 'AbortError') document.dispatchEvent(new CustomEvent('zhiyin:unreachable'));
  }
}

// Enter right after the last letter opens what belongs to that letter, not to the one before.
async function open() {
  if (answered !== input.value) await search();
  options()[chosen()]?.click();
}

if (sheet) {
  new MutationObserver(() => {
    if (!sheet.open) return asking.abort();
    input.value = '';
    answered = null;
    input.focus();
    search();
  }).observe(sheet, { attributes: true, attributeFilter: ['open'] });
  input.addEventListener('input', () => {
    clearTimeout(timer);
    asking.abort();
    timer = setTimeout(search, QUIET_MS);
  });
  input.addEventListener('keydown', (event) => {
    if (event.isComposing) return; // Enter that ends a pinyin word opens nothing
    if (event.key === 'ArrowDown') choose(chosen() + 1);
    else if (event.key === 'ArrowUp') choose(chosen() - 1);
    else if (event.key === 'Escape') sheet.close(); // a search field would only clear itself
    else if (event.key === 'Enter') open();
    else return;
    event.preventDefault();
  });
  list.addEventListener('pointermove', (event) => {
    const at = options().indexOf(event.target.closest('[role="option"]'));
    if (at >= 0 && at !== chosen()) choose(at);
  });
}
