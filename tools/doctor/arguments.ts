import { parseArgs } from "node:util";
import { parseImageName } from "../../src/protocol/name.ts";
import { isLoopback } from "../../src/protocol/origin.ts";
import { parseReference } from "../../src/protocol/reference.ts";

/** The parsed command line. */
export interface Arguments {
  readonly target: Target;
  /** The image to pull. */
  readonly image: Image;
  /** The account to log in with, or null. */
  readonly user: User | null;
  /** An image that the mirror must not serve, or null. */
  readonly privateImage: Image | null;
  /** Whether the clients of this machine are examined, instead of the mirror. */
  readonly isHere: boolean;
  readonly isJson: boolean;
}

/** The mirror's address. */
export interface Target {
  /** Without a path. */
  readonly origin: URL;
  /** The path secret, or null. */
  readonly secret: string | null;
  /** For people: without the secret. */
  readonly shown: string;
  readonly isLoopback: boolean;
}

export interface Image {
  /** As in a path, with the registry's host in front if one was given. */
  readonly name: string;
  /** A tag or a digest. */
  readonly reference: string;
  /** `busybox` for `library/busybox`; null for any other. */
  readonly bareName: string | null;
  /** Whether a registry's host was given. */
  readonly hasRegistry: boolean;
}

export interface User {
  readonly name: string;
  readonly token: string;
}

/** Small, immutable, and a Docker manifest list, of which a free HEAD selects one platform. */
const DEFAULT_IMAGE = "library/busybox:1.30";

export const USAGE = `npm run doctor -- https://mirror.example.com   check a deployed mirror

read -r MIRROR_URL                             … whose address has a path secret: paste it here,
MIRROR_URL="$MIRROR_URL" npm run doctor        and it does not get into the shell history

  --user name:token   log in, as docker login would
  --image name:tag    pull this image; default ${DEFAULT_IMAGE}
  --private name:tag  check that the mirror does not serve this image
  --here              check whether this machine's clients use the mirror, instead of the mirror
  --json              print JSON (npm run -s doctor -- … --json)

Without an address, MIRROR_URL is used; without --user, MIRROR_USER.
Exit code: 0 without a failure, with or without warnings; 1 with a failure; 2 for invalid arguments.`;

/** @returns null if the arguments are invalid. */
export function parseArguments(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  defaultImage = DEFAULT_IMAGE,
): Arguments | null {
  const parsed = parseOptions(args);
  if (parsed === null) return null;
  const { values, positionals } = parsed;
  const [address = environment.MIRROR_URL ?? "", ...others] = positionals;
  const rawUser = values.user ?? environment.MIRROR_USER;
  const target = parseTarget(address);
  const image = parseImage(values.image ?? defaultImage);
  const user = rawUser === undefined ? null : parseUser(rawUser);
  const privateImage = values.private === undefined ? null : parseImage(values.private);
  if (target === null || image === null || others.length > 0) return null;
  if (rawUser !== undefined && user === null) return null;
  if (values.private !== undefined && privateImage === null) return null;
  return { target, image, user, privateImage, isHere: values.here, isJson: values.json };
}

/**
 * @param text `https://mirror.example.com`, with or without a path secret; https by default.
 * @returns null if it is not the address of a mirror.
 */
export function parseTarget(text: string): Target | null {
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`);
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === "") return null;
  if (`${url.username}${url.password}${url.search}${url.hash}` !== "") return null;
  // `/secret/v2/` and `/v2/secret/` are equivalent.
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

/** @returns null if it is not an image reference, e.g. because of capital letters. */
export function parseImage(text: string): Image | null {
  const [, rawName = "", separator, rest] = /^(.+?)(?:(@|:(?=[^/]*$))(.+))?$/.exec(text) ?? [];
  const parsedName = parseImageName(rawName);
  const reference = rest ?? "latest";
  const kind = parseReference(reference)?.kind;
  if (parsedName === null || kind === undefined) return null;
  if ((separator === "@") !== (kind === "digest")) return null;
  const hasRegistry = parsedName.host !== null;
  const name = hasRegistry || rawName.includes("/") ? rawName : `library/${rawName}`;
  const bareName = /^library\/([^/]+)$/.exec(name)?.[1] ?? null;
  return { name, reference, bareName, hasRegistry };
}

function parseUser(text: string): User | null {
  const [, name, token] = /^([^:]+):(.+)$/.exec(text) ?? [];
  return name === undefined || token === undefined ? null : { name, token };
}

function parseOptions(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        user: { type: "string" },
        image: { type: "string" },
        private: { type: "string" },
        here: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
      },
    });
  } catch {
    return null;
  }
}
