// The answer of a query as a table that can be sorted, its CSV, and its rows' clauses.
import {h, notice, redraw} from './dom.js';
import {exact, formatBytes, formatCount, formatDuration, formatPercent, formatTime, parseTime} from './format.js';
import {clauseFor, countryName, flagLetters, protocolName} from './names.js';
import {bytesOf, packetsOf} from './ranking.js';
import {settings} from './settings.js';

const kMostRows = 1000; // in the table; downloads have all
const kLabels = {time: 'timestamp', hostid: 'host_id'};
const isCountry = (column) => /^(src|dst)_geo_country_code$/.test(column);
const isFlags = (column) => /tcp_flags$/.test(column);
const isNanoseconds = (column) => /_ns$/.test(column);

export function valueOf(row, column) {
  const label = row.labels?.[kLabels[column] ?? column];
  return label !== undefined ? label : row.attributes?.[column];
}

// For people.
export function valueText(column, value) {
  if (value === undefined || value === null) return '';
  if (column === 'time') return formatTime(parseTime(value));
  if (column === 'proto') return protocolName(value);
  if (column === 'duration') return Number(value) < 10000 ? `${value} ms` : formatDuration(Number(value) / 1000);
  if (isFlags(column)) return flagLetters(Number(value));
  if (isCountry(column)) return value ? `${value} ${countryName(value)}` : '';
  if (isNanoseconds(column) && value) {
    const ns = BigInt(value);
    return `${formatTime(Number(ns / 1000000000n))}.${String(ns % 1000000000n)
      .padStart(9, '0')
      .slice(0, 3)}`;
  }
  return Array.isArray(value) ? value.join(' ') : String(value);
}

const isNumber = (value) => typeof value === 'number' || typeof value === 'bigint';

// The counters' columns for a direction: [heading, of a row's counters, as text].
export function counterColumns(direction) {
  const bytes = (value) => formatBytes(value, settings.units);
  const all = {
    in: [
      ['Packets in', (c) => c.pr ?? 0, formatCount],
      ['Bytes in', (c) => c.br ?? 0, bytes],
    ],
    out: [
      ['Packets out', (c) => c.ps ?? 0, formatCount],
      ['Bytes out', (c) => c.bs ?? 0, bytes],
    ],
    sum: [
      ['Packets', packetsOf, formatCount],
      ['Bytes', bytesOf, bytes],
    ],
  };
  return all[direction] ?? [...all.in, ...all.out];
}

export class ResultTable {
  constructor({onClause}) {
    this.onClause = onClause;
    this.element = h('div', {class: 'result'});
  }

  clear() {
    this.result = null;
    this.element.replaceChildren();
  }

  // isPartial: more rows may come.
  show(result, direction, isPartial) {
    this.result = result;
    this.direction = direction;
    this.order = null;
    this.isPartial = isPartial;
    this.draw();
  }

  columns() {
    const counters = counterColumns(this.direction);
    const attributes = (this.result.query.attributes ?? []).map((column) => ({
      heading: column,
      value: (row) => valueOf(row, column),
      text: (value) => valueText(column, value),
      clause: (value) => (value === undefined ? null : clauseFor(column, value)),
    }));
    const totals = this.result.summary.totals;
    return [
      ...attributes,
      ...counters.map(([heading, of, text]) => ({
        heading,
        isCounter: true,
        value: (row) => of(row.counters),
        text,
        title: exact,
        total: of(totals),
      })),
      {
        heading: '%',
        isCounter: true,
        value: (row) => bytesOf(row.counters),
        text: (value) => formatPercent(value, bytesOf(totals)),
        title: exact,
      },
    ];
  }

  draw() {
    if (!this.result) return;
    const rows = [...(this.result.rows ?? [])];
    if (!rows.length)
      return this.element.replaceChildren(this.isPartial ? '' : notice('No flows match in this window'));
    const columns = this.columns();
    if (this.order) {
      const {value} = columns[this.order.index];
      const sign = this.order.ascending ? 1 : -1;
      const compare = (a, b) =>
        isNumber(a) && isNumber(b)
          ? a < b
            ? -1
            : a > b
              ? 1
              : 0
          : String(a).localeCompare(String(b), 'en', {numeric: true});
      rows.sort((a, b) => sign * compare(value(a), value(b)));
    }
    const shown = rows.slice(0, kMostRows);
    const heading = (column, index) => {
      const sorted = this.order?.index === index ? (this.order.ascending ? 'ascending' : 'descending') : null;
      return h(
        'th',
        {scope: 'col', class: column.isCounter ? 'number' : '', 'aria-sort': sorted},
        h(
          'button',
          {
            type: 'button',
            'data-key': column.heading,
            onclick: () => {
              const again = this.order?.index === index;
              this.order = {index, ascending: again ? !this.order.ascending : !column.isCounter};
              this.draw();
            },
          },
          column.heading,
          sorted ? (sorted === 'ascending' ? ' ↑' : ' ↓') : ''
        )
      );
    };
    redraw(
      this.element,
      h(
        'div',
        {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Answer'},
        h(
          'table',
          {},
          h('thead', {}, h('tr', {}, columns.map(heading))),
          h(
            'tbody',
            {},
            shown.map((row) =>
              h(
                'tr',
                {},
                columns.map((column) => this.cell(column, column.value(row)))
              )
            )
          ),
          h(
            'tfoot',
            {},
            h(
              'tr',
              {},
              columns.map((column, i) =>
                column.total === undefined
                  ? h('td', {}, i ? '' : 'Total')
                  : h('td', {class: 'number', title: exact(column.total)}, column.text(column.total))
              )
            )
          )
        )
      ),
      shown.length < rows.length
        ? h(
            'p',
            {class: 'quiet'},
            `The first ${exact(shown.length)} of ${exact(rows.length)} rows; downloads have all.`
          )
        : null
    );
  }

  cell(column, value) {
    const text = column.text(value);
    if (column.isCounter) return h('td', {class: 'number', title: column.title(value)}, text);
    const clause = column.clause(value);
    return h(
      'td',
      {class: 'mono'},
      clause
        ? h(
            'button',
            {type: 'button', class: 'cell', title: `Only ${clause}`, onclick: () => this.onClause(clause)},
            text === '' ? '–' : text
          )
        : text
    );
  }
}

// RFC 4180, plain numbers. Texts that a spreadsheet would take for a formula are kept from it by a leading quote.
export function toCsv(result) {
  const cell = (value) => {
    let text = Array.isArray(value) ? value.join(' ') : String(value ?? '');
    if (!isNumber(value) && /^[=+@\t\r-]/.test(text)) text = `'${text}`;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const columns = result.query.attributes ?? [];
  const lines = [[...columns, 'packets_in', 'packets_out', 'bytes_in', 'bytes_out']];
  for (const row of result.rows ?? []) {
    const {br = 0, bs = 0, pr = 0, ps = 0} = row.counters;
    lines.push([...columns.map((column) => valueOf(row, column)), pr, ps, br, bs]);
  }
  return lines.map((line) => line.map(cell).join(',')).join('\r\n') + '\r\n';
}
