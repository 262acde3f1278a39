// A tree by the WAI-ARIA pattern: arrows walk, open and close; letters find; Enter follows the link.
const made = new WeakSet();

const isOpen = (item) => item.getAttribute('aria-expanded') !== 'false';
const group = (item) => item.querySelector(':scope > [role="group"]');

export function start(tree) {
  if (made.has(tree)) return;
  made.add(tree);
  const all = () => [...tree.querySelectorAll('[role="treeitem"]')];
  const visible = () => all().filter((item) => item.offsetParent !== null);
  let word = '';
  let since = 0;

  const fold = (item, open) => {
    if (!group(item)) return;
    item.setAttribute('aria-expanded', String(open));
    group(item).hidden = !open;
  };
  const focus = (item) => {
    if (!item) return;
    for (const one of all()) one.tabIndex = one === item ? 0 : -1;
    item.focus();
  };
  const find = (letter) => {
    word = Date.now() - since > 700 ? letter : word + letter;
    since = Date.now();
    const items = visible();
    const here = items.indexOf(document.activeElement.closest('[role="treeitem"]'));
    const order = [...items.slice(here + (word.length === 1 ? 1 : 0)), ...items.slice(0, here + 1)];
    focus(order.find((item) => (item.dataset.find ?? '').split(' ').concat(item.querySelector('.name').textContent.trim().toLowerCase()).some((text) => text.startsWith(word))));
  };

  all().forEach((item, i) => {
    item.tabIndex = i === 0 ? 0 : -1;
    for (const inner of item.querySelectorAll(':scope > .line a, :scope > .line button')) inner.tabIndex = -1;
    if (group(item)) fold(item, isOpen(item));
  });

  tree.addEventListener('click', (event) => {
    const item = event.target.closest('[role="treeitem"]');
    if (event.target.closest('[data-fold]')) fold(item, !isOpen(item));
    if (item && !event.target.closest('a')) focus(item);
  });
  tree.addEventListener('keydown', (event) => {
    const item = event.target.closest('[role="treeitem"]');
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
    const items = visible();
    const here = items.indexOf(item);
    const above = item.parentElement.closest('[role="treeitem"]');
    const steps = {
      ArrowDown: () => focus(items[here + 1]),
      ArrowUp: () => focus(items[here - 1]),
      Home: () => focus(items[0]),
      End: () => focus(items.at(-1)),
      ArrowRight: () => { if (group(item)) { if (isOpen(item)) focus(items[here + 1]); else fold(item, true); } },
      ArrowLeft: () => { if (group(item) && isOpen(item)) fold(item, false); else focus(above); },
      Enter: () => item.querySelector(':scope > .line a')?.click(),
      '*': () => [...item.parentElement.children].forEach((one) => fold(one, true)),
    };
    if (steps[event.key]) steps[event.key]();
    else if (event.key.length === 1 && event.key !== ' ') find(event.key.toLowerCase());
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
}
