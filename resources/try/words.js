import { language } from '../compare/strings.js';

const number = (value, digits) => value.toLocaleString(language, { maximumFractionDigits: digits });

/** Two or three digits: `0.42 s`, `7.3 s`; longer times as on the command line: `3m 07s`, `2h 05m`. */
export function time(seconds) {
  if (seconds < 10) return `${number(seconds, 2)} s`;
  const whole = Math.round(seconds);
  const two = (value) => String(value).padStart(2, '0');
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${number(Math.floor(whole / 3600), 0)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

export const megabytes = (bytes) =>
  bytes >= 1e9 ? `${number(bytes / 1e9, 1)} GB` : `${number(bytes / 1e6, bytes < 1e7 ? 1 : 0)} MB`;

/** What a model has added: levels of brightness, and the share of the pixels. */
export const levels = ({ mean }) => number(mean, 1);
export const percent = ({ share }) => `${number(100 * share, 0)} %`;

const LANGUAGES = {
  en: {
    title: (label) => `${label}: models compared`,
    video: ({ width, height, fps, duration }) =>
      `${width}×${height}${fps === null ? '' : `, ${number(fps, 3)} frames per second`}${duration === null ? '' : `, ${time(duration)}`}`,
    help: 'Choose a model, then drag the line. Double-click to zoom in; drag with Shift to pan.',
    chosen: (name, reason) => `${name} is the one that auto takes, because ${reason}.`,
    left: (list) => `Left out, because they take too long here: ${list}. Name them with --models to try them.`,
    leftOne: (name, length) => `${name} (${length})`,
    untimed: (name, reason) => `${name} cannot be timed on this machine: ${reason}`,
    columns: {
      name: 'Model',
      title: 'For',
      size: 'Result',
      each: 'A frame',
      total: 'All of it',
      bytes: 'File',
      added: 'Added',
    },
    columnsImage: { total: 'Time' },
    size: (width, height, scale) => `${width}×${height} (×${number(scale, 2)})`,
    steps: (count) => (count === 1 ? '1 step' : `${count} steps`),
    added: (added) => `${levels(added)} levels, ${percent(added)}`,
    addedMeans: (name, added, strength) =>
      `${name} has changed the brightness of the plain enlargement by ${levels(added)} of 255 levels on average, and ${percent(added)} of the pixels visibly (by more than 4). ` +
      `Strength blends the two: at ${number(strength, 2)} it is ${levels({ mean: added.mean * strength })} levels. These details are plausible, not known: lower it where it looks wrong.`,
    map: 'Orange became brighter, blue became darker.',
    command: 'The command for all of it',
    copy: 'Copy',
    copied: 'Copied',
    leftSide: 'Left side',
    view: 'Show',
    views: { still: 'one frame', video: 'video', added: 'what was added' },
    strength: 'Strength',
    plain: 'plain enlargement',
    source: 'source',
    mapLabel: 'what was added',
    place: (at) => `At ${time(at)}`,
    image: 'The image',
    running: (done, of, what) =>
      `${done} of ${of} parts are restored${what === '' ? '' : `; next: ${what}`}. This page follows.`,
    failed: (why) => `This try has failed: ${why}`,
    measured: (provider) =>
      `Times are measured on this machine (${provider}); what all of it takes is estimated from them.`,
  },
  de: {
    title: (label) => `${label}: Modelle im Vergleich`,
    video: ({ width, height, fps, duration }) =>
      `${width}×${height}${fps === null ? '' : `, ${number(fps, 3)} Bilder pro Sekunde`}${duration === null ? '' : `, ${time(duration)}`}`,
    help: 'Wählen Sie ein Modell und ziehen Sie die Linie. Doppelklick vergrößert; mit gedrückter Umschalttaste verschieben Sie den Ausschnitt.',
    chosen: (name, reason) => `auto wählt ${name}: ${reason}.`,
    left: (list) =>
      `Ausgelassen, weil es hier zu lange dauert: ${list}. Wer sie mit --models nennt, probiert sie trotzdem.`,
    leftOne: (name, length) => `${name} (${length})`,
    untimed: (name, reason) => `${name} läuft auf diesem Rechner nicht: ${reason}`,
    columns: {
      name: 'Modell',
      title: 'Für',
      size: 'Ergebnis',
      each: 'Ein Bild',
      total: 'Alles',
      bytes: 'Datei',
      added: 'Hinzugefügt',
    },
    columnsImage: { total: 'Dauer' },
    size: (width, height, scale) => `${width}×${height} (×${number(scale, 2)})`,
    steps: (count) => (count === 1 ? '1 Schritt' : `${count} Schritte`),
    added: (added) => `${levels(added)} Stufen, ${percent(added)}`,
    addedMeans: (name, added, strength) =>
      `${name} hat die Helligkeit der einfachen Vergrößerung im Mittel um ${levels(added)} von 255 Stufen geändert und ${percent(added)} der Pixel sichtbar (um mehr als 4). ` +
      `Die Stärke mischt beide: bei ${number(strength, 2)} sind es ${levels({ mean: added.mean * strength })} Stufen. Hinzugefügtes ist plausibel, aber nicht gesichert: Verringern Sie sie, wo es falsch aussieht.`,
    map: 'Orange wurde heller, Blau wurde dunkler.',
    command: 'Der Befehl für alles',
    copy: 'Kopieren',
    copied: 'Kopiert',
    leftSide: 'Linke Seite',
    view: 'Anzeigen',
    views: { still: 'ein Bild', video: 'Video', added: 'was hinzugefügt wurde' },
    strength: 'Stärke',
    plain: 'einfache Vergrößerung',
    source: 'Quelle',
    mapLabel: 'was hinzugefügt wurde',
    place: (at) => `Bei ${time(at)}`,
    image: 'Das Bild',
    running: (done, of, what) =>
      `${done} von ${of} Teilen sind restauriert${what === '' ? '' : `; als Nächstes: ${what}`}. Diese Seite aktualisiert sich selbst.`,
    failed: (why) => `Dieser Versuch ist fehlgeschlagen: ${why}`,
    measured: (provider) =>
      `Die Zeiten sind auf diesem Rechner gemessen (${provider}), die für alles sind daraus geschätzt.`,
  },
};

export const words = LANGUAGES[language];
