import {
  type InfiniteData,
  infiniteQueryOptions,
  type QueryClient,
  queryOptions,
} from "@tanstack/react-query";
import { bodyOf, type Clients } from "../../api/client";
import type { components } from "../../api/contracts/mobile";

export type Post = components["schemas"]["Post"];
export type PostPage = components["schemas"]["PostPage"];
export type Author = components["schemas"]["Member"];
export type Visibility = Post["visibility"];

/** What a member writes: a post, a reply or a change. */
export interface Draft {
  text: string;
  tags: string[];
  visibility: Visibility;
}

const LIST = ["posts", "list"] as const;
const PAGE = 20;
export const FEED = [...LIST, "feed"] as const;
export const repliesOf = (postId: string) => [...LIST, "replies", postId] as const;
export const postsOf = (memberId: string, visibility: Visibility) =>
  [...LIST, "member", memberId, visibility] as const;

const paged = (cursor: string) => ({ limit: PAGE, ...(cursor && { cursor }) });

/** Everybody's public posts, newest first. */
export function feedQuery(api: Clients) {
  return infiniteQueryOptions({
    queryKey: FEED,
    queryFn: async ({ pageParam, signal }): Promise<PostPage> =>
      bodyOf(await api.mobile.GET("/posts", { params: { query: paged(pageParam) }, signal })),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
  });
}

/** The replies to a post, oldest first. */
export function repliesQuery(api: Clients, postId: string) {
  return infiniteQueryOptions({
    queryKey: repliesOf(postId),
    queryFn: async ({ pageParam, signal }): Promise<PostPage> => {
      const params = { path: { post_id: postId }, query: paged(pageParam) };
      return bodyOf(await api.mobile.GET("/posts/{post_id}/replies", { params, signal }));
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
  });
}

/** An author's posts, newest first; the private ones are the author's alone. */
export function memberPostsQuery(api: Clients, memberId: string, visibility: Visibility) {
  return infiniteQueryOptions({
    queryKey: postsOf(memberId, visibility),
    queryFn: async ({ pageParam, signal }): Promise<PostPage> => {
      const params = { path: { member_id: memberId }, query: { ...paged(pageParam), visibility } };
      return bodyOf(await api.mobile.GET("/members/{member_id}/posts", { params, signal }));
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
  });
}

const one = (postId: string) => ["posts", "one", postId] as const;

export function postQuery(api: Clients, postId: string) {
  return queryOptions({
    queryKey: one(postId),
    queryFn: async ({ signal }) =>
      bodyOf(await api.mobile.GET("/posts/{post_id}", { params: { path: { post_id: postId } }, signal })),
  });
}

/** What everybody sees of a member, by id or by `@name`. */
export function memberQuery(api: Clients, who: string) {
  return queryOptions({
    queryKey: ["members", who],
    queryFn: async ({ signal }): Promise<Author> => {
      if (who.startsWith("@")) {
        return bodyOf(
          await api.mobile.GET("/names/{name}", { params: { path: { name: who.slice(1) } }, signal }),
        );
      }
      return bodyOf(
        await api.mobile.GET("/members/{member_id}", { params: { path: { member_id: who } }, signal }),
      );
    },
    staleTime: 60_000,
  });
}

/** The posts of a list's pages, and who wrote them, by id. */
export function merged(data: InfiniteData<PostPage>): [Post[], ReadonlyMap<string, Author>] {
  const authors = data.pages
    .flatMap((page) => page.authors)
    .map((author) => [author.member_id, author] as const);
  return [data.pages.flatMap(({ items }) => items), new Map(authors)];
}

// A list is read from an index, which is a moment behind: what this tab itself has written, it shows at once.

/** Put what was posted where it belongs, in the lists that are here. */
export function show(cache: QueryClient, post: Post, author: Author): void {
  cache.setQueryData<Post>(one(post.post_id), post);
  const lists = [postsOf(post.author_id, post.visibility)] as (readonly unknown[])[];
  if (post.visibility === "public") lists.push(post.in_reply_to ? repliesOf(post.in_reply_to) : FEED);
  for (const queryKey of lists) {
    const last = post.in_reply_to !== undefined && queryKey[2] === "replies";
    cache.setQueryData<InfiniteData<PostPage>>(
      queryKey,
      (list) => list && withPost(list, post, author, last),
    );
  }
}

function withPost(
  list: InfiniteData<PostPage>,
  post: Post,
  author: Author,
  last: boolean,
): InfiniteData<PostPage> {
  const at = last ? list.pages.length - 1 : 0;
  const pages = list.pages.map((page, index) => {
    if (index !== at) return page;
    const others = page.items.filter(({ post_id }) => post_id !== post.post_id);
    return {
      ...page,
      items: last ? [...others, post] : [post, ...others],
      authors: [...page.authors.filter(({ member_id }) => member_id !== author.member_id), author],
    };
  });
  return { ...list, pages };
}

/** Show a post as it is now wherever it is shown and still belongs; null takes it away. */
export function replace(cache: QueryClient, postId: string, post: Post | null): void {
  if (post) cache.setQueryData<Post>(one(postId), post);
  else cache.removeQueries({ queryKey: one(postId), exact: true, type: "inactive" });
  for (const [queryKey, list] of cache.getQueriesData<InfiniteData<PostPage>>({ queryKey: LIST })) {
    const shows = queryKey[2] === "member" ? queryKey[4] : "public";
    const instead = post && post.visibility === shows ? [post] : [];
    const pages = list?.pages.map((page) => ({
      ...page,
      items: page.items.flatMap((before) => (before.post_id === postId ? instead : [before])),
    }));
    if (list && pages) cache.setQueryData<InfiniteData<PostPage>>(queryKey, { ...list, pages });
  }
}
