import { randomUUID } from 'node:crypto';
import { type Deferred, deferred } from '../../async/deferred';
import { untilAborted } from '../../async/untilAborted';
import { RemasterError } from '../../errors';
import type { EngineRequests, Reply, Request } from '../protocol';
import type { Supervisor } from './supervisor';

interface PendingRequest {
  readonly request: Request;
  readonly answer: Deferred<unknown>;
  /** False while it waits for the next process. */
  isSent: boolean;
}

/** The requests to an engine, on the client's side. A crash of the process fails those that were sent. */
export class RequestClient {
  readonly #pending = new Map<string, PendingRequest>();

  constructor(private readonly engine: Supervisor) {}

  get size(): number {
    return this.#pending.size;
  }

  has(id: string): boolean {
    return this.#pending.has(id);
  }

  /** Aborting `signal` rejects at once; the engine stops the work as soon as it can. */
  async ask<K extends keyof EngineRequests>(
    what: K,
    args: EngineRequests[K]['args'],
    signal?: AbortSignal,
  ): Promise<EngineRequests[K]['result']> {
    signal?.throwIfAborted();
    const id = randomUUID();
    const request = { type: 'ask', id, what, args } as const;
    const answer = deferred<unknown>();
    const pending = { request, answer, isSent: false };
    this.#pending.set(id, pending);
    try {
      pending.isSent = this.engine.send(request);
      return (await untilAborted(answer.promise, ...(signal ? [signal] : []))) as EngineRequests[K]['result'];
    } finally {
      const isAborted = this.#pending.delete(id);
      if (isAborted && this.engine.isUp) this.engine.send({ type: 'stop', id, keep: false });
    }
  }

  receive(reply: Extract<Reply, { readonly type: 'answer' | 'failed' }>): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    this.engine.resetBackOff();
    if (reply.type === 'answer') pending?.answer.resolve(reply.result);
    else pending?.answer.reject(RemasterError.from(reply.error));
    this.engine.updateRef();
  }

  onCrash(crash: RemasterError): void {
    for (const [id, { answer, isSent }] of this.#pending) {
      if (!isSent) continue;
      this.#pending.delete(id);
      answer.reject(crash);
    }
  }

  /** Sends every pending request to a new process. */
  resend(): void {
    for (const pending of this.#pending.values()) pending.isSent = this.engine.send(pending.request);
  }
}
