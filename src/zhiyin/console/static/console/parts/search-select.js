// A select that is searched by typing: words, pinyin or initials. The real <select> stays in the
// form, hidden; this is the combobox of the WAI-ARIA patterns in front of it.
import { ask } from '../ask.js';

const MOST = 100; // choices shown at once; typing narrows them
const WAIT = 150; // milliseconds before the server is asked
let number = 0;

const fold = (text) => text.normalize('NFKC').toLowerCase().replace(/\s+/g, '');

// How well a choice answers what was typed; 0 is not at all.
function fit(option, asked) {
  if (!asked) return 1;
  const words = fold(option.label);
  const [pinyin = '', initials = ''] = (option.dataset.find ?? '').split(' ');
  if (words.startsWith(asked)) return 6;
  if (initials.startsWith(asked)) return 5;
  if (pinyin.startsWith(asked)) return 4;
  if (words.includes(asked)) return 3;
  return pinyin.includes(asked) || initials.includes(asked) ? 2 : 0;
}

class Picker {
  constructor(select) {
    this.select = select;
    this.many = select.multiple;
    this.known = [...select.options];
    this.shown = [];
    this.at = -1;
    this.turn = 0;
    this.build();
    this.listen();
    this.write();
  }

  build() {
    const { select } = this;
    number += 1;
    this.box = document.createElement('div');
    this.box.className = `zy-pick${this.many ? ' many' : ''}`;
    this.input = document.createElement('input');
    this.list = document.createElement('ul');
    Object.assign(this.list, { id: `pick-${number}`, className: 'zy-pick-list', popover: 'manual' });
    this.list.setAttribute('role', 'listbox');
    if (this.many) this.list.setAttribute('aria-multiselectable', 'true');
    Object.assign(this.input, {
      type: 'text', autocomplete: 'off', spellcheck: false, className: 'form-select', id: select.id || `pick-${number}-input`,
      placeholder: select.dataset.placeholder ?? '', disabled: select.disabled,
    });
    const named = { role: 'combobox', 'aria-expanded': 'false', 'aria-controls': this.list.id, 'aria-autocomplete': 'list' };
    for (const [name, value] of Object.entries(named)) this.input.setAttribute(name, value);
    for (const name of ['aria-label', 'aria-describedby', 'aria-invalid']) {
      if (select.hasAttribute(name)) this.input.setAttribute(name, select.getAttribute(name));
    }
    const label = select.getAttribute('aria-label') ?? select.labels?.[0]?.textContent.trim() ?? '';
    this.list.setAttribute('aria-label', label);
    if (select.id) select.id = `${select.id}-native`;
    select.classList.add('sr');
    select.tabIndex = -1;
    select.setAttribute('aria-hidden', 'true');
    select.before(this.box);
    this.chips = document.createElement('span');
    this.chips.className = 'zy-pick-chips';
    this.box.append(...(this.many ? [this.chips] : []), this.input, select, this.list);
  }

  listen() {
    this.input.addEventListener('input', () => { this.typed = true; this.open(); this.search(); });
    this.input.addEventListener('click', () => { this.open(); this.search(); });
    this.input.addEventListener('focus', () => { if (!this.many) this.input.select(); });
    this.input.addEventListener('blur', () => { this.close(); this.write(); });
    this.input.addEventListener('keydown', (event) => this.key(event));
    this.select.addEventListener('focus', () => this.input.focus());
    this.select.addEventListener('change', () => this.write());
    this.select.form?.addEventListener('reset', () => setTimeout(() => this.write()));
    this.list.addEventListener('pointerdown', (event) => event.preventDefault()); // keep the focus
    this.list.addEventListener('click', (event) => {
      const at = [...this.list.querySelectorAll('[role="option"]')].indexOf(event.target.closest('[role="option"]'));
      if (at >= 0) this.choose(at);
    });
    this.chips.addEventListener('click', (event) => {
      const value = event.target.closest('button')?.value;
      if (value !== undefined) this.set(value, false);
    });
    addEventListener('scroll', () => this.place(), { capture: true, passive: true });
    addEventListener('resize', () => this.place());
  }

  get isOpen() { return this.list.matches(':popover-open'); }

  open() {
    if (this.isOpen || this.input.disabled) return;
    this.list.showPopover();
    this.input.setAttribute('aria-expanded', 'true');
    this.place();
  }

  close() {
    if (!this.isOpen) return;
    this.list.hidePopover();
    this.input.setAttribute('aria-expanded', 'false');
    this.input.removeAttribute('aria-activedescendant');
    this.typed = false;
  }

  place() {
    if (!this.isOpen) return;
    const field = this.box.getBoundingClientRect();
    const below = innerHeight - field.bottom - 12;
    const above = field.top - 12;
    const up = below < 180 && above > below;
    const { style } = this.list;
    style.left = `${field.left}px`;
    style.width = `${field.width}px`;
    style.maxHeight = `${Math.min(320, up ? above : below)}px`;
    style.top = up ? 'auto' : `${field.bottom + 4}px`;
    style.bottom = up ? `${innerHeight - field.top + 4}px` : 'auto';
  }

  search() {
    const asked = this.typed ? this.input.value : '';
    clearTimeout(this.timer);
    if (!this.select.dataset.src || (!asked && !this.typed)) { this.show(this.known, fold(asked)); return; }
    this.timer = setTimeout(() => this.askServer(asked), WAIT);
  }

  async askServer(asked) {
    this.turn += 1;
    const turn = this.turn;
    const { src } = this.select.dataset;
    const text = await ask(`${src}${src.includes('?') ? '&' : '?'}q=${encodeURIComponent(asked)}`);
    if (turn !== this.turn || !this.isOpen) return;
    const page = new DOMParser().parseFromString(`<select>${text}</select>`, 'text/html');
    this.show([...page.querySelectorAll('option')], '');
  }

  show(options, asked) {
    const usable = options.filter((option) => !option.disabled && !option.hidden);
    const ranked = usable.map((option) => [fit(option, asked), option]).filter(([score]) => score > 0);
    if (asked) ranked.sort(([a], [b]) => b - a);
    this.shown = ranked.slice(0, MOST).map(([, option]) => option);
    const chosen = new Set([...this.select.selectedOptions].map((option) => option.value));
    let group = null;
    const lines = [];
    this.shown.forEach((option, i) => {
      const own = !asked && option.parentElement instanceof HTMLOptGroupElement ? option.parentElement.label : null;
      if (own && own !== group) lines.push(Object.assign(document.createElement('li'), { className: 'group', role: 'presentation', textContent: own }));
      group = own;
      const line = document.createElement('li');
      line.id = `${this.list.id}-${i}`;
      line.setAttribute('role', 'option');
      line.setAttribute('aria-selected', String(chosen.has(option.value)));
      line.textContent = option.label || ' ';
      if (option.dataset.about) line.append(Object.assign(document.createElement('span'), { className: 'meta', textContent: option.dataset.about }));
      lines.push(line);
    });
    if (!lines.length) lines.push(Object.assign(document.createElement('li'), { className: 'none', textContent: this.select.dataset.none ?? '–' }));
    this.list.replaceChildren(...lines);
    const here = this.shown.findIndex((option) => chosen.has(option.value));
    this.move(asked || this.many || here < 0 ? 0 : here);
    this.place();
  }

  move(at) {
    const lines = [...this.list.querySelectorAll('[role="option"]')];
    this.at = lines.length ? (at + lines.length) % lines.length : -1;
    lines.forEach((line, i) => line.classList.toggle('at', i === this.at));
    if (this.at < 0) this.input.removeAttribute('aria-activedescendant');
    else {
      this.input.setAttribute('aria-activedescendant', lines[this.at].id);
      lines[this.at].scrollIntoView({ block: 'nearest' });
    }
  }

  choose(at) {
    const option = this.shown[at];
    if (!option) return;
    this.set(option.value, this.many ? ![...this.select.selectedOptions].some((o) => o.value === option.value) : true, option);
    this.input.value = '';
    this.typed = false;
    if (this.many) this.show(this.known, '');
    else { this.close(); this.write(); }
  }

  set(value, on, from = null) {
    let own = [...this.select.options].find((option) => option.value === value);
    if (!own && from) {
      own = new Option(from.label, value);
      this.select.add(own);
    }
    if (!own) return;
    if (this.many) own.selected = on;
    else this.select.value = value;
    this.select.dispatchEvent(new Event('input', { bubbles: true }));
    this.select.dispatchEvent(new Event('change', { bubbles: true }));
  }

  write() {
    const chosen = [...this.select.selectedOptions];
    if (!this.many) {
      if (!this.typed) this.input.value = chosen[0]?.value ? chosen[0].label.trim() : '';
      if (chosen[0] && !chosen[0].value && !this.select.dataset.placeholder) this.input.placeholder = chosen[0].label;
      return;
    }
    this.input.value = this.typed ? this.input.value : '';
    // A chip that is pressed must still be there when the press ends.
    const written = chosen.map((option) => option.value).join('\n');
    if (written === this.written) return;
    this.written = written;
    const word = this.select.dataset.remove ?? '';
    this.chips.replaceChildren(...chosen.map((option) => {
      const chip = Object.assign(document.createElement('span'), { className: 'chip' });
      const text = Object.assign(document.createElement('b'), { textContent: option.label });
      const button = Object.assign(document.createElement('button'), { type: 'button', value: option.value, textContent: '×' });
      button.setAttribute('aria-label', `${word} ${option.label}`.trim());
      chip.append(text, button);
      return chip;
    }));
  }

  key(event) {
    if (event.isComposing) return; // Enter that ends a pinyin word chooses nothing
    const { key } = event;
    if (key === 'ArrowDown' || key === 'ArrowUp') {
      if (!this.isOpen) { this.open(); this.search(); } else this.move(this.at + (key === 'ArrowDown' ? 1 : -1));
    } else if (key === 'Enter' && this.isOpen && !event.ctrlKey && !event.metaKey) this.choose(this.at);
    else if (key === 'Escape' && this.isOpen) { this.close(); this.write(); } else if (key === 'Backspace' && this.many && !this.input.value) {
      const last = [...this.select.selectedOptions].at(-1);
      if (last) this.set(last.value, false);
      return;
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

const made = new WeakSet();

export function start(select) {
  if (made.has(select)) return;
  made.add(select);
  new Picker(select);
}
