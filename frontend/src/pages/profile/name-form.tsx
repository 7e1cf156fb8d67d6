import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";
import { bodyOf } from "../../api/client";
import { useApi } from "../../api/context";
import { pause, Problem, worthRetrying } from "../../api/problem";
import { Failure, useAnnounce } from "../../components/feedback";
import { TextField } from "../../components/form";
import { type NewProfile, profileQuery } from "./queries";

const NAME = /^[a-z0-9_]{3,30}$/;

/** Where a member begins: the name that others mention them by, which stays. */
export function NameForm({ why }: { why: string }) {
  const api = useApi();
  const cache = useQueryClient();
  const announce = useAnnounce();
  const [name, setName] = useState("");
  const [shown, setShown] = useState("");
  const [left, setLeft] = useState(false);
  const { mutate, error, isPending, reset } = useMutation({
    mutationFn: async (body: NewProfile) => bodyOf(await api.mobile.POST("/profile", { body })),
    retry: worthRetrying,
    retryDelay: pause,
    onSuccess: (profile) => {
      cache.setQueryData(profileQuery(api).queryKey, profile);
      announce(`You are @${profile.name}`);
    },
    // Another tab of the member's was faster: what it chose is theirs.
    onError: (refused) => {
      if (refused instanceof Problem && refused.status === 409 && refused.errors.length === 0) {
        void cache.invalidateQueries(profileQuery(api));
      }
    },
  });
  const taken = error instanceof Problem && error.errors.some(({ field }) => field === "/name");
  const fits = NAME.test(name);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setLeft(true);
    if (fits) mutate({ name, display_name: shown.trim() || name, biography: "" });
  };
  return (
    <form className="card stack" onSubmit={submit} aria-labelledby="choose-name">
      <div>
        <h2 id="choose-name">Choose your name</h2>
        <p className="soft">{why}</p>
      </div>
      <div className="fields">
        <TextField
          label="Name"
          required
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={30}
          placeholder="ada_l"
          value={name}
          onChange={(event) => {
            reset();
            setName(event.target.value.toLowerCase().replace(/^@/, ""));
          }}
          onBlur={() => setLeft(name !== "")}
          hint="Others mention you by it, as @name. It stays."
          wrong={
            taken
              ? `@${name} is taken. Try another.`
              : left && !fits
                ? "3 to 30 of: small letters, digits, _"
                : undefined
          }
        />
        <TextField
          label="Shown as"
          autoComplete="nickname"
          maxLength={80}
          placeholder={name || "Ada Lovelace"}
          value={shown}
          onChange={(event) => setShown(event.target.value)}
          hint="You can change this at any time."
        />
      </div>
      {error !== null && !taken && <Failure error={error} />}
      <div>
        <button type="submit" className="button main" disabled={isPending}>
          {isPending ? "One moment ..." : "That is me"}
        </button>
      </div>
    </form>
  );
}
