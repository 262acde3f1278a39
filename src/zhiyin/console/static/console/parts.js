// Brings the script of a part when the part is on the page, also when it arrives later by htmx or
// in a dialog. Pages without the part load nothing of it.
const PARTS = {
  'select[data-search-select]': () => import('./parts/search-select.js'),
  'input[data-day]': () => import('./parts/day.js'),
  '[data-day-range]': () => import('./parts/day-range.js'),
  'input[data-money]': () => import('./parts/money.js'),
  '[role="tree"]': () => import('./parts/tree.js'),
  '[data-board]': () => import('./parts/board.js'),
  '[data-inline]': () => import('./parts/inline.js'),
  '[data-drop]': () => import('./parts/drop.js'),
};

export function start(root) {
  for (const [selector, load] of Object.entries(PARTS)) {
    const found = [...root.querySelectorAll(selector)];
    if (root.matches?.(selector)) found.push(root);
    if (found.length) load().then((part) => found.forEach(part.start));
  }
}

document.addEventListener('htmx:afterSettle', (event) => start(event.target));
document.addEventListener('zhiyin:added', (event) => start(event.target));
start(document.body);
