import { describe, expect, it } from "vitest";
import SHORT_NAMES from "../../../tests/support/short_names.json";
import { abbreviationOf, initialsOf, shortened } from "./text";

describe("short names", () => {
  it("are three characters of the telling word, in every script", () => {
    for (const { name, short, initials } of SHORT_NAMES) {
      expect([name, abbreviationOf(name)]).toEqual([name, short]);
      expect([name, abbreviationOf(name, { initials: true })]).toEqual([name, initials]);
    }
    expect(abbreviationOf("الأهلي")).toBe("الأ");
    expect(abbreviationOf("नेपाल")).toBe("नेपाल"); // a syllable is a character of one to five code points
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
