// Fields are dragged into their order; the arrows beside them do the same without dragging.
const form = document.getElementById('field-order');
const rows = form?.querySelector('[data-sorts]');

async function keep() {
  await fetch(form.action, { method: 'POST', body: new FormData(form), headers: { 'HX-Request': 'true', 'X-CSRFToken': document.body.dataset.csrf } });
}

function settle() {
  const all = [...rows.children];
  all.forEach((row, at) => {
    row.querySelector('[name=up]').disabled = at === 0;
    row.querySelector('[name=down]').disabled = at === all.length - 1;
  });
  return keep();
}

rows?.addEventListener('click', (event) => {
  const button = event.target.closest('[name=up], [name=down]');
  if (!button) return;
  event.preventDefault();
  const row = button.closest('tr');
  if (button.name === 'up') row.previousElementSibling?.before(row);
  else row.nextElementSibling?.after(row);
  settle();
  (button.disabled ? row.querySelector('.cf-steps button:not(:disabled)') : button)?.focus();
});

if (rows && window.Sortable) window.Sortable.create(rows, { handle: '.cf-handle', animation: 120, ghostClass: 'cf-ghost', onEnd: settle });
