import { keepTitle } from "../../common/title";
import { words } from "./words/shell";

export function usePageTitle(text: () => string): void {
  keepTitle(text, () => words.value.office);
}
