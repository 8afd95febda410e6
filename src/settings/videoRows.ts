import { CHOICE_ROWS, FRAME_ROWS, PRESET_ROW, QUALITY_ROWS, READ_ROWS, TILE_ROWS } from './modelRows';
import { hardware } from './hardware';
import { choice, colour, group, number, path, seconds, text, toggle, whole } from './row';
import { INPAINTING, INPUT, MACHINES, OUTPUT, RESUME, SPEED } from './topics';

/** Pixel formats of the output, by ffmpeg's names: chroma subsampling 4:2:0, 4:2:2, 4:4:4 or RGB, 8 or 10 bit. */
export const PIXEL_FORMATS = [
  ...(['yuv420p', 'yuv422p', 'yuv444p', 'yuv420p10le', 'yuv422p10le', 'yuv444p10le'] as const),
  ...(['gbrp', 'gbrp10le'] as const),
] as const;

/** What an inpainting model fills. */
export const MASK_ROWS = {
  /** Inpainting models only: path of an image or video that is white in areas to fill. Null = `maskColor` selects them. */
  mask: path(null, {
    text: 'mask image or video: white areas are filled',
    unset: 'none',
    option: { topic: INPAINTING },
    dialog: { icon: 'eraser', section: 'inpainting', typed: 'str' },
  }),
  /** Inpaints areas of this colour, `#rrggbb`. */
  maskColor: colour({
    text: 'fill areas of this colour',
    unset: 'none',
    option: { topic: INPAINTING },
    dialog: { icon: 'eyedropper', section: 'inpainting' },
  }),
  /** Largest difference from `maskColor` per channel, as a part of the full range; null = 0.1. */
  maskTolerance: number(0, 1, null, {
    text: 'tolerance of --mask-color',
    unset: '0.1',
    option: { topic: INPAINTING, value: 'T' },
    dialog: { icon: 'arrows-h', section: 'inpainting' },
  }),
  /** Expands the mask by this many pixels; null = 2 with a mask colour, 0 with a mask file. */
  maskGrow: whole(0, 64, null, {
    text: 'expand the mask by N pixels',
    unset: '2 with --mask-color, else 0',
    option: { topic: INPAINTING },
    dialog: { icon: 'arrows-alt', section: 'inpainting' },
  }),
} as const;

/** The settings of a video upscale node. */
export const STAGE_ROWS = { ...QUALITY_ROWS, ...FRAME_ROWS, ...MASK_ROWS } as const;

/** How a file is read. */
export const FILE_ROWS = {
  /** Start and end in seconds of the video; `end` null = to the end. */
  trim: group(
    {
      start: seconds(0, { text: 'start at this time, 90 or 00:01:30', option: { topic: INPUT } }),
      end: seconds(null, { text: 'end at this time', unset: 'the end', option: { topic: INPUT } }),
    },
    null,
    ({ start, end }) => (end !== null && !(end > start) ? 'a part that ends after it starts' : null),
    { text: 'part of the video', unset: 'all of it' },
  ),
  /** Frames per second of an image sequence. */
  sequenceRate: number(0.01, 1000, 25, {
    text: 'frame rate if INPUT is a folder of images or MJPEG',
    option: { topic: INPUT },
    dialog: { icon: 'film', section: 'source', for: 'file' },
  }),
  /**
   * `on`: each pair of fields becomes a frame. `double`: each field becomes a frame, so that 50i becomes 50p and no motion is lost.
   * `telecine`: 24p that was converted to 29.97i (2:3 pulldown) becomes 23.976p again. `auto`: `on` where the video is interlaced.
   */
  deinterlace: choice(['auto', 'on', 'double', 'telecine', 'off'], 'auto', {
    text: 'deinterlace; double: every field becomes a frame (50i to 50p); telecine: 24p in 29.97i becomes 23.976p again',
    option: { topic: INPUT },
    dialog: { icon: 'align-justify', section: 'reading' },
  }),
  /** `auto`: as the file says, or as its frames show at five places. `progressive`: the video is not interlaced, whatever it says. */
  fieldOrder: choice(['auto', 'top', 'bottom', 'progressive'], 'auto', {
    text: 'field of interlaced video that comes first',
    option: { topic: INPUT },
    dialog: { icon: 'sort', section: 'reading', for: 'file sample' },
  }),
  /** Cut away before the model: `auto` (black bars), `overscan`, `704:576:8:0` or `bottom=8,left=2%`. */
  crop: text(1, 100, null, {
    text: 'cut off before the model: auto (black bars), overscan, WIDTH:HEIGHT:LEFT:TOP or bottom=8,left=2%',
    unset: 'nothing',
    option: { topic: INPUT, value: 'AREA' },
    dialog: { icon: 'crop', section: 'reading', for: 'file sample' },
  }),
  /** Shape of the picture, where the file says a wrong one. */
  aspect: choice(['auto', '4:3', '16:9'], 'auto', {
    text: 'shape of the picture on the screen, where the file says a wrong one',
    option: { topic: INPUT },
    dialog: { icon: 'television', section: 'reading', for: 'file sample' },
  }),
} as const;

/** Reading a video file and processing it. */
export const INPUT_ROWS = {
  input: path(undefined, { text: 'a video file, or a folder of images' }),
  ...PRESET_ROW,
  ...CHOICE_ROWS,
  ...STAGE_ROWS,
  ...READ_ROWS,
  ...FILE_ROWS,
  ...TILE_ROWS,
  /** Tiles per network call; null = measured when the model is loaded. */
  batch: whole(1, 64, null, {
    text: 'tiles per inference call',
    unset: 'auto: measured',
    option: { topic: SPEED, value: 'N|auto', words: { auto: null } },
    dialog: { icon: 'clone' },
  }),
} as const;

/** The file that is written. */
export const OUTPUT_ROWS = {
  output: path(undefined, { text: 'a .mp4, .mov or .mkv file, or images: folder/%08d.png' }),
  overwrite: toggle(false, { text: 'replace an existing output file', option: { topic: OUTPUT } }),
  codec: choice(['h264', 'h265', 'av1', 'ffv1', 'prores', 'png', 'tiff', 'custom'], 'h264', {
    text: 'codec of the video; png, tiff: a folder of images',
    option: { topic: OUTPUT, value: 'NAME' },
    dialog: { icon: 'file-archive-o', section: 'coding', for: 'file' },
  }),
  /** With codec `custom`: an ffmpeg encoder and its options, `h264_nvenc -preset p7 -cq 18`. */
  encoder: text(1, 4096, null, {
    text: 'ffmpeg encoder and options for --codec custom: "h264_nvenc -preset p7 -cq 18"',
    unset: 'none',
    option: { topic: OUTPUT, value: '"NAME …"' },
    dialog: { icon: 'terminal', section: 'coding', for: 'file' },
  }),
  hardware,
  /** Constant quality of the codec (CRF); null = the preset's default. Lossless codecs ignore it. */
  quality: whole(0, 63, null, {
    text: 'constant quality (CRF), lower = better',
    unset: 'depends on the codec',
    option: { topic: OUTPUT },
    dialog: { icon: 'sliders', section: 'coding', for: 'file segments hls push fragments' },
  }),
  /** Null = the codec's usual format with the source's bit depth. */
  pixelFormat: choice(PIXEL_FORMATS, null, {
    text: 'pixel format',
    unset: 'depends on the codec',
    option: { topic: OUTPUT, value: 'NAME' },
    dialog: { icon: 'th', section: 'coding', for: 'file' },
  }),
} as const;

/** Other machines that make the segments of a video. */
export const QUEUE_ROWS = {
  /** Address of Redis or PostgreSQL, without a password. Null: this machine makes all segments. */
  queue: text(1, 2048, null, {
    text: 'let the workers of this queue make the segments: redis://HOST:6379 or postgres://HOST/DATABASE',
    unset: 'this machine makes them',
    option: { topic: MACHINES, value: 'URL' },
  }),
  /** False: all machines of a job are of one class, which makes the same bytes. */
  mixed: toggle(false, {
    text: 'with --queue: use machines that differ in processor, GPU or ffmpeg for one video',
    option: { topic: MACHINES },
  }),
} as const;

/** Restoring a video file. */
export const RESTORE_ROWS = {
  ...INPUT_ROWS,
  ...OUTPUT_ROWS,
  /** Name of each image of an output with the codec `png` or `tiff`: a prefix, `%08d` and a suffix. Null = `%08d.png` or `.tif`. */
  imageName: text(6, 255, null, { text: 'name of each image: %08d.png', unset: '%08d.png, %08d.tif' }),
  /** Number of the first image. */
  startNumber: whole(0, 999_999_999, 1, {
    text: 'number of the first image of an output of images',
    option: { topic: OUTPUT },
    dialog: { icon: 'sort-numeric-asc', section: 'coding', for: 'file' },
  }),
  audio: choice(['copy', 'encode', 'none'], 'copy', {
    text: 'sound',
    option: { topic: OUTPUT },
    dialog: { icon: 'volume-up', section: 'coding', for: 'file' },
  }),
  /** Copies subtitles, chapters, attachments and metadata. */
  extras: toggle(true, {
    text: 'copy subtitles, chapters, attachments and metadata',
    option: { topic: OUTPUT, off: 'omit subtitles, chapters, attachments and metadata' },
    dialog: { icon: 'paperclip', section: 'coding', for: 'file' },
  }),
  /** Writes OUTPUT.remaster.json beside the result, and its origin into its tags. */
  record: toggle(false, {
    text: 'write a record that `remaster verify` can check: OUTPUT.remaster.json',
    option: { topic: OUTPUT },
    dialog: { icon: 'certificate', section: 'coding', for: 'file' },
  }),
  /** The result and its record are in OUTPUT.bag. */
  bag: toggle(false, {
    text: 'put the result and its record into OUTPUT.bag, a BagIt folder',
    option: { topic: OUTPUT },
    dialog: { icon: 'archive', section: 'coding', for: 'file' },
  }),
  /** Keeps finished segments when the job is interrupted, and continues from there next time. */
  resume: toggle(true, {
    text: 'keep finished segments if interrupted; the same command continues',
    option: { topic: RESUME, off: 'do not keep finished segments if interrupted' },
    dialog: { icon: 'repeat', section: 'job', for: 'file' },
  }),
  /** Deletes the finished segments of an interrupted job of this output and starts from the beginning. */
  discard: toggle(false, {
    text: 'delete the finished segments of an interrupted job of OUTPUT and start from the beginning',
    option: { topic: RESUME },
    dialog: { icon: 'eraser', section: 'job', for: 'file' },
  }),
  /** Frames per segment: the most work that a power failure can lose. */
  segment: whole(1, 100_000, 100, {
    text: 'segment length in frames: work lost on a power failure',
    option: { topic: RESUME },
    dialog: { icon: 'scissors', section: 'job', for: 'file' },
  }),
  ...QUEUE_ROWS,
  /** The job starts when fewer than this many jobs run in its engine. */
  concurrency: whole(1, 16, 1, {
    text: 'most jobs of one engine at the same time',
    dialog: { icon: 'tasks', section: 'job', for: 'file' },
  }),
} as const;
