// What somebody types into a long form is kept in this tab until it is sent: a session that ends, a
// reload or a wrong click loses nothing. Kept under the form's own key and the person's; passwords
// and files never.
const WHO = document.body.dataset.who ?? '';
const FORMS = 'form[data-draft]';
const START = 'draft:';
const SENT = 'draft-sent'; // the form that was sent last, until a page says what became of it
const STOPPED = 'draft-stopped'; // ... which was the sign-in
const key = (form) => `${START}${WHO}:${form.dataset.draft}`;
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
  if (!values) return;
  for (const control of form.elements) {
    if (!kept(control)) continue;
    const tick = values[`${control.name}=${control.value}`];
    if (ticks(control)) { if (tick !== undefined) control.checked = tick; }
    else if (values[control.name] !== undefined) control.value = values[control.name];
  }
}

function begin() {
  if (!WHO) { // the sign-in: what was sent just now did not arrive
    if (sessionStorage.getItem(SENT)) sessionStorage.setItem(STOPPED, '1');
    return;
  }
  for (const name of Object.keys(sessionStorage)) {
    if (name.startsWith(START) && !name.startsWith(`${START}${WHO}:`)) sessionStorage.removeItem(name);
  }
  const sent = sessionStorage.getItem(SENT);
  // It arrived: saved, or shown again with what was typed.
  if (sent && !sessionStorage.getItem(STOPPED)) sessionStorage.removeItem(sent);
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
  if (!event.target.matches?.(FORMS)) return;
  write(event.target);
  sessionStorage.setItem(SENT, key(event.target));
});
document.addEventListener('click', (event) => {
  const form = event.target.closest?.('[data-draft-drop]')?.closest(FORMS);
  if (form) sessionStorage.removeItem(key(form));
});
begin();
