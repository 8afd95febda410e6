import assert from 'node:assert/strict';
import { util } from '@node-red/util';
import { NodeRegistry } from '../../../nodes/message/nodeRegistry';
import { UpscaleStatus } from '../../../nodes/message/upscaleStatus';
import type { LivePlan } from '../../../nodes/message/livePlan';
import { LiveMessages } from '../../../nodes/out/liveMessages';
import { LiveReports } from '../../../nodes/out/liveReports';
import { RemasterError } from '../../../src/errors';
import type { CameraState, LiveProgress } from '../../../src/settings/liveJob';
import { message } from '../support/messages';

const running: CameraState = { is: 'running', width: 64, height: 36, fps: 8 };
const lost: CameraState = { is: 'waiting', code: 'NO_SIGNAL', message: 'lost 10.0.0.1', attempt: 1, seconds: 1 };
const after = (frames: number): LiveProgress =>
  ({ camera: running, in: frames + 2, out: frames, dropped: 2, fps: 8, target: { written: frames } }) as LiveProgress;
const plan = { id: 'job', source: { node: 'in', label: 'door' } } as LivePlan;

function reporting() {
  const log: string[] = [];
  const nodes = new NodeRegistry();
  nodes.registerUpscale('up', {
    ...{ model: () => assert.fail(), namesMask: () => false },
    show: (progress) => log.push(`upscale ${progress?.frame ?? 'ready'}`),
  });
  const input = message({ topic: 'start', payload: 1 });
  const messages = new LiveMessages({ util }, plan, input);
  const reports = new LiveReports({
    node: { warn: (text: string) => void log.push(`warn ${text}`) },
    showStatus: (next) => log.push(`status ${next?.text ?? 'summary'}`),
    camera: { show: (state) => log.push(`camera ${state?.is ?? 'free'}`) },
    upscaleStatus: new UpscaleStatus(nodes),
    label: 'front door',
    stage: 'up',
    messages,
    variables: { hide: (text) => text.replace('10.0.0.1', '${CAMERA}') },
  });
  return { log, input, messages, reports, listeners: reports.listeners };
}

describe('the reports of a camera', () => {
  it('a camera that connects changes no status of the output; frames do', () => {
    const { log, input, reports, listeners } = reporting();
    listeners.onCamera!({ is: 'connecting' });
    assert.deepEqual(log.splice(0), ['camera connecting']);
    listeners.onProgress!(after(3));
    assert.deepEqual(log, ['camera running', 'upscale 3', 'status summary']); // the camera's node shows the measured rate
    assert.deepEqual(reports.counts, { framesIn: 5, framesOut: 3, dropped: 2 });
    const [[, progress]] = input.sent as [[null, { topic: string; progress: Record<string, unknown> }]];
    assert.deepEqual([progress.topic, progress.progress['job'], progress.progress['out']], ['door', 'job', 3]);
  });

  it('a lost camera is warned of once, and its state is part of the progress', () => {
    const { log, reports, listeners } = reporting();
    listeners.onProgress!(after(1));
    log.length = 0;
    listeners.onCamera!(lost);
    listeners.onCamera!(lost);
    assert.deepEqual(log, [
      'camera waiting',
      'warn lost ${CAMERA}',
      'status summary',
      'camera waiting',
      'status summary',
    ]);
    assert.deepEqual(reports.progress!.camera, { ...lost, message: 'lost ${CAMERA}' });
  });

  it('a target that fails is shown until it accepts a frame', () => {
    const { log, listeners } = reporting();
    listeners.onProgress!(after(1));
    log.length = 0;
    listeners.onRecoverableError!(new RemasterError('OUTPUT_UNWRITABLE', 'refused'));
    listeners.onProgress!(after(1));
    listeners.onProgress!(after(2));
    const states = log.filter((one) => !/^(upscale|camera)/.test(one));
    const failing = 'status target fails, retry';
    assert.deepEqual(states, [failing, 'warn refused.', failing, 'status summary']);
  });

  it('after the end nothing is shown or counted', () => {
    const { log, reports, listeners } = reporting();
    reports.isOver = true;
    listeners.onCamera!(lost);
    listeners.onProgress!(after(1));
    listeners.onRecoverableError!(new RemasterError('ENGINE_CRASHED', 'died'));
    assert.deepEqual([log, reports.counts.framesOut], [[], 0]);
  });
});

describe('the messages of a camera', () => {
  it('results are copies, the last one is the message itself', () => {
    const { input, messages } = reporting();
    messages.result('live', { page: '/door' });
    messages.stopped({ framesIn: 1 });
    const [[live], [stopped]] = input.sent as [[{ payload: object }], [unknown]];
    assert.deepEqual(live.payload, { status: 'live', page: '/door' });
    assert.notEqual(live, input.msg);
    assert.equal(stopped, input.msg);
    assert.deepEqual(input.msg.payload, { status: 'stopped', framesIn: 1 });
  });

  it('data leaves on the third output: images as Buffers, an empty one at the end of a stream', () => {
    const { input, messages } = reporting();
    const bytes = new Uint8Array([0, 1, 2, 3]);
    const size = { width: 2, height: 1, index: 5, time: 1, latency: 2 };
    messages.jpeg({ data: bytes.subarray(1, 3), ...size });
    messages.fragment({ kind: 'init', data: Buffer.from('x') });
    messages.fragment(null);
    messages.file('/made/a.mp4');
    const sent = input.sent.map((one) => (one as [null, null, object])[2]);
    assert.deepEqual(sent, [
      { topic: 'door', payload: Buffer.from([1, 2]), frame: size },
      { topic: 'door', payload: Buffer.from('x'), part: 'init' },
      { topic: 'door', payload: Buffer.alloc(0) },
      { topic: 'door', payload: '/made/a.mp4', filename: '/made/a.mp4' },
    ]);
  });
});
