import { describe, expect, test } from "vitest";
import { parseArguments } from "../../../tools/doctor/arguments.ts";

test("an address alone examines it with a small image that Docker Hub has had for years", () => {
  const parsed = parseArguments(["https://mirror.example.com"], {});

  expect(parsed?.isJson).toBe(false);
  expect(parsed?.question).toMatchObject({
    target: { secret: null, shown: "https://mirror.example.com" },
    image: { name: "library/busybox", reference: "1.30" },
    user: null,
    privateImage: null,
  });
});

test("everything can be said", () => {
  const parsed = parseArguments(
    [
      "--json",
      "--user",
      "bob:to:ken",
      "--image",
      "grafana/grafana:8",
      "--private",
      "me/mine",
      "m.example",
    ],
    {},
  );

  expect(parsed).toMatchObject({
    isJson: true,
    question: {
      target: { shown: "https://m.example" },
      image: { name: "grafana/grafana", reference: "8" },
      user: { name: "bob", token: "to:ken" },
      privateImage: { name: "me/mine", reference: "latest" },
    },
  });
});

test("what should not stand in the history may stand in the environment; an argument is stronger", () => {
  const environment = {
    MIRROR_URL: "https://a.example/0123456789abcdef",
    MIRROR_USER: "bob:token",
  };

  const silent = parseArguments([], environment)?.question;
  expect(silent?.target.secret).toBe("0123456789abcdef");
  expect(silent?.user).toEqual({ name: "bob", token: "token" });

  const said = parseArguments(["https://b.example", "--user", "eve:other"], environment)?.question;
  expect(said?.target.shown).toBe("https://b.example");
  expect(said?.user?.name).toBe("eve");
});

describe("wrong usage is", () => {
  test.each([
    [[]],
    [["https://a.example", "https://b.example"]],
    [["ftp://a.example"]],
    [["https://a.example", "--user", "bob"]],
    [["https://a.example", "--user", ":token"]],
    [["https://a.example", "--image", "Capital"]],
    [["https://a.example", "--private", "a b"]],
    [["https://a.example", "--unknown"]],
  ])("%j", (args) => {
    expect(parseArguments(args, {})).toBeNull();
  });
});
