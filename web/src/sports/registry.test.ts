import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SPORTS } from ".";

const SOURCE = join(import.meta.dirname, "..");

/** The beginning of an import, static or not. */
const IMPORT = '(?:from |import |import\\()"';

/** The web's own source files by path, tests and what is generated left out. */
const FILES = new Map(
  readdirSync(SOURCE, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => /\.(tsx?|css)$/.test(path) && !/\.(test|testing)\.ts$/.test(path))
    .filter((path) => path !== "contracts/generated.ts")
    .map((path) => [path, readFileSync(join(SOURCE, path), "utf8")]),
);

/** The sports of the server, as the generated contract has them. */
function contracted(): string[] {
  const contract = readFileSync(join(SOURCE, "contracts/generated.ts"), "utf8");
  const match = /export interface Match \{[^}]*?\bsport: ([^;]+);/.exec(contract)?.[1] ?? "";
  return [...match.matchAll(/"([a-z_]+)"/g)].map(([, name]) => name ?? "");
}

describe("the registry of sports", () => {
  it("has each sport of the contract, and no other", () => {
    expect(contracted().length).toBeGreaterThan(3);
    expect(Object.keys(SPORTS).sort()).toEqual(contracted().sort());
  });

  it("gives each sport its own name and picture", () => {
    const all = Object.values(SPORTS);
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    expect(new Set(all.map(({ icon }) => JSON.stringify(icon.props))).size).toBe(all.length);
  });

  it("offers a choice for each setting of a new match", () => {
    for (const { form } of Object.values(SPORTS))
      for (const { name, values } of form.settings) expect(values.length, name).toBeGreaterThan(0);
  });
});

describe("what is outside the folder of sports", () => {
  /** Which sports a provider has is a fact of the provider. */
  const OF_PROVIDERS = "admin/feeds.ts";

  it("names no sport: it asks the registry", () => {
    const literal = new RegExp(
      `["'\`](?:${contracted().join("|")})["'\`]|\\bSPORTS\\.(?:${contracted().join("|")})\\b`,
    );
    const naming = [...FILES]
      .filter(([path, text]) => !path.startsWith("sports/") && path !== OF_PROVIDERS && literal.test(text))
      .map(([path]) => path);
    expect(naming).toEqual([]);
  });

  it("takes what one sport has from no sport's folder", () => {
    const inside = new RegExp(`${IMPORT}[^"]*sports/(?:${contracted().join("|")})`);
    const taking = [...FILES].filter(([path, text]) => !path.startsWith("sports/") && inside.test(text));
    expect(taking.map(([path]) => path)).toEqual([]);
  });
});

it("keeps sports below the pages: they import none of them, and no other sport", () => {
  const above = new RegExp(`${IMPORT}[^"]*/(?:features|listener|station|admin)/`);
  const wrong = [...FILES]
    .filter(([path]) => path.startsWith("sports/"))
    .filter(([path, text]) => {
      const [, folder = ""] = path.split("/");
      const others = contracted().filter((sport) => sport !== folder);
      const sideways = new RegExp(`${IMPORT}[./]*/(?:${others.join("|")})["/]`);
      return above.test(text) || (contracted().includes(folder) && sideways.test(text));
    });
  expect(wrong.map(([path]) => path)).toEqual([]);
});
