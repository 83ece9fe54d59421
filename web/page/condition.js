// goQuery conditions as text: splitting into clauses, adding and removing them, quoting values. Pure functions.
//
// The server alone decides whether a condition is right. What cannot be split here is one clause.

const kWords = new Set([
  'and',
  'or',
  'not',
  'in',
  'eq',
  'ne',
  'neq',
  'l',
  'lt',
  'le',
  'leq',
  'less',
  'g',
  'gt',
  'ge',
  'geq',
  'greater',
  'equals',
]);
const kOpen = '([{';
const kClose = ')]}';

// [{kind, text, start, end}], kind one of: quoted, open, close, and, or, not, comma, operator, word. `closed` is false
// where a quote is missing.
export function tokenize(text) {
  const tokens = [];
  let closed = true;
  for (let i = 0; i < text.length;) {
    const start = i;
    const c = text[i];
    let kind;
    if (/\s/.test(c)) {
      ++i;
      continue;
    } else if (c === '"' || c === "'") {
      const end = text.indexOf(c, i + 1);
      closed = end >= 0;
      i = closed ? end + 1 : text.length;
      kind = 'quoted';
    } else if (kOpen.includes(c) || kClose.includes(c)) {
      kind = kOpen.includes(c) ? 'open' : 'close';
      ++i;
    } else if (c === ',') {
      kind = 'comma';
      ++i;
    } else if (c === '&' || c === '*') {
      kind = 'and';
      i += text.startsWith('&&', i) ? 2 : 1;
    } else if (c === '|' || c === '+') {
      kind = 'or';
      i += text.startsWith('||', i) ? 2 : 1;
    } else if ('=<>!'.includes(c)) {
      while (i < text.length && '=<>!'.includes(text[i])) ++i;
      kind = text.slice(start, i) === '!' ? 'not' : 'operator';
    } else {
      while (i < text.length && !/[\s"'()[\]{},&*|+=<>!]/.test(text[i])) ++i;
      const word = text.slice(start, i).toLowerCase();
      kind =
        word === 'and' || word === 'or' || word === 'not'
          ? word
          : kWords.has(word.replace(/^-/, '')) && tokens.at(-1)?.kind === 'word'
            ? 'operator'
            : 'word';
    }
    tokens.push({kind, text: text.slice(start, i), start, end: i});
  }
  return {tokens, closed};
}

// The places of `kind` outside all brackets; nothing where brackets or quotes do not close.
function outermost(text, kind) {
  const {tokens, closed} = tokenize(text);
  let depth = 0;
  const found = [];
  for (const token of tokens) {
    if (token.kind === 'open') ++depth;
    if (token.kind === 'close' && --depth < 0) return null;
    if (token.kind === kind && depth === 0) found.push(token);
  }
  return closed && depth === 0 ? found : null;
}

// What an outermost "and" joins, in order.
export function clauses(text) {
  const whole = text.trim();
  if (!whole) return [];
  const ors = outermost(whole, 'or');
  const ands = outermost(whole, 'and');
  if (!ors || !ands || ors.length) return [whole];
  const parts = [];
  let start = 0;
  for (const token of ands) {
    parts.push(whole.slice(start, token.start).trim());
    start = token.end;
  }
  parts.push(whole.slice(start).trim());
  return parts.every(Boolean) ? parts : [whole];
}

export function join(parts) {
  if (parts.length === 1) return parts[0];
  return parts.map((part) => (outermost(part, 'or')?.length ? `(${part})` : part)).join(' & ');
}

// What is there already is not added twice.
export function withClause(text, clause) {
  const parts = clauses(text);
  return parts.includes(clause) ? text.trim() : join([...parts, clause]);
}

export function withoutClause(text, index) {
  return join(clauses(text).filter((_, i) => i !== index)) ?? '';
}

// A value as a condition has it, in quotes where it must be; null where no quotes can hold it.
export function quote(value) {
  const text = String(value);
  if (/^[A-Za-z0-9_.:]+$/.test(text) && !kWords.has(text.toLowerCase())) return text;
  if (!text.includes('"')) return `"${text}"`;
  if (!text.includes("'")) return `'${text}'`;
  return null;
}

// "attribute = value"; null where there is no way to write it.
export function comparison(attribute, value) {
  const quoted = quote(value);
  return quoted === null ? null : `${attribute} = ${quoted}`;
}
