import { isDeepStrictEqual } from "node:util";
import { DEFAULTS } from "../../src/config/settings.ts";
import type { Account } from "./account.ts";
import type { CurrentConfig, Texts } from "./current.ts";
import { SetupError } from "./texts.ts";
import type { Edit } from "./toml/edit.ts";
import type { Value } from "./toml/value.ts";
import type { SecretChanges } from "./wrangler.ts";

/** The wanted state of the mirror. */
export interface Answers {
  /** Null for workers.dev. */
  readonly domain: string | null;
  /** Null to leave it as it is. */
  readonly account: Account | null;
  /** The value of PRIVATE_IMAGES. */
  readonly privateImages: string;
  readonly lock: Lock;
  /** Registry name to URL. */
  readonly registries: Texts;
  /** Host name to registry name. */
  readonly hosts: Texts;
  readonly hasBlobs: boolean;
  /** Whether the mirror answers `docker search`. */
  readonly hasSearch: boolean;
}

/** Who may pull. */
export type Lock =
  | { readonly kind: "keep" | "none" }
  | { readonly kind: "path"; readonly secret: string }
  | { readonly kind: "user"; readonly name: string; readonly token: string };

/** The edits of the owner's settings. An answer that changes nothing leads to no change. */
export function planEdits(current: CurrentConfig, answers: Answers): Edit[] {
  return [
    ...domainEdits(current, answers),
    ...blobEdits(current, answers),
    ...varEdits("PRIVATE_IMAGES", current.privateImages, answers.privateImages),
    ...varEdits("SEARCH", onOff(current.hasSearch), onOff(answers.hasSearch)),
    tableEdit("REGISTRIES", answers.registries),
    tableEdit("HOSTS", answers.hosts),
  ];
}

/** @returns the title of the KV namespace to find or create; null if its id is known, or unused. */
export function namespaceOf({ worker, cache, secrets }: CurrentConfig): string | null {
  // Without a login, nothing can be created. The title is the one that a deploy would choose.
  return cache === null || cache.id !== undefined || secrets === null ? null : `${worker}-cache`;
}

/** The edit that writes the id of the KV namespace. */
export function namespaceEdit({ cache }: CurrentConfig, id: string): Edit {
  const entries = { ...cache, id };
  return { kind: "element", array: "kv_namespaces", id: ["binding", "CACHE"], entries };
}

/** The secrets to store or delete. */
export function planSecrets({ secrets }: CurrentConfig, { account, lock }: Answers): SecretChanges {
  return {
    ...(account && { UPSTREAM_USERNAME: account.username, UPSTREAM_PASSWORD: account.password }),
    ...lockSecrets(lock, secrets),
  };
}

/**
 * @returns the days after which the bucket deletes a layer. A pull rewrites a layer that is older
 * than half of BLOB_KEEP_DAYS, so with half of it on top a layer lives for at least BLOB_KEEP_DAYS
 * after its last pull.
 * @throws SetupError if BLOB_KEEP_DAYS is not a whole number of days.
 */
export function expireDaysOf({ blobKeepDays }: CurrentConfig): number {
  if (Number.isSafeInteger(blobKeepDays) && blobKeepDays > 0) return Math.ceil(blobKeepDays * 1.5);
  throw new SetupError((texts) => texts.keepDays);
}

function domainEdits(current: CurrentConfig, { domain, hosts }: Answers): Edit[] {
  const wanted = [domain, ...Object.keys(hosts)].filter((host) => host !== null);
  const former = [current.domain, ...Object.keys(current.hosts)];
  const kept = current.routes.filter((route) => {
    const pattern = patternOf(route);
    return wanted.includes(pattern) || !former.includes(pattern);
  });
  const missing = wanted.filter((host) => !kept.some((route) => patternOf(route) === host));
  const added = missing.map((pattern) => ({ pattern, custom_domain: true }));
  const routes = [...kept, ...added];
  const edits: Edit[] = [{ kind: "key", key: "routes", value: routes.length > 0 ? routes : null }];
  if (domain === current.domain) return edits;
  return [{ kind: "key", key: "workers_dev", value: domain === null }, ...edits];
}

function patternOf(route: Value): string {
  return typeof route === "string" ? route : String((route as { pattern?: string }).pattern);
}

function blobEdits(current: CurrentConfig, { hasBlobs }: Answers): Edit[] {
  if (hasBlobs === current.hasBlobs) return [];
  const entries = hasBlobs ? { binding: "BLOBS", bucket_name: current.bucket } : null;
  return [{ kind: "element", array: "r2_buckets", id: ["binding", "BLOBS"], entries }];
}

/** A variable with its default is not written. */
function varEdits(name: "PRIVATE_IMAGES" | "SEARCH", before: string, after: string): Edit[] {
  if (before === after) return [];
  const value = after === DEFAULTS[name] ? null : after;
  return [{ kind: "key", table: "vars", key: name, value }];
}

function onOff(isOn: boolean): string {
  return isOn ? "on" : "off";
}

function tableEdit(name: string, entries: Texts): Edit {
  const isEmpty = isDeepStrictEqual(entries, {});
  return { kind: "table", path: ["vars", name], entries: isEmpty ? null : entries };
}

function lockSecrets(lock: Lock, secrets: CurrentConfig["secrets"]): SecretChanges {
  switch (lock.kind) {
    case "keep":
      return {};
    case "path":
      // The log calls whoever uses this secret "home".
      return { ACCESS_PATHS: `home=${lock.secret}` };
    case "user":
      return { ACCESS_USERS: `${lock.name}=${lock.token}` };
    case "none": {
      const stored = ["ACCESS_PATHS", "ACCESS_USERS"].filter(
        (name) => secrets?.includes(name) ?? true,
      );
      return Object.fromEntries(stored.map((name) => [name, null]));
    }
  }
}
