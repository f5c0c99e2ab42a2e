import sys

from furnace.context import ContainerContext

with ContainerContext(sys.argv[1]) as container:
    container.run(["ps", "-e", "-o", "pid="])
    container.run(["hostname"])
