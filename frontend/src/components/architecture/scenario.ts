import type { Call } from "../../api/calls";
import operations from "./operations.json";
import pictures from "./pictures.json";

export type Kind =
  "people" | "network" | "security" | "function" | "workflow" | "table" | "storage" | "queue" | "stream";

export interface Node {
  id: string;
  label: string;
  kind: Kind;
}

/** A scenario as it is drawn: rows from the caller down to the data. */
export interface Scenario {
  title: string;
  says: string;
  rows: readonly (readonly Node[])[];
  edges: readonly (readonly string[])[];
}

export type Name = keyof typeof pictures;

interface Operation {
  picture: string;
  through: readonly string[];
}

const SCENARIOS = pictures as Record<Name, Scenario>;
const OPERATIONS: Record<string, Record<string, Operation | undefined> | undefined> = operations;
// tests/unit/web/test_architecture.py holds that no operation of a contract is missing, and what each name is of.

const PAGES: readonly (readonly [RegExp, Name])[] = [
  [/^\/(cart|orders)\b/, "orders"],
  [/^\/(staff\/(approvals|partners)|developers)\b/, "staff"],
  [/^\/staff\/queues\b/, "operations"],
  [/^\/(feed|posts|members|search|profile|inbox|notifications|devices)\b/, "mobile"],
  [/^\/trends\b/, "stream"],
  [/^\/(sign-|signed-|confirm)/, "identity"],
];

export const scenarioOf = (pathname: string): Scenario =>
  SCENARIOS[PAGES.find(([pattern]) => pattern.test(pathname))?.[1] ?? "catalog"];

const operationOf = ({ service, method, path }: Call): Operation | undefined =>
  OPERATIONS[service]?.[`${method} ${path}`];

/** The resources that a call went through, as the given scenario names them. */
export function throughOf(call: Call, scenario: Scenario): readonly Node[] {
  const ids = new Set(operationOf(call)?.through ?? ["browser", "cloudfront", "api"]);
  const drawn = SCENARIOS[operationOf(call)?.picture as Name] as Scenario | undefined;
  return (drawn ?? scenario).rows.flat().filter(({ id }) => ids.has(id));
}

/** What of a scenario these calls lit up. */
export function litBy(calls: readonly Call[], scenario: Scenario): ReadonlySet<string> {
  const drawn = new Set(scenario.rows.flat().map(({ id }) => id));
  const touched = calls.flatMap((call) => operationOf(call)?.through ?? []);
  return new Set(["browser", "cloudfront", ...touched].filter((id) => drawn.has(id)));
}
