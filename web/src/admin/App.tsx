import { useEffect } from "preact/hooks";
import { LocationProvider, Route, Router, useLocation } from "preact-iso";
import { Shell } from "../design/Shell";
import { Gate } from "../features/account/Gate";
import { Account } from "../features/account/SignIn";
import { user } from "../net/session";
import { Alerts } from "./Alerts";
import { AuditLog } from "./AuditLog";
import { FeedDetail } from "./FeedDetail";
import { Feeds } from "./Feeds";
import { Monitor } from "./Monitor";
import { Nav, Nowhere } from "./Nav";
import { usePlatform } from "./platform";

/** The admin's own routes; every other address belongs to another app. */
const SCOPE = /^\/admin(?:$|[/?#])/;

export function App() {
  const admin = user.value?.role === "admin";
  return (
    <LocationProvider scope={SCOPE}>
      <Shell product="Admin" nav={admin ? <Nav /> : null} account={user.value === null ? null : <Account />}>
        <Gate
          title="Platform"
          lead="Sign in with an administrator's account."
          roles={["admin"]}
          refusal="Only administrators may see the platform."
        >
          <Pages />
        </Gate>
      </Shell>
    </LocationProvider>
  );
}

function Pages() {
  const { path } = useLocation();
  usePlatform();
  // A new page begins at its top.
  useEffect(() => scrollTo(0, 0), [path]);
  return (
    <Router>
      <Route path="/admin" component={Monitor} />
      <Route path="/admin/feeds" component={Feeds} />
      <Route path="/admin/feeds/:feedId" component={FeedDetail} />
      <Route path="/admin/alerts" component={Alerts} />
      <Route path="/admin/audit" component={AuditLog} />
      <Route default component={Nowhere} />
    </Router>
  );
}
