// What each kind of chart looks like: data in, ECharts option out. Bars start at zero; a cut axis
// prints its range; the model is a disc in the first colour, the baseline a grey square.
import { tip, token } from './chart-theme.js';

const percent = (x) => `${+(x * 100).toFixed(1)}%`;
const plain = (x) => (Math.abs(x) >= 1000 ? Math.round(x).toLocaleString('en') : String(+(+x).toFixed(3)));
const text = (value, data) => (value === null || value === undefined ? '–' : data.percent ? percent(value) : plain(value));
const legend = (names) => ({ top: -4, left: 0, itemWidth: 10, itemHeight: 10, itemGap: 16, textStyle: { color: token('ink-2'), fontSize: 12 }, data: names });
const tone = { bad: 'bad', warn: 'c2', good: 'good', rest: 'c-rest' };

const hover = (lines) => ({
  trigger: 'axis',
  confine: true,
  formatter: (points) => tip(points[0].axisValueLabel ?? points[0].name, lines(points)),
});

// Bars of people with the share of value as a line over them.
function distribution(data, { width }) {
  const names = data.names;
  return {
    grid: { left: 52, right: data.shares ? 40 : 12, top: 34, bottom: names.x ? 36 : 24 },
    tooltip: hover((points) => points.map((p) => [p.seriesName, p.seriesIndex ? percent(p.value) : plain(p.value?.value ?? p.value)])),
    legend: legend([names.count, names.share].filter(Boolean)),
    xAxis: { type: 'category', data: data.bins, name: names.x, nameLocation: 'middle', nameGap: 22, axisLabel: { interval: width < 420 ? 1 : 0 } },
    yAxis: [{ type: 'value', axisLabel: { formatter: plain } }, { type: 'value', axisLabel: { formatter: percent }, splitLine: { show: false } }],
    series: [
      { name: names.count, type: 'bar', data: data.counts.map((value, i) => ({ value, url: data.urls?.[i] })), barCategoryGap: '12%', barMaxWidth: 40, itemStyle: { color: token('seq-2'), borderColor: token('c1'), borderWidth: 1, borderRadius: [2, 2, 0, 0] } },
      ...(data.shares ? [{ name: names.share, type: 'line', yAxisIndex: 1, data: data.shares, symbol: 'circle', symbolSize: 5, showSymbol: true, lineStyle: { color: token('c3') }, itemStyle: { color: token('c3') } }] : []),
    ],
  };
}

const disc = (colour) => ({ symbol: 'circle', symbolSize: 6, lineStyle: { color: colour }, itemStyle: { color: colour } });
const square = () => ({ symbol: 'rect', symbolSize: 6, lineStyle: { color: token('c-rest'), width: 1.5 }, itemStyle: { color: token('surface'), borderColor: token('c-rest'), borderWidth: 1.5 } });

// Lines over time, each with its 95 % band; the name stands at the line's end.
function band(data, { width }) {
  const dots = data.x.length < 15;
  const longest = Math.max(...data.series.map((s) => s.name.length));
  const series = data.series.flatMap((s, i) => {
    const colour = s.baseline ? token('c-rest') : token(`c${(i % 6) + 1}`);
    const hidden = { type: 'line', stack: `band${i}`, lineStyle: { opacity: 0 }, silent: true, symbol: 'none', tooltip: { show: false } };
    const shade = s.low ? [
      { ...hidden, data: s.low },
      { ...hidden, data: s.high.map((high, k) => (high === null ? null : high - s.low[k])), areaStyle: { color: colour, opacity: 0.18 } },
    ] : [];
    return [...shade, { name: s.name, type: 'line', data: s.values.map((value, k) => ({ value, url: data.urls?.[k] })), showSymbol: dots, ...(s.baseline ? square() : disc(colour)), endLabel: { show: true, formatter: s.name, color: token('ink-2'), fontSize: 12 } }];
  });
  return {
    grid: { left: 52, right: Math.min(width * 0.3, 20 + longest * 9), top: 20, bottom: 24 },
    tooltip: hover((points) => points.filter((p) => p.seriesName && !p.seriesName.startsWith('series')).map((p) => [p.seriesName, text(p.value?.value ?? p.value, data)])),
    xAxis: { type: 'category', data: data.x, boundaryGap: false },
    yAxis: { type: 'value', min: data.min, max: data.max, interval: data.interval, scale: data.min !== undefined, axisLabel: { formatter: (x) => text(x, data) } },
    series,
  };
}

// What was said against what happened; on the dashed line the two agree.
function calibration(data) {
  const end = data.max ?? 1;
  const names = data.names;
  const said = data.money ? plain : percent;
  const bars = { type: 'custom', z: 3, silent: true, data: data.model.filter((p) => p.low !== undefined).map((p) => [p.predicted, p.low, p.high]), renderItem: (_, api) => {
    const [x, y1] = api.coord([api.value(0), api.value(1)]);
    const [, y2] = api.coord([api.value(0), api.value(2)]);
    return { type: 'line', shape: { x1: x, y1, x2: x, y2 }, style: { stroke: token('c1'), lineWidth: 5, opacity: 0.3 } };
  } };
  const points = (list) => (list ?? []).map((p) => [p.predicted, p.observed]);
  return {
    grid: { left: data.money ? 52 : 44, right: data.money ? 28 : 12, top: 28, bottom: 38 },
    legend: { ...legend([names.model, names.baseline]), itemHeight: 8 },
    tooltip: { trigger: 'item', confine: true, formatter: (p) => tip(p.seriesName, [[names.x, said(p.value[0])], ['', said(p.value[1])]]) },
    xAxis: { type: 'value', min: 0, max: end, interval: end / 4, name: names.x, nameLocation: 'middle', nameGap: 22, axisLabel: { formatter: said }, splitLine: { show: false } },
    yAxis: { type: 'value', min: 0, max: end, interval: end / 4, axisLabel: { formatter: said } },
    series: [
      { type: 'line', silent: true, data: [[0, 0], [end, end]], lineStyle: { color: token('ink-3'), type: 'dashed', width: 1 } },
      { name: names.baseline, type: 'line', data: points(data.baseline), showSymbol: true, ...square() },
      bars,
      { name: names.model, type: 'line', data: points(data.model), showSymbol: true, z: 4, ...disc(token('c1')) },
    ],
  };
}

// From the peers' value to this one's, reason by reason.
function waterfall(data) {
  let sum = data.start.value;
  const steps = data.steps.map((step) => {
    const from = sum;
    sum += step.value;
    return { name: step.name, low: Math.min(from, sum), size: Math.abs(step.value), value: step.value, up: step.value > 0 };
  });
  const all = [{ name: data.start.name, low: 0, size: data.start.value, value: data.start.value, whole: true }, ...steps, { name: data.end.name, low: 0, size: data.end.value, value: data.end.value, whole: true }];
  const colour = (s) => (s.whole ? token('c-rest') : s.up === !data.up_is_good ? token('bad') : token('c1'));
  return {
    grid: { left: 8, right: 48, top: 4, bottom: 4, containLabel: true },
    tooltip: hover((points) => [['', `${plain(all[points[0].dataIndex].value)}`]]),
    xAxis: { type: 'value', show: false },
    yAxis: { type: 'category', inverse: true, data: all.map((s) => s.name), axisLine: { show: false }, axisLabel: { color: token('ink-2'), width: 150, overflow: 'truncate' } },
    series: [
      { type: 'bar', stack: 'all', silent: true, data: all.map((s) => s.low), itemStyle: { color: 'transparent' } },
      { type: 'bar', stack: 'all', barMaxWidth: 12, data: all.map((s) => ({ value: s.size, itemStyle: { color: colour(s) }, label: { formatter: s.whole ? plain(s.value) : `${s.up ? '+' : '−'}${plain(s.size)}` } })), label: { show: true, position: 'right', color: token('ink-2'), fontSize: 12 } },
    ],
  };
}

// A ranked list of bars, the value at each end.
function bars(data) {
  const items = data.items;
  return {
    grid: { left: 8, right: 56, top: 4, bottom: 4, containLabel: true },
    tooltip: hover((points) => [[points[0].name, text(items[points[0].dataIndex].value, data)]]),
    xAxis: { type: 'value', show: false, min: 0, max: data.max },
    yAxis: { type: 'category', inverse: true, data: items.map((item) => item.name), axisLine: { show: false }, axisLabel: { color: token('ink-2'), width: 160, overflow: 'truncate' } },
    series: [{ type: 'bar', barMaxWidth: 10, data: items.map((item) => ({ value: item.value, url: item.url, itemStyle: { color: token(tone[item.tone] ?? 'c1') } })), label: { show: true, position: 'right', color: token('ink-2'), fontSize: 12, formatter: (p) => text(p.value, data) } }],
  };
}

// Columns over time; an unfinished last period is hatched.
function columns(data, { width }) {
  const hatch = { symbol: 'rect', rotation: Math.PI / 4, color: token('surface'), dashArrayX: [1, 0], dashArrayY: [2, 3] };
  return {
    grid: { left: 52, right: 12, top: 12, bottom: 24 },
    tooltip: hover((points) => points.map((p) => [p.seriesName, text(p.value?.value ?? p.value, data)])),
    xAxis: { type: 'category', data: data.x, axisLabel: { interval: data.x.length > width / 48 ? 'auto' : 0 } },
    yAxis: { type: 'value', min: 0, axisLabel: { formatter: (x) => text(x, data) } },
    series: [{ name: data.name, type: 'bar', data: data.values.map((value, i) => ({ value, url: data.urls?.[i], itemStyle: { color: token('c1'), ...(data.unfinished && i === data.values.length - 1 ? { decal: hatch } : {}) } })) }],
  };
}

export const builders = { distribution, band, calibration, waterfall, bars, columns };

// The same numbers as rows: what the table view and a reader without eyes get, and, with `exact`,
// the file: plain numbers that a spreadsheet can add up.
export function tableOf(data, exact = false) {
  const count = exact ? (x) => x : plain;
  const share = exact ? (x) => x ?? '' : percent;
  const value = exact ? (x) => x ?? '' : (x) => text(x, data);
  const low = '95% −';
  const high = '95% +';
  if (data.kind === 'distribution') {
    const names = data.names;
    return { header: [names.x ?? '', names.count, names.share].filter((name) => name !== undefined), rows: data.bins.map((bin, i) => [bin, count(data.counts[i]), ...(data.shares ? [share(data.shares[i])] : [])]) };
  }
  if (data.kind === 'band') {
    const column = (s) => (s.low ? [s.name, low, high] : [s.name]);
    return { header: ['', ...data.series.flatMap(column)], rows: data.x.map((x, i) => [x, ...data.series.flatMap((s) => (s.low ? [s.values[i], s.low[i], s.high[i]] : [s.values[i]]).map(value))]) };
  }
  if (data.kind === 'calibration') {
    return { header: [data.names.x, data.names.model, low, high], rows: data.model.map((p) => [p.predicted, p.observed, p.low, p.high].map((x) => (x === undefined ? '' : data.money ? count(x) : share(x)))) };
  }
  if (data.kind === 'waterfall') {
    return { header: ['', data.name ?? ''], rows: [data.start, ...data.steps, data.end].map((s) => [s.name, count(s.value)]) };
  }
  if (data.kind === 'bars') return { header: ['', data.name ?? ''], rows: data.items.map((item) => [item.name, value(item.value)]) };
  return { header: ['', data.name ?? ''], rows: data.x.map((x, i) => [x, value(data.values[i])]) };
}
