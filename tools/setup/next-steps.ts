import type { CurrentConfig } from "./current.ts";
import type { Answers, Lock } from "./plan.ts";
import type { Texts } from "./texts.ts";

/**
 * @param isDeployed whether setup has deployed the mirror already.
 * @returns the next commands, and how to configure clients.
 */
export function nextSteps(
  texts: Texts,
  current: CurrentConfig,
  answers: Answers,
  isDeployed: boolean,
): string {
  const host = answers.domain ?? `${current.worker}.${texts.subdomain}.workers.dev`;
  const prefix = prefixOf(texts, current, answers.lock);
  return [
    isDeployed ? texts.isDeployed : texts.deployNext,
    ...(answers.domain === null ? [texts.printsAddress(host)] : []),
    howToPull(texts, current, answers.lock, host),
    ...otherRegistries(texts, answers, host, prefix),
    howToCheck(texts, host, prefix),
    otherClients(texts, current, answers.lock, `https://${host}${prefix}/`),
  ].join("\n\n");
}

/** The shell's history must not get the secret, so the address is read from the terminal. */
function howToCheck(texts: Texts, host: string, prefix: string): string {
  if (prefix === "") return `${texts.check}\n\n  MIRROR_URL=https://${host} npm run doctor`;
  return `${texts.checkSecret(`https://${host}${prefix}`)}

  read -r MIRROR_URL
  MIRROR_URL="$MIRROR_URL" npm run doctor`;
}

function howToPull(texts: Texts, current: CurrentConfig, lock: Lock, host: string): string {
  if (lock.kind === "user") {
    return withLogin(texts, host, `-u ${lock.name} `, texts.token(lock.token));
  }
  if (isUsersOnly(current, lock)) return withLogin(texts, host, "", texts.usersStored);
  const prefix = prefixOf(texts, current, lock);
  const byName = `${texts.byName}\n\n  docker pull ${host}${prefix}/busybox`;
  return [
    texts.daemonJson,
    `  { "registry-mirrors": ["https://${host}${prefix}"] }`,
    ...(prefix === "" ? [] : [byName]),
    ...(lock.kind === "path" ? [texts.shownOnce] : []),
  ].join("\n\n");
}

/** Whether clients have to log in, as before. */
function isUsersOnly({ secrets }: CurrentConfig, lock: Lock): boolean {
  const has = (name: string) => secrets?.includes(name) ?? false;
  return lock.kind === "keep" && has("ACCESS_USERS") && !has("ACCESS_PATHS");
}

function otherClients(texts: Texts, current: CurrentConfig, lock: Lock, page: string): string {
  const hasPage = current.hasPage && lock.kind !== "user" && !isUsersOnly(current, lock);
  return texts.otherClients(hasPage ? page : null);
}

/** @returns the path between the host and the image. */
function prefixOf(texts: Texts, { secrets }: CurrentConfig, lock: Lock): string {
  if (lock.kind === "path") return `/${lock.secret}`;
  const hasPath = lock.kind !== "none" && secrets?.includes("ACCESS_PATHS");
  return hasPath ? `/${texts.pathSecret}` : "";
}

function withLogin(texts: Texts, host: string, option: string, note: string): string {
  return `${texts.logIn}

  docker login ${option}${host}
  docker pull ${host}/busybox

${note}`;
}

function otherRegistries(
  texts: Texts,
  { registries, hosts }: Answers,
  host: string,
  prefix: string,
): string[] {
  const names = Object.keys(registries);
  if (names.length === 0) return [];
  const lines = names.map((name) => {
    const own = Object.keys(hosts).find((of) => hosts[of] === name);
    return `  docker pull ${own ? `${own}${prefix}` : `${host}${prefix}/${name}`}/<owner>/<image>`;
  });
  return [[texts.otherRegistries, "", ...lines].join("\n")];
}
