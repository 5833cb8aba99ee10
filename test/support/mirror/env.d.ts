/// <reference types="@cloudflare/vitest-plugin/types" />

declare namespace Cloudflare {
  interface Env {
    readonly CACHE: KVNamespace;
    readonly BLOBS: R2Bucket;
  }
}
