"""What a large shop has on its shelf, made from a seed: the same seed gives the same product at the same place, at any size.

Products are made one by one from their number, so that a million of them need no memory, and a catalogue of a thousand is
the beginning of one of a million. How often each is asked for follows Zipf's law over ranks that have nothing to do
with the order in the file.
"""
import bisect
import csv
import itertools
import math
import random

COLUMNS = ["Handle", "Title", "Body (HTML)", "Vendor", "Type", "Tags", "Published", "Option1 Name", "Option1 Value", "Option2 Name",
           "Option2 Value", "Variant SKU", "Variant Grams", "Variant Inventory Tracker", "Variant Inventory Qty",
           "Variant Inventory Policy", "Variant Fulfillment Service", "Variant Price", "Variant Compare At Price",
           "Variant Requires Shipping", "Variant Taxable", "SEO Title", "SEO Description", "Variant Weight Unit", "Status"]

# What it is, in both languages; its category; the least and the greatest price in yuan; its options.
KINDS = [
    ("龙井茶", "Longjing Tea", "茶叶 Tea", 40, 900, "weight"), ("白毫银针", "Silver Needle White Tea", "茶叶 Tea", 80, 1200, "weight"),
    ("普洱茶饼", "Pu'er Tea Cake", "茶叶 Tea", 60, 2400, "weight"), ("紫砂壶", "Yixing Teapot", "茶具 Teaware", 120, 3600, "colour"),
    ("青瓷盖碗", "Celadon Gaiwan", "茶具 Teaware", 60, 560, "colour"), ("品茗杯", "Tasting Cup", "茶具 Teaware", 15, 160, "colour"),
    ("棉麻T恤", "Cotton and Linen Tee", "服饰 Clothing", 59, 259, "wear"), ("羊毛开衫", "Lambswool Cardigan", "服饰 Clothing", 199, 899, "wear"),
    ("防风外套", "Windproof Jacket", "服饰 Clothing", 259, 1299, "wear"), ("真丝围巾", "Silk Scarf", "服饰 Clothing", 99, 699, "colour"),
    ("帆布包", "Canvas Tote", "包袋 Bags", 39, 199, "colour"), ("双肩包", "Day Backpack", "包袋 Bags", 149, 799, "colour"),
    ("真皮钱包", "Leather Wallet", "包袋 Bags", 99, 599, "colour"), ("保温杯", "Thermos Flask", "户外 Outdoor", 59, 299, "size"),
    ("露营灯", "Camp Lantern", "户外 Outdoor", 49, 399, "none"), ("折叠椅", "Folding Chair", "户外 Outdoor", 79, 499, "colour"),
    ("帐篷", "Two-Person Tent", "户外 Outdoor", 299, 2199, "colour"), ("铸铁锅", "Cast Iron Pot", "厨房 Kitchen", 129, 999, "size"),
    ("菜刀", "Kitchen Cleaver", "厨房 Kitchen", 69, 899, "none"), ("竹砧板", "Bamboo Chopping Board", "厨房 Kitchen", 29, 159, "size"),
    ("陶瓷餐盘", "Stoneware Plate", "厨房 Kitchen", 19, 129, "colour"), ("香薰蜡烛", "Scented Candle", "家居 Home", 39, 269, "scent"),
    ("羽绒枕", "Down Pillow", "家居 Home", 89, 699, "size"), ("亚麻床单", "Linen Sheet", "家居 Home", 199, 1299, "wear"),
    ("台灯", "Desk Lamp", "家居 Home", 99, 899, "colour"), ("毛笔", "Writing Brush", "文具 Stationery", 12, 380, "size"),
    ("笔记本", "Dotted Notebook", "文具 Stationery", 15, 98, "colour"), ("钢笔", "Fountain Pen", "文具 Stationery", 59, 1880, "colour"),
    ("积木", "Building Blocks", "玩具 Toys & Games", 59, 899, "none"), ("象棋", "Xiangqi Set", "玩具 Toys & Games", 39, 599, "none"),
    ("布老虎", "Cloth Tiger", "玩具 Toys & Games", 29, 199, "size"), ("蓝牙耳机", "Wireless Earphones", "数码 Electronics", 129, 1599, "colour"),
    ("充电宝", "Power Bank", "数码 Electronics", 69, 399, "colour"), ("机械键盘", "Mechanical Keyboard", "数码 Electronics", 199, 1299, "colour"),
]
STYLES = [("远山", "Distant Hills"), ("初雪", "First Snow"), ("松风", "Pine Wind"), ("落花", "Falling Blossom"), ("清明", "Qingming"),
          ("江南", "Jiangnan"), ("青云", "Blue Cloud"), ("月白", "Moon White"), ("山居", "Mountain House"), ("竹里", "Bamboo Grove"),
          ("秋水", "Autumn Water"), ("听雨", "Listening to Rain"), ("知夏", "Early Summer"), ("北岸", "North Bank"), ("星河", "River of Stars"),
          ("木心", "Heartwood"), ("云上", "Above the Clouds"), ("小满", "Grain Buds"), ("长安", "Chang'an"), ("渔火", "Fishing Lights")]
MAKERS = ["远山茶业 Yuanshan Tea", "织夏 Zhixia Textiles", "远足社 Yuanzu Outdoor", "小木匠 Little Carpenter", "青窑 Celadon Kiln", "松果 Pinecone",
          "北岸工坊 North Bank Works", "安居 Anju Home", "墨痕 Ink Trace", "极光 Aurora Electronics", "禾木 Hemu", "素造 Plain Made"]
COLOURS = ["靛蓝 Indigo", "朱红 Vermilion", "松绿 Pine", "月白 Moon White", "炭灰 Charcoal", "赭黄 Ochre"]
SIZES = ["S", "M", "L", "XL"]
SAYINGS = [
    ("手工制作，每一件都略有不同。", "Made by hand, so no two are quite alike."), ("用料扎实，经得起每天使用。", "Made of honest stuff, for use every day."),
    ("轻巧耐用，出门在家都合适。", "Light and lasting, at home and on the way."), ("送礼自用两相宜，附布袋与卡片。", "A gift or a treat; it comes with a pouch and a card."),
    ("设计简洁，颜色取自山水。", "A plain design in the colours of hills and water."), ("请以温水清洗，自然晾干。", "Wash in warm water and let it dry in the air."),
    ("产自江南的小作坊，三代传承。", "From a small workshop south of the river, in its third generation."), ("可配同系列的其他单品。", "Goes well with the others of its series."),
]
ZIPF = 0.9   # how steep: the top hundredth of ten thousand products takes about half of the requests


def choices(kind, rng):
    """The names of up to two options and their values: 1 to 12 variants, mostly few."""
    if kind == "wear":
        return [("颜色 Colour", rng.sample(COLOURS, rng.choice([1, 1, 2, 2, 3]))), ("尺码 Size", SIZES[:rng.choice([2, 3, 3, 4])])]
    if kind == "colour":
        return [("颜色 Colour", rng.sample(COLOURS, rng.choice([1, 2, 2, 3, 4])))]
    if kind == "weight":
        return [("净重 Weight", ["50 g", "100 g", "250 g", "500 g"][:rng.choice([1, 2, 3, 4])])]
    if kind == "size":
        return [("尺寸 Size", ["小 Small", "中 Medium", "大 Large"][:rng.choice([1, 2, 3])])]
    if kind == "scent":
        return [("香味 Scent", rng.sample(["桂花 Osmanthus", "檀木 Sandalwood", "雪松 Cedar", "白茶 White Tea"], rng.choice([1, 2, 4])))]
    return []


class Shelf:
    """`products` of them, `seed` says which. `stock`: of each variant; None: as in a real shop, where some are scarce."""

    def __init__(self, products, seed=1, stock=None):
        self.products, self.seed, self.stock = products, seed, stock
        self.stride = self.coprime(max(3, int(products * 0.618)))
        self.shares = None

    def coprime(self, number):
        while math.gcd(number, self.products) != 1:
            number += 1
        return number

    def kind(self, number):
        return KINDS[random.Random(f"{self.seed} kind {number}").randrange(len(KINDS))]

    def handle(self, number):
        rng = random.Random(f"{self.seed} name {number}")
        style = rng.choice(STYLES)[1]
        words = f"{style} {self.kind(number)[1]}".lower().replace("'", "").replace(" ", "-")
        return f"{words}-{number}"

    def rows(self, number):
        """The rows of one product."""
        rng = random.Random(f"{self.seed} name {number}")
        style = rng.choice(STYLES)
        chinese, english, category, least, most, options = self.kind(number)
        sayings = rng.sample(SAYINGS, rng.choice([2, 3, 4]))
        body = f"<p>{''.join(s[0] for s in sayings)}</p><p>{' '.join(s[1] for s in sayings)}</p>"
        if rng.random() < 0.4:
            body += f"<ul><li>保修 Warranty: {rng.choice([1, 2, 3])} 年 years</li><li>产地 Origin: {rng.choice(['杭州', '景德镇', '苏州', '福鼎'])}</li></ul>"
        price = round(math.exp(rng.uniform(math.log(least), math.log(most)))) - 0.1 * rng.choice([0, 1, 1])
        parts = choices(options, rng)
        if not parts:
            combinations, names = [("Default Title", "")], ("Title", "")
        elif len(parts) == 1:
            combinations, names = [(value, "") for value in parts[0][1]], (parts[0][0], "")
        else:
            combinations, names = list(itertools.product(parts[0][1], parts[1][1])), (parts[0][0], parts[1][0])
        title = f"{style[0]}{chinese} {style[1]} {english} No. {number}"
        tags = ", ".join([style[0], chinese, english.lower(), rng.choice(["gift", "new", "classic", "sale"]), category.split(" ")[-1].lower()])
        for place, (first, second) in enumerate(combinations):
            quantity = self.stock if self.stock is not None else rng.choice([0, 2, 9, 25, 60, 120, 400])
            own = f"{price * (1 + 0.18 * place):.2f}"
            before = f"{float(own) * 1.2:.2f}" if rng.random() < 0.2 else ""
            lead = [title, body, rng.choice(MAKERS), category, tags, "true"] if place == 0 else [""] * 6
            yield [self.handle(number), *lead, names[0] if place == 0 else "", first, names[1] if place == 0 else "", second,
                   f"B{number:07d}-{place}", rng.choice([60, 120, 350, 900, 2400]), "shopify", quantity, "deny", "manual", own, before,
                   "true", "true", title[:60] if place == 0 else "", sayings[0][1] if place == 0 else "", "g", "active" if place == 0 else ""]

    def write(self, file, numbers=None):
        """All products, or those with these numbers; how many variants were written."""
        writer, variants = csv.writer(file, lineterminator="\n"), 0
        writer.writerow(COLUMNS)
        for number in numbers or range(self.products):
            for row in self.rows(number):
                writer.writerow(row)
                variants += 1
        return variants

    def popular(self, rng):
        """The number of a product, drawn as shoppers draw."""
        if self.shares is None:
            self.shares = list(itertools.accumulate((rank + 1) ** -ZIPF for rank in range(self.products)))
        rank = bisect.bisect_left(self.shares, rng.random() * self.shares[-1])
        return rank * self.stride % self.products
