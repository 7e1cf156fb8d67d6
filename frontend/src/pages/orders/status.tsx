import type { Order } from "./queries";

const LOOKS: Record<Order["status"], [string, string]> = {
  PENDING: ["Under way", "busy"],
  AWAITING_APPROVAL: ["Awaiting approval", "warn busy"],
  CONFIRMED: ["Confirmed", "good"],
  REJECTED: ["Rejected", "bad"],
  CANCELLED: ["Cancelled", ""],
};

export function Status({ status }: { status: Order["status"] }) {
  const [words, look] = LOOKS[status];
  return <span className={`badge ${look}`}>{words}</span>;
}
