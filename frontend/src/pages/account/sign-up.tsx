import { type SubmitEvent, useState } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";
import { TextField } from "../../components/form";
import { type Config, loadConfig } from "../../config";
import { AccountError, confirmSignUp, passwordLacks, sendCodeAgain, signUp } from "../../session/account";

/** Runs an action of a form, and keeps what it was refused for. */
function useAction() {
  const [wrong, setWrong] = useState<AccountError | null>(null);
  const [busy, setBusy] = useState(false);
  const run = async (action: (config: Config) => Promise<void>): Promise<boolean> => {
    setBusy(true);
    setWrong(null);
    try {
      await action(await loadConfig());
      return true;
    } catch (error) {
      const known = error instanceof AccountError;
      setWrong(known ? error : new AccountError("", "The service cannot be reached. Please try again."));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { run, wrong, busy };
}

export function SignUpPage() {
  const navigate = useNavigate();
  const { run, wrong, busy } = useAction();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const lacks = passwordLacks(password);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (await run((config) => signUp(config, email, password))) {
      void navigate(`/confirm?email=${encodeURIComponent(email)}`);
    }
  };
  const ofPassword = wrong?.kind === "InvalidPasswordException";
  return (
    <div className="page narrow">
      <h1>Make an account</h1>
      <form className="card stack" onSubmit={submit}>
        <TextField
          label="E-mail address"
          type="email"
          autoComplete="username"
          required
          value={email}
          onChange={(event) => setEmail(event.target.value)}
          wrong={wrong && !ofPassword ? wrong.message : undefined}
        />
        <TextField
          label="Password"
          type="password"
          autoComplete="new-password"
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          hint={lacks.length > 0 ? `It still needs ${lacks.join(", ")}.` : "That will do."}
          wrong={ofPassword ? wrong.message : undefined}
        />
        <button type="submit" className="button main" disabled={busy || lacks.length > 0}>
          {busy ? "One moment ..." : "Make the account"}
        </button>
      </form>
      <p className="soft">
        You have one? <Link to="/sign-in">Sign in</Link>. You have a code? <Link to="/confirm">Enter it</Link>
        .
      </p>
    </div>
  );
}

export function ConfirmPage() {
  const navigate = useNavigate();
  const [query] = useSearchParams();
  const { run, wrong, busy } = useAction();
  const [email, setEmail] = useState(query.get("email") ?? "");
  const [code, setCode] = useState("");
  const [sent, setSent] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (await run((config) => confirmSignUp(config, email, code.trim()))) void navigate("/sign-in");
  };
  const again = async () => setSent(await run((config) => sendCodeAgain(config, email)));
  return (
    <div className="page narrow">
      <h1>Confirm your address</h1>
      <form className="card stack" onSubmit={submit}>
        <TextField
          label="E-mail address"
          type="email"
          autoComplete="username"
          required
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
        <TextField
          label="Code"
          inputMode="numeric"
          autoComplete="one-time-code"
          required
          value={code}
          onChange={(event) => setCode(event.target.value)}
          hint={sent ? "We have sent another." : "We have sent it to this address."}
          wrong={wrong?.message}
        />
        <div className="row">
          <button type="submit" className="button main" disabled={busy}>
            {busy ? "One moment ..." : "Confirm"}
          </button>
          <button
            type="button"
            className="button quiet"
            onClick={() => void again()}
            disabled={busy || !email}
          >
            Send another code
          </button>
        </div>
      </form>
    </div>
  );
}
