import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";

const KEY = "theme";
const ORDER: readonly Theme[] = ["system", "light", "dark"];
const listeners = new Set<() => void>();

const current = (): Theme => ORDER.find((theme) => theme === localStorage.getItem(KEY)) ?? "system";

/** Put the chosen theme onto the document; `system` follows the machine's. */
export function applyTheme(): void {
  const theme = current();
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

export const nextTheme = (theme: Theme): Theme =>
  ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length] ?? "system";

export function useTheme(): [Theme, (theme: Theme) => void] {
  const theme = useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, current);
  const choose = (chosen: Theme) => {
    localStorage.setItem(KEY, chosen);
    applyTheme();
    for (const listener of listeners) listener();
  };
  return [theme, choose];
}
