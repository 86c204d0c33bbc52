// Strands: jobs in order, never two of one strand at a time, and no strand keeps the threads from others.
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "../../native/base/background.h"
#include "../../native/base/parameter_lock.h"
#include "../../native/base/strand.h"
#include "check.h"

using namespace chainrule;

namespace {

template <class Condition>
bool soon(Condition condition) {
  for (int i = 0; i < 10000 && !condition(); i++) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return condition();
}

}  // namespace

TEST(strand_runs_jobs_in_order_and_one_at_a_time) {
  std::atomic<int> done{0}, inside{0};
  bool ordered = true, alone = true;
  {
    Strand strand;
    for (int i = 0; i < 2000; i++)
      CHECK(strand.submit([&, i] {
        alone = alone && inside.fetch_add(1) == 0;
        ordered = ordered && done.load() == i;
        inside.fetch_sub(1);
        done.fetch_add(1);
      }));
  }  // jobs outlive the strand
  CHECK(soon([&] { return done.load() == 2000; }));
  CHECK(ordered && alone);
}

TEST(strands_that_never_end_leave_room_for_others) {
  // More strands than there are background threads, each of which always has a next job.
  constexpr int kStrands = 40;
  std::atomic<bool> stop{false};
  std::atomic<int> ended{0};
  std::vector<std::unique_ptr<Strand>> strands;
  std::vector<std::function<void()>> jobs(kStrands);
  std::vector<std::atomic<int>> turns(kStrands);
  for (int i = 0; i < kStrands; i++) {
    strands.push_back(std::make_unique<Strand>());
    jobs[i] = [&, i] {
      turns[i]++;
      if (!stop.load()) strands[i]->submit(jobs[i]);
      else ended++;
    };
  }
  for (int i = 0; i < kStrands; i++) CHECK(strands[i]->submit(jobs[i]));
  CHECK(soon([&] {
    for (std::atomic<int>& n : turns)
      if (n.load() < 3) return false;
    return true;
  }));
  stop.store(true);
  CHECK(soon([&] { return ended.load() == kStrands; }));
}

TEST(parameter_lock_keeps_writers_from_readers) {
  const int block = 0;
  const std::shared_ptr<ParameterLock> lock = ParameterLock::of(&block);
  CHECK(ParameterLock::of(&block) == lock);
  CHECK(ParameterLock::of(&lock) != lock);
  int a = 0, b = 0;
  std::atomic<bool> torn{false}, stop{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; t++)
    threads.emplace_back([&] {
      while (!stop.load()) {
        lock->lock_shared();
        if (a != b) torn.store(true);
        lock->unlock_shared();
      }
    });
  for (int t = 0; t < 2; t++)
    threads.emplace_back([&] {
      for (int i = 0; i < 5000; i++) {
        lock->lock();
        a++;
        b++;
        lock->unlock();
      }
      stop.store(true);
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(!torn.load());
  CHECK(a == b && a >= 5000);
}

TEST(updates_within_an_update_take_no_lock) {
  const int block = 0, other = 0;
  const std::shared_ptr<ParameterLock> lock = ParameterLock::of(&block), second = ParameterLock::of(&other);
  {
    const UpdateHere outer(*lock);
    CHECK(lock->held_here() && !second->held_here() && !lock->try_lock() && lock->trainings == 1);
    {
      const UpdateHere inner(*lock), beside(*second);
      CHECK(lock->held_here() && second->held_here() && lock->trainings == 1);
    }
    CHECK(lock->held_here() && !second->held_here() && !lock->try_lock());
  }
  CHECK(!lock->held_here() && lock->try_lock() && lock->trainings == 0);
  lock->unlock();
}

TEST(parameter_lock_readers_wait_for_a_writer) {
  const int block = 0;
  const std::shared_ptr<ParameterLock> lock = ParameterLock::of(&block);
  lock->lock();
  std::atomic<int> inside{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; t++)
    threads.emplace_back([&] {
      lock->lock_shared();
      inside++;
      lock->unlock_shared();
    });
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  CHECK(inside == 0);
  lock->unlock();
  for (std::thread& thread : threads) thread.join();
  CHECK(inside == 2);
}
