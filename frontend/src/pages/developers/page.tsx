import { useMutation } from "@tanstack/react-query";
import { Check, Copy, KeyRound } from "lucide-react";
import { type SubmitEvent, useState } from "react";
import { bodyOf } from "../../api/client";
import { useApi } from "../../api/context";
import type { components } from "../../api/contracts/orders";
import { Failure } from "../../components/feedback";
import { TextArea, TextField } from "../../components/form";
import { useMember } from "../../session/context";
import { SignedIn } from "../account/signed-in-only";
import { type KeyPair, makeKeyPair } from "./key-pair";

type Registration = components["schemas"]["Registration"];
type Partner = components["schemas"]["Partner"];

const PUBLIC_KEY = /^[A-Za-z0-9+/]{43}=$/;

export function DevelopersPage() {
  return (
    <SignedIn why="An application orders for an account: sign in to the one that it is for.">
      <div className="page reading">
        <div className="page-head">
          <div>
            <h1>For developers</h1>
            <p>
              Let an application order for your account. It signs its requests with a key that only it has;
              here you register the other half.
            </p>
          </div>
        </div>
        <Portal />
      </div>
    </SignedIn>
  );
}

function Portal() {
  const api = useApi();
  const [pair, setPair] = useState<KeyPair | null>(null);
  const {
    mutate,
    data: partner,
    error,
    isPending,
  } = useMutation({
    mutationFn: async (registration: Registration) =>
      bodyOf(await api.orders.PUT("/partner", { body: registration })),
  });
  if (partner) return <Registered partner={partner} pair={pair} />;
  return (
    <>
      <RegistrationForm pair={pair} makePair={setPair} register={mutate} busy={isPending} />
      {error && <Failure error={error} />}
    </>
  );
}

interface FormProps {
  pair: KeyPair | null;
  makePair: (pair: KeyPair) => void;
  register: (registration: Registration) => void;
  busy: boolean;
}

function RegistrationForm({ pair, makePair, register, busy }: FormProps) {
  const member = useMember();
  const [application, setApplication] = useState("");
  const [purpose, setPurpose] = useState("");
  const [contact, setContact] = useState(member?.email ?? "");
  const [keys, setKeys] = useState<readonly [string, string]>(["", ""]);
  const [tried, setTried] = useState(false);
  const [cannot, setCannot] = useState(false);
  const [first, second] = keys;
  const wrong = {
    application: application.trim() ? undefined : "What is it called?",
    purpose: purpose.trim() ? undefined : "What does it order for?",
    contact: /^[^@\s]{1,64}@[^@\s]{1,185}$/.test(contact.trim()) ? undefined : "An e-mail address.",
    first: PUBLIC_KEY.test(first.trim()) ? undefined : "An Ed25519 public key: 32 bytes in base64.",
    second: !second.trim() || PUBLIC_KEY.test(second.trim()) ? undefined : "32 bytes in base64, or nothing.",
  };
  const said = (field: keyof typeof wrong) => (tried ? wrong[field] : undefined);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.values(wrong).some(Boolean)) return;
    register({
      application: application.trim(),
      purpose: purpose.trim(),
      contact: contact.trim(),
      signing_keys: keys.map((key) => key.trim()).filter(Boolean),
    });
  };
  const make = () => {
    makeKeyPair()
      .then((made) => {
        makePair(made);
        setKeys([made.publicKey, second]);
      })
      .catch(() => setCannot(true));
  };
  return (
    <form className="card stack" onSubmit={submit} noValidate>
      <TextField
        label="Application"
        value={application}
        maxLength={64}
        onChange={(event) => setApplication(event.target.value)}
        wrong={said("application")}
      />
      <TextArea
        label="Purpose"
        rows={2}
        value={purpose}
        maxLength={500}
        onChange={(event) => setPurpose(event.target.value)}
        wrong={said("purpose")}
      />
      <TextField
        label="Contact"
        type="email"
        autoComplete="email"
        value={contact}
        onChange={(event) => setContact(event.target.value)}
        hint="Whom to turn to when something is wrong. It is sealed before it is stored."
        wrong={said("contact")}
      />
      <TextField
        label="Public key"
        value={first}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => setKeys([event.target.value, second])}
        hint="Of a pair that you made, or make one here: the secret half does not leave this page."
        wrong={said("first")}
      />
      <div className="row">
        <button type="button" className="button" onClick={make}>
          <KeyRound size={18} aria-hidden /> Make a pair of keys here
        </button>
        {pair && <span className="small soft">Made. The secret half is shown once you have registered.</span>}
        {cannot && (
          <span className="small wrong" role="alert">
            This browser makes no Ed25519 keys: make a pair elsewhere.
          </span>
        )}
      </div>
      <TextField
        label="Another public key"
        value={second}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => setKeys([first, event.target.value])}
        hint="For the time of a change: register both, then the one that stays."
        wrong={said("second")}
      />
      <div>
        <button type="submit" className="button main" disabled={busy}>
          {busy ? "Registering ..." : "Register"}
        </button>
      </div>
    </form>
  );
}

function Registered({ partner, pair }: { partner: Partner; pair: KeyPair | null }) {
  const own = pair && partner.signing_keys.includes(pair.publicKey) ? pair : null;
  return (
    <section className="card stack" aria-label="Registered">
      <h2>{partner.application} may order</h2>
      <dl className="facts">
        <div>
          <dt>Key id of its signatures</dt>
          <dd>
            <code>{partner.partner_id}</code>
          </dd>
        </div>
        <div>
          <dt>Plan</dt>
          <dd>{partner.plan}</dd>
        </div>
        <div>
          <dt>Keys</dt>
          <dd>{partner.signing_keys.length}</dd>
        </div>
      </dl>
      {own && (
        <div className="notice warn">
          <strong>The secret key, now and never again</strong>
          <p>
            Nobody but you has it. Put it where your application keeps its secrets, before you leave this
            page.
          </p>
          <code className="secret">{own.secretKey}</code>
          <CopyButton text={own.secretKey} />
        </div>
      )}
      <p className="soft">
        How a request is signed, and a client to begin with: <code>docs/services/partners.md</code>.
        Registering again changes what is registered.
      </p>
    </section>
  );
}

function CopyButton({ text }: { text: string }) {
  const [done, setDone] = useState(false);
  const copy = () => {
    void navigator.clipboard.writeText(text).then(() => setDone(true));
  };
  return (
    <button type="button" className="button" onClick={copy}>
      {done ? <Check size={18} aria-hidden /> : <Copy size={18} aria-hidden />} {done ? "Copied" : "Copy"}
    </button>
  );
}
