import { parseArgs } from "node:util";
import { type Image, parseImage } from "./image.ts";
import type { Question, User } from "./question.ts";
import { parseTarget } from "./target.ts";

/** What is to be examined, and how it is told. */
export interface Arguments {
  readonly question: Question;
  readonly isJson: boolean;
}

/** Small, never changed, and of the kind of which Docker Hub gives one platform by one request. */
const DEFAULT_IMAGE = "library/busybox:1.30";

export const USAGE = `npm run doctor -- https://mirror.example.com            examines a deployed mirror
npm run doctor -- https://mirror.example.com/<secret>   … that is locked by a path secret

  --user name:token   logs in, as docker login would
  --image name:tag    tries this image; ${DEFAULT_IMAGE} unless said
  --private name:tag  wants this image not to be given away
  --json              tells it to programs (npm run -s doctor -- … --json)

What should not stand in the shell's history: MIRROR_URL and MIRROR_USER in the environment.
Exit code: 0 without a failure, warnings or not; 1 with one; 2 if the arguments make no sense.`;

type Environment = Readonly<Record<string, string | undefined>>;

/** @returns null if the arguments make no sense. */
export function parseArguments(
  args: readonly string[],
  environment: Environment,
): Arguments | null {
  const parsed = parse(args);
  if (parsed === null) return null;
  const { values, positionals } = parsed;
  const [address = environment.MIRROR_URL, ...others] = positionals;
  const target = address === undefined ? null : parseTarget(address);
  const image = parseImage(values.image);
  const rawUser = values.user ?? environment.MIRROR_USER;
  const user = rawUser === undefined ? null : parseUser(rawUser);
  const privateImage = values.private === undefined ? null : parseImage(values.private);
  if (target === null || image === null || others.length > 0) return null;
  if (isWrong(rawUser, user) || isWrong(values.private, privateImage)) return null;
  return { question: { target, image, user, privateImage }, isJson: values.json };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        user: { type: "string" },
        image: { type: "string", default: DEFAULT_IMAGE },
        private: { type: "string" },
        json: { type: "boolean", default: false },
      },
    });
  } catch {
    return null;
  }
}

function parseUser(text: string): User | null {
  const [, name, token] = /^([^:]+):(.+)$/.exec(text) ?? [];
  return name === undefined || token === undefined ? null : { name, token };
}

function isWrong(given: string | undefined, parsed: User | Image | null): boolean {
  return given !== undefined && parsed === null;
}
