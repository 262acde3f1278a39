// One letter decides of the open pair: M one person, A two people, S skip, U take back.
const typing = (target) => target.closest?.('input:not([type=checkbox]), textarea, select') !== null;

document.addEventListener('keydown', (event) => {
  if (event.metaKey || event.ctrlKey || event.altKey || event.isComposing) return;
  if (document.querySelector('dialog[open]') || typing(event.target)) return;
  const key = event.key.toLowerCase();
  if (!['m', 'a', 's', 'u'].includes(key)) return;
  const pressed = document.querySelector(`[data-press="${key}"]`)
    ?? (key === 'u' ? document.querySelector('.zy-toast form button, .zy-toast [data-undo]') : null);
  if (pressed) { event.preventDefault(); pressed.click(); }
});
