import { useQuery } from "@tanstack/react-query";
import { CloudOff, TrendingUp } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useApi } from "../../api/context";
import { Problem } from "../../api/problem";
import { Empty, Failure, Skeletons } from "../../components/feedback";
import { asTime } from "../../components/format";
import { SignedIn } from "../account/signed-in-only";
import { historyQuery, type Top, topQuery, windowsQuery } from "./queries";
import { Reports } from "./reports";

const Chart = lazy(() => import("./chart"));

export function TrendsPage() {
  return (
    <SignedIn why="Trends are for members.">
      <div className="page">
        <div className="page-head">
          <div>
            <h1>Trends</h1>
            <p>What people post about elsewhere, counted by hashtag as it streams in, each post once.</p>
          </div>
        </div>
        <Trends />
      </div>
    </SignedIn>
  );
}

function Trends() {
  const api = useApi();
  const { data, error, isPending, refetch } = useQuery(windowsQuery(api));
  if (isPending) return <Skeletons rows={2} height="14rem" />;
  if (error instanceof Problem && error.status === 404) {
    return (
      <Empty icon={CloudOff} title="The stream is switched off here">
        <p>
          A stream costs while nobody uses it. Whoever deploys this application brings it in with{" "}
          <code>StreamService=true</code>.
        </p>
      </Empty>
    );
  }
  if (!data) return <Failure error={error} retry={() => void refetch()} />;
  return (
    <>
      <TopAndHistory windowSeconds={data.window_seconds} />
      <Reports />
    </>
  );
}

function TopAndHistory({ windowSeconds }: { windowSeconds: number }) {
  const api = useApi();
  const [back, setBack] = useState(0);
  const [chosen, setChosen] = useState<string>();
  const top = useQuery(topQuery(api, back, windowSeconds));
  const hashtag = chosen ?? top.data?.items[0]?.hashtag;
  return (
    <div className="trends">
      <section className="card stack" aria-labelledby="top">
        <div className="spread">
          <h2 id="top">Top hashtags</h2>
          <div className="row" role="group" aria-label="Window">
            {["now", "before", "earlier"].map((label, index) => (
              <button
                key={label}
                type="button"
                className="chip"
                aria-pressed={back === index}
                onClick={() => setBack(index)}
              >
                {label}
              </button>
            ))}
          </div>
        </div>
        {top.isPending && <Skeletons rows={6} height="2rem" />}
        {top.error && !top.data && <Failure error={top.error} retry={() => void top.refetch()} />}
        {top.data && <Bars top={top.data} chosen={hashtag} choose={setChosen} />}
      </section>
      <section className="card stack" aria-labelledby="history">
        <h2 id="history">{hashtag ? `#${hashtag}, the last hour` : "The last hour"}</h2>
        {hashtag ? <History hashtag={hashtag} /> : <p className="soft">Choose a hashtag.</p>}
      </section>
    </div>
  );
}

interface BarsProps {
  top: Top;
  chosen: string | undefined;
  choose: (hashtag: string) => void;
}

function Bars({ top, chosen, choose }: BarsProps) {
  const most = top.items[0]?.count ?? 1;
  if (top.items.length === 0) {
    return (
      <Empty icon={TrendingUp} title="Nobody has posted yet">
        <p>
          Since {asTime(top.window_start)}. Send some posts: <code>python -m loadtests.producer</code>
        </p>
      </Empty>
    );
  }
  return (
    <>
      <p className="soft small">
        {top.window_seconds} seconds from {asTime(top.window_start)}
      </p>
      <ol className="bars">
        {top.items.map(({ hashtag, count }) => (
          <li key={hashtag}>
            <button type="button" aria-pressed={hashtag === chosen} onClick={() => choose(hashtag)}>
              <span className="bar-fill" style={{ width: `${(100 * count) / most}%` }} />
              <span className="bar-name">#{hashtag}</span>
              <span className="number">{count}</span>
            </button>
          </li>
        ))}
      </ol>
    </>
  );
}

function History({ hashtag }: { hashtag: string }) {
  const api = useApi();
  const { data, error, isPending, refetch } = useQuery(historyQuery(api, hashtag));
  if (isPending) return <Skeletons rows={1} height="16rem" />;
  if (!data) return <Failure error={error} retry={() => void refetch()} />;
  return (
    <Suspense fallback={<Skeletons rows={1} height="16rem" />}>
      <Chart history={data} />
    </Suspense>
  );
}
