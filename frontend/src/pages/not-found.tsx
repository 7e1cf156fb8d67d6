import { Compass } from "lucide-react";
import { Link } from "react-router";
import { Empty } from "../components/feedback";

export function NotFoundPage() {
  return (
    <div className="page narrow">
      <Empty icon={Compass} title="There is no such page" whole>
        <p>The address may be mistyped, or what was here is gone.</p>
        <Link className="button main" to="/">
          To the shop
        </Link>
      </Empty>
    </div>
  );
}

/** A page that broke, most often because a deploy replaced a part that this tab still asks for. */
export function ErrorPage() {
  return (
    <main className="page narrow">
      <div className="notice bad" role="alert">
        <strong>This page could not be shown</strong>
        <p>
          {navigator.onLine
            ? "There may be a newer Lens Market than the one in this tab."
            : "You are offline, and this page has not been opened before."}
        </p>
        <button type="button" className="button" onClick={() => window.location.reload()}>
          Reload
        </button>
      </div>
    </main>
  );
}
