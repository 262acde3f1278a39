// The service worker: shows a push and opens the list. It keeps nothing and answers no request.
self.addEventListener('push', (event) => {
  let told = {};
  try { told = event.data?.json() ?? {}; } catch { /* not ours: a plain line is shown */ }
  const title = typeof told.title === 'string' ? told.title : 'Zhiyin';
  event.waitUntil(self.registration.showNotification(title, { tag: 'zhiyin', data: told.url }));
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const path = typeof event.notification.data === 'string' ? event.notification.data : '/';
  const target = new URL(path, self.location.origin);
  if (target.origin !== self.location.origin) return;
  event.waitUntil((async () => {
    const open = await self.clients.matchAll({ type: 'window' });
    const one = open.find((client) => new URL(client.url).pathname === target.pathname);
    await (one ? one.focus() : self.clients.openWindow(target.href));
  })());
});
