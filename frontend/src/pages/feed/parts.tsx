import { Lock } from "lucide-react";
import { Link } from "react-router";
import { pathOfTag } from "./text";

/** Marks what nobody else can read. */
export function OnlyYou() {
  return (
    <span className="badge">
      <Lock size={14} aria-hidden /> Only you
    </span>
  );
}

/** Tags that lead to all that is said about them. */
export function TagLinks({ tags }: { tags: readonly string[] }) {
  if (tags.length === 0) return null;
  return (
    <ul className="row tags" aria-label="Tags">
      {tags.map((tag) => (
        <li key={tag}>
          <Link className="tag" to={pathOfTag(tag)}>
            #{tag}
          </Link>
        </li>
      ))}
    </ul>
  );
}
