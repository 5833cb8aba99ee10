import type { CurrentConfig } from "./current.ts";
import { isDockerHub } from "./current.ts";
import { ask, askYesNo, type Terminal } from "./terminal.ts";

/** A Docker Hub account. */
export interface Account {
  readonly username: string;
  /** A personal access token. */
  readonly password: string;
}

/** The result of trying an account at Docker Hub's token service. */
export type Verification =
  | { readonly kind: "accepted" | "rejected" }
  | { readonly kind: "unknown"; readonly reason: string };

export type VerifyAccount = (account: Account) => Promise<Verification>;

const NONE = "none";
/** Without a scope: the token grants nothing, but the account is checked. */
const TOKEN_SERVICE = "https://auth.docker.io/token?service=registry.docker.io";
const TIMEOUT_MS = 10_000;

/** @returns the account to store; null to change nothing. */
export async function askAccount(
  terminal: Terminal,
  verify: VerifyAccount,
  current: CurrentConfig,
): Promise<Account | null> {
  terminal.say("\nAccount.");
  if (!isDockerHub(current)) {
    terminal.say(
      `UPSTREAM is ${current.upstream}. docs/configuration.md describes how to give it an account.`,
    );
    return null;
  }
  terminal.say(WHY);
  if (current.secrets?.includes("UPSTREAM_PASSWORD")) {
    const isNew = await askYesNo(terminal, "An account is stored. Store another?", false);
    if (!isNew) return null;
  }
  for (;;) {
    const account = await askCredentials(terminal);
    if (account === null || (await isUsable(terminal, verify, account))) return account;
  }
}

async function askCredentials(terminal: Terminal): Promise<Account | null> {
  const username = await ask<string | null>(terminal, {
    prompt: `Docker Hub username, or ${NONE}`,
    standard: { value: null, shown: NONE },
    parse(answer) {
      if (answer === NONE) return null;
      return /^[^\s:]+$/.test(answer) ? answer : undefined;
    },
    hint: `a username, or ${NONE}`,
  });
  if (username === null) return null;
  const password = (await terminal.askSecret("Access token (not shown): ")).trim();
  return password === "" ? null : { username, password };
}

/** @returns false to ask for the account again. */
async function isUsable(
  terminal: Terminal,
  verify: VerifyAccount,
  account: Account,
): Promise<boolean> {
  terminal.say("Asking Docker Hub …");
  const result = await verify(account);
  switch (result.kind) {
    case "accepted":
      terminal.say("Docker Hub accepts this account and token.");
      return true;
    case "rejected":
      terminal.say("Docker Hub does not accept this username with this token. Try again.");
      return false;
    case "unknown":
      terminal.say(`The account could not be checked: ${result.reason}.`);
      return askYesNo(terminal, "Store the account unchecked?", true);
  }
}

/** Tries the account at Docker Hub's token service. Never rejects; follows no redirect. */
export async function verifyAccount(
  fetch: typeof globalThis.fetch,
  { username, password }: Account,
): Promise<Verification> {
  const credentials = Buffer.from(`${username}:${password}`).toString("base64");
  try {
    const response = await fetch(TOKEN_SERVICE, {
      headers: { authorization: `Basic ${credentials}` },
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.body?.cancel();
    return verificationOf(response.status);
  } catch (error) {
    return { kind: "unknown", reason: reasonOf(error as Error) };
  }
}

function verificationOf(status: number): Verification {
  if (status === 200) return { kind: "accepted" };
  if (status === 401 || status === 403) return { kind: "rejected" };
  if (status === 429)
    return { kind: "unknown", reason: "auth.docker.io is limiting requests (429)" };
  return { kind: "unknown", reason: `auth.docker.io answered with status ${status}` };
}

function reasonOf(error: Error): string {
  if (error.name === "TimeoutError") return "auth.docker.io did not answer in time";
  const { code } = (error.cause ?? {}) as { code?: string };
  return `auth.docker.io cannot be reached${code === undefined ? "" : ` (${code})`}`;
}

const WHY = `Docker Hub limits pulls without an account per address, and Workers share their addresses with
strangers, so a mirror without an account answers 429 sooner or later. Any free account will do.
Create an access token under Account settings → Personal access tokens, with "Public Repo Read-only".
UPSTREAM in wrangler.toml may have a second URL, such as https://mirror.gcr.io, which is asked when
Docker Hub refuses or fails: docs/registries.md.`;
