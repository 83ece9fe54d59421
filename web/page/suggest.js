// What could be typed next in the column and condition fields. Pure functions: text, caret and the server's list of fields
// in, {from, to, items: [{text, hint}]} out: the part to replace and by what.
import {tokenize} from './condition.js';

const kMost = 12;
const kProtocols = ['tcp', 'udp', 'icmp', 'icmp6', 'gre', 'esp', 'sctp'];
const kValues = {
  dir: ['in', 'out', 'uni', 'bi'],
  direction: ['in', 'out', 'uni', 'bi'],
  proto: kProtocols,
  protocol: kProtocols,
  etype: ['ipv4', 'ipv6'],
  type: ['netflow_v5', 'netflow_v9', 'ipfix'],
};
const kOperators = ['=', '!=', '<', '<=', '>', '>=', 'in (', 'not in ('];

// Those that begin with `start` first, then those that have it elsewhere.
function matching(items, start) {
  const wanted = start.toLowerCase();
  const at = (item) => item.text.toLowerCase().indexOf(wanted);
  return items
    .filter((item) => at(item) >= 0 && item.text.toLowerCase() !== wanted)
    .sort((a, b) => Math.min(at(a), 1) - Math.min(at(b), 1))
    .slice(0, kMost);
}

function named(fields, use) {
  const items = [];
  for (const field of fields.columns ?? []) {
    if (field[use] === false) continue;
    items.push({text: field.name, hint: field.description ?? ''});
    for (const alias of field.aliases ?? []) items.push({text: alias, hint: field.name});
  }
  return items;
}

export function suggestColumns(text, caret, fields) {
  const from = text.lastIndexOf(',', caret - 1) + 1;
  const lead = text.slice(from, caret).match(/^\s*/)[0].length;
  const comma = text.indexOf(',', caret);
  const taken = new Set(text.split(',').map((name) => name.trim()));
  const shorthands = (fields.aliases ?? []).map(({name, columns}) => ({text: name, hint: columns.join(',')}));
  const items = [...shorthands, ...named(fields, 'column')].filter((item) => !taken.has(item.text));
  return {
    from: from + lead,
    to: comma < 0 ? text.length : comma,
    items: matching(items, text.slice(from + lead, caret)),
  };
}

export function suggestCondition(text, caret, fields) {
  const before = text.slice(0, caret);
  const {tokens, closed} = tokenize(before);
  const none = {from: caret, to: caret, items: []};
  if (!closed) return none;
  const typing =
    tokens.at(-1)?.end === caret &&
    ['word', 'operator', 'and', 'or', 'not'].includes(tokens.at(-1).kind) &&
    /[\w.-]$/.test(before)
      ? tokens.pop()
      : null;
  const from = typing?.start ?? caret;
  const answer = (items) => ({from, to: caret, items: matching(items, typing?.text ?? '')});
  const words = (list) => answer(list.map((word) => ({text: word, hint: ''})));

  const last = tokens.at(-1);
  const previous = tokens.at(-2);
  const inList =
    last &&
    (last.kind === 'comma' || last.kind === 'open') &&
    tokens.some((token) => token.kind === 'operator' && /^(in)$/i.test(token.text));
  if (inList) return none;
  if (!last || ['and', 'or', 'not', 'open'].includes(last.kind)) {
    const keywords = (fields.keywords ?? []).map((text) => ({text, hint: 'either side, networks, direction'}));
    return answer([...keywords, ...named(fields, 'condition')]);
  }
  if (last.kind === 'operator') return words(kValues[previous?.text.toLowerCase()] ?? []);
  const afterValue = last.kind === 'close' || previous?.kind === 'operator';
  if (afterValue) return typing ? words(['and', 'or']) : words(['&', '|']);
  return words(fields.operators?.length ? fields.operators : kOperators);
}
