/** What each error means to the person who meets it, where the server's own sentence cannot be shown. */
const SENTENCES: Record<string, string> = {
  invalid_payload: "Something that was entered cannot be taken. Check it and try again.",
  unauthorized: "Sign in to do this.",
  token_expired: "Your sign-in has run out. Sign in again.",
  session_replaced: "You signed in on another device. Sign in again to go on here.",
  forbidden: "Your account may not do this.",
  not_found: "This is not there any more.",
  unknown_event: "The server does not know this. Load the page again.",
  conflict: "Something has changed meanwhile. Look again, and try once more.",
  rate_limited: "That was too often. Wait a moment and try again.",
  unavailable: "The server does not answer now. Try again in a moment.",
  internal: "Something went wrong on the server. Try again.",
};

/** Names of events, fields, codes and types: what programs call things, and no person does. */
const INTERNAL = /\b[a-z]+:[a-z]+(?:-[a-z]+)*\b|\$[.[]|`|\b[a-z]+_[a-z_]+\b|\b[A-Za-z]+(?:Error|Exception)\b/;

/** A server's message as a page shows it: the message, or the sentence for its code where it is not for people. */
export function readable(code: string, message: string | undefined): string {
  if (message !== undefined && message.trim() !== "" && !INTERNAL.test(message)) return asSentence(message);
  return SENTENCES[code] ?? "Something went wrong. Try again.";
}

/** A text that somebody entered, ended as a sentence ends. */
export function asSentence(text: string): string {
  const said = text.trim();
  return said === "" || /[.!?…。！？؟।։][)\]"'”’»」』]*$/u.test(said) ? said : `${said}.`;
}
