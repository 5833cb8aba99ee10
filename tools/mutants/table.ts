import type { Mutant } from "./mutant.ts";
import { ACCESS_MUTANTS } from "./table/access.ts";
import { BLOB_MUTANTS } from "./table/blobs.ts";
import { CACHE_MUTANTS } from "./table/caches.ts";
import { CREDENTIAL_MUTANTS } from "./table/credentials.ts";
import { LOG_MUTANTS } from "./table/log.ts";
import { MANIFEST_MUTANTS } from "./table/manifests.ts";
import { NETWORK_MUTANTS } from "./table/network.ts";
import { OUTAGE_MUTANTS } from "./table/outages.ts";
import { PATH_MUTANTS } from "./table/paths.ts";
import { REGISTRY_MUTANTS } from "./table/registries.ts";
import { SCHEDULE_MUTANTS } from "./table/schedule.ts";

/** Every mistake that is tried. */
export const MUTANTS: readonly Mutant[] = [
  ...CREDENTIAL_MUTANTS,
  ...NETWORK_MUTANTS,
  ...MANIFEST_MUTANTS,
  ...BLOB_MUTANTS,
  ...CACHE_MUTANTS,
  ...OUTAGE_MUTANTS,
  ...PATH_MUTANTS,
  ...ACCESS_MUTANTS,
  ...REGISTRY_MUTANTS,
  ...SCHEDULE_MUTANTS,
  ...LOG_MUTANTS,
];
