import sys

from furnace import ContainerContext

with ContainerContext(sys.argv[1]) as container:
    child = container.Popen(["sleep", "1000"])
print("left")
print(child.wait())
