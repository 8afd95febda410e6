export {
  doctor,
  estimate,
  extractFrames,
  listModels,
  makeVideo,
  probe,
  restore,
  thumbnail,
  upscaleImage,
  verify,
  type RestoreOptions,
  type Control,
  type VideoEstimate,
  type ImageOptions,
  type ImageControl,
} from './calls';
export { ERROR_CODES, type ErrorCode, type ErrorRecord, RemasterError, StoppedError } from './errors';
export { createEngine, type Engine, type JobEvents, type RunningJob } from './engine/client/engine';
export type { DoctorReport, SourceSummary, ThumbnailRequest } from './engine/protocol';
export type { ModelSummary } from './model/bundle/modelLibrary';
export type { LiveEvents, RunningLive } from './engine/client/liveClient';
export {
  type CameraState,
  LIVE_DEFAULTS,
  type LiveJob,
  type LiveJpeg,
  type LiveProgress,
  type LiveSource,
  type LiveTarget,
  SOURCE_DEFAULTS,
} from './settings/liveJob';
export { ASSEMBLE_DEFAULTS, type AssembleJob, type AssembleResult, type TimedImage } from './settings/assembleJob';
export type { Bytes, JsonBuffer } from './settings/imageBytes';
export { FRAMES_DEFAULTS, type FrameImage, type FramesJob } from './settings/framesJob';
export {
  IMAGE_DEFAULTS,
  type ImageFormat,
  type ImageJob,
  type ImageResult,
  type ImageSource,
} from './settings/imageJob';
export type { BatchFile, FileState } from './batch/batchFile';
export type { BatchInput } from './batch/findSources';
export type { BatchReport } from './batch/report';
export { type BatchControl, type BatchOptions, restoreBatch } from './batch/restoreBatch';
export type { BatchTotals } from './batch/totals';
export { builtInPresets, findPreset, type Preset } from './presets/preset';
export type { PresetWish } from './presets/withPreset';
export { cameraFrames, type CameraOptions } from './library/cameraFrames';
export { mapFrames } from './library/mapFrames';
export { toJpeg, type JpegFrame, type JpegOptions } from './library/toJpeg';
export { toVideo } from './library/toVideo';
export type { WriteOptions, WrittenVideo } from './library/videoWriter';
export { upscale, type UpscaleOptions } from './library/upscale';
export type { FrameStream, VideoFrame } from './library/videoFrame';
export { videoFrames, type ReadOptions } from './library/videoFrames';
export {
  type CodecName,
  type Job,
  JOB_DEFAULTS,
  type NoiseMode,
  type Progress,
  type Result,
  type Stage,
} from './settings/restoreJob';

export {
  type Finding,
  type RemadeFrame,
  VERIFY_CODES,
  type VerifyCode,
  type VerifyCost,
  type VerifyJob,
  type VerifyReport,
} from './settings/verifyJob';
