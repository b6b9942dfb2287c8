/** `29 Nov, 07:15:03`: a moment of the audit log or of a message, in the reader's own zone. */
export const WHEN = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
