import { expect, test } from "vitest";
import { nasGuide } from "../../../src/page/guides/nas.ts";
import { OPEN, QUAY, SECRET, SECRET_PATH } from "../facts-for-test.ts";
import { codesOf, saidBy, texts } from "./guide-for-test.ts";

const BY_NAME = [
  ["compose.yaml", "image: mirror.example.com/nginx"],
  ["Shell", "sudo docker pull mirror.example.com/nginx"],
];

test("a NAS has a place for the mirror's URL, and pulls by name without it", () => {
  expect(codesOf(nasGuide(OPEN, texts))).toEqual([
    ["URL", "https://mirror.example.com"],
    ...BY_NAME,
  ]);
});

test("a URL with a path is not for an old Docker", () => {
  const guide = nasGuide(SECRET_PATH, texts);
  expect(saidBy(guide)[1]).toBe(texts.docker.old);
  expect(codesOf(guide)[0]?.[1]).toBe(`https://mirror.example.com/${SECRET}`);
});

test("images of other registries go by name alone", () => {
  expect(codesOf(nasGuide(QUAY, texts))[0]?.[0]).toBe("compose.yaml");
});
