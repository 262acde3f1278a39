// The live list: follows the server's stream, or asks every three seconds where there is none.
// Rows come drawn from the server; at most MOST are kept, and while paused they wait in a queue.
const MOST = 200;
const body = document.getElementById('live-rows');
const state = document.getElementById('live-state');
const pause = document.getElementById('live-pause');
const split = document.getElementById('live-split');
let waiting = [];
let paused = false;
let asking = 0;

const say = (word) => { state.textContent = state.dataset[word]; };

function put(rows) {
  for (const row of rows.reverse()) {
    if (body.querySelector(`[data-ref="${row.dataset.ref}"]`)) continue;
    body.prepend(row);
  }
  while (body.rows.length > MOST) body.lastElementChild.remove();
  if (body.rows.length) document.getElementById('live-empty')?.remove();
}

function arrive(html) {
  const made = document.createElement('template');
  made.innerHTML = html;
  const rows = [...made.content.querySelectorAll('tr')];
  if (!paused) put(rows);
  else waiting = [...rows, ...waiting].slice(0, MOST);
}

function ask() {
  asking ||= setInterval(() => { if (!paused && !document.hidden) window.htmx?.trigger(body, 'poll-live'); }, 3000);
  say('lost');
}

function follow() {
  const stream = new EventSource(body.dataset.stream);
  stream.addEventListener('open', () => {
    clearInterval(asking);
    asking = 0;
    if (!paused) say('on');
  });
  stream.addEventListener('rows', (event) => arrive(event.data));
  stream.addEventListener('error', () => { if (stream.readyState === EventSource.CLOSED) ask(); });
}

pause.hidden = false;
pause.addEventListener('click', () => {
  paused = !paused;
  pause.setAttribute('aria-pressed', String(paused));
  say(paused ? 'paused' : asking ? 'lost' : 'on');
  if (!paused) put(waiting.splice(0));
});

// An event opens beside the list, which goes on; without script the link is a page of its own.
document.addEventListener('click', async (event) => {
  const link = event.target.closest('a[data-way]');
  if (!link || event.metaKey || event.ctrlKey) return;
  event.preventDefault();
  const answer = await fetch(link.dataset.way, { headers: { 'HX-Request': 'true' } });
  if (!answer.ok || answer.redirected) { location.href = link.href; return; }
  const made = document.createElement('template');
  made.innerHTML = await answer.text();
  const drawer = made.content.querySelector('aside');
  document.getElementById('drawer').replaceWith(drawer);
  split.classList.add('open');
  for (const row of body.rows) row.classList.toggle('open', row.contains(link));
  history.replaceState(null, '', link.href);
  drawer.querySelector('h2')?.focus();
});

document.addEventListener('click', (event) => {
  const close = event.target.closest('#drawer [data-close-drawer]');
  if (!close) return;
  event.preventDefault();
  history.replaceState(null, '', close.href);
  const empty = document.createElement('div');
  empty.id = 'drawer';
  empty.hidden = true;
  document.getElementById('drawer').replaceWith(empty);
  split.classList.remove('open');
  body.querySelector('tr.open a')?.focus();
  body.querySelector('tr.open')?.classList.remove('open');
});

if ('EventSource' in window) follow();
else ask();
