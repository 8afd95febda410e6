import type { CameraPipeline, CameraPipelineSettings } from '../../pipeline/jobs/live/cameraPipeline';
import type { CameraFacts } from '../../pipeline/jobs/live/cameraProbe';
import type { LiveJob } from '../../settings/liveJob';
import type { LiveEvent } from '../liveProtocol';

type OnEvent = (event: LiveEvent) => void;

/** Opens the pipeline of one camera; `facts`: the properties of its stream, if they are known. */
export type OpenPipeline = (
  settings: CameraPipelineSettings,
  onEvent: OnEvent,
  facts: CameraFacts | null,
) => Promise<CameraPipeline>;

/** A pipeline that a job uses, until it leaves. */
export interface JoinedPipeline {
  readonly pipeline: CameraPipeline;
  /** Settles when the pipeline is closed, for its last user; at once for the others. */
  leave(): Promise<void>;
}

interface SharedPipeline {
  readonly pipeline: Promise<CameraPipeline>;
  /** The listener of each job, by job id. */
  readonly users: Map<string, OnEvent>;
}

/** Camera pipelines, shared by the jobs with the same camera and settings. The first job opens one, the last closes it. */
export class SharedPipelines {
  readonly #open = new Map<string, SharedPipeline>();

  constructor(private readonly open: OpenPipeline) {}

  async join(id: string, job: LiveJob, onEvent: OnEvent, facts: CameraFacts | null): Promise<JoinedPipeline> {
    const { target: _, quality: __, ...settings } = job;
    const key = JSON.stringify(settings);
    const shared = this.#open.get(key) ?? this.#begin(key, settings, facts);
    shared.users.set(id, onEvent);
    const leave = (): Promise<void> => this.#leave(id, key, shared);
    try {
      return { pipeline: await shared.pipeline, leave };
    } catch (error) {
      await leave();
      throw error;
    }
  }

  #begin(key: string, settings: CameraPipelineSettings, facts: CameraFacts | null): SharedPipeline {
    const users = new Map<string, OnEvent>();
    const pipeline = this.open(settings, (event) => users.forEach((user) => user(event)), facts);
    const shared = { pipeline, users };
    this.#open.set(key, shared);
    const forget = (): void => this.#forget(key, shared);
    pipeline.then(({ ended }) => ended).catch(forget); // later jobs open a new one
    return shared;
  }

  async #leave(id: string, key: string, shared: SharedPipeline): Promise<void> {
    shared.users.delete(id);
    if (shared.users.size > 0) return;
    this.#forget(key, shared);
    await shared.pipeline.then(
      (pipeline) => pipeline.close(),
      () => {}, // it failed to open, which `join` has reported
    );
  }

  #forget(key: string, shared: SharedPipeline): void {
    if (this.#open.get(key) === shared) this.#open.delete(key);
  }
}
