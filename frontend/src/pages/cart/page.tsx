import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Minus, Plus, ShoppingBag } from "lucide-react";
import { useId, useRef, useState } from "react";
import { Link, useNavigate } from "react-router";
import { bodyOf } from "../../api/client";
import { useApi } from "../../api/context";
import type { components } from "../../api/contracts/orders";
import { pause, worthRetrying } from "../../api/problem";
import { Art } from "../../components/art";
import { Empty, Failure } from "../../components/feedback";
import { money } from "../../components/format";
import { useMember } from "../../session/context";
import { type CartLine, emptyCart, MOST_OF_ONE, setQuantity, useCart } from "./cart";

type NewOrder = components["schemas"]["NewOrder"];

// The sandbox companies of the stack follow these; docs/services/order-saga.md tells what comes of each.
const PAYMENTS = [
  ["tok_ok", "A card that works"],
  ["tok_flaky", "A card that works at the second try"],
  ["tok_declined", "A card that is declined"],
  ["tok_timeout", "A card company that never answers"],
] as const;
const SHIPPINGS = [
  ["ship_ok", "A carrier that comes"],
  ["ship_flaky", "A carrier that comes at the second try"],
  ["ship_unavailable", "A carrier that does not go there"],
  ["ship_timeout", "A carrier that never answers"],
] as const;

export function CartPage() {
  const { lines, total, currency } = useCart();
  if (lines.length === 0) {
    return (
      <div className="page narrow">
        <h1 className="visually-hidden">Cart</h1>
        <Empty icon={ShoppingBag} title="Your cart is empty">
          <p>Put something in, and it waits here, also without signing in.</p>
          <Link className="button main" to="/">
            Look around the shop
          </Link>
        </Empty>
      </div>
    );
  }
  return (
    <div className="page reading">
      <h1>Cart</h1>
      <ul className="card flush list">
        {lines.map((line) => (
          <Line key={line.product_id} line={line} />
        ))}
        <li className="list-row">
          <strong className="grow">Total</strong>
          <strong className="number">{money(total, currency)}</strong>
        </li>
      </ul>
      <Checkout lines={lines} currency={currency} />
    </div>
  );
}

function Line({ line }: { line: CartLine }) {
  return (
    <li className="list-row">
      <Art product={{ image: line.image, category: line.category ?? "" }} small />
      <span className="grow">
        <strong>{line.name}</strong>
        <br />
        <span className="soft small number">{money(line.unit_price, line.currency)} each</span>
      </span>
      <span className="stepper">
        <button
          type="button"
          aria-label={`One ${line.name} less`}
          onClick={() => setQuantity(line, line.quantity - 1)}
        >
          <Minus size={16} aria-hidden />
        </button>
        <output aria-label={`How many of ${line.name}`}>{line.quantity}</output>
        <button
          type="button"
          aria-label={`One ${line.name} more`}
          disabled={line.quantity >= MOST_OF_ONE}
          onClick={() => setQuantity(line, line.quantity + 1)}
        >
          <Plus size={16} aria-hidden />
        </button>
      </span>
      <span className="number">{money(line.unit_price * line.quantity, line.currency)}</span>
    </li>
  );
}

function Checkout({ lines, currency }: { lines: readonly CartLine[]; currency: string }) {
  const api = useApi();
  const member = useMember();
  const navigate = useNavigate();
  const cache = useQueryClient();
  const [payment, setPayment] = useState<string>(PAYMENTS[0][0]);
  const [shipping, setShipping] = useState<string>(SHIPPINGS[0][0]);
  // One key for one order: kept over tries, so that an order whose answer was lost is not placed twice.
  const key = useRef<{ of: string; value: string }>(undefined);
  const { mutate, error, isPending } = useMutation({
    mutationFn: async (order: NewOrder) => {
      const of = JSON.stringify(order);
      if (key.current?.of !== of) key.current = { of, value: crypto.randomUUID() };
      const headers = { "Idempotency-Key": key.current.value };
      return bodyOf(await api.orders.POST("/orders", { params: { header: headers }, body: order }));
    },
    retry: worthRetrying,
    retryDelay: pause,
    onSuccess: (order) => {
      emptyCart();
      cache.setQueryData(["orders", "one", order.order_id], order);
      void cache.invalidateQueries({ queryKey: ["orders", "list"] });
      void navigate(`/orders/${order.order_id}`);
    },
  });
  const order: NewOrder = {
    currency: currency as NewOrder["currency"],
    lines: lines.map(({ product_id, quantity, unit_price }) => ({ product_id, quantity, unit_price })),
    payment_token: payment,
    shipping_token: shipping,
  };
  if (!member) {
    return (
      <p className="row">
        <Link className="button main" to="/sign-in?next=%2Fcart">
          Sign in to order
        </Link>
        <Link to="/sign-up">Make an account</Link>
      </p>
    );
  }
  return (
    <section className="card stack">
      <h2>Payment and shipment</h2>
      <p className="soft small">Both companies are sandboxes: no money moves. Choose how they behave.</p>
      <Choice label="Pay with" options={PAYMENTS} value={payment} choose={setPayment} />
      <Choice label="Ship with" options={SHIPPINGS} value={shipping} choose={setShipping} />
      {error !== null && <Failure error={error} retry={() => mutate(order)} />}
      <div>
        <button type="button" className="button main" disabled={isPending} onClick={() => mutate(order)}>
          {isPending ? "Placing the order ..." : "Place the order"}
        </button>
      </div>
    </section>
  );
}

interface ChoiceProps {
  label: string;
  options: readonly (readonly [string, string])[];
  value: string;
  choose: (value: string) => void;
}

function Choice({ label, options, value, choose }: ChoiceProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} className="input" value={value} onChange={(event) => choose(event.target.value)}>
        {options.map(([token, words]) => (
          <option key={token} value={token}>
            {words}
          </option>
        ))}
      </select>
    </div>
  );
}
