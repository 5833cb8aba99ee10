import { basicHeader } from "../../src/protocol/token.ts";
import type { Account, Verdict } from "./world.ts";

/** Without a scope: a token that opens nothing tells whether the account is right. */
const TOKEN_SERVICE = "https://auth.docker.io/token?service=registry.docker.io";
const TIMEOUT_MS = 10_000;

/** Asks Docker Hub's token service whether it knows the account. Follows no redirect. */
export async function verifyAccount(
  fetch: typeof globalThis.fetch,
  { username, password }: Account,
): Promise<Verdict> {
  try {
    const response = await fetch(TOKEN_SERVICE, {
      headers: { authorization: basicHeader(username, password) },
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.body?.cancel();
    return verdictOf(response.status);
  } catch (error) {
    return { kind: "unknown", reason: reasonOf(error as Error) };
  }
}

function verdictOf(status: number): Verdict {
  if (status === 200) return { kind: "accepted" };
  if (status === 401 || status === 403) return { kind: "rejected" };
  if (status === 429) return { kind: "unknown", reason: "it asks to try again later (429)" };
  return { kind: "unknown", reason: `auth.docker.io answered with status ${status}` };
}

function reasonOf(error: Error): string {
  if (error.name === "TimeoutError") return "auth.docker.io did not answer in time";
  const { code } = (error.cause ?? {}) as { code?: string };
  return `auth.docker.io cannot be reached${code === undefined ? "" : ` (${code})`}`;
}
