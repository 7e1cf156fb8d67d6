import { lengthOf } from "../../components/format";

/** A piece of a post's text: plain, or what it links to. */
export interface Piece {
  text: string;
  to?: string;
}

const LONGEST_TAG = 50;
export const MOST_TAGS = 10;
export const LONGEST_TEXT = 5000;

// As the mobile API reads mentions (layers/mobile, rules.py); a tag in a text ends where its word does.
const MENTION = String.raw`(?<![\w@.])@[A-Za-z0-9_]{3,30}(?![\w@])`;
const TAG = String.raw`(?<![\p{L}\p{N}_&#/])#[\p{L}\p{N}_-]{1,${LONGEST_TAG}}`;
const ADDRESS = String.raw`https?:\/\/[^\s<>"]+[^\s<>".,;:!?)]`;
const LINKS = new RegExp(`${ADDRESS}|${MENTION}|${TAG}`, "gu");
const TAGS = new RegExp(TAG, "gu");

export const pathOfTag = (tag: string): string => `/search?tags=${encodeURIComponent(tag)}`;
export const pathOfName = (name: string): string => `/members/@${name}`;

/** A text in pieces: mentions lead to members, tags to the search, addresses out of the app. */
export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const found of text.matchAll(LINKS)) {
    const [word] = found;
    if (found.index > at) pieces.push({ text: text.slice(at, found.index) });
    pieces.push({ text: word, to: linkOf(word) });
    at = found.index + word.length;
  }
  if (at < text.length) pieces.push({ text: text.slice(at) });
  return pieces;
}

function linkOf(word: string): string {
  if (word.startsWith("@")) return pathOfName(word.slice(1).toLowerCase());
  if (word.startsWith("#")) return pathOfTag(word.slice(1).toLowerCase());
  return word;
}

/** The tags of a post: those in its text and those beside it, each once, in small letters. */
export function tagsOf(text: string, beside: string): string[] {
  const inText = [...text.matchAll(TAGS)].map(([tag]) => tag.slice(1));
  const others = beside.split(/[\s,#]+/).filter(Boolean);
  return [...new Set([...inText, ...others].map((tag) => tag.toLowerCase()))];
}

/** What has to change before the post can be sent; null when nothing does. */
export function wrongWith(text: string, tags: readonly string[]): string | null {
  const length = lengthOf(text);
  if (length > LONGEST_TEXT) return `It is ${length - LONGEST_TEXT} characters too long.`;
  if (tags.length > MOST_TAGS) return `There are ${tags.length} tags; ${MOST_TAGS} is the most.`;
  const long = tags.find((tag) => lengthOf(tag) > LONGEST_TAG);
  return long ? `The tag ${long.slice(0, 20)}… is longer than ${LONGEST_TAG} characters.` : null;
}
