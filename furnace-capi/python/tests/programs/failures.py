import os
import subprocess
import sys
import traceback

from furnace.context import ContainerContext

with ContainerContext(sys.argv[1]) as container:
    try:
        container.run(["sh", "-c", "echo wrong >&2; exit 7"], stderr=subprocess.PIPE, check=True)
    except subprocess.CalledProcessError as error:
        print(error.returncode, error.stderr)
    try:
        container.run(["no-such-program"])
    except FileNotFoundError as error:
        print(error.errno, error.filename)
    try:
        container.run(["cat"], stdin=os.pipe()[0], timeout=0.01)
    except subprocess.TimeoutExpired as error:
        print(error.cmd)
    process = container.Popen(["sh", "-c", "kill -9 $$"])
    print(process.wait(), process.returncode, process.poll())

try:
    with ContainerContext(sys.argv[1] + "/etc/passwd") as container:
        print("never")
except RuntimeError:
    print("not started")

try:
    with ContainerContext(sys.argv[1]) as container:
        raise KeyError("of the program's own")
except KeyError:
    print(traceback.format_exc().splitlines()[-1])
