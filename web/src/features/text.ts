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
