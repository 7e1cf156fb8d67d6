import { Workflow } from "lucide-react";
import { lazy, Suspense, useState } from "react";

const HowItWorksDialog = lazy(() => import("./how-it-works-dialog"));

/** A button on each page that shows which resources the page's requests went through. */
export function HowItWorks() {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" className="button how" onClick={() => setOpen(true)}>
        <Workflow size={18} aria-hidden /> <span>How it works</span>
      </button>
      {open && (
        <Suspense>
          <HowItWorksDialog close={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
