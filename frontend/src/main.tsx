import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createBrowserRouter, RouterProvider } from "react-router";
import { clients } from "./api/client";
import { ApiProvider } from "./api/context";
import { pause, worthRetrying } from "./api/problem";
import { applyTheme } from "./components/theme";
import { loadConfig } from "./config";
import { routes } from "./routes";
import { SessionProvider } from "./session/context";
import { Session } from "./session/session";
import "./styles/index.css";

applyTheme();

async function start(): Promise<void> {
  const session = new Session(await loadConfig());
  await session.resume();
  const cache = new QueryClient({
    defaultOptions: { queries: { retry: worthRetrying, retryDelay: pause, staleTime: 5_000 } },
  });
  // Nothing of one member may be shown to the next one of this tab.
  let member = session.member?.id;
  session.subscribe(() => {
    if (session.member?.id !== member) cache.clear();
    member = session.member?.id;
  });
  createRoot(document.getElementById("root") as HTMLElement).render(
    <StrictMode>
      <SessionProvider session={session}>
        <ApiProvider clients={clients(session)}>
          <QueryClientProvider client={cache}>
            <RouterProvider router={createBrowserRouter(routes)} />
          </QueryClientProvider>
        </ApiProvider>
      </SessionProvider>
    </StrictMode>,
  );
}

start().catch(() => {
  const root = document.getElementById("root") as HTMLElement;
  root.textContent = "Lens Market cannot start: its configuration cannot be read. Please reload the page.";
});
