export function ShopPage() {
  return (
    <div className="page">
      <h1>Shop</h1>
    </div>
  );
}
