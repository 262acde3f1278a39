// Draws the rule as rows and groups, and what the server says of them: bars, counts, problems.
import { bar, button, h, icon, select } from './segment-parts.js';
import { editors, firstCondition, subjectOf, subjects } from './segment-values.js';
import { key } from './segment-tree.js';

const DEEPEST = 4;
const MATCHES = ['all', 'any', 'none'];

// `act` has edit(path, change, redraw), add, remove, double, shift.
export function drawTree(tree, offered, act) {
  let number = 0;
  const { words } = offered;

  const remaining = () => h('div', { class: 'sg-rem', 'data-remaining': true });
  const hint = () => h('p', { class: 'sg-hint', 'data-hint': true, hidden: true });

  function menu(path) {
    const item = (label, name, deed, keys) => button(label, name, () => deed(path), keys ? { 'aria-keyshortcuts': keys } : {});
    return h('details', { class: 'zy-menu end' }, h('summary', { class: 'btn-ico', 'aria-label': words.more, 'data-part': 'menu' }, icon('dots')), h('div', { class: 'zy-pop sg-menu' },
      item(words.up, 'arrow-up', (where) => act.shift(where, -1), 'Alt+Shift+ArrowUp'), item(words.down, 'arrow-down', (where) => act.shift(where, 1), 'Alt+Shift+ArrowDown'),
      item(words.double, 'copy', act.double), item(words.remove, 'trash', act.remove)));
  }

  function iconOf(node) {
    const kinds = { bought: 'shopping-bag', did: 'activity', agreed: 'message-circle', segment: 'filter' };
    const group = offered.fields.find((one) => one.name === node.field)?.group;
    return kinds[node.type] ?? { predicted: 'brain', trade: 'sum' }[group] ?? 'user';
  }

  function row(node, path) {
    number += 1;
    const edit = (change, redraw) => act.edit(path, change, redraw);
    const subject = select('subject', words.what, subjects(offered), subjectOf(node), (chosen) => act.replace(path, firstCondition(chosen, offered)));
    const grip = h('button', { class: 'btn-ico sg-grip', type: 'button', tabindex: '-1', 'aria-label': words.move }, icon('grip-vertical'));
    return h('li', { 'data-path': key(path) },
      h('div', { class: 'sg-row' }, grip, h('span', { class: 'sg-ix' }, String(number)), h('span', { class: 'sg-ty' }, icon(iconOf(node))),
        h('div', { class: 'sg-parts' }, subject, ...editors(node, offered, edit)), remaining(), menu(path)),
      hint());
  }

  function group(node, path) {
    const inner = path.length > 0;
    const match = select('match', words.match, MATCHES.map((one) => [one, words[one]]), node.match, (chosen) => act.edit(path, () => { node.match = chosen; }, true));
    match.className = `sg-op ${node.match}`;
    const list = h('ul', { 'data-group': key(path) });
    node.items.forEach((item, index) => {
      const here = [...path, index];
      list.append(item.type === 'group' ? h('li', { 'data-path': key(here) }, group(item, here)) : row(item, here));
    });
    const adding = h('div', { class: 'sg-gf' },
      button(words.condition, 'plus', () => act.add(path, firstCondition('bought', offered)), { class: inner ? 'btn btn-quiet btn-sm' : 'btn btn-outline btn-sm', 'data-part': 'add' }),
      path.length < DEEPEST - 1 ? button(words.group, 'folder-plus', () => act.add(path, { type: 'group', match: 'any', items: [firstCondition('agreed', offered)] }), { class: inner ? 'btn btn-quiet btn-sm' : 'btn btn-outline btn-sm' }) : null);
    return h('div', { class: `sg-grp${inner ? ' in' : ''} sg-${node.match}` },
      h('div', { class: 'sg-gh' }, match, inner ? null : h('span', { class: 'meta', 'data-start': true }), inner ? remaining() : null, inner ? menu(path) : null),
      hint(), list, adding);
  }

  return group(tree.root, []);
}

// Writes the server's answer into the drawn rows, without touching what has the focus.
export function tellTree(root, answer, words) {
  const place = (path) => (path.length ? root.querySelector(`li[data-path="${key(path)}"]`) : root);
  const own = (path, name) => {
    const found = place(path);
    const group = found?.querySelector(':scope > .sg-grp') ?? (path.length ? null : found?.firstElementChild);
    return group ? group.querySelector(`:scope > .sg-gh > [data-${name}], :scope > [data-${name}]`) : found?.querySelector(`:scope > .sg-row > [data-${name}], :scope > [data-${name}]`);
  };
  root.querySelectorAll('[data-hint]').forEach((one) => { one.hidden = true; });
  root.querySelectorAll('.sg-bad, .sg-lock').forEach((one) => one.classList.remove('sg-bad', 'sg-lock'));
  root.querySelectorAll('[data-remaining]').forEach((one) => one.replaceChildren());
  root.querySelector('[data-start]').textContent = answer.start;
  for (const one of answer.remaining) {
    const box = own(one.path, 'remaining');
    if (!box) continue;
    const share = one.share === null ? '–' : `${Math.round(one.share * 100)}%`;
    box.replaceChildren(bar(one.share ?? 0), h('b', {}, one.count), h('span', { class: 'meta' }, `${one.narrows ? words.left : words.of} ${share}`));
  }
  for (const one of answer.problems) {
    const line = own(one.path, 'hint');
    if (!line) continue;
    line.className = `sg-hint ${one.tone}`;
    line.replaceChildren(icon({ lock: 'lock', warn: 'alert-triangle' }[one.tone] ?? 'alert-circle'), one.text);
    line.hidden = false;
    place(one.path).querySelector(':scope > .sg-row')?.parentElement.classList.add('sg-bad', ...(one.tone === 'lock' ? ['sg-lock'] : []));
  }
}
