import { RemasterError } from '../../../errors';
import { redact } from '../../../settings/cameraAddress';
import { unwritable } from '../outputErrors';
import { tryWriting } from '../writeTrial';
import type { EncodedTarget } from './sinkOptions';

/** The error to report when writing to a target has failed: without secrets, and with what the system says about its folder. */
export async function targetError(failed: unknown, target: EncodedTarget): Promise<RemasterError> {
  const error =
    failed instanceof RemasterError ? failed : new RemasterError('ENCODE_FAILED', (failed as Error).message);
  const reason = 'folder' in target ? await refusal(target.folder, error) : null;
  const secrets = target.kind === 'push' ? [target.password, target.username] : [];
  const { code, message, detail } = reason ?? error;
  return new RemasterError(code, redact(message, secrets), {
    remedy:
      code === 'DISK_FULL' ? 'Free some space; remaster retries automatically.' : 'remaster retries automatically.',
    detail: redact(detail, secrets),
  });
}

/** Why the system refuses to write in `folder`; null if it does not. */
const refusal = (folder: string, { detail }: RemasterError): Promise<RemasterError | null> =>
  tryWriting(folder).then(
    () => null,
    (cause: unknown) => unwritable(folder, cause, detail) as RemasterError,
  );
