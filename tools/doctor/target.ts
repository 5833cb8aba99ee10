import { isLoopback } from "../../src/protocol/origin.ts";

/** The mirror as its clients are told its address. */
export interface Target {
  /** Without a path. */
  readonly origin: URL;
  /** The path secret, or null. */
  readonly secret: string | null;
  /** For people: without the secret. */
  readonly shown: string;
  readonly isLoopback: boolean;
}

/**
 * @param text `https://mirror.example.com`, with the path secret behind it if there is one; https
 * unless said.
 * @returns null if it is no such address.
 */
export function parseTarget(text: string): Target | null {
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`);
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === "") return null;
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "")
    return null;
  // Both ways of writing it, and with what clients append.
  const parts = url.pathname.split("/").filter((part) => part !== "" && part !== "v2");
  const [secret = null, ...rest] = parts;
  if (rest.length > 0) return null;
  return {
    origin: new URL(url.origin),
    secret,
    shown: secret === null ? url.origin : `${url.origin}/…`,
    isLoopback: isLoopback(url.hostname),
  };
}
