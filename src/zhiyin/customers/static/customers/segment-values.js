// The editors of a condition, by what it asks: a field, purchases, actions, consent, a segment.
import { h, icon, input, pick, select, whole } from './segment-parts.js';

const DAYS = ['within_last', 'older_than', 'within_next', 'anniversary_within'];
const LISTS = ['one_of', 'none_of', 'has_any', 'has_all'];
const EMPTY = ['is_empty', 'not_empty'];
const SIGNS = { CNY: '¥', GBP: '£', EUR: '€', USD: '$', HKD: 'HK$', JPY: 'JP¥' };

const day = (ago) => new Date(Date.now() - ago * 864e5).toISOString().slice(0, 10);
const text = (node) => document.createTextNode(node);

// What a field's value is before anybody chose one: something that can be asked.
export function firstValue(field, op) {
  if (EMPTY.includes(op)) return null;
  if (DAYS.includes(op)) return 30;
  if (LISTS.includes(op)) return field.choices.length ? [field.choices[0][0]] : [];
  const one = {
    money: '1000', number: field.percent ? 0.5 : 1, date: day(30), bool: true,
    choice: field.choices[0]?.[0] ?? '', text: '', tags: '',
  }[field.kind];
  if (op !== 'between') return one;
  return { money: ['100', '1000'], number: field.percent ? [0.2, 0.5] : [1, 10], date: [day(30), day(0)] }[field.kind];
}

export function firstCondition(subject, offered) {
  if (subject === 'bought') return { type: 'bought', window: { kind: 'last_days', days: 90 }, did: true, measure: 'count', comparison: 'at_least', value: 1, products: null };
  if (subject === 'did') return { type: 'did', event: offered.events[0]?.[0] ?? '', window: { kind: 'last_days', days: 30 }, did: true, measure: 'count', comparison: 'at_least', value: 1, products: null };
  if (subject === 'agreed') return { type: 'agreed', channel: 'email', purpose: 'marketing', granted: true };
  if (subject === 'segment') return { type: 'segment', segment: offered.segments[0]?.[0] ?? '', member: true };
  const field = offered.fields.find((one) => one.name === subject);
  const op = field.kind === 'choice' ? 'one_of' : field.kind === 'number' || field.kind === 'money' ? 'at_least' : field.kind === 'date' ? 'within_last' : field.operators[0][0];
  return { type: 'field', field: subject, op, value: firstValue(field, op) };
}

export const subjectOf = (node) => (node.type === 'field' ? node.field : node.type);

export function subjects(offered) {
  const { words, fields } = offered;
  const of = (group) => fields.filter((one) => one.group === group).map((one) => [one.name, one.label, '', !one.usable]);
  return [
    { label: words.behaviour, options: [['bought', words.bought], ['did', words.did]] },
    { label: words.predicted, options: of('predicted') },
    { label: words.trade, options: of('trade') },
    { label: words.profile, options: of('profile') },
    { label: words.others, options: [['agreed', words.agreed], ...(offered.segments.length ? [['segment', words.segment]] : [])] },
  ];
}

// `edit(change, redraw)` changes the node; `redraw` where other editors follow from the choice.
export function editors(node, offered, edit) {
  return { field: fieldParts, bought: behaviourParts, did: behaviourParts, agreed: agreedParts, segment: segmentParts }[node.type](node, offered, edit);
}

function fieldParts(node, offered, edit) {
  const { words } = offered;
  const field = offered.fields.find((one) => one.name === node.field);
  if (!field) return [text(node.field)];
  const operator = select('op', words.how, field.operators, node.op, (op) => edit(() => {
    node.op = op;
    const fresh = firstValue(field, op);
    const alike = Array.isArray(fresh) === Array.isArray(node.value) && typeof fresh === typeof node.value && fresh !== null;
    if (!alike) node.value = fresh;
  }, true));
  const version = field.version ? h('span', { class: 'meta' }, `v${field.version}`) : null;
  return [version, operator, ...valueParts(node, field, offered, edit)];
}

function valueParts(node, field, offered, edit) {
  const { words } = offered;
  if (EMPTY.includes(node.op)) return [];
  if (DAYS.includes(node.op)) return [input('value', words.days, node.value ?? '', (target) => edit(() => { node.value = whole(target); }), { inputmode: 'numeric' }), h('span', { class: 'meta' }, words.days)];
  const suggested = (offered.suggested[field.name] ?? []).map((one) => [one, one, one.toLowerCase()]);
  const choices = field.choices.length ? field.choices : suggested;
  if (LISTS.includes(node.op)) return [pick('value', words, choices, node.value ?? [], (list) => edit(() => { node.value = list; }), !field.choices.length)];
  if (node.op === 'between') {
    const pair = Array.isArray(node.value) ? node.value : [null, null];
    const one = (index, label) => single(`value${index}`, label, field, pair[index], offered, (value) => edit(() => { node.value = pair.with(index, value); pair[index] = value; }));
    return [...one(0, words.from), h('span', { class: 'meta' }, words.and), ...one(1, words.to)];
  }
  return single('value', words.value, field, node.value, offered, (value) => edit(() => { node.value = value; }));
}

function single(part, label, field, value, offered, set) {
  const { words } = offered;
  if (field.kind === 'choice') return [select(part, label, field.choices, value, set, 'sg-val')];
  if (field.kind === 'bool') return [select(part, label, [['true', words.yes], ['false', words.no]], value, (chosen) => set(chosen === 'true'), 'sg-val')];
  if (field.kind === 'date') return [input(part, label, value ?? '', (target) => set(target.value), { type: 'date' })];
  if (field.kind === 'money') return [money(part, label, value, offered, set)].flat();
  if (field.kind === 'number') {
    const shown = value === null || value === undefined ? '' : field.percent ? +(value * 100).toFixed(4) : value;
    const box = input(part, label, shown, (target) => {
      const number = target.value.trim() === '' ? NaN : Number(target.value);
      set(Number.isNaN(number) ? null : field.percent ? Math.round(number * 1e4) / 1e6 : number);
    }, { inputmode: 'decimal' });
    return field.percent ? [box, h('span', { class: 'meta' }, '%')] : [box];
  }
  const list = `suggested-${field.name}`;
  const known = offered.suggested[field.name] ?? [];
  const choices = known.length ? h('datalist', { id: list }, ...known.map((one) => h('option', { value: one }))) : null;
  return [input(part, label, value ?? '', (target) => set(target.value), known.length ? { list } : {}), choices];
}

// Money travels as text, so that no cent is lost on the way.
function money(part, label, value, offered, set) {
  return [h('span', { class: 'meta' }, SIGNS[offered.currency] ?? offered.currency), input(part, label, value ?? '', (target) => set(target.value.trim().replaceAll(',', '')), { inputmode: 'decimal' })];
}

function windowParts(node, words, edit) {
  const kinds = [['last_days', words.last_days], ['ever', words.ever], ['between', words.dates]];
  const kind = select('window', words.window, kinds, node.window.kind, (chosen) => edit(() => {
    node.window = { last_days: { kind: 'last_days', days: 90 }, ever: { kind: 'ever' }, between: { kind: 'between', first: day(30), last: day(0) } }[chosen];
  }, true));
  if (node.window.kind === 'last_days') return [kind, input('days', words.days, node.window.days, (target) => edit(() => { node.window.days = whole(target, 0); }), { inputmode: 'numeric' }), h('span', { class: 'meta' }, words.days)];
  if (node.window.kind === 'ever') return [kind];
  const date = (name, label) => input(name, label, node.window[name], (target) => { if (target.value) edit(() => { node.window[name] = target.value; }); }, { type: 'date' });
  return [kind, date('first', words.from), date('last', words.to)];
}

function behaviourParts(node, offered, edit) {
  const { words } = offered;
  const buys = node.type === 'bought';
  const did = select('did', words.how, [['true', buys ? words.did_buy : words.did_it], ['false', buys ? words.did_not_buy : words.did_not]], node.did, (chosen) => edit(() => {
    node.did = chosen === 'true';
    if (!node.did) Object.assign(node, { measure: 'count', comparison: 'at_least', value: 1 });
  }, true));
  const event = buys ? [] : [select('event', words.did, offered.events, node.event, (chosen) => edit(() => { node.event = chosen; }))];
  const parts = [...windowParts(node, words, edit), did, ...event];
  return node.did ? [...parts, ...measureParts(node, offered, edit), productsPart(node, words, edit)] : [...parts, productsPart(node, words, edit)];
}

// "At least once" is the plain case and needs no number beside it.
function measureParts(node, offered, edit) {
  const { words } = offered;
  const plain = node.measure === 'count' && node.comparison === 'at_least' && node.value === 1;
  const measures = [['once', words.once], ['count', words.count], ...(node.type === 'bought' ? [['amount', words.amount]] : []), ['products', words.products]];
  const measure = select('measure', words.how, measures, plain ? 'once' : node.measure, (chosen) => edit(() => {
    node.measure = chosen === 'once' ? 'count' : chosen;
    node.value = { once: 1, amount: '1000' }[chosen] ?? 2;
    if (chosen === 'once') node.comparison = 'at_least';
  }, true));
  if (plain) return [measure];
  const comparison = select('comparison', words.how, ['at_least', 'at_most', 'exactly'].map((one) => [one, words[one]]), node.comparison, (chosen) => edit(() => { node.comparison = chosen; }));
  const value = node.measure === 'amount'
    ? money('value', words.value, node.value, offered, (amount) => edit(() => { node.value = amount; }))
    : [input('value', words.value, node.value, (target) => edit(() => { node.value = whole(target, target.value); }), { inputmode: 'numeric' })];
  return [measure, comparison, ...value];
}

function productsPart(node, words, edit) {
  const now = node.products ?? { skus: [], name_contains: '' };
  const summary = h('summary', { class: 'sg-fld', 'data-part': 'products' });
  const tell = () => {
    const chosen = [now.name_contains, ...now.skus.slice(0, 2)].filter(Boolean).join(words.comma);
    summary.replaceChildren(chosen || icon('package'));
    summary.title = chosen || words.any_product;
    summary.setAttribute('aria-label', `${words.products}: ${summary.title}`);
    summary.classList.toggle('sg-val', Boolean(node.products));
    summary.classList.toggle('sg-plain', !node.products);
  };
  const set = (change) => edit(() => {
    Object.assign(now, change);
    node.products = now.name_contains || now.skus.length ? now : null;
    tell();
  });
  const field = (label, value, oninput) => h('label', { class: 'zy-field' }, h('span', { class: 'meta' }, label), h('input', { class: 'form-control', value, autocomplete: 'off', oninput: (event) => oninput(event.target.value) }));
  tell();
  return h('details', { class: 'zy-menu sg-pick' }, summary, h('div', { class: 'zy-pop' },
    field(words.name_contains, now.name_contains, (value) => set({ name_contains: value.trim() })),
    field(words.skus, now.skus.join(', '), (value) => set({ skus: value.split(/[,，、\s]+/).filter(Boolean) }))));
}

function agreedParts(node, offered, edit) {
  const { words } = offered;
  return [
    select('channel', words.what, offered.channels, node.channel, (chosen) => edit(() => { node.channel = chosen; if (chosen === 'none') node.purpose = 'profiling'; }, true)),
    select('purpose', words.what, offered.purposes, node.purpose, (chosen) => edit(() => { node.purpose = chosen; })),
    select('granted', words.how, [['true', words.granted], ['false', words.not_granted]], node.granted, (chosen) => edit(() => { node.granted = chosen === 'true'; }), 'sg-val'),
  ];
}

function segmentParts(node, offered, edit) {
  const { words } = offered;
  return [
    select('member', words.how, [['true', words.member], ['false', words.not_member]], node.member, (chosen) => edit(() => { node.member = chosen === 'true'; })),
    select('segment', words.segment, offered.segments, node.segment, (chosen) => edit(() => { node.segment = chosen; }), 'sg-val'),
  ];
}
