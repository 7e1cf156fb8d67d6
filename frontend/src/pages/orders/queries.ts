import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { bodyOf, type Clients } from "../../api/client";
import type { components } from "../../api/contracts/orders";

export type Order = components["schemas"]["Order"];
export type Step = Order["timeline"][number]["step"];

const OPEN: ReadonlySet<Order["status"]> = new Set(["PENDING", "AWAITING_APPROVAL"]);

/** Whether more will happen to the order. */
export const isOpen = (order: Order): boolean => OPEN.has(order.status) || isBeingUndone(order);

/** A cancelled order is answered as such at once; what was done for it is undone after that. */
function isBeingUndone({ status, timeline }: Order): boolean {
  const steps = new Set(timeline.map(({ step }) => step));
  return status === "CANCELLED" && steps.has("CANCEL_REQUESTED") && !steps.has("CANCELLED");
}

/** One order, asked for again as often as the API says while more will happen to it. */
export function orderQuery(api: Clients, id: string) {
  let pollAfter = 1;
  return queryOptions({
    queryKey: ["orders", "one", id],
    queryFn: async ({ signal }) => {
      const answer = await api.orders.GET("/orders/{order_id}", {
        params: { path: { order_id: id } },
        signal,
      });
      pollAfter = Number(answer.response.headers.get("Retry-After") ?? 1) || 1;
      return bodyOf(answer);
    },
    refetchInterval: ({ state }) => (state.data && isOpen(state.data) ? pollAfter * 1000 : false),
  });
}

export function ordersQuery(api: Clients) {
  return infiniteQueryOptions({
    queryKey: ["orders", "list"],
    queryFn: async ({ pageParam, signal }) => {
      const query = pageParam ? { cursor: pageParam } : {};
      return bodyOf(await api.orders.GET("/orders", { params: { query }, signal }));
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
  });
}
