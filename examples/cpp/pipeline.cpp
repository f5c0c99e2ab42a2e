// Two commands in a container, piped into each other.
//
//     pipeline ROOT          prints how many lines the container's /etc/passwd has
#include <furnace.hpp>

#include <unistd.h>

#include <iostream>

int main(int argc, char **argv) try {
    if (argc != 2) {
        std::cerr << "usage: pipeline ROOT\n";
        return 1;
    }
    const furnace::container container = furnace::builder(argv[1]).start();

    furnace::child cat = container.command("cat").arg("/etc/passwd").pipe(STDOUT_FILENO).spawn();
    // The pipe's end is closed with the descriptor, which is gone at the end of this line; the command has its own.
    const furnace::output counted =
        container.command("wc").arg("-l").stream(STDIN_FILENO, cat.take(STDOUT_FILENO)).output();

    std::cout << counted.standard_output().str();
    return cat.wait().success() && counted.status().success() ? 0 : 1;
} catch (const furnace::error &error) {
    std::cerr << "pipeline: " << error.what() << '\n';
    return 1;
}
