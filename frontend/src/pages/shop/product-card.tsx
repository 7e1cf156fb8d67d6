import { Plus } from "lucide-react";
import { Art } from "../../components/art";
import { useAnnounce } from "../../components/feedback";
import { money } from "../../components/format";
import { setQuantity, useCart } from "../cart/cart";
import type { Product } from "./queries";

export function ProductCard({ product }: { product: Product }) {
  const announce = useAnnounce();
  const { lines } = useCart();
  const { product_id, name, unit_price, currency, category, image } = product;
  const held = lines.find((line) => line.product_id === product_id)?.quantity ?? 0;
  const add = () => {
    setQuantity({ product_id, name, unit_price, currency, category, image }, held + 1);
    announce(`${name} is in the cart, ${held + 1} of it`);
  };
  return (
    <li className="card product">
      <Art product={product} />
      <div className="product-text">
        <h2>{name}</h2>
        <p className="soft small">{product.description}</p>
      </div>
      <div className="spread">
        <strong className="number">{money(unit_price, currency)}</strong>
        <button type="button" className="button" aria-label={`Add ${name} to the cart`} onClick={add}>
          <Plus size={16} aria-hidden /> {held > 0 ? `${held} in the cart` : "Add"}
        </button>
      </div>
    </li>
  );
}
