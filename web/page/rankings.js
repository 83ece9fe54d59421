// The overview's cards: what each asks for and how its rows read.
import {h} from './dom.js';
import {clauseFor, clauseForAll, countryName, hasPorts, protocolName, serviceName} from './names.js';

const kRows = 10;
const kCountryRows = 15;
const kCountries = 300; // all there are: the map shows each

// The sides of a flow, by what they are called.
export const sidesOf = (biflow) =>
  biflow
    ? [
        ['src', 'Initiators'],
        ['dst', 'Responders'],
      ]
    : [
        ['src', 'Sources'],
        ['dst', 'Destinations'],
      ];

const two = (a, b) =>
  h('span', {class: 'pair mono'}, h('span', {}, a), h('span', {}, h('span', {class: 'arrow'}, '→ '), b));
const withHint = (text, hint) => [
  h('span', {class: 'name'}, text),
  hint ? ' ' : null,
  hint ? h('span', {class: 'hint'}, hint) : null,
];

// autonomous systems' names, filled by the overview: number → name
export const asNames = new Map();
const asName = (number) => (number ? (asNames.get(number) ?? '') : 'Not known');
const asOf = (row, side) => row.attributes[`${side}_as`];
const countryOf = (row, side) => row.attributes[`${side}_geo_country_code`];

export const kRankings = [
  {
    id: 'talkers',
    title: 'Top talkers',
    heading: 'Address',
    side: 'src',
    limit: kRows,
    columns: (side) => (side === 'src' ? 'sip' : 'dip'),
    text: (row, side) => row.attributes[side === 'src' ? 'sip' : 'dip'] || '(no address)',
    name(row, side) {
      return h('span', {class: 'mono'}, this.text(row, side));
    },
    clause: (row, side) => {
      const column = side === 'src' ? 'sip' : 'dip';
      return row.attributes[column] ? clauseFor(column, row.attributes[column]) : null;
    },
  },
  {
    id: 'services',
    title: 'Services',
    heading: 'Port',
    limit: kRows,
    columns: () => 'dport,proto',
    text: ({attributes: {dport, proto}}) =>
      hasPorts(proto) ? `${protocolName(proto)} ${dport} ${serviceName(dport, proto)}`.trim() : protocolName(proto),
    name: ({attributes: {dport, proto}}) =>
      hasPorts(proto)
        ? withHint(`${dport}/${protocolName(proto)}`, serviceName(dport, proto))
        : withHint(protocolName(proto), ''),
    clause: ({attributes: {dport, proto}}) =>
      hasPorts(proto)
        ? clauseForAll([
            ['dport', dport],
            ['proto', proto],
          ])
        : clauseFor('proto', proto),
  },
  {
    id: 'systems',
    title: 'Autonomous systems',
    heading: 'AS',
    side: 'dst',
    limit: kRows,
    columns: (side) => `${side}_as`,
    text: (row, side) => `AS${asOf(row, side)} ${asName(asOf(row, side))}`,
    name: (row, side) => withHint(asOf(row, side) ? `AS${asOf(row, side)}` : '–', asName(asOf(row, side))),
    clause: (row, side) => clauseFor(`${side}_as`, asOf(row, side)),
  },
  {
    id: 'conversations',
    title: 'Conversations',
    heading: 'From → to',
    limit: kRows,
    columns: () => 'sip,dip',
    text: ({attributes: {sip, dip}}) => `${sip || '(no address)'} → ${dip || '(no address)'}`,
    name: ({attributes: {sip, dip}}) => two(sip || '(no address)', dip || '(no address)'),
    clause: ({attributes: {sip, dip}}) =>
      sip && dip
        ? clauseForAll([
            ['sip', sip],
            ['dip', dip],
          ])
        : null,
  },
  {
    id: 'countries',
    title: 'Countries',
    heading: 'Country',
    side: 'dst',
    limit: kCountries,
    shown: kCountryRows,
    columns: (side) => `${side}_country`,
    text: (row, side) => `${countryName(countryOf(row, side))} ${countryOf(row, side)}`.trim(),
    name: (row, side) => withHint(countryName(countryOf(row, side)), countryOf(row, side)),
    clause: (row, side) => clauseFor(`${side}_country`, countryOf(row, side)),
  },
];

// The side that a card shows: its own, or the other where the state's `flip` names it.
export function sideOf(kind, state) {
  const flipped = state.flip.split(',').includes(kind.id);
  return flipped === (kind.side === 'src') ? 'dst' : 'src';
}

export function withSide(kind, side, state) {
  const others = state.flip.split(',').filter((id) => id && id !== kind.id);
  return (side === kind.side ? others : [...others, kind.id]).join(',');
}
