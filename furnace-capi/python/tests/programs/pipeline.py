import gzip
import subprocess
import sys
import tempfile
from pathlib import Path

from furnace import ContainerContext

with ContainerContext(Path(sys.argv[1])) as container:
    listed = container.run(["ls", "/bin/sh"], env={"LC_ALL": "C", "PATH": "/bin"}, stdout=subprocess.PIPE, check=True)
    print(listed.stdout.decode("utf-8"), end="")

    with tempfile.NamedTemporaryFile() as outside:
        cat = container.Popen(["cat", "/etc/passwd"], stdout=subprocess.PIPE)
        compress = container.Popen(["gzip"], stdin=cat.stdout, stdout=outside)
        print(compress.communicate())
        print(cat.wait(), compress.returncode)
        cat.stdout.close()
        with gzip.open(outside.name) as content:
            print(content.read().decode("utf-8"), end="")
