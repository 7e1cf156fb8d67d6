import { Dialog, DialogDismiss, DialogHeading } from "@ariakit/react";
import type { ReactNode } from "react";

interface ConfirmProps {
  title: string;
  /** What the button that does it says. */
  action: string;
  close: () => void;
  act: () => void;
  children: ReactNode;
}

/** Asks before what cannot be undone. */
export default function Confirm({ title, action, close, act, children }: ConfirmProps) {
  return (
    <Dialog
      open
      onClose={close}
      role="alertdialog"
      className="dialog confirm"
      backdrop={<div className="backdrop" />}
    >
      <DialogHeading>{title}</DialogHeading>
      {children}
      <div className="row">
        <button type="button" className="button danger" onClick={act}>
          {action}
        </button>
        <DialogDismiss className="button quiet">Keep it</DialogDismiss>
      </div>
    </Dialog>
  );
}
