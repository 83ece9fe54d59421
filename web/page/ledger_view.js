// The ledger: where every datagram, set and flow went, by stage and by output.
import * as api from './api.js';
import {h, isMarked, notice, redraw} from './dom.js';
import {exact, formatBytes, formatDuration} from './format.js';
import {poll} from './polling.js';
import {inPlace} from './problem.js';
import {settings} from './settings.js';

const words = (reason) => reason.replaceAll('_', ' ');
const sum = (dropped) => Object.values(dropped ?? {}).reduce((all, one) => all + BigInt(one), 0n);
const number = (value, className = '') => h('td', {class: `number ${className}`}, exact(value));

// A line of the ledger: in = out + held + dropped{reason}.
function line(stage, unit, {in: entered, out, held, dropped}, note) {
  const lost = sum(dropped);
  const reasons = Object.entries(dropped ?? {}).filter(([, count]) => BigInt(count) > 0n);
  return h(
    'tr',
    {},
    h('th', {scope: 'row'}, h('span', {class: 'name'}, stage), note ? h('span', {class: 'reason'}, note) : null),
    h('td', {}, unit),
    number(entered),
    number(out),
    number(held),
    number(lost, lost ? 'bad' : ''),
    h('td', {class: 'reasons'}, reasons.map(([reason, count]) => `${words(reason)} ${exact(count)}`).join(', '))
  );
}

function table(label, heads, rows) {
  const numbers = new Set([
    'In',
    'Out',
    'Held',
    'Dropped',
    'Datagrams',
    'Bytes',
    'Kernel drops',
    'Buffer',
    'Waiting',
    'Size',
    'Age',
    'Loads',
  ]);
  return h(
    'div',
    {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': label},
    h(
      'table',
      {class: 'wide-table'},
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          heads.map((text) => h('th', {scope: 'col', class: numbers.has(text) ? 'number' : ''}, text))
        )
      ),
      h('tbody', {}, rows)
    )
  );
}

export class LedgerView {
  constructor(root) {
    this.body = h('div', {class: 'stack'}, h('p', {class: 'quiet'}, 'Loading …'));
    root.append(this.body);
    this.stop = poll(
      async (signal) => {
        this.status = await api.get('status', {}, signal);
        this.draw();
      },
      (error) => {
        if (!(error instanceof api.ApiError)) throw error;
        if (error.status === 404) {
          this.body.replaceChildren(
            h(
              'section',
              {class: 'card'},
              notice(
                'No collector runs here',
                h('p', {}, error.message),
                h(
                  'p',
                  {},
                  'This server answers from a store alone. The ledger is the collector’s: ',
                  h('code', {}, 'weir status'),
                  ' where it runs.'
                )
              )
            )
          );
        } else if (!error.isGone && error.status !== 401) {
          this.body.replaceChildren(h('section', {class: 'card'}, inPlace(error)));
        }
      }
    );
  }

  close() {
    this.stop();
  }
  show() {}
  redraw() {
    this.draw();
  }

  draw() {
    const {status} = this;
    if (!status || isMarked(this.body)) return;
    const card = (title, ...content) => h('section', {class: 'card'}, h('header', {}, h('h2', {}, title)), ...content);
    redraw(
      this.body,
      this.verdict(status),
      card('Where everything went', this.stages(status)),
      status.sockets?.length ? card('Sockets', this.sockets(status)) : null,
      status.enrichment?.files?.length ? card('Databases', this.databases(status)) : null
    );
  }

  verdict(status) {
    const wrong = status.imbalances ?? [];
    const uptime = (Number(status.now_ns) - Number(status.started_ns)) / 1e9;
    const dropped = (status.sinks ?? []).reduce((all, sink) => all + sum(sink.flows.dropped), 0n);
    const accounted = dropped
      ? `Every flow is accounted for; outputs dropped ${exact(dropped)}, for the reasons below`
      : 'Every flow is accounted for';
    return h(
      'section',
      {class: `card verdict ${wrong.length ? 'bad' : dropped ? 'warn' : 'good'}`},
      h('p', {class: 'notice-title'}, wrong.length ? 'The ledger does not balance' : accounted),
      wrong.map((text) => h('p', {}, text)),
      status.state_error ? h('p', {class: 'problem'}, `The state could not be saved: ${status.state_error}`) : null,
      h(
        'p',
        {class: 'quiet'},
        `weir ${status.version} ${status.daemon ?? ''}, up ${formatDuration(uptime)}, ` +
          `${formatBytes(status.resident_bytes ?? 0, settings.units)} of memory. In each line: in = out + held + dropped.`
      )
    );
  }

  stages(status) {
    const rows = [];
    if (status.messages) rows.push(line('Received', 'messages', status.messages));
    if (status.decoded?.sets) rows.push(line('Decoded', 'sets', status.decoded.sets));
    if (status.decoded) {
      rows.push(
        line(
          'Flows',
          'flows',
          {in: status.decoded.flows, out: status.flows_to_sinks, held: status.flows_in_open_batch, dropped: {}},
          status.decoded.sequence_lost
            ? `${exact(status.decoded.sequence_lost)} lost before they came here, by sequence numbers`
            : ''
        )
      );
    }
    for (const relay of status.relays ?? []) {
      if (relay.datagrams)
        rows.push(line(relay.relay ?? 'Relay', 'datagrams', {held: 0, ...relay.datagrams}, relay.last_error));
    }
    for (const sink of status.sinks ?? []) rows.push(line(sink.sink, 'flows', sink.flows, sink.last_error));
    return table('Ledger', ['Stage', 'Unit', 'In', 'Out', 'Held', 'Dropped', 'Why'], rows);
  }

  sockets({sockets}) {
    return table(
      'Sockets',
      ['Listener', 'Datagrams', 'Bytes', 'Kernel drops', 'Waiting', 'Buffer'],
      sockets.map((one) =>
        h(
          'tr',
          {},
          h('th', {scope: 'row'}, one.listener),
          number(one.datagrams),
          number(one.bytes),
          number(one.kernel_drops, Number(one.kernel_drops) ? 'bad' : ''),
          h('td', {class: 'number'}, formatBytes(one.queued_bytes, settings.units)),
          h('td', {class: 'number'}, formatBytes(one.buffer_bytes, settings.units))
        )
      )
    );
  }

  databases({enrichment}) {
    return table(
      'Databases',
      ['File', 'What it is', 'Age', 'Size', 'Loads', 'Trouble'],
      enrichment.files.map((one) =>
        h(
          'tr',
          {},
          h('th', {scope: 'row'}, one.file),
          h('td', {}, one.type),
          h('td', {class: 'number'}, formatDuration(Number(one.age_seconds))),
          h('td', {class: 'number'}, formatBytes(one.bytes, settings.units)),
          number(one.loads),
          h('td', {class: one.error ? 'bad' : ''}, one.error)
        )
      )
    );
  }
}
