import { parseArgs } from "node:util";
import { type Arguments, parseArguments } from "../doctor/arguments.ts";

/** The same mirror and login, once for each image. */
export interface DrillArguments {
  readonly small: Arguments;
  readonly large: Arguments;
}

const SMALL_IMAGE = "library/busybox:1.30";
/** Layers of up to some hundred MB. Nothing public and permanent has one of just under 1 GiB. */
const LARGE_IMAGE = "library/gcc:14";

export const USAGE = `npm run drill -- https://mirror.example.com   pull through a deployed mirror, and measure it

read -r MIRROR_URL                            … whose address has a path secret
MIRROR_URL="$MIRROR_URL" npm run drill

  --user name:token   log in, as docker login would; also MIRROR_USER
  --small name:tag    default ${SMALL_IMAGE}
  --large name:tag    default ${LARGE_IMAGE}; better one of yours with a layer of almost 1 GiB

It reads each image twice and the largest layer once more. Images that the mirror has not served
before show what a cold pull takes. Exit code: 0 without a failure; 1 with one; 2 for invalid arguments.`;

/** @returns null if the arguments are invalid. */
export function parseDrillArguments(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): DrillArguments | null {
  const parsed = parseOptions(args);
  if (parsed === null) return null;
  const { values, positionals } = parsed;
  const login = values.user === undefined ? [] : ["--user", values.user];
  const small = parseArguments([...positionals, ...login, "--image", values.small], environment);
  const large = parseArguments([...positionals, ...login, "--image", values.large], environment);
  return small === null || large === null ? null : { small, large };
}

function parseOptions(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        user: { type: "string" },
        small: { type: "string", default: SMALL_IMAGE },
        large: { type: "string", default: LARGE_IMAGE },
      },
    });
  } catch {
    return null;
  }
}
