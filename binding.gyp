# The build that ships (node-gyp, prebuildify); CMakeLists.txt is the other one. Both build native/sources.json.
{
  'includes': ['native/sources.json'],
  'variables': {
    'build_tests%': 0,
    'kernel_cflags': ['-O3', '-fPIC', '-fvisibility=hidden', '-fno-exceptions', '-fno-rtti', '-ffp-contract=off', '-fno-math-errno', '-fno-trapping-math', '-Wno-ignored-attributes'],
  },
  'target_defaults': {
    'cflags_cc!': ['-std=gnu++17', '-std=gnu++1y', '-fno-exceptions'],
    'cflags_cc': ['-std=gnu++20', '-fvisibility=hidden'],
    'cflags': ['-fPIC', '-Wno-ignored-attributes'],
    'xcode_settings': {
      'CLANG_CXX_LANGUAGE_STANDARD': 'gnu++20',
      'GCC_ENABLE_CPP_EXCEPTIONS': 'YES',
      'GCC_SYMBOLS_PRIVATE_EXTERN': 'YES',
      'MACOSX_DEPLOYMENT_TARGET': '11.0',
    },
  },
  'conditions': [
    ['target_arch=="x64"', {
      'targets': [
        {
          'target_name': 'chainrule_avx2',
          'type': 'static_library',
          'sources': ['<@(chainrule_kernel_sources)'],
          'defines': ['CHAINRULE_ISA=avx2', 'CHAINRULE_ISA_avx2=1'],
          'cflags': ['<@(kernel_cflags)', '-mavx2', '-mfma', '-mf16c'],
          'xcode_settings': { 'OTHER_CFLAGS': ['<@(kernel_cflags)', '-mavx2', '-mfma', '-mf16c'] },
        },
        {
          'target_name': 'chainrule_avx512',
          'type': 'static_library',
          'sources': ['<@(chainrule_kernel_sources)'],
          'defines': ['CHAINRULE_ISA=avx512', 'CHAINRULE_ISA_avx512=1'],
          'cflags': ['<@(kernel_cflags)', '-mavx512f', '-mavx512dq', '-mavx512bw', '-mavx512vl', '-mfma', '-mprefer-vector-width=512'],
          'xcode_settings': { 'OTHER_CFLAGS': ['<@(kernel_cflags)', '-mavx512f', '-mavx512dq', '-mavx512bw', '-mavx512vl', '-mfma'] },
        },
      ],
      'variables': { 'isa_libraries': ['chainrule_avx2', 'chainrule_avx512'] },
    }],
    ['target_arch=="arm64"', {
      'targets': [
        {
          'target_name': 'chainrule_neon',
          'type': 'static_library',
          'sources': ['<@(chainrule_kernel_sources)'],
          'defines': ['CHAINRULE_ISA=neon', 'CHAINRULE_ISA_neon=1'],
          'cflags': ['<@(kernel_cflags)'],
          'xcode_settings': { 'OTHER_CFLAGS': ['<@(kernel_cflags)'] },
        },
      ],
      'variables': { 'isa_libraries': ['chainrule_neon'] },
    }],
    ['target_arch!="x64" and target_arch!="arm64"', {
      'variables': { 'isa_libraries': [] },
    }],
    ['build_tests==1', {
      'targets': [
        {
          'target_name': 'chainrule_tests',
          'type': 'executable',
          'sources': ['<@(chainrule_test_sources)'],
          'dependencies': ['chainrule_core'],
        },
      ],
    }],
  ],
  'targets': [
    {
      'target_name': 'chainrule_scalar',
      'type': 'static_library',
      'sources': ['<@(chainrule_kernel_sources)'],
      'defines': ['CHAINRULE_ISA=scalar', 'CHAINRULE_ISA_scalar=1'],
      'cflags': ['<@(kernel_cflags)'],
      'xcode_settings': { 'OTHER_CFLAGS': ['<@(kernel_cflags)'] },
    },
    {
      'target_name': 'chainrule_core',
      'type': 'static_library',
      'sources': ['<@(chainrule_core_sources)'],
      'dependencies': ['chainrule_scalar', '<@(isa_libraries)'],
      'export_dependent_settings': [],
    },
    {
      'target_name': 'chainrule',
      'sources': ['<@(chainrule_binding_sources)'],
      'include_dirs': ["<!@(node -p \"require('node-addon-api').include\")"],
      # The last: in a worker that is being ended nothing can be thrown any more; that is no reason to end the process.
      'defines': ['NAPI_VERSION=9', 'NAPI_DISABLE_CPP_EXCEPTIONS', 'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS'],
      'dependencies': ['chainrule_core'],
    },
  ],
}
