import type { Offer, Product } from "./queries";

/** A product as a form has it: all of it text, the price in the currency's own unit. */
export interface Draft {
  name: string;
  description: string;
  category: string;
  price: string;
  currency: string;
  image: string;
  active: boolean;
}

export const EMPTY: Draft = {
  name: "",
  description: "",
  category: "",
  price: "",
  currency: "EUR",
  image: "",
  active: true,
};

/** How many digits of a currency are behind the point. */
function digitsOf(currency: string): number {
  try {
    const format = new Intl.NumberFormat("en", { style: "currency", currency });
    return format.resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    return 2; // it is no currency, which the form says
  }
}

export const draftOf = ({ unit_price, currency, image = "", ...rest }: Product): Draft => {
  const digits = digitsOf(currency);
  return { ...rest, currency, image, price: (unit_price / 10 ** digits).toFixed(digits) };
};

/** The price in minor units, read from its digits and never from a float; NaN when it is none. */
function minorUnits({ price, currency }: Draft): number {
  const digits = digitsOf(currency);
  const [, whole = "", part = ""] = /^\s*(\d{1,9})(?:[.,](\d*))?\s*$/.exec(price) ?? [];
  return whole && part.length <= digits ? Number(whole + part.padEnd(digits, "0")) : Number.NaN;
}

export function offerOf(draft: Draft): Offer {
  const { name, description, category, currency, image, active } = draft;
  return {
    name: name.trim().replace(/\s+/g, " "),
    description,
    category,
    currency: currency.toUpperCase() as Offer["currency"],
    unit_price: minorUnits(draft),
    active,
    ...(image.trim() && { image: image.trim() }),
  };
}

/** What is wrong with a product's id; the contract's rules, in words. */
export const idWrong = (id: string): string | undefined =>
  /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(id.trim()) ? undefined : "Begin with a letter or a digit.";

/** What is wrong with which field. */
export function wrongIn(draft: Draft): Partial<Record<keyof Draft, string>> {
  const wrong: Partial<Record<keyof Draft, string>> = {};
  const name = draft.name.trim();
  if (!name || name.length > 120) wrong.name = "It needs a name, of at most 120 characters.";
  if (draft.description.length > 2000) wrong.description = "At most 2000 characters.";
  if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(draft.category)) wrong.category = "Small letters, digits and -.";
  const price = minorUnits(draft);
  if (Number.isNaN(price) || price > 1_000_000_000) wrong.price = "An amount, such as 24.50.";
  if (!/^[A-Za-z]{3}$/.test(draft.currency)) wrong.currency = "Three letters, such as EUR.";
  if (draft.image.trim() && !/^\/[A-Za-z0-9/._-]{1,255}$/.test(draft.image.trim())) {
    wrong.image = "A path that begins with /.";
  }
  return wrong;
}
