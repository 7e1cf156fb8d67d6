import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ImageUp } from "lucide-react";
import { type ChangeEvent, type DragEvent, useEffect, useId, useRef, useState } from "react";
import { useApi } from "../../api/context";
import { pause, worthRetrying } from "../../api/problem";
import { Avatar } from "../../components/avatar";
import { Failure, useAnnounce } from "../../components/feedback";
import { useSession } from "../../session/context";
import { type Profile, profileQuery, type Upload, uploadQuery } from "./queries";
import { TYPES, unfit, upload } from "./upload";

const REFUSED: Record<NonNullable<Upload["reason"]>, string> = {
  NOT_AN_IMAGE: "That is no PNG or JPEG. Choose another file.",
  BROKEN: "The file is damaged, or cut off. Save it again, or choose another.",
  TOO_LARGE: "It is too large: 5 MB and 4,096 pixels a side are the most.",
  TOO_SMALL: "It is too small: 32 pixels a side are the least.",
  NO_PROFILE: "Choose your name first.",
};

/** The member's image, and the way to another: straight to S3, then checked, then shown by CloudFront. */
export function ProfileImage({ profile }: { profile: Profile }) {
  const api = useApi();
  const session = useSession();
  const [part, setPart] = useState(0);
  const [preview, setPreview] = usePreview();
  const [wrong, setWrong] = useState<string>();
  const { mutate, data, error, isPending, variables, reset } = useMutation({
    mutationFn: (file: File) => {
      setPart(0);
      return upload(api, session, file, setPart);
    },
    retry: worthRetrying,
    retryDelay: pause,
  });
  const choose = (file: File | undefined) => {
    if (!file) return;
    const reason = unfit(file);
    reset();
    setWrong(reason ? REFUSED[reason] : undefined);
    setPreview(reason ? undefined : file);
    if (!reason) mutate(file);
  };
  return (
    <section className="card stack" aria-labelledby="image">
      <h2 id="image">Image</h2>
      <div className="image-row">
        <Avatar name={profile.display_name} image={preview ?? profile.image_path} size={104} />
        <div className="stack-tight grow">
          <Picker busy={isPending} choose={choose} />
          {isPending && <Progress part={part} />}
          {data && <Check key={data} id={data} ended={() => setPreview(undefined)} />}
          {wrong && (
            <p className="wrong" role="alert">
              {wrong}
            </p>
          )}
        </div>
      </div>
      {error !== null && <Failure error={error} retry={() => mutate(variables)} />}
    </section>
  );
}

function Picker({ busy, choose }: { busy: boolean; choose: (file: File | undefined) => void }) {
  const id = useId();
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const chosen = (event: ChangeEvent<HTMLInputElement>) => {
    choose(event.target.files?.[0]);
    event.target.value = ""; // the same file may be chosen again
  };
  const dropped = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    if (!busy) choose(event.dataTransfer.files[0]);
  };
  return (
    <div
      className={`drop ${over ? "over" : ""}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={dropped}
    >
      <label htmlFor={id} className="visually-hidden">
        Image file
      </label>
      <input
        id={id}
        ref={input}
        className="visually-hidden"
        type="file"
        tabIndex={-1}
        accept={TYPES.join(",")}
        disabled={busy}
        onChange={chosen}
      />
      <button type="button" className="button" disabled={busy} onClick={() => input.current?.click()}>
        <ImageUp size={18} aria-hidden /> Choose image
      </button>
      <p className="soft small">
        PNG or JPEG, up to 5 MB. <span className="by-mouse">You can drop one here, too.</span>
      </p>
    </div>
  );
}

function Progress({ part }: { part: number }) {
  const percent = Math.round(part * 100);
  return (
    <div className="stack-tight">
      <progress max={100} value={percent} aria-label="Upload" />
      <p className="soft small number" aria-hidden>
        {percent < 100 ? `${percent} % is there` : "All of it is there"}
      </p>
    </div>
  );
}

/** Follows the check of an upload, and shows the image once it is taken. */
function Check({ id, ended }: { id: string; ended: () => void }) {
  const api = useApi();
  const cache = useQueryClient();
  const announce = useAnnounce();
  const { data, error, refetch } = useQuery(uploadQuery(api, id));
  const status = data?.status ?? "WAITING";
  const over = useRef(ended);
  useEffect(() => {
    if (status === "WAITING") return;
    const shown = async () => {
      if (status === "ACCEPTED") {
        announce("Your image is shown from now on");
        await cache.invalidateQueries({ queryKey: profileQuery(api).queryKey, exact: true });
        await cache.invalidateQueries({ queryKey: ["members"] });
      }
      over.current();
    };
    void shown();
  }, [status, api, cache, announce]);
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (status === "WAITING") return <p className="badge busy">Being checked</p>;
  if (status === "ACCEPTED") return <p className="badge good">Shown from now on</p>;
  return (
    <p className="wrong" role="alert">
      {data?.reason ? REFUSED[data.reason] : "It was refused."}
    </p>
  );
}

/** An address for a file of this machine, for as long as it is shown. */
function usePreview(): [string | undefined, (file: File | undefined) => void] {
  const [address, setAddress] = useState<string>();
  useEffect(
    () => () => {
      if (address) URL.revokeObjectURL(address);
    },
    [address],
  );
  return [address, (file) => setAddress(file && URL.createObjectURL(file))];
}
