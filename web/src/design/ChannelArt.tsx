import { useState } from "preact/hooks";
import { initialsOf } from "../features/text";
import styles from "./ChannelArt.module.css";

const HUES = [
  "#14463a",
  "#1d3557",
  "#5a2333",
  "#4a3a10",
  "#33285f",
  "#12485a",
  "#4d2a16",
  "#2c3440",
] as const;

/** Parts of the grounds: centre circle, penalty area, corner, cricket oval, basketball key. */
const GROUNDS = [
  "M66-5v110M66 34m-30 0a30 30 0 1 0 60 0a30 30 0 1 0-60 0M66 34h.1",
  "M8-5V46H92V-5M29-5V17H71V-5M36 46a17 17 0 0 0 28 0",
  "M-5 12H88V105M88 36a24 24 0 0 1-24-24M88 60a48 48 0 0 1-48-48M88 84a72 72 0 0 1-72-72",
  "M62 30m-62 0a62 50 0 1 0 124 0a62 50 0 1 0-124 0M62 30m-36 0a36 28 0 1 0 72 0a36 28 0 1 0-72 0M62 22v16",
  "M27-5V42H73V-5M50 42m-23 0a23 23 0 0 0 46 0M8-5V14a42 46 0 0 0 84 0V-5",
] as const;

/** FNV-1a with a final mix, so that similar names look different. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193);
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  return (value ^ (value >>> 13)) >>> 0;
}

/** A channel's picture, or the part of a pitch that its name always gets. */
export function ChannelArt({ seed, name, url }: { seed: string; name: string; url?: string | undefined }) {
  const [broken, setBroken] = useState<string | null>(null);
  if (url !== undefined && url !== "" && url !== broken)
    return <img class={styles.art} src={url} alt="" loading="lazy" onError={() => setBroken(url)} />;
  const value = hash(seed);
  return (
    <svg class={styles.art} viewBox="0 0 100 100" aria-hidden="true" preserveAspectRatio="xMidYMid slice">
      <rect width="100" height="100" fill={HUES[value % HUES.length]} />
      <path
        d={GROUNDS[(value >>> 8) % GROUNDS.length]}
        fill="none"
        stroke="#fff"
        stroke-opacity="0.3"
        stroke-width="2.2"
        stroke-linecap="round"
      />
      <text x="8" y="92" fill="#fff" font-size="24" font-weight="800" letter-spacing="-1">
        {initialsOf(name)}
      </text>
    </svg>
  );
}
