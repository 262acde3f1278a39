// Asks this browser whether it may be called, and tells the server where. Shown only where it can.
const place = document.querySelector('[data-push]');
const able = 'serviceWorker' in navigator && 'PushManager' in window && window.isSecureContext;

const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const bytes = (word) => Uint8Array.from(atob(word.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));

function name() {
  const { userAgentData: told, userAgent } = navigator;
  const brand = told?.brands?.find((one) => !/not.*brand|chromium/i.test(one.brand))?.brand;
  const known = brand ?? userAgent.match(/(Firefox|Edg|Chrome|Safari)/)?.[1] ?? '';
  return [known, told?.platform ?? navigator.platform].filter(Boolean).join(', ');
}

async function turnOn() {
  if (await Notification.requestPermission() !== 'granted') throw new Error(place.dataset.denied);
  const worker = await navigator.serviceWorker.register('/worker.js', { scope: '/' });
  await navigator.serviceWorker.ready;
  const held = await worker.pushManager.getSubscription();
  await held?.unsubscribe();
  const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(place.dataset.key) });
  const body = new URLSearchParams({ endpoint: made.endpoint, key: text(made.getKey('p256dh')), secret: text(made.getKey('auth')), name: name() });
  const answer = await fetch(place.dataset.push, { method: 'POST', body, headers: { 'X-CSRFToken': document.body.dataset.csrf ?? '' } });
  if (!answer.ok) throw new Error(answer.status === 422 ? await answer.text() : place.dataset.failed);
  location.reload();
}

if (place && able) {
  const button = place.querySelector('button[data-on]');
  button.hidden = false;
  place.querySelector('[data-unable]').hidden = true;
  button.addEventListener('click', () => {
    turnOn().catch((error) => { place.querySelector('[role=alert]').textContent = error.message || place.dataset.failed; });
  });
}
