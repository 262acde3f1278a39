"""The command `zhiyin`: runs the product, and scripts it.

Made for people and for scripts: help and messages in Chinese or English, `--json` for one JSON
object on standard output, exit codes that mean something (see `EXIT`), and no question is ever
asked where nobody sits at a terminal.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from zhiyin.cli.arguments import build
from zhiyin.cli.output import Failure, Output
from zhiyin.cli.words import choose_language, t

EXIT = {
    0: ("成功", "done"),
    1: ("失败，原因见标准错误", "failed; the reason is on standard error"),
    2: ("参数不对", "wrong arguments"),
    3: ("要找的不存在", "what was named does not exist"),
    4: ("部分行被拒绝，其余已导入", "some rows were rejected, the others are in"),
    5: ("体检或核验发现问题", "doctor or verify found something to mend"),
    130: ("被用户中断", "interrupted"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    choose_language(words)
    options = build(EXIT).parse_args(words)
    output = Output(as_json=options.json)
    try:
        code: int = options.run(options, output)
    except Failure as failure:
        output.fail(failure)
        return failure.code
    except KeyboardInterrupt:
        output.say(t("已中断。", "Interrupted."))
        return 130
    return code
