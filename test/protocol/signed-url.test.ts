import { expect, test } from "vitest";
import { signatureExpiry } from "../../src/protocol/signed-url.ts";

test.each([
  // AWS and Google: the time of signing, and a lifetime in seconds.
  ["X-Amz-Date=20260115T120000Z&X-Amz-Expires=1200", "2026-01-15T12:20:00Z"],
  ["X-Goog-Expires=60&X-Goog-Date=20261231T235930Z", "2027-01-01T00:00:30Z"],
  // CloudFront: seconds since 1970.
  ["Expires=1768478400&Signature=x", "2026-01-15T12:00:00Z"],
  // Azure.
  ["se=2026-01-15T12%3A00%3A00Z&sig=x", "2026-01-15T12:00:00Z"],
  ["X-Amz-Date=x&X-Amz-Expires=1200&Expires=1768478400", "2026-01-15T12:00:00Z"],
])("the signature in ?%s expires at %s", (query, expected) => {
  const expiry = signatureExpiry(new URL(`https://cdn.example/x?${query}`));
  expect(expiry).toBe(Date.parse(expected));
});

test.each([
  "",
  "sig=x",
  "X-Amz-Date=20260115T120000Z",
  "X-Amz-Expires=1200",
  "X-Amz-Date=20260115T120000Z&X-Goog-Expires=1200",
  "X-Amz-Date=soon&X-Amz-Expires=1200",
  "X-Amz-Date=20260115T120000Z&X-Amz-Expires=-1",
  "Expires=",
  "Expires=soon",
  "Expires=1e9",
  "Expires=999999999999",
  "se=soon",
])("the signature in ?%s does not say when it expires", (query) => {
  expect(signatureExpiry(new URL(`https://cdn.example/x?${query}`))).toBeNull();
});
