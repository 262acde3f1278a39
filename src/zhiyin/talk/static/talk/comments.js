// Comments: a list of colleagues while a name is typed behind an @. Without this, names are matched.
import { ask } from '../console/ask.js';

const WAIT = 120; // milliseconds after the last letter
let timer = 0;
let asked = 0;

function typed(box) {
  const before = box.value.slice(0, box.selectionStart);
  return before.match(/(?:^|[\s\p{P}\p{Script=Han}])@([^\s@]{0,40})$/u)?.[1];
}

const listOf = (box) => box.form.querySelector('[role=listbox]');

function close(box) {
  const list = listOf(box);
  list.hidden = true;
  list.replaceChildren();
  box.setAttribute('aria-expanded', 'false');
  box.removeAttribute('aria-activedescendant');
}

function mark(box, option) {
  for (const one of listOf(box).children) one.setAttribute('aria-selected', String(one === option));
  box.setAttribute('aria-activedescendant', option.id);
  option.scrollIntoView({ block: 'nearest' });
}

async function offer(box) {
  const name = typed(box);
  if (name === undefined) { close(box); return; }
  const turn = ++asked;
  const html = await ask(`${box.form.dataset.whom}?q=${encodeURIComponent(name)}`);
  if (turn !== asked || typed(box) !== name) return;
  const found = new DOMParser().parseFromString(html, 'text/html').querySelectorAll('[data-user]');
  const list = listOf(box);
  list.replaceChildren(...found);
  [...list.children].forEach((one, at) => { one.id = `${list.id}-${at}`; });
  list.hidden = !found.length;
  box.setAttribute('aria-expanded', String(!list.hidden));
  if (found.length) mark(box, list.firstElementChild);
}

function take(box, option) {
  const { user, name } = option.dataset;
  const at = box.selectionStart;
  const start = box.value.lastIndexOf('@', at - 1);
  box.setRangeText(`@${name} `, start, at, 'end');
  const chosen = Object.assign(document.createElement('input'), { type: 'hidden', name: 'mention', value: user });
  box.form.querySelector('[data-mentions]').append(chosen);
  close(box);
  box.focus();
}

document.addEventListener('input', (event) => {
  if (!event.target.matches('form[data-comment] textarea') || event.isComposing) return;
  clearTimeout(timer);
  timer = setTimeout(offer, WAIT, event.target);
});

document.addEventListener('compositionend', (event) => {
  if (event.target.matches?.('form[data-comment] textarea')) offer(event.target);
});

document.addEventListener('keydown', (event) => {
  const box = event.target;
  if (!box.matches?.('form[data-comment] textarea') || listOf(box).hidden || event.isComposing) return;
  const options = [...listOf(box).children];
  const here = options.findIndex((one) => one.getAttribute('aria-selected') === 'true');
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) mark(box, options[(here + step + options.length) % options.length]);
  else if ((event.key === 'Enter' && !event.metaKey && !event.ctrlKey) || event.key === 'Tab') take(box, options[here]);
  else if (event.key === 'Escape') close(box);
  else return;
  event.preventDefault();
  event.stopPropagation();
}, true);

document.addEventListener('click', (event) => {
  const option = event.target.closest?.('.zy-whom [data-user]');
  if (option) take(option.closest('form').querySelector('textarea'), option);
  else for (const list of document.querySelectorAll('.zy-whom:not([hidden])')) close(list.closest('form').querySelector('textarea'));
});
