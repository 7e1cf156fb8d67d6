import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { bodyOf, type Clients } from "../../api/client";
import type { components as Operations } from "../../api/contracts/operations";
import type { components as Orders } from "../../api/contracts/orders";
import type { components as Catalog } from "../../api/contracts/web";

export type AwaitingOrder = Orders["schemas"]["AwaitingOrder"];
export type RegisteredPartner = Orders["schemas"]["RegisteredPartner"];
export type Queue = Operations["schemas"]["Queue"];
export type Redrive = Operations["schemas"]["Redrive"];
export type Product = Catalog["schemas"]["Product"];
export type Offer = Catalog["schemas"]["Offer"];
/** A product, and the entity tag of the state that was read. */
export interface Read {
  product: Product;
  tag: string;
}

const OFTEN = 5_000;

const cursorOf = (cursor: string) => (cursor ? { cursor } : {});

/** The orders that wait, the longest first; asked for again, since others answer them too. */
export function approvalsQuery(api: Clients) {
  return infiniteQueryOptions({
    queryKey: ["staff", "approvals"],
    queryFn: async ({ pageParam, signal }) =>
      bodyOf(await api.orders.GET("/staff/approvals", { params: { query: cursorOf(pageParam) }, signal })),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: OFTEN,
  });
}

export function partnersQuery(api: Clients) {
  return infiniteQueryOptions({
    queryKey: ["staff", "partners"],
    queryFn: async ({ pageParam, signal }) =>
      bodyOf(await api.orders.GET("/staff/partners", { params: { query: cursorOf(pageParam) }, signal })),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
  });
}

export function shelfQuery(api: Clients, active: boolean, name: string) {
  return infiniteQueryOptions({
    queryKey: ["staff", "shelf", active, name],
    queryFn: async ({ pageParam, signal }) => {
      const query = { limit: 50, active, ...(name.trim() && { name: name.trim() }), ...cursorOf(pageParam) };
      return bodyOf(await api.catalog.GET("/products", { params: { query }, signal }));
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
  });
}

/** One product as it is now, to be changed. */
export function productQuery(api: Clients, id: string) {
  return queryOptions({
    queryKey: ["staff", "product", id],
    queryFn: async ({ signal }): Promise<Read> => {
      const answer = await api.catalog.GET("/products/{product_id}", {
        params: { path: { product_id: id } },
        signal,
      });
      return { product: bodyOf(answer), tag: answer.response.headers.get("ETag") ?? "*" };
    },
    staleTime: Number.POSITIVE_INFINITY, // what somebody is editing does not change under their hands
    gcTime: 0,
  });
}

/** Every dead-letter queue; asked for more often while something is being moved. */
export function queuesQuery(api: Clients) {
  return queryOptions({
    queryKey: ["staff", "queues"],
    queryFn: async ({ signal }) => bodyOf(await api.operations.GET("/queues", { signal })).items,
    refetchInterval: ({ state }) =>
      state.data?.some(({ redrive }) => redrive?.status === "RUNNING") ? 1_000 : OFTEN,
  });
}
