import { isDeepStrictEqual } from "node:util";
import type { Answers } from "./interview.ts";
import { secretsOf } from "./lock.ts";
import type { Present, Texts } from "./present.ts";
import type { Edit } from "./toml/edit.ts";
import type { Value } from "./toml/literal.ts";
import type { SecretChanges } from "./world.ts";

/** What has to change for the answers to hold. */
export interface Plan {
  readonly edits: readonly Edit[];
  readonly secrets: SecretChanges;
}

/** What is answered as it was before changes nothing. */
export function makePlan(present: Present, answers: Answers): Plan {
  const { account, lock } = answers;
  return {
    edits: [
      ...domainEdits(present, answers),
      ...blobEdits(present, answers),
      tableEdit("REGISTRIES", answers.registries),
      tableEdit("HOSTS", answers.hosts),
    ],
    secrets: {
      ...(account && {
        UPSTREAM_USERNAME: account.username,
        UPSTREAM_PASSWORD: account.password,
      }),
      ...secretsOf(lock, present),
    },
  };
}

function domainEdits(present: Present, { domain, hosts }: Answers): Edit[] {
  const wanted = [domain, ...Object.keys(hosts)].filter((host) => host !== null);
  const former = [present.domain, ...Object.keys(present.hosts)];
  const kept = present.routes.filter((route) => {
    const pattern = patternOf(route);
    return wanted.includes(pattern) || !former.includes(pattern);
  });
  const missing = wanted.filter((host) => !kept.some((route) => patternOf(route) === host));
  const added = missing.map((pattern) => ({ pattern, custom_domain: true }));
  const routes = [...kept, ...added];
  const edits: Edit[] = [{ kind: "key", key: "routes", value: routes.length > 0 ? routes : null }];
  if (domain === present.domain) return edits;
  return [{ kind: "key", key: "workers_dev", value: domain === null }, ...edits];
}

function patternOf(route: Value): string {
  return typeof route === "string" ? route : String((route as { pattern?: string }).pattern);
}

function blobEdits(present: Present, { hasBlobs }: Answers): Edit[] {
  const { bucket, crons, cronsToBe } = present;
  if (hasBlobs === present.hasBlobs) return [];
  const entries = hasBlobs ? { binding: "BLOBS", bucket_name: bucket } : null;
  const binding: Edit = { kind: "element", array: "r2_buckets", id: ["binding", "BLOBS"], entries };
  // The hourly run has other work besides layers, so it is never turned off.
  const isTriggered = !hasBlobs || crons.length > 0;
  if (isTriggered) return [binding];
  return [binding, { kind: "table", path: ["triggers"], entries: { crons: cronsToBe } }];
}

function tableEdit(name: string, entries: Texts): Edit {
  const isEmpty = isDeepStrictEqual(entries, {});
  return { kind: "table", path: ["vars", name], entries: isEmpty ? null : entries };
}
