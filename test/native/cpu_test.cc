// What is read out of CPUID and sysfs, of processors that are played; and which kernels that chooses.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "../../native/base/cpu_facts.h"
#include "../../native/base/thread_pool.h"
#include "../../native/dispatch/dispatch.h"
#include "check.h"

namespace chainrule::test {
namespace {

/// A processor that answers so, and with zeros to all else.
using Answers = std::map<std::pair<uint32_t, uint32_t>, Registers>;
Cpuid played(const Answers& answers) {
  return [answers](uint32_t leaf, uint32_t part) {
    const auto found = answers.find({leaf, part});
    return found == answers.end() ? Registers{} : found->second;
  };
}

constexpr uint32_t bits(std::initializer_list<int> set) {
  uint32_t word = 0;
  for (int i : set) word |= 1u << i;
  return word;
}

/// A cache of 64-byte lines: its kind (1 data, 2 instructions, 3 both), level and size.
Registers cache(uint32_t type, uint32_t level, uint32_t ways, uint32_t sets) { return {type | level << 5, (ways - 1) << 22 | 63, sets - 1, 0}; }

}  // namespace

TEST(cpu_features_need_processor_and_system) {
  constexpr uint32_t base = bits({12, 27, 28}), avx2 = bits({5}), avx512 = avx2 | bits({16, 17, 30, 31});
  constexpr uint64_t avx_saved = bits({0, 1, 2}), all_saved = avx_saved | bits({5, 6, 7});
  const struct { const char* what; uint32_t highest, one, seven; uint64_t saved; bool has_avx2, has_avx512; } rows[] = {
      {"all", 7, base, avx512, all_saved, true, true},
      {"AVX2 only", 7, base, avx2, all_saved, true, false},
      {"no VL", 7, base, avx512 & ~bits({31}), all_saved, true, false},
      {"AVX-512 not saved", 7, base, avx512, avx_saved, true, false},
      {"one part of AVX-512 not saved", 7, base, avx512, all_saved & ~uint64_t{bits({6})}, true, false},
      {"AVX not saved", 7, base, avx512, bits({1, 5, 6, 7}), false, false},
      {"no AVX2", 7, base, avx512 & ~avx2, all_saved, false, false},
      {"no FMA", 7, base & ~bits({12}), avx512, all_saved, false, false},
      {"no XGETBV", 7, base & ~bits({27}), avx512, all_saved, false, false},
      {"no AVX", 7, base & ~bits({28}), avx512, all_saved, false, false},
      {"before leaf 7", 6, base, avx512, all_saved, false, false},
  };
  for (const auto& row : rows) {
    bool asked = false;
    const auto states = [&] { return asked = true, row.saved; };
    const Features f = features_of(played({{{0, 0}, {row.highest, 0, 0, 0}}, {{1, 0}, {0, 0, row.one, 0}}, {{7, 0}, {0, row.seven, 0, 0}}}), states);
    CHECK_MESSAGE(f.avx2 == row.has_avx2 && f.avx512 == row.has_avx512, row.what);
    CHECK_MESSAGE(!asked || row.one & bits({27}), row.what);  // XGETBV would be no instruction there
  }
}

TEST(cpu_caches_by_their_leaves) {
  constexpr uint32_t amd = 0x8000001d;
  const Registers l1 = cache(1, 1, 12, 64), code = cache(2, 1, 8, 64), l2 = cache(3, 2, 16, 2048), l3 = cache(3, 3, 15, 16384);
  const Caches usual;
  const std::size_t k48 = 48 << 10, m2 = 2 << 20, m15 = 15 << 20;
  const struct { const char* what; Answers answers; std::size_t l1d, l2, l3; } rows[] = {
      {"Intel", {{{0, 0}, {31, 0, 0, 0}}, {{4, 0}, l1}, {{4, 1}, code}, {{4, 2}, l2}, {{4, 3}, l3}}, k48, m2, m15},
      {"Intel without L3", {{{0, 0}, {31, 0, 0, 0}}, {{4, 0}, l1}, {{4, 1}, l2}}, k48, m2, m2},
      {"AMD", {{{0, 0}, {16, 0, 0, 0}}, {{0x80000000u, 0}, {amd, 0, 0, 0}}, {{amd, 0}, l1}, {{amd, 1}, l2}, {{amd, 2}, l3}}, k48, m2, m15},
      {"before leaf 4", {{{0, 0}, {2, 0, 0, 0}}, {{4, 0}, l1}}, usual.l1d, usual.l2, usual.l3},
      {"an empty leaf", {{{0, 0}, {31, 0, 0, 0}}, {{0x80000000u, 0}, {amd - 1, 0, 0, 0}}}, usual.l1d, usual.l2, usual.l3},
      {"only L3", {{{0, 0}, {31, 0, 0, 0}}, {{4, 0}, l3}}, usual.l1d, usual.l2, m15},
  };
  for (const auto& row : rows) {
    const Caches c = caches_of(played(row.answers));
    CHECK_MESSAGE(c.l1d == row.l1d && c.l2 == row.l2 && c.l3 == row.l3, row.what);
  }
  // A machine below others that says of every number that there is a cache.
  const Caches endless = caches_of([&](uint32_t, uint32_t) { return l1; });
  CHECK(endless.l1d == k48 && endless.l2 == usual.l2);
}

TEST(cpu_name_without_its_padding) {
  const auto named = [](const char* text) {
    char raw[48] = {};
    std::memcpy(raw, text, std::strlen(text));
    Answers answers{{{0x80000000u, 0}, {0x80000004u, 0, 0, 0}}};
    for (uint32_t i = 0; i < 3; i++) std::memcpy(&answers[{0x80000002u + i, 0}], raw + 16 * i, 16);
    return name_of(played(answers));
  };
  CHECK(named("   Some(R) Processor @ 2.00GHz  ") == "Some(R) Processor @ 2.00GHz");
  CHECK(named("123456789012345678901234567890123456789012345678") == "123456789012345678901234567890123456789012345678");
  CHECK(named("") == "" && named("    ") == "");
  CHECK(name_of(played({{{0x80000000u, 0}, {0x80000001u, 0, 0, 0}}})) == "unknown");
}

TEST(cpu_caches_in_files) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / ("chainrule-cpu-test-" + std::to_string(std::rand()) + std::to_string(reinterpret_cast<std::uintptr_t>(&folder)));
  const Caches usual;
  const struct { const char *l1, *l2, *l3; std::size_t l1d, l2_bytes, l3_bytes; } rows[] = {
      {"64K\n", "1M\n", "32M\n", 64 << 10, 1 << 20, 32 << 20},
      {"65536\n", "512K", nullptr, 64 << 10, 512 << 10, 512 << 10},
      {nullptr, nullptr, "4096K\n", usual.l1d, usual.l2, 4 << 20},
      {"", "none\n", "K", usual.l1d, usual.l2, usual.l3},
  };
  for (const auto& row : rows) {
    for (const auto& [index, text] : {std::pair{0, row.l1}, {2, row.l2}, {3, row.l3}}) {
      if (!text) continue;
      fs::create_directories(folder / ("index" + std::to_string(index)));
      std::ofstream(folder / ("index" + std::to_string(index)) / "size") << text;
    }
    const Caches c = caches_in(folder.string());
    CHECK(c.l1d == row.l1d && c.l2 == row.l2_bytes && c.l3 == row.l3_bytes);
    fs::remove_all(folder);
  }
}

TEST(dispatch_by_name) {
  CHECK(choose_table("").table && choose_table("").error.empty());
  for (Isa isa : {Isa::scalar, Isa::avx2, Isa::avx512, Isa::neon}) {
    const Choice choice = choose_table(isa_name(isa));
    CHECK(choice.table == kernel_table(isa) && choice.error.empty() == (choice.table != nullptr));
    CHECK(!choice.table || std::strcmp(choice.table->isa, isa_name(isa)) == 0);
  }
  for (const std::string& name : {std::string("sse"), std::string("AVX2"), std::string(" scalar"), std::string(500, 'x')}) {
    const Choice choice = choose_table(name);
    CHECK(!choice.table);
    CHECK(choice.error.rfind("CHAINRULE_ISA=" + name.substr(0, 32) + " is not available here; this machine can run:", 0) == 0);
    CHECK(choice.error.find(" scalar") != std::string::npos && choice.error.size() < 200);
  }
}

TEST(threads_that_are_asked_for) {
  const struct { const char* asked; int processors, threads; } rows[] = {
      {nullptr, 3, 3}, {"5", 3, 5}, {"256", 3, 256}, {"257", 3, 3}, {"0", 3, 3}, {"-2", 3, 3}, {"many", 3, 3}, {"", 1, 1}, {nullptr, 1000, 256}, {nullptr, 0, 1},
  };
  for (const auto& row : rows) CHECK(threads_for(row.asked, row.processors) == row.threads);
  ThreadPool pool(2);
  CHECK(pool.resize(-3) && pool.size() == 1);
  CHECK(pool.resize(1 << 20) && pool.size() == ThreadPool::kMaxThreads);
}

}  // namespace chainrule::test
