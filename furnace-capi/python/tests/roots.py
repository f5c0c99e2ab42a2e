"""Root directories, made from the programs of the machine."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Iterator

PROGRAMS = (
    "bash cat echo env false grep gzip head hostname id ls mount ps pwd readlink sed sh sleep stat stty test touch true "
    "umount wc".split()
)
PASSWD = "root:x:0:0:root:/root:/bin/sh\nbuilder:x:1234:2345:Builder:/:/bin/sh\n7:x:77:78::/:/bin/sh\n"
GROUP = "root:x:0:\ntty:x:5:\nbuilders:x:2345:\nmakers:x:3456:builder\n"


def make_root(path: Path) -> Path:
    for directory in ("bin", "dev", "etc", "proc", "root", "run", "sys", "tmp"):
        (path / directory).mkdir(parents=True)
    path.chmod(0o755)
    for name in PROGRAMS:
        program = shutil.which(name)
        assert program, "the machine has no %s" % name
        _copy(Path(program), path / "bin" / name)
        for library in _libraries(program):
            _copy(library, path / library.relative_to("/"))
    (path / "etc/passwd").write_text(PASSWD)
    (path / "etc/group").write_text(GROUP)
    return path


def _libraries(program: str) -> "Iterator[Path]":
    listed = subprocess.run(["ldd", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    return map(Path, re.findall(r"(/\S+) \(0x", os.fsdecode(listed)))


def _copy(source: Path, destination: Path) -> None:
    if not destination.exists():
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, destination)
