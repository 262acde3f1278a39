// The form shows what fits the chosen type, suggests a key, and adds rows for values.
const form = document.getElementById('definition');
const known = form.querySelector('[name=known_type]')?.value;
const key = form.querySelector('#f-key');
let keyTyped = Boolean(key?.value);

function fit() {
  const type = known || form.querySelector('[name=type]:checked')?.value || 'text';
  form.querySelectorAll('[data-for]').forEach((one) => { one.hidden = !one.dataset.for.split(' ').includes(type); });
  form.querySelectorAll('[data-not]').forEach((one) => { one.hidden = one.dataset.not.split(' ').includes(type); });
  form.querySelectorAll('[data-when]').forEach((one) => { one.hidden = form.querySelector('#f-required').value !== 'when'; });
  // What a hidden part holds would be refused as not fitting the type, so it is not sent.
  form.querySelectorAll('[data-for], [data-not]').forEach((part) => part.querySelectorAll('input, select, textarea').forEach((one) => { one.disabled = Boolean(one.closest('[hidden]')); }));
  const sensitivity = form.querySelector('#f-sens');
  if ((type === 'email' || type === 'phone') && sensitivity.value === 'plain') sensitivity.value = 'personal';
}

form.addEventListener('change', fit);
key?.addEventListener('input', () => { keyTyped = true; });
form.querySelector('#f-en')?.addEventListener('input', (event) => {
  if (!key || keyTyped) return;
  key.value = event.target.value.toLowerCase().replace(/[^a-z0-9]+/g, '_').replace(/^[_0-9]+|_+$/g, '').slice(0, 38);
});

form.addEventListener('click', (event) => {
  const insert = event.target.closest('[data-insert]');
  if (insert) {
    const area = form.querySelector('#f-formula');
    area.setRangeText(insert.dataset.insert, area.selectionStart, area.selectionEnd, 'end');
    area.focus();
    area.dispatchEvent(new Event('input', { bubbles: true }));
  }
  if (event.target.closest('[data-add-choice]')) {
    const rows = form.querySelector('[data-choices]');
    const row = rows.lastElementChild.cloneNode(true);
    row.querySelectorAll('input, select').forEach((one) => { one.value = ''; one.readOnly = false; });
    rows.append(row);
    row.querySelector('input').focus();
  }
});

fit();
if (window.Sortable) window.Sortable.create(form.querySelector('[data-choices]'), { handle: '.cf-handle', animation: 120, ghostClass: 'cf-ghost', onEnd: () => form.dispatchEvent(new Event('input')) });
