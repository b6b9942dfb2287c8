import { useEffect } from "preact/hooks";
import { LocationProvider, Route, Router, useLocation } from "preact-iso";
import { lazily } from "../design/lazily";
import { NavLink, Shell } from "../design/Shell";
import { Account, SignInDialog } from "../features/account/SignIn";
import { Channel } from "./Channel";
import { Home } from "./Home";
import { MatchPage } from "./MatchPage";
import { NotFound } from "./NotFound";
import { PlayerBar } from "./PlayerBar";

/** The listener's own routes; every other address belongs to the server. */
const SCOPE = /^\/(?:$|[?#]|[cm]\/|matches(?:$|[?#]))/;

const Matches = lazily(() => import("./Matches").then((page) => page.Matches));

export function App() {
  return (
    <LocationProvider scope={SCOPE}>
      <Shell nav={<Navigation />} account={<Account />} dock={<PlayerBar />}>
        <ScrollUp />
        <Router>
          <Route path="/" component={Home} />
          <Route path="/matches" component={Matches} />
          <Route path="/c/:slug" component={Channel} />
          <Route path="/m/:matchId" component={MatchPage} />
          <Route default component={Nowhere} />
        </Router>
      </Shell>
      <SignInDialog />
    </LocationProvider>
  );
}

function Navigation() {
  const { path } = useLocation();
  return (
    <nav aria-label="Pages">
      <NavLink href="/" text="Live radio" present={path === "/"} />
      <NavLink href="/matches" text="Matches" present={path === "/matches"} />
    </nav>
  );
}

/** A new page begins at its top. */
function ScrollUp() {
  const { path } = useLocation();
  useEffect(() => scrollTo(0, 0), [path]);
  return null;
}

function Nowhere() {
  return <NotFound />;
}
