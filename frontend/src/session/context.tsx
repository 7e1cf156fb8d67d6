import { createContext, type ReactNode, use, useSyncExternalStore } from "react";
import type { Member, Session } from "./session";

const SessionContext = createContext<Session | null>(null);

export function SessionProvider({ session, children }: { session: Session; children: ReactNode }) {
  return <SessionContext value={session}>{children}</SessionContext>;
}

export function useSession(): Session {
  const session = use(SessionContext);
  if (!session) throw new Error("useSession is called outside of a SessionProvider");
  return session;
}

/** Who is signed in; null is nobody. */
export function useMember(): Member | null {
  const session = useSession();
  return useSyncExternalStore(session.subscribe, () => session.member);
}
