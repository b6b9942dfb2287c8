/** A part of a message: text, or an address that opens. */
export type Part = string | { href: string; text: string };

/** Ended by spaces, quotes, brackets of markup, and characters that turn or hide what is read (`\p{C}`). */
const ADDRESS = /https?:\/\/[^\s<>"`{}|\\^\p{C}]+/giu;
const TRAILING = /[.,;:!?…'’»”。，、！？]+$/u;
const PAIRS = [
  ["(", ")"],
  ["[", "]"],
] as const;

/** A sentence's own marks behind an address are no part of it; a bracket is if it was opened within. */
function trimmed(address: string): string {
  let kept = address;
  for (;;) {
    const before = kept;
    kept = kept.replace(TRAILING, "");
    for (const [open, close] of PAIRS)
      if (kept.endsWith(close) && kept.split(close).length > kept.split(open).length)
        kept = kept.slice(0, -1);
    if (kept === before) return kept;
  }
}

const SCRIPTS = [/\p{sc=Latn}/u, /\p{sc=Cyrl}/u, /\p{sc=Grek}/u, /\p{sc=Armn}/u, /\p{sc=Cher}/u];

/** Whether a name is written in letters of several alphabets that look alike. */
function isMixed(host: string): boolean {
  return host.split(".").some((label) => SCRIPTS.filter((script) => script.test(label)).length > 1);
}

function linkOf(address: string): Part {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return address;
  }
  // `https://bank.example@evil.example` shows another name than it opens.
  if (url.username !== "" || url.password !== "" || url.hostname === "") return address;
  if (url.protocol !== "http:" && url.protocol !== "https:") return address;
  const host = /^https?:\/\/([^/?#:]*)/iu.exec(address)?.[1] ?? "";
  // The name as the network has it (Punycode) where letters of several alphabets are mixed, or none of them is plain.
  return { href: url.href, text: isMixed(host) ? address.replace(host, url.hostname) : address };
}

/** A message as text and links; only whole http and https addresses open. */
export function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const found of text.matchAll(ADDRESS)) {
    const address = trimmed(found[0]);
    const link = linkOf(address);
    if (typeof link === "string") continue;
    if (found.index > end) parts.push(text.slice(end, found.index));
    parts.push(link);
    end = found.index + address.length;
  }
  if (end < text.length) parts.push(text.slice(end));
  return parts;
}
