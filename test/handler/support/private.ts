import { expect } from "vitest";
import { useMirrors } from "../support.ts";
import { SECRET } from "./access.ts";
import { ACCOUNT } from "./accounts.ts";
import { imageOf, OCI_MANIFEST, ROUTES } from "./images.ts";
import type { Mirror } from "./mirror.ts";
import type { MirrorOptions, Vars } from "./options.ts";

/** A mirror that serves its account's private images, behind a lock. */
export const SERVED = { ...ACCOUNT, PRIVATE_IMAGES: "allow", ACCESS_PATHS: `office=${SECRET}` };
export const WEEK_SECONDS = 7 * 24 * 60 * 60;

/** @returns what makes mirrors whose account has a private repository, `sampan/secret`. */
export function usePrivateMirrors() {
  const createMirror = useMirrors();
  return (env: Vars = ACCOUNT, hasAccessClaims = true, options: MirrorOptions = {}) => {
    const secrets: Record<string, string[]> = { "sampan/secret": ["sampan"] };
    const mirror = createMirror({
      ...options,
      env,
      hub: { accounts: { sampan: "hunter2" }, privateRepositories: secrets, hasAccessClaims },
    });
    for (const name of ["library/busybox", "grafana/grafana", "sampan/secret"]) {
      mirror.hub.push(name, "1", imageOf(OCI_MANIFEST));
    }
    return { mirror, secrets };
  };
}

export async function warmEverything(mirror: Mirror, base: string): Promise<void> {
  for (const route of ROUTES) {
    const path = `${base}sampan/secret/${route}`;
    expect((await mirror.get(path)).status).toBe(200);
    expect((await mirror.head(path)).status).toBe(200);
  }
}
