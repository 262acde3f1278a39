"""Looks at a page as it is drawn and tells what is wrong with it: by structure, not by pixels."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

LISTEN = """
window.__blocked = [];
window.__shift = 0;
document.addEventListener('securitypolicyviolation', (e) => window.__blocked.push(
  `${e.violatedDirective} ${e.blockedURI}`));
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) window.__shift += one.value;
}).observe({ type: 'layout-shift', buffered: true });
"""
# Until nothing more comes over the network, without the half second of the browser's own notion.
SETTLED = """async () => {
  const coming = () => document.querySelector('.htmx-request') !== null;
  const came = () => performance.getEntriesByType('resource').length;
  let before = -1;
  while (coming() || before !== came()) {
    before = came();
    await new Promise((then) => setTimeout(then, 80));
  }
}"""
# Until the page was drawn anew and what moves to its place has come to rest, for a second at most:
# what turns for ever or is held still never ends. A fixed while would be too long for most pages.
DRAWN = """async () => {
  const frame = () => new Promise((then) => {
    requestAnimationFrame(then);
    setTimeout(then, 100);
  });
  await frame();
  await frame();
  const ending = document.getAnimations().filter(
    (one) => Number.isFinite(one.effect.getComputedTiming().endTime));
  const rest = new Promise((then) => setTimeout(then, 1000));
  await Promise.race([rest, Promise.allSettled(ending.map((one) => one.finished))]);
  await frame();
}"""
# Each control is named by its place among all elements, so that two of the same words differ.
_NAMED = """() => {
  const all = [...document.querySelectorAll('*')];
  const name = (e) => `${all.indexOf(e)} ${e.outerHTML.slice(0, 90)}`;
"""
TABBABLE = (
    _NAMED
    + """  const kinds = 'a[href], button, input:not([type=hidden]), select, textarea, summary,'
    + '[tabindex="0"]';
  const groups = new Set();
  return [...document.querySelectorAll(kinds)].filter((e) => {
    if (e.disabled || e.tabIndex < 0 || e.closest('dialog:not([open])')) return false;
    if (!e.checkVisibility({ visibilityProperty: true })) return false;
    if (e.type !== 'radio') return true;
    const group = `${e.form?.id} ${e.name}`;
    const others = [...document.getElementsByName(e.name)];
    if (groups.has(group) || (!e.checked && others.some((one) => one.checked))) return false;
    groups.add(group);
    return true;
  }).map(name);
}"""
)
FOCUSED = (
    _NAMED
    + """  const e = document.activeElement;
  if (!e || e === document.body) return [null, false];
  const shows = [e, e.parentElement, e.parentElement?.parentElement, e.nextElementSibling]
    .filter(Boolean).some((one) => {
      const style = getComputedStyle(one);
      return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0)
        || (one === e && style.boxShadow !== 'none');
    });
  return [name(e), shows];
}"""
)
LOOK = Path(__file__).with_name("looking.js").read_text(encoding="utf-8")


def problems(page: Page, foreign: str = "") -> list[str]:
    """What a person would stumble over; `foreign` is a pattern of words of the other language."""
    found: list[str] = page.evaluate(f"({LOOK})({{foreign: {foreign!r}}})")
    return found


def blocked(page: Page) -> list[str]:
    """What the content security policy stopped."""
    return list(page.evaluate("window.__blocked"))


def shifted(page: Page) -> float:
    """How much moved after it was first drawn (CLS)."""
    return float(page.evaluate("window.__shift"))
