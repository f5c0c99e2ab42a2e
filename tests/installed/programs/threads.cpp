// Many threads on one container, and errors that go from one to another: threads ROOT
#include "check.hpp"

#include <atomic>
#include <exception>
#include <thread>

static std::vector<std::thread> many(int count, const std::function<void(int)> &act) {
    std::vector<std::thread> threads;
    for (int number = 0; number < count; ++number) {
        threads.emplace_back(act, number);
    }
    return threads;
}

static void join(std::vector<std::thread> threads) {
    for (std::thread &thread : threads) {
        thread.join();
    }
}

static void commands(const char *root) {
    std::atomic<int> lines(0);
    furnace::builder builder(root);
    builder.log(FURNACE_LOG_DEBUG, [&](int, const char *) { ++lines; });
    const furnace::container container = builder.start();
    join(many(8, [&](int number) {
        for (int round = 0; round < 10; ++round) {
            const furnace::output output = container.command("echo").arg(std::to_string(number)).output();
            CHECK(output.standard_output().str() == std::to_string(number) + "\n");
        }
    }));
    CHECK(lines > 80);
}

static void starts(const char *root) {
    const furnace::builder builder(root);
    join(many(8, [&](int) {
        for (int round = 0; round < 5; ++round) {
            CHECK(builder.start().command("true").run().success());
        }
    }));
}

static void waits(const char *root) {
    const furnace::container container = furnace::builder(root).start();
    const furnace::child child = container.command("sleep").arg("1000").spawn();
    auto waiting = many(4, [&](int) { CHECK(child.wait().signal() == SIGTERM); });
    child.kill(SIGTERM);
    join(std::move(waiting));
}

// A stop while others spawn: each of them succeeds, or is told that the container has ended.
static void stop(const char *root) {
    const furnace::container container = furnace::builder(root).start();
    std::atomic<int> spawned(0);
    std::atomic<int> refused(0);
    auto spawning = many(4, [&](int) {
        for (;;) {
            try {
                container.command("true").run();
                ++spawned;
            } catch (const furnace::error &error) {
                CHECK(error.kind() == FURNACE_ERROR_ENDED);
                ++refused;
                return;
            }
        }
    });
    while (spawned < 8) {
        std::this_thread::yield();
    }
    container.stop();
    join(std::move(spawning));
    CHECK(refused == 4);
}

static void errors() {
    std::exception_ptr kept;
    std::thread([&] {
        try {
            furnace::builder("/no/such/root").start();
        } catch (...) {
            kept = std::current_exception();
        }
    }).join();
    join(many(8, [&](int) {
        const furnace::error copy = thrown([&] { std::rethrow_exception(kept); });
        CHECK(std::string(copy.what()).find("/no/such/root") != std::string::npos);
    }));
}

int main(int argc, char **argv) {
    CHECK(argc > 1);
    commands(argv[1]);
    starts(argv[1]);
    waits(argv[1]);
    stop(argv[1]);
    errors();
}
