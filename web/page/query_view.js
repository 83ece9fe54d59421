// The query view: a question in goQuery's language, its answer while it comes, and the command line that asks the same.
import * as api from './api.js';
import {commandLine} from './command.js';
import {withCompletion} from './complete.js';
import {withClause} from './condition.js';
import {h} from './dom.js';
import {kRanges, RangePicker} from './filters.js';
import {exact, formatTime, parseTime} from './format.js';
import {atPlace, inPlace} from './problem.js';
import {ResultTable, toCsv} from './result_table.js';
import {windowOf} from './state.js';
import {suggestColumns, suggestCondition} from './suggest.js';

const kDirections = [
  ['', 'in and out'],
  ['sum', 'both as one'],
  ['in', 'in only'],
  ['out', 'out only'],
];
const kSorts = [
  ['', 'bytes, or time'],
  ['bytes', 'bytes'],
  ['packets', 'packets'],
  ['time', 'time'],
];
const kResolutions = [
  ['', '5 min'],
  ['15m', '15 min'],
  ['1h', '1 h'],
  ['6h', '6 h'],
  ['1d', '1 d'],
  ['auto', 'auto'],
];

const select = (options, attributes) =>
  h(
    'select',
    attributes,
    options.map(([value, text]) => h('option', {value}, text))
  );
const labelled = (text, element, className = '') =>
  h('label', {class: `field ${className}`}, h('span', {}, text), element);

export function queryOf(state) {
  return {
    query: state.columns,
    ...windowOf(state),
    ...(state.ifaces ? {ifaces: state.ifaces} : {}),
    ...(state.c ? {condition: state.c} : {}),
    num_results: Number(state.n) || 100,
    ...(state.sort ? {sort_by: state.sort} : {}),
    ...(state.ascending ? {sort_ascending: true} : {}),
    ...(state.direction ? {[state.direction]: true} : {}),
    ...(state.biflow === '1' ? {biflow: true} : {}),
    sampling: state.sampling,
    ...(state.resolution ? {time_resolution: state.resolution} : {}),
  };
}

export class QueryView {
  constructor(root, app) {
    this.app = app;
    const mono = (id, label, more = {}) => h('input', {type: 'text', id, class: 'mono', 'aria-label': label, ...more});
    this.fields = {
      columns: mono('columns', 'Columns', {required: true, placeholder: 'sip,dip,dport,proto'}),
      c: mono('query-condition', 'Condition', {'data-spaced': '1', placeholder: 'dport = 443 & snet = 10.0.0.0/8'}),
      ifaces: mono('ifaces', 'Interfaces', {placeholder: 'any'}),
      n: h('input', {type: 'number', min: 1, max: 100000, id: 'n'}),
      sort: select(kSorts, {id: 'sort'}),
      direction: select(kDirections, {id: 'direction'}),
      resolution: select(kResolutions, {id: 'resolution'}),
    };
    this.checks = {
      ascending: h('input', {type: 'checkbox'}),
      biflow: h('input', {type: 'checkbox'}),
      scaled: h('input', {type: 'checkbox'}),
    };
    this.problems = {query: h('div'), condition: h('div'), other: h('div')};
    this.range = new RangePicker(
      {go: (changes) => this.submit(changes)},
      kRanges.filter(([value]) => value !== 'live')
    );
    this.progress = h('progress', {max: 1, value: 0, hidden: true, 'aria-label': 'Share of the store that is read'});
    this.summary = h('p', {class: 'quiet', role: 'status'});
    this.command = h('code', {class: 'mono'});
    this.downloads = h(
      'div',
      {class: 'downloads', hidden: true},
      h('button', {type: 'button', onclick: () => this.download('csv')}, 'CSV'),
      h('button', {type: 'button', onclick: () => this.download('json')}, 'JSON')
    );
    this.table = new ResultTable({onClause: (clause) => this.submit({c: withClause(this.fields.c.value, clause)})});
    this.card = h(
      'section',
      {class: 'card answer', 'aria-label': 'Answer'},
      h('header', {}, this.summary, this.downloads),
      this.table.element
    );
    this.run = h('button', {type: 'submit', class: 'primary'}, 'Run');
    this.stop = h('button', {type: 'button', hidden: true, onclick: () => this.abort?.abort()}, 'Stop');
    const suggest = (how) => async (text, caret) => how(text, caret, await app.fields());
    const {columns, c, ifaces, n, sort, direction, resolution} = this.fields;
    root.append(
      h(
        'form',
        {
          class: 'card query',
          onsubmit: (event) => {
            event.preventDefault();
            this.submit({});
          },
        },
        h('h1', {class: 'unseen'}, 'Query'),
        labelled('Columns', withCompletion(columns, suggest(suggestColumns)), 'wide'),
        this.problems.query,
        labelled('Condition', withCompletion(c, suggest(suggestCondition)), 'wide'),
        this.problems.condition,
        h('div', {class: 'row'}, this.range.element),
        h(
          'div',
          {class: 'row'},
          labelled('Interfaces', ifaces),
          labelled('Rows at most', n),
          labelled('Sorted by', sort),
          labelled('Direction', direction),
          labelled('Blocks of time', resolution)
        ),
        h(
          'div',
          {class: 'row'},
          h('label', {}, this.checks.ascending, ' smallest first'),
          h('label', {}, this.checks.biflow, ' conversations whole'),
          h('label', {}, this.checks.scaled, ' scale sampled'),
          h('span', {class: 'grow'}),
          this.stop,
          this.run
        ),
        this.problems.other
      ),
      h('div', {class: 'command'}, this.command, h('button', {type: 'button', onclick: () => this.copy()}, 'Copy')),
      this.progress,
      this.card
    );
    root.addEventListener('change', (this.onChange = () => this.showCommand()));
    this.root = root;
  }

  close() {
    this.abort?.abort();
    this.root.removeEventListener('change', this.onChange);
  }

  // What the form says, as state.
  read() {
    const values = Object.fromEntries(Object.entries(this.fields).map(([key, field]) => [key, field.value.trim()]));
    return {
      ...values,
      ascending: this.checks.ascending.checked ? '1' : '',
      biflow: this.checks.biflow.checked ? '1' : '0',
      sampling: this.checks.scaled.checked ? 'scaled' : 'raw',
    };
  }

  submit(changes) {
    this.app.go({...this.read(), run: '1', ...changes});
  }

  show(state) {
    this.state = state.range === 'live' ? {...state, range: '-1h'} : state;
    for (const [key, field] of Object.entries(this.fields)) field.value = this.state[key];
    this.checks.ascending.checked = state.ascending === '1';
    this.checks.biflow.checked = state.biflow === '1';
    this.checks.scaled.checked = state.sampling === 'scaled';
    this.range.show(this.state);
    this.showCommand();
    if (state.run) this.ask();
    else this.summary.textContent = 'Columns are grouped by; rows have the sums of their bytes and packets.';
  }
  redraw() {
    this.table.draw();
  }

  showCommand() {
    this.command.textContent = commandLine(queryOf({...this.state, ...this.read()}));
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(this.command.textContent);
    } catch {
      getSelection().selectAllChildren(this.command); // no permission, or no TLS: Ctrl+C does it
    }
  }

  async ask() {
    this.abort?.abort();
    const abort = (this.abort = new AbortController());
    const {direction} = this.state;
    for (const place of Object.values(this.problems)) place.replaceChildren();
    this.busy(true);
    this.card.hidden = false;
    this.summary.textContent = 'Asking …';
    try {
      const answer = await api.streamQuery(queryOf(this.state), {
        signal: abort.signal,
        onProgress: (share) => {
          this.progress.value = share;
        },
        onPartial: (partial) => {
          const {time_first: first, time_last: last} = partial.summary.time_range;
          this.summary.textContent = `So far, exact for ${formatTime(parseTime(first))} – ${formatTime(parseTime(last))}`;
          this.table.show(partial, direction, true);
        },
      });
      this.answer = answer;
      this.downloads.hidden = false;
      this.table.show(answer.result, direction, false);
      this.summarise(answer.result);
    } catch (error) {
      if (abort !== this.abort) return;
      this.summary.textContent = error.name === 'AbortError' ? 'Stopped.' : '';
      if (error.name === 'AbortError') return;
      if (!(error instanceof api.ApiError)) throw error;
      this.table.clear();
      this.downloads.hidden = true;
      this.failed(error);
    } finally {
      if (abort === this.abort) this.busy(false);
    }
  }

  busy(busy) {
    this.progress.hidden = !busy;
    this.progress.value = 0;
    this.stop.hidden = !busy;
  }

  failed(error) {
    if (error.status !== 400 && error.status !== 200) {
      return this.table.element.replaceChildren(inPlace(error));
    }
    this.card.hidden = true;
    const text = {query: this.state.columns, condition: this.state.c}[error.option] ?? '';
    (this.problems[error.option] ?? this.problems.other).replaceChildren(atPlace(error, text));
  }

  summarise({summary, status}) {
    const {hits, timings, stats, time_range: range} = summary;
    const parts = [
      `${exact(hits.displayed)} of ${exact(hits.total)} rows`,
      `${formatTime(parseTime(range.time_first))} – ${formatTime(parseTime(range.time_last))}`,
    ];
    if (timings?.query_duration_ns) parts.push(`${(Number(timings.query_duration_ns) / 1e6).toFixed(1)} ms`);
    if (stats?.rows !== undefined) parts.push(`${exact(stats.rows)} flows read`);
    if (status?.message) parts.push(status.message);
    this.summary.textContent = parts.join(' · ');
  }

  download(kind) {
    const text = kind === 'csv' ? toCsv(this.answer.result) : this.answer.text + '\n';
    const url = URL.createObjectURL(new Blob([text], {type: kind === 'csv' ? 'text/csv' : 'application/json'}));
    h('a', {href: url, download: `weir.${kind}`}).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }
}
