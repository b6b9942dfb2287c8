import { Shell } from "../design/Shell";
import { Gate } from "../features/account/Gate";
import { Account, SignInDialog } from "../features/account/SignIn";
import { user } from "../net/session";
import { Station } from "./Station";

export function App() {
  return (
    <>
      <Shell product="Station" account={user.value === null ? null : <Account />}>
        <Gate
          title="Your station"
          lead="Sign in with a station owner's account to go live."
          roles={["owner", "admin"]}
          refusal="Only station owners can broadcast."
        >
          <Station />
        </Gate>
      </Shell>
      <SignInDialog />
    </>
  );
}
