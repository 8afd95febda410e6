import type { NodeAPI } from 'node-red';
import type { LiveJob, LiveProgress } from '../../src/settings/liveJob';
import { fillTemplate } from '../../src/settings/nameTemplate';
import type { FrameBroadcast } from '../http/frameBroadcast';
import { livePageText } from '../http/livePageText';
import { publishLivePage } from '../http/liveRoutes';
import type { NextPair } from '../jobs/jpegPair';
import { type OutConfig, settingsOf, targetOf } from './buildJob';
import { placeholders } from './outputPath';
import { LIVE } from './rows';

interface Camera {
  readonly label: string;
  readonly job: LiveJob;
  readonly broadcast: FrameBroadcast;
  readonly progress: () => LiveProgress | null;
  readonly pair: NextPair;
}

export interface PublishedCamera {
  /** URLs for the payload of the result: page, image and stream; empty without a page. */
  readonly urls: Readonly<Record<string, string>>;
  close(): void;
}

/** The name of a camera's live page; null if the target is no web page. Throws BAD_SETTING for an unknown placeholder. */
export function pageName(config: OutConfig, label: string, { target, scale, model }: LiveJob): string | null {
  if (targetOf(config) !== 'mjpeg' && target.kind !== 'hls') return null;
  const parts = placeholders({ label, scale, model, codec: 'h264', now: new Date() });
  return fillTemplate(config.viewer || '{name}', { ...parts, name: label });
}

/** Publishes the live page of a camera under this name, if it has one. */
export function publishCamera(RED: NodeAPI, config: OutConfig, name: string | null, camera: Camera): PublishedCamera {
  if (name === null) return { urls: {}, close() {} };
  const { label, job, broadcast, progress, pair } = camera;
  const folder = job.target.kind === 'hls' ? job.target.folder : null;
  const { url, close } = publishLivePage(RED, name, {
    title: label,
    broadcast,
    folder,
    isPublic: settingsOf(LIVE, config).public,
    state: (language) => ({
      text: livePageText(progress(), language),
      running: progress()?.camera.is === 'running',
    }),
    pair,
  });
  const stream = folder === null ? { mjpeg: `${url}/mjpeg` } : { hls: `${url}/hls/index.m3u8` };
  return { urls: { page: url, image: `${url}/image`, ...stream }, close };
}
