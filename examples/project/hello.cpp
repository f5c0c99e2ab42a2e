// Says hello from a container: hello-cpp ROOT
#include <furnace.hpp>

#include <iostream>

int main(int argc, char **argv) try {
    if (argc != 2) {
        std::cerr << "usage: hello-cpp ROOT\n";
        return 1;
    }
    return furnace::builder(argv[1]).start().command("echo").arg("hello from C++").run().code();
} catch (const furnace::error &error) {
    std::cerr << "hello-cpp: " << error.what() << '\n';
    return 1;
}
