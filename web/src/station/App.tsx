import { LocationProvider, Route, Router, useLocation } from "preact-iso";
import { Empty } from "../design/Empty";
import { Shell } from "../design/Shell";
import { Gate } from "../features/account/Gate";
import { Account, SignInDialog } from "../features/account/SignIn";
import { user } from "../net/session";
import styles from "./App.module.css";
import { MatchesPage } from "./matches/MatchesPage";
import { Station } from "./Station";
import { Scorer } from "./scoring/Scorer";
import { useTitle } from "./title";

/** The station's own routes; every other address belongs to the server. */
const SCOPE = /^\/station(?:$|[/?#])/;

export function App() {
  return (
    <LocationProvider scope={SCOPE}>
      <Shell
        product="Station"
        nav={
          user.value === null ? null : (
            <div class={styles.above}>
              <Nav />
            </div>
          )
        }
        account={user.value === null ? null : <Account />}
      >
        <Gate
          title="Your station"
          lead="Sign in with a station owner's account to go live."
          roles={["owner", "admin"]}
          refusal="Only station owners can broadcast."
        >
          <div class={styles.below}>
            <Nav />
          </div>
          <Router>
            <Route path="/station" component={Station} />
            <Route path="/station/matches" component={MatchesPage} />
            <Route path="/station/matches/:matchId" component={Scorer} />
            <Route default component={NotFound} />
          </Router>
        </Gate>
      </Shell>
      <SignInDialog />
    </LocationProvider>
  );
}

function Nav() {
  const { path } = useLocation();
  const matches = path.startsWith("/station/matches");
  return (
    <nav class={styles.nav} aria-label="Station">
      <a href="/station" aria-current={matches ? undefined : "page"}>
        Studio
      </a>
      <a href="/station/matches" aria-current={matches ? "page" : undefined}>
        Matches
      </a>
    </nav>
  );
}

function NotFound() {
  useTitle("Page not found");
  return (
    <Empty icon="radio" title="Page not found" heading>
      <p>This page does not exist, or no longer does.</p>
      <a href="/station">Your station</a>
    </Empty>
  );
}
