// Charts: finds every <c-chart>, reads its JSON, draws it with one theme taken from the tokens,
// follows the theme and the width, and offers the same numbers as a table, a picture and a file.
import { builders, tableOf } from './chart-kinds.js';
import { csp, token, theme } from './chart-theme.js';
import { savePicture, saveTable } from './chart-files.js';

csp();
const drawn = new Map();

function draw(figure) {
  const plot = figure.querySelector('.plot');
  const data = JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
  const build = builders[data.kind];
  drawn.get(figure)?.chart?.dispose();
  let chart;
  try {
    chart = echarts.init(plot, theme(), { renderer: 'svg' });
    chart.setOption({ animation: false, ...build(data, { token, width: plot.clientWidth }) });
  } catch {
    // One chart that cannot be drawn takes nothing else down; it says so in its place.
    chart?.dispose();
    drawn.set(figure, { chart: null, data });
    figure.classList.add('broken');
    return;
  }
  chart.on('click', (event) => {
    const url = event.data?.url ?? data.urls?.[event.dataIndex];
    if (url) location.href = url;
  });
  plot.classList.toggle('links', Boolean(data.urls));
  drawn.set(figure, { chart, data });
}

function showTable(figure, button) {
  const place = figure.querySelector('.table');
  const shown = button.getAttribute('aria-pressed') !== 'true';
  button.setAttribute('aria-pressed', String(shown));
  if (shown && !place.firstChild) {
    const { header, rows } = tableOf(drawn.get(figure).data);
    const table = document.createElement('table');
    table.className = 'zy-t tight';
    const fill = (row, tag, cells, links) => cells.forEach((cell, i) => {
      const element = document.createElement(tag);
      if (i > 0) element.className = 'num';
      if (links && i === 0) {
        const link = document.createElement('a');
        link.href = links;
        link.textContent = cell;
        element.append(link);
      } else element.textContent = cell ?? '–';
      row.append(element);
    });
    fill(table.createTHead().insertRow(), 'th', header);
    const body = table.createTBody();
    rows.forEach((cells, i) => fill(body.insertRow(), 'td', cells, drawn.get(figure).data.urls?.[i]));
    place.append(table);
  }
  place.hidden = !shown;
  figure.querySelector('.plot').hidden = shown;
  if (!shown) drawn.get(figure).chart?.resize();
}

function start(root) {
  for (const figure of root.querySelectorAll('[data-chart]')) {
    if (drawn.has(figure)) continue;
    draw(figure);
    new ResizeObserver(() => drawn.get(figure)?.chart?.resize()).observe(figure.querySelector('.plot'));
  }
}

document.addEventListener('click', (event) => {
  const figure = event.target.closest?.('[data-chart]');
  if (!figure) return;
  const on = (name) => event.target.closest(`[data-chart-${name}]`);
  const name = figure.querySelector('script[type="application/json"]').id;
  if (on('table')) showTable(figure, on('table'));
  else if (on('csv')) saveTable(tableOf(drawn.get(figure).data, true), name);
  else if (on('png')) savePicture(figure.querySelector('.plot svg'), name, token('surface'));
});

new MutationObserver(() => drawn.forEach((_, figure) => figure.isConnected && draw(figure)))
  .observe(document.documentElement, { attributes: true, attributeFilter: ['data-bs-theme'] });
document.addEventListener('htmx:afterSettle', (event) => start(event.target));
start(document);
