import type { Finding, VerifyCode } from '../../../../settings/verifyJob';

type What = Finding['what'];

export const same = (what: What, message: string): Finding => ({ what, verdict: 'same', code: null, message });

export const differs = (what: What, code: VerifyCode, message: string): Finding => ({
  ...{ what, verdict: 'differs', code, message },
});

export const note = (what: What, code: VerifyCode | null, message: string): Finding => ({
  ...{ what, verdict: 'note', code, message },
});
