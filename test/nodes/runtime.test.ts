import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { runtimeOf } from '../../nodes/runtime';

describe('the runtime', () => {
  it('is one object for all node modules of a Node-RED, and another for each Node-RED', () => {
    const events = new EventEmitter();
    assert.equal(runtimeOf({ events }), runtimeOf({ events }));
    assert.notEqual(runtimeOf({ events }), runtimeOf({ events: new EventEmitter() }));
  });

  it('ends live pages when Node-RED has stopped, not for a deploy or an error', () => {
    const events = new EventEmitter();
    const { livePages } = runtimeOf({ events });
    let ended = 0;
    livePages.publish('door', { broadcast: { close: () => ended++ } } as unknown as Parameters<
      typeof livePages.publish
    >[1]);
    const stop = { state: 'stop' };
    for (const payload of [
      { ...stop, deploy: true },
      { ...stop, error: 'missing-types' },
      { state: 'start' },
      undefined,
    ])
      events.emit('runtime-event', { id: 'runtime-state', payload });
    events.emit('runtime-event', { id: 'other', payload: stop });
    assert.ok(livePages.get('door'));
    events.emit('runtime-event', { id: 'runtime-state', payload: { ...stop, deploy: undefined } });
    assert.deepEqual([livePages.get('door'), ended], [undefined, 1]);
  });

  it('keeps for the next start what was suspended and measured', () => {
    const events = new EventEmitter();
    const { suspended } = runtimeOf({ events });
    const kept = { messages: [{ _msgid: 'm' }], isPaused: true };
    suspended.keep('out', kept);
    events.emit('runtime-event', { id: 'runtime-state', payload: { state: 'stop' } });
    assert.equal(runtimeOf({ events }).suspended.take('out'), kept);
  });

  it('gives the second page with a name another path', () => {
    const { livePages } = runtimeOf({ events: new EventEmitter() });
    const page = { broadcast: { close() {} } } as Parameters<typeof livePages.publish>[1];
    const [first, second] = [livePages.publish('Front Door', page), livePages.publish('front door', page)];
    assert.deepEqual([first.path, second.path], ['/remaster/live/front-door', '/remaster/live/front-door-2']);
    first.close();
    assert.equal(livePages.get('front-door'), undefined);
  });
});
