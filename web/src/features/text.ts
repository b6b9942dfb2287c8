/** Characters as people count them: an emoji of several code points, or a letter with its marks, is one. */
const SEGMENTER = new Intl.Segmenter(undefined, { granularity: "grapheme" });

export function graphemes(text: string): string[] {
  return Array.from(SEGMENTER.segment(text), ({ segment }) => segment);
}

/** At most `length` characters, ended at a word where there is one near, with `…` where something is left out. */
export function shortened(text: string, length: number): string {
  const all = graphemes(text);
  if (all.length <= length) return text;
  const kept = all.slice(0, length - 1).join("");
  const word = kept.search(/\s+\S*$/u);
  return `${(word > kept.length / 2 ? kept.slice(0, word) : kept).trimEnd()}…`;
}

/** What a name is made of: words of letters, digits and marks in any script, or signs of their own as emoji are. */
function wordsOf(name: string): string[] {
  return name.normalize("NFC").match(/[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}'’]|\u200c|\u200d)*/gu) ?? [];
}

/** Two characters at most for a picture: `Radio Nord` is `RN`, `راديو الشمال` is `را`, `📻 Night` is `N`. */
export function initialsOf(name: string): string {
  const words = wordsOf(name);
  if (words.length === 0) return graphemes(name.trim()).slice(0, 1).join("");
  const firsts = words.slice(0, 2).map((word) => graphemes(word)[0] ?? "");
  // Letters that are joined or stand for syllables are not set side by side: one word's beginning says more.
  const joined = /[\p{sc=Arab}\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}\p{sc=Deva}\p{sc=Thai}]/u.test(
    firsts.join(""),
  );
  return joined
    ? graphemes(words[0] ?? "")
        .slice(0, 2)
        .join("")
    : firsts.join("").toLocaleUpperCase();
}

const CLUB = new Set(["fc", "afc", "sc", "cf", "ac", "as", "sv", "cd", "fk", "фк", "نادي"]);

/**
 * Three characters for a scoreboard, of any script: `FC Vale` is `VAL`, `Зенит` is `ЗЕН`, `上海海港` is `上海海`.
 * With `initials`, as cricket has them, several words are up to four capitals: `New Zealand` is `NZ`.
 * The server has the same rule for files without short names (`matches/feeds/files.py`).
 */
export function abbreviationOf(name: string, { initials = false } = {}): string {
  const words = wordsOf(name);
  if (initials) {
    const firsts = words.map(initialOf).filter((first) => first !== "");
    if (firsts.length > 1) return firsts.slice(0, 4).join("");
  }
  const telling = words.find((word) => graphemes(word).length > 2 && !CLUB.has(word.toLowerCase()));
  const short = graphemes(telling ?? words.join(""))
    .slice(0, 3)
    .join("");
  return (short === "" ? graphemes(name.trim()).slice(0, 2).join("") : plainLatin(short)).toLocaleUpperCase();
}

/** Its first capital, as `I` of `d'Ivoire`; a script without capitals has its first character. */
function initialOf(word: string): string {
  const all = graphemes(word);
  if (word.toLowerCase() === word.toUpperCase()) return all[0] ?? "";
  return plainLatin(all.find((one) => one !== one.toLowerCase()) ?? "");
}

/** Latin letters without their marks, as scoreboards have them; other scripts keep theirs, which change the letter. */
function plainLatin(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/(?<=\p{sc=Latn})\p{M}+/gu, "")
    .normalize("NFC");
}
