// Switches the theme in place and tells the server; without script the form reloads the page.
for (const form of document.querySelectorAll('[data-theme-form]')) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const root = document.documentElement;
    const next = root.dataset.bsTheme === 'dark' ? 'light' : 'dark';
    form.elements.theme.value = next;
    root.dataset.theme = next;
    root.dataset.bsTheme = next;
    fetch(form.action, { method: 'POST', body: new FormData(form), redirect: 'manual' })
      .catch(() => document.dispatchEvent(new CustomEvent('zhiyin:unreachable')));
  });
}
