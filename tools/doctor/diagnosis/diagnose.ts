import { textOf } from "../content.ts";
import type { Diagnosis } from "../finding.ts";
import type { Reply } from "../http/reply.ts";
import type { Target } from "../target.ts";
import { diagnoseCloudflareError } from "./cloudflare-error.ts";
import { diagnoseMirrorError } from "./mirror-error.ts";
import { diagnoseOther } from "./other-software.ts";
import { diagnosePage, excerptOf, isHtml } from "./page.ts";
import { diagnoseRedirect } from "./redirect.ts";

/** @returns what an answer means that is not the one that was hoped for. */
export function diagnose(reply: Reply, target: Target): Diagnosis {
  const text = textOf(reply).slice(0, MAX_TEXT_LENGTH);
  const diagnosis =
    diagnosePage(reply, text) ??
    diagnoseRedirect(reply, target) ??
    diagnoseCloudflareError(reply, text) ??
    diagnoseMirrorError(text) ??
    (isStorageError(text) ? STORAGE : null) ??
    (isHtml(reply, text) ? web(reply, target) : null);
  if (diagnosis === null) return unexpected(reply, text);
  return { ...diagnosis, what: `${reply.status} ${diagnosis.what}`.replace(/^(\d+) \1\b/, "$1") };
}

const MAX_TEXT_LENGTH = 64 * 1024;

/** What S3 and R2 say in XML when a registry's token comes along with a signed URL. */
const STORAGE: Diagnosis = {
  what: "the blob storage's own error is passed on",
  remedy:
    "the registry's credential was sent on to the storage: a fault of the mirror software, not of Sampan, which follows redirects without it; deploy Sampan at this host",
};

function isStorageError(text: string): boolean {
  return /^\s*(?:<\?xml[^>]*>\s*)?<Error>/.test(text);
}

function web(reply: Reply, target: Target): Diagnosis {
  const { what, remedy } = diagnoseOther(reply, target);
  return { what: `a web page: ${what}`, remedy };
}

function unexpected({ method, status, headers }: Reply, text: string): Diagnosis {
  const type = headers.get("content-type") ?? "no content type";
  const excerpt = excerptOf(text);
  const quoted = excerpt === "" ? "" : `: ${excerpt}`;
  return {
    what: `${method} was answered ${status} (${type})${quoted}`,
    remedy: "npm run logs shows whether the mirror was asked at all, and what it said",
  };
}
