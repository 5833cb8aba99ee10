import { RegistryError } from "../protocol/errors.ts";
import { REST_SECONDS } from "./breaker.ts";

/** Nothing, or not all of it, came in time. */
export function timedOut(host: string, timeoutMs: number): RegistryError {
  const seconds = timeoutMs / 1000;
  return new RegistryError("UNAVAILABLE", `${host} did not answer within ${seconds} s; try again`, {
    status: 504,
    isPassing: true,
  });
}

/** A connection could not be made, or did not last. */
export function unreachable(host: string, cause: unknown): RegistryError {
  return new RegistryError("UNAVAILABLE", `${host} cannot be reached; try again`, {
    isPassing: true,
    reason: cause instanceof Error ? cause.name : "connection failed",
  });
}

/** The host has hung so often that it is left alone for a moment. */
export function resting(host: string): RegistryError {
  return new RegistryError("UNAVAILABLE", `${host} does not answer at present; try again soon`, {
    status: 503,
    retryAfterSeconds: REST_SECONDS,
    isPassing: true,
  });
}
