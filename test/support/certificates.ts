import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Makes NAME.pem, a certificate of this machine that has signed itself, and NAME.key. */
export function makeCertificate(folder: string, name: string): void {
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  const files = ['-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.pem`)];
  const { status, stderr } = spawnSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...files],
    { encoding: 'utf8' },
  );
  assert.equal(status, 0, stderr);
}

/** Options of a PostgreSQL with this certificate. Its user gets the key. */
export function postgresOverTls(folder: string, name: string): readonly string[] {
  const [key, pem] = ['key', 'pem'].map((ending) => join(folder, `${name}.${ending}`)) as [string, string];
  chmodSync(folder, 0o755);
  chmodSync(key, 0o600);
  const [, uid, gid] = /^postgres:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8')) ?? [];
  if (process.getuid?.() === 0) chownSync(key, Number(uid), Number(gid));
  return ['-c', 'ssl=on', '-c', `ssl_cert_file=${pem}`, '-c', `ssl_key_file=${key}`];
}
