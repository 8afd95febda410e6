import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { runtimeOf } from '../../nodes/runtime';

describe('the runtime', () => {
  it('is one object for all node modules of a Node-RED, and another for each Node-RED', () => {
    const events = new EventEmitter();
    assert.equal(runtimeOf({ events }), runtimeOf({ events }));
    assert.notEqual(runtimeOf({ events }), runtimeOf({ events: new EventEmitter() }));
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
