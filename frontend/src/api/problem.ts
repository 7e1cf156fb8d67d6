/** A refusal, as the APIs tell it (RFC 9457), or the failure to reach them. */
export class Problem extends Error {
  /** The HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly errors: readonly { field: string; detail: string }[];
  /** In how many seconds trying again is worth it. */
  readonly retryAfter: number | undefined;

  constructor(status: number, detail: string, errors: Problem["errors"] = [], retryAfter?: number) {
    super(detail);
    this.status = status;
    this.errors = errors;
    this.retryAfter = retryAfter;
  }

  /** Whether the same request may succeed later. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }

  static from(response: Response, body: unknown): Problem {
    const told = (typeof body === "object" && body !== null ? body : {}) as {
      detail?: string;
      errors?: Problem["errors"];
    };
    const retryAfter = Number(response.headers.get("Retry-After") ?? Number.NaN);
    return new Problem(
      response.status,
      told.detail ?? "The service did not answer as it should.",
      told.errors ?? [],
      Number.isFinite(retryAfter) ? retryAfter : undefined,
    );
  }
}

const CAP = 8_000;

/** How many milliseconds to wait before try number `tries` + 1: what the API asked for, else backing off with jitter. */
export function pause(tries: number, error: unknown): number {
  if (error instanceof Problem && error.retryAfter !== undefined) {
    return error.retryAfter * 1000 + Math.random() * 250;
  }
  return Math.random() * Math.min(CAP, 400 * 2 ** tries);
}

/** Whether to try again: only what passes, and four times at most. */
export function worthRetrying(tries: number, error: unknown): boolean {
  return tries < 4 && error instanceof Problem && error.passing;
}
