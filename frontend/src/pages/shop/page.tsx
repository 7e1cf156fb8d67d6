import { useInfiniteQuery } from "@tanstack/react-query";
import { Search, SearchX } from "lucide-react";
import { useDeferredValue } from "react";
import { useSearchParams } from "react-router";
import { useApi } from "../../api/context";
import { Empty, Failure, Skeletons } from "../../components/feedback";
import { More } from "../../components/more";
import { ProductCard } from "./product-card";
import { type Filter, productsQuery } from "./queries";

const CATEGORIES = ["kitchen", "pantry", "desk", "home"];

export function ShopPage() {
  const [query, setQuery] = useSearchParams();
  const filter: Filter = { name: query.get("name") ?? "", category: query.get("category") ?? "" };
  const change = (changed: Partial<Filter>) => {
    const entries = Object.entries({ ...filter, ...changed }).filter(([, value]) => value);
    setQuery(Object.fromEntries(entries), { replace: true });
  };
  return (
    <div className="page">
      <div className="page-head">
        <div>
          <h1>Things that last</h1>
          <p>A small market, serverless from end to end. Order something and watch what becomes of it.</p>
        </div>
        <label className="search">
          <Search size={18} aria-hidden />
          <span className="visually-hidden">Search by name</span>
          <input
            type="search"
            placeholder="Search by name"
            value={filter.name}
            onChange={(event) => change({ name: event.target.value })}
          />
        </label>
      </div>
      <div className="row" role="group" aria-label="Category">
        {["", ...CATEGORIES].map((category) => (
          <button
            key={category}
            type="button"
            className="chip"
            aria-pressed={filter.category === category}
            onClick={() => change({ category })}
          >
            {category || "all"}
          </button>
        ))}
      </div>
      <Products filter={filter} />
    </div>
  );
}

function Products({ filter }: { filter: Filter }) {
  const api = useApi();
  const name = useDeferredValue(filter.name);
  const list = useInfiniteQuery(productsQuery(api, { ...filter, name }));
  const { data, error, isPending, refetch } = list;
  if (isPending) return <Skeletons rows={3} height="9rem" />;
  if (!data) return <Failure error={error} retry={() => void refetch()} />;
  const products = data.pages.flatMap(({ items }) => items);
  if (products.length === 0) {
    return (
      <Empty icon={SearchX} title="Nothing by that name">
        <p>A name is found by how it begins. Try fewer letters, or another category.</p>
      </Empty>
    );
  }
  return (
    <>
      <ul className="grid">
        {products.map((product) => (
          <ProductCard key={product.product_id} product={product} />
        ))}
      </ul>
      <More of={list} label="Show more" />
    </>
  );
}
