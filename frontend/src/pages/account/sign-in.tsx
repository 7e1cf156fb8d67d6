import { useEffect, useRef, useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { Problem } from "../../api/problem";
import { Failure, Skeletons } from "../../components/feedback";
import { useSession } from "../../session/context";

/** Goes to the managed login at once. */
export function SignInPage() {
  const session = useSession();
  const [query] = useSearchParams();
  const [error, setError] = useState<unknown>(null);
  const begun = useRef(false);
  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    session.signIn(query.get("next") ?? "/").catch(setError);
  }, [session, query]);
  return (
    <div className="page narrow">
      <h1>Signing in</h1>
      {error ? <Failure error={error} /> : <Skeletons rows={1} />}
    </div>
  );
}

/** Where the managed login comes back to, with a code. */
export function SignedInPage() {
  const session = useSession();
  const navigate = useNavigate();
  const [error, setError] = useState<unknown>(null);
  const begun = useRef(false);
  useEffect(() => {
    if (begun.current) return; // a code can be redeemed once
    begun.current = true;
    session
      .finishSignIn()
      .then((next) => navigate(next, { replace: true }))
      .catch(() =>
        setError(new Problem(400, "This sign-in was begun elsewhere, or it is used up. Please begin again.")),
      );
  }, [session, navigate]);
  return (
    <div className="page narrow">
      <h1>Signing in</h1>
      {error ? (
        <Failure error={error} retry={() => navigate("/sign-in", { replace: true })} />
      ) : (
        <Skeletons rows={1} />
      )}
    </div>
  );
}
