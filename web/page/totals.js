// The figures of a window as a whole, and why there may be none.
import {h, notice} from './dom.js';
import {exact, formatBytes, formatCount, formatRate, formatTime, parseTime, zoneName} from './format.js';
import {bytesOf, packetsOf} from './ranking.js';
import {settings} from './settings.js';

// [key, name, text, title] of each figure; first and last are Unix seconds.
function figures(totals, first, last) {
  const bytes = bytesOf(totals);
  const packets = packetsOf(totals);
  const seconds = last - first;
  const over = `over ${exact(seconds)} s`;
  const size = packets ? formatBytes(Math.round(Number(bytes) / Number(packets)), settings.units) : '–';
  const window = h('span', {class: 'window'}, formatTime(first), h('br'), `– ${formatTime(last)}`);
  return [
    ['bytes', 'Traffic', formatBytes(bytes, settings.units), `${exact(bytes)} bytes`],
    ['packets', 'Packets', formatCount(packets), `${exact(packets)} packets`],
    ['rate', 'Mean rate', formatRate((8 * Number(bytes)) / seconds), over],
    ['packet-rate', 'Mean packet rate', formatRate(Number(packets) / seconds, 'p/s'), over],
    ['size', 'Mean packet', size, 'bytes per packet'],
    ['window', 'Window', window, zoneName(last)],
  ];
}

export function showTotals(list, totals, first, last) {
  const entries = figures(totals, first, last).map(([key, name, text, title]) =>
    h('div', {}, h('dt', {}, name), h('dd', {title, 'data-stat': key}, text))
  );
  list.replaceChildren(...entries);
}

// An empty store, another window, or the condition. listing: the API's; onWindow(first, last): show that one instead.
export function whyNothing({total}, hasCondition, onWindow) {
  if (!total?.flows) {
    const generate = h('code', {}, 'weir generate');
    const hint = 'Flows are here a second after they arrive. Point an exporter at the collector (UDP 2055), or try ';
    return notice('The store is empty', h('p', {}, hint, generate, '.'));
  }
  const first = Math.floor(parseTime(total.time_first));
  const last = Math.ceil(parseTime(total.time_last));
  const has = `The store has ${formatCount(total.flows)} flows, from ${formatTime(first)} until ${formatTime(last)}. `;
  const show = h('button', {type: 'button', onclick: () => onWindow(first, last)}, 'Show that window');
  return notice(hasCondition ? 'No flows match in this window' : 'No flows in this window', h('p', {}, has, show));
}
