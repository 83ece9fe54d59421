// Completion under a text field, by keyboard and pointer, as ARIA's combobox pattern describes it.
import {h} from './dom.js';

let count = 0;

// `suggest(text, caret)` answers {from, to, items} (suggest.js), perhaps later. Returns the element that holds `input` and the list.
export function withCompletion(input, suggest) {
  const id = `completion-${++count}`;
  const list = h('ul', {id, role: 'listbox', class: 'completion', hidden: true});
  Object.entries({
    role: 'combobox',
    'aria-autocomplete': 'list',
    'aria-expanded': 'false',
    'aria-controls': id,
    autocomplete: 'off',
    autocapitalize: 'none',
    spellcheck: 'false',
  }).forEach(([name, value]) => input.setAttribute(name, value));
  let offered = {items: []};
  let chosen = -1;

  const close = () => {
    list.hidden = true;
    chosen = -1;
    input.setAttribute('aria-expanded', 'false');
    input.removeAttribute('aria-activedescendant');
  };
  const take = (item) => {
    const {from, to} = offered;
    const space = input.dataset.spaced && !item.text.endsWith('(') ? ' ' : '';
    input.value = input.value.slice(0, from) + item.text + space + input.value.slice(to).trimStart();
    const caret = from + item.text.length + space.length;
    input.setSelectionRange(caret, caret);
    close();
    input.focus();
    input.dispatchEvent(new Event('change'));
    if (space) offer();
  };
  const mark = (index) => {
    chosen = index;
    [...list.children].forEach((option, i) => option.setAttribute('aria-selected', String(i === index)));
    const option = list.children[index];
    if (!option) return;
    option.scrollIntoView({block: 'nearest'});
    input.setAttribute('aria-activedescendant', option.id);
  };
  async function offer() {
    const text = input.value;
    const caret = input.selectionStart;
    const answer = await suggest(text, caret);
    if (input.value !== text || input.selectionStart !== caret || document.activeElement !== input) return;
    offered = answer;
    if (!answer.items.length) return close();
    list.replaceChildren(
      ...answer.items.map((item, i) =>
        h(
          'li',
          {
            role: 'option',
            id: `${id}-${i}`,
            'aria-selected': 'false',
            onpointerdown: (event) => {
              event.preventDefault();
              take(item);
            },
          },
          h('span', {class: 'mono'}, item.text),
          h('span', {class: 'hint'}, item.hint)
        )
      )
    );
    list.hidden = false;
    chosen = -1;
    input.setAttribute('aria-expanded', 'true');
  }

  input.addEventListener('input', offer);
  input.addEventListener('click', offer);
  input.addEventListener('blur', close);
  input.addEventListener('keydown', (event) => {
    if (list.hidden) {
      if (event.key === 'ArrowDown') offer();
      return;
    }
    const {length} = offered.items;
    if (event.key === 'ArrowDown') mark((chosen + 1) % length);
    else if (event.key === 'ArrowUp') mark(chosen <= 0 ? length - 1 : chosen - 1);
    else if (event.key === 'Escape') close();
    else if ((event.key === 'Enter' || event.key === 'Tab') && chosen >= 0) take(offered.items[chosen]);
    else return;
    if (event.key === 'Enter') event.stopImmediatePropagation();
    event.preventDefault();
  });
  return h('div', {class: 'completed'}, input, list);
}
