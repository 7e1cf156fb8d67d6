import { lasting } from "../../components/format";
import type { Order, Step } from "./queries";

/** A stop of the order's way, as the member sees it. */
export interface Stop {
  name: string;
  state: "ahead" | "now" | "done" | "failed" | "undoing" | "undone";
  at?: string;
  /** When it had been done, for one that was undone. */
  doneAt?: string;
  note?: string;
}

interface Plan {
  name: string;
  done: Step;
  undone?: Step;
  /** The reasons of a refusal that this stop gives. */
  refuses: readonly NonNullable<Order["reason"]>[];
}

const APPROVAL: Plan = {
  name: "Approval",
  done: "APPROVED",
  refuses: ["APPROVAL_REFUSED", "APPROVAL_EXPIRED"],
};
const PLAN: readonly Plan[] = [
  { name: "Stock", done: "STOCK_RESERVED", undone: "STOCK_RELEASED", refuses: ["OUT_OF_STOCK"] },
  { name: "Payment", done: "PAYMENT_TAKEN", undone: "PAYMENT_REFUNDED", refuses: ["PAYMENT_DECLINED"] },
  {
    name: "Shipment",
    done: "SHIPMENT_BOOKED",
    undone: "SHIPMENT_CANCELLED",
    refuses: ["SHIPPING_UNAVAILABLE"],
  },
];
const UNDONE_AS: Partial<Record<Step, string>> = {
  STOCK_RELEASED: "released",
  PAYMENT_REFUNDED: "refunded",
  SHIPMENT_CANCELLED: "cancelled",
};
const REFUSED_AS: Record<NonNullable<Order["reason"]>, string> = {
  OUT_OF_STOCK: "sold out",
  APPROVAL_REFUSED: "refused",
  APPROVAL_EXPIRED: "not answered",
  PAYMENT_DECLINED: "declined",
  SHIPPING_UNAVAILABLE: "not available",
  CANCELLED_BY_MEMBER: "cancelled",
  FAULT: "failed",
};
/** A step usually takes a second: after this long it is being tried again. */
const USUAL = 6_000;

/**
 * The stops of an order, from its timeline: what is done, under way, refused and undone.
 *
 * `now` is the present in milliseconds, to tell a step that is being retried.
 */
export function stopsOf(order: Order, now: number): readonly Stop[] {
  const at = new Map(order.timeline.map((entry) => [entry.step, entry.at]));
  const last = order.timeline.at(-1)?.at;
  const asked = at.has("APPROVAL_REQUESTED");
  const plans = asked ? [PLAN[0] as Plan, APPROVAL, ...PLAN.slice(1)] : PLAN;
  const ending = order.status !== "PENDING" && order.status !== "AWAITING_APPROVAL";
  const isUndoing = at.has("CANCEL_REQUESTED")
    ? !at.has("CANCELLED")
    : !ending && PLAN.some(({ undone }) => undone && at.has(undone));
  let reached = true;
  const stops = plans.map(({ name, done, undone, refuses }): Stop => {
    const undoneAt = undone && at.get(undone);
    const doneAt = at.get(done);
    if (undone && undoneAt) {
      const note = UNDONE_AS[undone] ?? "undone";
      return { name, state: "undone", at: undoneAt, note, ...(doneAt && { doneAt }) };
    }
    if (doneAt && undone && isUndoing) return { name, state: "undoing", at: doneAt, note: "being undone" };
    if (doneAt) return { name, state: "done", at: doneAt };
    const first = reached;
    reached = false;
    if (order.reason && refuses.includes(order.reason)) {
      return { name, state: "failed", note: REFUSED_AS[order.reason] };
    }
    if (ending)
      return first && order.reason === "FAULT"
        ? { name, state: "failed", note: "failed" }
        : { name, state: "ahead" };
    if (!first || isUndoing) return { name, state: "ahead" };
    if (name === APPROVAL.name) return { name, state: "now", note: "waits for staff" };
    const since = last === undefined ? 0 : now - Date.parse(last);
    const note = since > USUAL ? `trying again, for ${lasting(since / 1000)}` : "under way";
    return { name, state: "now", note };
  });
  return [{ name: "Placed", state: "done", at: order.created_at }, ...stops, endOf(order, at)];
}

function endOf({ status }: Order, at: ReadonlyMap<Step, string>): Stop {
  if (status === "REJECTED") return stop("Rejected", "failed", at.get("REJECTED"));
  if (status === "CANCELLED" || at.has("CANCEL_REQUESTED")) {
    const ended = at.get("CANCELLED");
    return ended
      ? stop("Cancelled", "undone", ended)
      : { name: "Cancelled", state: "now", note: "being undone" };
  }
  return status === "CONFIRMED"
    ? stop("Confirmed", "done", at.get("CONFIRMED"))
    : { name: "Confirmed", state: "ahead" };
}

const stop = (name: string, state: Stop["state"], at: string | undefined): Stop =>
  at ? { name, state, at } : { name, state };

/** What happened, in words. */
export const STEP_WORDS: Record<Step, string> = {
  PLACED: "The order was placed",
  STOCK_RESERVED: "The goods were put aside",
  APPROVAL_REQUESTED: "Staff were asked for their approval",
  APPROVAL_REMINDED: "Staff were reminded",
  APPROVED: "Staff approved the order",
  REFUSED: "Staff refused the order",
  PAYMENT_TAKEN: "The payment was taken",
  SHIPMENT_BOOKED: "The shipment was booked",
  CANCEL_REQUESTED: "You cancelled the order",
  SHIPMENT_CANCELLED: "The shipment was cancelled",
  PAYMENT_REFUNDED: "The payment was refunded",
  STOCK_RELEASED: "The goods went back on the shelf",
  CONFIRMED: "The order is confirmed",
  REJECTED: "The order was rejected",
  CANCELLED: "The order is cancelled, and nothing of it is left",
};

export const REASON_WORDS: Record<NonNullable<Order["reason"]>, string> = {
  OUT_OF_STOCK: "Something in it is sold out. Nothing was charged.",
  APPROVAL_REFUSED: "Staff did not approve it. Nothing was charged.",
  APPROVAL_EXPIRED: "Nobody approved it in time. Nothing was charged.",
  PAYMENT_DECLINED: "The payment was declined. Nothing was charged.",
  SHIPPING_UNAVAILABLE: "It cannot be shipped there. What was charged is refunded.",
  CANCELLED_BY_MEMBER: "You cancelled it. What was charged is refunded.",
  FAULT: "Something failed on our side. What was charged is refunded.",
};
