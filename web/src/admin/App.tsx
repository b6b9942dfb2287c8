import { Shell } from "../design/Shell";
import { Gate } from "../features/account/Gate";
import { Account } from "../features/account/SignIn";
import { user } from "../net/session";
import { Monitor } from "./Monitor";

export function App() {
  return (
    <Shell product="Admin" account={user.value === null ? null : <Account />}>
      <Gate
        title="Monitor"
        lead="Sign in with an administrator's account."
        roles={["admin"]}
        refusal="Only administrators may see the platform."
      >
        <Monitor />
      </Gate>
    </Shell>
  );
}
