// ⌘K: asks the server for people and actions, walks them with the arrows, opens one with Enter.
import { ask } from './ask.js';

const sheet = document.getElementById('palette');
const input = sheet?.querySelector('input');
const list = sheet?.querySelector('[role="listbox"]');
let latest = 0;
let timer = 0;

const options = () => [...list.querySelectorAll('[role="option"]')];

function choose(index) {
  const all = options();
  if (!all.length) return;
  const at = (index + all.length) % all.length;
  all.forEach((option, i) => {
    option.id ||= `palette-${i}`;
    option.setAttribute('aria-selected', String(i === at));
  });
  input.setAttribute('aria-activedescendant', all[at].id);
  all[at].scrollIntoView({ block: 'nearest' });
}

const chosen = () => options().findIndex((option) => option.getAttribute('aria-selected') === 'true');

async function search() {
  const turn = ++latest;
  try {
    const text = await ask(`${sheet.dataset.url}?q=${encodeURIComponent(input.value)}`);
    if (turn !== latest) return; // a later question was answered already
    list.innerHTML = text;
    choose(0);
  } catch {
    document.dispatchEvent(new CustomEvent('zhiyin:unreachable'));
  }
}

if (sheet) {
  new MutationObserver(() => {
    if (!sheet.open) return;
    input.value = '';
    input.focus();
    search();
  }).observe(sheet, { attributes: true, attributeFilter: ['open'] });
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(search, 120);
  });
  input.addEventListener('keydown', (event) => {
    if (event.isComposing) return; // Enter that ends a pinyin word opens nothing
    if (event.key === 'ArrowDown') choose(chosen() + 1);
    else if (event.key === 'ArrowUp') choose(chosen() - 1);
    else if (event.key === 'Escape') sheet.close(); // a search field would only clear itself
    else if (event.key === 'Enter') options()[chosen()]?.click();
    else return;
    event.preventDefault();
  });
  list.addEventListener('pointermove', (event) => {
    const at = options().indexOf(event.target.closest('[role="option"]'));
    if (at >= 0 && at !== chosen()) choose(at);
  });
}
