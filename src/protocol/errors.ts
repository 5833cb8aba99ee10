/** Every error code that the mirror answers with, and the status that goes with it. */
const STATUS_OF_CODE = {
  BLOB_UNKNOWN: 404,
  DENIED: 403,
  DIGEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  PAGINATION_NUMBER_INVALID: 400,
  RANGE_INVALID: 416,
  TOOMANYREQUESTS: 429,
  UNAUTHORIZED: 401,
  UNAVAILABLE: 502,
  UNKNOWN: 500,
  UNSUPPORTED: 404,
} as const;

export type ErrorCode = keyof typeof STATUS_OF_CODE;

export interface ErrorOptions {
  /** Where the cause changes the status: 504 for an upstream that did not answer in time. */
  readonly status?: number;
  /** Whole seconds after which it makes sense to ask again. */
  readonly retryAfterSeconds?: number;
  /** Further response headers that belong to the error. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The upstream may yet answer: an old answer may stand in (429, 5xx, timeout, no connection). */
  readonly isPassing?: boolean;
  /** For the log alone; never shown to a client. */
  readonly reason?: string;
}

/** What every failure is thrown as, and answered with (OCI distribution-spec, "Error Codes"). */
export class RegistryError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly retryAfterSeconds: number | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly isPassing: boolean;
  readonly reason: string | null;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message);
    this.name = "RegistryError";
    this.code = code;
    this.status = options.status ?? STATUS_OF_CODE[code];
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
    this.headers = options.headers ?? {};
    this.isPassing = options.isPassing ?? false;
    this.reason = options.reason ?? null;
  }
}

/** @returns whether `error` is a failure of the upstream that an old answer may stand in for. */
export function isPassing(error: unknown): error is RegistryError {
  return error instanceof RegistryError && error.isPassing;
}

/** @returns the error with `subject` in its message, so that people know what it is about. */
export function about(subject: string, error: unknown): unknown {
  if (!(error instanceof RegistryError) || error.message.includes(subject)) return error;
  const { code, message, status, retryAfterSeconds, headers, isPassing, reason } = error;
  return new RegistryError(code, `${subject}: ${message}`, {
    status,
    headers,
    isPassing,
    ...(retryAfterSeconds === null ? {} : { retryAfterSeconds }),
    ...(reason === null ? {} : { reason }),
  });
}
