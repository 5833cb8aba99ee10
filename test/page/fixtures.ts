import type { HomeFacts, Registry } from "../../src/page/facts.ts";

/** A secret like those of `openssl rand -hex 24`. */
export const SECRET = "5f1e0c2ab34d97865f1e0c2ab34d97865f1e0c2ab34d9786";

/** An open mirror of Docker Hub, in English. */
export const OPEN: HomeFacts = {
  language: "en",
  scheme: "https",
  host: "mirror.example.com",
  prefix: "mirror.example.com",
  lock: "none",
  hasUsers: false,
  hasUpstreamLogin: false,
  api: "/v2/",
  search: null,
  registry: registry("docker.io", "registry-1.docker.io", "library"),
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
  prefix: `mirror.example.com/${SECRET}`,
  lock: "path",
  api: `/${SECRET}/v2/`,
};

/** Locked by users, who log in. */
export const USERS: HomeFacts = { ...OPEN, lock: "login", hasUsers: true };

/** On the developer's machine, over http. */
export const LOCAL: HomeFacts = {
  ...OPEN,
  scheme: "http",
  host: "localhost:8787",
  prefix: "localhost:8787",
};

/** With further registries, one of them also on its own host. */
export const MANY: HomeFacts = {
  ...OPEN,
  otherRegistries: [
    { ...registry("ghcr.io"), ownHosts: [] },
    { ...registry("quay.io"), ownHosts: ["quay.example.com"] },
  ],
};

/** Of another registry than Docker Hub. */
export const QUAY: HomeFacts = {
  ...OPEN,
  registry: registry("quay.io"),
};

/** @returns a function made again from its source text, without its file, as in the page's script. */
export function isolated<F extends (...args: never[]) => unknown>(part: F): F {
  return new Function(`"use strict";return ${part}`)();
}

/** @returns a registry at the host of its name, unless it has another one. */
export function registry(name: string, host = name, namespace = ""): Registry {
  return { name, namespace, endpoints: [{ url: { host } }] };
}
