import { describe, expect, it } from "vitest";
import { abbreviationOf } from "../../features/text";
import { emptyForm, localTime, matchOf, readTime, type Typed } from "./form";
import { LINEUP_BOUND, readLineup, writeLineup } from "./lineup";

describe("a pasted line-up", () => {
  it("is read with numbers before and after names, and with substitutes", () => {
    const text = "1 Ann Abbot\n#9. Bea  Barlow\n Cleo O'Neil, 10 \nDot\n\n12) Éva Ö (12)\n";
    expect(
      readLineup(text, "red").map(({ id, name, number, starter }) => [id, name, number, starter]),
    ).toEqual([
      ["red-ann-abbot", "Ann Abbot", 1, true],
      ["red-bea-barlow", "Bea Barlow", 9, true],
      ["red-cleo-o-neil", "Cleo O'Neil", 10, true],
      ["red-dot", "Dot", undefined, true],
      ["red-eva-o-12", "Éva Ö (12)", 12, false],
    ]);
    expect(readLineup("Ann\nBea", "red").every((one) => !("starter" in one))).toBe(true);
  });

  it("keeps the ids of those who were in it, and gives namesakes two", () => {
    const before = [{ id: "feed-77", name: "Ann Abbot", number: 3 }];
    expect(readLineup("4 Ann Abbot\n5 Ann Abbot\n6 東京", "red", before).map(({ id }) => id)).toEqual([
      "feed-77",
      "red-ann-abbot",
      "red-%E6%9D%B1%E4%BA%AC",
    ]);
    expect(readLineup("Al\nAl\nAl", "r").map(({ id }) => id)).toEqual(["r-al", "r-al-2", "r-al-3"]);
  });

  it("is written so that it reads the same, and has a bound", () => {
    const text = "1 Ann Abbot\n9 Bea Barlow\n\n12 Cleo Cotter";
    expect(writeLineup(readLineup(text, "red"))).toBe(text);
    expect(readLineup("A\n".repeat(100), "red").length).toBe(LINEUP_BOUND);
  });
});

describe("a new match", () => {
  const typed = (more: Partial<Typed>): Typed => ({
    ...emptyForm(0),
    names: ["FC Vale", "São Paulo"],
    ...more,
  });

  it("has ids, short names and the sport's own settings", () => {
    const match = matchOf(typed({ competition: " Cup 7 ", venue: " Park " }), 5);
    expect(match).toMatchObject({
      sport: "football",
      competition: { id: "cup-7", name: "Cup 7" },
      venue: "Park",
      config: { halfMinutes: 45, extraMinutes: 15 },
    });
    expect(match.competitors.map(({ id, abbreviation }) => [id, abbreviation])).toEqual([
      ["fc-vale", "VAL"],
      ["sao-paulo", "SAO"],
    ]);
    expect(matchOf(typed({ names: ["Reds", "Reds"] }), 5).competitors.map(({ id }) => id)).toEqual([
      "reds",
      "reds-2",
    ]);
    expect(matchOf(typed({ names: ["東京", "大阪"] }), 5).competitors.map(({ id }) => id)).toEqual([
      "side-1",
      "side-2",
    ]);
  });

  it("has only what its sport's rules know", () => {
    const config = (more: Partial<Typed>) => matchOf(typed(more), 5).config;
    expect(config({ sport: "cricket" })).toEqual({ overs: 20, ballsPerOver: 6, wickets: 10 });
    expect(config({ sport: "cricket", config: { format: "days" } })).toEqual({
      inningsPerSide: 2,
      ballsPerOver: 6,
      wickets: 10,
    });
    expect(config({ sport: "tennis", config: { advantage: "false" } })).toEqual({
      bestOf: 3,
      gamesPerSet: 6,
      advantage: false,
      finalSet: "tie_break",
    });
    expect(config({ sport: "basketball" })).toEqual({ periods: 4, periodMinutes: 10, overtimeMinutes: 5 });
  });

  it("knows the first leg of a tie in football, where both sides' goals are typed", () => {
    const config = (more: Partial<Typed>) => matchOf(typed(more), 5).config;
    const usual = { halfMinutes: 45, extraMinutes: 15 };
    expect(config({ firstLeg: ["0", "3"] })).toEqual({
      ...usual,
      firstLeg: { "fc-vale": 0, "sao-paulo": 3 },
    });
    expect(config({ firstLeg: ["1", "2"], names: ["Reds", "Reds"] })).toEqual({
      ...usual,
      firstLeg: { reds: 1, "reds-2": 2 },
    });
    for (const firstLeg of [
      ["", ""],
      ["1", ""],
      ["", "1"],
    ] as [string, string][])
      expect(config({ firstLeg })).toEqual(usual);
    expect(config({ sport: "basketball", firstLeg: ["80", "81"] })).not.toHaveProperty("firstLeg");
  });

  it("reads back the moment it shows", () => {
    const at = new Date(2026, 10, 21, 18, 30).getTime();
    expect(localTime(at)).toBe("2026-11-21T18:30");
    expect(readTime("2026-11-21T18:30")).toBe(at);
    expect(readTime("")).toBeNull();
    expect(abbreviationOf("")).toBe("");
  });
});
