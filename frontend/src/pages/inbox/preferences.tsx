import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, useId, useState } from "react";
import { bodyOf } from "../../api/client";
import { useApi } from "../../api/context";
import { pause, worthRetrying } from "../../api/problem";
import { Failure, useAnnounce } from "../../components/feedback";
import { isOutdated, tagOf } from "../profile/queries";
import { type Preferences, type PreferencesChange, preferencesQuery } from "./queries";

type Kind = "orders" | "mentions" | "replies";
type Reach = Preferences[Kind];
type QuietHours = NonNullable<Preferences["quiet_hours"]>;

const KINDS: readonly (readonly [Kind, string, string])[] = [
  ["orders", "Orders", "When one is confirmed, or rejected"],
  ["mentions", "Mentions", "When somebody names you"],
  ["replies", "Replies", "When somebody answers a post of yours"],
];
const REACHES: readonly (readonly [Reach, string])[] = [
  ["PUSH", "Push"],
  ["INBOX", "Inbox only"],
  ["NONE", "Off"],
];
const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const ZONES = Intl.supportedValuesOf("timeZone");
const USUAL: QuietHours = { from: "22:00", until: "07:00", time_zone: ZONE };

const changeOf = ({ orders, mentions, replies, quiet_hours }: Preferences): PreferencesChange => ({
  orders,
  mentions,
  replies,
  ...(quiet_hours && { quiet_hours }),
});

/** By kind, how far news reaches; and when devices stay silent. */
export function PreferencesForm({ preferences }: { preferences: Preferences }) {
  const api = useApi();
  const cache = useQueryClient();
  const announce = useAnnounce();
  const [based, setBased] = useState(preferences);
  const [draft, setDraft] = useState(changeOf(preferences));
  const [saved, setSaved] = useState(false);
  const key = preferencesQuery(api).queryKey;
  const { mutate, error, isPending, reset } = useMutation({
    mutationFn: async (version: number) => {
      const params = { header: { "If-Match": tagOf(version) } };
      return bodyOf(await api.mobile.PUT("/notifications/preferences", { params, body: draft }));
    },
    retry: worthRetrying,
    retryDelay: pause,
    onSuccess: (changed) => {
      take(changed);
      setSaved(true);
      announce("It is saved");
    },
    // Until what is there now is here, nothing can be chosen.
    onError: async (refused) => {
      if (isOutdated(refused)) await cache.invalidateQueries({ queryKey: key });
    },
  });
  const take = (now: Preferences) => {
    cache.setQueryData(key, now);
    setBased(now);
    setDraft(changeOf(now));
    reset();
  };
  const edit = (changed: PreferencesChange) => {
    setSaved(false);
    setDraft(changed);
  };
  const quiet = draft.quiet_hours;
  const never = quiet !== undefined && quiet.from === quiet.until;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!never) mutate(based.version);
  };
  return (
    <form className="card stack" onSubmit={submit} aria-labelledby="kinds">
      <div>
        <h2 id="kinds">What reaches you</h2>
        <p className="soft small">What is pushed to your devices is in the inbox, too.</p>
      </div>
      {KINDS.map(([kind, label, when]) => (
        <Choice
          key={kind}
          label={label}
          when={when}
          value={draft[kind]}
          choose={(reach) => edit({ ...draft, [kind]: reach })}
        />
      ))}
      <Quiet
        hours={quiet}
        wrong={never ? "The two times have to differ." : undefined}
        change={(hours) => {
          const { orders, mentions, replies } = draft;
          edit({ orders, mentions, replies, ...(hours && { quiet_hours: hours }) });
        }}
      />
      {isOutdated(error) && (
        <div className="notice warn" role="alert">
          <strong>This was changed meanwhile, in another tab or on another device</strong>
          <div className="row">
            <button
              type="button"
              className="button main"
              disabled={isPending}
              onClick={() => mutate(preferences.version)}
            >
              Save mine
            </button>
            <button type="button" className="button" onClick={() => take(preferences)}>
              Keep what is there
            </button>
          </div>
        </div>
      )}
      {error !== null && !isOutdated(error) && <Failure error={error} />}
      <div className="row">
        <button type="submit" className="button main" disabled={isPending || never}>
          {isPending ? "Saving ..." : "Save"}
        </button>
        {saved && <span className="badge good">Saved</span>}
      </div>
    </form>
  );
}

interface ChoiceProps {
  label: string;
  when: string;
  value: Reach;
  choose: (reach: Reach) => void;
}

function Choice({ label, when, value, choose }: ChoiceProps) {
  const name = useId();
  return (
    <fieldset className="reach">
      <legend>
        <strong>{label}</strong> <span className="soft small">{when}</span>
      </legend>
      <div className="segments">
        {REACHES.map(([reach, words]) => (
          <label key={reach}>
            <input
              type="radio"
              name={name}
              value={reach}
              checked={value === reach}
              onChange={() => choose(reach)}
            />
            <span>{words}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

interface QuietProps {
  hours: QuietHours | undefined;
  wrong: string | undefined;
  change: (hours: QuietHours | undefined) => void;
}

function Quiet({ hours, wrong, change }: QuietProps) {
  const id = useId();
  const zones = hours && !ZONES.includes(hours.time_zone) ? [hours.time_zone, ...ZONES] : ZONES;
  return (
    <fieldset className="reach">
      <legend className="visually-hidden">Quiet hours</legend>
      <label className="row check">
        <input
          type="checkbox"
          checked={hours !== undefined}
          onChange={(event) => change(event.target.checked ? USUAL : undefined)}
        />
        <strong>Quiet hours</strong>
        <span className="soft small">Pushes wait until they are over. The inbox does not.</span>
      </label>
      {hours && (
        <div className="quiet-hours">
          <div className="field">
            <label htmlFor={`${id}-from`}>From</label>
            <input
              id={`${id}-from`}
              type="time"
              className="input"
              required
              value={hours.from}
              aria-invalid={wrong ? true : undefined}
              onChange={(event) => change({ ...hours, from: event.target.value })}
            />
          </div>
          <div className="field">
            <label htmlFor={`${id}-until`}>Until</label>
            <input
              id={`${id}-until`}
              type="time"
              className="input"
              required
              value={hours.until}
              aria-invalid={wrong ? true : undefined}
              onChange={(event) => change({ ...hours, until: event.target.value })}
            />
          </div>
          <div className="field">
            <label htmlFor={`${id}-zone`}>By the clock of</label>
            <select
              id={`${id}-zone`}
              className="input"
              value={hours.time_zone}
              onChange={(event) => change({ ...hours, time_zone: event.target.value })}
            >
              {zones.map((zone) => (
                <option key={zone} value={zone}>
                  {zone.replaceAll("_", " ")}
                </option>
              ))}
            </select>
          </div>
        </div>
      )}
      {wrong && (
        <p className="wrong" role="alert">
          {wrong}
        </p>
      )}
    </fieldset>
  );
}
