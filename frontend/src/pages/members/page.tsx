import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { ArrowLeft, MessagesSquare, Pencil, UserX } from "lucide-react";
import { useState } from "react";
import { Link, useParams } from "react-router";
import { useApi } from "../../api/context";
import { Problem } from "../../api/problem";
import { Avatar } from "../../components/avatar";
import { Empty, Failure, Skeletons } from "../../components/feedback";
import { More } from "../../components/more";
import { useMember } from "../../session/context";
import { SignedIn } from "../account/signed-in-only";
import { PostCard } from "../feed/post-card";
import { type Author, memberPostsQuery, memberQuery, merged, type Visibility } from "../feed/queries";

/** What everybody sees of a member, who is named by id or by `@name`. */
export function MemberPage() {
  const { id = "" } = useParams();
  return (
    <SignedIn why="Members are shown to members.">
      <div className="page feed">
        <p>
          <Link className="back" to="/feed">
            <ArrowLeft size={16} aria-hidden /> Feed
          </Link>
        </p>
        <MemberView key={id} who={id} />
      </div>
    </SignedIn>
  );
}

function MemberView({ who }: { who: string }) {
  const api = useApi();
  const { data: author, error, isPending, refetch } = useQuery(memberQuery(api, who));
  if (isPending) return <Skeletons rows={3} height="8rem" />;
  if (error instanceof Problem && error.status === 404) {
    return (
      <Empty icon={UserX} title={who.startsWith("@") ? `Nobody is ${who}` : "There is no such member"} whole>
        <p>They may have left: what inactive members had here is removed.</p>
        <Link className="button main" to="/feed">
          To the feed
        </Link>
      </Empty>
    );
  }
  if (!author) return <Failure error={error} retry={() => void refetch()} />;
  return (
    <>
      <Head author={author} />
      <Posts author={author} />
    </>
  );
}

function Head({ author }: { author: Author }) {
  const member = useMember();
  return (
    <header className="member-head">
      <Avatar name={author.display_name} image={author.image_path} size={88} />
      <div className="member-words">
        <h1>{author.display_name}</h1>
        <p className="soft">@{author.name}</p>
        {author.biography && <p className="biography">{author.biography}</p>}
      </div>
      {member?.id === author.member_id && (
        <Link className="button" to="/profile">
          <Pencil size={16} aria-hidden /> Edit
        </Link>
      )}
    </header>
  );
}

const LISTS = [
  ["public", "For everybody"],
  ["private", "For me alone"],
] as const;

function Posts({ author }: { author: Author }) {
  const api = useApi();
  const own = useMember()?.id === author.member_id;
  const [visibility, setVisibility] = useState<Visibility>("public");
  const list = useInfiniteQuery(memberPostsQuery(api, author.member_id, visibility));
  const { data, error, isPending, refetch } = list;
  const [posts] = data ? merged(data) : [[]];
  return (
    <section className="stack" aria-labelledby="posts">
      <div className="spread">
        <h2 id="posts">Posts</h2>
        {own && (
          <div className="row" role="group" aria-label="Who may read them">
            {LISTS.map(([value, label]) => (
              <button
                key={value}
                type="button"
                className="chip"
                aria-pressed={visibility === value}
                onClick={() => setVisibility(value)}
              >
                {label}
              </button>
            ))}
          </div>
        )}
      </div>
      {isPending && <Skeletons rows={3} height="7rem" />}
      {!isPending && !data && <Failure error={error} retry={() => void refetch()} />}
      {data && posts.length === 0 && (
        <Empty icon={MessagesSquare} title="Nothing here yet">
          <p>{own ? <Link to="/feed">Write something</Link> : `${author.display_name} has not posted.`}</p>
        </Empty>
      )}
      {posts.length > 0 && (
        <div className="card flush list">
          {posts.map((post) => (
            <PostCard key={post.post_id} post={post} author={author} />
          ))}
        </div>
      )}
      {data && <More of={list} label="Show older posts" />}
    </section>
  );
}
