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

test("every NAS that has such a place is told what to put there", () => {
  const { synology, other } = texts.nas;
  expect(saidBy(nasGuide(OPEN, texts)).slice(0, 2)).toEqual([synology, other]);
});

test("a URL with a path is not for the Docker of a NAS, which may be too old to start with it", () => {
  expect(codesOf(nasGuide(SECRET_PATH, texts))).toEqual([
    ["compose.yaml", `image: mirror.example.com/${SECRET}/nginx`],
    ["Shell", `sudo docker pull mirror.example.com/${SECRET}/nginx`],
  ]);
});

test("images of other registries go by name alone", () => {
  expect(codesOf(nasGuide(QUAY, texts))[0]?.[0]).toBe("compose.yaml");
});
