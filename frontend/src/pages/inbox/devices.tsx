import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Smartphone } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useApi } from "../../api/context";
import { pause, worthRetrying } from "../../api/problem";
import { Failure, Skeletons, useAnnounce } from "../../components/feedback";
import { asDateTime } from "../../components/format";
import { type Device, devicesQuery } from "./queries";

const Confirm = lazy(() => import("../../components/confirm"));

const PLATFORMS: Record<Device["platform"], string> = { APNS: "iPhone or iPad", FCM: "Android" };

/** Where pushes go. Apps register their devices themselves; here they are seen, and taken away. */
export function Devices() {
  const { data, error, isPending, refetch } = useQuery(devicesQuery(useApi()));
  return (
    <section className="card stack" aria-labelledby="devices">
      <div>
        <h2 id="devices">Devices</h2>
        <p className="soft small">
          An app registers its device when it starts. This page is told by the inbox.
        </p>
      </div>
      {isPending && <Skeletons rows={1} height="3rem" />}
      {!isPending && !data && <Failure error={error} retry={() => void refetch()} />}
      {data?.length === 0 && <p>No device is registered.</p>}
      {data && data.length > 0 && (
        <ul className="list">
          {data.map((device) => (
            <Row key={device.device_id} device={device} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Row({ device }: { device: Device }) {
  const api = useApi();
  const cache = useQueryClient();
  const announce = useAnnounce();
  const [asking, setAsking] = useState(false);
  const params = { path: { device_id: device.device_id } };
  const { mutate, error, isPending } = useMutation({
    mutationFn: () => api.mobile.DELETE("/devices/{device_id}", { params }),
    retry: worthRetrying,
    retryDelay: pause,
    onSuccess: () => {
      cache.setQueryData(devicesQuery(api).queryKey, (devices) =>
        devices?.filter(({ device_id }) => device_id !== device.device_id),
      );
      announce("The device is removed");
    },
  });
  const remove = () => {
    setAsking(false);
    mutate();
  };
  return (
    <li className="device">
      <Smartphone size={20} aria-hidden />
      <span className="grow">
        <strong>{PLATFORMS[device.platform]}</strong>
        <br />
        <span className="soft small">Last seen {asDateTime(device.renewed_at)}</span>
      </span>
      <span className={`badge ${device.pushes ? "good" : ""}`}>
        {device.pushes ? "Gets pushes" : "Gets none"}
      </span>
      <button type="button" className="button quiet" disabled={isPending} onClick={() => setAsking(true)}>
        {isPending ? "Removing ..." : "Remove"}
      </button>
      {error !== null && <Failure error={error} retry={remove} />}
      {asking && (
        <Suspense>
          <Confirm title="Remove this device?" action="Remove it" close={() => setAsking(false)} act={remove}>
            <p className="soft">It gets no pushes until its app starts again.</p>
          </Confirm>
        </Suspense>
      )}
    </li>
  );
}
