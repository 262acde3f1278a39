"""Why a file or a cell was not accepted, in words that a person can act on.

Two families. `FileProblem`: the file as a whole cannot be read; one class for each thing that the
person can do about it. `BadValue`: one cell cannot be used; it becomes a rejected row with field
and reason, and the rows around it go on.
"""

from __future__ import annotations

from collections.abc import Sequence


class Reason:
    """One reason in both languages; `code` is stable and may be counted."""

    __slots__ = ("code", "en", "zh")

    def __init__(self, code: str, zh: str, en: str) -> None:
        self.code, self.zh, self.en = code, zh, en

    def __repr__(self) -> str:
        return f"Reason({self.code}: {self.en})"


class BadValue(ValueError):  # noqa: N818 (it names the value, not the accident)
    """A cell whose text cannot become the value its field needs."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.reason = Reason(code, zh, en)


class FileProblem(Exception):  # noqa: N818
    """A file that cannot be read as it is. `message` says in zh and en what to do."""

    code = "file"

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.message: dict[str, str] = {"zh": zh, "en": en}


class EmptyFile(FileProblem):
    """Nothing to read: choose another file."""

    code = "empty_file"

    def __init__(self) -> None:
        super().__init__(
            "文件里没有数据。请确认导出已完成，然后选择有内容的文件。",
            "The file holds no data. Check that the export finished and choose a file with rows.",
        )


class DuplicateHeader(FileProblem):
    """Two columns share a name: rename one."""

    code = "duplicate_header"

    def __init__(self, names: Sequence[str]) -> None:
        listed = "、".join(f"“{name}”" for name in names)
        self.names = tuple(names)
        super().__init__(
            f"表头里有重复的列名：{listed}。请给重复的列改名后再上传。",
            f"The header has more than one column named {', '.join(map(repr, names))}. "
            "Rename them and upload again.",
        )


class UnknownFormat(FileProblem):
    """Not a table that we read: save it as one."""

    code = "unknown_format"

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(
            f"{zh}请另存为 CSV、TSV、Excel（xlsx、xls）、JSON Lines 或 Parquet 后再上传。",
            f"{en} Save it as CSV, TSV, Excel (xlsx, xls), JSON Lines or Parquet and upload again.",
        )


class WrongEncoding(FileProblem):
    """The letters cannot be read: save the file as UTF-8."""

    code = "wrong_encoding"

    def __init__(self, guess: str | None = None) -> None:
        self.guess = guess
        zh_hint = f"它看起来像 {guess}。" if guess else ""
        en_hint = f" It looks like {guess}." if guess else ""
        super().__init__(
            f"无法识别文件的文字编码。{zh_hint}请另存为 UTF-8 再上传。",
            f"The text encoding of the file could not be recognised.{en_hint} "
            "Save it as UTF-8 and upload it again.",
        )


class TooLarge(FileProblem):
    """Larger than the limits, or a compressed file that unpacks into a flood: split it."""

    code = "too_large"


class NoSpace(FileProblem):
    """The disk has no room for the file and what is made of it: free some."""

    code = "no_space"

    def __init__(self, needed: int, free: int) -> None:
        self.needed, self.free = needed, free
        super().__init__(
            f"磁盘空间不足：需要 {_size(needed)}，只剩 {_size(free)}。请清理磁盘或拆分文件后重试。",
            f"Not enough disk space: {_size(needed)} needed, {_size(free)} free. "
            "Free some space or split the file, then try again.",
        )


class MissingColumns(FileProblem):
    """Fields that this kind of import needs have no column: map them."""

    code = "missing_columns"

    def __init__(self, fields: Sequence[str], labels: Sequence[tuple[str, str]]) -> None:
        self.fields = tuple(fields)
        super().__init__(
            f"缺少必需的列：{'、'.join(zh for zh, _ in labels)}。"
            "请在映射步骤里指定，或补上后再上传。",
            f"Required columns are missing: {', '.join(en for _, en in labels)}. "
            "Choose them in the mapping step, or add them to the file and upload again.",
        )


def _size(count: int) -> str:
    if count >= 1 << 30:
        return f"{count / (1 << 30):,.1f} GB"
    return f"{count / (1 << 20):,.1f} MB"
