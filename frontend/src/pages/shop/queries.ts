import { infiniteQueryOptions, keepPreviousData } from "@tanstack/react-query";
import { bodyOf, type Clients } from "../../api/client";
import type { components } from "../../api/contracts/web";

export type Product = components["schemas"]["Product"];

/** What of the catalogue is shown; an empty text is no filter. */
export interface Filter {
  name: string;
  category: string;
}

export function productsQuery(api: Clients, { name, category }: Filter) {
  return infiniteQueryOptions({
    queryKey: ["products", name, category],
    queryFn: async ({ pageParam, signal }) => {
      const query = {
        limit: 24,
        ...(name.trim() && { name: name.trim() }),
        ...(category && { category }),
        ...(pageParam && { cursor: pageParam }),
      };
      return bodyOf(await api.catalog.GET("/products", { params: { query }, signal }));
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
}
