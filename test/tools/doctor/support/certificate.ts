import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** Both in PEM. The certificate is self-signed: trusting it is enough. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;
// X.690 tags, and object identifiers as they are encoded.
const BOOLEAN = 0x01;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_ID = 0x06;
const UTF8_STRING = 0x0c;
const GENERALIZED_TIME = 0x18;
const SEQUENCE = 0x30;
const SET = 0x31;
const ORGANIZATION = "55040a";
const SUBJECT_ALT_NAME = "551d11";
const BASIC_CONSTRAINTS = "551d13";
const ECDSA_WITH_SHA256 = "2a8648ce3d040302";

/** An X.509 certificate (RFC 5280), version 3, with an ECDSA key; valid for 90 days by default. */
export function createCertificate({
  hostname,
  validFrom = new Date(Date.now() - DAY_MS),
  validTo = new Date(Date.now() + 90 * DAY_MS),
}: {
  readonly hostname: string;
  readonly validFrom?: Date;
  readonly validTo?: Date;
}): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = der(SEQUENCE, objectId(ECDSA_WITH_SHA256));
  const name = nameOf("Tests");
  const tbs = der(
    SEQUENCE,
    der(0xa0, der(INTEGER, Buffer.from([2]))),
    der(INTEGER, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    name,
    der(SEQUENCE, time(validFrom), time(validTo)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, extensions(hostname)),
  );
  const signature = Buffer.concat([Buffer.from([0]), sign("sha256", tbs, privateKey)]);
  const certificate = der(SEQUENCE, tbs, algorithm, der(BIT_STRING, signature));
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${certificate.toString("base64")}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

function nameOf(organization: string): Buffer {
  const value = der(UTF8_STRING, Buffer.from(organization));
  return der(SEQUENCE, der(SET, der(SEQUENCE, objectId(ORGANIZATION), value)));
}

function extensions(hostname: string): Buffer {
  const names = der(SEQUENCE, der(0x82, Buffer.from(hostname)));
  const isAuthority = der(SEQUENCE, der(BOOLEAN, Buffer.from([0xff])));
  return der(
    SEQUENCE,
    der(SEQUENCE, objectId(SUBJECT_ALT_NAME), der(OCTET_STRING, names)),
    der(SEQUENCE, objectId(BASIC_CONSTRAINTS), der(OCTET_STRING, isAuthority)),
  );
}

/** Tag, length and contents. */
function der(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const bytes =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...bytes]), content]);
}

function objectId(hex: string): Buffer {
  return der(OBJECT_ID, Buffer.from(hex, "hex"));
}

function time(date: Date): Buffer {
  return der(GENERALIZED_TIME, Buffer.from(`${date.toISOString().replace(/[-:T]|\.\d+/g, "")}`));
}
