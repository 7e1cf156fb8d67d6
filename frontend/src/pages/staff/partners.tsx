import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useApi } from "../../api/context";
import { Empty, Failure, Skeletons, useAnnounce } from "../../components/feedback";
import { ago, asDateTime } from "../../components/format";
import { More } from "../../components/more";
import { partnersQuery, type RegisteredPartner } from "./queries";
import { StaffPage } from "./staff-only";

const Confirm = lazy(() => import("../../components/confirm"));

export function PartnersPage() {
  return (
    <StaffPage
      title="Partners"
      says="Applications that order for a member's account, by signed requests. Revoking one is for good."
    >
      <Partners />
    </StaffPage>
  );
}

function Partners() {
  const api = useApi();
  const list = useInfiniteQuery(partnersQuery(api));
  const { data, error, isPending, refetch } = list;
  if (isPending) return <Skeletons rows={3} height="6rem" />;
  if (!data) return <Failure error={error} retry={() => void refetch()} />;
  const partners = data.pages.flatMap(({ items }) => items);
  if (partners.length === 0) {
    return (
      <Empty icon={KeyRound} title="No partner yet">
        <p>Members register their applications in the place for developers.</p>
      </Empty>
    );
  }
  return (
    <div className="stack">
      <ul className="card flush list">
        {partners.map((partner) => (
          <Partner key={partner.partner_id} partner={partner} />
        ))}
      </ul>
      <More of={list} label="Show more partners" />
    </div>
  );
}

function Partner({ partner }: { partner: RegisteredPartner }) {
  const api = useApi();
  const cache = useQueryClient();
  const announce = useAnnounce();
  const [asking, setAsking] = useState(false);
  const { mutate, error, isPending, isSuccess } = useMutation({
    mutationFn: () =>
      api.orders.DELETE("/staff/partners/{partner_id}", {
        params: { path: { partner_id: partner.partner_id } },
      }),
    onSuccess: () => {
      announce(`${partner.application} is revoked`);
      void cache.invalidateQueries({ queryKey: ["staff", "partners"] });
    },
  });
  const revoked = partner.revoked || isSuccess;
  return (
    <li className="list-row">
      <div className="grow">
        <strong>{partner.application}</strong>
        <p className="small soft">{partner.purpose}</p>
        <p className="small soft">
          <code>{partner.partner_id}</code> · plan {partner.plan} · registered{" "}
          <time dateTime={partner.registered_at} title={asDateTime(partner.registered_at)}>
            {ago(partner.registered_at)}
          </time>
        </p>
        {error && <Failure error={error} retry={() => mutate()} />}
      </div>
      {revoked ? (
        <span className="badge bad">Revoked</span>
      ) : (
        <button
          type="button"
          className="button danger"
          aria-label={`Revoke ${partner.application}`}
          disabled={isPending}
          onClick={() => setAsking(true)}
        >
          {isPending ? "Revoking ..." : "Revoke"}
        </button>
      )}
      {asking && (
        <Suspense>
          <Confirm
            title={`Revoke ${partner.application}?`}
            action="Revoke for good"
            close={() => setAsking(false)}
            act={() => {
              setAsking(false);
              mutate();
            }}
          >
            <p>
              None of its requests is let in any more, at the latest in five minutes. Its owner cannot
              register it again.
            </p>
          </Confirm>
        </Suspense>
      )}
    </li>
  );
}
