// The thread pool: every part runs exactly once, whoever asks and however many threads there are.
#include <atomic>
#include <thread>
#include <vector>

#include "../../native/base/parallel.h"
#include "check.h"

using namespace chainrule;

TEST(thread_pool_runs_each_part_once) {
  for (int threads : {1, 2, 3, 7}) {
    ThreadPool pool(threads);
    for (int parts : {0, 1, 2, 3, 64, 255, 256, 257, 1000}) {
      std::vector<std::atomic<int>> count(static_cast<std::size_t>(parts));
      for (int round = 0; round < 20; round++) pool.run(parts, [&](int part) { count[static_cast<std::size_t>(part)]++; });
      for (const auto& c : count) CHECK(c == 20);
    }
  }
}

TEST(thread_pool_serves_many_callers_and_resizes) {
  ThreadPool pool(3);
  std::atomic<long> total{0};
  std::vector<std::thread> callers;
  for (int t = 0; t < 4; t++)
    callers.emplace_back([&, t] {
      for (int i = 0; i < 2000; i++) {
        pool.run(5, [&](int) { total++; });
        if (t == 0 && i % 500 == 0) pool.resize(1 + i / 500);
      }
    });
  for (std::thread& t : callers) t.join();
  CHECK(total == 4 * 2000 * 5);
  CHECK(pool.size() == 4);
}

TEST(thread_pool_takes_a_region_inside_a_region) {
  ThreadPool pool(2);
  std::atomic<int> total{0};
  pool.run(2, [&](int) { pool.run(3, [&](int) { total++; }); });
  CHECK(total == 6);
}

TEST(parallel_ranges_cover_everything_once) {
  ThreadPool pool(4);
  for (std::size_t n : {0u, 1u, 63u, 64u, 65u, 1000u, 4097u})
    for (std::size_t grain : {1u, 100u, 5000u}) {
      std::vector<std::atomic<int>> seen(n);
      parallel_ranges(pool, n, grain, 64, [&](std::size_t begin, std::size_t end) {
        CHECK(begin % 64 == 0 && begin < end);
        for (std::size_t i = begin; i < end; i++) seen[i]++;
      });
      for (const auto& s : seen) CHECK(s == 1);
    }
}
