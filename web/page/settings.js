// What the viewer prefers, kept in the browser: theme and units. Without storage it lasts as long as the page.

const kept = new Map();

function read(key, fallback) {
  try {
    return localStorage.getItem(`weir.${key}`) ?? fallback;
  } catch {
    return kept.get(key) ?? fallback;
  }
}

function write(key, value) {
  kept.set(key, value);
  try {
    localStorage.setItem(`weir.${key}`, value);
  } catch {
    // Private windows may refuse; `kept` has it.
  }
}

export const settings = {
  get units() {
    return read('units', 'iec');
  },
  set units(value) {
    write('units', value);
  },
  // auto, light or dark
  get theme() {
    return read('theme', 'auto');
  },
  set theme(value) {
    write('theme', value);
  },
};

export function applyTheme() {
  if (settings.theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = settings.theme;
}
