import { Lock } from "lucide-react";
import type { ReactNode } from "react";
import { Link, NavLink } from "react-router";
import { Empty } from "../../components/feedback";
import { useMember } from "../../session/context";
import { SignedIn } from "../account/signed-in-only";

const PLACES = [
  ["/staff/approvals", "Approvals"],
  ["/staff/catalogue", "Catalogue"],
  ["/staff/partners", "Partners"],
  ["/staff/queues", "Queues"],
] as const;

interface StaffProps {
  title: string;
  says: string;
  /** What can be done with the whole page, beside its title. */
  action?: ReactNode;
  children: ReactNode;
}

/** A page for staff. The APIs refuse everybody else too: this only tells people why nothing is here for them. */
export function StaffPage({ title, says, action, children }: StaffProps) {
  return (
    <SignedIn why="This place is for the people who run the shop.">
      <StaffOnly>
        <div className="page">
          <nav className="tabs" aria-label="For staff">
            {PLACES.map(([to, label]) => (
              <NavLink key={to} to={to}>
                {label}
              </NavLink>
            ))}
          </nav>
          <div className="page-head">
            <div>
              <h1>{title}</h1>
              <p>{says}</p>
            </div>
            {action}
          </div>
          {children}
        </div>
      </StaffOnly>
    </SignedIn>
  );
}

function StaffOnly({ children }: { children: ReactNode }) {
  const member = useMember();
  if (member?.groups.includes("staff")) return children;
  return (
    <div className="page narrow">
      <Empty icon={Lock} title="This place is for staff" whole>
        <p>You are signed in as {member?.email}, who is not one of the people who run the shop.</p>
        <Link className="button main" to="/">
          To the shop
        </Link>
      </Empty>
    </div>
  );
}
