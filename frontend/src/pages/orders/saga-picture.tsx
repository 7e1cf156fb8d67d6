import { Check, type LucideIcon, Undo2, X } from "lucide-react";
import { asTime } from "../../components/format";
import type { Stop } from "./saga";

const ICONS: Partial<Record<Stop["state"], LucideIcon>> = {
  done: Check,
  failed: X,
  undoing: Undo2,
  undone: Undo2,
};
const SPOKEN: Record<Stop["state"], string> = {
  ahead: "not reached",
  now: "under way",
  done: "done",
  failed: "failed",
  undoing: "being undone",
  undone: "undone",
};

/** The order's way as a row of stops; a column on a narrow screen. */
export function SagaPicture({ stops }: { stops: readonly Stop[] }) {
  return (
    <ol className="saga-track" aria-label="The way of the order">
      {stops.map(({ name, state, at, doneAt, note }) => {
        const Icon = ICONS[state];
        return (
          <li key={name} className={`saga-step ${state}`} aria-current={state === "now" ? "step" : undefined}>
            <span className="saga-dot">{Icon && <Icon aria-hidden strokeWidth={3} />}</span>
            <strong>
              {name}
              <span className="visually-hidden">, {SPOKEN[state]}</span>
            </strong>
            {doneAt && (
              <span className="was note">
                done <time dateTime={doneAt}>{asTime(doneAt)}</time>
              </span>
            )}
            {note && <span className="note">{note}</span>}
            {at && <time dateTime={at}>{asTime(at)}</time>}
          </li>
        );
      })}
    </ol>
  );
}
