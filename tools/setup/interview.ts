import { askAccount } from "./account.ts";
import { askBlobs } from "./blobs.ts";
import { askDomain } from "./domain.ts";
import { askHosts } from "./hosts.ts";
import { askLock, type Lock } from "./lock.ts";
import type { Present, Texts } from "./present.ts";
import { askRegistries } from "./registries.ts";
import type { Account, World } from "./world.ts";

/** What is wanted. */
export interface Answers {
  /** Null for workers.dev. */
  readonly domain: string | null;
  /** Null to leave it as it is. */
  readonly account: Account | null;
  readonly lock: Lock;
  /** Name to address. */
  readonly registries: Texts;
  /** Host name to registry. */
  readonly hosts: Texts;
  readonly hasBlobs: boolean;
}

/** Asks everything, one question after the other. */
export async function interview(world: World, present: Present): Promise<Answers> {
  const { terminal } = world;
  const domain = await askDomain(terminal, present);
  const account = await askAccount(world, present);
  const lock = await askLock(world, present);
  const registries = await askRegistries(terminal, present);
  const hosts = await askHosts(terminal, present, domain, Object.keys(registries));
  const hasBlobs = await askBlobs(terminal, present);
  return { domain, account, lock, registries, hosts, hasBlobs };
}
