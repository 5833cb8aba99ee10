import { authenticate } from "../access/authenticate.ts";
import { readLocks } from "../config/access.ts";
import { type Env, readText } from "../config/settings.ts";
import { RegistryError } from "../protocol/errors.ts";
import { isReadableOnTheWay } from "../protocol/origin.ts";
import { type Answer, errorAnswer, textAnswer } from "./answer.ts";
import type { RequestRecord } from "./request-record.ts";

/**
 * Answers every request while the configuration is invalid. The answer names the variable, unless a
 * lock is configured and the request does not open it.
 *
 * @param error of the configuration.
 */
export async function misconfigurationAnswer(
  env: Env,
  request: Request,
  record: RequestRecord,
  error: RegistryError,
): Promise<Answer> {
  const url = new URL(request.url);
  if (!hasLock(env)) return errorAnswer(error, url.pathname);
  if (isReadableOnTheWay(url)) return textAnswer(404, "Not found.");
  try {
    const admission = await authenticate(readLocks(env), request, record);
    if (admission !== null) return errorAnswer(error, admission.pathname);
  } catch (cause) {
    const isLogin = cause instanceof RegistryError && cause.code === "UNAUTHORIZED";
    if (isLogin) return errorAnswer(cause, null);
  }
  return textAnswer(404, "Not found.");
}

function hasLock(env: Env): boolean {
  const isOpen = readText(env, "ACCESS_PATHS") === "" && readText(env, "ACCESS_USERS") === "";
  return !isOpen || readText(env, "LOGIN") !== "off";
}
