import { useInfiniteQuery } from "@tanstack/react-query";
import { Package } from "lucide-react";
import { Link } from "react-router";
import { useApi } from "../../api/context";
import { Empty, Failure, Skeletons } from "../../components/feedback";
import { ago, asDateTime, money } from "../../components/format";
import { More } from "../../components/more";
import { SignedIn } from "../account/signed-in-only";
import { ordersQuery } from "./queries";
import { Status } from "./status";

export function OrdersPage() {
  return (
    <SignedIn why="Your orders are shown to you alone.">
      <div className="page reading">
        <div className="page-head">
          <h1>Your orders</h1>
        </div>
        <Orders />
      </div>
    </SignedIn>
  );
}

function Orders() {
  const api = useApi();
  const list = useInfiniteQuery(ordersQuery(api));
  const { data, error, isPending, refetch } = list;
  if (isPending) return <Skeletons rows={4} />;
  if (!data) return <Failure error={error} retry={() => void refetch()} />;
  const orders = data.pages.flatMap(({ items }) => items);
  if (orders.length === 0) {
    return (
      <Empty icon={Package} title="No order yet">
        <p>What you order shows up here, with every step it takes.</p>
        <Link className="button main" to="/">
          Look around the shop
        </Link>
      </Empty>
    );
  }
  return (
    <div className="stack">
      <div className="card flush list">
        {orders.map((order) => (
          <Link key={order.order_id} className="list-row" to={`/orders/${order.order_id}`}>
            <span className="grow">
              <strong>
                {order.lines.map(({ product_id, quantity }) => `${quantity} × ${product_id}`).join(", ")}
              </strong>
              <br />
              <time className="soft small" dateTime={order.created_at} title={asDateTime(order.created_at)}>
                {ago(order.created_at)}
              </time>
            </span>
            <span className="number">{money(order.total, order.currency)}</span>
            <Status status={order.status} />
          </Link>
        ))}
      </div>
      <More of={list} label="Show older orders" />
    </div>
  );
}
