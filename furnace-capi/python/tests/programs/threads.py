import subprocess
import sys
import threading

from furnace import ContainerContext

found = []


def work(number):
    with ContainerContext(sys.argv[1], isolate_networking=True) as container:
        for turn in range(3):
            done = container.run(["echo", "%d.%d" % (number, turn)], stdout=subprocess.PIPE, universal_newlines=True)
            found.append(done.stdout.strip())


threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(sorted(found))
