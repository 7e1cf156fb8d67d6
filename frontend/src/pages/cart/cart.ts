import { useSyncExternalStore } from "react";

/** A product in the cart with the price that the member was quoted, in minor units. */
export interface CartLine {
  product_id: string;
  name: string;
  unit_price: number;
  currency: string;
  quantity: number;
  /** What it looks like; a cart of an earlier visit may lack it. */
  category?: string | undefined;
  image?: string | undefined;
}

export const MOST_OF_ONE = 99;
const KEY = "cart";

function read(): readonly CartLine[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? (kept as CartLine[]) : [];
  } catch {
    return [];
  }
}

let lines = read();
const listeners = new Set<() => void>();

function keep(changed: readonly CartLine[]): void {
  lines = changed;
  localStorage.setItem(KEY, JSON.stringify(lines));
  for (const listener of listeners) listener();
}

// Another tab changed the cart.
window.addEventListener("storage", (event) => {
  if (event.key !== KEY) return;
  lines = read();
  for (const listener of listeners) listener();
});

/** Set how many of a product the cart holds; 0 takes it out. */
export function setQuantity(line: Omit<CartLine, "quantity">, quantity: number): void {
  const kept = Math.max(0, Math.min(MOST_OF_ONE, quantity));
  const others = lines.filter(({ product_id }) => product_id !== line.product_id);
  const at = lines.findIndex(({ product_id }) => product_id === line.product_id);
  const changed = { ...line, quantity: kept };
  if (kept === 0) keep(others);
  else keep(at < 0 ? [...lines, changed] : lines.map((old, index) => (index === at ? changed : old)));
}

export const emptyCart = (): void => keep([]);

export function useCart() {
  const held = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => lines,
  );
  return {
    lines: held,
    count: held.reduce((sum, { quantity }) => sum + quantity, 0),
    total: held.reduce((sum, { quantity, unit_price }) => sum + quantity * unit_price, 0),
    currency: held[0]?.currency ?? "EUR",
  };
}
