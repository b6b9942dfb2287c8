import type { Series } from "../state/overview";
import styles from "./Sparkline.module.css";

const WIDTH = 240;
const HEIGHT = 48;
/** How high the peak stands. */
const FILL = 0.7;

/** A figure over time, from zero to a little above its peak, so that a steady one is a line and no slab; `label` says it to those who do not see it. */
export function Sparkline({ series, label }: { series: Series; label: string }) {
  const first = series[0];
  const last = series.at(-1);
  const peak = Math.max(1, ...series.map((point) => point.value));
  const span = first === undefined || last === undefined ? 1 : Math.max(1, last.at - first.at);
  const points = series.map((point) => {
    const x = ((point.at - (first?.at ?? 0)) / span) * WIDTH;
    return `${x.toFixed(1)},${(HEIGHT - 3 - (point.value / peak) * (HEIGHT - 3) * FILL).toFixed(1)}`;
  });
  if (points.length === 1) points.push(`${WIDTH},${points[0]?.split(",")[1]}`);
  return (
    <svg
      class={styles.sparkline}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${label}: now ${last?.value ?? 0}, at most ${Math.max(0, ...series.map((p) => p.value))}`}
    >
      {points.length > 1 && (
        <>
          <polygon points={`0,${HEIGHT} ${points.join(" ")} ${WIDTH},${HEIGHT}`} />
          <polyline points={points.join(" ")} vector-effect="non-scaling-stroke" />
        </>
      )}
    </svg>
  );
}
