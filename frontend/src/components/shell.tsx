import { type LucideIcon, MessagesSquare, Package, ShoppingBag, Store, TrendingUp, User } from "lucide-react";
import { lazy, type ReactNode, Suspense, useEffect, useRef } from "react";
import { Link, NavLink, Outlet, useLocation } from "react-router";
import icon from "../icon.svg";
import { useCart } from "../pages/cart/cart";
import { useMember } from "../session/context";
import { Announcer, OfflineLine } from "./feedback";
import { HowItWorks } from "./how-it-works";

const AccountMenu = lazy(() => import("./account-menu"));
const InboxLink = lazy(() => import("./inbox-link"));

interface Place {
  to: string;
  label: string;
  icon: LucideIcon;
  end?: boolean;
  /** The paths that belong to it, beside those below its own. */
  also?: RegExp;
}

const PLACES: readonly Place[] = [
  { to: "/", label: "Shop", icon: Store, end: true },
  { to: "/feed", label: "Feed", icon: MessagesSquare, also: /^\/(feed|posts|members|search)\b/ },
  { to: "/orders", label: "Orders", icon: Package },
  { to: "/trends", label: "Trends", icon: TrendingUp },
];

export function Shell() {
  return (
    <>
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <header className="bar">
        <div className="bar-inner">
          <Link className="brand" to="/">
            <img src={icon} alt="" width="28" height="28" />
            Lens Market
          </Link>
          <nav className="places" aria-label="Places">
            {PLACES.map((place) => (
              <PlaceLink key={place.to} place={place} />
            ))}
          </nav>
          <div className="row actions">
            <Inbox />
            <CartLink />
            <Account />
          </div>
        </div>
        <OfflineLine />
      </header>
      <FocusOnMove>
        <Outlet />
      </FocusOnMove>
      <HowItWorks />
      <Announcer />
    </>
  );
}

function PlaceLink({ place: { to, label, icon: Icon, end, also } }: { place: Place }) {
  const { pathname } = useLocation();
  return (
    <NavLink to={to} end={end ?? false} className={also?.test(pathname) ? "here" : ""}>
      <Icon aria-hidden />
      {label}
    </NavLink>
  );
}

/** After a move to another page the focus goes to its content, so that keyboards and screen readers start there. */
function FocusOnMove({ children }: { children: ReactNode }) {
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const last = useRef(pathname);
  useEffect(() => {
    if (last.current === pathname) return;
    last.current = pathname;
    main.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [pathname]);
  return (
    <main id="content" ref={main} tabIndex={-1} style={{ outline: "none" }}>
      {children}
    </main>
  );
}

function CartLink() {
  const { count } = useCart();
  return (
    <Link className="button quiet" to="/cart">
      <ShoppingBag size={20} aria-hidden />
      <span className="visually-hidden">Cart, items: </span>
      {count > 0 ? <span className="count">{count}</span> : <span className="visually-hidden">0</span>}
    </Link>
  );
}

function Inbox() {
  return (
    useMember() && (
      <Suspense fallback={<span className="button quiet" />}>
        <InboxLink />
      </Suspense>
    )
  );
}

function Account() {
  const member = useMember();
  if (!member) {
    return (
      <Link className="button" to="/sign-in">
        Sign in
      </Link>
    );
  }
  return (
    <Suspense fallback={<User size={20} aria-hidden />}>
      <AccountMenu member={member} />
    </Suspense>
  );
}
