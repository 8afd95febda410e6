import type { ErrorCode } from '../../../errors';
import type { LiveJob } from '../../../settings/liveJob';

/** Seconds between attempts after a rejected password: more frequent attempts could lock the account. */
const AUTH_RETRY = 30;

/** Seconds before attempt 2, 3, …: doubled each time. */
export const reconnectDelay =
  ({ retryMin, retryMax }: LiveJob['source']) =>
  (attempt: number, code: ErrorCode): number =>
    code === 'AUTH_FAILED' ? Math.max(AUTH_RETRY, retryMax) : Math.min(retryMax, retryMin * 2 ** (attempt - 1));
