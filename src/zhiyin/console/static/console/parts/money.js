// An amount of money: 3.5 万 or １２３４ become 35,000 and 1,234 when the field is left. Nothing is
// computed here; the server reads it, exactly, and the form sends what stands in the field.
import { readAs } from './reading.js';

const made = new WeakSet();

export function start(input) {
  if (made.has(input)) return;
  made.add(input);
  input.addEventListener('change', () => readAs(input, 'money'));
}
