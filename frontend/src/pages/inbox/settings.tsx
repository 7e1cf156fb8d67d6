import { useQuery } from "@tanstack/react-query";
import { ArrowLeft } from "lucide-react";
import { Link } from "react-router";
import { useApi } from "../../api/context";
import { Failure, Skeletons } from "../../components/feedback";
import { SignedIn } from "../account/signed-in-only";
import { Devices } from "./devices";
import { PreferencesForm } from "./preferences";
import { preferencesQuery } from "./queries";

export function InboxSettingsPage() {
  return (
    <SignedIn why="How you are told is yours to choose.">
      <div className="page reading">
        <p>
          <Link className="back" to="/inbox">
            <ArrowLeft size={16} aria-hidden /> Inbox
          </Link>
        </p>
        <h1>How you are told</h1>
        <Choices />
        <Devices />
      </div>
    </SignedIn>
  );
}

function Choices() {
  const { data, error, isPending, refetch } = useQuery(preferencesQuery(useApi()));
  if (isPending) return <Skeletons rows={1} height="20rem" />;
  if (!data) return <Failure error={error} retry={() => void refetch()} />;
  return <PreferencesForm preferences={data} />;
}
