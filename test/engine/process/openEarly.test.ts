import assert from 'node:assert/strict';
import type { ModelRequest } from '../../../src/model/model';
import { openEarly } from '../../../src/engine/process/openEarly';
import { modelRequest } from '../../../src/pipeline/frames/modelRequest';
import { JOB_DEFAULTS } from '../../../src/settings/restoreJob';
import { nearest } from '../../support/fakeModel';

describe('openEarly', () => {
  const job = { ...JOB_DEFAULTS, input: '/in.mp4', output: '/out.mp4', model: 'x4-live' };
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
  };

  function models(fails = false) {
    const opened: ModelRequest[] = [];
    const state = { open: 0 };
    const openModel = async (request: ModelRequest) => {
      opened.push(request);
      if (fails) throw new Error('no memory');
      state.open++;
      return { ...nearest(4), [Symbol.asyncDispose]: async () => void state.open-- };
    };
    return { opened, openModel, state };
  }

  it('opens the model before the job does, as the job does for 8 bits, and keeps it until then', async () => {
    const { opened, openModel, state } = models();
    using early = openEarly(job, openModel);
    await until(() => state.open === 1);
    assert.deepEqual(opened, [{ ...modelRequest(job), depth: 8 }]);
    const model = await early.openModel(opened[0]!);
    await until(() => state.open === 1);
    await model[Symbol.asyncDispose]();
    assert.equal(state.open, 0);
  });

  it('closes it when the job never opens it', async () => {
    const { openModel, state } = models();
    {
      using _ = openEarly(job, openModel);
      await until(() => state.open === 1);
    }
    await until(() => state.open === 0);
  });

  it('leaves errors to the job, and a model that is chosen or unknown alone', async () => {
    const { opened, openModel } = models(true);
    {
      using early = openEarly(job, openModel);
      await until(() => opened.length === 1);
      await assert.rejects(early.openModel({ ...modelRequest(job), depth: 8 }), /no memory/);
    }
    opened.length = 0;
    for (const model of ['auto', 'none-of-that-name']) {
      using early = openEarly({ ...job, model }, openModel);
      await assert.rejects(early.openModel({ ...modelRequest(job), depth: 16 }), /no memory/);
    }
    assert.deepEqual(
      opened.map(({ depth }) => depth),
      [16, 16],
    );
  });
});
