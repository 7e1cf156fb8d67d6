import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";
import { Link } from "react-router";
import { bodyOf } from "../../api/client";
import { useApi } from "../../api/context";
import { pause, worthRetrying } from "../../api/problem";
import { Failure, Skeletons, useAnnounce } from "../../components/feedback";
import { TextArea, TextField } from "../../components/form";
import { asDate, lengthOf } from "../../components/format";
import { SignedIn } from "../account/signed-in-only";
import { ProfileImage } from "./image";
import { NameForm } from "./name-form";
import { isOutdated, type Profile, type ProfileChange, profileQuery, tagOf } from "./queries";

const LONGEST_BIOGRAPHY = 500;

export function ProfilePage() {
  return (
    <SignedIn why="Your profile is yours to change.">
      <div className="page reading">
        <ProfileView />
      </div>
    </SignedIn>
  );
}

function ProfileView() {
  const api = useApi();
  const { data: profile, error, isPending, refetch } = useQuery(profileQuery(api));
  return (
    <>
      <div className="page-head">
        <div>
          <h1>Your profile</h1>
          <p>What other members see of you.</p>
        </div>
        {profile && (
          <Link className="button" to={`/members/${profile.member_id}`}>
            See it as they do
          </Link>
        )}
      </div>
      {isPending && <Skeletons rows={2} height="10rem" />}
      {!isPending && profile === undefined && <Failure error={error} retry={() => void refetch()} />}
      {profile === null && <NameForm why="With it you can post, reply, and show an image." />}
      {profile && (
        <>
          <ProfileImage profile={profile} />
          <Details profile={profile} />
          <p className="soft small">
            What you have here is kept until {asDate(profile.expires_on)}. Whenever you come back, that begins
            anew.
          </p>
        </>
      )}
    </>
  );
}

const sameWords = (a: ProfileChange, b: ProfileChange): boolean =>
  a.display_name === b.display_name && a.biography === b.biography;

/** The words of a profile. A change says what it is based on, so that none of another device is lost. */
function Details({ profile }: { profile: Profile }) {
  const api = useApi();
  const cache = useQueryClient();
  const announce = useAnnounce();
  const [based, setBased] = useState(profile);
  const [draft, setDraft] = useState<ProfileChange>(profile);
  const [saved, setSaved] = useState(false);
  // An image alone makes a version, too: what is edited here is based on the newest that has the same words.
  const version = sameWords(profile, based) ? profile.version : based.version;
  const { mutate, error, isPending, reset } = useMutation({
    mutationFn: async (on: number) => {
      const body = { display_name: draft.display_name.trim(), biography: draft.biography.trim() };
      const params = { header: { "If-Match": tagOf(on) } };
      return bodyOf(await api.mobile.PUT("/profile", { params, body }));
    },
    retry: worthRetrying,
    retryDelay: pause,
    onSuccess: (changed) => {
      take(changed);
      setSaved(true);
      announce("Your profile is saved");
      void cache.invalidateQueries({ queryKey: ["members"] });
    },
    // Until what is there now is here, nothing can be chosen.
    onError: async (refused) => {
      if (isOutdated(refused)) {
        await cache.invalidateQueries({ queryKey: profileQuery(api).queryKey, exact: true });
      }
    },
  });
  const take = (now: Profile) => {
    cache.setQueryData(profileQuery(api).queryKey, now);
    setBased(now);
    setDraft(now);
    reset();
  };
  const edit = (changed: Partial<ProfileChange>) => {
    setSaved(false);
    setDraft({ ...draft, ...changed });
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    mutate(version);
  };
  const left = LONGEST_BIOGRAPHY - lengthOf(draft.biography);
  return (
    <form className="card stack" onSubmit={submit} aria-labelledby="details">
      <h2 id="details">Details</h2>
      <TextField
        label="Name"
        value={`@${profile.name}`}
        readOnly
        hint="Others mention you by it. It stays."
      />
      <TextField
        label="Shown as"
        required
        maxLength={80}
        autoComplete="nickname"
        value={draft.display_name}
        onChange={(event) => edit({ display_name: event.target.value })}
      />
      <TextArea
        label="About you"
        rows={3}
        value={draft.biography}
        onChange={(event) => edit({ biography: event.target.value })}
        hint={left < 100 ? `${Math.max(0, left)} characters left` : undefined}
        wrong={left < 0 ? `It is ${-left} characters too long.` : undefined}
      />
      {isOutdated(error) && (
        <Conflict
          now={profile}
          busy={isPending}
          mine={() => mutate(profile.version)}
          theirs={() => take(profile)}
        />
      )}
      {error !== null && !isOutdated(error) && <Failure error={error} />}
      <div className="row">
        <button
          type="submit"
          className="button main"
          disabled={isPending || left < 0 || !draft.display_name.trim() || sameWords(draft, based)}
        >
          {isPending ? "Saving ..." : "Save"}
        </button>
        {saved && <span className="badge good">Saved</span>}
      </div>
    </form>
  );
}

interface ConflictProps {
  now: Profile;
  busy: boolean;
  mine: () => void;
  theirs: () => void;
}

function Conflict({ now, busy, mine, theirs }: ConflictProps) {
  return (
    <div className="notice warn" role="alert">
      <strong>Your profile was changed meanwhile, in another tab or on another device</strong>
      <p className="small">This is what is there now:</p>
      <blockquote className="quote">
        <strong>{now.display_name}</strong>
        {now.biography && <p>{now.biography}</p>}
      </blockquote>
      <div className="row">
        <button type="button" className="button main" disabled={busy} onClick={mine}>
          Save mine
        </button>
        <button type="button" className="button" onClick={theirs}>
          Keep what is there
        </button>
      </div>
    </div>
  );
}
