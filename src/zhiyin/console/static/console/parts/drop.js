// A place to drop files: says what was dropped or chosen; the form around it sends them.
const made = new WeakSet();

const size = (bytes) => (bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`);

export function start(zone) {
  if (made.has(zone)) return;
  made.add(zone);
  const input = zone.querySelector('input[type="file"]');
  const list = zone.querySelector('[data-drop-files]');
  const show = () => list?.replaceChildren(...[...input.files].map((file) => {
    const line = document.createElement('li');
    line.textContent = `${file.name}  ${size(file.size)}`;
    return line;
  }));
  const over = (on) => (event) => {
    event.preventDefault();
    zone.classList.toggle('over', on);
  };
  zone.addEventListener('dragover', over(true));
  zone.addEventListener('dragleave', over(false));
  zone.addEventListener('drop', (event) => {
    over(false)(event);
    if (!event.dataTransfer?.files.length) return;
    const files = new DataTransfer();
    for (const file of [...event.dataTransfer.files].slice(0, input.multiple ? undefined : 1)) files.items.add(file);
    input.files = files.files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
    if (zone.hasAttribute('data-drop-sends')) input.form?.requestSubmit();
  });
  input.addEventListener('change', show);
}
