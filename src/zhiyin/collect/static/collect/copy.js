// A button that copies what stands in the element it names, and says that it did.
document.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-copy]');
  if (!button) return;
  const place = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(place.textContent);
    button.classList.add('done');
    setTimeout(() => button.classList.remove('done'), 1500);
  } catch {
    // No clipboard without https: select it, so that the keyboard can copy.
    getSelection().selectAllChildren(place);
  }
});
