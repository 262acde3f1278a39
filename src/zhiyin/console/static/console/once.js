// A form that was sent is not sent again while its answer is on the way: three presses on a slow
// server make one thing. It opens again with the answer, with a step back, or when nothing came.
const OPENS_AFTER = 10000; // ms; a download answers without leaving the page
const sent = new WeakMap(); // by form: the button that sent it; another button asks something else
const changes = (form) => form.method === 'post' || form.hasAttribute('hx-post');

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (!changes(form) || !sent.has(form) || sent.get(form) !== event.submitter) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);
window.addEventListener('submit', (event) => {
  const form = event.target;
  // What a script of ours takes over is opened by that script's own answer.
  if (!changes(form) || (event.defaultPrevented && !form.hasAttribute('hx-post'))) return;
  sent.set(form, event.submitter);
  setTimeout(() => sent.delete(form), OPENS_AFTER);
});
document.addEventListener('htmx:afterRequest', (event) => sent.delete(event.detail.elt));
window.addEventListener('pageshow', (event) => {
  if (event.persisted) document.querySelectorAll('form').forEach((form) => sent.delete(form));
});
