import { RemasterError } from '../errors';
import { placeOf, type QueueAccess } from './access';

const AUTH =
  /WRONGPASS|NOAUTH|NOPERM|invalid (password|username)|password (authentication|must be)|no pg_hba|SASL|^28/i;
const TLS = /certificate|self.signed|CERT_|ALTNAME|ERR_TLS|ERR_SSL|EPROTO|wrong version number|SSL connections/i;
const SCHEMA_MISSING = /not initialized|Run the migrations/i;
const OTHER_SCHEMA = /schema version|newer|minimum.*version|requires PostgreSQL/i;
const DATABASE = /^(3D000|42501|3F000)$|database ".*" does not exist|permission denied/i;

/** The error of a server that would refuse the next attempt too; null: it may be reached later. */
export function serverError(error: unknown, access: QueueAccess): RemasterError | null {
  if (error instanceof RemasterError) return error;
  const { message = '', code = '' } = error as { readonly message?: string; readonly code?: unknown };
  const is = (pattern: RegExp): boolean => pattern.test(message) || pattern.test(String(code));
  const refused = (own: ConstructorParameters<typeof RemasterError>[0], why: string, remedy: string): RemasterError =>
    new RemasterError(own, `${placeOf(access)} ${why}: ${message.replace(/\.+$/, '')}.`, { remedy, cause: error });
  if (is(TLS))
    return refused(
      'QUEUE_TLS',
      'has no certificate that this machine trusts, or no encryption',
      'Set REMASTER_QUEUE_CA to the certificate that signed that of the server; rediss:// and ?sslmode=verify-full encrypt.',
    );
  if (is(AUTH))
    return refused('QUEUE_AUTH', 'refuses the login', 'Check the user in the address, and REMASTER_QUEUE_PASSWORD.');
  if (is(SCHEMA_MISSING))
    return refused(
      'QUEUE_SETUP',
      'has no tables for queues',
      'Run remaster queue init once, as a user who may make a schema.',
    );
  if (is(OTHER_SCHEMA))
    return refused(
      'QUEUE_VERSION',
      'has tables of another version',
      'Install the same version of remaster and bullmq on all machines.',
    );
  if (is(DATABASE))
    return refused('QUEUE_SETUP', 'cannot be used', 'Check the database in the address, and the rights of its user.');
  return null;
}
