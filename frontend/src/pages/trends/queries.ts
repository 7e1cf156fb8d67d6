import { queryOptions } from "@tanstack/react-query";
import { bodyOf, type Clients } from "../../api/client";
import type { components } from "../../api/contracts/stream";

export type Top = components["schemas"]["TopPage"];
export type History = components["schemas"]["HistoryPage"];
export type Report = components["schemas"]["Report"];

const REFRESH = 5_000;
const HOUR = 3_600_000;

/** A moment as the API takes it: to the second, UTC. */
const moment = (milliseconds: number): string => `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;

/** The top of the window that was open `back` windows ago; asked for again while it may change. */
export function topQuery(api: Clients, back: number, windowSeconds: number) {
  return queryOptions({
    queryKey: ["trends", "top", back],
    queryFn: async ({ signal }) => {
      const query =
        back > 0 ? { limit: 12, window: moment(Date.now() - back * windowSeconds * 1000) } : { limit: 12 };
      return bodyOf(await api.stream.GET("/trends", { params: { query }, signal }));
    },
    refetchInterval: REFRESH,
  });
}

/** How often a hashtag was posted over the last hour. */
export function historyQuery(api: Clients, hashtag: string) {
  return queryOptions({
    queryKey: ["trends", "history", hashtag],
    queryFn: async ({ signal }) => {
      const now = Date.now();
      const query = { hashtag, since: moment(now - HOUR), until: moment(now), limit: 1000 };
      return bodyOf(await api.stream.GET("/trends/history", { params: { query }, signal }));
    },
    refetchInterval: REFRESH,
  });
}

export function windowsQuery(api: Clients) {
  return queryOptions({
    queryKey: ["trends", "windows"],
    queryFn: async ({ signal }) => bodyOf(await api.stream.GET("/windows", { signal })),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** One report, asked for again as often as the API says while it runs. */
export function reportQuery(api: Clients, id: string) {
  let pollAfter = 2;
  return queryOptions({
    queryKey: ["reports", id],
    queryFn: async ({ signal }) => {
      const answer = await api.stream.GET("/reports/{report_id}", {
        params: { path: { report_id: id } },
        signal,
      });
      pollAfter = Number(answer.response.headers.get("Retry-After") ?? 2) || 2;
      return bodyOf(answer);
    },
    refetchInterval: ({ state }) => (state.data?.status === "RUNNING" ? pollAfter * 1000 : false),
  });
}
