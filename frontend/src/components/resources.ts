import type { Call } from "../api/calls";

/** Which resources an operation goes through, in order, behind CloudFront. The names are the templates'. */
const PATHS: Record<string, readonly string[]> = {
  "catalog GET /products": ["caller_authorizer", "catalog", "ProductsTable"],
  "orders POST /orders": [
    "Cognito authorizer",
    "create_order",
    "OrdersTable",
    "its stream",
    "start_saga",
    "order saga",
  ],
  "orders GET /orders": ["Cognito authorizer", "list_orders", "OrdersTable"],
  "orders GET /orders/{order_id}": ["Cognito authorizer", "get_order", "OrdersTable"],
  "orders POST /orders/{order_id}/cancel": [
    "Cognito authorizer",
    "cancel_order",
    "OrdersTable",
    "order saga",
  ],
  "orders POST /orders/{order_id}/approval": [
    "Cognito authorizer",
    "approve_order",
    "OrdersTable",
    "order saga",
  ],
  "stream GET /windows": ["Cognito authorizer", "API Gateway answers by itself"],
  "stream GET /trends": ["Cognito authorizer", "query_trends", "TrendsTable"],
  "stream POST /reports": ["Cognito authorizer", "create_report", "trend_report", "Athena"],
  "stream GET /trends/history": ["Cognito authorizer", "query_trends", "TrendsTable"],
};

export function resourcesOf(call: Call): readonly string[] {
  const rest = PATHS[`${call.service} ${call.method} ${call.path}`] ?? [];
  return ["CloudFront", `API Gateway: ${call.service}`, ...rest];
}
