import { MessageCircle, Pencil, Trash2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Link } from "react-router";
import { Avatar } from "../../components/avatar";
import { Failure } from "../../components/feedback";
import { ago, asDateTime } from "../../components/format";
import { useMember } from "../../session/context";
import { OnlyYou, TagLinks } from "./parts";
import { PostEditor } from "./post-editor";
import { PostText } from "./post-text";
import type { Author, Post } from "./queries";
import { useDeletion } from "./write";

const Confirm = lazy(() => import("../../components/confirm"));

interface PostCardProps {
  post: Post;
  author: Author | undefined;
  /** Whether it is what the page is about: all of it is shown. */
  whole?: boolean;
  /** Called once it is deleted. */
  gone?: () => void;
}

/** A post with what its reader may do; what its author may do is there for the author alone. */
export function PostCard({ post, author, whole = false, gone }: PostCardProps) {
  const [editing, setEditing] = useState(false);
  const to = `/posts/${post.post_id}`;
  return (
    <article className={`post ${whole ? "whole" : ""}`} aria-label={`Post of @${post.author_name}`}>
      <Link className="post-avatar" to={`/members/${post.author_id}`} tabIndex={-1} aria-hidden>
        <Avatar name={author?.display_name ?? post.author_name} image={author?.image_path} />
      </Link>
      <div className="post-main">
        <header className="post-head">
          <Link className="post-author" to={`/members/${post.author_id}`}>
            <strong>{author?.display_name ?? post.author_name}</strong>{" "}
            <span className="soft small">@{post.author_name}</span>
          </Link>
          {post.visibility === "private" && <OnlyYou />}
          <Link className="soft small post-time" to={to} title={asDateTime(post.created_at)}>
            <time dateTime={post.created_at}>{ago(post.created_at)}</time>
            {post.version > 1 && " · edited"}
          </Link>
        </header>
        {editing ? (
          <PostEditor post={post} close={() => setEditing(false)} />
        ) : (
          <>
            <PostText text={post.text} whole={whole} to={to} />
            <TagLinks tags={tagsBeside(post)} />
            <Actions post={post} whole={whole} edit={() => setEditing(true)} gone={gone} />
          </>
        )}
      </div>
    </article>
  );
}

/** The tags that the text itself does not show. */
function tagsBeside({ text, tags }: Post): string[] {
  const shown = text.toLowerCase();
  return tags.filter((tag) => !shown.includes(`#${tag}`));
}

interface ActionsProps {
  post: Post;
  whole: boolean;
  edit: () => void;
  gone: (() => void) | undefined;
}

function Actions({ post, whole, edit, gone }: ActionsProps) {
  const member = useMember();
  const [asking, setAsking] = useState(false);
  const { mutate, error, isPending } = useDeletion(post);
  const own = member?.id === post.author_id;
  if (whole && !own) return null;
  const remove = () => {
    setAsking(false);
    mutate(undefined, { onSuccess: () => gone?.() });
  };
  return (
    <>
      <div className="post-actions">
        {!whole && (
          <Link className="button quiet" to={`/posts/${post.post_id}`}>
            <MessageCircle size={17} aria-hidden /> Replies
          </Link>
        )}
        {own && (
          <>
            <button type="button" className="button quiet" onClick={edit}>
              <Pencil size={16} aria-hidden /> Edit
            </button>
            <button
              type="button"
              className="button quiet"
              disabled={isPending}
              onClick={() => setAsking(true)}
            >
              <Trash2 size={16} aria-hidden /> {isPending ? "Deleting ..." : "Delete"}
            </button>
          </>
        )}
      </div>
      {error !== null && <Failure error={error} retry={remove} />}
      {asking && (
        <Suspense>
          <Confirm title="Delete this post?" action="Delete it" close={() => setAsking(false)} act={remove}>
            <p className="soft">It goes for everybody and does not come back. Replies to it stay.</p>
          </Confirm>
        </Suspense>
      )}
    </>
  );
}
