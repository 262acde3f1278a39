// "What is this": the link beside a figure shows its entry of the glossary here; without script it
// leads to the page of the glossary.
import { ask } from './ask.js';

const known = new Map();
let shown = null;

function place(card, link) {
  const at = link.getBoundingClientRect();
  const width = card.offsetWidth;
  card.style.left = `${Math.max(12, Math.min(innerWidth - width - 12, at.left - 12))}px`;
  const below = at.bottom + 8 + card.offsetHeight < innerHeight;
  card.style.top = below ? `${at.bottom + 6}px` : `${Math.max(12, at.top - card.offsetHeight - 6)}px`;
}

async function open(link) {
  const address = link.dataset.what;
  if (!known.has(address)) known.set(address, await ask(address));
  shown?.remove();
  const card = document.createElement('div');
  card.className = 'zy-what-card zy-pop';
  card.popover = 'auto';
  card.tabIndex = -1;
  card.setAttribute('role', 'dialog');
  card.setAttribute('aria-label', link.getAttribute('aria-label') ?? '');
  card.innerHTML = known.get(address);
  (link.closest('dialog') ?? document.body).append(card);
  shown = card;
  card.showPopover();
  place(card, link);
  card.focus();
  card.addEventListener('toggle', (event) => {
    if (event.newState !== 'closed') return;
    const inside = card.contains(document.activeElement) || document.activeElement === document.body;
    card.remove();
    if (inside) link.focus();
  });
  card.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    card.hidePopover();
  });
}

document.addEventListener('click', (event) => {
  const link = event.target.closest('a[data-what]');
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  event.stopPropagation();
  open(link).catch(() => { location.href = link.href; });
});
