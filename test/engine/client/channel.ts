import type { LiveChannel } from '../../../src/engine/client/liveChannel';
import type { LiveRequest } from '../../../src/engine/liveProtocol';

/** A channel that records the requests. */
export function notingChannel(): LiveChannel & { isUp: boolean; take(): LiveRequest[] } {
  const sent: LiveRequest[] = [];
  return { isUp: true, send: (request) => void sent.push(request), take: () => sent.splice(0) };
}
