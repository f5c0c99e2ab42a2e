import sys
import tempfile
from pathlib import Path

from furnace.libc import is_mount_point
from furnace.utils import BindMountContext, OverlayfsMountContext

with tempfile.TemporaryDirectory() as directory:
    lower, upper, work, merged, second = [
        Path(directory) / name for name in ("lower", "upper", "work", "merged", "second")
    ]
    for path in (lower, upper, work, merged, second):
        path.mkdir()
    (lower / "file").write_text("below")
    print(is_mount_point(merged), is_mount_point(Path("/proc")), is_mount_point(Path("/no/such/path")))
    with OverlayfsMountContext([lower], upper, work, merged):
        print(is_mount_point(merged), (merged / "file").read_text())
        (merged / "file").write_text("above")
    print((lower / "file").read_text(), (upper / "file").read_text())
    with BindMountContext(lower, second, read_only=True):
        try:
            (second / "new").touch()
        except OSError as error:
            print(error.errno)
    print(is_mount_point(merged), is_mount_point(second))
    mount = BindMountContext(lower, second)
    mount.mount()
    print((second / "file").read_text())
    mount.umount()
    try:
        BindMountContext(lower / "missing", second).mount()
    except OSError as error:
        print(error.errno)
