import { useMirrors } from "../support.ts";
import { logIn } from "./access.ts";
import { imageOf, OCI_MANIFEST } from "./images.ts";
import type { Mirror } from "./mirror.ts";
import type { MirrorOptions, Vars } from "./options.ts";

/** Accounts of the upstream; each has a private repository. */
export const ALICE = ["alice", "alice's passphrase"] as const;
export const BOB = ["bob", "bob's passphrase"] as const;
export const LOGIN = { LOGIN: "upstream", LOGIN_KEY: "0123456789abcdef0123456789abcdef" };
/** The mirror's own. */
export const ACCOUNT = { UPSTREAM_USERNAME: "sampan", UPSTREAM_PASSWORD: "hunter2" };

/** @returns what makes mirrors that take logins; `bob/shared` is for both accounts. */
export function useLoginMirrors(): (
  env?: Vars,
  hasAccessClaims?: boolean,
  options?: MirrorOptions,
) => Mirror {
  const createMirror = useMirrors();
  return (env = {}, hasAccessClaims = true, options = {}) => {
    const accounts = Object.fromEntries([ALICE, BOB, ["sampan", "hunter2"]]);
    const privateRepositories = {
      "alice/secret": ["alice"],
      "bob/secret": ["bob"],
      "bob/shared": ["alice", "bob"],
    };
    const hub = { accounts, privateRepositories, hasAccessClaims };
    const mirror = createMirror({ ...options, env: { ...LOGIN, ...env }, hub });
    const names = Object.keys(privateRepositories);
    for (const name of ["library/busybox", "grafana/grafana", ...names]) {
      mirror.hub.push(name, "1", imageOf(OCI_MANIFEST));
    }
    return mirror;
  };
}

/** Asks with a token that the account, or nobody in particular, gets for the repository. */
export async function askAs(
  mirror: Mirror,
  account: readonly [string, string] | null,
  name: string,
  route: string,
  init: RequestInit = {},
) {
  const authorization = await logIn(mirror, account, [name]);
  const headers = new Headers(init.headers);
  headers.set("authorization", authorization);
  return mirror.ask(`/v2/${name}/${route}`, { ...init, headers });
}
