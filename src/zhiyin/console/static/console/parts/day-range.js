// From one day to another: presets fill both, and the last may not lie before the first.
const made = new WeakSet();

export function start(range) {
  if (made.has(range)) return;
  made.add(range);
  const [first, last] = range.querySelectorAll('[data-day]');
  const presets = [...range.querySelectorAll('[data-from]')];
  const check = () => {
    const wrong = first.value && last.value && /^\d{4}-/.test(first.value) && /^\d{4}-/.test(last.value) && first.value > last.value;
    last.setCustomValidity(wrong ? range.dataset.wrong : '');
    range.classList.toggle('bad', Boolean(wrong));
    range.querySelector('[data-range-problem]').textContent = wrong ? range.dataset.wrong : '';
    for (const preset of presets) {
      preset.setAttribute('aria-pressed', String(preset.dataset.from === first.value && preset.dataset.to === last.value));
    }
  };
  range.addEventListener('click', (event) => {
    const preset = event.target.closest('[data-from]');
    if (!preset) return;
    first.value = preset.dataset.from;
    last.value = preset.dataset.to;
    first.dispatchEvent(new Event('change', { bubbles: true }));
    last.dispatchEvent(new Event('change', { bubbles: true }));
  });
  range.addEventListener('change', () => { check(); setTimeout(check, 400); }); // again once it was read
  check();
}
