import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { type SubmitEvent, useRef, useState } from "react";
import { bodyOf } from "../../api/client";
import { useApi } from "../../api/context";
import { pause, worthRetrying } from "../../api/problem";
import { Failure, Skeletons } from "../../components/feedback";
import { TextField } from "../../components/form";
import { type Report, reportQuery } from "./queries";

const DAY = 86_400_000;
const SHOWN = 5;
const day = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 10);

/** A report on the archived posts of some days: asked for, followed while the query runs, and fetched. */
export function Reports() {
  const api = useApi();
  const cache = useQueryClient();
  const [since, setSince] = useState(() => day(Date.now() - 6 * DAY));
  const [until, setUntil] = useState(() => day(Date.now()));
  const [asked, setAsked] = useState<readonly string[]>([]);
  // One key for one report: kept over tries.
  const key = useRef<{ of: string; value: string }>(undefined);
  const { mutate, error, isPending } = useMutation({
    mutationFn: async () => {
      const of = `${since} ${until} ${asked.length}`;
      if (key.current?.of !== of) key.current = { of, value: crypto.randomUUID() };
      const header = { "Idempotency-Key": key.current.value };
      return bodyOf(await api.stream.POST("/reports", { params: { header }, body: { since, until } }));
    },
    retry: worthRetrying,
    retryDelay: pause,
    onSuccess: (report) => {
      cache.setQueryData(["reports", report.report_id], report);
      setAsked((before) => [report.report_id, ...before].slice(0, SHOWN));
    },
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    mutate();
  };
  return (
    <section className="card stack" aria-labelledby="reports">
      <h2 id="reports">Report on the archive</h2>
      <p className="soft small">
        Every post is archived, too. A report counts the hashtags of whole days by SQL; it takes a while, and
        nothing waits for it but this page.
      </p>
      <form className="row report-form" onSubmit={submit}>
        <TextField
          label="From"
          type="date"
          required
          max={until}
          value={since}
          onChange={(event) => setSince(event.target.value)}
        />
        <TextField
          label="To"
          type="date"
          required
          min={since}
          value={until}
          onChange={(event) => setUntil(event.target.value)}
        />
        <button type="submit" className="button main" disabled={isPending}>
          {isPending ? "One moment ..." : "Ask for a report"}
        </button>
      </form>
      {error !== null && <Failure error={error} retry={() => mutate()} />}
      <ul className="stack">
        {asked.map((id) => (
          <ReportRow key={id} id={id} />
        ))}
      </ul>
    </section>
  );
}

const LOOKS: Record<Report["status"], [string, string]> = {
  RUNNING: ["Under way", "busy"],
  SUCCEEDED: ["Ready", "good"],
  FAILED: ["Failed", "bad"],
  CANCELLED: ["Cancelled", ""],
};

function ReportRow({ id }: { id: string }) {
  const api = useApi();
  const cache = useQueryClient();
  const { data: report, error, refetch } = useQuery(reportQuery(api, id));
  const cancel = useMutation({
    mutationFn: () => api.stream.DELETE("/reports/{report_id}", { params: { path: { report_id: id } } }),
    onSettled: () => cache.invalidateQueries({ queryKey: ["reports", id] }),
  });
  if (!report) {
    return (
      <li>
        {error ? (
          <Failure error={error} retry={() => void refetch()} />
        ) : (
          <Skeletons rows={1} height="2.5rem" />
        )}
      </li>
    );
  }
  const [words, look] = LOOKS[report.status];
  return (
    <li className="spread">
      <span className="grow">
        {report.since} to {report.until}
        {report.status === "RUNNING" && (
          <span className="soft small">
            {" "}
            · asked {report.polls ?? 0} times, {report.query_state ?? "starting"}
          </span>
        )}
      </span>
      <span className={`badge ${look}`}>{words}</span>
      {report.status === "RUNNING" && (
        <button
          type="button"
          className="button quiet"
          onClick={() => cancel.mutate()}
          disabled={cancel.isPending}
        >
          Cancel
        </button>
      )}
      {report.result && (
        <a className="button" href={report.result.url} download>
          <Download size={16} aria-hidden /> CSV
        </a>
      )}
    </li>
  );
}
