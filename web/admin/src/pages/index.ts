// The pages of the back office, one line each. Whoever adds one adds its line, its words in src/words and its component.
import { AlarmClock, Box, Coin, Collection, Connection, Cpu, DataAnalysis, Document, Goods, List, Operation, Upload, User, UserFilled, Van } from "@element-plus/icons-vue";
import type { Component } from "vue";
import type { Both } from "../language";
import type { Permission } from "../office";

export type Group = "home" | "catalogue" | "selling" | "setup" | "system";

export interface OfficePage {
  /** Below /admin; `:id` takes a part of the address. */
  path: string;
  /** For links: `{ name: "product", params: { id } }`. */
  name: string;
  title: Both;
  /** Whoever lacks it neither sees nor opens the page; without one, whoever is of the staff may. */
  permission?: Permission;
  /** Where the navigation has it; pages without an icon are not in it, but belong to the page named by `under`. */
  group?: Group;
  icon?: Component;
  under?: string;
  component: () => Promise<{ default: Component }>;
}

export const pages: OfficePage[] = [
  { path: "/", name: "dashboard", title: { zh: "仪表盘", en: "Dashboard" }, group: "home", icon: DataAnalysis, component: () => import("./DashboardPage.vue") },
  { path: "/products", name: "products", title: { zh: "商品", en: "Products" }, permission: "catalog_write", group: "catalogue", icon: Goods, component: () => import("./ProductsPage.vue") },
  { path: "/products/new", name: "product-new", title: { zh: "新建商品", en: "New product" }, permission: "catalog_write", under: "products", component: () => import("./ProductPage.vue") },
  { path: "/products/:id", name: "product", title: { zh: "商品", en: "Product" }, permission: "catalog_write", under: "products", component: () => import("./ProductPage.vue") },
  { path: "/categories", name: "categories", title: { zh: "分类", en: "Categories" }, permission: "catalog_write", group: "catalogue", icon: Collection, component: () => import("./CategoriesPage.vue") },
  { path: "/inventory", name: "inventory", title: { zh: "库存", en: "Inventory" }, permission: "inventory_write", group: "catalogue", icon: Box, component: () => import("./InventoryPage.vue") },
  { path: "/inventory/audit", name: "stock-audit", title: { zh: "库存核对", en: "Stock audit" }, permission: "inventory_write", under: "inventory", component: () => import("./StockAuditPage.vue") },
  { path: "/inventory/:id", name: "stock", title: { zh: "库存", en: "Stock" }, permission: "inventory_write", under: "inventory", component: () => import("./StockPage.vue") },
  { path: "/imports", name: "imports", title: { zh: "导入与导出", en: "Import and export" }, permission: "catalog_write", group: "catalogue", icon: Upload, component: () => import("./ImportsPage.vue") },
  { path: "/imports/:id", name: "import", title: { zh: "导入", en: "Import" }, permission: "catalog_write", under: "imports", component: () => import("./ImportPage.vue") },
  { path: "/orders", name: "orders", title: { zh: "订单", en: "Orders" }, permission: "orders_read", group: "selling", icon: List, component: () => import("./OrdersPage.vue") },
  { path: "/orders/:id", name: "order", title: { zh: "订单", en: "Order" }, permission: "orders_read", under: "orders", component: () => import("./OrderPage.vue") },
  { path: "/flash-sales", name: "flash-sales", title: { zh: "闪购", en: "Flash sales" }, permission: "catalog_write", group: "selling", icon: AlarmClock, component: () => import("./FlashSalesPage.vue") },
  { path: "/flash-sales/:id", name: "flash-sale", title: { zh: "闪购", en: "Flash sale" }, permission: "catalog_write", under: "flash-sales", component: () => import("./FlashSalePage.vue") },
  { path: "/customers", name: "customers", title: { zh: "顾客", en: "Customers" }, permission: "customers_read", group: "selling", icon: UserFilled, component: () => import("./CustomersPage.vue") },
  { path: "/customers/:id", name: "customer", title: { zh: "顾客", en: "Customer" }, permission: "customers_read", under: "customers", component: () => import("./CustomerPage.vue") },
  { path: "/tax", name: "tax", title: { zh: "税率", en: "Tax" }, permission: "settings_write", group: "setup", icon: Coin, component: () => import("./TaxPage.vue") },
  { path: "/shipping", name: "shipping", title: { zh: "配送", en: "Shipping" }, permission: "settings_write", group: "setup", icon: Van, component: () => import("./ShippingPage.vue") },
  { path: "/staff", name: "staff", title: { zh: "员工", en: "Staff" }, permission: "users_manage", group: "setup", icon: User, component: () => import("./StaffPage.vue") },
  { path: "/staff/roles", name: "roles", title: { zh: "角色与权限", en: "Roles and permissions" }, permission: "users_manage", under: "staff", component: () => import("./RolesPage.vue") },
  { path: "/staff/:id", name: "colleague", title: { zh: "员工", en: "Colleague" }, permission: "users_manage", under: "staff", component: () => import("./ColleaguePage.vue") },
  { path: "/audit", name: "audit", title: { zh: "审计日志", en: "Audit log" }, permission: "audit_read", group: "system", icon: Document, component: () => import("./AuditPage.vue") },
  { path: "/webhooks", name: "webhooks", title: { zh: "推送", en: "Webhooks" }, permission: "webhooks_manage", group: "system", icon: Connection, component: () => import("./WebhooksPage.vue") },
  { path: "/webhooks/:id", name: "webhook", title: { zh: "推送", en: "Webhook" }, permission: "webhooks_manage", under: "webhooks", component: () => import("./WebhookPage.vue") },
  { path: "/jobs", name: "jobs", title: { zh: "后台任务", en: "Background jobs" }, permission: "jobs_manage", group: "system", icon: Operation, component: () => import("./JobsPage.vue") },
  { path: "/system", name: "system", title: { zh: "系统", en: "System" }, permission: "jobs_manage", group: "system", icon: Cpu, component: () => import("./SystemPage.vue") },
];
