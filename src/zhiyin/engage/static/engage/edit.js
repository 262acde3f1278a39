// Comforts of the draft: placeholders are put where the caret is, the slider tells its share.
const form = document.querySelector('form[data-draft]');

form?.addEventListener('click', (event) => {
  const chip = event.target.closest('[data-insert]');
  if (!chip) return;
  const field = form.querySelector(`[name="${chip.dataset.into}"]`);
  field.setRangeText(chip.dataset.insert, field.selectionStart, field.selectionEnd, 'end');
  field.focus();
  field.dispatchEvent(new Event('input', { bubbles: true }));
});

form?.addEventListener('input', (event) => {
  if (event.target.name === 'holdout_percent') {
    form.querySelector('output[for="id_holdout_percent"]').value = `${event.target.value}%`;
  }
});
