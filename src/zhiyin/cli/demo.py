"""placeholder"""

from argparse import Namespace

from zhiyin.cli.output import Output


def demo(options: Namespace, output: Output) -> int:
    return 1


def generate(options: Namespace, output: Output) -> int:
    return 1
