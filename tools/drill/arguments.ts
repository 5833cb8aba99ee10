import { type Arguments, parseArguments } from "../doctor/arguments.ts";

/** Layers of up to some hundred MB. Nothing public and permanent has one of just under 1 GiB. */
const DEFAULT_IMAGE = "library/gcc:14";

export const USAGE = `npm run drill -- https://mirror.example.com   pull through a deployed mirror, and measure it

read -r MIRROR_URL                            … whose address has a path secret
MIRROR_URL="$MIRROR_URL" npm run drill

  --user name:token   log in, as docker login would; also MIRROR_USER
  --image name:tag    default ${DEFAULT_IMAGE}; better one of yours with a layer of almost 1 GiB

It reads the image twice and its largest layer once more. An image that the mirror has not served
before shows what a cold pull takes. Exit code: 0 without a failure; 1 with one; 2 for invalid arguments.`;

/** @returns null if the arguments are invalid. */
export function parseDrillArguments(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Arguments | null {
  const given = parseArguments(args, environment, DEFAULT_IMAGE);
  return given?.isHere || given?.isJson || given?.privateImage ? null : given;
}
