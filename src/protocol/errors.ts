/** Every error code of the mirror and its status. */
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
  /** Replaces the status of the code: 504 for an upstream that timed out. */
  readonly status?: number;
  /** Whole seconds after which the request is worth repeating. */
  readonly retryAfterSeconds?: number | null;
  /** Response headers that belong to the error. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The failure is temporary (429, 5xx, timeout, no connection): a stale answer may be used. */
  readonly isTransient?: boolean;
  /** The upstream rejects the mirror (401, or its account), which says nothing about the image. */
  readonly isRejection?: boolean;
  /** For the log only, never for a client. */
  readonly reason?: string | null;
}

/** A failure with its answer to the client (OCI distribution-spec, "Error Codes"). */
export class RegistryError extends Error {
  // `declare`: the constructor sets each, so no field has to be initialized before.
  declare readonly code: ErrorCode;
  declare readonly status: number;
  declare readonly retryAfterSeconds: number | null;
  declare readonly headers: Readonly<Record<string, string>>;
  declare readonly isTransient: boolean;
  declare readonly isRejection: boolean;
  declare readonly reason: string | null;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message);
    Object.assign(this, {
      ...{ name: "RegistryError", code, status: STATUS_OF_CODE[code], headers: {} },
      ...{ retryAfterSeconds: null, isTransient: false, isRejection: false, reason: null },
      ...options,
    });
  }
}

/** @returns whether `error` is a temporary failure of the upstream. */
export function isTransient(error: unknown): error is RegistryError {
  return error instanceof RegistryError && error.isTransient;
}

/** @returns the error with `subject`, usually an image, in its message. */
export function withSubject(subject: string, error: unknown): unknown {
  if (!(error instanceof RegistryError) || error.message.includes(subject)) return error;
  return new RegistryError(error.code, `${subject}: ${error.message}`, error);
}
