import { keepTitle } from "../../common/title";
import { words } from "./language";

export function usePageTitle(text: () => string): void {
  keepTitle(text, () => words.value.shop);
}
