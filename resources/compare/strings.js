/** The language of the page: German where the browser asks for it first, else English. */
export const language = /^de\b/i.test(navigator.language) ? 'de' : 'en';

/** A text of pairs.json: one for all, or one for each language. */
export const inLanguage = (text) => (typeof text === 'object' && text !== null ? (text[language] ?? text.en) : text);

const WORDS = {
  en: {
    title: 'Before and after',
    help: 'Drag the line, or focus it and use the arrow keys. Double-click to look closer; with Shift, the picture is dragged.',
    nothing: 'Nothing to compare yet. In the repository, npm start restores a sample clip and shows it here.',
    unreadable: (why) => `The list of pictures cannot be read: ${why}. Reload the page to try again.`,
    answers: (code) => `the server answers ${code}`,
    still: 'One frame',
    motion: 'In motion',
    live: 'Live',
    line: 'Line between before and after',
    share: (percent) => `${percent} % before, ${100 - percent} % after`,
    smaller: 'Zoom out',
    larger: 'Zoom in',
    place: 'Frame',
    frame: (frame, of) => `frame ${frame} of ${of}`,
    speed: 'Speed',
    play: 'Play',
    pause: 'Pause',
    unplayable: (name) => `This browser cannot play ${name}.`,
    waiting: 'waiting for a picture',
    held: 'held',
    silent: 'no picture comes',
    over: 'It has ended. Reload the page to see what became of it.',
    offline: 'no connection',
  },
  de: {
    title: 'Vorher und nachher',
    help: 'Ziehen Sie die Linie, oder wählen Sie sie an und nehmen Sie die Pfeiltasten. Ein Doppelklick zeigt es näher; mit der Umschalttaste wird das Bild gezogen.',
    nothing:
      'Noch gibt es nichts zu vergleichen. Im Repository restauriert npm start einen Beispielclip und zeigt ihn hier.',
    unreadable: (why) =>
      `Die Liste der Bilder ist nicht lesbar: ${why}. Laden Sie die Seite neu, um es noch einmal zu versuchen.`,
    answers: (code) => `der Server antwortet mit ${code}`,
    still: 'Ein Bild',
    motion: 'In Bewegung',
    live: 'Live',
    line: 'Linie zwischen vorher und nachher',
    share: (percent) => `${percent} % vorher, ${100 - percent} % nachher`,
    smaller: 'Verkleinern',
    larger: 'Vergrößern',
    place: 'Bild',
    frame: (frame, of) => `Bild ${frame} von ${of}`,
    speed: 'Tempo',
    play: 'Abspielen',
    pause: 'Anhalten',
    unplayable: (name) => `Dieser Browser kann ${name} nicht abspielen.`,
    waiting: 'wartet auf ein Bild',
    held: 'angehalten',
    silent: 'es kommt kein Bild',
    over: 'Es ist zu Ende. Laden Sie die Seite neu, um zu sehen, was daraus wurde.',
    offline: 'keine Verbindung',
  },
};

/** What the page says, in its language. */
export const words = WORDS[language];
