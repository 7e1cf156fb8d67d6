import { createContext, type ReactNode, use } from "react";
import type { Clients } from "./client";

const ApiContext = createContext<Clients | null>(null);

export function ApiProvider({ clients, children }: { clients: Clients; children: ReactNode }) {
  return <ApiContext value={clients}>{children}</ApiContext>;
}

export function useApi(): Clients {
  const clients = use(ApiContext);
  if (!clients) throw new Error("useApi is called outside of an ApiProvider");
  return clients;
}
