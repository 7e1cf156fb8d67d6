import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, type SubmitEvent, Suspense, useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { bodyOf } from "../../api/client";
import { useApi } from "../../api/context";
import { Problem } from "../../api/problem";
import { Failure, Skeletons, useAnnounce } from "../../components/feedback";
import { TextArea, TextField } from "../../components/form";
import { money } from "../../components/format";
import { type Draft, draftOf, EMPTY, idWrong, offerOf, wrongIn } from "./offer";
import { type Product, productQuery, type Read } from "./queries";
import { StaffPage } from "./staff-only";

const Confirm = lazy(() => import("../../components/confirm"));

export function NewProductPage() {
  return (
    <StaffPage title="Add a product" says="Everybody sees it within a minute.">
      <Adding />
    </StaffPage>
  );
}

export function ProductPage() {
  const { id = "" } = useParams();
  return (
    <StaffPage title="Change a product" says="The change is kept only if nobody else made one meanwhile.">
      <Loaded id={id} />
    </StaffPage>
  );
}

function Loaded({ id }: { id: string }) {
  const api = useApi();
  const { data: read, error, isPending, refetch } = useQuery(productQuery(api, id));
  if (isPending) return <Skeletons rows={5} />;
  if (!read) return <Failure error={error} retry={() => void refetch()} />;
  return <Changing read={read} />;
}

/** Goes back to the list, with a word on what was done. */
function useDone() {
  const navigate = useNavigate();
  const cache = useQueryClient();
  const announce = useAnnounce();
  return (words: string) => {
    announce(words);
    void cache.invalidateQueries({ queryKey: ["staff", "shelf"] });
    void cache.invalidateQueries({ queryKey: ["products"] });
    void navigate("/staff/catalogue");
  };
}

function Adding() {
  const api = useApi();
  const done = useDone();
  const [id, setId] = useState("");
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const [tried, setTried] = useState(false);
  const { mutate, error, isPending } = useMutation({
    mutationFn: async () =>
      bodyOf(await api.catalog.POST("/products", { body: { product_id: id.trim(), ...offerOf(draft) } })),
    onSuccess: ({ name }) => done(`${name} is in the catalogue`),
  });
  const taken = error instanceof Problem && error.status === 409;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    if (!idWrong(id) && Object.keys(wrongIn(draft)).length === 0) mutate();
  };
  return (
    <form className="card stack" onSubmit={submit} noValidate>
      <TextField
        label="Product id"
        value={id}
        onChange={(event) => setId(event.target.value)}
        hint="Orders know it by this, for ever: letters, digits, - and _."
        wrong={taken ? "There is a product with this id." : tried ? idWrong(id) : undefined}
      />
      <Fields draft={draft} change={setDraft} tried={tried} />
      {error && !taken && <Failure error={error} />}
      <Buttons busy={isPending} label="Add the product" />
    </form>
  );
}

function Changing({ read }: { read: Read }) {
  const api = useApi();
  const done = useDone();
  const [base, setBase] = useState(read);
  const [draft, setDraft] = useState<Draft>(() => draftOf(read.product));
  const [tried, setTried] = useState(false);
  const [asking, setAsking] = useState(false);
  const params = {
    path: { product_id: base.product.product_id },
    header: { "If-Match": base.tag },
  };
  const change = useMutation({
    mutationFn: async () =>
      bodyOf(await api.catalog.PUT("/products/{product_id}", { params, body: offerOf(draft) })),
    onSuccess: ({ name }) => done(`${name} is changed`),
  });
  const remove = useMutation({
    mutationFn: () => api.catalog.DELETE("/products/{product_id}", { params }),
    onSuccess: () => done(`${base.product.name} is removed`),
  });
  const error = change.error ?? remove.error;
  const overtaken = error instanceof Problem && error.status === 412;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(wrongIn(draft)).length === 0) change.mutate();
  };
  const goOn = (now: Read) => {
    change.reset();
    remove.reset();
    setBase(now);
  };
  return (
    <form className="card stack" onSubmit={submit} noValidate>
      <p className="small soft">
        <code>{base.product.product_id}</code>
      </p>
      <Fields draft={draft} change={setDraft} tried={tried} />
      {overtaken && <Overtaken base={base} goOn={goOn} />}
      {error && !overtaken && <Failure error={error} />}
      <Buttons busy={change.isPending || remove.isPending} label="Save the change">
        <button type="button" className="button danger" onClick={() => setAsking(true)}>
          Remove
        </button>
      </Buttons>
      {asking && (
        <Suspense>
          <Confirm
            title={`Remove ${base.product.name}?`}
            action="Remove it"
            close={() => setAsking(false)}
            act={() => {
              setAsking(false);
              remove.mutate();
            }}
          >
            <p>
              That is for slips. What was sold is better withdrawn: take “On sale” away, and it is kept for
              staff.
            </p>
          </Confirm>
        </Suspense>
      )}
    </form>
  );
}

/** Somebody else was faster: shows what they changed, and goes on from there with what is typed. */
function Overtaken({ base, goOn }: { base: Read; goOn: (now: Read) => void }) {
  const api = useApi();
  const { data: now, error } = useQuery({
    ...productQuery(api, base.product.product_id),
    queryKey: ["staff", "product", base.product.product_id, "after", base.tag],
  });
  if (error) return <Failure error={error} />;
  return (
    <div className="notice warn" role="alert">
      <strong>Somebody else changed it meanwhile</strong>
      {now && (
        <>
          <dl className="facts">
            {differences(base.product, now.product).map(([name, value]) => (
              <div key={name}>
                <dt>{name} is now</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
          <p>Look at it, change what you typed if need be, and save again.</p>
          <button type="button" className="button" onClick={() => goOn(now)}>
            I have seen it
          </button>
        </>
      )}
    </div>
  );
}

function differences(before: Product, after: Product): [string, string][] {
  const told = (product: Product): Record<string, string> => ({
    Name: product.name,
    Description: product.description,
    Category: product.category,
    Price: money(product.unit_price, product.currency),
    Picture: product.image ?? "none",
    "On sale": product.active ? "yes" : "no",
  });
  const [old, fresh] = [told(before), told(after)];
  return Object.entries(fresh).filter(([name, value]) => old[name] !== value);
}

interface FieldsProps {
  draft: Draft;
  change: (draft: Draft) => void;
  /** Whether to say what is wrong: not before the first try. */
  tried: boolean;
}

function Fields({ draft, change, tried }: FieldsProps) {
  const wrong = tried ? wrongIn(draft) : {};
  const of = (name: keyof Draft) => ({
    value: String(draft[name]),
    wrong: wrong[name],
    onChange: (event: { target: { value: string } }) => change({ ...draft, [name]: event.target.value }),
  });
  return (
    <>
      <TextField label="Name" {...of("name")} />
      <TextArea label="Description" rows={3} {...of("description")} />
      <div className="columns">
        <TextField label="Category" {...of("category")} hint="Small letters, digits and -." />
        <TextField label="Price" inputMode="decimal" {...of("price")} />
        <TextField label="Currency" maxLength={3} {...of("currency")} />
      </div>
      <TextField
        label="Picture"
        {...of("image")}
        hint="A path on this domain, such as /products/teapot.svg. It may be left empty."
      />
      <label className="row">
        <input
          type="checkbox"
          checked={draft.active}
          onChange={(event) => change({ ...draft, active: event.target.checked })}
        />
        On sale: everybody sees it
      </label>
    </>
  );
}

function Buttons({ busy, label, children }: { busy: boolean; label: string; children?: React.ReactNode }) {
  return (
    <div className="row">
      <button type="submit" className="button main" disabled={busy}>
        {busy ? "One moment ..." : label}
      </button>
      <Link className="button quiet" to="/staff/catalogue">
        Leave it
      </Link>
      <span className="filler" />
      {children}
    </div>
  );
}
