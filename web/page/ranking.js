// A card with the most of something: name, bytes, packets, rate and share of each row. A click on a row drills down.
import {h, notice, redraw, segmented} from './dom.js';
import {exact, formatBytes, formatCount, formatPercent, formatRate} from './format.js';
import {settings} from './settings.js';

export const bytesOf = ({br = 0, bs = 0}) => BigInt(br) + BigInt(bs);
export const packetsOf = ({pr = 0, ps = 0}) => BigInt(pr) + BigInt(ps);

export class RankingCard {
  // kind: {id, title, sides: [[value, label]…] | null, name(row, side) → nodes, clause(row, side) → text | null,
  //        text(row, side) → plain name}
  // onClause(text), onSide(value), onOpen(): the same as a query
  constructor(kind, {onClause, onSide, onOpen}) {
    this.kind = kind;
    this.onClause = onClause;
    this.onSide = onSide;
    this.sides = h('div', {class: 'card-sides'});
    this.body = h('div', {class: 'card-body'});
    this.element = h(
      'section',
      {class: 'card ranking', id: `card-${kind.id}`, 'aria-labelledby': `title-${kind.id}`},
      h(
        'header',
        {},
        h('h2', {id: `title-${kind.id}`}, kind.title),
        this.sides,
        h(
          'button',
          {
            type: 'button',
            class: 'link',
            title: 'Open as a query',
            'aria-label': `${kind.title}: open as a query`,
            onclick: onOpen,
          },
          'Query'
        )
      ),
      this.body
    );
  }

  showSides(side, sides) {
    redraw(this.sides, sides && segmented('Side', sides, side, this.onSide));
  }

  loading() {
    this.element.setAttribute('aria-busy', 'true');
    if (!this.body.firstChild) this.body.append(h('p', {class: 'quiet'}, 'Loading …'));
  }

  fail(content) {
    this.element.setAttribute('aria-busy', 'false');
    this.body.replaceChildren(content);
  }

  // result: the API's; seconds: of the window.
  show(result, side, seconds) {
    this.element.setAttribute('aria-busy', 'false');
    const rows = result.rows ?? [];
    if (!rows.length) return redraw(this.body, notice('No flows in this window'));
    const totals = result.summary.totals;
    const all = bytesOf(totals);
    const more = result.summary.hits.total - rows.length;
    redraw(
      this.body,
      h(
        'table',
        {},
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            h('th', {scope: 'col'}, this.kind.heading ?? ''),
            h('th', {scope: 'col', class: 'number'}, 'Bytes'),
            h('th', {scope: 'col', class: 'number'}, 'Packets'),
            h('th', {scope: 'col', class: 'number rate'}, 'Rate')
          )
        ),
        h(
          'tbody',
          {},
          rows.map((row) => this.row(row, side, seconds, all))
        )
      ),
      more > 0 ? h('p', {class: 'quiet more'}, `and ${exact(more)} more`) : null
    );
  }

  row(row, side, seconds, all) {
    const bytes = bytesOf(row.counters);
    const packets = packetsOf(row.counters);
    const clause = this.kind.clause(row, side);
    const name = this.kind.name(row, side);
    const text = this.kind.text(row, side);
    const line = h(
      'tr',
      {class: clause ? 'clickable' : '', onclick: clause ? () => this.onClause(clause) : null},
      h(
        'th',
        {scope: 'row', title: `${text}, ${formatPercent(bytes, all)} of all bytes`},
        clause ? h('button', {type: 'button', title: `Only ${clause}`, 'data-clause': clause}, name) : name
      ),
      h(
        'td',
        {class: 'number', title: `${exact(bytes)} bytes, ${formatPercent(bytes, all)} of all`},
        formatBytes(bytes, settings.units)
      ),
      h('td', {class: 'number', title: `${exact(packets)} packets`}, formatCount(packets)),
      h('td', {class: 'number rate'}, formatRate((8 * Number(bytes)) / seconds))
    );
    line.style.setProperty('--share', `${(100 * Number(bytes)) / Math.max(1, Number(all))}%`);
    return line;
  }
}
