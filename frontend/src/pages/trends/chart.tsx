import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { asTime } from "../../components/format";
import type { History } from "./queries";

const HEIGHT = 260;

/** Seconds and counts, a point for each window: those that the answer leaves out are zero. */
function points({ since, until, window_seconds, items }: History): [number[], number[]] {
  const counts = new Map(items.map(({ window_start, count }) => [Date.parse(window_start) / 1000, count]));
  const at: number[] = [];
  for (let second = Date.parse(since) / 1000; second <= Date.parse(until) / 1000; second += window_seconds) {
    at.push(second);
  }
  return [at, at.map((second) => counts.get(second) ?? 0)];
}

const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name);

/** A CSS colour as the canvas takes it: custom properties with light-dark() are resolved by a probe. */
function resolved(name: string): string {
  const probe = document.createElement("span");
  probe.style.color = colour(name);
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

/** How often a hashtag was posted, as a line, and as a table for those who do not see it. */
export default function Chart({ history }: { history: History }) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  useEffect(() => {
    const within = place.current;
    if (!within) return;
    const axis = {
      stroke: resolved("--text-soft"),
      grid: { stroke: resolved("--line"), width: 1 },
      ticks: { show: false },
    };
    const made = new uPlot(
      {
        width: within.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { y: false },
        scales: { y: { range: (_, __, most) => [0, Math.max(4, most * 1.1)] } },
        axes: [axis, { ...axis, size: 44 }],
        series: [
          {},
          {
            stroke: resolved("--accent"),
            fill: resolved("--accent-soft"),
            width: 2,
            points: { show: false },
          },
        ],
      },
      [[], []],
      within,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: within.clientWidth, height: HEIGHT }));
    observer.observe(within);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, []);
  useEffect(() => plot.current?.setData(points(history)), [history]);
  const total = history.items.reduce((sum, { count }) => sum + count, 0);
  return (
    <figure className="stack">
      <div ref={place} role="img" aria-label={`Posts with #${history.hashtag} over time; ${total} in all`} />
      <details>
        <summary>{total} posts, as a table</summary>
        <div className="scroll">
          <table className="number">
            <thead>
              <tr>
                <th scope="col">From</th>
                <th scope="col" className="end">
                  Posts
                </th>
              </tr>
            </thead>
            <tbody>
              {history.items.map(({ window_start, count }) => (
                <tr key={window_start}>
                  <th scope="row">{asTime(window_start)}</th>
                  <td className="end">{count}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}
