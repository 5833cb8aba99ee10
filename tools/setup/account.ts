import { ask, askYesNo } from "./ask.ts";
import { isDockerHub, type Present } from "./present.ts";
import type { Account, World } from "./world.ts";

const NONE = "none";

/** @returns the account to store; null to leave things as they are. */
export async function askAccount(world: World, present: Present): Promise<Account | null> {
  const { terminal } = world;
  terminal.say("\nAccount.");
  if (!isDockerHub(present)) {
    terminal.say(
      `UPSTREAM is ${present.upstream}: docs/configuration.md tells how it gets its own.`,
    );
    return null;
  }
  terminal.say(WHY);
  if (present.secrets?.includes("UPSTREAM_PASSWORD")) {
    const isNew = await askYesNo(terminal, "One is stored. Store another?", false);
    if (!isNew) return null;
  }
  for (;;) {
    const account = await askCredentials(world);
    if (account === null || (await isWanted(world, account))) return account;
  }
}

async function askCredentials({ terminal }: World): Promise<Account | null> {
  const username = await ask<string | null>(terminal, {
    prompt: `Docker Hub username, or ${NONE}`,
    standard: { value: null, shown: NONE },
    parse: (answer) => {
      if (answer === NONE) return null;
      return /^[^\s:]+$/.test(answer) ? answer : undefined;
    },
    hint: `a username, or ${NONE}`,
  });
  if (username === null) return null;
  const password = (await terminal.askSecret("Access token (not shown): ")).trim();
  return password === "" ? null : { username, password };
}

/** Whether to go on with the account; false to ask for it anew. */
async function isWanted({ terminal, verify }: World, account: Account): Promise<boolean> {
  terminal.say("Asking Docker Hub …");
  const verdict = await verify(account);
  switch (verdict.kind) {
    case "accepted":
      terminal.say("Docker Hub knows this account and token.");
      return true;
    case "rejected":
      terminal.say("Docker Hub does not accept this username with this token. Try again.");
      return false;
    case "unknown":
      terminal.say(`Docker Hub could not be asked from here: ${verdict.reason}.`);
      return askYesNo(terminal, "Store the account unchecked?", true);
  }
}

const WHY = `Docker Hub limits pulls without an account per address, and Workers share theirs with
strangers, so a mirror without one answers 429 sooner or later. Any free account will do. Make an
access token under Account settings → Personal access tokens, with "Public Repo Read-only".`;
