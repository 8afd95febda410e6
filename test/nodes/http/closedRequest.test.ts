import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { installedPackage, nodeRed4, remove, Runtime, userDirectory } from '../support/nodeRed';

describe('a test of a model', function () {
  this.timeout(180_000);

  it('ends with its request: its speed is not recorded', async () => {
    const folder = userDirectory(await installedPackage());
    try {
      await using red = await Runtime.start(nodeRed4, folder);
      const ask = (path: string, body: object, signal?: AbortSignal): Promise<Response> =>
        fetch(`${red.url}/remaster/${path}`, {
          ...{ method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) },
          ...(signal && { signal }),
        });
      const work = (steps: string): object => ({ model: 'x4', modelType: 'bundle', provider: 'cpu', steps });
      const providerOf = async (steps: string): Promise<unknown> => {
        const answer = (await (await ask('forecast', { source: 'sample', work: work(steps) })).json()) as object;
        assert.ok('provider' in answer, JSON.stringify(answer));
        return answer.provider;
      };

      const closed = new AbortController();
      const asked = ask('test', work('4'), closed.signal);
      await sleep(300);
      closed.abort();
      await assert.rejects(asked, { name: 'AbortError' });
      assert.equal((await ask('test', work('1'))).status, 200); // after the other one, if that went on
      assert.equal(await providerOf('1'), null, 'a whole test is recorded');
      assert.equal(await providerOf('4'), 'cpu', 'one that was closed is not: it runs again');
    } finally {
      remove(folder);
    }
  });
});
