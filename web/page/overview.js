// The overview: throughput by protocol, then who, what and where, for one window and condition.
import * as api from './api.js';
import {withClause} from './condition.js';
import {h, notice, press, segmented} from './dom.js';
import {FilterBar, windowText} from './filters.js';
import {parseTime} from './format.js';
import {LivePlot} from './live.js';
import {WorldMap} from './map.js';
import {clauseFor} from './names.js';
import {Plot} from './plot.js';
import {inPlace} from './problem.js';
import {bytesOf, packetsOf, RankingCard} from './ranking.js';
import {asNames, kRankings, sideOf, sidesOf, withSide} from './rankings.js';
import {timeStep, toSeries} from './series.js';
import {isRelative, windowOf} from './state.js';
import {showTotals, whyNothing} from './totals.js';

const kLiveRefreshMs = 10000;
const kRefreshMs = 30000;
const kProtocolClauses = {
  TCP: 6,
  UDP: 17,
  ICMP: 1,
  ICMPv6: 58,
  IGMP: 2,
  GRE: 47,
  ESP: 50,
  SCTP: 132,
  AH: 51,
  OSPF: 89,
  PIM: 103,
};
const kRangeSeconds = {m: 60, h: 3600, d: 86400};

// How long a window is, about: for the width of blocks before the server has said it.
function windowSeconds(state) {
  const relative = /^-(\d+)([mhd])$/.exec(state.range);
  if (relative) return relative[1] * kRangeSeconds[relative[2]];
  if (/^\d+$/.test(state.first)) return Math.max(1, (Number(state.last) || Date.now() / 1000) - Number(state.first));
  return 86400;
}

export class Overview {
  constructor(root, app) {
    this.app = app;
    this.filters = new FilterBar(app);
    this.stats = h('dl', {class: 'stats'});
    this.measures = segmented(
      'Unit of the plot',
      [
        ['bits', 'bit/s'],
        ['packets', 'packets/s'],
      ],
      null,
      (measure) => app.go({measure})
    );
    this.plotTitle = h('span', {class: 'quiet'});
    this.plotNotice = h('div');
    this.plot = new Plot({
      onZoom: (first, last) => app.go({range: '', first: String(first), last: String(last)}),
      onProtocol: (name) => this.narrow(this.protocolClause(name)),
    });
    this.plotCard = h(
      'section',
      {class: 'card throughput', 'aria-labelledby': 'title-plot'},
      h('header', {}, h('h2', {id: 'title-plot'}, 'Throughput'), this.plotTitle, this.measures),
      this.plotNotice,
      this.plot.element
    );
    this.live = new LivePlot(this.plot, (error) => this.liveFailed(error));
    this.map = new WorldMap({onCountry: (code) => this.narrow(clauseFor(`${this.side('countries')}_country`, code))});
    this.cards = new Map(
      kRankings.map((kind) => [
        kind.id,
        new RankingCard(kind, {
          onClause: (clause) => this.narrow(clause),
          onSide: (side) => app.go({flip: withSide(kind, side, app.state)}, {replace: true}),
          onOpen: () =>
            app.go({
              view: 'query',
              columns: kind.columns(sideOf(kind, app.state)),
              n: String(kind.limit),
              direction: 'sum',
              run: '1',
              range: app.state.range === 'live' ? '-5m' : app.state.range,
            }),
        }),
      ])
    );
    const countries = this.cards.get('countries').element;
    this.mapHolder = h('div', {class: 'map-holder'}, this.map.element);
    countries.classList.add('wide');
    countries.lastChild.before(this.mapHolder);
    this.nothing = h('div');
    this.grid = h(
      'div',
      {class: 'grid'},
      [...this.cards.values()].map((card) => card.element)
    );
    root.append(this.filters.element, this.stats, this.plotCard, this.nothing, this.grid);
    this.onVisible = () => {
      if (!document.hidden) this.refresh();
    };
    document.addEventListener('visibilitychange', this.onVisible);
  }

  close() {
    document.removeEventListener('visibilitychange', this.onVisible);
    clearTimeout(this.timer);
    this.abort?.abort();
    this.live.stop();
    this.plot.close();
  }

  side(id) {
    return sideOf(
      kRankings.find((kind) => kind.id === id),
      this.state
    );
  }
  narrow(clause) {
    if (clause) this.app.go({c: withClause(this.state.c, clause)});
  }
  protocolClause(name) {
    const number = kProtocolClauses[name] ?? /^protocol (\d+)$/.exec(name)?.[1];
    return number === undefined ? null : clauseFor('proto', Number(number));
  }

  show(state) {
    this.state = state;
    this.filters.show(state);
    press(this.measures, state.measure);
    this.refresh();
  }
  redraw() {
    this.show(this.state);
  }

  liveFailed(error) {
    if (error.status !== 404) {
      if (!error.isGone) this.plotNotice.replaceChildren(h('p', {class: 'problem'}, error.message));
      return;
    }
    // weir serve: there is nothing live, the store's last hour is the nearest.
    this.app.go({range: '-1h'}, {replace: true});
  }

  async refresh() {
    clearTimeout(this.timer);
    this.abort?.abort();
    const abort = (this.abort = new AbortController());
    const {state} = this;
    const isLive = state.range === 'live';
    this.plotNotice.replaceChildren();
    if (isLive) {
      this.plotTitle.textContent = 'live, the last five minutes, scaled by sampling';
      if (state.c)
        this.plotNotice.append(
          h('p', {class: 'quiet'}, 'The live plot shows all traffic; the condition applies to the tables below.')
        );
      this.live.start(state.measure);
    } else {
      this.live.stop();
    }
    if (isRelative(state)) {
      this.timer = setTimeout(() => document.hidden || this.refresh(), isLive ? kLiveRefreshMs : kRefreshMs);
    }
    for (const card of this.cards.values()) card.loading();
    try {
      await this.load(state, isLive, abort.signal);
      this.filters.problem.replaceChildren();
    } catch (error) {
      if (error.name === 'AbortError' || abort.signal.aborted) return;
      if (error instanceof api.ApiError) this.failed(error, state);
      else throw error;
    }
  }

  failed(error, state) {
    for (const card of this.cards.values()) card.element.setAttribute('aria-busy', 'false');
    if (this.filters.fail(error, state) || error.isGone || error.status === 401) return;
    this.grid.hidden = true;
    this.stats.replaceChildren();
    if (state.range !== 'live') this.plot.element.hidden = true;
    this.nothing.replaceChildren(h('section', {class: 'card'}, inPlace(error)));
  }

  // The first answer says which window the server means; all others ask for just that one, so that figures agree.
  async load(state, isLive, signal) {
    const base = {condition: state.c, biflow: state.biflow === '1', sampling: state.sampling, sum: true};
    let window = windowOf(state);
    const [seconds, resolution] = timeStep(windowSeconds(state));
    const overTime = await api.query(
      {
        ...base,
        ...window,
        query: isLive ? 'proto' : 'time,proto',
        num_results: 100000,
        ...(isLive ? {} : {time_resolution: resolution, sort_by: 'time', sort_ascending: true}),
      },
      signal
    );
    const range = overTime.summary.time_range;
    const first = Math.floor(parseTime(range.time_first));
    const last = Math.max(first + 1, Math.floor(parseTime(range.time_last)));
    window = {first: String(first), last: String(last)};
    if (!isLive) {
      this.plot.element.hidden = false;
      this.plotTitle.textContent = `${windowText(state)}, blocks of ${resolution}; a flow counts when it ended`;
      this.plot.show(toSeries(overTime.rows ?? [], {first, last, step: seconds}, state.measure), {
        measure: state.measure,
        step: true,
      });
    }
    await Promise.all(kRankings.map((kind) => this.loadCard(kind, {...base, ...window}, last - first, state, signal)));
  }

  async loadCard(kind, base, seconds, state, signal) {
    const card = this.cards.get(kind.id);
    const side = sideOf(kind, state);
    card.showSides(side, kind.side ? sidesOf(state.biflow === '1') : null);
    const result = await api.query({...base, query: kind.columns(side), num_results: kind.limit}, signal);
    if (kind.id === 'talkers') await this.showTotals(result.summary.totals, base, signal);
    if (kind.id === 'systems') await this.nameSystems(result, side, base, signal);
    if (kind.id === 'countries') await this.showMap(result, side);
    if (signal.aborted) return;
    const shown = kind.shown ? {...result, rows: (result.rows ?? []).slice(0, kind.shown)} : result;
    card.show(shown, side, seconds);
  }

  async showTotals(totals, base, signal) {
    showTotals(this.stats, totals, Number(base.first), Number(base.last));
    this.nothing.replaceChildren();
    const packets = packetsOf(totals);
    this.grid.hidden = !packets;
    if (packets) return;
    const listing = await api.get('list', {}, signal);
    const onWindow = (first, last) => this.app.go({range: '', first: String(first), last: String(last)});
    this.nothing.replaceChildren(h('section', {class: 'card'}, whyNothing(listing, Boolean(base.condition), onWindow)));
  }

  // Names are the databases'; numbers may be the exporters'. Asked for apart, so that one AS stays one row.
  async nameSystems(result, side, base, signal) {
    const unknown = (result.rows ?? [])
      .map((row) => row.attributes[`${side}_as`])
      .filter((number) => number && !asNames.has(number));
    if (!unknown.length) return;
    const answer = await api.query(
      {
        ...base,
        condition: `${side}_asn in (${unknown.join(', ')})`,
        sampling: 'raw',
        query: `${side}_asn,${side}_asn_name`,
        num_results: 1000,
      },
      signal
    );
    for (const {attributes} of answer.rows ?? []) {
      const name = attributes[`${side}_asn_autonomous_system_organization`];
      if (name) asNames.set(attributes[`${side}_asn_autonomous_system_number`], name);
    }
    for (const number of unknown) {
      if (!asNames.has(number)) asNames.set(number, '');
    }
  }

  async showMap(result, side) {
    const rows = result.rows ?? [];
    const known = rows.some((row) => row.attributes[`${side}_geo_country_code`]);
    this.mapHolder.classList.toggle('unknown', !known);
    this.mapHolder.querySelector('.notice')?.remove();
    if (!known && rows.length) {
      this.mapHolder.append(
        notice(
          'No countries are known',
          h(
            'p',
            {},
            'These flows were stored without locations. A collector adds them with ',
            h('code', {}, '--geoip-city FILE.mmdb'),
            '.'
          )
        )
      );
    }
    await this.map.show(
      new Map(rows.map((row) => [row.attributes[`${side}_geo_country_code`], bytesOf(row.counters)])),
      bytesOf(result.summary.totals)
    );
  }
}
