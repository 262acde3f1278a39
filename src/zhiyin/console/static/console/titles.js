// Whatever does not fit into its place can still be read: a text that is cut gets its words as title.
const CUT = '.cut, .zy-kpi .k > span, .zy-kpi .k > a, .kv li, h1';
let waiting = 0;

function entitle() {
  waiting = 0;
  for (const element of document.querySelectorAll(CUT)) {
    const own = element.dataset.titled !== undefined;
    const cut = element.scrollWidth > element.clientWidth + 1;
    if (cut && !element.closest('[title]')) {
      element.title = element.textContent.trim();
      element.dataset.titled = '';
    } else if (!cut && own) {
      element.removeAttribute('title');
      delete element.dataset.titled;
    }
  }
}

const soon = () => { waiting ||= requestAnimationFrame(entitle); };
addEventListener('resize', soon, { passive: true });
document.addEventListener('htmx:afterSettle', soon);
soon();
