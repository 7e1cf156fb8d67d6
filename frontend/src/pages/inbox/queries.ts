import {
  type InfiniteData,
  infiniteQueryOptions,
  type QueryClient,
  queryOptions,
} from "@tanstack/react-query";
import { bodyOf, type Clients } from "../../api/client";
import type { components } from "../../api/contracts/mobile";

export type Notification = components["schemas"]["Notification"];
export type NotificationPage = components["schemas"]["NotificationPage"];
export type Preferences = components["schemas"]["Preferences"];
export type PreferencesChange = components["schemas"]["PreferencesChange"];
export type Device = components["schemas"]["Device"];

const MINUTE = 60_000;
const LIST = ["notifications", "list"] as const;
const UNREAD = ["notifications", "unread"] as const;

/** How many notifications are unread; asked for again each minute while the page is looked at. */
export function unreadQuery(api: Clients) {
  return queryOptions({
    queryKey: UNREAD,
    queryFn: async ({ signal }) => bodyOf(await api.mobile.GET("/notifications/unread", { signal })).unread,
    refetchInterval: MINUTE,
    staleTime: MINUTE / 2,
  });
}

/** What the member was told, newest first. */
export function notificationsQuery(api: Clients) {
  return infiniteQueryOptions({
    queryKey: LIST,
    queryFn: async ({ pageParam, signal }): Promise<NotificationPage> => {
      const query = { limit: 20, ...(pageParam && { cursor: pageParam }) };
      return bodyOf(await api.mobile.GET("/notifications", { params: { query }, signal }));
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: MINUTE,
  });
}

export function preferencesQuery(api: Clients) {
  return queryOptions({
    queryKey: ["notifications", "preferences"],
    queryFn: async ({ signal }): Promise<Preferences> =>
      bodyOf(await api.mobile.GET("/notifications/preferences", { signal })),
  });
}

export function devicesQuery(api: Clients) {
  return queryOptions({
    queryKey: ["devices"],
    queryFn: async ({ signal }): Promise<Device[]> =>
      bodyOf(await api.mobile.GET("/devices", { signal })).items,
  });
}

/** Show as read what the member has just read; the count is asked for again. */
export function showRead(cache: QueryClient, isRead: (one: Notification) => boolean): void {
  cache.setQueryData<InfiniteData<NotificationPage>>(
    LIST,
    (list) =>
      list && {
        ...list,
        pages: list.pages.map((page) => ({
          ...page,
          items: page.items.map((one) => (isRead(one) ? { ...one, read: true } : one)),
        })),
      },
  );
  void cache.invalidateQueries({ queryKey: UNREAD });
}
