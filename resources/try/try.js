// The page of a try: `trial.js` has set what it shows.
import { element } from '../compare/dom.js';
import { language } from '../compare/strings.js';
import { addedText, bar, commandLine, list, triesTable } from './choice.js';
import { PLAIN, placeView } from './placeView.js';
import { time, words } from './words.js';

/** Milliseconds between two looks at a try that is not ready. */
const LOOK_AGAIN = 2000;

const trial = window.remasterTrial;
const main = document.querySelector('main');
document.documentElement.lang = language;
if (trial.running) showRunning(trial.running);
else if (trial.failed !== undefined) main.append(message(words.failed(trial.failed), 'failed'));
else showTrial();
main.removeAttribute('aria-busy');

function showRunning({ done, of, what }) {
  main.append(message(words.running(done, of, what), 'message'));
  main.append(element('progress', { value: done, max: Math.max(1, of) }));
  setTimeout(() => location.reload(), LOOK_AGAIN);
}

function message(text, className) {
  return element('p', { className }, text);
}

function showTrial() {
  const { label, kind, source, tries, chosen, left, untimed } = trial;
  document.title = words.title(label);
  document.querySelector('h1').textContent = words.title(label);
  document.querySelector('header p').textContent = `${words.video(source)}. ${words.help}`;
  const state = {
    view: 'still',
    left: PLAIN,
    right: Math.max(
      0,
      tries.findIndex(({ name }) => name === chosen?.model),
    ),
    strength: 1,
  };

  const places = element('div', { className: 'places' });
  const choices = element('div', { className: 'choices' });
  const command = element('div', {});
  const added = element('p', {});
  const show = () => {
    choices.replaceChildren(...choicesFor());
    const width = Math.max(tries[state.right].width, state.left === PLAIN ? 0 : tries[state.left].width);
    places.style.setProperty('--media-width', `${width}px`);
    places.replaceChildren(...trial.places.map((place) => placeView(trial, place, state)));
    showStrength();
  };
  const change = (part) => {
    Object.assign(state, part);
    show();
  };
  /** What depends on the strength is changed in place, so that the bar and the zoom stay. */
  const showStrength = () => {
    for (const stack of places.querySelectorAll('.stack')) stack.style.setProperty('--strength', state.strength);
    const option = state.strength === 1 || state.view !== 'still' ? '' : ` --strength ${state.strength}`;
    command.replaceChildren(commandLine(tries[state.right].command + option));
    const legend = state.view === 'added' ? ` ${words.map}` : '';
    added.textContent = addedText(tries[state.right], state.strength) + legend;
  };
  const choicesFor = () => {
    const views = Object.entries(words.views).filter(([view]) => kind === 'video' || view !== 'video');
    const sides = [
      [PLAIN, state.view === 'video' ? words.source : words.plain],
      ...tries.map(({ name }, index) => [String(index), name]),
    ];
    return [
      list(words.view, views, state.view, (view) => change({ view })),
      ...(state.view === 'added'
        ? []
        : [
            list(words.leftSide, sides, String(state.left), (side) =>
              change({ left: side === PLAIN ? PLAIN : Number(side) }),
            ),
          ]),
      ...(state.view === 'still'
        ? [
            bar(words.strength, state.strength, (strength) => {
              state.strength = strength;
              showStrength();
            }),
          ]
        : []),
    ];
  };

  const said = [
    ...(chosen === null ? [] : [message(words.chosen(chosen.model, chosen.reason), 'chosen')]),
    ...(left.length === 0
      ? []
      : [message(words.left(left.map((one) => words.leftOne(one.name, time(one.seconds))).join(', ')), '')]),
    ...untimed.map(({ name, reason }) => message(words.untimed(name, reason), '')),
    message(words.measured(tries[0].provider), ''),
  ];
  main.append(
    element(
      'section',
      {},
      ...said,
      triesTable(trial, state.right, (right) => change({ right })),
      element('h2', {}, words.command),
      command,
      added,
      choices,
    ),
    places,
  );
  show();
}
