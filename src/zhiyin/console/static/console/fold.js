// Folds the side bar and remembers it for a year, so that the server draws it folded.
const app = document.getElementById('app');
document.querySelector('[data-fold]')?.addEventListener('click', () => {
  const folded = app.classList.toggle('folded');
  const secure = location.protocol === 'https:' ? '; Secure' : '';
  document.cookie = `zhiyin_nav=${folded ? 'folded' : 'open'}; path=/; max-age=31536000; SameSite=Lax${secure}`;
  window.dispatchEvent(new Event('resize'));
});

// Controls print the key of this machine: ⌘ on a Mac, Ctrl elsewhere.
if (!/Mac|iPhone|iPad/.test(navigator.platform)) {
  for (const key of document.querySelectorAll('[data-mod]')) {
    key.textContent = key.textContent.replace('⌘', 'Ctrl ');
  }
}
