/** A request that the app made, for "How it works". */
export interface Call {
  id: number;
  service: string;
  method: string;
  /** The path of the contract, such as /orders/{order_id}. */
  path: string;
  status: number;
  milliseconds: number;
  requestId: string | null;
  /** The path of the page that was shown then. */
  page: string;
}

const KEPT = 40;
let calls: readonly Call[] = [];
let next = 1;
const listeners = new Set<() => void>();

export function record(call: Omit<Call, "id" | "page">): void {
  calls = [{ id: next++, page: window.location.pathname, ...call }, ...calls].slice(0, KEPT);
  for (const listener of listeners) listener();
}

export const recentCalls = {
  get: (): readonly Call[] => calls,
  subscribe: (listener: () => void) => {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  },
};
