// The same without exceptions: prints what a command says, and how it ended.
//
//     nothrow ROOT COMMAND [ARG...]
#include <furnace.hpp>

#include <iostream>
#include <string>
#include <vector>

static int failed(const furnace::error &error) {
    std::cerr << "nothrow: " << error.what() << '\n';
    return 125;
}

int main(int argc, char **argv) {
    if (argc < 3) {
        std::cerr << "usage: nothrow ROOT COMMAND [ARG...]\n";
        return 125;
    }

    auto container = furnace::nothrow::builder(argv[1]).isolate_network().start();
    if (!container) {
        return failed(container.error());
    }
    auto output = container->command(argv[2]).args(std::vector<std::string>(argv + 3, argv + argc)).output();
    if (!output) {
        return failed(output.error());
    }
    std::cout << output->standard_output().str();
    auto stopped = container->stop();
    return stopped ? output->status().code() : failed(stopped.error());
}
