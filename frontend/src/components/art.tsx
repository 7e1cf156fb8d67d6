import { CookingPot, House, Leaf, type LucideIcon, NotebookPen, Package } from "lucide-react";

const ICONS: Record<string, LucideIcon> = {
  kitchen: CookingPot,
  pantry: Leaf,
  desk: NotebookPen,
  home: House,
};

interface ArtProps {
  product: { image?: string | undefined; category: string };
  /** Whether it stands in a row of a list. */
  small?: boolean;
}

/** A product's picture on its category's colour, or the category's sign. The name stands beside it. */
export function Art({ product: { image, category }, small = false }: ArtProps) {
  const Icon = ICONS[category] ?? Package;
  return (
    <div className={`art ${category in ICONS ? category : ""} ${small ? "small-art" : ""}`}>
      {image ? <img src={image} alt="" loading="lazy" /> : <Icon aria-hidden strokeWidth={1.25} />}
    </div>
  );
}
