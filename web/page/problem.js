// What went wrong, in the place where it did: under the text at fault, with a mark at the character.
import {h, notice} from './dom.js';
import {indexOfByte} from './format.js';

// An error of a field whose text is `text`.
export function atPlace(error, text) {
  if (error.position === undefined || !text) return h('div', {class: 'problem', role: 'alert'}, error.message);
  const at = indexOfByte(text, error.position);
  return h(
    'div',
    {class: 'problem', role: 'alert'},
    h('pre', {}, text.slice(0, at), h('mark', {}, text.slice(at, at + 1) || ' '), text.slice(at + 1)),
    h('p', {}, error.message)
  );
}

// In place of what could not be asked for.
export function inPlace(error) {
  if (error.status === 404) {
    return notice(
      'No store to ask',
      h(
        'p',
        {},
        'This server has no store. A collector keeps flows, and answers here, with ',
        h('code', {}, '--to store:DIR'),
        '.'
      )
    );
  }
  if (error.status === 503) return notice('Too much for now', h('p', {}, error.message));
  return notice(error.isGone ? 'The server does not answer' : 'That did not work', h('p', {}, error.message));
}
