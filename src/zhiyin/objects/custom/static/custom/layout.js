// Fields are dragged between sections; the arrows move them without dragging. The order of the page is what is sent.
const form = document.querySelector('[data-layout]');
const parts = form.querySelector('[data-parts]');
const pool = document.querySelector('[data-pool]');

function settle(item) {
  const out = Boolean(item.closest('[data-pool]'));
  item.querySelector('[name=item]').disabled = out;
}

function sorts(list) {
  if (window.Sortable) window.Sortable.create(list, { group: 'fields', handle: '.cf-handle', animation: 120, ghostClass: 'cf-ghost', onEnd: ({ item }) => settle(item) });
}

const lists = () => [...parts.querySelectorAll('[data-list]')];

function step(item, way) {
  const beside = way === 'up' ? item.previousElementSibling : item.nextElementSibling;
  if (beside) {
    if (way === 'up') beside.before(item); else beside.after(item);
    return;
  }
  const all = lists();
  const next = all[all.indexOf(item.parentElement) + (way === 'up' ? -1 : 1)];
  if (!next) return;
  if (way === 'up') next.append(item); else next.prepend(item);
}

document.addEventListener('click', (event) => {
  const button = event.target.closest('[name=move]');
  if (!button) return;
  event.preventDefault();
  if (button.hasAttribute('data-add-part')) {
    const part = parts.lastElementChild.cloneNode(true);
    part.querySelector('[data-list]').replaceChildren();
    part.querySelectorAll('.form-control').forEach((one) => { one.value = ''; });
    parts.append(part);
    sorts(part.querySelector('[data-list]'));
    part.querySelector('.form-control').focus();
    return;
  }
  const item = button.closest('.cf-placed');
  const [way] = button.value.split(':');
  if (way === 'in') lists().at(-1).append(item);
  else if (way === 'out') pool.append(item);
  else step(item, way);
  settle(item);
  item.querySelector(way === 'out' ? '.cf-in' : `[value^="${way === 'in' ? 'up' : way}:"]`)?.focus();
});

[...lists(), pool].forEach(sorts);
