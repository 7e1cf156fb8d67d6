import { Search } from "lucide-react";
import type { SubmitEvent } from "react";
import { useNavigate } from "react-router";

interface SearchBoxProps {
  /** What is searched for now. */
  q?: string;
  search?: (q: string) => void;
}

/** Asks for words, and searches when they are sent: each search is a request. */
export function SearchBox({ q = "", search }: SearchBoxProps) {
  const navigate = useNavigate();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const words = new FormData(event.currentTarget as HTMLFormElement).get("q");
    const asked = typeof words === "string" ? words.trim() : "";
    if (search) search(asked);
    else void navigate(asked ? `/search?q=${encodeURIComponent(asked)}` : "/search");
  };
  return (
    <form className="search" role="search" onSubmit={submit}>
      <Search size={18} aria-hidden />
      <label className="search-label">
        <span className="visually-hidden">Search posts</span>
        <input key={q} name="q" type="search" maxLength={200} placeholder="Search posts" defaultValue={q} />
      </label>
      <button type="submit" className="button quiet">
        Search
      </button>
    </form>
  );
}
