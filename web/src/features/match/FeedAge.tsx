import type { Match } from "../../contracts/generated";
import { Icon } from "../../design/Icon";
import { serverNow } from "../../net/clock";
import { ageText, useNow } from "../duration";
import { feedNews, timeText } from "./format";
import styles from "./Scoreboard.module.css";

/** Where the score comes from and how old it is; nothing for a match that has no feed. */
export function FeedAge({ match }: { match: Match }) {
  const news = feedNews(match, serverNow());
  if (news === null) return null;
  switch (news.state) {
    case "from":
      return <span>Scores from {news.provider}</span>;
    case "silent":
      return (
        <span class={styles.silent} role="status">
          <Icon name="alert" size={14} />
          {news.provider} feed is silent
          {news.since !== null && ` since ${timeText(news.since, serverNow())}`}, the score may be old
        </span>
      );
    case "live":
      return <Ticking match={match} />;
  }
}

function Ticking({ match }: { match: Match }) {
  const news = feedNews(match, useNow());
  if (news?.state !== "live") return null;
  return (
    <span>
      Live from {news.provider} · updated <span class="tabular">{ageText(news.ageS)}</span> ago
    </span>
  );
}
