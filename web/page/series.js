// Rows of `time,proto` to the plot's series. Pure functions.
import {parseTime} from './format.js';
import {protocolName} from './names.js';

const kSteps = [
  [300, '5m'],
  [600, '10m'],
  [900, '15m'],
  [1800, '30m'],
  [3600, '1h'],
  [7200, '2h'],
  [14400, '4h'],
  [21600, '6h'],
  [43200, '12h'],
  [86400, '1d'],
  [604800, '7d'],
];
const kMostSteps = 180;
const kMostSeries = 8;

// The finest blocks that make a plot of this many seconds no denser than it can show: [seconds, "5m"].
export function timeStep(seconds) {
  return kSteps.find(([step]) => seconds / step <= kMostSteps) ?? kSteps.at(-1);
}

// {times, series: [{name, values}]}: per second, each value from its time to the next. Blocks are shown by their end;
// those that the window cuts are divided by what of them lies within it. Protocols beyond the largest few are "other".
export function toSeries(rows, {first, last, step}, measure) {
  const bits = measure === 'bits';
  const perProtocol = new Map();
  const ends = new Set();
  for (const row of rows) {
    const end = parseTime(row.labels.timestamp);
    const name = protocolName(row.attributes.proto);
    const {br = 0, bs = 0, pr = 0, ps = 0} = row.counters;
    const amount = bits ? 8 * (Number(br) + Number(bs)) : Number(pr) + Number(ps);
    ends.add(end);
    if (!perProtocol.has(name)) perProtocol.set(name, new Map());
    const blocks = perProtocol.get(name);
    blocks.set(end, (blocks.get(end) ?? 0) + amount);
  }
  if (!ends.size) return {times: [], series: []};

  // Blocks keep one phase, that of any row.
  const phase = ends.values().next().value % step;
  const starts = [];
  for (let start = Math.floor((first - phase) / step) * step + phase; start < last; start += step) starts.push(start);
  const lower = (start) => Math.max(start, first);
  const width = (start) => Math.max(1, Math.min(start + step, last) - lower(start));
  const total = (blocks) => [...blocks.values()].reduce((sum, amount) => sum + amount, 0);

  const ranked = [...perProtocol]
    .map(([name, blocks]) => ({name, blocks, total: total(blocks)}))
    .sort((a, b) => b.total - a.total);
  const shown = ranked.slice(0, ranked.length > kMostSeries ? kMostSeries - 1 : kMostSeries);
  const rest = ranked.slice(shown.length);
  const series = shown.map(({name, blocks}) => ({
    name,
    values: starts.map((s) => (blocks.get(s + step) ?? 0) / width(s)),
  }));
  if (rest.length) {
    series.push({
      name: 'other',
      values: starts.map((s) => rest.reduce((sum, {blocks}) => sum + (blocks.get(s + step) ?? 0), 0) / width(s)),
    });
  }
  return {
    times: [...starts.map(lower), last],
    series: series.map(({name, values}) => ({name, values: [...values, values.at(-1)]})),
  };
}

// The last minutes, second by second, from answers that each continue the one before.
export class LiveHistory {
  constructor(seconds = 300) {
    this.length = seconds;
    this.now = 0;
    this.protocols = new Map(); // name → Map(second → {bits, packets, flows})
  }

  add({now, first, protocols}) {
    for (const {name: known, bits, packets, flows} of protocols) {
      const name = known === 'IPv6-ICMP' ? 'ICMPv6' : known; // as in every other window
      if (!this.protocols.has(name)) this.protocols.set(name, new Map());
      const seconds = this.protocols.get(name);
      bits.forEach((value, i) => seconds.set(first + i, {bits: value, packets: packets[i], flows: flows[i]}));
    }
    if (now < this.now) this.protocols.clear(); // the collector's clock was set back
    this.now = now;
    for (const [name, seconds] of this.protocols) {
      for (const second of seconds.keys()) {
        if (second <= now - this.length) seconds.delete(second);
        else break;
      }
      if (!seconds.size) this.protocols.delete(name);
    }
  }

  series(measure) {
    const times = Array.from({length: this.length}, (_, i) => this.now - this.length + 1 + i);
    const total = (seconds) => [...seconds.values()].reduce((sum, value) => sum + value.bits, 0);
    const series = [...this.protocols]
      .map(([name, seconds]) => ({
        name,
        total: total(seconds),
        values: times.map((t) => seconds.get(t)?.[measure] ?? 0),
      }))
      .filter((one) => one.total > 0)
      .sort((a, b) => b.total - a.total);
    return {times, series};
  }
}
