const LOCALE = navigator.language;

/** An amount in minor units, as people write it. */
export function money(minor: number, currency: string): string {
  const format = new Intl.NumberFormat(LOCALE, { style: "currency", currency });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(minor / 10 ** digits);
}

/** How long a text is as the APIs count it: in code points. */
export const lengthOf = (text: string): number => Array.from(text).length;

const dateTime = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeStyle: "short" });
const date = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium" });
const time = new Intl.DateTimeFormat(LOCALE, { timeStyle: "medium" });
const relative = new Intl.RelativeTimeFormat(LOCALE, { numeric: "auto" });

export const asDateTime = (iso: string): string => dateTime.format(new Date(iso));
export const asDate = (iso: string): string => date.format(new Date(iso));
export const asTime = (iso: string): string => time.format(new Date(iso));

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** How long something lasts, in the largest unit that fits. */
export function lasting(seconds: number): string {
  const [unit, size] = STEPS.find(([, length]) => seconds >= length) ?? (["second", 1] as const);
  const format = new Intl.NumberFormat(LOCALE, { style: "unit", unit, unitDisplay: "long" });
  return format.format(Math.trunc(seconds / size));
}

/** How long ago, in the largest unit that fits; within a minute it is "now". */
export function ago(iso: string): string {
  const seconds = (Date.parse(iso) - Date.now()) / 1000;
  for (const [unit, size] of STEPS) {
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  }
  return relative.format(0, "second");
}
