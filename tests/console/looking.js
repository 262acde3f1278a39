({ foreign }) => {
  const found = [];
  const tell = (what, element) => found.push(`${what}: ${element.outerHTML.slice(0, 110)}`);
  const visible = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    && !e.closest('.sr, [aria-hidden="true"], .spark, svg');
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width + 1) {
    found.push(`scrolls sideways: ${document.documentElement.scrollWidth} > ${width}`);
  }
  const words = foreign ? new RegExp(foreign) : null;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    const text = node.textContent.trim();
    if (!text || !element || element.closest('script, style, template, noscript, [lang]:not(html), [data-insert]')) continue;
    if (words?.test(text) && visible(element)) tell(`untranslated “${text.slice(0, 40)}”`, element);
    const style = getComputedStyle(element);
    const hides = style.overflowX === 'hidden' || style.overflowX === 'clip';
    if (hides && style.whiteSpace === 'nowrap' && element.scrollWidth > element.clientWidth + 1
        && visible(element) && !element.closest('[title]')) tell('cut without a title', element);
  }
  const controls = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
    .filter((e) => visible(e) && !e.disabled);
  for (const control of controls) {
    const box = control.getBoundingClientRect();
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    if (x < 0 || y < 0 || x > innerWidth || y > innerHeight || !box.width) continue;
    const top = document.elementFromPoint(x, y);
    if (!top || control.contains(top) || top.contains(control)) continue;
    const near = top.closest('label, .zy-me, .zy-tabbar, .zy-toasts, .zy-foot, .zy-anchors, .zy-bar, .zy-kpi, .zy-pick, .zy-day, dialog');
    if (!near) tell(`covered by ${top.outerHTML.slice(0, 60)}`, control);
  }
  return found;
}
