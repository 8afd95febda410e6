import type { LiveRequest } from '../liveProtocol';
import type { Supervisor } from './supervisor';

/** Requests of one live job to the engine process. */
export interface LiveChannel {
  /** A process is running. Otherwise only `start` is to be sent, which starts one. */
  readonly isUp: boolean;
  send(request: LiveRequest): void;
}

export const liveChannel = (engine: Supervisor, id: string): LiveChannel => ({
  get isUp() {
    return engine.isUp;
  },
  send: (request) => engine.send({ type: 'live', id, request }),
});
