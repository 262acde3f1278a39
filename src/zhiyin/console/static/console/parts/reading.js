// Asks the server how it will read what was typed, and says so under the field.
export async function readAs(input, kind) {
  const text = input.value.trim();
  if (!text || input.type === 'date') { tell(input, ''); return; }
  const address = document.getElementById('reading')?.dataset.url;
  if (!address) return;
  const asked = new URLSearchParams({ as: kind, text, currency: input.dataset.money ?? '' });
  let answer;
  try {
    answer = await (await fetch(`${address}?${asked}`, { headers: { Accept: 'application/json' } })).json();
  } catch {
    return; // the form still goes to the server, which reads it then
  }
  if (input.value.trim() !== text) return;
  if (answer.value) input.value = answer.value;
  tell(input, answer.problem ?? answer.shown ?? '', Boolean(answer.problem));
}

export function tell(input, words, isProblem = false) {
  const place = input.closest('.zy-field') ?? input.parentElement;
  let line = place.querySelector(':scope > .said');
  if (!line) {
    line = document.createElement('div');
    line.className = 'said';
    line.id = `${input.id || input.name}-said`;
    line.setAttribute('aria-live', 'polite');
    place.append(line);
    const known = input.getAttribute('aria-describedby');
    input.setAttribute('aria-describedby', known ? `${known} ${line.id}` : line.id);
  }
  line.textContent = words;
  line.classList.toggle('worse', isProblem);
  input.setCustomValidity(isProblem ? words : '');
  if (isProblem) input.setAttribute('aria-invalid', 'true');
  else input.removeAttribute('aria-invalid');
}
