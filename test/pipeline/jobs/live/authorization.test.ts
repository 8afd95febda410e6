import assert from 'node:assert/strict';
import { authorization } from '../../../../src/pipeline/jobs/live/authorization';

describe('authorization', () => {
  it('computes the authorization of the examples in RFC 7617 and 2069, and null for unknown schemes', () => {
    assert.equal(
      authorization('Basic realm="WallyWorld"', 'GET', '/', 'Aladdin', 'open sesame'),
      'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==',
    );
    const old = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c"';
    assert.match(
      authorization(old, 'GET', '/dir/index.html', 'Mufasa', 'CircleOfLife')!,
      /^Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", uri="\/dir\/index.html", response="1949323746fe6a43ef61f9606e7febea", opaque="5ccc069c"$/,
    );
    assert.equal(authorization('Digest realm="x", nonce="y", algorithm=SHA-512', 'GET', '/', 'a', 'b'), null);
    assert.equal(authorization('Bearer', 'GET', '/', 'a', 'b'), null);
  });
});
