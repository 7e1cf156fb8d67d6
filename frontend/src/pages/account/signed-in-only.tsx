import { LogIn } from "lucide-react";
import type { ReactNode } from "react";
import { Link, useLocation } from "react-router";
import { Empty } from "../../components/feedback";
import { useMember } from "../../session/context";

/** Shows its children to members; to others the way to sign in, and back to this page. */
export function SignedIn({ why, children }: { why: string; children: ReactNode }) {
  const member = useMember();
  const { pathname, search } = useLocation();
  if (member) return children;
  const next = encodeURIComponent(pathname + search);
  return (
    <div className="page narrow">
      <Empty icon={LogIn} title="Please sign in" whole>
        <p>{why}</p>
        <div className="row">
          <Link className="button main" to={`/sign-in?next=${next}`}>
            Sign in
          </Link>
          <Link className="button" to="/sign-up">
            Make an account
          </Link>
        </div>
      </Empty>
    </div>
  );
}
