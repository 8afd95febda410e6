/** The language of the page: German where the browser asks for it first, else English. */
export const language = /^de\b/i.test(navigator.language) ? 'de' : 'en';

/** A text of pairs.json: a string, or an object with one string per language. */
export const inLanguage = (text) => (typeof text === 'object' && text !== null ? (text[language] ?? text.en) : text);

const digits = (value) => value.toLocaleString(language, { maximumFractionDigits: 2 });

const CATALOGUES = {
  en: {
    title: 'Before and after',
    help: 'Drag the line, or focus it and use the arrow keys. Double-click to zoom in; drag with Shift to pan.',
    noPairs: 'Nothing to compare yet. In the repository, npm start restores a sample clip and shows it here.',
    unreadable: (why) => `Cannot load the list of comparisons: ${why}. Reload the page to try again.`,
    httpStatus: (code) => `HTTP status ${code}`,
    still: 'One frame',
    motion: 'Video',
    added: 'What the model has added',
    addedMap: 'what was added',
    addedWaiting: 'Comparing with the plain enlargement …',
    addedUnknown: (why) => `What was added cannot be shown: ${why}.`,
    addedColours: 'Orange became brighter, blue became darker.',
    addedBy: ({ mean, share }, strength) =>
      `Beyond a plain enlargement, the brightness has changed by ${digits(mean)} of 255 levels on average, and ${Math.round(100 * share)} % of the pixels visibly (by more than 4). ` +
      (strength > 0
        ? `Strength blends the two: it was ${digits(strength)}; at ${digits(strength / 2)} it would be ${digits(mean / 2)} levels. `
        : 'The strength was 0: nothing of the model is in it. ') +
      'These details are plausible, not known: lower the strength where it looks wrong.',
    live: 'Live',
    line: 'Line between before and after',
    share: (percent) => `${percent} % before, ${100 - percent} % after`,
    smaller: 'Zoom out',
    larger: 'Zoom in',
    seek: 'Frame',
    frame: (frame, of) => `frame ${frame} of ${of}`,
    speed: 'Speed',
    play: 'Play',
    pause: 'Pause',
    unplayable: (name) => `This browser cannot play ${name}.`,
    waiting: 'waiting for a frame',
    paused: 'paused',
    noFrames: 'no frames',
    ended: 'The job has ended. Reload the page to see the result.',
    offline: 'no connection',
  },
  de: {
    title: 'Vorher und nachher',
    help: 'Ziehen Sie die Linie, oder fokussieren Sie sie und verwenden Sie die Pfeiltasten. Doppelklick vergrößert; mit gedrückter Umschalttaste verschieben Sie den Ausschnitt.',
    noPairs:
      'Noch gibt es nichts zu vergleichen. Im Repository restauriert npm start einen Beispielclip und zeigt ihn hier.',
    unreadable: (why) =>
      `Die Liste der Vergleiche kann nicht geladen werden: ${why}. Laden Sie die Seite neu, um es erneut zu versuchen.`,
    httpStatus: (code) => `HTTP-Status ${code}`,
    still: 'Einzelner Frame',
    motion: 'Video',
    added: 'Was das Modell hinzugefügt hat',
    addedMap: 'was hinzugefügt wurde',
    addedWaiting: 'Wird mit der einfachen Vergrößerung verglichen …',
    addedUnknown: (why) => `Was hinzugefügt wurde, kann nicht gezeigt werden: ${why}.`,
    addedColours: 'Orange wurde heller, Blau wurde dunkler.',
    addedBy: ({ mean, share }, strength) =>
      `Über eine einfache Vergrößerung hinaus hat sich die Helligkeit im Mittel um ${digits(mean)} von 255 Stufen geändert, und ${Math.round(100 * share)} % der Pixel sichtbar (um mehr als 4). ` +
      (strength > 0
        ? `Die Stärke mischt beide: Sie war ${digits(strength)}; bei ${digits(strength / 2)} wären es ${digits(mean / 2)} Stufen. `
        : 'Die Stärke war 0: Vom Modell ist nichts darin. ') +
      'Hinzugefügtes ist plausibel, aber nicht gesichert: Verringern Sie die Stärke, wo es falsch aussieht.',
    live: 'Live',
    line: 'Linie zwischen vorher und nachher',
    share: (percent) => `${percent} % vorher, ${100 - percent} % nachher`,
    smaller: 'Verkleinern',
    larger: 'Vergrößern',
    seek: 'Frame',
    frame: (frame, of) => `Frame ${frame} von ${of}`,
    speed: 'Geschwindigkeit',
    play: 'Abspielen',
    pause: 'Pause',
    unplayable: (name) => `Dieser Browser kann ${name} nicht abspielen.`,
    waiting: 'wartet auf einen Frame',
    paused: 'pausiert',
    noFrames: 'keine Frames',
    ended: 'Der Job ist beendet. Laden Sie die Seite neu, um das Ergebnis zu sehen.',
    offline: 'keine Verbindung',
  },
};

export const strings = CATALOGUES[language];
