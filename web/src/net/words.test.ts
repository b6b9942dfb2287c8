import { describe, expect, it } from "vitest";
import { asSentence, readable } from "./words";

describe("what people read of an error", () => {
  it("is the server's sentence", () => {
    expect(readable("conflict", "The channel is not on air.")).toBe("The channel is not on air.");
    expect(readable("invalid_payload", "Look at https://example.org first")).toBe(
      "Look at https://example.org first.",
    );
  });
  it("never holds an internal name", () => {
    for (const message of [
      "Too many chat:send; wait a moment.",
      "Expected `str` of length <= 500 - at `$.text`",
      "owner_gone",
      "stream:update-metadata failed",
      "TypeError: x is undefined",
      "",
      undefined,
    ])
      expect(readable("rate_limited", message)).toBe("That was too often. Wait a moment and try again.");
    expect(readable("something_new", "a_b")).toBe("Something went wrong. Try again.");
  });
  it("ends as a sentence, once", () => {
    expect(asSentence(" No rights to this match ")).toBe("No rights to this match.");
    for (const said of ["Stop!", "Really?", "Enough.", "「やめて。」", "(see above.)", "بس؟", "…", ""])
      expect(asSentence(said)).toBe(said);
  });
});
