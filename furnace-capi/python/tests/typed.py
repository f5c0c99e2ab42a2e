"""For mypy alone, which is to find nothing wrong with it: the types that a program sees."""

import subprocess
from pathlib import Path
from typing import List

from furnace import ContainerContext, Error
from furnace.config import BindMount
from furnace.libc import is_mount_point
from furnace.utils import BindMountContext, OverlayfsMountContext


def run(root: Path) -> str:
    with ContainerContext(root, bind_mounts=[BindMount("/src", Path("src"), True), ("/a", "/b", False)]) as container:
        text: str = container.run(["ls"], text=True, stdout=subprocess.PIPE, check=True).stdout
        data: bytes = container.run(["ls"], capture_output=True).stdout
        process: "subprocess.Popen[str]" = container.Popen(["ls"], text=True, cwd="/", user="nobody")
        code: int = process.wait(timeout=1.5)
        container.interactive_shell("name")
        pid: int = container.pid
    return text + data.decode() + str(code + pid)


def mount(source: Path, place: Path, more: List[Path]) -> bool:
    with BindMountContext(source, place, read_only=True) as bind:
        with OverlayfsMountContext(more, rw_dir=source, work_dir=source, destination=place) as overlay:
            assert bind.read_only and overlay.ro_dirs
        return is_mount_point(place)


def why(error: Error) -> str:
    return "%s %s %s %s" % (error.code, error.phase, error.step, error.remedy)
