// What the page shows, as it stands in the URL's fragment: "#overview?range=-1h&c=dport+%3D+443". Pure functions.
//
// view       overview, query, exporters or ledger
// range      "live", a time before now such as "-1h", or "" where first and last say it
// first, last  any of goQuery's forms; Unix seconds where the page made them
// c          the condition
// biflow     "1": flows are turned to the side that began; "0": as exported
// sampling   "scaled" or "raw"
// measure    of the plot: "bits" or "packets"
// flip       cards that show the other side, with commas
// The others are the query view's own.

export const kDefaults = Object.freeze({
  view: 'overview',
  range: 'live',
  first: '',
  last: '',
  c: '',
  biflow: '1',
  sampling: 'scaled',
  measure: 'bits',
  flip: '',
  columns: 'talk_conv',
  ifaces: '',
  n: '100',
  sort: '',
  ascending: '',
  direction: '',
  resolution: '',
  run: '',
});
const kViews = new Set(['overview', 'query', 'exporters', 'ledger']);

export function parseState(hash) {
  const [view, rest = ''] = hash.replace(/^#/, '').split(/\?(.*)/s);
  const state = {...kDefaults, view: kViews.has(view) ? view : kDefaults.view};
  for (const [key, value] of new URLSearchParams(rest)) {
    if (key in kDefaults && key !== 'view') state[key] = value;
  }
  return state;
}

export function formatState(state) {
  const parameters = new URLSearchParams();
  for (const key of Object.keys(kDefaults)) {
    if (key !== 'view' && state[key] !== undefined && state[key] !== kDefaults[key]) parameters.set(key, state[key]);
  }
  const text = parameters.toString();
  return `#${state.view}${text ? '?' + text : ''}`;
}

// The window as query parameters. Live tables cover the plot's five minutes.
export const kLiveWindow = '-5m';
export function windowOf(state) {
  if (state.range === 'live') return {first: kLiveWindow};
  if (state.range) return {first: state.range};
  return {first: state.first, ...(state.last ? {last: state.last} : {})};
}

export const isRelative = (state) => Boolean(state.range) || !state.last;
