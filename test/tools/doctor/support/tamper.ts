import { gzipSync } from "node:zlib";
import type { Answer, Asked, Tamper } from "./front.ts";

/** What is asked for. */
export const isManifest = ({ path }: Asked) =>
  path.includes("/manifests/") && !path.endsWith("sha256:0");
export const isBlob = ({ path }: Asked) => /\/blobs\/sha256/.test(path);

/** Changes the answers to some requests. */
export function where(
  isMeant: (asked: Asked) => boolean,
  change: (answer: Answer, asked: Asked) => void,
): Tamper {
  return (answer, asked) => {
    if (isMeant(asked)) change(answer, asked);
  };
}

/** Takes a header away. */
export function without(header: string) {
  return ({ headers }: Answer) => headers.delete(header);
}

/** Changes a header. */
export function setting(header: string, value: string) {
  return ({ headers }: Answer) => headers.set(header, value);
}

/** Puts another answer in its place. */
export function replaced(status: number, body: string, headers: Record<string, string> = {}) {
  return (answer: Answer) => {
    answer.status = status;
    for (const name of [...answer.headers.keys()]) answer.headers.delete(name);
    for (const [name, value] of Object.entries(headers)) answer.headers.set(name, value);
    answer.bytes = Buffer.from(body);
  };
}

/** Changes one bit of the body. */
export function flipped(answer: Answer) {
  answer.bytes = answer.bytes.map((byte, index) => (index === 3 ? byte ^ 1 : byte));
}

/** Compresses the body, as something in between might. */
export function gzipped(answer: Answer) {
  if (answer.bytes.byteLength === 0) return;
  answer.bytes = gzipSync(answer.bytes);
  answer.headers.set("content-encoding", "gzip");
  answer.headers.set("content-length", String(answer.bytes.byteLength));
}
