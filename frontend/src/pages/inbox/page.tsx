import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import {
  AtSign,
  BellOff,
  CheckCheck,
  type LucideIcon,
  MessageCircle,
  PackageCheck,
  PackageX,
  Settings2,
} from "lucide-react";
import { Link } from "react-router";
import { useApi } from "../../api/context";
import { pause, worthRetrying } from "../../api/problem";
import { Empty, Failure, Skeletons, useAnnounce } from "../../components/feedback";
import { ago, asDateTime } from "../../components/format";
import { More } from "../../components/more";
import { SignedIn } from "../account/signed-in-only";
import { type Notification, notificationsQuery, showRead } from "./queries";

export function InboxPage() {
  return (
    <SignedIn why="Your inbox is yours alone.">
      <div className="page feed">
        <div className="page-head">
          <div>
            <h1>Inbox</h1>
            <p>What became of your orders, and who spoke to you.</p>
          </div>
          <Link className="button" to="/inbox/settings">
            <Settings2 size={18} aria-hidden /> How you are told
          </Link>
        </div>
        <Inbox />
      </div>
    </SignedIn>
  );
}

function Inbox() {
  const api = useApi();
  const list = useInfiniteQuery(notificationsQuery(api));
  const { data, error, isPending, refetch } = list;
  if (isPending) return <Skeletons rows={4} />;
  if (!data) return <Failure error={error} retry={() => void refetch()} />;
  const items = data.pages.flatMap((page) => page.items);
  const [newest] = items;
  if (!newest) {
    return (
      <Empty icon={BellOff} title="Nothing has happened yet">
        <p>You are told here when an order is through, and when somebody mentions or answers you.</p>
      </Empty>
    );
  }
  return (
    <section className="stack" aria-label="Notifications">
      <ReadAll items={items} newest={newest} />
      <ul className="card flush list">
        {items.map((one) => (
          <Row key={one.notification_id} one={one} />
        ))}
      </ul>
      <More of={list} label="Show older ones" />
    </section>
  );
}

function ReadAll({ items, newest }: { items: readonly Notification[]; newest: Notification }) {
  const api = useApi();
  const cache = useQueryClient();
  const announce = useAnnounce();
  const unread = items.filter(({ read }) => !read).length;
  const { mutate, error, isPending } = useMutation({
    // Up to what is shown: what comes meanwhile stays unread.
    mutationFn: () => api.mobile.PUT("/notifications/read", { body: { until: newest.notification_id } }),
    retry: worthRetrying,
    retryDelay: pause,
    onSuccess: () => {
      showRead(cache, () => true);
      announce("All of it is read");
    },
  });
  return (
    <>
      <div className="spread">
        <h2>{unread > 0 ? `${unread} unread here` : "All read"}</h2>
        <button
          type="button"
          className="button quiet"
          disabled={unread === 0 || isPending}
          onClick={() => mutate()}
        >
          <CheckCheck size={18} aria-hidden /> Mark all as read
        </button>
      </div>
      {error !== null && <Failure error={error} retry={() => mutate()} />}
    </>
  );
}

const ICONS: Record<Notification["kind"], LucideIcon> = {
  ORDER_CONFIRMED: PackageCheck,
  ORDER_REJECTED: PackageX,
  MENTION: AtSign,
  REPLY: MessageCircle,
};

const pathOf = ({ order_id, post_id }: Notification): string =>
  order_id ? `/orders/${order_id}` : post_id ? `/posts/${post_id}` : "/inbox";

function Row({ one }: { one: Notification }) {
  const api = useApi();
  const cache = useQueryClient();
  const id = one.notification_id;
  const { mutate, isPending } = useMutation({
    mutationFn: () =>
      api.mobile.PUT("/notifications/{notification_id}/read", { params: { path: { notification_id: id } } }),
    retry: worthRetrying,
    retryDelay: pause,
    onSuccess: () => showRead(cache, ({ notification_id }) => notification_id === id),
  });
  const Icon = ICONS[one.kind];
  const looked = () => {
    if (!one.read) mutate();
  };
  return (
    <li className={`news ${one.read ? "" : "unread"}`}>
      <span className={`news-icon ${one.kind === "ORDER_REJECTED" ? "bad" : ""}`}>
        <Icon size={20} aria-hidden />
      </span>
      <span className="grow">
        <Link className="news-text" to={pathOf(one)} onClick={looked}>
          {!one.read && <span className="visually-hidden">Unread: </span>}
          {one.text}
        </Link>
        <time className="soft small" dateTime={one.happened_at} title={asDateTime(one.happened_at)}>
          {ago(one.happened_at)}
        </time>
      </span>
      {!one.read && (
        <button type="button" className="button quiet small" disabled={isPending} onClick={() => mutate()}>
          Mark as read
        </button>
      )}
    </li>
  );
}
