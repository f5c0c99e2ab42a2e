// What the test programs share.
#ifndef CHECK_HPP
#define CHECK_HPP

#include <furnace.hpp>

#include <cstdio>
#include <cstdlib>

// As assert(3), but always.
#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            std::abort(); \
        } \
    } while (false)

// The error that `act` throws.
template <class Act>
furnace::error thrown(const Act &act) {
    try {
        act();
    } catch (const furnace::error &error) {
        return error;
    }
    std::fprintf(stderr, "nothing was thrown\n");
    std::abort();
}

#endif
