import { useInfiniteQuery } from "@tanstack/react-query";
import { PackagePlus, Search, SearchX } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { Link, useSearchParams } from "react-router";
import { useApi } from "../../api/context";
import { Art } from "../../components/art";
import { Empty, Failure, Skeletons } from "../../components/feedback";
import { money } from "../../components/format";
import { shelfQuery } from "./queries";
import { StaffPage } from "./staff-only";

export function CataloguePage() {
  const [query, setQuery] = useSearchParams();
  const [name, setName] = useState("");
  const active = query.get("shelf") !== "withdrawn";
  return (
    <StaffPage
      title="Catalogue"
      says="What the shop sells, and what it has withdrawn."
      action={
        <Link className="button main" to="/staff/catalogue/new">
          <PackagePlus size={18} aria-hidden /> Add a product
        </Link>
      }
    >
      <div className="spread">
        <div className="row" role="group" aria-label="Shelf">
          {[true, false].map((shown) => (
            <button
              key={String(shown)}
              type="button"
              className="chip"
              aria-pressed={active === shown}
              onClick={() => setQuery(shown ? {} : { shelf: "withdrawn" }, { replace: true })}
            >
              {shown ? "on sale" : "withdrawn"}
            </button>
          ))}
        </div>
        <label className="search">
          <Search size={18} aria-hidden />
          <span className="visually-hidden">Search by name</span>
          <input
            type="search"
            placeholder="Search by name"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        </label>
      </div>
      <Shelf active={active} name={useDeferredValue(name)} />
    </StaffPage>
  );
}

function Shelf({ active, name }: { active: boolean; name: string }) {
  const api = useApi();
  const { data, error, isPending, refetch, fetchNextPage, hasNextPage } = useInfiniteQuery(
    shelfQuery(api, active, name),
  );
  if (isPending) return <Skeletons rows={5} />;
  if (!data) return <Failure error={error} retry={() => void refetch()} />;
  const products = data.pages.flatMap(({ items }) => items);
  if (products.length === 0) {
    return (
      <Empty icon={SearchX} title={name ? "Nothing by that name" : "This shelf is empty"}>
        <p>
          {active ? "Add a product, and everybody sees it." : "What is withdrawn is kept here, for staff."}
        </p>
      </Empty>
    );
  }
  return (
    <div className="stack">
      <div className="card flush list">
        {products.map((product) => (
          <Link key={product.product_id} className="list-row" to={`/staff/catalogue/${product.product_id}`}>
            <Art product={product} small />
            <span className="grow">
              <strong>{product.name}</strong>
              <br />
              <span className="small soft">
                {product.category} · <code>{product.product_id}</code>
              </span>
            </span>
            <span className="number">{money(product.unit_price, product.currency)}</span>
          </Link>
        ))}
      </div>
      {error && <Failure error={error} retry={() => void fetchNextPage()} />}
      {hasNextPage && (
        <button type="button" className="button" onClick={() => void fetchNextPage()}>
          Show more
        </button>
      )}
    </div>
  );
}
