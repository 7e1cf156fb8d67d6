import { Link } from "react-router";
import { piecesOf } from "./text";

const LONG = 700;

/** A post's text with its mentions, tags and addresses as links; in a list a long one is cut, and leads on. */
export function PostText({ text, whole, to }: { text: string; whole: boolean; to: string }) {
  const cut = !whole && text.length > LONG;
  const shown = cut ? text.slice(0, Math.max(text.lastIndexOf(" ", LONG), LONG / 2)) : text;
  return (
    <div className="post-text">
      {piecesOf(shown).map((piece, index) => {
        if (!piece.to) return piece.text;
        if (piece.to.startsWith("/")) {
          return (
            <Link key={index} to={piece.to}>
              {piece.text}
            </Link>
          );
        }
        return (
          <a key={index} href={piece.to} rel="noopener noreferrer nofollow ugc" target="_blank">
            {piece.text}
          </a>
        );
      })}
      {cut && (
        <>
          {" … "}
          <Link to={to}>Read on</Link>
        </>
      )}
    </div>
  );
}
