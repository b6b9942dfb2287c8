/** The corner of a pitch whose corner arc goes on the air. */
export function Logo({ size = 26 }: { size?: number }) {
  return (
    <svg
      viewBox="10 6 48 48"
      width={size}
      height={size}
      fill="none"
      stroke-linecap="round"
      aria-hidden="true"
    >
      <path d="M17 13v34h34" stroke="currentColor" stroke-width="5.5" stroke-linejoin="round" />
      <path d="M17 34a13 13 0 0 1 13 13M17 22a25 25 0 0 1 25 25" stroke="var(--accent)" stroke-width="5.5" />
    </svg>
  );
}
