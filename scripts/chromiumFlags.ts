/** How tests start Chromium: with a WebGPU adapter in software, or with none at all. */

const ALWAYS = [
  "--no-sandbox",
  "--disable-background-networking",
  "--disable-component-update",
  "--no-first-run",
];

export const SOFTWARE_WEBGPU_FLAGS = [
  ...ALWAYS,
  "--enable-unsafe-webgpu",
  "--enable-features=Vulkan",
  "--use-webgpu-adapter=swiftshader",
  "--ignore-gpu-blocklist",
  "--disable-dawn-features=use_vulkan_zero_initialize_workgroup_memory_extension",
];

export const NO_ADAPTER_FLAGS = [
  ...ALWAYS,
  "--disable-gpu",
  "--disable-features=WebGPU",
  "--disable-blink-features=WebGPU",
];
