import type { CurrentConfig } from "./current.ts";
import type { Answers, Lock } from "./plan.ts";

/**
 * @param isDeployed whether setup has deployed the mirror already.
 * @returns the next commands, and how to configure clients.
 */
export function nextSteps(current: CurrentConfig, answers: Answers, isDeployed: boolean): string {
  const host = answers.domain ?? `${current.worker}.<your subdomain>.workers.dev`;
  const prefix = prefixOf(current, answers.lock);
  return [
    isDeployed ? "The mirror is deployed." : "Next:\n\n  npm run deploy",
    ...(answers.domain === null ? [`The deploy prints the address: ${host}.`] : []),
    howToPull(current, answers.lock, host),
    ...otherRegistries(answers, host, prefix),
    howToCheck(host, prefix),
    otherClients(current, answers.lock, `https://${host}${prefix}/`),
  ].join("\n\n");
}

/** The shell's history must not get the secret, so the address is read from the terminal. */
function howToCheck(host: string, prefix: string): string {
  if (prefix === "") return `Then check the mirror:\n\n  MIRROR_URL=https://${host} npm run doctor`;
  return `Then check the mirror. The first command waits for the address, https://${host}${prefix}:

  read -r MIRROR_URL
  MIRROR_URL="$MIRROR_URL" npm run doctor`;
}

function howToPull(current: CurrentConfig, lock: Lock, host: string): string {
  if (lock.kind === "user") return withLogin(host, `-u ${lock.name} `, `Token: ${lock.token}`);
  if (isUsersOnly(current, lock)) return withLogin(host, "", "Users and tokens are as stored.");
  const prefix = prefixOf(current, lock);
  const byName = `Docker 24 and older accept no path there. They pull by name:

  docker pull ${host}${prefix}/busybox`;
  return [
    `Docker, in /etc/docker/daemon.json (Docker Desktop: Settings → Docker Engine), then
systemctl reload docker:

  { "registry-mirrors": ["https://${host}${prefix}"] }`,
    ...(prefix === "" ? [] : [byName]),
    ...(lock.kind === "path" ? ["The address contains the secret. It is shown only now."] : []),
  ].join("\n\n");
}

/** Whether clients have to log in, as before. */
function isUsersOnly({ secrets }: CurrentConfig, lock: Lock): boolean {
  const has = (name: string) => secrets?.includes(name) ?? false;
  return lock.kind === "keep" && has("ACCESS_USERS") && !has("ACCESS_PATHS");
}

function otherClients(current: CurrentConfig, lock: Lock, page: string): string {
  const hasPage = current.hasPage && lock.kind !== "user" && !isUsersOnly(current, lock);
  const where = hasPage ? `${page} and docs/access.md describe` : "docs/access.md describes";
  return `${where} containerd, Podman and all other clients.`;
}

/** @returns the path between the host and the image. */
function prefixOf({ secrets }: CurrentConfig, lock: Lock): string {
  if (lock.kind === "path") return `/${lock.secret}`;
  const hasPath = lock.kind !== "none" && secrets?.includes("ACCESS_PATHS");
  return hasPath ? "/<your path secret>" : "";
}

function withLogin(host: string, option: string, note: string): string {
  return `Docker sends no login to a mirror in registry-mirrors, so pull by name:

  docker login ${option}${host}
  docker pull ${host}/busybox

${note}`;
}

function otherRegistries({ registries, hosts }: Answers, host: string, prefix: string): string[] {
  const names = Object.keys(registries);
  if (names.length === 0) return [];
  const lines = names.map((name) => {
    const own = Object.keys(hosts).find((of) => hosts[of] === name);
    return `  docker pull ${own ? `${own}${prefix}` : `${host}${prefix}/${name}`}/<owner>/<image>`;
  });
  return [["The other registries:", "", ...lines].join("\n")];
}
