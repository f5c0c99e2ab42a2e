import subprocess
import sys
import tempfile
from pathlib import Path

from furnace.config import BindMount
from furnace.context import ContainerContext

with tempfile.TemporaryDirectory() as directory:
    source = Path(directory)
    source.chmod(0o755)
    (source / "file").write_text("of the host\n")
    mounts = [
        BindMount(source, Path("/tmp/writable"), False),
        BindMount(source=source, destination=Path("tmp/read-only"), readonly=True),
        BindMount(source / "file", Path("/tmp/file"), True),
    ]
    with ContainerContext(sys.argv[1], isolate_networking=True, bind_mounts=mounts) as container:
        container.run(["cat", "/tmp/writable/file", "/tmp/read-only/file", "/tmp/file"], check=True)
        container.run("echo changed > /tmp/writable/new", shell=True, check=True)
        refused = container.run("echo changed > /tmp/read-only/newer", shell=True, stderr=subprocess.DEVNULL)
    print(refused.returncode != 0, (source / "new").read_text(), end="")
    print(sorted(file.name for file in source.iterdir()))
