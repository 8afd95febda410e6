import assert from 'node:assert/strict';
import type { NodeMessageInFlow } from 'node-red';
import type { LivePlan } from '../../../nodes/message/livePlan';
import { StartedPlans } from '../../../nodes/out/startedPlans';

const plan = (node: string, id: string) => ({ id, source: { node } }) as LivePlan;
const msg = (topic?: unknown): NodeMessageInFlow => ({ _msgid: 'm', payload: 'old', topic }) as NodeMessageInFlow;

describe('started plans', () => {
  it('give one new message for each camera, with its last plan and its topic', () => {
    const started = new StartedPlans();
    assert.equal(started.isEmpty, true);
    started.keep(plan('door', '1'), msg('a'));
    started.keep(plan('yard', '2'), msg());
    started.keep(plan('door', '3'), msg('b'));
    assert.equal(started.isEmpty, false);
    assert.deepEqual(started.messages(), [{ topic: 'b', video: plan('door', '3') }, { video: plan('yard', '2') }]);
    assert.notEqual(started.messages()[0], started.messages()[0]);
    assert.deepEqual(started.nodes, ['door', 'yard']);
    for (const node of started.nodes) started.forget(node);
    assert.deepEqual([started.messages(), started.isEmpty], [[], true]);
  });
});
