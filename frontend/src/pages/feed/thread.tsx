import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { ArrowLeft, CornerLeftUp, MessageCircleOff } from "lucide-react";
import { Link, useNavigate, useParams } from "react-router";
import { useApi } from "../../api/context";
import { Problem } from "../../api/problem";
import { Empty, Failure, Skeletons } from "../../components/feedback";
import { More } from "../../components/more";
import { SignedIn } from "../account/signed-in-only";
import { NameForm } from "../profile/name-form";
import { profileQuery } from "../profile/queries";
import { PostCard } from "./post-card";
import { memberQuery, merged, type Post, postQuery, repliesQuery } from "./queries";
import { Writing } from "./writing";

export function ThreadPage() {
  const { id = "" } = useParams();
  return (
    <SignedIn why="The community is for members.">
      <div className="page feed">
        <p>
          <Link className="back" to="/feed">
            <ArrowLeft size={16} aria-hidden /> Feed
          </Link>
        </p>
        <Thread key={id} id={id} />
      </div>
    </SignedIn>
  );
}

function Thread({ id }: { id: string }) {
  const api = useApi();
  const { data: post, error, isPending, refetch } = useQuery(postQuery(api, id));
  if (isPending) return <Skeletons rows={2} height="9rem" />;
  if (error instanceof Problem && error.status === 404) {
    return (
      <Empty icon={MessageCircleOff} title="This post is not here" whole>
        <p>Its author has deleted it, or keeps it to themselves. Replies to it may still be around.</p>
        <Link className="button main" to="/feed">
          To the feed
        </Link>
      </Empty>
    );
  }
  if (!post) return <Failure error={error} retry={() => void refetch()} />;
  return (
    <>
      <h1 className="visually-hidden">Post of @{post.author_name}</h1>
      <Beginning post={post} />
      <Replies post={post} />
    </>
  );
}

function Beginning({ post }: { post: Post }) {
  const api = useApi();
  const navigate = useNavigate();
  const author = useQuery(memberQuery(api, post.author_id));
  return (
    <div className="stack">
      {post.in_reply_to && (
        <p>
          <Link className="back small" to={`/posts/${post.in_reply_to}`}>
            <CornerLeftUp size={16} aria-hidden /> What it replies to
          </Link>
        </p>
      )}
      <div className="card flush">
        <PostCard
          post={post}
          author={author.data}
          whole
          gone={() => void navigate("/feed", { replace: true })}
        />
      </div>
    </div>
  );
}

function Replies({ post }: { post: Post }) {
  const api = useApi();
  const replies = useInfiniteQuery(repliesQuery(api, post.post_id));
  const { data, error, isPending, refetch } = replies;
  const [posts, authors] = data ? merged(data) : [[], undefined];
  return (
    <section className="stack" aria-labelledby="replies">
      <h2 id="replies">Replies</h2>
      {isPending && <Skeletons rows={2} height="6rem" />}
      {!isPending && !data && <Failure error={error} retry={() => void refetch()} />}
      {data && posts.length === 0 && <p className="soft">Nobody has replied yet.</p>}
      {posts.length > 0 && (
        <div className="card flush list">
          {posts.map((reply) => (
            <PostCard key={reply.post_id} post={reply} author={authors?.get(reply.author_id)} />
          ))}
        </div>
      )}
      {data && <More of={replies} label="Show later replies" />}
      <Reply post={post} />
    </section>
  );
}

function Reply({ post }: { post: Post }) {
  const api = useApi();
  const { data: profile } = useQuery(profileQuery(api));
  if (profile === undefined) return null;
  if (profile === null) return <NameForm why="A reply carries it." />;
  return (
    <Writing
      profile={profile}
      inReplyTo={post.post_id}
      label={`Reply to @${post.author_name}`}
      action="Reply"
    />
  );
}
