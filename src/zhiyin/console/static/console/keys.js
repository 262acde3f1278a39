// The keyboard: one letter does one thing, and nothing while somebody types.
import { open } from './sheets.js';
import { openRow, selectRow, walk } from './lists.js';

const WAIT = 1200; // milliseconds in which the letter after G counts
let going = 0;

const typing = (target) => target instanceof Element
  && (target.closest('input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]') !== null);

const press = (name) => document.querySelector(`[data-key="${name}"]`)?.click();

const ACTIONS = {
  j: () => walk(1),
  k: () => walk(-1),
  x: selectRow,
  Enter: openRow,
  c: () => press('c'),
  n: () => press('n'),
  e: () => { // a row of a list first, else what the page has to edit
    if (document.dispatchEvent(new CustomEvent('zy:edit-row', { cancelable: true }))) press('e');
  },
  '?': () => open(document.getElementById('keys')),
  g: () => { going = Date.now(); },
};

function back() {
  const drawer = document.querySelector('[data-close-drawer]');
  const menu = document.querySelector('details.zy-menu[open]');
  if (menu) { menu.open = false; menu.querySelector('summary').focus(); } else if (drawer) drawer.click();
  else document.querySelector('tr[data-row].at')?.classList.remove('at');
}

document.addEventListener('keydown', (event) => {
  if (event.isComposing || event.defaultPrevented) return;
  const modified = event.metaKey || event.ctrlKey;
  if (modified && event.key.toLowerCase() === 'k') {
    event.preventDefault();
    open(document.getElementById('palette'));
    return;
  }
  if (modified && event.key === 'Enter') {
    event.target.closest?.('form')?.requestSubmit();
    return;
  }
  if (modified || event.altKey || document.querySelector('dialog[open]')) return;
  if (typing(event.target)) {
    if (event.key === 'Escape') event.target.blur();
    return;
  }
  if (event.key === 'Escape') { back(); return; }
  if (event.key === 'Enter' && event.target.closest('a, button, summary, label')) return;
  if (Date.now() - going < WAIT) {
    going = 0;
    const link = document.querySelector(`.zy-nav [data-go="${CSS.escape(event.key.toLowerCase())}"]`);
    if (link) { event.preventDefault(); link.click(); return; }
  }
  const action = ACTIONS[event.key] ?? ACTIONS[event.key.toLowerCase()];
  if (action) { event.preventDefault(); action(); }
});
