// Who sends flows and how well, and the interfaces that the store knows.
import * as api from './api.js';
import {h, isMarked, notice, redraw} from './dom.js';
import {exact, formatBytes, formatCount, formatDuration, formatPercent, formatTime, parseTime} from './format.js';
import {clauseFor} from './names.js';
import {comparison} from './condition.js';
import {poll} from './polling.js';
import {inPlace} from './problem.js';
import {bytesOf, packetsOf} from './ranking.js';
import {settings} from './settings.js';

const kHealth = {
  ok: 'OK',
  silent: 'Silent',
  loss: 'Loss',
  waiting: 'Waiting',
  malformed: 'Malformed',
  stored: 'Stored',
};
const kListEvery = 6; // of the polls: interfaces change slowly

const number = (text, title) => h('td', {class: 'number', title}, text);

export class ExportersView {
  constructor(root, app) {
    this.app = app;
    this.exporters = h('div', {class: 'card-body'}, h('p', {class: 'quiet'}, 'Loading …'));
    this.interfaces = h('div', {class: 'card-body'}, h('p', {class: 'quiet'}, 'Loading …'));
    const card = (id, title, body) =>
      h('section', {class: 'card', 'aria-labelledby': id}, h('header', {}, h('h2', {id}, title)), body);
    root.append(
      card('title-exporters', 'Exporters', this.exporters),
      card('title-interfaces', 'Interfaces', this.interfaces)
    );
    let round = 0;
    this.stop = poll(
      async (signal) => {
        if (!isMarked(this.exporters)) this.showExporters(await api.get('exporters', {}, signal));
        if (round++ % kListEvery === 0) await this.loadInterfaces(signal);
      },
      (error) => {
        if (!(error instanceof api.ApiError)) throw error;
        if (!error.isGone && error.status !== 401) this.exporters.replaceChildren(inPlace(error));
      }
    );
  }

  close() {
    this.stop();
  }
  show() {}
  redraw() {
    if (this.listing) this.showInterfaces(this.listing);
  }

  narrow(clause) {
    this.app.go({view: 'overview', c: clause, ...(this.app.state.range === 'live' ? {range: '-1h'} : {})});
  }

  showExporters({exporters, source}) {
    if (!exporters.length) {
      return this.exporters.replaceChildren(
        notice(
          'No exporter has sent anything yet',
          h('p', {}, 'Point a router at this collector (UDP 2055), or try ', h('code', {}, 'weir generate'), '.')
        )
      );
    }
    const stored = source === 'store';
    const now = Date.now() / 1000;
    const heads = stored
      ? ['Exporter', 'Flows', 'Last flow']
      : ['Exporter', 'Health', 'Sends', 'Flows', 'Messages', 'Lost', 'Templates', 'Sampling', 'Last heard'];
    const numbers = new Set(['Flows', 'Messages', 'Lost', 'Templates', 'Sampling', 'Last heard', 'Last flow']);
    redraw(
      this.exporters,
      stored ? h('p', {class: 'quiet'}, 'No collector runs here: this is what the store tells.') : null,
      h(
        'div',
        {class: 'scroll', tabindex: 0, role: 'region', 'aria-labelledby': 'title-exporters'},
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
          h(
            'tbody',
            {},
            exporters.map((one) => this.exporter(one, stored, now))
          )
        )
      )
    );
  }

  exporter(one, stored, now) {
    const lost = one.sequence_lost ?? 0;
    const seen = one.last_seen ? parseTime(one.last_seen) : 0;
    const name = h(
      'th',
      {scope: 'row'},
      h(
        'button',
        {type: 'button', title: 'Its traffic', onclick: () => this.narrow(clauseFor('hostid', one.exporter))},
        one.name || one.exporter
      ),
      ' ',
      h(
        'span',
        {class: 'hint'},
        [one.name ? one.exporter : '', stored ? '' : `domain ${one.observation_domain_id ?? 0}`]
          .filter(Boolean)
          .join(' · ')
      )
    );
    const flows = number(formatCount(one.flows ?? 0), exact(one.flows ?? 0));
    const last = number(seen ? `${formatDuration(Math.max(0, now - seen))} ago` : '–', seen ? formatTime(seen) : '');
    if (stored) return h('tr', {}, name, flows, last);
    const reasons = one.reasons ?? [];
    return h(
      'tr',
      {},
      name,
      h(
        'td',
        {class: 'health'},
        h('span', {class: `badge ${one.health}`}, kHealth[one.health] ?? one.health),
        reasons.map((reason) => h('span', {class: 'reason'}, reason))
      ),
      h('td', {}, one.type ?? ''),
      flows,
      number(formatCount(one.messages ?? 0), `${exact(one.messages ?? 0)} messages, ${exact(one.bytes ?? 0)} bytes`),
      number(
        lost ? `${formatCount(lost)} (${formatPercent(lost, this.sent(one))})` : '0',
        `${exact(lost)} ${one.sequence_unit ?? ''}`
      ),
      number(String(one.templates ?? 0)),
      number(one.sampling_rate ? `1:${exact(one.sampling_rate)}` : '–'),
      last
    );
  }

  // What it counts, in all.
  sent(one) {
    const arrived = /message|packet|datagram/.test(one.sequence_unit ?? '') ? one.messages : one.flows;
    return Number(arrived ?? 0) + Number(one.sequence_lost ?? 0);
  }

  async loadInterfaces(signal) {
    try {
      this.listing = await api.get('list', {}, signal);
      this.showInterfaces(this.listing);
    } catch (error) {
      if (!(error instanceof api.ApiError) || error.isGone || error.status === 401) throw error;
      this.interfaces.replaceChildren(inPlace(error));
    }
  }

  showInterfaces({interfaces}) {
    if (!interfaces.length) return this.interfaces.replaceChildren(notice('The store is empty'));
    const rows = [...interfaces].sort((a, b) => (bytesOf(b.counters) > bytesOf(a.counters) ? 1 : -1));
    const bytes = (value) => number(formatBytes(value, settings.units), `${exact(value)} bytes`);
    redraw(
      this.interfaces,
      h(
        'div',
        {class: 'scroll', tabindex: 0, role: 'region', 'aria-labelledby': 'title-interfaces'},
        h(
          'table',
          {class: 'wide-table'},
          h(
            'thead',
            {},
            h(
              'tr',
              {},
              ['Interface', 'Exporter'].map((text) => h('th', {scope: 'col'}, text)),
              ['Flows', 'Bytes in', 'Bytes out', 'Packets', 'First flow', 'Last flow'].map((text) =>
                h('th', {scope: 'col', class: 'number'}, text)
              )
            )
          ),
          h(
            'tbody',
            {},
            rows.map((one) =>
              h(
                'tr',
                {},
                h('th', {scope: 'row'}, this.interfaceButton(one)),
                h('td', {title: one.host_id}, one.host),
                number(formatCount(one.flows), exact(one.flows)),
                bytes(one.counters.br ?? 0),
                bytes(one.counters.bs ?? 0),
                number(formatCount(packetsOf(one.counters)), exact(packetsOf(one.counters))),
                number(formatTime(parseTime(one.time_first), {seconds: false})),
                number(formatTime(parseTime(one.time_last), {seconds: false}))
              )
            )
          )
        )
      )
    );
  }

  interfaceButton(one) {
    const clause = comparison('iface', one.iface);
    if (!clause) return one.iface;
    const whole = one.host_id ? `${clause} & hostid = ${one.host_id}` : clause;
    return h('button', {type: 'button', title: `Only ${whole}`, onclick: () => this.narrow(whole)}, one.iface);
  }
}
