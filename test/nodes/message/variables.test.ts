/* oxlint-disable typescript/no-unsafe-type-assertion -- a node and its configuration need only the fields that are read */
import assert from 'node:assert/strict';
import { util } from '@node-red/util';
import type { Node, NodeAPI, NodeDef } from 'node-red';
import { nodeError } from '../../../nodes/message/nodeError';
import { Variables } from '../../../nodes/message/variables';
import { RemasterError } from '../../../src/errors';

/** The variables of a node whose settings are `config`, and were saved as `saved`. */
function variablesOf(config: object, saved: object = config): Variables {
  const nodes = [
    { id: 'other', path: '${OTHER}' },
    { id: 'one', ...saved },
  ];
  const RED = { util, nodes: { eachNode: (use: (node: object) => void) => nodes.forEach(use) } };
  const variables = new Variables();
  variables.addOf(RED as unknown as NodeAPI, {} as Node, { id: 'one', ...config } as unknown as NodeDef);
  return variables;
}

describe('values of environment variables in errors', () => {
  const given = { PATH_OF_TEST: '/secret place/tape.mp4', WORD: 'xy', CAMERA: 'rtsp://joe:pw@cam.local:554/a?b' };
  before(() => Object.assign(process.env, given));
  after(() => Object.keys(given).forEach((name) => delete process.env[name]));

  it('are those of fields of the type “environment variable”', () => {
    const variables = variablesOf({ path: 'PATH_OF_TEST', pathType: 'env', word: '${WORD}', wordType: 'env' });
    assert.equal(variables.hide('/secret place/tape.mp4 is missing: xy'), '${PATH_OF_TEST} is missing: ${WORD}');
    const part = variablesOf({ path: '/data/${WORD}/a.mp4', pathType: 'env' });
    assert.equal(part.hide('no /data/xy/a.mp4'), 'no /data/${WORD}/a.mp4');
  });

  it('are those of fields that Node-RED has replaced, also in a subflow', () => {
    const hidden = { model: 'staple' };
    for (const written of ['${MODEL}', '$(MODEL)'])
      assert.equal(variablesOf(hidden, { model: written }).hide('no model staple'), `no model ${written}`);
    assert.equal(
      variablesOf({ ...hidden, id: 'copy', _alias: 'one' }, { model: '${MODEL}' }).hide('staple'),
      '${MODEL}',
    );
    assert.equal(variablesOf(hidden).hide('staple'), 'staple'); // written so by the author of the flow
    assert.equal(variablesOf({ path: '${OTHER}' }, { path: '${OTHER}' }).hide('${OTHER}'), '${OTHER}'); // not set
  });

  it('are found escaped, shortened and in parts', () => {
    const long = `/${'x'.repeat(50)}/of a secret place`;
    const variables = (value: string): Variables => variablesOf({ path: value }, { path: '${P}' });
    assert.equal(variables(long).hide(`"${long.slice(0, 57)}…" is missing`), '"${P}" is missing');
    assert.equal(variables('a\nb"c').hide('a\\nb"c, a\\nb\\"c'), '${P}, ${P}');
    assert.equal(variables('/secret/tape.mp4').hide('“tape.mp4” is a playlist'), '“${P}” is a playlist');
    const camera = variablesOf({ address: 'CAMERA', addressType: 'env' });
    for (const part of ['rtsp://joe:pw@cam.local:554/a?b', 'rtsp://cam.local:554/a?b', 'cam.local:554', 'cam.local'])
      assert.equal(camera.hide(`no answer from ${part}.`), 'no answer from ${CAMERA}.', part);
  });

  it('that are short stand for themselves only as whole words', () => {
    const variables = variablesOf({ word: 'WORD', wordType: 'env' });
    assert.equal(variables.hide('xyz, (xy), xxy, xy4'), 'xyz, (${WORD}), xxy, xy4');
    assert.equal(
      variablesOf({ steps: 5 }, { steps: '${STEPS}' }).hide('1 to 4 steps, not 5'),
      '1 to 4 steps, not ${STEPS}',
    );
  });

  it('are neither in the message nor in the stack nor in the cause of an error', () => {
    const variables = variablesOf({ path: 'PATH_OF_TEST', pathType: 'env' });
    const path = given.PATH_OF_TEST;
    const failure = new RemasterError('SOURCE_NOT_FOUND', `No ${path}`, { remedy: `Look at ${path}`, detail: path });
    const seen: (Error | undefined)[] = [];
    const done = variables.done((error) => void seen.push(error));
    done(nodeError(failure));
    done();
    const [error, none] = seen;
    assert.equal(none, undefined);
    assert.equal(error!.message, 'No ${PATH_OF_TEST}. Look at ${PATH_OF_TEST}');
    assert.ok(!`${error!.stack} ${String(error!.cause)}`.includes(path));
    const { code, message, remedy, detail } = variables.without(failure);
    assert.deepEqual(
      [code, message, remedy, detail],
      ['SOURCE_NOT_FOUND', 'No ${PATH_OF_TEST}', 'Look at ${PATH_OF_TEST}', '${PATH_OF_TEST}'],
    );
  });

  it('without any, nothing changes', () => {
    assert.equal(new Variables().hide('x'), 'x');
    assert.equal(
      variablesOf({ path: 'NOT_SET', pathType: 'env', empty: '', emptyType: 'env' }).hide('NOT_SET'),
      'NOT_SET',
    );
  });
});
