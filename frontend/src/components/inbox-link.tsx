import { useQuery } from "@tanstack/react-query";
import { Bell } from "lucide-react";
import { Link } from "react-router";
import { useApi } from "../api/context";
import { unreadQuery } from "../pages/inbox/queries";

const MOST = 100;

/** The way to the inbox, with how much in it is unread. What cannot be counted is no news. */
export default function InboxLink() {
  const { data: unread = 0 } = useQuery(unreadQuery(useApi()));
  return (
    <Link className="button quiet" to="/inbox">
      <Bell size={20} aria-hidden />
      <span className="visually-hidden">Inbox, unread: </span>
      {unread > 0 ? (
        <span className="count">{unread < MOST ? unread : `${MOST - 1}+`}</span>
      ) : (
        <span className="visually-hidden">0</span>
      )}
    </Link>
  );
}
