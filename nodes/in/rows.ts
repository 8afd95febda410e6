import { INPUTS, SOURCE_ROWS } from '../../src/settings/liveRows';
import { READ_ROWS } from '../../src/settings/modelRows';
import { choice, toggle } from '../../src/settings/row';
import { FILE_ROWS } from '../../src/settings/videoRows';

/** The fields of the dialog that are settings. */
export const ROWS = {
  source: choice(['file', 'sample', 'address', 'device', 'pattern'], 'file', {
    text: 'source of the video',
    dialog: { icon: 'film' },
  }),
  transport: INPUTS.address.transport,
  autostart: toggle(true, {
    text: 'connect when the flow starts',
    dialog: { icon: 'play', section: 'source', for: 'address device pattern' },
  }),
  stall: SOURCE_ROWS.stall,
  retryMin: SOURCE_ROWS.retryMin,
  retryMax: SOURCE_ROWS.retryMax,
  /** Of devices. Test patterns have a narrower range. */
  rate: INPUTS.device.rate,
  sequenceRate: FILE_ROWS.sequenceRate,
  deinterlace: FILE_ROWS.deinterlace,
  fieldOrder: FILE_ROWS.fieldOrder,
  crop: FILE_ROWS.crop,
  aspect: FILE_ROWS.aspect,
  maxFps: READ_ROWS.maxFps,
  maxHeight: READ_ROWS.maxHeight,
  hwaccel: toggle(false, { text: 'decode on the GPU', dialog: { icon: 'microchip', section: 'reading' } }),
} as const;
