import { useState } from "react";
import { Avatar } from "../../components/avatar";
import { Failure } from "../../components/feedback";
import type { Profile } from "../profile/queries";
import { Composer } from "./composer";
import { usePosting } from "./write";

interface WritingProps {
  profile: Profile;
  label: string;
  action: string;
  inReplyTo?: string;
}

/** Where a member posts or replies; what they wrote stays until it is there. */
export function Writing({ profile, label, action, inReplyTo }: WritingProps) {
  const posting = usePosting(profile, inReplyTo);
  const [sent, setSent] = useState(0);
  return (
    <section className="card stack" aria-label={label}>
      <div className="writing">
        <Avatar name={profile.display_name} image={profile.image_path} />
        <Composer
          key={sent}
          label={label}
          placeholder={label}
          action={action}
          busy={posting.isPending}
          send={(draft) => posting.mutate(draft, { onSuccess: () => setSent(sent + 1) })}
        />
      </div>
      {posting.error !== null && <Failure error={posting.error} />}
    </section>
  );
}
