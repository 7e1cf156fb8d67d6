import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { ClipboardCheck } from "lucide-react";
import { type SubmitEvent, useState } from "react";
import { bodyOf } from "../../api/client";
import { useApi } from "../../api/context";
import { Problem } from "../../api/problem";
import { Empty, Failure, Skeletons, useAnnounce } from "../../components/feedback";
import { TextField } from "../../components/form";
import { ago, asDateTime, money } from "../../components/format";
import { type AwaitingOrder, approvalsQuery } from "./queries";
import { StaffPage } from "./staff-only";

type Verdict = "APPROVED" | "REFUSED";

export function ApprovalsPage() {
  return (
    <StaffPage
      title="Approvals"
      says="Large orders wait here until somebody answers. The first answer stands."
    >
      <Approvals />
    </StaffPage>
  );
}

function Approvals() {
  const api = useApi();
  const { data, error, isPending, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } =
    useInfiniteQuery(approvalsQuery(api));
  // An answered order leaves the list a moment later: until then it says how it was answered.
  const [answered, setAnswered] = useState<Readonly<Record<string, string>>>({});
  if (isPending) return <Skeletons rows={3} height="9rem" />;
  if (!data) return <Failure error={error} retry={() => void refetch()} />;
  const orders = data.pages.flatMap(({ items }) => items);
  if (orders.length === 0) {
    return (
      <Empty icon={ClipboardCheck} title="Nothing waits for you">
        <p>An order above the amount that the shop has set shows up here.</p>
      </Empty>
    );
  }
  return (
    <div className="stack">
      {error && <Failure error={error} retry={() => void refetch()} />}
      <ul className="stack">
        {orders.map((order) => (
          <Order
            key={order.order_id}
            order={order}
            answered={answered[order.order_id]}
            tell={(words) => setAnswered((before) => ({ ...before, [order.order_id]: words }))}
          />
        ))}
      </ul>
      {hasNextPage && (
        <button
          type="button"
          className="button"
          onClick={() => void fetchNextPage()}
          disabled={isFetchingNextPage}
        >
          {isFetchingNextPage ? "Loading ..." : "Show more orders"}
        </button>
      )}
    </div>
  );
}

interface OrderProps {
  order: AwaitingOrder;
  answered: string | undefined;
  tell: (words: string) => void;
}

function Order({ order, answered, tell }: OrderProps) {
  return (
    <li className="card stack">
      <div className="spread">
        <div>
          <h2 className="number">{money(order.total, order.currency)}</h2>
          <p className="small soft">
            <code>{order.order_id}</code>
          </p>
        </div>
        <dl className="facts">
          <div>
            <dt>Waits since</dt>
            <dd>
              <time dateTime={order.awaiting_since} title={asDateTime(order.awaiting_since)}>
                {ago(order.awaiting_since)}
              </time>
            </dd>
          </div>
          <div>
            <dt>Expires</dt>
            <dd>
              <time dateTime={order.awaiting_until} title={asDateTime(order.awaiting_until)}>
                {ago(order.awaiting_until)}
              </time>
            </dd>
          </div>
        </dl>
      </div>
      {answered ? (
        <p className="notice" role="status">
          {answered}
        </p>
      ) : (
        <AnswerForm order={order} tell={tell} />
      )}
    </li>
  );
}

function AnswerForm({ order, tell }: Omit<OrderProps, "answered">) {
  const api = useApi();
  const cache = useQueryClient();
  const announce = useAnnounce();
  const [reason, setReason] = useState("");
  const [missing, setMissing] = useState(false);
  const { mutate, error, isPending, variables } = useMutation({
    mutationFn: async (answer: Verdict) =>
      bodyOf(
        await api.orders.POST("/orders/{order_id}/approval", {
          params: { path: { order_id: order.order_id } },
          body: { answer, reason: reason.trim() },
        }),
      ),
    onSuccess: ({ answer }) => finish(answer === "APPROVED" ? "You approved it." : "You refused it."),
    onError: (refusal) => {
      // Too late is an answer too: somebody else was first, or the time ran out.
      if (refusal instanceof Problem && (refusal.status === 409 || refusal.status === 404)) {
        finish(refusal.message);
      }
    },
  });
  const finish = (words: string) => {
    tell(words);
    announce(words);
    void cache.invalidateQueries({ queryKey: ["staff", "approvals"] });
  };
  const answer = (verdict: Verdict) => (event: SubmitEvent | React.MouseEvent) => {
    event.preventDefault();
    setMissing(!reason.trim());
    if (reason.trim()) mutate(verdict);
  };
  return (
    <form className="stack" onSubmit={answer("APPROVED")} noValidate>
      <TextField
        label="Reason, for your colleagues"
        value={reason}
        maxLength={500}
        onChange={(event) => setReason(event.target.value)}
        wrong={missing && !reason.trim() ? "Say why: who looks at it later has only this." : undefined}
      />
      {error && <Failure error={error} />}
      <div className="row">
        <button type="submit" className="button main" disabled={isPending}>
          {isPending && variables === "APPROVED" ? "Approving ..." : "Approve"}
        </button>
        <button type="button" className="button danger" disabled={isPending} onClick={answer("REFUSED")}>
          {isPending && variables === "REFUSED" ? "Refusing ..." : "Refuse"}
        </button>
      </div>
    </form>
  );
}
