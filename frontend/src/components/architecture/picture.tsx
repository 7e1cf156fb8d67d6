import {
  Activity,
  Database,
  FolderOpen,
  Globe,
  Inbox,
  KeyRound,
  type LucideIcon,
  UserRound,
  Waypoints,
} from "lucide-react";
import { useId } from "react";
import type { Kind, Node, Scenario } from "./scenario";

const WIDTH = 360;
const HEIGHT = 50;
const GAP = 32;
const WIDEST = 116;

const ICONS: Partial<Record<Kind, LucideIcon>> = {
  people: UserRound,
  network: Globe,
  security: KeyRound,
  workflow: Waypoints,
  table: Database,
  storage: FolderOpen,
  queue: Inbox,
  stream: Activity,
};

interface Box {
  node: Node;
  x: number;
  y: number;
  width: number;
}

function placed(scenario: Scenario): ReadonlyMap<string, Box> {
  const boxes = scenario.rows.flatMap((row, level) => {
    const room = WIDTH / row.length;
    const width = Math.min(WIDEST, room - 6);
    return row.map((node, place): [string, Box] => [
      node.id,
      { node, width, x: (place + 0.5) * room - width / 2, y: 1 + level * (HEIGHT + GAP) },
    ]);
  });
  return new Map(boxes);
}

/** The way from one box to another: down where it can, else along the row. */
function line(from: Box, to: Box): string {
  const [ax, bx] = [from.x + from.width / 2, to.x + to.width / 2];
  if (from.y === to.y) {
    const right = bx > ax;
    const y = from.y + HEIGHT / 2;
    return `M${right ? from.x + from.width : from.x} ${y}H${right ? to.x : to.x + to.width}`;
  }
  const down = to.y > from.y;
  const ay = down ? from.y + HEIGHT : from.y;
  const by = down ? to.y : to.y + HEIGHT;
  const bend = (by - ay) / 2;
  return `M${ax} ${ay}C${ax} ${ay + bend} ${bx} ${by - bend} ${bx} ${by}`;
}

interface PictureProps {
  scenario: Scenario;
  /** The ids of what was just used. */
  lit: ReadonlySet<string>;
}

/** A scenario's architecture, drawn, with what was just used lit up. */
export function Picture({ scenario, lit }: PictureProps) {
  const id = useId();
  const boxes = placed(scenario);
  const used = [...boxes.values()].filter(({ node }) => lit.has(node.id)).map(({ node }) => node.label);
  const height = scenario.rows.length * (HEIGHT + GAP) - GAP + 2;
  const edges = scenario.edges.flatMap(([from = "", to = ""]) => {
    const [a, b] = [boxes.get(from), boxes.get(to)];
    return a && b ? [{ key: `${from} ${to}`, path: line(a, b), on: lit.has(from) && lit.has(to) }] : [];
  });
  // What is lit lies above what is not.
  edges.sort((a, b) => Number(a.on) - Number(b.on));
  return (
    <svg
      className="architecture"
      viewBox={`0 0 ${WIDTH} ${height}`}
      role="img"
      aria-labelledby={`${id}t`}
      aria-describedby={`${id}d`}
    >
      <title id={`${id}t`}>{scenario.title}</title>
      <desc id={`${id}d`}>{`Used by this page: ${used.join(", ")}.`}</desc>
      {edges.map(({ key, path, on }) => (
        <path key={key} className={on ? "edge lit" : "edge"} d={path} />
      ))}
      {[...boxes.values()].map((box) => (
        <Resource key={box.node.id} box={box} lit={lit.has(box.node.id)} />
      ))}
    </svg>
  );
}

function Resource({ box: { node, x, y, width }, lit }: { box: Box; lit: boolean }) {
  const Icon = ICONS[node.kind];
  const lines = node.label.length > 8 ? node.label.split(" ") : [node.label];
  const words = lines.length > 2 ? [lines[0], lines.slice(1).join(" ")] : lines;
  const middle = x + width / 2 + 10;
  return (
    <g className={`resource ${node.kind} ${lit ? "lit" : ""}`}>
      <rect x={x} y={y} width={width} height={HEIGHT} rx="9" />
      {Icon ? (
        <Icon x={x + 5} y={y + 17} width="16" height="16" />
      ) : (
        <text className="lambda" x={x + 12} y={y + 31}>
          λ
        </text>
      )}
      <text x={middle} y={y + HEIGHT / 2 + (words.length > 1 ? -3 : 5)}>
        {words.map((word, index) => (
          <tspan key={word} x={middle} dy={index === 0 ? 0 : 15}>
            {word}
          </tspan>
        ))}
      </text>
    </g>
  );
}
