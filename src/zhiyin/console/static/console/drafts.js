// What somebody types into a long form is kept in this tab until it is sent: a session that ends, a
// reload or a wrong click loses nothing. Of any other form, what was sent is kept until a page shows
// that it arrived. Kept under the form's own key and the person's; passwords and files never.
const WHO = document.body.dataset.who ?? '';
const FORMS = 'form[data-draft]';
const SENDS = 'form[method="post"]';
const START = 'draft:';
const SENT = 'draft-sent'; // the form that was sent last, until a page says what became of it
const STOPPED = 'draft-stopped'; // ... which was the sign-in
const SIGN_IN = /^\/account\/(login|company|2fa\/authenticate)/;
const name = (form) => form.dataset.draft ?? `${location.pathname}>${form.getAttribute('action') ?? ''}`;
const key = (form) => `${START}${WHO}:${name(form)}`;
const kept = (control) => control.name && !['hidden', 'password', 'file', 'submit', 'button'].includes(control.type);
const ticks = (control) => control.type === 'checkbox' || control.type === 'radio';

function write(form) {
  const values = {};
  for (const control of form.elements) {
    if (!kept(control)) continue;
    if (ticks(control)) { if (control.checked !== control.defaultChecked) values[`${control.name}=${control.value}`] = control.checked; }
    else if (control.tagName === 'SELECT' ? !control.selectedOptions[0]?.defaultSelected : control.value !== control.defaultValue) values[control.name] = control.value;
  }
  try { sessionStorage.setItem(key(form), JSON.stringify(values)); } catch { /* a full store keeps nothing; typing goes on */ }
}

function restore(form) {
  let values = null;
  try { values = JSON.parse(sessionStorage.getItem(key(form))); } catch { /* not ours */ }
  if (!values) return false;
  for (const control of form.elements) {
    if (!kept(control)) continue;
    const tick = values[`${control.name}=${control.value}`];
    if (ticks(control)) { if (tick !== undefined) control.checked = tick; }
    else if (values[control.name] !== undefined) control.value = values[control.name];
  }
  return true;
}

// After the sign-in: what was sent before it stands in its form again, out in the open.
function bring(form) {
  if (key(form) !== sessionStorage.getItem(SENT) || !restore(form)) return;
  const dialog = form.closest('dialog');
  if (dialog && !dialog.open) document.querySelector(`[data-opens="${CSS.escape(dialog.id)}"]`)?.click();
}

// A sign-in that is over before its own scripts ran is known by where this page was asked from.
function signedInJustNow() {
  if (sessionStorage.getItem(STOPPED)) return true;
  try { return SIGN_IN.test(new URL(document.referrer).pathname); } catch { return false; }
}

function begin() {
  if (!WHO) { // the sign-in: what was sent just now did not arrive
    if (sessionStorage.getItem(SENT)) sessionStorage.setItem(STOPPED, '1');
    return;
  }
  for (const one of Object.keys(sessionStorage)) {
    if (one.startsWith(START) && !one.startsWith(`${START}${WHO}:`)) sessionStorage.removeItem(one);
  }
  const sent = sessionStorage.getItem(SENT);
  // It arrived: saved, or shown again with what was typed.
  if (sent && !signedInJustNow()) sessionStorage.removeItem(sent);
  else if (sent) document.querySelectorAll(SENDS).forEach(bring);
  sessionStorage.removeItem(SENT);
  sessionStorage.removeItem(STOPPED);
  document.querySelectorAll(FORMS).forEach(restore);
}

for (const kind of ['input', 'change']) {
  document.addEventListener(kind, (event) => {
    const form = event.target.closest?.(FORMS);
    if (form) write(form);
  });
}
document.addEventListener('submit', (event) => {
  if (!WHO || !event.target.matches?.(SENDS)) return;
  write(event.target);
  sessionStorage.setItem(SENT, key(event.target));
});
document.addEventListener('click', (event) => {
  const form = event.target.closest?.('[data-draft-drop]')?.closest(FORMS);
  if (form) sessionStorage.removeItem(key(form));
});
document.addEventListener('htmx:afterRequest', (event) => {
  const form = event.detail.elt;
  const left = event.detail.xhr?.getResponseHeader('HX-Redirect'); // to the sign-in, it may be
  if (!event.detail.successful || left || !form.matches?.(SENDS)) return;
  if (!form.dataset.draft) sessionStorage.removeItem(key(form));
  sessionStorage.removeItem(SENT);
});
begin();
