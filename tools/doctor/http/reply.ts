/** One request as it is sent. */
export interface Ask {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Text to send, or null. */
  readonly body: string | null;
  /** Of the answer's body; what is longer is not read to its end. */
  readonly maxBytes: number;
}

/** What came back, byte for byte as it was sent: nothing decoded, no redirect followed. */
export interface Reply {
  readonly method: Ask["method"];
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  /** Whether the body was read to its end. */
  readonly isWhole: boolean;
  /** From the request to the first byte of the answer. */
  readonly firstByteMs: number;
  /** From the request to the end of the body. */
  readonly totalMs: number;
}

/** How far it came. */
export type Stage = "dns" | "tcp" | "tls" | "request" | "body";

/** There was no answer, or not all of it. */
export class Unanswered extends Error {
  readonly stage: Stage;
  /** Of Node or OpenSSL, e.g. `ECONNREFUSED`; `TIMEOUT` when the time was up. */
  readonly code: string;

  constructor(stage: Stage, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = "Unanswered";
    this.stage = stage;
    this.code = codeOf(cause);
  }
}

/** What a deadline aborts with. */
export class TimeIsUp extends Error {
  readonly code = "TIMEOUT";
  constructor(ms: number) {
    super(`nothing within ${ms / 1000} s`);
  }
}

function codeOf(cause: unknown): string {
  const { code, errors } = cause as { code?: unknown; errors?: unknown };
  if (typeof code === "string") return code;
  // One error for each address that was tried.
  return Array.isArray(errors) && errors.length > 0 ? codeOf(errors[0]) : "UNKNOWN";
}
