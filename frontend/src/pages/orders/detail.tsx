import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link, useParams } from "react-router";
import { bodyOf } from "../../api/client";
import { useApi } from "../../api/context";
import { Failure, Skeletons, useAnnounce } from "../../components/feedback";
import { asDateTime, asTime, money } from "../../components/format";
import { SignedIn } from "../account/signed-in-only";
import { isOpen, type Order, orderQuery } from "./queries";
import { REASON_WORDS, STEP_WORDS, stopsOf } from "./saga";
import { SagaPicture } from "./saga-picture";
import { Status } from "./status";

export function OrderPage() {
  const { id = "" } = useParams();
  return (
    <SignedIn why="An order is shown to whoever placed it.">
      <div className="page reading">
        <p>
          <Link to="/orders">All orders</Link>
        </p>
        <OrderView id={id} />
      </div>
    </SignedIn>
  );
}

function OrderView({ id }: { id: string }) {
  const api = useApi();
  const { data: order, error, isPending, refetch } = useQuery(orderQuery(api, id));
  if (isPending) return <Skeletons rows={3} height="8rem" />;
  if (!order) return <Failure error={error} retry={() => void refetch()} />;
  return (
    <>
      <div className="page-head">
        <div>
          <h1>Order of {asDateTime(order.created_at)}</h1>
          <p className="small">
            <code>{order.order_id}</code>
          </p>
        </div>
        <Status status={order.status} />
      </div>
      {error && <Failure error={error} retry={() => void refetch()} />}
      <Way order={order} />
      <Lines order={order} />
      <Timeline order={order} />
    </>
  );
}

function Way({ order }: { order: Order }) {
  const now = useNow(isOpen(order));
  useAnnouncedStatus(order);
  return (
    <section className="card saga" aria-label="Progress">
      <SagaPicture stops={stopsOf(order, now)} />
      {order.reason && (
        <p className={`notice ${order.reason === "CANCELLED_BY_MEMBER" ? "" : "bad"}`}>
          {REASON_WORDS[order.reason]}
        </p>
      )}
      {isOpen(order) && order.status !== "CANCELLED" && <Cancel order={order} />}
    </section>
  );
}

function Cancel({ order }: { order: Order }) {
  const api = useApi();
  const cache = useQueryClient();
  const { mutate, error, isPending } = useMutation({
    mutationFn: async () =>
      bodyOf(
        await api.orders.POST("/orders/{order_id}/cancel", {
          params: { path: { order_id: order.order_id } },
        }),
      ),
    onSuccess: (cancelled) => cache.setQueryData(["orders", "one", order.order_id], cancelled),
    onError: () => cache.invalidateQueries({ queryKey: ["orders", "one", order.order_id] }),
  });
  return (
    <div className="stack">
      <div>
        <button type="button" className="button danger" disabled={isPending} onClick={() => mutate()}>
          {isPending ? "Cancelling ..." : "Cancel the order"}
        </button>
      </div>
      {error && <Failure error={error} />}
    </div>
  );
}

function Lines({ order }: { order: Order }) {
  return (
    <section className="card flush scroll">
      <table>
        <caption className="visually-hidden">What was ordered</caption>
        <thead>
          <tr>
            <th scope="col">Product</th>
            <th scope="col" className="end">
              Price
            </th>
            <th scope="col" className="end">
              Quantity
            </th>
            <th scope="col" className="end">
              Sum
            </th>
          </tr>
        </thead>
        <tbody className="number">
          {order.lines.map(({ product_id, quantity, unit_price }) => (
            <tr key={product_id}>
              <th scope="row">{product_id}</th>
              <td className="end">{money(unit_price, order.currency)}</td>
              <td className="end">{quantity}</td>
              <td className="end">{money(unit_price * quantity, order.currency)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot className="number">
          <tr>
            <th scope="row" colSpan={3}>
              Total
            </th>
            <td className="end">
              <strong>{money(order.total, order.currency)}</strong>
            </td>
          </tr>
        </tfoot>
      </table>
    </section>
  );
}

function Timeline({ order }: { order: Order }) {
  return (
    <section className="card stack">
      <h2>What happened</h2>
      <ol className="timeline">
        {order.timeline.map(({ step, at }) => (
          <li key={step + at}>
            <span>{STEP_WORDS[step]}</span>
            <time className="soft small number" dateTime={at}>
              {asTime(at)}
            </time>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** The present, told every second while it matters. */
function useNow(ticking: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!ticking) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [ticking]);
  return now;
}

function useAnnouncedStatus(order: Order): void {
  const announce = useAnnounce();
  const last = order.timeline.at(-1)?.step;
  useEffect(() => {
    if (last) announce(STEP_WORDS[last]);
  }, [last, announce]);
}
