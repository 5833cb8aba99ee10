import { DEFAULTS } from "../../src/config/settings.ts";
import type { CurrentConfig } from "./current.ts";
import { isDockerHub } from "./current.ts";
import { ask, askYesNo, type Terminal } from "./terminal.ts";
import type { Texts } from "./texts.ts";

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
const PUBLIC_ONLY = "public-only-account";
/** Without a scope: the token grants nothing, but the account is checked. */
const TOKEN_SERVICE = "https://auth.docker.io/token?service=registry.docker.io";
const TIMEOUT_MS = 10_000;

/** @returns the account to store; null to change nothing. */
export async function askAccount(
  terminal: Terminal,
  verify: VerifyAccount,
  current: CurrentConfig,
): Promise<Account | null> {
  const { texts } = terminal;
  terminal.say(texts.accountTitle);
  if (!isDockerHub(current)) {
    terminal.say(texts.otherUpstream(current.upstream));
    return null;
  }
  terminal.say(texts.accountWhy);
  if (current.secrets?.includes("UPSTREAM_PASSWORD")) {
    const isNew = await askYesNo(terminal, texts.accountStored, false);
    if (!isNew) return null;
  }
  for (;;) {
    const account = await askCredentials(terminal);
    if (account === null || (await isUsable(terminal, verify, account))) return account;
  }
}

async function askCredentials(terminal: Terminal): Promise<Account | null> {
  const { texts } = terminal;
  const username = await ask<string | null>(terminal, {
    prompt: texts.usernamePrompt,
    standard: { value: null, shown: NONE },
    parse(answer) {
      if (answer === NONE) return null;
      return /^[^\s:]+$/.test(answer) ? answer : undefined;
    },
    hint: texts.usernameHint,
  });
  if (username === null) return null;
  const password = (await terminal.askSecret(texts.tokenPrompt)).trim();
  return password === "" ? null : { username, password };
}

/** @returns false to ask for the account again. */
async function isUsable(
  terminal: Terminal,
  verify: VerifyAccount,
  account: Account,
): Promise<boolean> {
  const { texts } = terminal;
  terminal.say(texts.askingHub);
  const result = await verify(account);
  switch (result.kind) {
    case "accepted":
      terminal.say(texts.accountAccepted);
      return true;
    case "rejected":
      terminal.say(texts.accountRejected);
      return false;
    case "unknown":
      terminal.say(texts.accountUnknown(result.reason));
      return askYesNo(terminal, texts.storeUnchecked, true);
  }
}

/** Tries the account at Docker Hub's token service. Never rejects; follows no redirect. */
export async function verifyAccount(
  fetch: typeof globalThis.fetch,
  texts: Texts,
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
    return verificationOf(response.status, texts);
  } catch (error) {
    return { kind: "unknown", reason: reasonOf(error as Error, texts) };
  }
}

function verificationOf(status: number, texts: Texts): Verification {
  if (status === 200) return { kind: "accepted" };
  if (status === 401 || status === 403) return { kind: "rejected" };
  const reason = status === 429 ? texts.hubLimiting : texts.hubStatus(status);
  return { kind: "unknown", reason };
}

function reasonOf(error: Error, texts: Texts): string {
  if (error.name === "TimeoutError") return texts.hubTimeout;
  const { code } = (error.cause ?? {}) as { code?: string };
  return texts.hubUnreachable(code === undefined ? "" : ` (${code})`);
}

/**
 * Asks whether the account's token can read public images only, which saves a check per image.
 *
 * @param account the new account, or null.
 * @returns the value of PRIVATE_IMAGES.
 */
export async function askPrivateImages(
  terminal: Terminal,
  current: CurrentConfig,
  account: Account | null,
): Promise<string> {
  const { texts } = terminal;
  const { privateImages, secrets } = current;
  const hasAccount = account !== null || secrets?.includes("UPSTREAM_PASSWORD");
  // Whoever serves private images has another token.
  if (!hasAccount || !isDockerHub(current) || privateImages === "allow") return privateImages;
  terminal.say(`\n${texts.publicOnly}`);
  const isPublicOnly = privateImages === PUBLIC_ONLY;
  const isWanted = await askYesNo(terminal, texts.publicOnlyPrompt, isPublicOnly);
  return isWanted ? PUBLIC_ONLY : DEFAULTS.PRIVATE_IMAGES;
}
