import type { CameraState, LiveProgress } from '../../src/settings/liveJob';
import { brief } from '../message/status';
import type { Language } from './language';

/** The status text of a live page. */
export function livePageText(progress: LiveProgress | null, language: Language): string {
  const words = WORDS[language];
  if (!progress) return words.starting;
  if (progress.camera.is === 'connecting') return words.connecting;
  if (progress.camera.is === 'joining') return words.joining;
  if (progress.camera.is === 'waiting') return words.waiting(progress.camera);
  const { width, height, fps, latency, dropped } = progress;
  const parts = [
    width === null ? null : `${width}×${height}`,
    fps === null ? null : `${brief(fps)} fps`,
    latency === null ? null : `${latency.p50} ms`,
    dropped === 0 ? null : `${Math.round(progress.dropShare * 100)} % ${words.dropped}`,
  ];
  return parts.filter((part) => part !== null).join(' · ') || words.starting;
}

type Waiting = Extract<CameraState, { readonly is: 'waiting' }>;

/** The messages of cameras are in English, as all errors are: other languages name the kind of trouble. */
const WHY_IN_GERMAN: Readonly<Record<Waiting['code'], string>> = {
  NO_SIGNAL: 'kein Signal',
  AUTH_FAILED: 'Anmeldung abgelehnt',
  SOURCE_NOT_FOUND: 'Kamera nicht gefunden',
  SOURCE_UNREADABLE: 'Kamera nicht lesbar',
};

const WORDS = {
  en: {
    starting: 'starting',
    connecting: 'connecting',
    joining: 'waiting for a key frame of the camera',
    waiting: ({ message }: Waiting): string => message,
    dropped: 'dropped',
  },
  de: {
    starting: 'startet',
    connecting: 'verbindet',
    joining: 'wartet auf ein Schlüsselbild der Kamera',
    waiting: ({ code, seconds }: Waiting): string => `${WHY_IN_GERMAN[code]}, neuer Versuch in ${brief(seconds)} s`,
    dropped: 'verworfen',
  },
} as const;
