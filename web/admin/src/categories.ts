import { office, type Schemas } from "./office";

export type Category = Schemas["AdminCategory"];
export interface Branch { category: Category; depth: number; path: string }

/** The tree as a list: each below its parent, siblings in their order, with its way from the root. */
export function branches(all: readonly Category[], parent: string | null = null, depth = 0, way = ""): Branch[] {
  return all.filter((one) => one.parent_id === parent)
    .sort((a, b) => a.position - b.position || a.name.localeCompare(b.name))
    .flatMap((category) => {
      const path = way ? `${way} › ${category.name}` : category.name;
      return [{ category, depth, path }, ...branches(all, category.id, depth + 1, path)];
    });
}

export async function readCategories(): Promise<Branch[]> {
  return branches((await office.adminListCategories()).data);
}
