// Starts the page: theme, navigation, login, and the view that the URL's fragment names.
import {get, token, watch} from './api.js';
import {h, segmented} from './dom.js';
import {ExportersView} from './exporters_view.js';
import {LedgerView} from './ledger_view.js';
import {Overview} from './overview.js';
import {QueryView} from './query_view.js';
import {applyTheme, settings} from './settings.js';
import {formatState, parseState} from './state.js';

const kViews = {
  overview: ['Overview', Overview],
  query: ['Query', QueryView],
  exporters: ['Exporters', ExportersView],
  ledger: ['Ledger', LedgerView],
};
const kThemes = [
  ['auto', 'Auto', 'As the system'],
  ['light', 'Light', 'Light'],
  ['dark', 'Dark', 'Dark'],
];
// Carried along from view to view.
const kShared = ['range', 'first', 'last', 'c', 'biflow', 'sampling'];

const main = document.getElementById('main');
const banner = document.getElementById('banner');
let view = null;
let state = parseState(location.hash);
let fields = null;

const app = {
  get state() {
    return state;
  },
  // Changes the state, and with it the URL and what is shown.
  go(changes, {replace = false} = {}) {
    const hash = formatState({...state, ...changes});
    if (hash === formatState(state)) return view?.show(state);
    if (replace) history.replaceState(null, '', hash);
    else history.pushState(null, '', hash);
    onHash();
  },
  async fields() {
    fields ??= get('fields').catch((error) => {
      fields = null;
      throw error;
    });
    try {
      return await fields;
    } catch {
      return {columns: [], aliases: [], operators: [], keywords: []}; // no completion then
    }
  },
  redraw() {
    view?.redraw?.();
  },
};

function showViews() {
  const shared = Object.fromEntries(kShared.map((key) => [key, state[key]]));
  document.getElementById('views').replaceChildren(
    ...Object.entries(kViews).map(([key, [name]]) =>
      h(
        'a',
        {
          href: formatState({...shared, view: key}),
          'aria-current': key === state.view ? 'page' : null,
        },
        name
      )
    )
  );
  document.title = state.view === 'overview' ? 'weir' : `${kViews[state.view][0]} · weir`;
}

function showTools() {
  const choose = (change) => (value) => {
    change(value);
    applyTheme();
    showTools();
    app.redraw();
  };
  document.getElementById('tools').replaceChildren(
    segmented(
      'Units of bytes',
      [
        ['iec', 'KiB', 'KiB = 1024 bytes'],
        ['si', 'kB', 'kB = 1000 bytes'],
      ],
      settings.units,
      choose((value) => {
        settings.units = value;
      })
    ),
    segmented(
      'Theme',
      kThemes,
      settings.theme,
      choose((value) => {
        settings.theme = value;
      })
    )
  );
}

function onHash() {
  const before = state.view;
  state = parseState(location.hash);
  showViews();
  if (!view || before !== state.view) {
    view?.close();
    main.replaceChildren();
    view = new kViews[state.view][1](main, app);
  }
  view.show(state);
}

function askForToken(refused) {
  if (document.getElementById('login')) return;
  view?.close();
  view = null;
  const input = h('input', {type: 'password', id: 'token', autocomplete: 'current-password', required: true});
  main.replaceChildren(
    h(
      'form',
      {
        id: 'login',
        class: 'card login',
        onsubmit: (event) => {
          event.preventDefault();
          token.set(input.value.trim());
          main.replaceChildren();
          onHash();
        },
      },
      h('h1', {}, 'This server asks for a token'),
      h(
        'p',
        {},
        refused
          ? 'The token is not right.'
          : 'It is the one that weir was started with. It is kept until this tab is closed.'
      ),
      h('label', {for: 'token'}, 'Token'),
      input,
      h('button', {type: 'submit', class: 'primary'}, 'Go on')
    )
  );
  input.focus();
}

watch((error) => {
  if (error?.status === 401) {
    const refused = token.get() !== '';
    token.set('');
    askForToken(refused);
  }
  if (!error) banner.replaceChildren();
  else if (error.isGone && !banner.firstChild) {
    banner.append(
      h(
        'div',
        {class: 'banner'},
        'The server does not answer. What is shown is what it said last; this page keeps trying.'
      )
    );
  }
});

applyTheme();
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => app.redraw());
addEventListener('popstate', onHash);
addEventListener('hashchange', () => {
  // Links and typed addresses; the skip link's target is no state.
  if (location.hash === '#main') {
    history.replaceState(null, '', formatState(state));
    main.focus();
  } else if (formatState(parseState(location.hash)) !== formatState(state)) {
    onHash();
  }
});
showTools();
onHash();
