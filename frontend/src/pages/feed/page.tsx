import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { MessagesSquare, RefreshCw } from "lucide-react";
import { useApi } from "../../api/context";
import { Empty, Failure, Skeletons } from "../../components/feedback";
import { More } from "../../components/more";
import { SignedIn } from "../account/signed-in-only";
import { NameForm } from "../profile/name-form";
import { profileQuery } from "../profile/queries";
import { SearchBox } from "../search/search-box";
import { PostCard } from "./post-card";
import { feedQuery, merged } from "./queries";
import { Writing } from "./writing";

export function FeedPage() {
  return (
    <SignedIn why="The community is for members.">
      <div className="page feed">
        <div className="page-head">
          <div>
            <h1>Feed</h1>
            <p>What members say, newest first.</p>
          </div>
          <SearchBox />
        </div>
        <Beginning />
        <Feed />
      </div>
    </SignedIn>
  );
}

/** Where the member writes; who has no name yet is led to one first. */
function Beginning() {
  const api = useApi();
  const { data: profile, error, isPending, refetch } = useQuery(profileQuery(api));
  if (isPending) return <Skeletons rows={1} height="5rem" />;
  if (profile) return <Writing profile={profile} label="What do you want to say?" action="Post" />;
  if (profile === null) return <NameForm why="What you post carries it. Reading needs none." />;
  return <Failure error={error} retry={() => void refetch()} />;
}

function Feed() {
  const api = useApi();
  const feed = useInfiniteQuery(feedQuery(api));
  const { data, error, isPending, isFetching, refetch } = feed;
  if (isPending) return <Skeletons rows={4} height="8rem" />;
  if (!data) return <Failure error={error} retry={() => void refetch()} />;
  const [posts, authors] = merged(data);
  if (posts.length === 0) {
    return (
      <Empty icon={MessagesSquare} title="Nobody has said anything yet">
        <p>Be the first. Everybody who comes after you sees it.</p>
      </Empty>
    );
  }
  return (
    <section className="stack" aria-label="Posts">
      <div className="spread">
        <h2>Latest</h2>
        <button type="button" className="button quiet" onClick={() => void refetch()} disabled={isFetching}>
          <RefreshCw size={16} aria-hidden className={isFetching ? "turning" : ""} /> Refresh
        </button>
      </div>
      <div className="card flush list">
        {posts.map((post) => (
          <PostCard key={post.post_id} post={post} author={authors.get(post.author_id)} />
        ))}
      </div>
      <More of={feed} label="Show older posts" />
    </section>
  );
}
