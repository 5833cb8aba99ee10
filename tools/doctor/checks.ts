import type { Check } from "./check.ts";
import { bareName } from "./checks/bare-name.ts";
import { blobs } from "./checks/blobs.ts";
import { cache } from "./checks/cache.ts";
import { clock } from "./checks/clock.ts";
import { compression } from "./checks/compression.ts";
import { connection } from "./checks/connection.ts";
import { freshness } from "./checks/freshness.ts";
import { hostName } from "./checks/host-name.ts";
import { identity } from "./checks/identity.ts";
import { latency } from "./checks/latency.ts";
import { lock } from "./checks/lock.ts";
import { login } from "./checks/login.ts";
import { manifest } from "./checks/manifest.ts";
import { manifestHead } from "./checks/manifest-head.ts";
import { namespace } from "./checks/namespace.ts";
import { ping } from "./checks/ping.ts";
import { privateImage } from "./checks/private.ts";
import { quota } from "./checks/quota.ts";
import { range } from "./checks/range.ts";
import { redirects } from "./checks/redirects.ts";
import { referrers } from "./checks/referrers.ts";
import { search } from "./checks/search.ts";
import { tags } from "./checks/tags.ts";
import { tls } from "./checks/tls.ts";
import { upstream } from "./checks/upstream.ts";
import { writes } from "./checks/writes.ts";

/** In the order in which a pull depends on them. */
export const CHECKS: readonly Check[] = [
  hostName,
  connection,
  tls,
  ping,
  login,
  identity,
  clock,
  lock,
  manifestHead,
  bareName,
  quota,
  upstream,
  freshness,
  manifest,
  cache,
  redirects,
  blobs,
  compression,
  range,
  writes,
  tags,
  referrers,
  namespace,
  search,
  privateImage,
  latency,
];
