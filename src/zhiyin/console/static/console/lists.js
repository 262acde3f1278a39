// Rows: walk with J and K, select with X, open with Enter; the bulk bar counts what is selected.
// A row is <tr data-row="url"> with a checkbox [data-select]; a table of rows needs nothing else.
const rows = () => [...document.querySelectorAll('tr[data-row]')].filter((row) => row.offsetParent);
const current = () => document.querySelector('tr[data-row].at') ?? document.querySelector('tr[data-row].open');

export function walk(step) {
  const link = document.querySelector(`[data-drawer] [data-walk="${step > 0 ? 'next' : 'previous'}"]`);
  if (link) { link.click(); return; }
  const all = rows();
  if (!all.length) return;
  const here = all.indexOf(current());
  const next = all[Math.min(all.length - 1, Math.max(0, here < 0 ? 0 : here + step))];
  all.forEach((row) => row.classList.toggle('at', row === next));
  next.scrollIntoView({ block: 'nearest' });
}

export function openRow() {
  const row = current();
  (row?.querySelector('a[data-open]') ?? row?.querySelector('td a'))?.click();
}

export function selectRow() {
  current()?.querySelector('[data-select]')?.click();
}

function refresh() {
  const bar = document.querySelector('[data-bulk]');
  const boxes = [...document.querySelectorAll('[data-select]')];
  const picked = boxes.filter((box) => box.checked);
  for (const box of boxes) box.closest('tr')?.classList.toggle('sel', box.checked);
  const every = document.querySelector('[data-select-all]');
  if (every) {
    every.checked = picked.length > 0 && picked.length === boxes.length;
    every.indeterminate = picked.length > 0 && picked.length < boxes.length;
  }
  if (!bar) return;
  const all = bar.querySelector('[data-bulk-all]');
  const flag = bar.querySelector('[data-bulk-flag]');
  if (all && picked.length < boxes.length) all.setAttribute('aria-pressed', 'false');
  const whole = all?.getAttribute('aria-pressed') === 'true';
  if (flag) flag.value = whole ? '1' : '';
  bar.hidden = picked.length === 0;
  const count = whole ? Number(all.dataset.total) : picked.length;
  bar.querySelector('[data-bulk-count]').textContent = count.toLocaleString('en');
}

document.addEventListener('change', (event) => {
  if (event.target.matches('[data-select-all]')) {
    for (const box of document.querySelectorAll('[data-select]')) box.checked = event.target.checked;
    refresh();
  } else if (event.target.matches('[data-select]')) refresh();
});

document.addEventListener('click', (event) => {
  const all = event.target.closest('[data-bulk-all]');
  if (all) {
    for (const box of document.querySelectorAll('[data-select]')) box.checked = true;
    all.setAttribute('aria-pressed', 'true');
    refresh();
  } else if (event.target.closest('[data-bulk-clear]')) {
    for (const box of document.querySelectorAll('[data-select]')) box.checked = false;
    refresh();
  }
});
document.addEventListener('htmx:afterSettle', refresh);
refresh();
