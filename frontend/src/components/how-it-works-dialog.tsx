import { Dialog, DialogDismiss, DialogHeading } from "@ariakit/react";
import { useState, useSyncExternalStore } from "react";
import { useLocation } from "react-router";
import { type Call, recentCalls } from "../api/calls";
import { Picture } from "./architecture/picture";
import { litBy, type Scenario, scenarioOf, throughOf } from "./architecture/scenario";

const SHOWN = 12;

export default function HowItWorksDialog({ close }: { close: () => void }) {
  const { pathname } = useLocation();
  const all = useSyncExternalStore(recentCalls.subscribe, recentCalls.get);
  const [only, setOnly] = useState<number | null>(null);
  const scenario = scenarioOf(pathname);
  // What was changed on a page before, of the same scenario, led here: an order that was just placed.
  const calls = all.filter(
    ({ page, method }) => page === pathname || (method !== "GET" && scenarioOf(page) === scenario),
  );
  const chosen = calls.filter(({ id }) => id === only);
  return (
    <Dialog open onClose={close} className="dialog how-dialog" backdrop={<div className="backdrop" />}>
      <div className="spread">
        <DialogHeading>How this page works</DialogHeading>
        <DialogDismiss className="button quiet">Close</DialogDismiss>
      </div>
      <div className="how-columns">
        <figure className="stack">
          <figcaption>
            <strong>{scenario.title}</strong>
            <p className="soft small">{scenario.says}</p>
          </figcaption>
          <Picture scenario={scenario} lit={litBy(chosen.length > 0 ? chosen : calls, scenario)} />
        </figure>
        <section className="stack" aria-label="Requests">
          <p className="soft small">
            {calls.length === 0
              ? "This page has asked no API for anything."
              : "What this page has asked for, newest first. Choose one to see its way alone."}
          </p>
          <ul className="stack calls">
            {calls.slice(0, SHOWN).map((call) => (
              <CallRow
                key={call.id}
                call={call}
                scenario={scenario}
                chosen={only === call.id}
                choose={() => setOnly(only === call.id ? null : call.id)}
              />
            ))}
          </ul>
        </section>
      </div>
    </Dialog>
  );
}

interface RowProps {
  call: Call;
  scenario: Scenario;
  chosen: boolean;
  choose: () => void;
}

function CallRow({ call, scenario, chosen, choose }: RowProps) {
  return (
    <li className="call">
      <button type="button" aria-pressed={chosen} onClick={choose}>
        <span className="spread">
          <code>
            {call.method} {call.path}
          </code>
          <span className={`badge ${call.status >= 400 || call.status === 0 ? "bad" : "good"}`}>
            {call.status || "no answer"} · {call.milliseconds} ms
          </span>
        </span>
        <span className="small soft">
          {throughOf(call, scenario)
            .map(({ label }) => label)
            .join(" → ")}
        </span>
      </button>
    </li>
  );
}
