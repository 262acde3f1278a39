// Menus by the arrows: Down opens and walks, Home and End jump, Tab leaves and closes.
const items = (menu) => [...menu.querySelectorAll('.zy-pop a[href], .zy-pop button, .zy-pop input')]
  .filter((item) => item.offsetParent !== null && !item.disabled && item.type !== 'hidden');

document.addEventListener('keydown', (event) => {
  const menu = event.target.closest?.('details.zy-menu');
  if (!menu || event.defaultPrevented || event.isComposing) return;
  const onSummary = event.target.closest('summary') !== null;
  const writing = event.target.matches('input:not([type=checkbox]):not([type=radio]), textarea, select');
  if (writing || !['ArrowDown', 'ArrowUp', 'Home', 'End'].includes(event.key)) return;
  if (!menu.open && !onSummary) return;
  if (!menu.open && !['ArrowDown', 'ArrowUp'].includes(event.key)) return;
  menu.open = true;
  event.preventDefault();
  const all = items(menu);
  const here = all.indexOf(event.target);
  const next = { ArrowDown: here + 1, ArrowUp: here < 0 ? all.length - 1 : here - 1, Home: 0, End: all.length - 1 }[event.key];
  all.at(next % all.length)?.focus();
});

document.addEventListener('focusout', (event) => {
  const menu = event.target.closest?.('details.zy-menu[open]');
  if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
});
