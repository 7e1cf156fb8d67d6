import { Navigate, type RouteObject } from "react-router";
import { Shell } from "./components/shell";
import { ErrorPage, NotFoundPage } from "./pages/not-found";
import { ShopPage } from "./pages/shop/page";

const staff: RouteObject[] = [
  { path: "staff", element: <Navigate to="/staff/approvals" replace /> },
  {
    path: "staff/approvals",
    lazy: async () => ({ Component: (await import("./pages/staff/approvals")).ApprovalsPage }),
  },
  {
    path: "staff/catalogue",
    lazy: async () => ({ Component: (await import("./pages/staff/catalogue")).CataloguePage }),
  },
  {
    path: "staff/catalogue/new",
    lazy: async () => ({ Component: (await import("./pages/staff/product")).NewProductPage }),
  },
  {
    path: "staff/catalogue/:id",
    lazy: async () => ({ Component: (await import("./pages/staff/product")).ProductPage }),
  },
  {
    path: "staff/partners",
    lazy: async () => ({ Component: (await import("./pages/staff/partners")).PartnersPage }),
  },
  {
    path: "staff/queues",
    lazy: async () => ({ Component: (await import("./pages/staff/queues")).QueuesPage }),
  },
];

/** The shop comes with the first load; every other page when it is asked for. */
export const routes: RouteObject[] = [
  {
    element: <Shell />,
    errorElement: <ErrorPage />,
    hydrateFallbackElement: <span />,
    children: [
      { index: true, element: <ShopPage /> },
      { path: "cart", lazy: async () => ({ Component: (await import("./pages/cart/page")).CartPage }) },
      { path: "orders", lazy: async () => ({ Component: (await import("./pages/orders/list")).OrdersPage }) },
      {
        path: "orders/:id",
        lazy: async () => ({ Component: (await import("./pages/orders/detail")).OrderPage }),
      },
      { path: "trends", lazy: async () => ({ Component: (await import("./pages/trends/page")).TrendsPage }) },
      { path: "feed", lazy: async () => ({ Component: (await import("./pages/feed/page")).FeedPage }) },
      {
        path: "posts/:id",
        lazy: async () => ({ Component: (await import("./pages/feed/thread")).ThreadPage }),
      },
      {
        path: "members/:id",
        lazy: async () => ({ Component: (await import("./pages/members/page")).MemberPage }),
      },
      { path: "inbox", lazy: async () => ({ Component: (await import("./pages/inbox/page")).InboxPage }) },
      {
        path: "inbox/settings",
        lazy: async () => ({ Component: (await import("./pages/inbox/settings")).InboxSettingsPage }),
      },
      { path: "search", lazy: async () => ({ Component: (await import("./pages/search/page")).SearchPage }) },
      {
        path: "profile",
        lazy: async () => ({ Component: (await import("./pages/profile/page")).ProfilePage }),
      },
      ...staff,
      {
        path: "developers",
        lazy: async () => ({ Component: (await import("./pages/developers/page")).DevelopersPage }),
      },
      {
        path: "sign-in",
        lazy: async () => ({ Component: (await import("./pages/account/sign-in")).SignInPage }),
      },
      {
        path: "signed-in",
        lazy: async () => ({ Component: (await import("./pages/account/sign-in")).SignedInPage }),
      },
      {
        path: "sign-up",
        lazy: async () => ({ Component: (await import("./pages/account/sign-up")).SignUpPage }),
      },
      {
        path: "confirm",
        lazy: async () => ({ Component: (await import("./pages/account/sign-up")).ConfirmPage }),
      },
      { path: "*", element: <NotFoundPage /> },
    ],
  },
];
