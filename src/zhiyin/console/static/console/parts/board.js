// A board of cards: moved by dragging, by the menu of a card, or by the keyboard (Space lifts,
// arrows carry, Space sets down, Esc puts back). Each move is one request; the server answers with
// the board as it is then, with its counts and sums.
import { start as startParts } from '../parts.js';

const made = new WeakSet();
let loading;

// SortableJS comes only where something can be dragged.
function sortable(address) {
  loading ??= new Promise((done, failed) => {
    const script = document.createElement('script');
    Object.assign(script, { src: address, onload: () => done(window.Sortable), onerror: failed });
    document.head.append(script);
  });
  return loading;
}

const laneOf = (card) => card.closest('[data-lane]');
const cardsOf = (lane) => [...lane.querySelectorAll('[data-card]')];
const said = (board, name, card) => (board.dataset[name] ?? '')
  .replace('[card]', card.dataset.name)
  .replace('[lane]', laneOf(card).dataset.name)
  .replace('[place]', cardsOf(laneOf(card)).indexOf(card) + 1);

class Board {
  constructor(board) {
    this.board = board;
    this.live = board.querySelector('[aria-live]');
    this.asItWas = board.cloneNode(true);
    board.addEventListener('keydown', (event) => this.key(event));
    board.addEventListener('submit', (event) => this.fromMenu(event));
    board.addEventListener('focusout', () => setTimeout(() => { if (this.lifted && !this.busy && !this.lifted.contains(document.activeElement)) this.putBack(); }));
    sortable(board.dataset.sortable).then((Sortable) => { if (board.isConnected) this.drag(Sortable); }, () => {});
  }

  drag(Sortable) {
    for (const cards of this.board.querySelectorAll('[data-cards]')) {
      new Sortable(cards, {
        group: this.board.id, draggable: '[data-card]', filter: 'details, a, button', preventOnFilter: false, animation: 120,
        forceFallback: true, fallbackOnBody: true, fallbackTolerance: 4, delay: 120, delayOnTouchOnly: true,
        ghostClass: 'place', fallbackClass: 'lifted', scroll: true,
        onStart: ({ item }) => { item.dataset.here = said(this.board, 'here', item); },
        onChange: ({ item }) => { item.dataset.here = said(this.board, 'here', item); },
        onEnd: ({ item, from, to, oldIndex, newIndex }) => { 
          // Sortable still tidies up after this; the board is replaced only then.
          if (from !== to || oldIndex !== newIndex) setTimeout(() => this.send(item));
        },
      });
    }
  }

  async send(card, focus = false) {
    const places = cardsOf(laneOf(card));
    const at = places.indexOf(card);
    const body = new URLSearchParams({
      card: card.dataset.card,
      lane: laneOf(card).dataset.lane,
      above_id: places[at - 1]?.dataset.card ?? '',
      below_id: places[at + 1]?.dataset.card ?? '',
      csrfmiddlewaretoken: document.body.dataset.csrf ?? '',
    });
    await this.post(body, card.dataset.card, focus);
  }

  fromMenu(event) {
    const form = event.target.closest('form[data-move]');
    if (!form) return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form, event.submitter));
    this.post(body, form.closest('[data-card]').dataset.card, true);
  }

  async post(body, id, focus) {
    const { board } = this;
    this.busy = true;
    board.setAttribute('aria-busy', 'true');
    try {
      const answer = await fetch(board.dataset.board, { method: 'POST', body, headers: { 'HX-Request': 'true' } });
      const elsewhere = answer.headers.get('HX-Redirect');
      if (elsewhere) { location.href = elsewhere; return; }
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const next = page.querySelector('[data-board]');
      if (!next) throw new Error(String(answer.status));
      const scrolled = board.scrollLeft;
      board.replaceWith(next);
      next.scrollLeft = scrolled;
      startParts(next);
      const card = next.querySelector(`[data-card="${CSS.escape(id)}"]`);
      if (card && focus) card.focus();
      if (card) next.querySelector('[aria-live]').textContent = said(next, 'done', card);
    } catch {
      // Nothing was changed there, so nothing may look changed here.
      board.replaceWith(this.asItWas);
      startParts(this.asItWas);
      document.dispatchEvent(new CustomEvent('zhiyin:unreachable'));
    }
  }

  lift(card) {
    this.lifted = card;
    this.home = { lane: card.parentElement, next: card.nextElementSibling };
    card.classList.add('carried');
    this.live.textContent = said(this.board, 'lifted', card);
  }

  putBack() {
    const card = this.lifted;
    this.lifted = null;
    card.classList.remove('carried');
    this.home.lane.insertBefore(card, this.home.next);
    this.live.textContent = said(this.board, 'back', card);
  }

  carry(key) {
    const card = this.lifted;
    const cards = card.parentElement;
    const lanes = [...this.board.querySelectorAll('[data-cards]')];
    const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (key === 'ArrowUp') card.previousElementSibling?.before(card);
    else if (key === 'ArrowDown') card.nextElementSibling?.after(card);
    else {
      const next = lanes[lanes.indexOf(cards) + step];
      if (!next) return;
      const at = cardsOf(laneOf(card)).indexOf(card);
      next.insertBefore(card, next.children[at] ?? null);
    }
    card.focus();
    card.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    this.live.textContent = said(this.board, 'carried', card);
  }

  key(event) {
    const card = event.target.closest('[data-card]');
    if (!card || event.target !== card || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === ' ') {
      if (this.lifted) {
        this.lifted.classList.remove('carried');
        this.lifted = null;
        this.send(card, true);
      } else this.lift(card);
    } else if (event.key === 'Escape' && this.lifted) { this.putBack(); card.focus(); } else if (event.key.startsWith('Arrow')) {
      if (this.lifted) this.carry(event.key);
      else this.walk(card, event.key);
    } else if (event.key === 'Enter') card.querySelector('a')?.click();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  walk(card, key) {
    const lanes = [...this.board.querySelectorAll('[data-lane]')];
    const here = cardsOf(laneOf(card));
    const at = here.indexOf(card);
    if (key === 'ArrowUp' || key === 'ArrowDown') { here[at + (key === 'ArrowUp' ? -1 : 1)]?.focus(); return; }
    const step = key === 'ArrowLeft' ? -1 : 1;
    for (let i = lanes.indexOf(laneOf(card)) + step; lanes[i]; i += step) {
      const there = cardsOf(lanes[i]);
      if (there.length) { there[Math.min(at, there.length - 1)].focus(); return; }
    }
  }
}

export function start(board) {
  if (made.has(board)) return;
  made.add(board);
  new Board(board);
}
