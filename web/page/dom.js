// Making elements. Everything that is shown goes through text nodes and attributes, never through markup: names come
// from the network.

const kSvg = 'http://www.w3.org/2000/svg';

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'text') element.textContent = value;
    else if (name === 'value') element.value = value;
    else if (name === 'checked') element.checked = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// h('button', {class: 'chip', onclick: f}, 'text', other)
export const h = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
export const svg = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS(kSvg, tag), attributes, children);

// A row of buttons of which one is pressed; `options` are [value, label, title].
export function segmented(label, options, current, choose) {
  return h(
    'div',
    {class: 'segmented', role: 'group', 'aria-label': label},
    options.map(([value, text, title]) =>
      h(
        'button',
        {
          type: 'button',
          'data-value': value,
          title,
          'aria-pressed': String(value === current),
          onclick: () => choose(value),
        },
        text
      )
    )
  );
}

export function press(group, current) {
  for (const button of group.children) button.setAttribute('aria-pressed', String(button.dataset.value === current));
}

// New content in place of old, with the focus and the scrolling where they were.
export function redraw(parent, ...children) {
  const key = (element) => element.dataset.key ?? element.textContent;
  const focused = parent.contains(document.activeElement) ? document.activeElement : null;
  const scrolled = parent.querySelector('.scroll');
  const {scrollLeft = 0, scrollTop = 0} = scrolled ?? {};
  parent.replaceChildren(...children.filter(Boolean));
  parent.querySelector('.scroll')?.scrollTo(scrollLeft, scrollTop);
  if (!focused) return;
  [...parent.querySelectorAll(focused.tagName)]
    .find((element) => key(element) === key(focused))
    ?.focus({preventScroll: true});
}

// Is text marked here? Then drawing anew would take it away.
export function isMarked(element) {
  const selection = getSelection();
  return !selection.isCollapsed && element.contains(selection.anchorNode);
}

// A quiet text in place of content, with what to do.
export function notice(title, ...more) {
  return h('div', {class: 'notice'}, h('p', {class: 'notice-title'}, title), more);
}
