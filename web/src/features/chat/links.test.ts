import { describe, expect, it } from "vitest";
import { partsOf } from "./links";

const links = (text: string) =>
  partsOf(text)
    .filter((part) => typeof part !== "string")
    .map(({ href }) => href);
const shown = (text: string) => partsOf(text).map((part) => (typeof part === "string" ? part : part.text));

describe("links in the chat", () => {
  it("are whole http and https addresses, without the sentence's marks", () => {
    expect(partsOf("See https://example.org/a?b=c#d, it is good.")).toEqual([
      "See ",
      { href: "https://example.org/a?b=c#d", text: "https://example.org/a?b=c#d" },
      ", it is good.",
    ]);
    expect(links("(https://en.wikipedia.org/wiki/Offside_(football))")).toEqual([
      "https://en.wikipedia.org/wiki/Offside_(football)",
    ]);
    expect(links("HTTPS://EXAMPLE.ORG! http://a.example...")).toEqual([
      "https://example.org/",
      "http://a.example/",
    ]);
    expect(links("https://例え.jp/道。")).toEqual(["https://xn--r8jz45g.jp/%E9%81%93"]);
  });
  it("are nothing else", () => {
    for (const text of [
      "javascript:alert(1)",
      "data:text/html,x",
      "ftp://example.org",
      "https://",
      "https://bank.example@evil.example/",
      "https://user:secret@evil.example/",
      "4:3 at half-time",
      "example.org",
    ])
      expect(links(text)).toEqual([]);
  });
  it("show where they lead", () => {
    // A Cyrillic letter among Latin ones.
    expect(shown("https://p\u0430ypal.com/x")).toEqual(["https://xn--pypal-4ve.com/x"]);
    // A mark that turns the direction ends the address.
    expect(links("https://example.org/\u202egpj.exe")).toEqual(["https://example.org/"]);
    expect(shown("https://пример.рф/")).toEqual(["https://пример.рф/"]);
  });
  it("leave the text as it was", () => {
    for (const text of ["", "no link", "a https://x.example b https://y.example", "<b>https://x.example</b>"])
      expect(shown(text).join("")).toBe(text);
  });
});
