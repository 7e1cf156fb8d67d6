import { useInfiniteQuery } from "@tanstack/react-query";
import { SearchX, X } from "lucide-react";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";
import { useApi } from "../../api/context";
import { Empty, Failure, Skeletons } from "../../components/feedback";
import { ago, asDateTime } from "../../components/format";
import { More } from "../../components/more";
import { SignedIn } from "../account/signed-in-only";
import { OnlyYou, TagLinks } from "../feed/parts";
import {
  type Hit,
  postsSearch,
  queryOf,
  type Search,
  type SearchPage as Page,
  searchOf,
  WHEN,
} from "./queries";
import { SearchBox } from "./search-box";

export function SearchPage() {
  const [query, setQuery] = useSearchParams();
  const search = searchOf(query);
  const change = (changed: Partial<Search>) => setQuery(queryOf({ ...search, ...changed }));
  return (
    <SignedIn why="Members search what members say.">
      <div className="page">
        <div className="page-head">
          <h1>Search</h1>
        </div>
        <div className="stack">
          <SearchBox q={search.q} search={(q) => change({ q })} />
          <p className="soft small">
            <code>"blue china"</code> finds the words in a row, <code>gar*</code> what begins so, and{" "}
            <code>-broken</code> leaves out.
          </p>
        </div>
        <Results search={search} change={change} />
      </div>
    </SignedIn>
  );
}

interface PartProps {
  search: Search;
  change: (changed: Partial<Search>) => void;
}

function Results({ search, change }: PartProps) {
  const api = useApi();
  const [now] = useState(Date.now);
  const found = useInfiniteQuery(postsSearch(api, search, now));
  const { data, error, isPending, isPlaceholderData, refetch } = found;
  const [first] = data?.pages ?? [];
  const hits = data?.pages.flatMap((page) => page.hits) ?? [];
  return (
    <div className="found">
      <Filters search={search} change={change} facets={first?.facets ?? []} />
      <section className="stack" aria-labelledby="hits" aria-busy={isPlaceholderData}>
        <div role="status">
          <h2 id="hits">{first ? told(search, first.total) : "Posts"}</h2>
        </div>
        {isPending && <Skeletons rows={4} height="6rem" />}
        {error && !data && <Failure error={error} retry={() => void refetch()} />}
        {data && hits.length === 0 && <Nothing search={search} change={change} />}
        {hits.length > 0 && (
          <>
            <ul className="card flush list">
              {hits.map((hit) => (
                <HitRow key={hit.post_id} hit={hit} />
              ))}
            </ul>
            <More of={found} label="Show more" />
          </>
        )}
      </section>
    </div>
  );
}

const isOpen = ({ q, tags, when, since, until }: Search) => !(q || tags.length > 0 || when || since || until);

function told(search: Search, total: number): string {
  if (isOpen(search)) return "The newest";
  return total === 1 ? "1 post" : `${total} posts`;
}

function Nothing({ search, change }: PartProps) {
  if (isOpen(search)) {
    return (
      <Empty icon={SearchX} title="There is nothing to find yet">
        <p>
          What members post is found here some seconds later. <Link to="/feed">Write the first one</Link>.
        </p>
      </Empty>
    );
  }
  const narrowed = search.tags.length > 0 || search.when || search.since || search.until;
  return (
    <Empty icon={SearchX} title="No post has all of that">
      <p>
        {narrowed ? "Try it at any time and with any tag." : "Try fewer words, or how a word begins: gar*"}
      </p>
      {narrowed && (
        <button
          type="button"
          className="button"
          onClick={() => change({ tags: [], when: "", since: "", until: "" })}
        >
          Search everywhere
        </button>
      )}
    </Empty>
  );
}

function Filters({ search, change, facets }: PartProps & { facets: Page["facets"] }) {
  const counts = new Map(facets.map(({ tag, count }) => [tag, count]));
  const tags = [...new Set([...search.tags, ...counts.keys()])];
  const toggle = (tag: string) => {
    const others = search.tags.filter((one) => one !== tag);
    change({ tags: others.length < search.tags.length ? others : [...others, tag] });
  };
  return (
    <aside className="stack filters" aria-label="Narrow down">
      <div className="stack-tight" role="group" aria-labelledby="when">
        <h2 id="when">When</h2>
        <div className="row chips">
          {WHEN.map(([value, label]) => (
            <button
              key={value}
              type="button"
              className="chip"
              aria-pressed={search.when === value && !search.since && !search.until}
              onClick={() => change({ when: value, since: "", until: "" })}
            >
              {label}
            </button>
          ))}
        </div>
        <details className="between" open={search.since !== "" || search.until !== ""}>
          <summary>Between two days</summary>
          <label>
            <span className="soft small">From</span>
            <input
              type="date"
              className="input"
              value={search.since}
              max={search.until || undefined}
              onChange={(event) => change({ since: event.target.value, when: "" })}
            />
          </label>
          <label>
            <span className="soft small">To</span>
            <input
              type="date"
              className="input"
              value={search.until}
              min={search.since || undefined}
              onChange={(event) => change({ until: event.target.value, when: "" })}
            />
          </label>
        </details>
      </div>
      {tags.length > 0 && (
        <div className="stack-tight" role="group" aria-labelledby="tags">
          <h2 id="tags">Tags</h2>
          <div className="row chips">
            {tags.map((tag) => {
              const chosen = search.tags.includes(tag);
              return (
                <button
                  key={tag}
                  type="button"
                  className="chip plain"
                  aria-pressed={chosen}
                  onClick={() => toggle(tag)}
                >
                  #{tag} <span className="number soft small">{counts.get(tag) ?? 0}</span>
                  {chosen && <X size={14} aria-hidden />}
                </button>
              );
            })}
          </div>
        </div>
      )}
    </aside>
  );
}

function HitRow({ hit }: { hit: Hit }) {
  const shown = hit.excerpt.map(({ text }) => text.toLowerCase()).join("");
  const tags = hit.tags.filter((tag) => !shown.includes(`#${tag}`));
  return (
    <li className="hit">
      <div className="post-head">
        <Link className="post-author" to={`/members/${hit.author_id}`}>
          <strong>@{hit.author_name}</strong>
        </Link>
        {hit.visibility === "private" && <OnlyYou />}
        <time className="soft small post-time" dateTime={hit.created_at} title={asDateTime(hit.created_at)}>
          {ago(hit.created_at)}
        </time>
      </div>
      <Link className="excerpt" to={`/posts/${hit.post_id}`}>
        {hit.excerpt.map(({ text, hit: met }, index) => (met ? <mark key={index}>{text}</mark> : text))}
      </Link>
      <TagLinks tags={tags} />
    </li>
  );
}
