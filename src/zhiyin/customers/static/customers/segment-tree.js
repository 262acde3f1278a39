// The rule as plain data: finding, adding, moving and removing its nodes. A path is a list of
// item indexes from the root.
export const key = (path) => path.join('.');
export const pathOf = (text) => (text === '' ? [] : text.split('.').map(Number));

export const at = (tree, path) => path.reduce((node, index) => node.items[index], tree.root);
export const home = (tree, path) => at(tree, path.slice(0, -1));
export const copy = (node) => JSON.parse(JSON.stringify(node));

export function add(tree, groupPath, node) {
  const group = at(tree, groupPath);
  group.items.push(node);
  return [...groupPath, group.items.length - 1];
}

export function remove(tree, path) {
  home(tree, path).items.splice(path.at(-1), 1);
}

export function double(tree, path) {
  home(tree, path).items.splice(path.at(-1) + 1, 0, copy(at(tree, path)));
  return [...path.slice(0, -1), path.at(-1) + 1];
}

// One place up or down; at the end of its group it steps out beside the group, and next to a
// group it steps in, so that every place can be reached with two keys.
export function shift(tree, path, step) {
  const node = at(tree, path);
  const group = home(tree, path);
  const index = path.at(-1);
  const neighbour = group.items[index + step];
  if (neighbour === undefined) {
    if (path.length < 2) return path;
    group.items.splice(index, 1);
    const outer = path.slice(0, -1);
    const place = outer.at(-1) + (step > 0 ? 1 : 0);
    home(tree, outer).items.splice(place, 0, node);
    return [...outer.slice(0, -1), place];
  }
  group.items.splice(index, 1);
  if (neighbour.type === 'group' && node.type !== 'group') {
    const into = group.items.indexOf(neighbour);
    neighbour.items.splice(step > 0 ? 0 : neighbour.items.length, 0, node);
    return [...path.slice(0, -1), into, step > 0 ? 0 : neighbour.items.length - 1];
  }
  group.items.splice(index + step, 0, node);
  return [...path.slice(0, -1), index + step];
}

// Takes a node from one group to a place in another, as a drag does.
export function carry(tree, from, oldIndex, to, newIndex) {
  const source = at(tree, from);
  const target = at(tree, to);
  const moved = source.items[oldIndex];
  const inside = [...from, oldIndex];
  if (inside.every((index, depth) => to[depth] === index)) return;
  source.items.splice(oldIndex, 1);
  target.items.splice(newIndex, 0, moved);
}
