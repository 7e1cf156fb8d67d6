import { type InputHTMLAttributes, type ReactNode, type TextareaHTMLAttributes, useId } from "react";

interface FieldProps {
  label: string;
  hint?: ReactNode;
  wrong?: string | undefined;
}

type InputProps = FieldProps & Omit<InputHTMLAttributes<HTMLInputElement>, "id" | "className">;

/** A labelled input; what is wrong with it is read out with it. */
export function TextField({ label, hint, wrong, ...input }: InputProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        {...input}
        id={id}
        className="input"
        aria-invalid={wrong ? true : undefined}
        aria-describedby={hint || wrong ? `${id}-more` : undefined}
      />
      <Explained id={`${id}-more`} hint={hint} wrong={wrong} />
    </div>
  );
}

export function Explained({ id, hint, wrong }: { id: string; hint?: ReactNode; wrong?: string | undefined }) {
  if (wrong) {
    return (
      <p id={id} className="wrong">
        {wrong}
      </p>
    );
  }
  return hint ? (
    <p id={id} className="hint">
      {hint}
    </p>
  ) : null;
}

type AreaProps = FieldProps & Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, "id" | "className">;

/** A labelled field of several lines. */
export function TextArea({ label, hint, wrong, ...area }: AreaProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <textarea
        {...area}
        id={id}
        className="input"
        aria-invalid={wrong ? true : undefined}
        aria-describedby={hint || wrong ? `${id}-more` : undefined}
      />
      <Explained id={`${id}-more`} hint={hint} wrong={wrong} />
    </div>
  );
}
