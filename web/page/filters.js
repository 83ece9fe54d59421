// The bar above the figures: window, condition with its chips, and how flows are counted. It changes the page's state;
// what depends on it follows.
import {withCompletion} from './complete.js';
import {clauses, withoutClause} from './condition.js';
import {h, press, redraw, segmented} from './dom.js';
import {formatTime, zoneName} from './format.js';
import {atPlace} from './problem.js';
import {suggestCondition} from './suggest.js';

export const kRanges = [
  ['live', 'Live', 'The last five minutes, as they come'],
  ['-15m', '15 min'],
  ['-1h', '1 h'],
  ['-6h', '6 h'],
  ['-1d', '1 d'],
  ['-7d', '7 d'],
  ['-30d', '30 d'],
];

const asLocalInput = (unixSeconds) => formatTime(unixSeconds).replace(' ', 'T');
const isUnix = (text) => /^\d{1,12}$/.test(text);
const timeText = (text) => (isUnix(text) ? formatTime(Number(text)) : text);

// Choosing a window: buttons and, behind "Custom", two points in time.
export class RangePicker {
  constructor(app, ranges = kRanges) {
    this.app = app;
    this.buttons = segmented('Window', [...ranges, ['', 'Custom']], null, (value) => {
      if (value) app.go({range: value, first: '', last: ''});
      else this.open();
    });
    this.first = h('input', {type: 'datetime-local', step: 1, 'aria-label': 'From', required: true});
    this.last = h('input', {type: 'datetime-local', step: 1, 'aria-label': 'Until, empty for now'});
    this.form = h(
      'form',
      {
        class: 'custom-range',
        hidden: true,
        onsubmit: (event) => {
          event.preventDefault();
          const seconds = (input) => (input.value ? String(Math.floor(new Date(input.value).getTime() / 1000)) : '');
          app.go({range: '', first: seconds(this.first), last: seconds(this.last)});
        },
      },
      h('label', {}, 'From ', this.first),
      h('label', {}, 'until ', this.last),
      h('span', {class: 'quiet'}, zoneName(Date.now() / 1000)),
      h('button', {type: 'submit'}, 'Show')
    );
  }

  // Both parts in one, for whom they need not stand apart.
  get element() {
    return h('div', {class: 'range'}, this.buttons, this.form);
  }

  open() {
    const now = Math.floor(Date.now() / 1000);
    if (!this.first.value) this.first.value = asLocalInput(now - 3600);
    if (!this.last.value) this.last.value = asLocalInput(now);
    this.form.hidden = false;
    this.first.focus();
  }

  show(state) {
    press(this.buttons, state.range);
    this.form.hidden = Boolean(state.range);
    if (state.range) return;
    this.first.value = isUnix(state.first) ? asLocalInput(Number(state.first)) : '';
    this.last.value = isUnix(state.last) ? asLocalInput(Number(state.last)) : '';
  }
}

export const windowText = (state) =>
  state.range
    ? (kRanges.find(([value]) => value === state.range)?.[1] ?? state.range)
    : `${timeText(state.first)} – ${state.last ? timeText(state.last) : 'now'}`;

export class FilterBar {
  constructor(app) {
    this.app = app;
    this.range = new RangePicker(app);
    this.input = h('input', {
      type: 'text',
      id: 'condition',
      class: 'mono',
      'data-spaced': '1',
      placeholder: 'dport = 443 & snet = 10.0.0.0/8',
      'aria-label': 'Condition',
    });
    this.problem = h('div');
    this.chips = h('div', {class: 'chips', role: 'list', 'aria-label': 'Parts of the condition'});
    this.biflow = h('input', {type: 'checkbox', onchange: () => app.go({biflow: this.biflow.checked ? '1' : '0'})});
    this.scaled = h('input', {
      type: 'checkbox',
      onchange: () => app.go({sampling: this.scaled.checked ? 'scaled' : 'raw'}),
    });
    const form = h(
      'form',
      {
        class: 'condition',
        role: 'search',
        onsubmit: (event) => {
          event.preventDefault();
          app.go({c: this.input.value.trim()});
        },
      },
      withCompletion(this.input, async (text, caret) => suggestCondition(text, caret, await app.fields())),
      h('button', {type: 'submit', class: 'primary'}, 'Filter')
    );
    this.element = h(
      'div',
      {class: 'filters'},
      this.range.buttons,
      form,
      h(
        'div',
        {class: 'switches'},
        h(
          'label',
          {title: 'Turn one-way flows round to the side that began the conversation (--biflow)'},
          this.biflow,
          ' conversations whole'
        ),
        h('label', {title: "Multiply by the flows' sampling rate (--sampling scaled)"}, this.scaled, ' scale sampled')
      ),
      this.range.form,
      this.problem,
      this.chips
    );
  }

  show(state) {
    this.range.show(state);
    this.input.value = state.c;
    this.problem.replaceChildren();
    this.biflow.checked = state.biflow === '1';
    this.scaled.checked = state.sampling === 'scaled';
    const parts = clauses(state.c);
    redraw(
      this.chips,
      ...parts.map((part, i) =>
        h(
          'span',
          {class: 'chip', role: 'listitem'},
          h('span', {class: 'mono'}, part),
          h(
            'button',
            {
              type: 'button',
              'aria-label': `Remove ${part}`,
              title: 'Remove',
              'data-key': part,
              onclick: () => this.app.go({c: withoutClause(state.c, i)}),
            },
            '×'
          )
        )
      ),
      parts.length > 1
        ? h('button', {type: 'button', class: 'link', onclick: () => this.app.go({c: ''})}, 'Clear')
        : null
    );
  }

  // True when the error was about what stands here.
  fail(error, state) {
    if (error.status !== 400) return false;
    this.problem.replaceChildren(atPlace(error, error.option === 'condition' ? state.c : ''));
    return true;
  }
}
