import type { LiveProgress } from '../../src/settings/liveJob';
import { brief } from '../message/status';
import type { Language } from './language';

/** The status text of a live page. */
export function livePageText(progress: LiveProgress | null, language: Language): string {
  const words = WORDS[language];
  if (!progress) return words.starting;
  if (progress.camera.is === 'connecting') return words.connecting;
  if (progress.camera.is === 'joining') return words.joining;
  if (progress.camera.is === 'waiting') return progress.camera.message;
  const { width, height, fps, latency, dropped } = progress;
  const parts = [
    width === null ? null : `${width}×${height}`,
    fps === null ? null : `${brief(fps)} fps`,
    latency === null ? null : `${latency.p50} ms`,
    dropped === 0 ? null : `${Math.round(progress.dropShare * 100)} % ${words.dropped}`,
  ];
  return parts.filter((part) => part !== null).join(' · ') || words.starting;
}

const WORDS = {
  en: {
    starting: 'starting',
    connecting: 'connecting',
    joining: 'waiting for a key frame of the camera',
    dropped: 'dropped',
  },
  de: {
    starting: 'startet',
    connecting: 'verbindet',
    joining: 'wartet auf ein Schlüsselbild der Kamera',
    dropped: 'verworfen',
  },
} as const;
