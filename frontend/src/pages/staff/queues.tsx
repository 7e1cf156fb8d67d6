import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { CircleCheck, Inbox, RotateCcw } from "lucide-react";
import { bodyOf } from "../../api/client";
import { useApi } from "../../api/context";
import { Failure, Skeletons, useAnnounce } from "../../components/feedback";
import { ago, asDateTime, lasting } from "../../components/format";
import { type Queue, queuesQuery, type Redrive } from "./queries";
import { StaffPage } from "./staff-only";

export function QueuesPage() {
  return (
    <StaffPage
      title="Dead letters"
      says="What no function could handle, after all its retries. Mend the cause first, then move it back."
    >
      <Queues />
    </StaffPage>
  );
}

function Queues() {
  const api = useApi();
  const { data: queues, error, isPending, refetch } = useQuery(queuesQuery(api));
  if (isPending) return <Skeletons rows={4} height="8rem" />;
  if (!queues) return <Failure error={error} retry={() => void refetch()} />;
  const waiting = queues.reduce((sum, { depth }) => sum + depth, 0);
  // What needs somebody comes first; within that, the services stay together.
  const sorted = [...queues].sort((a, b) => Math.sign(b.depth) - Math.sign(a.depth));
  return (
    <div className="stack">
      {error && <Failure error={error} retry={() => void refetch()} />}
      <p className={`notice ${waiting > 0 ? "warn" : "good"}`}>
        <strong className="row">
          {waiting > 0 ? <Inbox size={20} aria-hidden /> : <CircleCheck size={20} aria-hidden />}
          {waiting > 0
            ? `${waiting} ${waiting === 1 ? "message waits" : "messages wait"}`
            : "All queues are empty"}
        </strong>
      </p>
      <ul className="queues">
        {sorted.map((queue) => (
          <QueueCard key={queue.name} queue={queue} />
        ))}
      </ul>
    </div>
  );
}

function QueueCard({ queue }: { queue: Queue }) {
  const api = useApi();
  const cache = useQueryClient();
  const announce = useAnnounce();
  const { mutate, error, isPending } = useMutation({
    mutationFn: async () =>
      bodyOf(
        await api.operations.POST("/queues/{queue_name}/redrive", {
          params: { path: { queue_name: queue.name } },
        }),
      ),
    onSuccess: (redrive) => {
      announce(`Moving the messages of ${queue.title}`);
      cache.setQueryData(queuesQuery(api).queryKey, (known) =>
        known?.map((each) => (each.name === queue.name ? { ...each, redrive } : each)),
      );
    },
  });
  const running = queue.redrive?.status === "RUNNING";
  return (
    <li className={`card stack queue ${queue.depth > 0 ? "waiting" : ""}`}>
      <div className="spread top">
        <div>
          <p className="small soft">{queue.service}</p>
          <h2>{queue.title}</h2>
        </div>
        <p className="depth">
          <strong className="number">{queue.depth}</strong> <span className="small soft">waiting</span>
        </p>
      </div>
      <p className="soft small">{queue.holds}</p>
      <div className="spread">
        <p className="small soft">
          <code>{queue.name}</code>
          {queue.depth > 0 && queue.oldest_seconds !== undefined && (
            <> · the oldest for {lasting(queue.oldest_seconds)}</>
          )}
        </p>
        {(queue.depth > 0 || running || isPending) && (
          <button
            type="button"
            className="button"
            aria-label={`Redrive ${queue.title}`}
            disabled={running || isPending}
            onClick={() => mutate()}
          >
            <RotateCcw size={16} aria-hidden /> {running || isPending ? "Moving ..." : "Redrive"}
          </button>
        )}
      </div>
      {error && <Failure error={error} retry={() => mutate()} />}
      {queue.redrive && <Progress redrive={queue.redrive} />}
    </li>
  );
}

/** How far the last redrive is, or how it ended. */
function Progress({ redrive }: { redrive: Redrive }) {
  const { status, moved = 0, stay = 0, reasons = [], ended_at } = redrive;
  const look = status === "RUNNING" ? "busy" : status === "FAILED" ? "bad" : stay > 0 ? "warn" : "good";
  const done = stay > 0 && moved === 0 ? "Nothing moved" : "Moved back";
  const words = { RUNNING: "Moving back", DONE: done, FAILED: "Failed" }[status];
  return (
    <div className="redrive" role="status">
      <span className={`badge ${look}`}>{words}</span>
      <span className="small number">
        {moved} moved{stay > 0 && `, ${stay} stay`}
        {ended_at && (
          <time className="soft" dateTime={ended_at} title={asDateTime(ended_at)}>
            {" "}
            · {ago(ended_at)}
          </time>
        )}
      </span>
      {reasons.length > 0 && (
        <ul className="small soft">
          {reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
