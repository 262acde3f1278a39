// Dialogs and menus: native <dialog> and <details>, opened by attributes, closed by a click beside.
import { ask } from './ask.js';

const returnTo = new WeakMap();

export function open(dialog, opener = document.activeElement) {
  if (!dialog || dialog.open) return;
  returnTo.set(dialog, opener);
  dialog.showModal();
  dialog.addEventListener('close', () => returnTo.get(dialog)?.focus?.(), { once: true });
}

document.addEventListener('click', async (event) => {
  const opener = event.target.closest('[data-opens]');
  if (opener) {
    open(document.getElementById(opener.dataset.opens), opener);
    return;
  }
  const closer = event.target.closest('[data-closes]');
  if (closer) {
    closer.closest('dialog')?.close();
    return;
  }
  // A link that answers with a <dialog> opens here; without script it is a page of its own.
  const link = event.target.closest('a[data-dialog]');
  if (link && !event.metaKey && !event.ctrlKey) {
    event.preventDefault();
    const page = new DOMParser().parseFromString(await ask(link.href), 'text/html');
    const dialog = page.querySelector('dialog');
    if (!dialog) { location.href = link.href; return; }
    dialog.removeAttribute('open');
    document.body.append(dialog);
    window.htmx?.process(dialog);
    dialog.dispatchEvent(new CustomEvent('zhiyin:added', { bubbles: true }));
    open(dialog, link);
    dialog.addEventListener('close', () => dialog.remove(), { once: true });
    return;
  }
  if (event.target instanceof HTMLDialogElement) event.target.close();
  for (const menu of document.querySelectorAll('details.zy-menu[open]')) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
