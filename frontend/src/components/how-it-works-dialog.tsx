import { Dialog, DialogDismiss, DialogHeading } from "@ariakit/react";
import { useSyncExternalStore } from "react";
import { type Call, recentCalls } from "../api/calls";
import { resourcesOf } from "./resources";

export default function HowItWorksDialog({ close }: { close: () => void }) {
  const calls = useSyncExternalStore(recentCalls.subscribe, recentCalls.get);
  return (
    <Dialog open onClose={close} className="dialog" backdrop={<div className="backdrop" />}>
      <div className="spread">
        <DialogHeading>How this page works</DialogHeading>
        <DialogDismiss className="button quiet">Close</DialogDismiss>
      </div>
      <p className="soft">The latest requests of this tab, and what each went through, newest first.</p>
      {calls.length === 0 ? <p>No request yet: this page needs none.</p> : <Calls calls={calls} />}
    </Dialog>
  );
}

function Calls({ calls }: { calls: readonly Call[] }) {
  return (
    <ul className="stack">
      {calls.slice(0, 12).map((call) => (
        <li key={call.id} className="stack call">
          <div className="spread">
            <code>
              {call.method} {call.path}
            </code>
            <span className={`badge ${call.status >= 400 || call.status === 0 ? "bad" : "good"}`}>
              {call.status || "no answer"} · {call.milliseconds} ms
            </span>
          </div>
          <ol className="path">
            {resourcesOf(call).map((resource) => (
              <li key={resource}>{resource}</li>
            ))}
          </ol>
        </li>
      ))}
    </ul>
  );
}
