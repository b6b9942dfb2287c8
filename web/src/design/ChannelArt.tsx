import { useState } from "preact/hooks";
import styles from "./ChannelArt.module.css";

const HUES = ["#123d33", "#1c2f4f", "#43202c", "#3a2f14", "#2b2350", "#123a47"] as const;
const PITCHES = [
  "M50-5v110M50 50m-22 0a22 22 0 1 0 44 0a22 22 0 1 0-44 0",
  "M-5 86H105M20 105V62h60v43M36 105V84h28v21M38 62a14 14 0 0 1 24 0",
  "M14-5v91h91M14 60a26 26 0 0 1 26 26M14 36a50 50 0 0 1 50 50",
  "M50 50m-40 0a40 52 0 1 0 80 0a40 52 0 1 0-80 0M44 30h12v40H44Z",
] as const;

function hash(text: string): number {
  let value = 7;
  for (const character of text) value = (value * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return value;
}

/** A channel's picture, or the part of a pitch that its name always gets. */
export function ChannelArt({ seed, name, url }: { seed: string; name: string; url?: string | undefined }) {
  const [broken, setBroken] = useState<string | null>(null);
  if (url !== undefined && url !== "" && url !== broken)
    return <img class={styles.art} src={url} alt="" loading="lazy" onError={() => setBroken(url)} />;
  const value = hash(seed);
  const initials = name
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => [...word][0] ?? "")
    .join("");
  return (
    <svg class={styles.art} viewBox="0 0 100 100" aria-hidden="true" preserveAspectRatio="xMidYMid slice">
      <rect width="100" height="100" fill={HUES[value % HUES.length]} />
      <path
        d={PITCHES[(value >>> 5) % PITCHES.length]}
        fill="none"
        stroke="#fff"
        stroke-opacity="0.28"
        stroke-width="2"
      />
      <text x="9" y="91" fill="#fff" font-size="30" font-weight="800" letter-spacing="-1.5">
        {initials.toUpperCase()}
      </text>
    </svg>
  );
}
