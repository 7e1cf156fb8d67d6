import { useState } from "react";

interface AvatarProps {
  name: string;
  image?: string | undefined;
  /** Pixels a side. */
  size?: number;
}

const TINTS = 5;

/** A member's image; without one, the first letter on a colour that stays with the name. */
export function Avatar({ name, image, size = 44 }: AvatarProps) {
  const [broken, setBroken] = useState<string>();
  const style = { width: size, height: size, fontSize: size * 0.42 };
  if (image && image !== broken) {
    return (
      <img
        className="avatar"
        src={image}
        alt=""
        width={size}
        height={size}
        style={style}
        onError={() => setBroken(image)}
      />
    );
  }
  return (
    <span className={`avatar tint-${tintOf(name)}`} style={style} aria-hidden>
      {name.charAt(0).toUpperCase()}
    </span>
  );
}

const tintOf = (name: string): number =>
  Array.from(name).reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973, 7) % TINTS;
