import { infiniteQueryOptions, keepPreviousData } from "@tanstack/react-query";
import { bodyOf, type Clients } from "../../api/client";
import type { components } from "../../api/contracts/mobile";

export type Hit = components["schemas"]["SearchHit"];
export type SearchPage = components["schemas"]["SearchPage"];

const DAY = 86_400_000;
const HOUR = 3_600_000;

/** From when on a post may be, as the address has it. */
export const WHEN = [
  ["", "any time", 0],
  ["day", "last day", DAY],
  ["week", "last week", 7 * DAY],
  ["month", "last month", 30 * DAY],
] as const;

/** What is searched for: as in the address of the page. Dates are days of UTC. */
export interface Search {
  q: string;
  tags: readonly string[];
  when: string;
  since: string;
  until: string;
}

export function searchOf(query: URLSearchParams): Search {
  const tags = (query.get("tags") ?? "").split(",").filter(Boolean);
  return {
    q: query.get("q") ?? "",
    tags,
    when: query.get("when") ?? "",
    since: query.get("since") ?? "",
    until: query.get("until") ?? "",
  };
}

/** The address's query of a search; what is left out is not in it. */
export function queryOf({ tags, ...search }: Search): Record<string, string> {
  const entries = Object.entries({ ...search, tags: tags.join(",") }).filter(([, value]) => value);
  return Object.fromEntries(entries);
}

/** The days after `day`, for a bound that is not met any more. */
const dayAfter = (day: string): string => new Date(Date.parse(day) + DAY).toISOString().slice(0, 10);

/**
 * Posts that meet a search, a page at a time.
 *
 * `now` is when the search began: a cursor is good for the very same search, so its bounds must not move with the clock.
 */
export function postsSearch(api: Clients, search: Search, now: number) {
  const period = WHEN.find(([value]) => value === search.when)?.[2] ?? 0;
  const since = period ? new Date(Math.floor((now - period) / HOUR) * HOUR).toISOString() : search.since;
  const asked = {
    limit: 20,
    ...(search.q.trim() && { q: search.q.trim() }),
    ...(search.tags.length > 0 && { tags: search.tags.join(",") }),
    ...(since && { since }),
    ...(search.until && { until: dayAfter(search.until) }),
  };
  return infiniteQueryOptions({
    queryKey: ["search", asked],
    queryFn: async ({ pageParam, signal }): Promise<SearchPage> => {
      const query = { ...asked, ...(pageParam && { cursor: pageParam }) };
      return bodyOf(await api.mobile.GET("/search", { params: { query }, signal }));
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
  });
}
