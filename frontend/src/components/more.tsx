import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import { Failure } from "./feedback";

/** The end of a list: what went wrong with its last page, and the way to the next one. */
export function More({ of, label }: { of: UseInfiniteQueryResult<InfiniteData<unknown>>; label: string }) {
  const { error, hasNextPage, isFetchingNextPage, fetchNextPage } = of;
  if (error) return <Failure error={error} retry={() => void fetchNextPage()} />;
  if (!hasNextPage) return null;
  return (
    <button
      type="button"
      className="button"
      onClick={() => void fetchNextPage()}
      disabled={isFetchingNextPage}
    >
      {isFetchingNextPage ? "Loading ..." : label}
    </button>
  );
}
