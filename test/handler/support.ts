import { afterEach, beforeEach, expect } from "vitest";
import { expectNoSecret } from "./support/lawful.ts";
import { createMirror, type Mirror } from "./support/mirror.ts";
import type { MirrorOptions } from "./support/options.ts";

/** What it takes to get a token, cold. */
export const HANDSHAKE = ["registry GET /v2/", "auth GET /token"];

/** @returns what makes mirrors. After each test nothing may have leaked, to whomever. */
export function useMirrors(): (options?: MirrorOptions) => Mirror {
  let mirrors: Mirror[] = [];
  beforeEach(() => {
    mirrors = [];
  });
  afterEach(() => {
    for (const { hub, log } of mirrors) {
      expect(hub.leaks).toEqual([]);
      expectNoSecret(JSON.stringify(log));
    }
  });
  return (options = {}) => {
    const mirror = createMirror(options);
    mirrors.push(mirror);
    return mirror;
  };
}
