import { describe, expect, it } from "vitest";
import { abbreviationOf, initialsOf, shortened } from "./text";

describe("short names", () => {
  it("are three characters of the telling word, in every script", () => {
    for (const [name, short] of [
      ["Harbour Athletic", "HAR"],
      ["FC Vale", "VAL"],
      ["São Paulo", "SAO"],
      ["Ümraniyespor", "UMR"],
      ["Зенит Санкт-Петербург", "ЗЕН"],
      ["ФК Краснодар", "КРА"],
      ["Йокерит", "ЙОК"],
      ["上海海港", "上海海"],
      ["浦和レッズ", "浦和レ"],
      ["الأهلي", "الأ"],
      ["नेपाल", "नेपाल"],
      ["🦁🦁", "🦁🦁"],
      ["👨‍👩‍👧 United", "UNI"],
      ["A1", "A1"],
      ["", ""],
    ] as const)
      expect(abbreviationOf(name)).toBe(short);
  });
  it("never end within a character", () => {
    for (const name of ["𝓗𝓪𝓻𝓫𝓸𝓾𝓻", "👩🏽‍🚒👩🏽‍🚒👩🏽‍🚒👩🏽‍🚒", "e\u0301e\u0301e\u0301e\u0301", "🇩🇪🇫🇷🇬🇧🇮🇹"])
      for (const short of [abbreviationOf(name), initialsOf(name), shortened(name, 3)])
        expect(short).not.toMatch(
          /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|\u200d$/,
        );
  });
  it("are initials for a picture", () => {
    for (const [name, initials] of [
      ["Radio Nord", "RN"],
      ["terrace", "T"],
      ["راديو الشمال", "را"],
      ["上海电台", "上海"],
      ["Радио Север", "РС"],
      ["📻 Night", "N"],
      ["👨‍👩‍👧", "👨‍👩‍👧"],
      ["é clair", "ÉC"],
    ] as const)
      expect(initialsOf(name)).toBe(initials);
  });
  it("leave whole words of a text", () => {
    expect(shortened("All home matches, and away days", 20)).toBe("All home matches,…");
    expect(shortened("short", 20)).toBe("short");
  });
});
