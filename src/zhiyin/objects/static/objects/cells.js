// A cell edited where it stands: a double click or E, saved on blur, Enter or Ctrl+Enter, left as
// it was by Esc; Tab saves and goes on to the next cell that may be edited.
let editing = null; // { cell, before, row }

const table = () => document.querySelector('table[data-cells]');
const cellsOf = (row) => [...row.querySelectorAll('td[data-cell]')].filter((cell) => cell.offsetParent);
const address = (cell) => table().dataset.cells
  .replace('_id', cell.closest('tr').id.slice('row-'.length)).replace('_key', encodeURIComponent(cell.dataset.cell));

async function talk(url, options = {}) {
  const answer = await fetch(url, { ...options, headers: { 'HX-Request': 'true', 'HX-Current-URL': location.href } });
  const elsewhere = answer.headers.get('HX-Redirect');
  if (elsewhere) { location.href = elsewhere; return null; }
  return answer;
}

const part = (text, wanted) => {
  const holder = document.createElement('template');
  holder.innerHTML = text;
  return holder.content.querySelector(wanted);
};

function show(cell, form) {
  cell.replaceChildren(form);
  cell.classList.add('editing');
  const control = form.querySelector('[autofocus], select, input:not([type=hidden])');
  control?.focus();
  control?.select?.();
}

export async function edit(cell) {
  if (!cell || editing) return;
  const before = [...cell.childNodes];
  editing = { cell, before };
  const answer = await talk(`${address(cell)}?edit=1`);
  const form = answer?.ok ? part(await answer.text(), 'form') : null;
  if (!form) { editing = null; refuse(cell); return; }
  show(cell, form);
}

// Not this row's: the cell says so instead of doing nothing.
function refuse(cell) {
  cell.classList.add('refused');
  setTimeout(() => cell.classList.remove('refused'), 600);
}

function leave() {
  if (!editing) return;
  const { cell, before } = editing;
  editing = null;
  cell.classList.remove('editing');
  cell.replaceChildren(...before);
  focusRow(cell);
}

function focusRow(cell) {
  const row = cell.closest('tr');
  for (const one of document.querySelectorAll('tr[data-row].at')) one.classList.remove('at');
  row.classList.add('at');
  row.querySelector('[data-open]')?.focus({ preventScroll: true });
}

async function save(then = null) {
  const now = editing;
  const form = now?.cell.querySelector('form[data-cell-form]');
  if (!form || now.saving) return;
  now.saving = true;
  const answer = await talk(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)) }).catch(() => undefined);
  now.saving = false;
  if (answer === null) return;
  if (answer && (answer.status === 409 || answer.status === 422)) {
    show(now.cell, part(await answer.text(), 'form'));
    return;
  }
  if (!answer?.ok) {
    document.dispatchEvent(new CustomEvent('zhiyin:unreachable'));
    return;
  }
  editing = null;
  const row = now.cell.closest('tr');
  const at = cellsOf(row).indexOf(now.cell);
  const made = document.createElement('table');
  made.innerHTML = `<tbody><tr>${await answer.text()}</tr></tbody>`;
  const fresh = made.querySelector('td');
  const title = now.before.find((node) => node.nodeType === 1 && node.querySelector('[data-open]'));
  if (title) { // the first cell keeps its box and its link
    title.querySelector('[data-open]').textContent = fresh.textContent;
    now.cell.replaceChildren(...now.before);
    now.cell.classList.remove('editing');
  } else now.cell.replaceWith(fresh);
  const cell = cellsOf(row)[at];
  if (cell) { cell.classList.add('saved'); setTimeout(() => cell.classList.remove('saved'), 900); }
  if (then === 'next') edit(cellsOf(row)[at + 1]);
  else if (then === 'row') focusRow(cell ?? row);
}

export function editRow() {
  const row = document.querySelector('tr[data-row].at') ?? document.querySelector('tr[data-row].open');
  if (!row || !table()) return false;
  edit(cellsOf(row)[0]);
  return true;
}

document.addEventListener('dblclick', (event) => {
  const cell = event.target.closest?.('table[data-cells] td[data-cell]');
  if (cell && !cell.classList.contains('editing')) { event.preventDefault(); edit(cell); }
});

document.addEventListener('zy:edit-row', (event) => { if (editRow()) event.preventDefault(); });

document.addEventListener('keydown', (event) => {
  const form = event.target.closest?.('form[data-cell-form]');
  if (!form || event.isComposing) return;
  if (event.key === 'Escape') { event.preventDefault(); event.stopPropagation(); leave(); }
  else if (event.key === 'Enter' && event.target.matches('input, select')) { event.preventDefault(); event.stopPropagation(); save('row'); }
  else if (event.key === 'Tab' && !event.shiftKey && !form.querySelector('[role=alert]')) { event.preventDefault(); save('next'); }
}, true);

document.addEventListener('submit', (event) => {
  if (event.target.matches('form[data-cell-form]') && editing) { event.preventDefault(); save('row'); }
});
document.addEventListener('click', (event) => {
  if (event.target.closest?.('[data-cell-leave]') && editing) {
    event.preventDefault();
    location.reload(); // theirs is on the server, and so is what hangs on it
  }
});
document.addEventListener('change', (event) => {
  if (event.target.matches('form[data-cell-form] select')) save('row');
});
document.addEventListener('focusout', (event) => {
  const form = event.target.closest?.('form[data-cell-form]');
  if (!form || form.querySelector('[role=alert]')) return; // a decision waits: leaving is none
  setTimeout(() => { if (editing && form.isConnected && !form.contains(document.activeElement)) save(); }, 80);
});
