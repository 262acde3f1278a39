// A day: typed as people say it, or picked in the browser's own calendar. Fingers get the calendar.
import { readAs } from './reading.js';

const made = new WeakSet();

export function start(input) {
  if (made.has(input)) return;
  made.add(input);
  if (matchMedia('(pointer: coarse)').matches && (!input.value || /^\d{4}-\d{2}-\d{2}$/.test(input.value))) {
    input.type = 'date';
    return;
  }
  let box = input.closest('.zy-day'); // drawn by the server, so that nothing moves
  if (!box) {
    box = document.createElement('span');
    box.className = 'zy-day';
    input.before(box);
  }
  const calendar = document.createElement('input');
  Object.assign(calendar, { type: 'date', className: 'sr', tabIndex: -1 });
  calendar.setAttribute('aria-hidden', 'true');
  const button = document.getElementById('calendar-button')?.content.firstElementChild.cloneNode(true);
  box.append(input, calendar, ...(button ? [button] : []));
  button?.addEventListener('click', () => {
    calendar.value = /^\d{4}-\d{2}-\d{2}$/.test(input.value) ? input.value : '';
    calendar.showPicker();
  });
  calendar.addEventListener('change', (event) => {
    event.stopPropagation();
    input.value = calendar.value;
    input.dispatchEvent(new Event('change', { bubbles: true }));
  });
  input.addEventListener('change', () => readAs(input, 'day'));
}
