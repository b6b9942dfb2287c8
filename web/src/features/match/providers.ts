import type { CreateFeed } from "../../contracts/generated";

export type Provider = CreateFeed["provider"];

/** What providers of scores are called. */
const NAMES: Record<Provider, string> = {
  espn: "ESPN",
  sportradar: "Sportradar",
  thesportsdb: "TheSportsDB",
  page: "a web page",
};

/** A provider's name for people; that of a newer server as it is. */
export function providerName(provider: string): string {
  return NAMES[provider as Provider] ?? provider;
}
