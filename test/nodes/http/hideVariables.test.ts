import assert from 'node:assert/strict';
import { withoutValues } from '../../../nodes/http/hideVariables';
import { type ErrorCode, RemasterError } from '../../../src/errors';
import { assertHidden, SECRETS } from '../support/hiddenVariables';
import { installedPackage, nodeRed4, remove, Runtime, userDirectory } from '../support/nodeRed';

const VALUE = 'correct horse battery staple';
const failure = (code: ErrorCode): RemasterError =>
  new RemasterError(code, `It has ${VALUE}.`, { remedy: VALUE, detail: VALUE });

describe('an error about what an environment variable says', () => {
  it('names the variable and not its value, wherever the request has it', () => {
    for (const request of [
      { modelType: 'env', model: 'SECRET' },
      { pathType: 'env', path: 'SECRET' },
      { path: 'a.mp4', work: { modelType: 'env', model: 'SECRET' } },
    ]) {
      const error = withoutValues(failure('MODEL_NOT_FOUND'), request);
      assert.equal(error.code, 'MODEL_NOT_FOUND');
      assert.match(error.message, /variable SECRET/);
      assert.ok(!JSON.stringify(error).includes(VALUE));
    }
  });

  it('is whole if the request names no variable, or the machine is at fault', () => {
    const plain = { modelType: 'str', model: 'x', pathType: 'msg', path: 'y', work: null };
    assert.deepEqual(withoutValues(failure('MODEL_NOT_FOUND'), plain), failure('MODEL_NOT_FOUND').toJSON());
    const error = withoutValues(new RemasterError('RUNTIME_MISSING', 'No runtime.', { detail: VALUE }), {
      ...{ modelType: 'env', model: 'SECRET' },
    });
    assert.deepEqual([error.message, error.detail], ['No runtime.', '']);
  });

  it('in a real Node-RED, neither dialogs nor nodes repeat it', async function () {
    this.timeout(120_000);
    const folder = userDirectory(await installedPackage());
    Object.assign(process.env, SECRETS, { REMASTER_TEST_SECRET: VALUE });
    try {
      await using red = await Runtime.start(nodeRed4, folder);
      const ask = async (path: string, body: object): Promise<string> => {
        const headers = { 'Content-Type': 'application/json' };
        const answer = await fetch(`${red.url}/remaster/${path}`, {
          method: 'POST',
          headers,
          body: JSON.stringify(body),
        });
        assert.equal(answer.status, 500);
        return answer.text();
      };
      const model = { modelType: 'env', model: 'REMASTER_TEST_SECRET' };
      const path = { pathType: 'env', path: 'REMASTER_TEST_SECRET' };
      for (const text of [
        await ask('test', model),
        await ask('forecast', { source: 'sample', work: model }),
        await ask('forecast', { ...path, work: { model: 'x4' } }),
      ]) {
        assert.match(text, /REMASTER_TEST_SECRET/);
        assert.ok(!text.includes(VALUE), text);
      }
      await assertHidden(red);
    } finally {
      for (const name of ['REMASTER_TEST_SECRET', ...Object.keys(SECRETS)]) delete process.env[name];
      remove(folder);
    }
  });
});
