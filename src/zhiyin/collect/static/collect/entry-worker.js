// The service worker of quick entry: keeps the page and its files, so that it opens without a line.
// The page is asked for first and taken from here only where nobody answers; files never change
// under their address. Nothing else of the product is answered or kept.
const KEPT = 'zhiyin-entry-1';
const PAGE = '/entry/';
const FILES = new Set(['style', 'script', 'font', 'image']);

self.addEventListener('install', () => self.skipWaiting());

self.addEventListener('activate', (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) {
    if (name.startsWith('zhiyin-entry-') && name !== KEPT) await caches.delete(name);
  }
  await self.clients.claim();
})()));

async function page(request) {
  const cache = await caches.open(KEPT);
  try {
    const answer = await fetch(request);
    if (answer.ok && !answer.redirected) await cache.put(PAGE, answer.clone());
    return answer;
  } catch (error) {
    const kept = await cache.match(PAGE);
    if (kept) return kept;
    throw error;
  }
}

async function file(request) {
  const cache = await caches.open(KEPT);
  const kept = await cache.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) await cache.put(request, answer.clone());
  return answer;
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== 'GET' || address.origin !== self.location.origin) return;
  if (request.mode === 'navigate' && address.pathname === PAGE) event.respondWith(page(request));
  else if (FILES.has(request.destination)) event.respondWith(file(request));
});
