import type { HomeFacts } from "../../src/page/facts.ts";

/** A secret like those of `openssl rand -hex 24`. */
export const SECRET = "5f1e0c2ab34d97865f1e0c2ab34d97865f1e0c2ab34d9786";

/** An open mirror of Docker Hub, in English. */
export const OPEN: HomeFacts = {
  language: "en",
  scheme: "https",
  host: "mirror.example.com",
  lock: { kind: "none" },
  hasUsers: false,
  hasUpstreamLogin: false,
  api: "/v2/",
  search: null,
  registry: { name: "docker.io", host: "registry-1.docker.io", namespace: "library" },
  otherRegistries: [],
  hasAccount: true,
  hasKv: true,
  quota: null,
  isUpstreamUp: null,
  version: "1.2.3",
};

/** Locked by a path secret. */
export const SECRET_PATH: HomeFacts = {
  ...OPEN,
  lock: { kind: "path", secret: SECRET },
  api: `/${SECRET}/v2/`,
};

/** Locked by users, who log in. */
export const USERS: HomeFacts = { ...OPEN, lock: { kind: "login" }, hasUsers: true };

/** On the developer's machine, over http. */
export const LOCAL: HomeFacts = { ...OPEN, scheme: "http", host: "localhost:8787" };

/** With further registries, one of them also on its own host. */
export const MANY: HomeFacts = {
  ...OPEN,
  otherRegistries: [
    { name: "ghcr.io", host: "ghcr.io", ownHosts: [] },
    { name: "quay.io", host: "quay.io", ownHosts: ["quay.example.com"] },
  ],
};

/** Of another registry than Docker Hub. */
export const QUAY: HomeFacts = {
  ...OPEN,
  registry: { name: "quay.io", host: "quay.io", namespace: "" },
};

/** @returns a function made again from its source text, without its file, as in the page's script. */
export function isolated<F extends (...args: never[]) => unknown>(part: F): F {
  return new Function(`"use strict";return ${part}`)();
}
