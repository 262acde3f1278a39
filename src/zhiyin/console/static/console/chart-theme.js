// The one theme of every chart, read from the tokens so that light and dark follow.
export const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--zy-${name}`).trim();

export function theme() {
  const axis = {
    axisLine: { lineStyle: { color: token('line-2') } },
    axisTick: { show: false },
    axisLabel: { color: token('ink-3'), fontSize: 12 },
    splitLine: { lineStyle: { color: token('grid') } },
    nameTextStyle: { color: token('ink-3'), fontSize: 12 },
  };
  return {
    color: [1, 2, 3, 4, 5, 6].map((n) => token(`c${n}`)).concat(token('c-rest')),
    backgroundColor: 'transparent',
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: token('ink-2'), fontSize: 12 },
    categoryAxis: { ...axis, splitLine: { show: false } },
    valueAxis: { ...axis, axisLine: { show: false } },
    line: { symbol: 'none', lineStyle: { width: 2 } },
    bar: { barMaxWidth: 24 },
    tooltip: {
      backgroundColor: token('raised'), borderColor: token('line-2'), borderWidth: 1, padding: [8, 10],
      axisPointer: { lineStyle: { color: token('line-control') }, shadowStyle: { color: token('hover') } },
    },
  };
}

// The page forbids inline style attributes. ECharts writes the fonts of its SVG texts that way, so
// on SVG elements the attribute is handed to the style object, which the policy allows.
export function csp() {
  const set = SVGElement.prototype.setAttribute;
  SVGElement.prototype.setAttribute = function setAttribute(name, value) {
    if (name === 'style') this.style.cssText = value;
    else set.call(this, name, value);
  };
}

// A tooltip built from elements: ECharts' own would be markup with inline styles.
export function tip(title, lines) {
  const box = document.createElement('div');
  box.className = 'zy-tip';
  const head = document.createElement('b');
  head.textContent = title;
  box.append(head);
  for (const [name, value] of lines) {
    const row = document.createElement('div');
    const left = document.createElement('span');
    const right = document.createElement('b');
    left.textContent = name;
    right.textContent = value;
    row.append(left, right);
    box.append(row);
  }
  return box;
}
