// Nested conditions: groups of "all", "any" or "none", fields of this object and of related ones.
// The tree is written into the form's hidden field; the server tells what it means.
import { ask } from '../console/ask.js';

const make = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) node.setAttribute(key, value === true ? '' : value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
};

class Builder {
  constructor(form) {
    this.form = form;
    this.schema = JSON.parse(form.dataset.schema);
    this.word = {};
    for (const one of form.closest('dialog').querySelector('template[data-words]').content.querySelectorAll('[data-word]')) this.word[one.dataset.word] = one.textContent;
    const given = form.elements.where.value;
    this.root = given ? this.group(JSON.parse(given)) : { mode: 'all', parts: [this.first(this.schema)] };
    this.draw();
  }

  // A tree from the server as groups and conditions that a person can edit.
  group(tree) {
    if (tree.is === 'not' && (tree.of.is === 'any' || tree.of.is === 'all' && tree.of.of.length === 1)) return { mode: 'none', parts: tree.of.of.map((one) => this.part(one)) };
    if (tree.is === 'all' || tree.is === 'any') return { mode: tree.is, parts: tree.of.map((one) => this.part(one)) };
    if (tree.is === 'not') return { mode: 'none', parts: [this.part(tree.of)] };
    return { mode: 'all', parts: [this.part(tree)] };
  }

  part(tree) {
    if (tree.is === 'field') return { field: tree.field, op: tree.op, values: tree.values ?? [] };
    if (tree.is === 'has') return { relation: tree.relation, group: this.group(tree.where) };
    return { group: this.group(tree) };
  }

  first(schema) {
    const field = schema.fields[0];
    return { field: field.key, op: field.operators[0].key, values: [] };
  }

  // And back. A condition without its values yet is left out.
  tree(group, schema) {
    const of = group.parts.map((one) => this.leaf(one, schema)).filter(Boolean);
    if (group.mode === 'none') return of.length ? { is: 'not', of: { is: 'any', of } } : null;
    if (!of.length) return null;
    return of.length === 1 ? of[0] : { is: group.mode, of };
  }

  leaf(one, schema) {
    if (one.group) {
      const relation = one.relation && schema.relations.find((r) => r.key === one.relation);
      const inner = this.tree(one.group, relation ? relation.schema : schema);
      if (!inner) return null;
      return one.relation ? { is: 'has', relation: one.relation, where: inner } : inner;
    }
    const wanted = { empty: 0, filled: 0, between: 2 }[one.op] ?? 1;
    const values = one.values.filter((value) => value !== '');
    if (values.length < wanted) return null;
    return wanted ? { is: 'field', field: one.field, op: one.op, values: wanted === 2 ? values.slice(0, 2) : values } : { is: 'field', field: one.field, op: one.op };
  }

  draw(focus = null) {
    const place = this.form.querySelector('[data-tree]');
    place.replaceChildren(this.drawGroup(this.root, this.schema, null, 1));
    if (focus) place.querySelector(focus)?.focus();
    this.told();
  }

  drawGroup(group, schema, above, depth, relation = null) {
    const mode = make('select', { class: 'form-select', 'aria-label': this.word.group, onchange: (event) => { group.mode = event.target.value; this.told(); } },
      ...['all', 'any', 'none'].map((key) => make('option', { value: key, selected: key === group.mode }, this.word[key])));
    const head = make('div', { class: 'ghead' },
      relation ? make('span', { class: 'rel' }, `${relation.many ? this.word.many : this.word.one} ${relation.label}`) : null,
      mode, above ? this.remover(above) : null);
    const body = make('div', { class: 'gbody' }, ...group.parts.map((one, at) => this.drawPart(one, at, group, schema, depth)));
    const add = (label, attributes, act) => make('button', { type: 'button', class: 'btn btn-quiet btn-sm', ...attributes, onclick: act }, `+ ${label}`);
    const foot = make('div', { class: 'gfoot' },
      add(this.word.add, { 'data-add': true }, () => { group.parts.push(this.first(schema)); this.draw(); this.last(); }),
      depth < this.schema.limits.depth - 2 ? add(this.word.group, {}, () => { group.parts.push({ group: { mode: 'any', parts: [this.first(schema)] } }); this.draw(); this.last(); }) : null,
      ...(schema.relations ?? []).map((one) => add(`${one.many ? this.word.many : this.word.one} ${one.label}`, {}, () => {
        group.parts.push({ relation: one.key, group: { mode: 'all', parts: [this.first(one.schema)] } });
        this.draw(); this.last();
      })));
    return make('div', { class: `group${relation ? ' related' : ''}`, role: 'group' }, head, body, foot);
  }

  last() { [...this.form.querySelectorAll('.cond select')].at(-1)?.closest('.cond').querySelector('select')?.focus(); }

  remover(act) { return make('button', { type: 'button', class: 'btn-ico', 'aria-label': this.word.remove, onclick: act }, '×'); }

  drawPart(one, at, group, schema, depth) {
    const remove = () => { group.parts.splice(at, 1); this.draw('[data-add]'); };
    if (one.group) {
      const relation = one.relation ? schema.relations.find((r) => r.key === one.relation) : null;
      return this.drawGroup(one.group, relation ? relation.schema : schema, remove, depth + 1, relation);
    }
    const field = schema.fields.find((f) => f.key === one.field) ?? schema.fields[0];
    const fields = make('select', { class: 'form-select', 'aria-label': this.word.field, onchange: (event) => {
      const next = schema.fields.find((f) => f.key === event.target.value);
      Object.assign(one, { field: next.key, op: next.operators[0].key, values: [] });
      this.draw();
    } }, ...schema.fields.map((f) => make('option', { value: f.key, selected: f.key === field.key }, f.label)));
    const operators = make('select', { class: 'form-select op', 'aria-label': this.word.operator, onchange: (event) => { one.op = event.target.value; this.draw(); } },
      ...field.operators.map((op) => make('option', { value: op.key, selected: op.key === one.op }, op.label)));
    return make('div', { class: 'cond' }, fields, operators, make('span', { class: 'vals' }, ...this.values(one, field)), this.remover(remove));
  }

  values(one, field) {
    if (one.op === 'empty' || one.op === 'filled') return [];
    const days = one.op === 'older' || one.op === 'within';
    const set = (at) => (event) => { one.values[at] = event.target.value; this.told(); };
    if (field.options.length && !days) {
      return [make('select', { class: 'form-select', 'aria-label': this.word.value, onchange: set(0) }, make('option', { value: '' }, '–'),
        ...field.options.map(([key, label]) => make('option', { value: key, selected: one.values[0] === key }, label)))];
    }
    const type = days || ['number', 'money', 'percent'].includes(field.kind) ? 'number' : ['date', 'moment'].includes(field.kind) ? 'date' : 'text';
    const input = (at) => make('input', { class: 'form-control', type, step: type === 'number' ? 'any' : undefined, value: one.values[at] ?? '', 'aria-label': this.word.value, oninput: set(at), maxlength: 120 });
    if (one.op === 'between') return [input(0), this.word.and, input(1)];
    return [input(0), days ? this.word.days : field.unit];
  }

  told() {
    const tree = this.tree(this.root, this.schema);
    this.form.elements.where.value = tree ? JSON.stringify(tree) : '';
    clearTimeout(this.waiting);
    this.waiting = setTimeout(async () => {
      const query = new URLSearchParams({ set: '1', where: this.form.elements.where.value });
      this.form.querySelector('[data-told]').innerHTML = await ask(`${this.form.dataset.tell}?${query}`);
    }, 200);
  }
}

function begin() {
  for (const form of document.querySelectorAll('form[data-builder]:not([data-begun])')) {
    form.dataset.begun = '1';
    new Builder(form);
  }
}
new MutationObserver(begin).observe(document.body, { childList: true });
begin();
