import { useQuery, useQueryClient } from "@tanstack/react-query";
import { CloudOff, Hourglass, type LucideIcon, TriangleAlert } from "lucide-react";
import { type ReactNode, useCallback, useEffect, useState, useSyncExternalStore } from "react";
import { Link, useLocation } from "react-router";
import { Problem } from "../api/problem";

/** Says what went wrong and offers the next step. A 429 counts down before it offers another try. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const problem = error instanceof Problem ? error : new Problem(0, "Something went wrong on this page.");
  const { pathname } = useLocation();
  const [wait, setWait] = useState(problem.status === 429 ? (problem.retryAfter ?? 1) : 0);
  useEffect(() => {
    if (wait <= 0) return;
    const timer = setTimeout(() => setWait(wait - 1), 1000);
    return () => clearTimeout(timer);
  }, [wait]);
  const [Icon, title] = wordsFor(problem);
  return (
    <div className={`notice ${problem.status === 429 ? "warn" : "bad"}`} role="alert">
      <strong className="row">
        <Icon size={20} aria-hidden /> {title}
      </strong>
      <p>{problem.message}</p>
      {problem.errors.length > 0 && (
        <ul className="small">
          {problem.errors.map(({ field, detail }) => (
            <li key={field}>
              <code>{field}</code> {detail}
            </li>
          ))}
        </ul>
      )}
      {problem.status === 401 && (
        <Link className="button" to={`/sign-in?next=${encodeURIComponent(pathname)}`}>
          Sign in again
        </Link>
      )}
      {retry && problem.status !== 401 && (
        <button type="button" className="button" onClick={retry} disabled={wait > 0}>
          {wait > 0 ? `Try again in ${wait} s` : "Try again"}
        </button>
      )}
    </div>
  );
}

function wordsFor(problem: Problem): [LucideIcon, string] {
  if (problem.status === 0) return [CloudOff, "No connection"];
  if (problem.status === 429) return [Hourglass, "Too many requests"];
  if (problem.status === 401) return [TriangleAlert, "Your session is not valid"];
  if (problem.status === 403) return [TriangleAlert, "Not allowed"];
  if (problem.status === 404) return [TriangleAlert, "Not found"];
  return [TriangleAlert, problem.status >= 500 ? "The service has a fault" : "That did not work"];
}

interface EmptyProps {
  icon: LucideIcon;
  title: string;
  /** Whether this is all that the page has to say. */
  whole?: boolean;
  children: ReactNode;
}

/** Nothing is here yet: says why, and what would bring something. */
export function Empty({ icon: Icon, title, whole = false, children }: EmptyProps) {
  const Heading = whole ? "h1" : "h2";
  return (
    <div className="empty">
      <Icon aria-hidden strokeWidth={1.5} />
      <Heading>{title}</Heading>
      {children}
    </div>
  );
}

/** Stands where rows will be, of about their height; offline nothing comes, and that is said. */
export function Skeletons({ rows = 3, height = "4.5rem" }: { rows?: number; height?: string }) {
  const online = useOnline();
  if (!online) {
    return (
      <p className="notice row">
        <CloudOff size={20} aria-hidden /> This comes once you are online again.
      </p>
    );
  }
  return (
    <div className="stack" role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="skeleton" style={{ height }} />
      ))}
    </div>
  );
}

function subscribeToConnection(listener: () => void): () => void {
  window.addEventListener("online", listener);
  window.addEventListener("offline", listener);
  return () => {
    window.removeEventListener("online", listener);
    window.removeEventListener("offline", listener);
  };
}

const useOnline = (): boolean => useSyncExternalStore(subscribeToConnection, () => navigator.onLine);

/** A line under the bar while the machine is offline. */
export function OfflineLine() {
  const online = useOnline();
  return (
    <div role="status">{!online && <p className="offline">You are offline. What you see may be old.</p>}</div>
  );
}

/** A piece of news for people who do not see the page change. */
export function useAnnounce(): (words: string) => void {
  const cache = useQueryClient();
  return useCallback((words) => cache.setQueryData(["announcement"], words), [cache]);
}

export function Announcer() {
  const { data } = useQuery({ queryKey: ["announcement"], queryFn: () => "", staleTime: Infinity });
  return (
    <div className="visually-hidden" role="status" aria-live="polite">
      {data}
    </div>
  );
}
