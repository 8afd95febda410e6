import { TARGETS } from '../../src/settings/liveRows';
import { choice, toggle } from '../../src/settings/row';
import { ASSEMBLE_ROWS, LIVE_ROWS } from '../../src/settings/table';
import { RESTORE_ROWS } from '../../src/settings/videoRows';

const {
  codec,
  encoder,
  hardware,
  quality,
  pixelFormat,
  startNumber,
  audio,
  extras,
  record,
  bag,
  resume,
  discard,
  segment,
  concurrency,
} = RESTORE_ROWS;
const { count, hours, bytes } = TARGETS.segments.keep.rows;

const target = choice(['file', 'mjpeg', 'hls', 'segments', 'push', 'fragments', 'jpeg', 'discard'], 'file', {
  text: 'where the video goes',
  dialog: { icon: 'bullseye' },
});

const overwrite = choice(['never', 'suffix', 'always'], 'never', {
  text: 'what happens if the file exists',
  dialog: { icon: 'files-o', section: 'file', for: 'file' },
});

const isPublic = toggle(false, { text: 'whether everybody sees the page, also where the editor needs a login' });

/** The fields of the dialog that are settings of a file, of a file made from images, and of a live target. */
export const FILE = {
  overwrite,
  ...{
    codec,
    encoder,
    hardware,
    quality,
    pixelFormat,
    startNumber,
    audio,
    extras,
    record,
    bag,
    resume,
    discard,
    segment,
    concurrency,
  },
} as const;
export const IMAGES = {
  overwrite,
  codec,
  encoder,
  hardware,
  quality,
  pixelFormat,
  pictureRate: ASSEMBLE_ROWS.fps,
} as const;
export const LIVE = {
  quality: LIVE_ROWS.quality,
  hardware: LIVE_ROWS.hardware,
  length: TARGETS.segments.seconds,
  ...{ keepCount: count, keepHours: hours, keepBytes: bytes },
  budget: LIVE_ROWS.budgetMs,
  overload: LIVE_ROWS.overload,
  fallbackModel: LIVE_ROWS.fallbackModel,
  skipFramesEvenly: LIVE_ROWS.skipFramesEvenly,
  regionWhen: LIVE_ROWS.region.rows.when,
  public: isPublic,
} as const;
/** All of them: `quality` is that of a file. */
export const ROWS = { target, ...LIVE, ...IMAGES, ...FILE } as const;
