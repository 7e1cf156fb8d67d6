import { Lock } from "lucide-react";
import { type KeyboardEvent, type SubmitEvent, useEffect, useId, useRef, useState } from "react";
import { Explained } from "../../components/form";
import { lengthOf } from "../../components/format";
import type { Draft } from "./queries";
import { LONGEST_TEXT, tagsOf, wrongWith } from "./text";

interface ComposerProps {
  label: string;
  placeholder?: string;
  action: string;
  busy: boolean;
  /** What it begins with. */
  from?: Draft;
  /** Whether to write at once: whoever asks to edit is about to. */
  focused?: boolean;
  send: (draft: Draft) => void;
  cancel?: () => void;
}

const NEAR = LONGEST_TEXT - 200;

/** Where a member writes: a text with its tags, and who may read it. Its owner gives it another key to empty it. */
export function Composer({
  label,
  placeholder,
  action,
  busy,
  from,
  focused = false,
  send,
  cancel,
}: ComposerProps) {
  const id = useId();
  const [text, setText] = useState(from?.text ?? "");
  const [beside, setBeside] = useState(() => besideOf(from));
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (focused) area.current?.focus();
  }, [focused]);
  const [isPrivate, setPrivate] = useState(from?.visibility === "private");
  const tags = tagsOf(text, beside);
  const wrong = wrongWith(text, tags);
  const length = lengthOf(text);
  const shown = text !== "" || from !== undefined;
  const ready = text.trim() !== "" && !wrong && !busy;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (ready) send({ text: text.trim(), tags, visibility: isPrivate ? "private" : "public" });
  };
  const byKey = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit();
  };
  return (
    <form className="composer" onSubmit={submit}>
      <label className="visually-hidden" htmlFor={id}>
        {label}
      </label>
      <textarea
        id={id}
        className="input"
        rows={shown ? 3 : 1}
        placeholder={placeholder}
        value={text}
        ref={area}
        aria-invalid={wrong ? true : undefined}
        aria-describedby={`${id}-more`}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={byKey}
      />
      {shown && (
        <>
          <Explained
            id={`${id}-more`}
            wrong={wrong ?? undefined}
            hint={length > NEAR && `${LONGEST_TEXT - length} characters left`}
          />
          <label className="composer-tags">
            <span>Tags</span>
            <input
              className="input"
              value={beside}
              placeholder="tea, kettles"
              onChange={(event) => setBeside(event.target.value)}
            />
          </label>
          {tags.length > 0 && (
            <ul className="row tags" aria-label="Tags of the post">
              {tags.map((tag) => (
                <li key={tag} className="tag">
                  #{tag}
                </li>
              ))}
            </ul>
          )}
          <div className="spread">
            <label className="row check">
              <input
                type="checkbox"
                checked={isPrivate}
                onChange={(event) => setPrivate(event.target.checked)}
              />
              <Lock size={16} aria-hidden /> For me alone
            </label>
            <div className="row">
              {cancel && (
                <button type="button" className="button quiet" onClick={cancel}>
                  Cancel
                </button>
              )}
              <button type="submit" className="button main" disabled={!ready}>
                {busy ? "One moment ..." : action}
              </button>
            </div>
          </div>
        </>
      )}
    </form>
  );
}

/** The tags that are not in the text itself. */
function besideOf(from: Draft | undefined): string {
  if (!from) return "";
  const inText = new Set(tagsOf(from.text, ""));
  return from.tags.filter((tag) => !inText.has(tag)).join(", ");
}
