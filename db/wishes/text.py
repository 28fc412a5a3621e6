"""A wish as written, cut into words, Chinese runs, numbers and marks. Every pattern is bounded."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

Sort = Literal["word", "han", "size", "ratio", "side", "scale", "hex", "number", "comma", "or",
               "and", "stop"]  # fmt: skip

_PATTERNS: Final[tuple[tuple[Sort, "re.Pattern[str]"], ...]] = (
    ("hex", re.compile(r"#(?:[0-9a-f]{6}|[0-9a-f]{3})(?![0-9a-z])")),
    (
        "size",
        re.compile(
            r"([0-9]{2,6}) ?(?:px|像素)? ?(?:x|×|✕|\*|by|乘以|乘) ?"
            r"([0-9]{2,6}) ?(?:px|pixels?|像素)?(?![0-9])"
        ),
    ),
    ("ratio", re.compile(r"([0-9]{1,2}) ?[:比] ?([0-9]{1,2})(?![0-9])")),
    ("side", re.compile(r"([0-9]{2,6}) ?(?:px|pixels?|像素)")),
    (
        "scale",
        re.compile(r"([0-9]{1,2}) ?(?:x|×|times|fold|倍)(?![a-z0-9])|x([0-9]{1,2})(?![a-z0-9])"),
    ),
    ("number", re.compile(r"[0-9]{1,20}(?:[.,][0-9]{1,20})?%?")),
)
_HAN: Final = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
_WORD: Final = re.compile(r"[^\W\d_]+")
_MARKS: Final[dict[str, Sort]] = {
    ",": "comma", "、": "or", "/": "or", "|": "or", "&": "and", "+": "and",
    ".": "stop", ";": "stop", "!": "stop", "?": "stop", "。": "stop", "(": "stop", ")": "stop",
}  # fmt: skip
_TRADITIONAL: Final = (
    "紅红 藍蓝 綠绿 黃黄 陰阴 無无 圖图 銳锐 強强 淺浅 裝装 漸渐 變变 攝摄 "
    "虛虚 產产 為为 換换 並并 個个 張张 請请 幫帮 給给 寶宝 東东 亞亚 馬马 "
    "遜逊 雜杂 點点 質质 電电 調调 橫横 豎竖 邊边 縮缩 銀银 銅铜 體体 淨净 "
    "純纯 後后 與与 還还 壓压 跡迹 單单 雙双 兩两 顏颜 濃浓 燈灯 對对 銷销 "
    "長长 寬宽 過过 這这 時时 讓让 廣广 頭头 鏡镜 褲裤 襯衬 絲丝 軟软 減减 "
    "標标 題题 顯显 飾饰 樣样 別别 離离 選选 環环 擴扩 轉转 煩烦 謝谢 儲储 "
    "導导 檔档 發发 傳传 機机 錶表 靜静 熱热 氣气 陽阳 應应 該该 將将 尋寻 "
    "賽赛 復复 極极 曬晒 線线 勻匀 維维 倫伦 葉叶 膚肤 蘋苹 龍龙 駝驼 薔蔷 "
    "鐵铁 鋼钢 "
)
"""Characters of our words as Taiwan and Hongkong write them, each before its simplified form."""
_TO_SIMPLIFIED: Final = str.maketrans({pair[0]: pair[1] for pair in _TRADITIONAL.split()})


@dataclass(frozen=True, slots=True)
class Token:
    """A part of the text; `numbers` of a size, ratio, side or scale."""

    sort: Sort
    text: str
    numbers: tuple[int, ...] = ()


def tokens(wish: str) -> Iterator[Token]:
    """The parts of a wish in order; what cannot be seen is a space, and so are emoji."""
    text = normal(wish)
    at = 0
    while at < len(text):
        found = _number(text, at) or _run(text, at)
        if found is None:
            mark = _MARKS.get(text[at])
            if mark is not None:
                yield Token(mark, text[at])
            at += 1
            continue
        token, at = found
        yield token


def normal(wish: str) -> str:
    """One spelling for each letter: compatibility forms, case, simplified characters."""
    folded = unicodedata.normalize("NFKC", wish).casefold()
    folded = folded.replace("’", "").replace("'", "").replace("w/o", "without")
    # Marks that stand alone, and what steers the direction of writing, are nothing to read.
    seen = "".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in folded)
    return seen.translate(_TO_SIMPLIFIED)


def _number(text: str, at: int) -> tuple[Token, int] | None:
    if not (text[at].isdecimal() or text[at] in "#x"):
        return None
    if at and text[at - 1].isascii() and text[at - 1].isalnum():
        return None
    for sort, pattern in _PATTERNS:
        if match := pattern.match(text, at):
            numbers = () if sort in ("hex", "number") else _whole(match)
            return Token(sort, match.group().strip(), numbers), match.end()
    return None


def _whole(match: "re.Match[str]") -> tuple[int, ...]:
    return tuple(int(one) for one in match.groups() if one is not None)


def _run(text: str, at: int) -> tuple[Token, int] | None:
    if match := _HAN.match(text, at):
        return Token("han", match.group()), match.end()
    if match := _WORD.match(text, at):
        word = match.group()
        first_han = _HAN.search(word)
        if first_han:  # letters of both scripts without a space between them
            word = word[: first_han.start()]
        return Token("word", word), at + len(word)
    return None
