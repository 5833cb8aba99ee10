import { parseSecretList } from "../../src/protocol/secret-list.ts";
import { ask, askChoice, type Choice } from "./ask.ts";
import type { Present } from "./present.ts";
import type { SecretChanges, World } from "./world.ts";

/** Who may pull through the mirror from now on. */
export type Lock =
  | { readonly kind: "keep" | "none" }
  | { readonly kind: "path"; readonly secret: string }
  | { readonly kind: "user"; readonly name: string; readonly token: string };

/** What the log calls the first path secret. */
const PATH_NAME = "home";
const SECRET_BYTES = 24;
const PATHS = "ACCESS_PATHS";
const USERS = "ACCESS_USERS";

/** Asks for a lock, and makes what opens it. */
export async function askLock(world: World, present: Present): Promise<Lock> {
  const { terminal, random } = world;
  terminal.say(
    "\nLock. Without one, whoever finds the address pulls on your quota and in your name.",
  );
  const choices = choicesFor(present);
  const kind = await askChoice(terminal, "Lock", choices, choices[0]?.value ?? "path");
  if (kind === "none") terminal.say(OPEN);
  if (kind === "path") return { kind, secret: random(SECRET_BYTES) };
  if (kind !== "user") return { kind };
  const name = await ask(terminal, {
    prompt: "Username",
    standard: { value: "me", shown: "me" },
    parse: (answer) => parseSecretList(`${answer}=x`, (token) => token === "x")?.[0]?.name,
    hint: "letters, digits, . _ @ or -",
  });
  return { kind, name, token: random(SECRET_BYTES) };
}

/** @returns what has to be stored and deleted. */
export function secretsOf(lock: Lock, { secrets }: Present): SecretChanges {
  switch (lock.kind) {
    case "keep":
      return {};
    case "path":
      return { [PATHS]: `${PATH_NAME}=${lock.secret}` };
    case "user":
      return { [USERS]: `${lock.name}=${lock.token}` };
    case "none": {
      const there = [PATHS, USERS].filter((name) => secrets?.includes(name) ?? true);
      return Object.fromEntries(there.map((name) => [name, null]));
    }
  }
}

/** The first is the one for Enter. */
function choicesFor({ secrets, login, privateImages }: Present): Choice<Lock["kind"]>[] {
  const hasPaths = secrets?.includes(PATHS) ?? false;
  const hasUsers = secrets?.includes(USERS) ?? false;
  const isKnownOpen = secrets !== null && !hasPaths && !hasUsers;
  const replaces = (has: boolean) => (has ? "; those there are stop working" : "");
  const choices: Choice<Lock["kind"]>[] = [
    { value: "keep", meaning: secrets === null ? "whatever is stored" : present(secrets) },
    { value: "path", meaning: `a secret in the address, for plain Docker${replaces(hasPaths)}` },
    { value: "user", meaning: `a name and a token, for docker login${replaces(hasUsers)}` },
    { value: "none", meaning: "open to everybody" },
  ];
  return choices.filter(({ value }) => {
    if (value === "keep") return !isKnownOpen;
    // A client has one login, and private images are for those who show a secret.
    if (value === "user") return login !== "upstream";
    return value !== "none" || privateImages !== "allow";
  });
}

function present(secrets: readonly string[]): string {
  return `${secrets.filter((name) => [PATHS, USERS].includes(name)).join(" and ")}, as stored`;
}

const OPEN = `Then the mirror is open: strangers find such hosts within days, use up your Docker Hub quota
and your 100,000 requests a day, and get the host reported. Change it at any time with
npm run setup.`;
