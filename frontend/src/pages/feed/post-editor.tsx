import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "../../api/context";
import { Failure } from "../../components/feedback";
import { isOutdated } from "../profile/queries";
import { Composer } from "./composer";
import { type Draft, type Post, postQuery, replace } from "./queries";
import { useChange } from "./write";

/** Changes a post in its place. Whoever was slower sees what is there now, and says which of the two stays. */
export function PostEditor({ post, close }: { post: Post; close: () => void }) {
  const api = useApi();
  const cache = useQueryClient();
  const [based] = useState(post);
  const [newer, setNewer] = useState<Post>();
  const [draft, setDraft] = useState<Draft>();
  const { mutate, error, isPending } = useChange(post.post_id);
  const save = (changed: Draft, version: number) => {
    setDraft(changed);
    const onError = (refused: unknown) => {
      if (!isOutdated(refused)) return;
      const now = cache.query({ ...postQuery(api, post.post_id), staleTime: 0 });
      now.then(setNewer).catch(() => undefined); // then it is told as it came
    };
    mutate({ draft: changed, version }, { onSuccess: close, onError });
  };
  if (newer && draft) {
    return (
      <div className="notice warn" role="alert">
        <strong>It was changed meanwhile, in another tab or on another device</strong>
        <p className="small">This is what is there now:</p>
        <blockquote className="quote">{newer.text}</blockquote>
        <p className="small">And this is yours:</p>
        <blockquote className="quote">{draft.text}</blockquote>
        <div className="row">
          <button
            type="button"
            className="button main"
            disabled={isPending}
            onClick={() => save(draft, newer.version)}
          >
            Save mine
          </button>
          <button
            type="button"
            className="button"
            onClick={() => {
              replace(cache, post.post_id, newer);
              close();
            }}
          >
            Keep what is there
          </button>
        </div>
      </div>
    );
  }
  return (
    <div className="stack">
      <Composer
        label="Text of the post"
        action="Save"
        busy={isPending}
        from={draft ?? based}
        focused
        send={(changed) => save(changed, based.version)}
        cancel={close}
      />
      {error !== null && <Failure error={error} />}
    </div>
  );
}
