import createClient, { type Middleware } from "openapi-fetch";
import type { Session } from "../session/session";
import { record } from "./calls";
import type { paths as MobilePaths } from "./contracts/mobile";
import type { paths as OperationsPaths } from "./contracts/operations";
import type { paths as OrdersPaths } from "./contracts/orders";
import type { paths as StreamPaths } from "./contracts/stream";
import type { paths as CatalogPaths } from "./contracts/web";
import { Problem } from "./problem";

/** Puts the member's access token onto each request. */
function authorized(session: Session): Middleware {
  return {
    async onRequest({ request }) {
      const token = await session.accessToken();
      if (token) request.headers.set("Authorization", `Bearer ${token}`);
    },
  };
}

/** Notes each request with its time, and makes a Problem of whatever is not a success. */
function observed(service: string): Middleware {
  const began = new Map<string, number>();
  const note = (id: string, method: string, path: string, response: Response | undefined) => {
    const milliseconds = Math.round(performance.now() - (began.get(id) ?? performance.now()));
    began.delete(id);
    record({
      service,
      method,
      path,
      status: response?.status ?? 0,
      milliseconds,
      requestId: response?.headers.get("x-amzn-requestid") ?? null,
    });
  };
  return {
    onRequest({ id }) {
      began.set(id, performance.now());
    },
    async onResponse({ id, request, response, schemaPath }) {
      note(id, request.method, schemaPath, response);
      if (response.ok || response.status === 304) return;
      const text = await response.clone().text();
      let body: unknown;
      try {
        body = JSON.parse(text);
      } catch {
        body = undefined;
      }
      throw Problem.from(response, body);
    },
    onError({ id, request, schemaPath, error }) {
      if (error instanceof DOMException && error.name === "AbortError") return error;
      note(id, request.method, schemaPath, undefined);
      return new Problem(0, navigator.onLine ? "The service cannot be reached." : "You are offline.");
    },
  };
}

function clientOf<Paths extends object>(service: string, session: Session) {
  const client = createClient<Paths>({ baseUrl: `${window.location.origin}/api/${service}` });
  client.use(authorized(session), observed(service));
  return client;
}

/** A typed client of each API, on the app's own domain. */
export function clients(session: Session) {
  return {
    catalog: clientOf<CatalogPaths>("catalog", session),
    mobile: clientOf<MobilePaths>("mobile", session),
    operations: clientOf<OperationsPaths>("operations", session),
    orders: clientOf<OrdersPaths>("orders", session),
    stream: clientOf<StreamPaths>("stream", session),
  };
}

export type Clients = ReturnType<typeof clients>;

/** The body of an answer that has one; the client has thrown whatever is no success. */
export function bodyOf<T>(answer: { data?: T }): T {
  if (answer.data === undefined) throw new Problem(0, "The service answered without a body.");
  return answer.data;
}
