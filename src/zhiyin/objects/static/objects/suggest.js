// An input that is completed from the server while somebody types.
import { ask } from '../console/ask.js';

let waiting = 0;

document.addEventListener('input', (event) => {
  const input = event.target.closest?.('[data-suggest]');
  if (!input) return;
  clearTimeout(waiting);
  waiting = setTimeout(async () => {
    const list = document.getElementById(input.getAttribute('list'));
    const page = new DOMParser().parseFromString(
      await ask(`${input.dataset.suggest}?q=${encodeURIComponent(input.value)}`), 'text/html');
    list?.replaceChildren(...page.querySelectorAll('option'));
  }, 150);
});
