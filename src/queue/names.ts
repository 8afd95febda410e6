/** Incremented when the content of queues changes its meaning: machines of other versions are refused. */
export const PROTOCOL = 1;

/** Jobs that wait for their segments. Each is the parent of its segments, and is finished where its folder is. */
export const RUNS = 'remaster-runs';
/** Holds back the end of a job while segments are added to it. No worker takes anything from it. */
export const GATES = 'remaster-gates';
/** Images that wait for a worker. No worker takes anything from it. */
export const IMAGES = 'remaster-images';
/** What each worker is and can do. No worker takes anything from it. */
export const WORKERS = 'remaster-workers';
/** The version of the content of a queue. */
export const CONTROL = 'remaster-control';
export const CONTROL_ID = 'protocol';

/** Every run of a job has a queue of its own, so that each worker chooses whose segment it makes next. */
export const segmentsOf = (run: string): string => `remaster-run-${run}`;

/** Names carry the run: a job that was done before must not be found by the next one. */
export const runId = (run: string): string => `m-${run}`;
export const gateId = (run: string): string => `g-${run}`;
export const segmentId = (run: string, index: number): string => `s-${run}-${index}`;
export const workerId = (id: string): string => `w-${id}`;

export const isRun = (text: unknown): text is string => typeof text === 'string' && /^[0-9a-f]{32}$/.test(text);

/** A lock is renewed each second, so a worker may be silent for seven; one that has died is noticed within 13 s. */
export const LOCK_MS = 8000;
export const STALL_CHECK_MS = 5000;
export const RENEW_MS = 1000;
/** A power failure is no fault of the segment. */
export const MAX_STALLS = 1000;
/** A segment that was begun so often has ended its workers. */
export const MAX_STARTS = 20;
/** How often a segment is tried. */
export const ATTEMPTS = 3;
