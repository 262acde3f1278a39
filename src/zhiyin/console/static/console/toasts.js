// Toasts leave by themselves, slower when they offer a way back; never while looked at.
const box = document.getElementById('toasts');
const STAY = 5000;
const STAY_WITH_UNDO = 8000;

function settle(toast) {
  const undo = toast.querySelector('form:not([hidden])');
  let timer = 0;
  const start = () => { timer = setTimeout(() => toast.remove(), undo ? STAY_WITH_UNDO : STAY); };
  const stop = () => clearTimeout(timer);
  toast.addEventListener('pointerenter', stop);
  toast.addEventListener('pointerleave', start);
  toast.addEventListener('focusin', stop);
  toast.addEventListener('focusout', start);
  start();
}

export function say(text, undo = '') {
  const toast = document.getElementById('toast-template').content.firstElementChild.cloneNode(true);
  toast.querySelector('span').textContent = text;
  if (undo) {
    const form = toast.querySelector('form');
    form.action = undo;
    form.hidden = false;
  }
  box.append(toast);
  settle(toast);
}

function unreachable() {
  if (box.querySelector('[data-unreachable]')) return;
  const toast = document.getElementById('failure-template').content.firstElementChild.cloneNode(true);
  toast.dataset.unreachable = '';
  box.append(toast);
  settle(toast);
}

if (box) {
  box.querySelectorAll('[data-toast]').forEach(settle);
  document.addEventListener('toast', (event) => say(event.detail.text, event.detail.undo));
  document.addEventListener('zhiyin:unreachable', unreachable);
  document.addEventListener('htmx:sendError', unreachable);
  // The server answers errors to htmx with a fragment that says what happened: show it in place.
  document.addEventListener('htmx:beforeSwap', (event) => {
    if (event.detail.xhr.status >= 400) event.detail.shouldSwap = true;
  });
  document.addEventListener('htmx:configRequest', (event) => {
    event.detail.headers['X-CSRFToken'] = document.body.dataset.csrf ?? '';
  });
}
