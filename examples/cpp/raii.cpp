// Runs a command in a container, with what it may use and what not.
//
//     raii ROOT COMMAND [ARG...]
#include <furnace.hpp>

#include <chrono>
#include <iostream>
#include <string>
#include <vector>

int main(int argc, char **argv) try {
    if (argc < 3) {
        std::cerr << "usage: raii ROOT COMMAND [ARG...]\n";
        return 125;
    }
    const std::vector<std::string> arguments(argv + 3, argv + argc);

    furnace::builder builder(argv[1]);
    builder.isolate_network()
        .ephemeral()
        .mount(furnace::mount::tmpfs("/scratch").size(16 << 20).mode(01777))
        .mount(furnace::mount::file("/run/greeting", "hello\n").mode(0444))
        .time_limit(std::chrono::seconds(10));
    const furnace::container container = builder.start();

    furnace::command command = container.command(argv[2]);
    command.args(arguments).current_dir("/scratch").env("GREETING", "/run/greeting");
    furnace::child child = command.spawn();

    furnace::exit_status status;
    if (!child.wait_for(std::chrono::minutes(1), status)) {
        child.kill();
        status = child.wait();
    }
    return status.code();
    // Whichever way this is left, by an exception too, the container is stopped and nothing of it stays.
} catch (const furnace::error &error) {
    std::cerr << "raii: " << error.what() << '\n';
    if (*error.remedy() != '\0') {
        std::cerr << "  help: " << error.remedy() << '\n';
    }
    const bool is_not_there = error.code() == std::errc::no_such_file_or_directory;
    return error.phase() == FURNACE_PHASE_EXECUTE && is_not_there ? 127 : 125;
}
