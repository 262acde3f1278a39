// A value that is changed where it stands: open, type, Enter saves, Esc leaves it as it was. The
// server answers with the same part: the new value, what is wrong with it, or both versions.
import { start as startParts } from '../parts.js';

const made = new WeakSet();

export function start(form) {
  if (made.has(form)) return;
  made.add(form);
  const show = form.querySelector('[data-inline-open]');
  const edit = form.querySelector('[data-inline-edit]');
  const input = edit.querySelector('input:not([type=hidden]), select, textarea');
  const before = form.dataset.saved ?? input.value;
  const open = (on) => {
    form.classList.toggle('open', on);
    show.hidden = on;
    edit.hidden = !on;
    if (on) { input.focus(); input.select?.(); } else show.focus();
  };
  if (!form.hasAttribute('data-inline-wrong')) { show.hidden = false; edit.hidden = true; } else show.hidden = true;
  show.addEventListener('click', () => open(true));
  form.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || edit.hidden) return;
    event.preventDefault();
    event.stopPropagation();
    input.value = before;
    open(false);
  });
  form.querySelector('[data-inline-cancel]')?.addEventListener('click', () => { input.value = before; open(false); });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (form.getAttribute('aria-busy') === 'true') return; // a second Enter sends nothing
    form.setAttribute('aria-busy', 'true');
    try {
      const answer = await fetch(form.action, { method: 'POST', body: new FormData(form), headers: { 'HX-Request': 'true' } });
      const elsewhere = answer.headers.get('HX-Redirect');
      if (elsewhere) { location.href = elsewhere; return; }
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const next = page.body.firstElementChild;
      if (!next || answer.status >= 500) throw new Error(String(answer.status));
      form.replaceWith(next);
      if (next.matches('[data-inline]')) start(next);
      startParts(next);
      next.querySelector('[aria-invalid], [data-inline-open]:not([hidden]), input[type=radio]:checked')?.focus();
    } catch {
      form.removeAttribute('aria-busy');
      document.dispatchEvent(new CustomEvent('zhiyin:unreachable'));
    }
  });
}
