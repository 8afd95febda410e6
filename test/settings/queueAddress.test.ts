import assert from 'node:assert/strict';
import { queueAddress } from '../../src/settings/queueAddress';

describe('the address of a queue', () => {
  for (const [text, expected] of [
    ['redis://nas', { kind: 'redis', isEncrypted: false, host: 'nas', port: 6379, user: null, database: '0' }],
    [
      'rediss://me@nas:7000/2',
      { kind: 'redis', isEncrypted: true, host: 'nas', port: 7000, user: 'me', database: '2' },
    ],
    ['redis://[::1]:7000', { kind: 'redis', isEncrypted: false, host: '::1', port: 7000, user: null, database: '0' }],
    [
      'postgres://nas',
      { kind: 'postgres', isEncrypted: false, host: 'nas', port: 5432, user: null, database: 'postgres' },
    ],
    [
      'postgresql://a%20b@nas:1/my%20queue?sslmode=verify-full',
      { kind: 'postgres', isEncrypted: true, host: 'nas', port: 1, user: 'a b', database: 'my queue' },
    ],
    [
      'postgres://nas/q?sslmode=disable',
      { kind: 'postgres', isEncrypted: false, host: 'nas', port: 5432, user: null, database: 'q' },
    ],
  ] as const)
    it(`${text} is understood`, () => assert.deepEqual(queueAddress(text), expected));

  for (const [text, why] of [
    ['', /no address/],
    ['nas:6379', /no address/],
    ['http://nas', /no address/],
    ['redis://', /no address/],
    ['redis://nas/name', /no number of a Redis database/],
    ['redis://nas?keyPrefix=x', /a parameter that remaster does not know/],
    ['redis://nas?sslmode=require', /a parameter that remaster does not know/],
    ['postgres://nas/q?options=-c%20x', /a parameter that remaster does not know/],
    ['postgres://nas/q#x', /a parameter that remaster does not know/],
    ['postgres://nas/q?sslmode=prefer', /an sslmode other than/],
  ] as const)
    it(`“${text}” is refused`, () => assert.throws(() => queueAddress(text), { code: 'BAD_SETTING', message: why }));

  it('with a password is refused, without showing it', () => {
    const given = (): unknown => queueAddress('redis://me:secret@nas');
    assert.throws(given, (error: Error & { remedy: string }) => {
      assert.match(error.message, /contains a password/);
      assert.match(error.remedy, /REMASTER_QUEUE_PASSWORD/);
      assert.doesNotMatch(error.message + error.remedy, /secret/);
      return true;
    });
  });
});
