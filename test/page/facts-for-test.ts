import type { HomeFacts } from "../../src/page/facts.ts";

/** A secret as `openssl rand -hex 24` makes them. */
export const SECRET = "5f1e0c2ab34d97865f1e0c2ab34d97865f1e0c2ab34d9786";

/** An open mirror of Docker Hub, as a browser that speaks English asks it. */
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
  quota: null,
  isUpstreamUp: null,
  version: "1.2.3",
};

/** The same below a path secret. */
export const SECRET_PATH: HomeFacts = {
  ...OPEN,
  lock: { kind: "path", secret: SECRET },
  api: `/${SECRET}/v2/`,
};

/** The same for users that log in. */
export const USERS: HomeFacts = { ...OPEN, lock: { kind: "login" }, hasUsers: true };

/** The same on the developer's own machine. */
export const LOCAL: HomeFacts = { ...OPEN, scheme: "http", host: "localhost:8787" };

/** The same with further registries, one of them under a host of its own as well. */
export const MANY: HomeFacts = {
  ...OPEN,
  otherRegistries: [
    { name: "ghcr.io", host: "ghcr.io", ownHosts: [] },
    { name: "quay.io", host: "quay.io", ownHosts: ["quay.example.com"] },
  ],
};

/** A mirror of another registry than Docker Hub. */
export const QUAY: HomeFacts = {
  ...OPEN,
  registry: { name: "quay.io", host: "quay.io", namespace: "" },
};
