"""The command `zhiyin`: runs the product, and scripts it.

Made for people and for scripts: help and messages in Chinese or English, `--json` for one JSON
object on standard output, exit codes that mean something (see `EXIT`), and no question is ever
asked.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence

from zhiyin.cli.arguments import build
from zhiyin.cli.output import Failure, Output
from zhiyin.cli.words import choose_language, t

EXIT = {
    0: ("成功", "done"),
    1: (
        "失败，原因见标准错误；config diff 发现不同",
        "failed, the reason is on standard error; config diff found a difference",
    ),
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
    output = Output(as_json="--json" in words)
    try:
        options = build(EXIT).parse_args(words)
        code: int = options.run(options, output)
    except Failure as failure:
        output.fail(failure)
        return failure.code
    except KeyboardInterrupt:
        output.fail(Failure(t("已中断。", "Interrupted."), code=130))
        return 130
    except BrokenPipeError:
        return 1  # whoever read our output has gone
    except Exception as error:
        traceback.print_exc()
        output.fail(
            Failure(
                t(f"没有料到的错误：{error}", f"An error that nobody expected: {error}"),
                kind=type(error).__name__,
            )
        )
        return 1
    return code
