"""Where simulated people live, and which department of the company looks after the place."""

# (city, province, people in ten thousands, department)
CHINA = [
    ("上海", "上海市", 2487, "east"), ("北京", "北京市", 2189, "north"),
    ("深圳", "广东省", 1766, "south"), ("广州", "广东省", 1874, "south"),
    ("成都", "四川省", 2094, "west"), ("重庆", "重庆市", 3205, "west"),
    ("杭州", "浙江省", 1194, "east"), ("南京", "江苏省", 931, "east"),
    ("苏州", "江苏省", 1275, "east"), ("武汉", "湖北省", 1233, "south"),
    ("西安", "陕西省", 1295, "west"), ("天津", "天津市", 1387, "north"),
    ("长沙", "湖南省", 1005, "south"), ("青岛", "山东省", 1007, "north"),
    ("厦门", "福建省", 516, "south"), ("沈阳", "辽宁省", 907, "north"),
    ("昆明", "云南省", 846, "west"), ("乌鲁木齐", "新疆维吾尔自治区", 405, "west"),
    ("拉萨", "西藏自治区", 87, "west"), ("呼和浩特", "内蒙古自治区", 345, "north"),
]  # fmt: skip
BRITAIN = [
    ("London", "England", 890), ("Birmingham", "England", 114), ("Manchester", "England", 55),
    ("Leeds", "England", 80), ("Glasgow", "Scotland", 63), ("Edinburgh", "Scotland", 53),
    ("Bristol", "England", 47), ("Cardiff", "Wales", 36), ("Belfast", "Northern Ireland", 34),
    ("Newcastle upon Tyne", "England", 30), ("Norwich", "England", 14), ("York", "England", 20),
]  # fmt: skip

# country as the orders write it → (country as a profile writes it, a city there, department)
ABROAD: dict[str, tuple[str, str, str]] = {
    "Germany": ("Germany", "Hamburg", "europe"),
    "France": ("France", "Lyon", "europe"),
    "EIRE": ("Ireland", "Dublin", "europe"),
    "Spain": ("Spain", "Valencia", "europe"),
    "Netherlands": ("Netherlands", "Utrecht", "europe"),
    "Belgium": ("Belgium", "Ghent", "europe"),
    "Switzerland": ("Switzerland", "Zürich", "europe"),
    "Portugal": ("Portugal", "Porto", "europe"),
    "Italy": ("Italy", "Bologna", "europe"),
    "Finland": ("Finland", "Tampere", "europe"),
    "Austria": ("Austria", "Graz", "europe"),
    "Norway": ("Norway", "Bergen", "europe"),
    "Denmark": ("Denmark", "Aarhus", "europe"),
    "Sweden": ("Sweden", "Malmö", "europe"),
    "Poland": ("Poland", "Kraków", "europe"),
    "Greece": ("Greece", "Thessaloniki", "europe"),
    "Cyprus": ("Cyprus", "Limassol", "europe"),
    "Channel Islands": ("Jersey", "Saint Helier", "uk"),
    "Australia": ("Australia", "Brisbane", "overseas"),
    "Japan": ("Japan", "Osaka", "overseas"),
    "Singapore": ("Singapore", "Singapore", "overseas"),
    "Hong Kong": ("Hong Kong", "Hong Kong", "overseas"),
    "USA": ("United States", "Portland", "overseas"),
    "Canada": ("Canada", "Halifax", "overseas"),
    "Israel": ("Israel", "Haifa", "overseas"),
    "RSA": ("South Africa", "Durban", "overseas"),
    "Brazil": ("Brazil", "Curitiba", "overseas"),
}
BRITISH = "United Kingdom"
