// The list of an object: the drawer beside its rows, columns moved up and down, forms in dialogs.
// Without this file every link and button leads to a page of its own.
import './cells.js';
import './builder.js';
import './suggest.js';
import { open } from '../console/sheets.js';

const drawer = () => document.querySelector('.zy-drawer');
let opener = null;

function markOpen() {
  const id = drawer()?.dataset.of;
  for (const row of document.querySelectorAll('tr[data-row]')) row.classList.toggle('open', row.id === `row-${id}`);
}

function step(by) {
  const rows = [...document.querySelectorAll('tr[data-row]')];
  const at = rows.findIndex((row) => row.classList.contains('open'));
  rows[at + by]?.querySelector('[data-open]')?.click();
}

function closeDrawer(address) {
  const place = document.createElement('div');
  place.id = 'drawer';
  place.hidden = true;
  const was = drawer().dataset.of;
  drawer().replaceWith(place);
  markOpen();
  history.replaceState(null, '', address);
  (opener ?? document.querySelector(`#row-${CSS.escape(was)} [data-open]`))?.focus();
}

document.addEventListener('click', (event) => {
  const link = event.target.closest?.('a');
  if (!link || event.metaKey || event.ctrlKey) return;
  if (link.matches('[data-open]')) opener = link;
  if (link.matches('.zy-drawer [data-walk]')) {
    event.preventDefault();
    step(link.dataset.walk === 'next' ? 1 : -1);
  } else if (link.matches('[data-close-drawer]')) {
    event.preventDefault();
    closeDrawer(link.getAttribute('href'));
  } else if (link.matches('[data-closes-here]') && link.closest('dialog')) {
    if (!link.matches('[data-dialog]')) event.preventDefault();
    link.closest('dialog').close();
  }
}, true);

document.addEventListener('htmx:afterSwap', (event) => {
  if (event.detail.elt?.id === 'drawer' || event.detail.target?.id === 'drawer') {
    markOpen();
    if (opener) history.replaceState(null, '', opener.getAttribute('href'));
    drawer()?.querySelector('h2')?.focus({ preventScroll: true });
  }
  document.querySelector('.fact.editing [autofocus]')?.focus();
});

document.addEventListener('closeDialogs', () => {
  for (const dialog of document.querySelectorAll('dialog[open]')) dialog.close();
});

// Esc leaves an edit as it was.
document.addEventListener('keydown', (event) => {
  const form = event.target.closest?.('form[data-inline]');
  if (event.key === 'Escape' && form) {
    event.preventDefault();
    event.stopPropagation();
    window.htmx.ajax('GET', form.dataset.back, { target: form.closest('.fact'), swap: 'outerHTML' });
  } else if (event.key === '/' && !event.target.closest?.('input, textarea, select')) {
    const find = document.querySelector('[data-find]');
    if (find) { event.preventDefault(); find.focus(); find.select(); }
  } else if (!event.target.closest?.('input, textarea, select, dialog') && !event.metaKey && !event.ctrlKey) {
    document.querySelector(`[data-step="${CSS.escape(event.key.toLowerCase())}"]`)?.click();
  }
}, true);

// The order of columns.
document.addEventListener('click', (event) => {
  const button = event.target.closest?.('[data-up], [data-down]');
  const item = button?.closest('li');
  if (!item) return;
  if (button.matches('[data-up]') && item.previousElementSibling?.querySelector('[data-up]')) item.previousElementSibling.before(item);
  if (button.matches('[data-down]')) item.nextElementSibling?.after(item);
  button.focus();
});

// A button whose form answers with a <dialog> opens it here.
document.addEventListener('submit', async (event) => {
  const button = event.submitter;
  if (!button?.matches('[data-dialog-form]')) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(event.target, button));
  const answer = await fetch(button.formAction, { method: 'POST', body, headers: { 'HX-Request': 'true', 'HX-Current-URL': location.href } });
  const elsewhere = answer.headers.get('HX-Redirect');
  if (elsewhere) { location.href = elsewhere; return; }
  const dialog = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('dialog');
  if (!dialog) { event.target.action = button.formAction; event.target.submit(); return; }
  dialog.removeAttribute('open');
  document.body.append(dialog);
  open(dialog, button);
  dialog.addEventListener('close', () => dialog.remove(), { once: true });
  choose(dialog);
});

// Of the fields that many rows can be given, only the chosen one shows its control.
function choose(root) {
  const field = root.querySelector('[data-bulk-edit] select[name="field"]');
  if (!field) return;
  for (const part of root.querySelectorAll('[data-bulk-edit] [data-for]')) part.hidden = part.dataset.for !== field.value;
}
document.addEventListener('change', (event) => {
  if (event.target.matches('[data-bulk-edit] select[name="field"]')) choose(event.target.closest('form').parentElement);
});
choose(document);
