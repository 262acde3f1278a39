// Small pieces of the builder's page: elements, icons, selects, inputs and lists to pick from.
// Everything is made with DOM calls: what people typed is text, never markup.
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== undefined && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function icon(name) {
  return document.querySelector(`#segment-icons .ti-${name}`)?.cloneNode(true) ?? document.createTextNode('');
}

export function button(label, iconName, onclick, attributes = {}) {
  return h('button', { type: 'button', class: 'btn btn-quiet', onclick, ...attributes }, icon(iconName), label);
}

// options: [value, label] pairs, or { label, options } for a heading with pairs under it.
export function select(part, label, options, value, onchange, css = '') {
  const pair = ([key, word, , off]) => h('option', { value: key, selected: String(key) === String(value), disabled: off }, word);
  const known = options.flatMap((one) => one.options ?? [one]).some(([key]) => String(key) === String(value));
  return h('select', { class: `sg-fld ${css}`, 'data-part': part, 'aria-label': label, onchange: (event) => onchange(event.target.value) },
    ...(known ? [] : [h('option', { value, selected: true }, value || '–')]),
    ...options.map((one) => (one.options ? h('optgroup', { label: one.label }, ...one.options.map(pair)) : pair(one))));
}

export function input(part, label, value, oninput, attributes = {}) {
  return h('input', { class: 'sg-fld sg-val', 'data-part': part, 'aria-label': label, value, autocomplete: 'off', ...attributes, oninput: (event) => oninput(event.target) });
}

export const whole = (target, otherwise = null) => (/^\d+$/.test(target.value.trim()) ? Number(target.value) : otherwise);

export function bar(share) {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  const rect = (css, width) => {
    const one = document.createElementNS(space, 'rect');
    for (const [name, value] of Object.entries({ class: css, width: `${width}%`, height: 6, rx: 1 })) one.setAttribute(name, value);
    svg.append(one);
  };
  svg.setAttribute('class', 'zy-share');
  svg.setAttribute('width', '100%');
  svg.setAttribute('height', '6');
  svg.setAttribute('aria-hidden', 'true');
  rect('track', 100);
  rect('fill', Math.max(0, Math.min(100, share * 100)));
  return svg;
}

// Several of a list, found by name, pinyin or first letters; with `free`, also what is typed.
// options: [value, label, keys].
export function pick(part, words, options, chosen, onchange, free = false) {
  let picked = [...chosen];
  const labels = new Map(options.map(([value, label]) => [value, label]));
  const summary = h('summary', { class: 'sg-fld sg-val', 'data-part': part });
  const list = h('ul');
  const search = h('input', { class: 'form-control', type: 'search', placeholder: words.search, 'aria-label': words.search, autocomplete: 'off' });
  const tell = () => {
    const names = picked.map((value) => labels.get(value) ?? value);
    summary.textContent = names.length > 3 ? `${names.slice(0, 3).join(words.comma)} +${names.length - 3}` : names.join(words.comma) || words.choose;
    summary.setAttribute('aria-label', `${words.value}: ${names.join(', ') || words.choose}`);
  };
  const row = (value, label) => h('li', {}, h('label', {}, h('input', { class: 'form-check-input', type: 'checkbox', checked: picked.includes(value), onchange: (event) => {
    picked = event.target.checked ? [...picked, value] : picked.filter((one) => one !== value);
    tell();
    onchange(picked);
  } }), label));
  const show = () => {
    const asked = search.value.trim().toLowerCase();
    const extra = picked.filter((value) => !labels.has(value)).map((value) => [value, value, value.toLowerCase()]);
    const found = [...extra, ...options].filter(([, label, keys]) => !asked || label.toLowerCase().includes(asked) || (keys ?? '').includes(asked));
    list.replaceChildren(...found.slice(0, 200).map(([value, label]) => row(value, label)));
    if (free && asked && !found.some(([value]) => value.toLowerCase() === asked)) list.prepend(row(search.value.trim(), `+ ${search.value.trim()}`));
  };
  search.addEventListener('input', show);
  search.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.isComposing) return;
    event.preventDefault();
    list.querySelector('input')?.click();
    search.value = '';
    show();
  });
  const box = h('details', { class: 'zy-menu sg-pick' }, summary, h('div', { class: 'zy-pop' }, search, list));
  box.addEventListener('toggle', () => { if (box.open) { show(); search.focus(); } });
  tell();
  return box;
}
